"""``genrelab collect``: asks, keeps, goes on; tells how far it is; exports."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import polars as pl
import pytest
from tests.services.catalogue import Catalogue, artist_id, track_id
from tests.services.misbehaving import Server, Tokens, busy, refused, slow

from genrelab.collection import Collection, Question
from genrelab.services import spotify

Run: TypeAlias = Callable[..., Any]
SECRET = "s3cr3t-of-the-client"


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials in the environment, and a Spotify that may be asked quickly."""
    monkeypatch.setenv("SPOTIFY_CLIENT_ID", "the-client")
    monkeypatch.setenv("SPOTIFY_CLIENT_SECRET", SECRET)
    monkeypatch.setenv("LASTFM_API_KEY", SECRET)
    monkeypatch.setattr(spotify, "SERVICE", replace(spotify.SERVICE, pace=1e6))


def played(**changed: Any) -> Tokens:
    """A made-up Spotify that wants a token."""
    return Tokens(Catalogue(**changed), uses=1000, path="/api/token")


@pytest.fixture
def tracks(tmp_path: Path) -> Path:
    """Tracks under other people's headers: two by id, two by name, one that nobody knows."""
    path = tmp_path / "songs.tsv"
    rows = [
        (track_id(1), "", ""),
        (track_id(2), "", ""),
        ("", "Song 3", "Artist 3"),
        ("", "Song 4", "Artist 4"),
    ]
    pl.DataFrame(
        [*rows, ("", "Song 99", "Nobody")], ["spotify_id", "Track Name", "Performer"], orient="row"
    ).write_csv(path, separator="\t")
    return path


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "collection.db"


def test_collect_status_and_export(run: Run, tracks: Path, place: Path, tmp_path: Path) -> None:
    with Server(played()) as server:
        shown = run("collect", "spotify", "--tracks", tracks, "-o", place, "--url", server.address)
        assert (shown.code, shown.err) == (0, "")
        again = run(
            "collect", "spotify", "--tracks", tracks, "-o", place, "--url", server.address, "--json"
        ).json
    words = " ".join(shown.out.split())
    assert "5 tracks from songs.tsv, " in words
    assert "tracks 4 0 0 0 tracks by title and artist 2 1 0 0 genres of artists" in words
    assert "4 of 5 rows that were asked for got an answer" in words
    assert "whose terms forbid training on its content" in words
    assert shown.out.endswith(f"collection  {place}\n")
    assert again["requests"] == 0
    assert again["counts"]["track"] == {"answered": 4, "absent": 0, "failed": 0, "open": 0}
    assert again["wanted"] == {"answered": 4, "absent": 1, "failed": 0, "open": 0}

    standing = run("collect", "status", place, "--json").json
    found = standing["services"]["spotify"]
    assert (found["counts"], found["wanted"]) == (again["counts"], again["wanted"])
    shown = " ".join(run("collect", "status", place).out.split())
    assert "tracks by title and artist 2 1 0 0" in shown
    assert "4 of 5 rows that were asked for" in shown
    assert "whose terms forbid training" in shown

    out, missing = tmp_path / "tracks.parquet", tmp_path / "missing.csv"
    told = run("collect", "export", place, "-o", out, "--missing", missing, "--json").json
    assert (told["rows"], told["missing"], told["output"]) == (4, 1, str(out))
    assert pl.read_parquet(out)["spotify_id"].to_list() == [track_id(n) for n in (1, 2, 3, 4)]
    assert pl.read_csv(missing)["title"].to_list() == ["Song 99"]
    assert "exists already" in run("collect", "export", place, "-o", out).err
    shown = run("collect", "export", place, "-o", out, "--overwrite").out
    assert shown.startswith("4 tracks written\n1 of the rows that were asked for got no answer\nDrawn from")
    assert shown.endswith(f"\ntracks  {out}\n")


def test_artists_lead_to_their_tracks_up_to_a_number(run: Run, place: Path, tmp_path: Path) -> None:
    artists = tmp_path / "artists.csv"
    artists.write_text(f"name,artist_id\nArtist 1,\nSomebody,{artist_id(2)}\n")
    asked = ("collect", "spotify", "--artists", artists, "-o", place)
    with Server(played()) as server:
        few = run(*asked, "--per-artist", 2, "--url", server.address, "--json").json
        more = run(*asked, "--per-artist", 3, "--url", server.address, "--json").json
    assert few["wanted"]["answered"] == 2
    assert (few["counts"]["track"]["answered"], more["counts"]["track"]["answered"]) == (4, 6)


