"""Collections as a source: recognised, read whole or in batches, with every row accounted for."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from genrelab import schema, sources
from genrelab.collection import Answer, Collection, Question, Unasked, Wanted
from genrelab.errors import MissingFile, ReadError
from genrelab.schema import DESCRIPTORS
from genrelab.sources import SOURCES, collected
from genrelab.sources._spotify_table import SCHEMA


def identifier(kind: str, number: int) -> str:
    return f"{kind}{number:021d}"


def fill(path: Path, tracks: int, service: str = "spotify") -> Path:
    """Make a collection: even tracks were wanted, the others came with an artist."""
    with Collection(path, service, writing=True) as opened:
        keys = [identifier("T", n) for n in range(tracks)]
        opened.want(Wanted(Question("track", key), f"mine {n}") for n, key in enumerate(keys) if n % 2 == 0)
        opened.keep(
            [
                Answer(
                    Question("artist_tracks", f"{identifier('A', 0)} 0 0 Air"),
                    {"tracks": keys[1::2], "next": None},
                )
            ]
        )
        for n, key in enumerate(keys):
            by = [{"id": identifier("A", one), "name": f"Artist {one}"} for one in {n % 3, n % 2}]
            opened.keep([Answer(Question("track", key), {"id": key, "name": f"Song {n}", "artists": by})])
            if n % 5:
                sound = {
                    name: 0 if name in ("key", "mode", "time_signature") else n / 1000 for name in DESCRIPTORS
                }
                opened.keep([Answer(Question("features", key), {"id": key, **sound})])
        for one in range(3):
            body = {"id": identifier("A", one), "genres": ["pop", f"genre {one}"]}
            opened.keep([Answer(Question("artist", identifier("A", one)), body)])
    return path


def test_tracks_come_in_order_each_once(tmp_path: Path) -> None:
    tracks = collected.read(fill(tmp_path / "c.db", 20)).tracks
    expected = [*range(0, 20, 2), *range(1, 20, 2)]
    assert tracks["spotify_id"].to_list() == [identifier("T", n) for n in expected]
    assert tracks["track_id"].to_list()[:10] == [f"mine {n}" for n in range(0, 20, 2)]
    assert tracks["track_id"].to_list()[10:] == tracks["spotify_id"].to_list()[10:]
    for n, tags, tempo in zip(expected, tracks["tags"].to_list(), tracks["tempo"], strict=True):
        assert tags == list(dict.fromkeys(tag for one in {n % 3, n % 2} for tag in ("pop", f"genre {one}")))
        assert tempo == (n / 1000 if n % 5 else None)
    assert dict(tracks.schema) == {**SCHEMA, "spotify_id": pl.String, "collected_from": pl.String}
    assert schema.validate(tracks).rejected.is_empty()


@pytest.mark.parametrize("rows", [1, 3, 7, 100])
def test_batches_are_the_whole(tmp_path: Path, rows: int) -> None:
    path = fill(tmp_path / "c.db", 20)
    parts = list(collected.batches([path], rows=rows))
    assert max(part.height for part in parts) <= rows
    assert_frame_equal(pl.concat(parts), collected.read(path).tracks)
    some = pl.concat(collected.batches(path, rows=rows, columns=["tempo", "title", "mood"]))
    assert some.columns == ["title", "tempo"]


def test_rows_without_an_answer_are_told(tmp_path: Path) -> None:
    path = fill(tmp_path / "c.db", 4)
    with Collection(path, "spotify", writing=True) as opened:
        gone, lost = Question("track", "gone"), Question("track_search", '["Blue","Air"]')
        opened.want(
            [
                Wanted(gone, "9"),
                Wanted(lost, title="Blue", artist="Air"),
                Wanted(Question("track", "x"), "x"),
            ],
            [Unasked(6, "no id", title="Tan")],
        )
        opened.call({"track": "tracks by id"})
        opened.keep([Answer(gone, None, "nothing there")])
        opened.fail("track_search", [lost.key], "500")
    steps: list[float] = []
    reading = collected.read(path, progress=lambda _, share: steps.append(share))
    assert reading.rejected.rows() == [
        ("c.db", 3, "absent: 9: nothing there"), ("c.db", 4, "failed: Air, Blue: 500"),
        ("c.db", 5, "x: not asked yet"),
    ]  # fmt: skip
    assert "tracks by id: 4 answered, 1 absent, 0 failed, 1 open" in reading.notes
    assert reading.notes[-1] == "1 row could not be asked: no id"
    assert steps[-1] == 1.0
    with pytest.raises(ReadError, match="row 3: absent: 9: nothing there: collect again, or leave it out"):
        collected.read(path, strict=True)
    with pytest.raises(ReadError, match="row 3: absent: 9: nothing there: collect again, or leave it out"):
        next(sources.batches(path))
    assert_frame_equal(pl.concat(collected.batches(path, strict=False)), reading.tracks)


def test_collections_are_recognised(tmp_path: Path) -> None:
    path = fill(tmp_path / "c.weird", 1)
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE songs (title TEXT)")
    (tmp_path / "songs.csv").write_text("title\nBlue\n")
    assert collected.recognised(path)
    assert collected.recognised([str(path)])
    for foreign in (
        other,
        tmp_path,
        tmp_path / "songs.csv",
        tmp_path / "gone",
        "postgresql://u:p@h/d",
        "a\0b",
    ):
        assert not collected.recognised(foreign)
    assert SOURCES["collected"] is collected.read


def test_wrong_calls(tmp_path: Path) -> None:
    path = fill(tmp_path / "c.db", 2)
    with pytest.raises(MissingFile):
        collected.read(tmp_path / "gone.db")
    with pytest.raises(ReadError, match="2 files were given: read one collection at a time"):
        collected.read([path, path])
    fill(path, 2, "lastfm")
    with pytest.raises(
        ReadError, match=r"--service lastfm -o tracks\.parquet' \(in Python, service= names it"
    ):
        collected.read(path)
    assert collected.read(path, service="spotify").tracks.height == 2
    with Collection(tmp_path / "empty.db", "spotify", writing=True) as opened:
        opened.want([Wanted(Question("track", "x"))])
    assert list(collected.batches(tmp_path / "empty.db", strict=False)) == []
    with pytest.raises(ReadError, match="holds no track yet: give the command that collects again"):
        collected.read(tmp_path / "empty.db")


@pytest.mark.parametrize(
    "body", ['{"id":3', "[]", '{"id":"x","duration_ms":"long"}', '{"id":"x","artists":{"a":1}}']
)
def test_a_damaged_answer_is_one_line(tmp_path: Path, body: str) -> None:
    path = fill(tmp_path / "c.db", 4)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE answer SET body = ? WHERE question = 2", (body,))
    with pytest.raises(
        ReadError, match=r"c\.db: is damaged: holds an answer that cannot be read \(.*\): collect anew$"
    ) as raised:
        collected.read(path)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("kind", ["track", "artist", "features", "track_search"])
def test_an_answer_that_is_no_text_is_damage(tmp_path: Path, kind: str) -> None:
    path = fill(tmp_path / "c.db", 4)
    lost = Question("track_search", '["Blue","Air"]')
    with Collection(path, "spotify", writing=True) as opened:
        opened.want([Wanted(lost, title="Blue", artist="Air")])
        opened.keep([Answer(lost, {"id": identifier("T", 1)})])
    of_kind = "SELECT id FROM question WHERE kind = ?"
    with sqlite3.connect(path) as connection:
        changed = connection.execute(
            f"UPDATE answer SET body = ? WHERE question IN ({of_kind})", (b"\0\xff" * 999, kind)
        )
        assert changed.rowcount
    with pytest.raises(ReadError, match=r"c\.db: is damaged: [^\n]{1,300}: collect anew$"):
        collected.read(path)


@pytest.mark.parametrize("service", ["demo", "os", "..table", "_reading", "x.y"])
def test_a_service_of_a_later_version(tmp_path: Path, service: str) -> None:
    with pytest.raises(ReadError, match="which is not known: update genrelab"):
        collected.read(fill(tmp_path / "c.db", 1, service))
