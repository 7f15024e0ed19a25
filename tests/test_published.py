"""Published tables: found where they lie, and fetched past every fault of a network."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from genrelab import published
from genrelab.errors import FetchError, UnknownName
from genrelab.published import PUBLISHED, File, Published

CONTENT = bytes(range(256)) * 8_000  # 2 MB
BREAK = 200_000
KEPT = BREAK // published.CHUNK * published.CHUNK


class Server(ThreadingHTTPServer):
    """Serves `CONTENT`, as ill-behaved as it is told."""

    manner = "well"
    asked: list[str | None]

    def handle_error(self, *_: object) -> None:
        """Say nothing of connections that a test breaks off."""


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        manner, asked = self.server.manner, self.headers.get("Range")
        self.server.asked.append(asked)
        if manner.isdigit():
            self.send_error(int(manner))
            return
        body = CONTENT[::-1] if manner == "wrong" else CONTENT
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and manner != "no ranges" else 0
        if manner == "refuses ranges" and asked:
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        breaks = manner == "always breaks" or (
            manner in ("breaks", "no ranges") and len(self.server.asked) == 1
        )
        self.wfile.write(body[start : start + BREAK] if breaks else body[start:])
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Handler) as running:
        running.asked = []
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


def tables(server: Server, checksum: str | None = None) -> Published:
    address = f"http://127.0.0.1:{server.server_port}/songs.csv"
    right = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"
    return Published("songs", "", (File("songs.csv", address, len(CONTENT), checksum or right),), "", "")


def test_a_table_is_fetched_once_with_progress(tmp_path: Path, server: Server) -> None:
    seen: list[tuple[str, float]] = []
    path = published.fetch(tables(server), tmp_path, lambda stage, share: seen.append((stage, share)))
    assert path == tmp_path / "songs" / "songs.csv"
    assert path.read_bytes() == CONTENT
    assert {stage for stage, _ in seen} == {"songs.csv"}
    assert [share for _, share in seen] == sorted(share for _, share in seen)
    assert len(seen) > 3
    assert seen[-1][1] == 1.0
    assert published.fetch(tables(server), tmp_path) == path
    assert len(server.asked) == 1


def test_a_checksum_of_another_algorithm(tmp_path: Path, server: Server) -> None:
    wanted = tables(server, f"sha1:{hashlib.sha1(CONTENT).hexdigest()}")
    assert published.fetch(wanted, tmp_path).read_bytes() == CONTENT


def test_a_broken_connection_is_taken_up_again_where_it_broke(tmp_path: Path, server: Server) -> None:
    server.manner = "breaks"
    assert published.fetch(tables(server), tmp_path).read_bytes() == CONTENT
    assert server.asked == [None, f"bytes={KEPT}-"]


def test_a_download_given_up_goes_on_another_day(tmp_path: Path, server: Server) -> None:
    server.manner = "always breaks"
    with pytest.raises(FetchError, match="cannot be reached"):
        published.fetch(tables(server), tmp_path)
    assert [file.name for file in (tmp_path / "songs").iterdir()] == ["songs.csv.part"]
    server.manner, server.asked = "well", []
    assert published.fetch(tables(server), tmp_path).read_bytes() == CONTENT
    assert server.asked == [f"bytes={3 * KEPT}-"]
    assert [file.name for file in (tmp_path / "songs").iterdir()] == ["songs.csv"]


@pytest.mark.parametrize("manner", ["no ranges", "refuses ranges"])
def test_a_server_that_cannot_resume_starts_over(tmp_path: Path, server: Server, manner: str) -> None:
    server.manner = manner
    part = tmp_path / "songs" / "songs.csv.part"
    part.parent.mkdir()
    part.write_bytes(CONTENT[:1000])
    assert published.fetch(tables(server), tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize("size", [len(CONTENT), len(CONTENT) + 5])
def test_a_part_that_is_whole_or_too_long(tmp_path: Path, server: Server, size: int) -> None:
    part = tmp_path / "songs" / "songs.csv.part"
    part.parent.mkdir()
    part.write_bytes((CONTENT + b"extra")[:size])
    assert published.fetch(tables(server), tmp_path).read_bytes() == CONTENT
    assert len(server.asked) == (0 if size == len(CONTENT) else 1)


def test_wrong_bytes_never_take_the_place_of_the_file(tmp_path: Path, server: Server) -> None:
    server.manner = "wrong"
    with pytest.raises(FetchError, match=r"songs.csv: its bytes have another checksum: .* by hand"):
        published.fetch(tables(server), tmp_path)
    assert list((tmp_path / "songs").iterdir()) == []


@pytest.mark.parametrize("status", ["404", "500"])
def test_an_answer_that_is_an_error(tmp_path: Path, server: Server, status: str) -> None:
    server.manner = status
    with pytest.raises(FetchError, match=f"answered {status} ") as caught:
        published.fetch(tables(server), tmp_path)
    assert str(tmp_path / "songs" / "songs.csv") in str(caught.value)
    assert "\n" not in str(caught.value)
    assert list((tmp_path / "songs").iterdir()) == []


def test_without_network_one_clear_line(tmp_path: Path, server: Server) -> None:
    wanted = tables(server)
    server.shutdown()
    server.server_close()
    with pytest.raises(FetchError) as caught:
        published.fetch(wanted, tmp_path)
    message = str(caught.value)
    assert message.startswith(f"{wanted.files[0].address}: cannot be reached (ConnectionError): ")
    assert message.endswith(f"put the file at {tmp_path / 'songs' / 'songs.csv'} by hand")


def test_a_folder_that_cannot_be_written(tmp_path: Path, server: Server) -> None:
    (tmp_path / "songs").write_text("in the way")
    with pytest.raises(FetchError, match="cannot be written"):
        published.fetch(tables(server), tmp_path)


def test_every_table_says_all_that_must_be_known() -> None:
    assert sorted(PUBLISHED) == ["fma_metadata", "spotify_30k"]
    for table in PUBLISHED.values():
        assert all((table.what, table.licence, table.citation, table.files))
        for file in table.files:
            algorithm, _, digest = file.checksum.partition(":")
            assert file.address.startswith("https://")
            assert len(digest) == hashlib.new(algorithm).digest_size * 2
    assert PUBLISHED["fma_metadata"].size == 358_412_441


def test_an_unknown_table_is_met_with_a_suggestion() -> None:
    for call in (published.find, published.fetch):
        with pytest.raises(UnknownName, match="did you mean 'spotify_30k'"):
            call("spotify30k")


def test_the_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENRELAB_DATA", str(tmp_path))
    assert published.data_folder() == tmp_path
    monkeypatch.setenv("GENRELAB_DATA", str(tmp_path / "nothing"))
    assert published.data_folder() is None
    monkeypatch.delenv("GENRELAB_DATA")
    (tmp_path / "shared" / "data").mkdir(parents=True)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    assert published.data_folder() == tmp_path / "shared" / "data"


def test_a_table_is_found_in_the_data_folder_then_in_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENRELAB_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(published, "cache_folder", lambda: tmp_path / "cache")
    assert published.find("spotify_30k") is None
    for root in ("cache", "data"):
        place = tmp_path / root / "spotify_30k" / "spotify_songs.csv"
        place.parent.mkdir(parents=True)
        place.touch()
        assert published.find("spotify_30k") == place


@pytest.mark.data("spotify_30k")
def test_the_table_at_hand_is_the_published_one(data: Path) -> None:
    file = PUBLISHED["spotify_30k"].files[0]
    content = (data / "spotify_30k" / file.name).read_bytes()
    assert len(content) == file.size
    assert file.checksum == f"sha256:{hashlib.sha256(content).hexdigest()}"