def test_what_the_service_refuses_is_said_above_everything(run: Run, tracks: Path, place: Path) -> None:
    with Server(played(sound=False)) as server:
        shown = run("collect", "spotify", "--tracks", tracks, "-o", place, "--url", server.address)
        told = run(
            "collect", "spotify", "--tracks", tracks, "-o", place, "--url", server.address, "--json"
        ).json
    assert shown.err.startswith(
        "note: audio features: spotify refuses them (Forbidden): not for applications"
    )
    assert shown.err.count("\n") == 1
    assert "AcousticBrainz" in shown.err
    assert "refuses them" not in shown.out
    standing = run("collect", "status", place).out
    assert " ".join(shown.err.split()[1:]) in " ".join(standing.split())
    exported = run("collect", "export", place, "-o", place.with_suffix(".csv")).out
    assert "4 of 4 tracks have no audio features" in exported
    assert "whose terms forbid training" in " ".join(exported.split())
    assert told["notes"] == [shown.err.removeprefix("note: ").strip()]
    assert told["counts"]["features"]["open"] == 4


def test_collection_of_several_services(run: Run, tracks: Path, place: Path, tmp_path: Path) -> None:
    with Server(played()) as server:
        run("collect", "spotify", "--tracks", tracks, "-o", place, "--url", server.address)
    with Collection(place, "lastfm", writing=True) as collection:
        collection.ask([Question("artist_tags", "x")])
    assert list(run("collect", "status", place, "--json").json["services"]) == ["lastfm", "spotify"]
    assert list(run("collect", "status", place, "--service", "lastfm", "--json").json["services"]) == [
        "lastfm"
    ]
    out = tmp_path / "tracks.csv"
    told = run("collect", "export", place, "-o", out).err
    assert f"'genrelab collect export {place} --service lastfm -o tracks.parquet'" in told
    assert told.count("error") == told.count("\n") == 1
    assert run("collect", "export", place, "-o", out, "--service", "spotify").code == 0


def test_rows_that_cannot_be_asked_are_told_everywhere(run: Run, place: Path, tmp_path: Path) -> None:
    artists, missing = tmp_path / "artists.csv", tmp_path / "missing.csv"
    artists.write_text("artist,note\nAir,\n,blank\nAir,\nCher,\n,blank\nAir,\n")
    asked = ("collect", "lastfm", "--artists", artists, "-o", place)
    tags = {"toptags": {"tag": [{"name": "pop", "count": 100}], "@attr": {"artist": "Air"}}}
    with Server([tags]) as server:
        shown = run(*asked, "--url", server.address).out.splitlines()
        told = run(*asked, "--url", server.address, "--json").json
    assert shown[:3] == [
        "6 artists from artists.csv, 2 requests",
        "2 rows could not be asked: no artist",
        "2 repeat others",
    ]
    assert (told["not_asked"], told["repeated"], told["wanted"]["answered"]) == ({"no artist": 2}, 2, 1)
    assert "2 rows could not be asked: no artist" in run("collect", "status", place).out
    assert run("collect", "status", place, "--json").json["services"]["lastfm"]["not_asked"] == {
        "no artist": 2
    }
    shown = run("collect", "export", place, "-o", tmp_path / "t.csv", "--missing", missing).out.splitlines()
    assert shown[:4] == [
        "2 artists written",
        "1 of 2 artists has no tags",
        "1 of the rows that were asked for got no answer",
        "2 rows could not be asked: no artist",
    ]
    assert pl.read_csv(missing).select("state", "reason").rows()[1:] == [("not asked", "no artist")] * 2


def test_why_there_is_no_answer_is_told(run: Run, place: Path, tmp_path: Path) -> None:
    artists = tmp_path / "artists.csv"
    artists.write_text("artist\nAir\nNobody\nCher\n")
    tags = {"toptags": {"tag": [{"name": "pop", "count": 100}], "@attr": {"artist": "Air"}}}
    unknown = {"error": 6, "message": "no such artist"}
    asked = ("collect", "lastfm", "--artists", artists, "-o", place, "--tries", 1, "--url")
    with Server([tags, unknown, refused("later", 503)]) as server:
        shown = run(*asked, server.address)
    assert shown.code == 0
    assert "\n1 failed: later (503)\n1 absent: no such artist (error 6)\n1 of 3 rows" in shown.out
    command = f"genrelab collect export {place} --service lastfm -o tracks.parquet --missing missing.csv"
    assert f"\n{command}\n" in shown.out
    with Server([refused("later", 503)]) as server:
        assert run(*asked, server.address, "--json").json["unanswered"] == [
            {"state": "failed", "reason": "later (503)", "count": 1},
            {"state": "absent", "reason": "no such artist (error 6)", "count": 1},
        ]


def test_where_nothing_was_answered_it_is_one_line(run: Run, place: Path, tmp_path: Path) -> None:
    artists = tmp_path / "artists.csv"
    artists.write_text("artist\nAir\n")
    asked = (
        "collect",
        "lastfm",
        "--artists",
        artists,
        "-o",
        place,
        "--tries",
        1,
        "--url",
        "http://127.0.0.1:9",
    )
    for more in ((), ("--json",)):
        shown = run(*asked, *more)
        assert (shown.code, shown.out, shown.err.count("\n")) == (2, "", 1)
        assert "lastfm: no question got an answer (no connection): see that" in shown.err


def test_a_table_is_read_from_a_database(run: Run, place: Path, tmp_path: Path) -> None:
    pytest.importorskip("sqlalchemy")
    with sqlite3.connect(tmp_path / "one.sqlite") as connection:
        connection.execute("CREATE TABLE songs (title TEXT, artist TEXT)")
        connection.execute("CREATE TABLE others (x TEXT)")
        connection.execute("INSERT INTO songs VALUES ('Song 3', 'Artist 3')")
    tracks = ("--tracks", tmp_path / "one.sqlite", "--table", "songs")
    with Server(played()) as server:
        shown = run("collect", "spotify", *tracks, "-o", place, "--url", server.address)
    assert (shown.code, shown.out.splitlines()[0][:42]) == (0, "1 track from one.sqlite, table songs, 4 re")


@pytest.mark.parametrize(
    ("service", "said", "unsaid"),
    [
        (
            "spotify",
            ("SPOTIFY_CLIENT_SECRET", "--artists", "--per-artist", "ADDRESS/api/token", "forbid"),
            (),
        ),
        ("lastfm", ("LASTFM_API_KEY", "--artists", "no commercial use"), ("--per-artist", "token")),
        ("acousticbrainz", ("no key", "MusicBrainz recording ids", "CC0"), ("--artists", "--per-artist")),
    ],
)
def test_help_says_how_a_service_is_asked(
    run: Run, service: str, said: tuple[str, ...], unsaid: tuple[str, ...]
) -> None:
    shown = run("collect", service, "--help")
    assert shown.code == 0
    assert [words for words in (*said, "-o, --output") if words not in shown.out] == []
    assert [words for words in unsaid if words in shown.out] == []


def test_a_collection_is_called_collection_db(
    run: Run, tracks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with Server(played()) as server:
        assert run("collect", "spotify", "--tracks", tracks, "--url", server.address).code == 0
    assert run("collect", "status").code == 0
    assert run("collect", "export", "-o", "tracks.csv").code == 0


def test_bad_input_is_one_line(run: Run, tracks: Path, place: Path, tmp_path: Path) -> None:
    prose, moods = tmp_path / "prose.db", tmp_path / "moods.csv"
    prose.write_text("once upon a time")
    moods.write_text("mood,colour\ncalm,blue\n")
    ask, out = ("collect", "spotify", "-o", place), ("-o", tmp_path / "out.csv")
    wrong = {
        "--artists, --tracks: neither given": ask,
        "--artists, --tracks: both given": (*ask, "--tracks", tracks, "--artists", tracks),
        "no such file": (*ask, "--tracks", tmp_path / "none.csv"),
        "tracks: no column of Spotify ids, nor titles": (*ask, "--tracks", moods),
        "artists: no column of artists' names or Spotify ids": (*ask, "--artists", moods),
        "not a plain web address": (*ask, "--tracks", tracks, "--url", "spotify"),
        "a plain web address": (*ask, "--tracks", tracks, "--url", f"http://{'x' * 300}/"),
        "is no collection of genrelab": ("collect", "spotify", "-o", prose, "--tracks", tracks),
        "prose.db: is no collection": ("collect", "status", prose),
        "prose.db: is no collection of": ("collect", "export", prose, *out),
        "none.db: no such file": ("collect", "export", tmp_path / "none.db", *out),
        "none.db: no such": ("collect", "status", tmp_path / "none.db"),
        "no such command 'spotfy'": ("collect", "spotfy"),
        "cannot write '.xlsx'": ("collect", "export", prose, "-o", tmp_path / "out.xlsx"),
        "no such option: --artists": ("collect", "acousticbrainz", "--artists", tracks),
        "no such option: --per-artist": ("collect", "lastfm", "--artists", tracks, "--per-artist", 5),
        "--tracks: not given": ("collect", "acousticbrainz"),
        "is no database": (*ask, "--tracks", tracks, "--table", "songs"),
    }
    for words, arguments in wrong.items():
        shown = run(*arguments)
        assert (shown.code, shown.out, shown.err.count("\n")) == (2, "", 1), (words, shown)
        assert shown.err.startswith("error: ")
        assert words in shown.err
        assert SECRET not in shown.err
    with Collection(place, "spotify", writing=True):
        assert "another genrelab is collecting" in run(*ask, "--tracks", tracks).err


def test_without_credentials(run: Run, tracks: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPOTIFY_CLIENT_SECRET")
    shown = run("collect", "spotify", "--tracks", tracks, "-o", place)
    assert shown.code == 2
    assert shown.err.startswith("error: SPOTIFY_CLIENT_SECRET: not set")
    assert not place.exists()


def test_a_service_that_asks_for_hours_is_told_with_its_time(run: Run, tracks: Path, place: Path) -> None:
    with Server([{"access_token": "t"}, busy(after=20_000)]) as server:
        shown = run("collect", "spotify", "--tracks", tracks, "-o", place, "--url", server.address)
    assert shown.code == 2
    assert re.fullmatch(
        r"error: spotify: asks to wait 5 h 33 min, until 20\d\d-\d\d-\d\d \d\d:\d\d, and at most 1 min may be"
        r" waited: everything so far is kept: .*\n",
        shown.err,
    )
    assert SECRET not in shown.err


def test_a_service_that_does_not_let_us_in(run: Run, tracks: Path, place: Path) -> None:
    with Server([refused(f"no {SECRET}", 401)]) as server:
        shown = run("collect", "spotify", "--tracks", tracks, "-o", place, "--url", server.address)
    assert shown.code == 2
    assert "check SPOTIFY_CLIENT_ID and SPOTIFY_CLIENT_SECRET: what was answered" in shown.err
    assert SECRET not in shown.err


@pytest.mark.parametrize(("how", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_stopped_it_keeps_everything(tracks: Path, place: Path, how: signal.Signals, code: int) -> None:
    tokens = Tokens(Catalogue(), path="/api/token")
    stopping = iter([False] * 5 + [True] * 99)  # a token, the probe, two searches, tracks

    def play(asked: Any) -> Any:
        if next(stopping):
            child.send_signal(how)
            return slow({}, 5)
        return tokens(asked)

    words = ("-m", "genrelab", "collect", "spotify", "--tracks", tracks, "-o", place, "--url")
    environment = os.environ | {"OMP_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"}
    with (
        Server(play) as server,
        subprocess.Popen(
            [sys.executable, *map(str, words), server.address],
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        ) as child,
    ):
        _, told = child.communicate(timeout=30)
    assert child.returncode == code, told
    assert "Traceback" not in told
    if how == signal.SIGINT:
        assert f"all answers so far are kept in {place}: the same command goes on\n" in told
    with Collection(place) as collection:
        assert sum(count.answered for count in collection.counts()) >= 4
    assert [file.name for file in place.parent.iterdir() if file.name.startswith("collection")] == [
        place.name
    ]
