"""Collecting: goes on where it was, asks nothing twice, and never lets one's values stand for another's."""

from __future__ import annotations

import json
import random
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.services.catalogue import Catalogue, track_id
from tests.services.misbehaving import (
    Answered,
    Asked,
    Moody,
    Server,
    Tokens,
    broken,
    busy,
    invalid,
    refused,
)

from genrelab.collecting import Collected, _watch, collect, export
from genrelab.collection import Answer, Collection, Count, Question, Unanswered, Unasked, Wanted
from genrelab.errors import FetchError, GenrelabError, OutputError, ReadError, SettingError, UnknownName
from genrelab.services import SERVICES, Kind, Request, Rows, Service
from genrelab.services.spotify import PROBE

# A small service -------------------------------------------------------------------------------------------


def _request(place: str) -> Callable[[Sequence[str]], Request]:
    def request(keys: Sequence[str]) -> Request:
        return (
            Request(f"{place}/{keys[0]}", {}) if len(keys) == 1 else Request(place, {"ids": ",".join(keys)})
        )

    return request


def _read(kind: str) -> Callable[[Sequence[str], Any], Iterator[Answer]]:
    def read(keys: Sequence[str], value: Any) -> Iterator[Answer]:
        for entry in value.get("items", [value]):
            nothing = entry.get("missing")
            yield Answer(Question(kind, entry["id"]), None if nothing else entry, "gone" if nothing else "")

    return read


def kinds(tracks_per_artist: int) -> tuple[Kind, ...]:
    """Artists lead to tracks, and tracks to sounds."""

    def to_tracks(key: str, body: Any) -> Iterator[Question]:
        assert body["id"] == key
        return (Question("track", track) for track in body["tracks"][:tracks_per_artist])

    def to_sounds(key: str, body: Any) -> Iterable[Question]:
        return (Question("sound", key),) if body["loud"] else ()

    probe = Request("sounds", {"ids": "probe"})
    return (
        Kind("artist", "artists", 3, _request("artists"), _read("artist"), to_tracks),
        Kind("track", "tracks", 4, _request("tracks"), _read("track"), to_sounds),
        Kind(
            "sound", "sounds of tracks", 2, _request("sounds"), _read("sound"), None, probe, "bring your own"
        ),
    )


def _wanted(tracks: pl.DataFrame, what: str) -> Rows:
    kind = what.removesuffix("s")
    rows = list(enumerate(tracks["title"], 1))
    return Rows(
        [Wanted(Question(kind, name), title=name) for _, name in rows if name],
        [Unasked(row, "no name") for row, name in rows if not name],
    )


RADIO = Service(
    "radio", "songs", "http://radio.example", 1e6, "", kinds, _wanted, lambda *_: None, lambda body: None
)  # fmt: skip


@dataclass
class Radio:
    """Plays the small service; `wrong` says what goes wrong where a word stands in the path or the ids."""

    tracks: int = 6
    wrong: dict[str, Any] = field(default_factory=dict)

    def __call__(self, asked: Asked) -> Answered:
        place = f"{asked.path}?{asked.parameters.get('ids', '')}"
        for word, fault in self.wrong.items():
            if re.search(word, place):
                return fault
        kind, _, key = asked.path.removeprefix("/").partition("/")
        if key:
            return self.entry(kind, key)
        entries = [self.entry(kind, key) for key in asked.parameters["ids"].split(",")]
        others = [self.entry(kind, f"other{n}") for n in range(3)]
        # As services do: in another order, and with what was not asked for.
        return {"items": [*reversed(entries), *others] if kind == "artists" else entries[::-1]}

    def entry(self, kind: str, key: str) -> dict[str, Any]:
        """Tell of one thing; each value names it."""
        if kind == "artists":
            return {"id": key, "tracks": [f"{key}-{n}" for n in range(self.tracks)], "is": f"artist {key}"}
        return {"id": key, "is": f"{kind} {key}", "loud": not key.endswith("0")}


def named(*names: str) -> pl.DataFrame:
    """A table of artists or tracks."""
    return pl.DataFrame({"title": list(names)}, schema={"title": pl.String})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "collection.db"


def run(server: Server, path: Path, *names: str, **changed: Any) -> Collected:
    """Collect from the small service."""
    quick: dict[str, Any] = {"longest_wait": 0.01, "tries": 2, "tracks_per_artist": 2}
    what = changed.pop("what", "artists")
    return collect(RADIO, named(*names), what, path, address=server.address, **{**quick, **changed})


def keys_asked(server: Server, since: int = 0) -> list[str]:
    """What was asked, as ``artists/ann``."""
    found = []
    for asked in server.asked[since:]:
        place, _, key = asked.path.removeprefix("/").partition("/")
        found += [f"{place}/{one}" for one in ([key] if key else asked.parameters["ids"].split(","))]
    return [one for one in found if one != "sounds/probe"]


# One run, and the next -------------------------------------------------------------------------------------


def test_answers_lead_to_questions_until_nothing_is_open(path: Path) -> None:
    with Server(Radio()) as server:
        done = run(server, path, "ann", "bob", "cid", "dan")
    assert done.counts == (
        Count("artist", 7, 0, 0, 0),
        Count("track", 14, 0, 0, 0),
        Count("sound", 7, 0, 0, 0),
    )
    assert done.wanted == Count("wanted", 4, 0, 0, 0)
    assert (done.path, done.service, done.notes) == (path, "radio", ())
    # A probe, 4 artists by 3 at once, 14 tracks by 4, 7 sounds by 2.
    assert done.requests == server.count() == 1 + 2 + 4 + 4
    asked = keys_asked(server)
    assert len(asked) == len(set(asked)) == 4 + 14 + 7


def test_each_value_stands_under_what_it_says_of_itself(path: Path) -> None:
    with Server(Radio()) as server:
        run(server, path, "ann", "bob", "cid", "dan")
    with Collection(path) as collection:
        for kind in ("artist", "track", "sound"):
            for page in collection.each_answer(kind, 100):
                assert {key for key, _ in page} == {json.loads(body)["id"] for _, body in page}
                assert all(json.loads(body)["is"].endswith(f" {key}") for key, body in page)


def test_a_second_run_asks_for_nothing_that_is_there(path: Path) -> None:
    with Server(Radio()) as server:
        run(server, path, "ann", "bob")
        before = server.count()
        assert run(server, path, "ann", "bob").requests == 0
        assert server.count() == before
        run(server, path, "ann", "eve")
        assert keys_asked(server, before) == ["artists/eve", "tracks/eve-0", "tracks/eve-1", "sounds/eve-1"]


def test_more_tracks_of_each_artist_are_asked_for_when_more_are_wanted(path: Path) -> None:
    with Server(Radio()) as server:
        run(server, path, "ann", tracks_per_artist=2)
        assert run(server, path, "ann", tracks_per_artist=1).requests == 0
        before = server.count()
        run(server, path, "ann", tracks_per_artist=4)
        assert keys_asked(server, before) == [
            "tracks/ann-2",
            "tracks/ann-3",
            "sounds/ann-3",
            "sounds/ann-2",
        ] or (
            sorted(keys_asked(server, before))
            == ["sounds/ann-2", "sounds/ann-3", "tracks/ann-2", "tracks/ann-3"]
        )
        assert run(server, path, "ann", tracks_per_artist=4).requests == 0
        run(server, path, tracks_per_artist=1)
        run(server, path, "bob", tracks_per_artist=1)
        assert run(server, path, tracks_per_artist=2).counts[1].answered == 6


def test_an_interrupted_run_keeps_everything_and_goes_on(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(stage: str, share: float) -> None:
        if share > 0:
            raise KeyboardInterrupt

    with Server(Radio()) as server:
        monkeypatch.setattr(_watch.Watch, "INTERVAL", 0.0)
        with pytest.raises(KeyboardInterrupt):
            run(server, path, "ann", "bob", "cid", "dan", progress=interrupted)
        with Collection(path) as collection:
            assert collection.counts()[0].open == 1
        run(server, path, "ann", "bob", "cid", "dan")
    asked = keys_asked(server)
    assert len(asked) == len(set(asked)) == 25


def test_rows_that_cannot_be_asked_and_repeats_are_told(path: Path, tmp_path: Path) -> None:
    with Server(Radio()) as server:
        done = run(server, path, "ann", "", "bob", "ann", "ann", "")
    assert (done.wanted.asked, done.unasked, done.repeated) == (2, {"no name": 2}, 2)
    with Collection(path) as collection:
        assert collection.count_unasked() == {"no name": 2}
        assert collection.meaning("sound") == "sounds of tracks"


def test_what_answers_lead_to_is_asked_as_soon_as_it_fills_a_batch(path: Path) -> None:
    names = [f"n{i}" for i in range(12)]
    with Server(Radio()) as server:
        done = run(server, path, *names, tracks_per_artist=1)
        places = [asked.path for asked in server.asked]
    assert places[:4] == ["/sounds", "/artists", "/tracks", "/artists"]  # the first is the probe
    # And yet every batch but the last of its kind is full: 12 artists by 3, 15 tracks by 4, no sounds.
    assert (places.count("/artists"), places.count("/tracks")) == (4, 4)
    assert done.counts[1] == Count("track", 15, 0, 0, 0)


# Trouble ---------------------------------------------------------------------------------------------------


def test_what_is_refused_is_said_at_once_and_stays_open(path: Path) -> None:
    noted: list[tuple[str, int]] = []
    with Server(Radio(wrong={"sounds": refused()})) as server:
        done = run(server, path, "ann", noted=lambda words: noted.append((words, server.count())))
        assert noted == [("sounds of tracks: radio refuses them (Forbidden): bring your own", 1)]
        assert done.notes == (noted[0][0],)
        assert done.counts[2] == Count("sound", 0, 0, 0, 1)
        # Nothing else was asked of that kind.
        assert not [one for one in keys_asked(server) if one.startswith("sounds")]
    with Server(Radio()) as server:
        assert run(server, path, "ann").counts[2] == Count("sound", 1, 0, 0, 0)
        assert server.count() == 2


def test_what_is_refused_without_a_probe_is_noted_when_it_is_met(path: Path) -> None:
    with Server(Radio(wrong={"tracks": refused("not for you")})) as server:
        done = run(server, path, "ann", "bob")
    assert done.notes == ("tracks: radio refuses them (not for you): left open",)
    assert [count.open for count in done.counts] == [0, 10]
    assert server.count() == 1 + 1 + 2


@pytest.mark.parametrize("status", [400, 403, 404, 414])
def test_where_batches_are_refused_all_are_asked_one_by_one(path: Path, status: int) -> None:
    with Server(Radio(wrong={"tracks.ids|tracks\\?.": refused("no batches", status)})) as server:
        done = run(server, path, "ann", "bob")
    assert done.notes == ("tracks: radio takes no batches of them (no batches): asked one by one",)
    assert done.counts[1] == Count("track", 10, 0, 0, 0)
    assert server.count() == 1 + 1 + (2 + 10) + 3


def test_one_bad_id_does_not_turn_batches_off(path: Path) -> None:
    names = [f"n{i}" for i in range(40)] + ["bad"]
    with Server(Radio(wrong={"bad": refused("invalid id", 400)})) as server:
        done = run(server, path, *names[:6], "bad", *names[6:40], what="tracks")
    assert (done.notes, done.counts[0]) == ((), Count("track", 40, 1, 0, 0))
    # 41 tracks by 4, one batch again one by one, a probe, 36 sounds by 2.
    assert server.count() == 11 + 4 + 1 + 18


@pytest.mark.parametrize("what", ["artists", "tracks"])
def test_a_wrong_address_makes_nothing_absent(path: Path, what: str) -> None:
    names = [f"n{i}" for i in range(12)]
    with (
        Server(Radio(wrong={".": refused("no such page", 404)})) as server,
        pytest.raises(FetchError, match="5 requests in a row failed"),
    ):
        run(server, path, *names, what=what)
    with Collection(path) as collection:
        assert [(c.absent, c.failed) for c in collection.counts()] == [(0, 5)]
    with Server(Radio()) as server:
        assert run(server, path, *names, what=what).wanted == Count("wanted", 12, 0, 0, 0)


def test_one_that_is_not_known_is_absent(path: Path) -> None:
    wrong = {"tracks\\?.": refused("one by one", 404), "tracks/ann-1": refused("no such track", 404)}
    with Server(Radio(wrong=wrong)) as server:
        done = run(server, path, "ann")
        assert done.counts[1] == Count("track", 1, 1, 0, 0)
        assert run(server, path, "ann").requests == 0


def test_an_answer_that_says_nothing_of_a_key_leaves_it_failed(path: Path) -> None:
    radio = Radio()
    partly = radio(Asked("GET", "/artists", {"ids": "ann,bob"}, {}))
    partly["items"] = partly["items"][1:]
    radio.wrong = {"artists": partly}
    with Server(radio) as server:
        done = run(server, path, "ann", "bob")
        assert done.counts[0] == Count("artist", 4, 0, 1, 0)
        assert done.wanted == Count("wanted", 1, 0, 1, 0)
        with Collection(path) as collection:
            (rows,) = collection.each_wanted(9)
        assert [(row.title, state, reason) for row, state, reason in rows] == [
            ("ann", "answered", ""),
            ("bob", "failed", "the answer says nothing of it"),
        ]
        radio.wrong = {}
        assert run(server, path, "ann", "bob").counts[0] == Count("artist", 5, 0, 0, 0)


def test_one_that_spoils_its_batch_does_not_take_the_others_along(path: Path) -> None:
    with Server(Radio(wrong={"bob": broken(500)})) as server:
        done = run(server, path, "ann", "bob", "cid", tracks_per_artist=1)
    assert done.counts[0] == Count("artist", 2, 0, 1, 0)
    assert done.wanted == Count("wanted", 2, 0, 1, 0)
    assert done.unanswered == (Unanswered("failed", "500 Internal Server Error", 1),)


@pytest.mark.parametrize(
    "odd", [7, [], {"items": 7}, {"items": [None]}, {"items": [{"id": 3}]}, {"error": "?"}], ids=str
)
def test_an_answer_of_an_odd_shape_is_told_with_its_reason(path: Path, odd: Answered) -> None:
    with Server(Radio(wrong={"artists/": odd})) as server:
        done = run(server, path, "ann")
    with pytest.raises(FetchError, match=r"no question got an answer \(.*(shape|nothing).*the same command"):
        done.check()
    with Collection(path) as collection:
        assert collection.count_wanted() == Count("wanted", 0, 0, 1, 0)
        (rows,) = collection.each_wanted(9)
    assert "shape" in rows[0][2] or "says nothing" in rows[0][2]


@pytest.mark.parametrize("fault", ["503", "no JSON", "rejected", "odd"])
def test_five_failures_in_a_row_stop_the_run_and_lose_nothing(path: Path, fault: str) -> None:
    wrong = {"503": broken(503), "no JSON": invalid(), "rejected": refused("bad", 400), "odd": {"items": 3}}[
        fault
    ]
    radio = Radio()
    with Server(radio) as server:
        run(server, path, "ann", tracks_per_artist=1)
        radio.wrong = {"artists": wrong}
        names = [f"n{i}" for i in range(12)]
        with pytest.raises(
            FetchError, match="radio: 5 requests in a row failed, the last for artists"
        ) as told:
            run(server, path, *names)
        assert "the same command goes on from here" in str(told.value)
        before = server.count()
        with Collection(path) as collection:
            counts = collection.counts()[0]
        assert counts.answered == 1
        assert (counts.failed, counts.open) == ((5, 7) if fault == "rejected" else (3, 9))
        radio.wrong = {}
        done = run(server, path, *names)
        assert done.counts[0].answered == 13 + 3
        assert "artists/ann" not in keys_asked(server, before)


def test_a_question_that_is_found_fault_with_is_absent_where_others_are_answered(path: Path) -> None:
    wrong = {"tracks\\?.": refused("one by one", 400), "tracks/(bob|cid)": refused("too long a name", 400)}
    with Server(Radio(wrong=wrong)) as server:
        done = run(server, path, "ann", "bob", "cid", what="tracks")
        assert done.counts[0] == Count("track", 1, 2, 0, 0)
        assert run(server, path, "ann", "bob", "cid", what="tracks").requests == 0


@pytest.mark.parametrize("way", ["after", "date"])
def test_a_wait_that_is_too_long_ends_the_run_and_the_next_goes_on(path: Path, way: Any) -> None:
    radio = Radio(wrong={"tracks": busy(**{way: 20_000})})
    with Server(radio) as server:
        with pytest.raises(FetchError, match="radio: asks to wait 5 h 33 min, until 20"):
            run(server, path, "ann", "bob")
        before = server.count()
        radio.wrong = {}
        run(server, path, "ann", "bob")
        assert not [one for one in keys_asked(server, before) if one.startswith("artists")]


def test_refusals_are_remembered_until_they_pass(path: Path) -> None:
    radio = Radio(wrong={"sounds": refused()})
    with Server(radio) as server:
        done = run(server, path, "ann")
        with Collection(path) as collection:
            assert collection.notes() == done.notes != ()
        radio.wrong = {}
        run(server, path, "ann")
    with Collection(path) as collection:
        assert collection.notes() == ()


def test_who_is_let_in_no_longer_is_told_so(path: Path) -> None:
    closed = Radio(wrong={"tracks": refused("the account is closed", 401)})
    with Server(closed) as server, pytest.raises(FetchError, match="nothing more: the account is closed"):
        run(server, path, "ann")
    with Collection(path) as collection:
        assert collection.counts()[0] == Count("artist", 1, 0, 0, 0)


def test_bad_moods_change_nothing(path: Path, tmp_path: Path) -> None:
    names = [f"n{i}" for i in range(20)]
    with Server(Moody(Radio(), seed=3, share=0.4)) as moody, Server(Radio()) as calm:
        run(moody, path, *names, tries=12)
        run(calm, tmp_path / "calm.db", *names)
    assert _all(path) == _all(tmp_path / "calm.db")
    assert moody.count() > 1.3 * calm.count()


def _all(path: Path) -> list[tuple[str, str]]:
    with Collection(path) as collection:
        assert not [count for count in collection.counts() if count.failed or count.open or count.absent]
        return [
            row for c in collection.counts() for page in collection.each_answer(c.kind, 50) for row in page
        ]


def test_progress_tells_rate_time_left_and_errors(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[str, float]] = []
    monkeypatch.setattr(_watch.Watch, "INTERVAL", 0.0)
    radio = Radio(wrong={"artists/dan": busy(after=0)})
    with Server(Moody(radio, seed=1, share=0.4)) as server:
        run(server, path, "ann", "bob", "cid", "eve", tries=9, progress=lambda *said: told.append(said))
    assert all(0 <= share <= 1 for _, share in told)
    assert told[-1][1] == 1
    assert told[0] == ("radio: 0 of 4", 0.0)
    assert any(
        re.fullmatch(r"radio: \d+ of \d+, [\d,.]+/s, .+ left(, \d+ errors?)?", text) for text, _ in told
    )
    assert any(re.search(r", \d errors?$", text) for text, _ in told)
    assert any(text.endswith((": the connection broke", " (503)", " Unavailable")) for text, _ in told)


def test_the_end_is_told_however_soon_it_comes(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[str, float]] = []
    monkeypatch.setattr(_watch.Watch, "INTERVAL", 3600.0)
    with Server(Radio()) as server:
        run(server, path, "ann", "bob", progress=lambda *said: told.append(said))
    assert told[0] == ("radio: 0 of 2", 0.0)
    assert told[-1][1] == 1


def test_the_time_left_is_told_where_it_can_be_known() -> None:
    def left(*steps: tuple[float, int, int, int], grown: bool) -> list[float | None]:
        watch = _watch.Watch("radio", lambda *_: None)
        return [watch._seconds(*step, grown=grown) for step in steps]

    # Time, open questions, rows that are done with, rows that are not. Where all is known, questions tell.
    assert left((0, 90, 0, 9), (10, 60, 0, 9), (20, 30, 9, 0), grown=False) == [None, 20, 10]
    # Each row leads to others: rows tell, from the second on. What the last one leads to is still to come.
    steps = [(0.0, 100, 0, 100), (5.0, 110, 1, 99), (15.0, 120, 2, 98), (25.0, 130, 3, 97), (30.0, 9, 3, 97)]
    assert left(*steps, grown=True) == [None, None, 990, 980, 975]
    # Rows by the batch: nothing can be known before the second, nor when the last leads to more than others.
    steps = [(0, 120, 0, 120), (1, 170, 50, 70), (9, 170, 50, 70), (11, 170, 100, 20), (30, 9, 100, 20)]
    assert left(*steps, grown=True) == [None, None, None, 14, None]


# Bad input -------------------------------------------------------------------------------------------------


def test_bad_settings_are_told_before_anything_is_made(path: Path) -> None:
    with pytest.raises(UnknownName, match="no service 'spotfy': did you mean 'spotify'"):
        collect("spotfy", named("x"), "artists", path)
    with pytest.raises(SettingError, match="SPOTIFY_CLIENT_ID: not set"):
        collect("spotify", named("x"), "artists", path, environment={})
    wrong: list[Mapping[str, Any]] = [
        {"tracks_per_artist": 0},
        {"tries": 0},
        {"longest_wait": -1},
        {"longest_wait": float("nan")},
        {"address": "radio"},
    ]
    for changed in wrong:
        with pytest.raises(SettingError):
            collect(RADIO, named("x"), "artists", path, **changed)
    with pytest.raises(UnknownName, match="kind of rows"):
        collect(RADIO, named("x"), "albums", path)  # type: ignore[arg-type]
    assert not path.exists()


def test_nothing_is_asked_where_nothing_can_be_kept(path: Path) -> None:
    path.write_text("my notes")
    with Server(Radio()) as server:
        with pytest.raises(ReadError, match="is no collection"):
            run(server, path, "ann")
        other = path.with_name("other.db")
        with Collection(other, "radio", writing=True), pytest.raises(OutputError, match="another genrelab"):
            run(server, other, "ann")
        assert server.count() == 0
    assert path.read_text() == "my notes"


def test_a_key_stands_nowhere_in_the_collection(path: Path) -> None:
    key = "s3cr3t-key-of-the-user"

    def play(asked: Asked) -> Answered:
        assert asked.parameters["api_key"] == key
        return {"error": 6, "message": f"not found, by {key}"}

    with Server(play) as server:
        songs = pl.DataFrame({"title": ["Blue"], "artist": ["Ann"]})
        environment = {"LASTFM_API_KEY": key}
        done = collect("lastfm", songs, "tracks", path, address=server.address, environment=environment)
    assert sum(count.absent for count in done.counts) == 2
    with Collection(path) as collection:
        (rows,) = collection.each_wanted(9)
    assert "***" in rows[0][2]
    assert key.encode() not in path.read_bytes()


# Export ----------------------------------------------------------------------------------------------------

CREDENTIALS = {"SPOTIFY_CLIENT_ID": "the-client", "SPOTIFY_CLIENT_SECRET": "s3cr3t-of-the-client"}


def spotify(server: Server, tracks: pl.DataFrame, path: Path, **changed: Any) -> Collected:
    """Collect tracks from a made-up Spotify."""
    quick = replace(SERVICES["spotify"], pace=1e6)
    given: dict[str, Any] = {"environment": CREDENTIALS, "longest_wait": 0.02, "address": server.address}
    return collect(quick, tracks, "tracks", path, **{**given, **changed})


def songs(count: int) -> pl.DataFrame:
    """Tracks to ask for: some by id, most by name, every fifth not to be found."""
    rows = []
    for n in range(count):
        by_id = track_id(n) if n % 4 == 0 else None
        rows.append((by_id, f"Song {n}{'!?' if n % 5 == 3 else ''}", f"Artist {min(n % 10, 8)}"))
    return pl.DataFrame(rows, ["track_id", "title", "artist"], orient="row")


def test_export_writes_what_was_answered_and_tells_what_is_missing(path: Path, tmp_path: Path) -> None:
    with Server(Tokens(Catalogue(40), path="/api/token")) as server:
        done = spotify(server, songs(40), path)
    out, missing, told = tmp_path / "tracks.parquet", tmp_path / "missing.csv", []
    exported = export(path, out, missing=missing, progress=lambda *said: told.append(said))
    tracks, lacking = pl.read_parquet(out), pl.read_csv(missing)
    assert (exported.path, exported.rows, exported.missing) == (out, tracks.height, lacking.height)
    assert exported.lacking["audio features"] == tracks["tempo"].null_count() > 0
    assert (done.wanted.answered, done.wanted.absent) == (tracks.height, lacking.height)
    assert tracks.height + lacking.height == 40
    assert lacking.columns == ["track_id", "title", "artist", "state", "reason"]
    assert lacking["title"].to_list() == [f"Song {n}!?" for n in range(40) if n % 5 == 3 and n % 4]
    assert set(lacking["state"]) == {"absent"}
    assert lacking["reason"].str.starts_with("no track of this title and artist").all()
    numbers = tracks["title"].str.extract(r"Song (\d+)").cast(pl.Int64)
    assert (tracks["duration"] == numbers + 1).all()
    assert (tracks["spotify_id"] == pl.Series(map(track_id, numbers))).all()
    assert told[-1] == (f"{tracks.height:,} tracks written", 0.0)


def test_export_where_nothing_is_missing_or_nothing_is_there(path: Path, tmp_path: Path) -> None:
    with Server(Tokens(Catalogue(40), path="/api/token")) as server:
        spotify(server, songs(1), path)
    for ending in ("csv", "json", "parquet"):
        assert export(path, tmp_path / f"t.{ending}", missing=tmp_path / f"m.{ending}").missing == 0
    assert pl.read_parquet(tmp_path / "m.parquet").is_empty()
    empty = tmp_path / "empty.db"
    with Collection(empty, "spotify", writing=True) as collection:
        collection.want([Wanted(Question("track", track_id(1)), title="Blue")])
    out = tmp_path / "none.parquet"
    for _ in range(2):  # both files are written, or neither
        with pytest.raises(ReadError, match=r"empty.db: holds no track yet"):
            export(empty, out, missing=tmp_path / "rest.csv")
        assert not out.exists()
        assert not (tmp_path / "rest.csv").exists()


def test_export_says_what_is_missing_and_lacking(path: Path, tmp_path: Path) -> None:
    blue, red = (Question("track", letter * 22) for letter in "br")
    with Collection(path, "spotify", writing=True) as collection:
        collection.want(
            [Wanted(blue, title="Blue"), Wanted(red, title="Red")], [Unasked(3, "no id", "7", "Tan")]
        )
        collection.keep([Answer(blue, {"id": blue.key, "name": "Blue"})])
    done = export(path, tmp_path / "t.csv", missing=tmp_path / "m.csv")
    assert (done.rows, done.missing, done.unasked, done.service) == (1, 2, {"no id": 1}, "spotify")
    assert (done.what, done.lacking) == ("tracks", {"audio features": 1, "tags": 1})
    assert pl.read_csv(tmp_path / "m.csv", infer_schema=False).rows() == [
        (None, "Red", None, "open", None),
        ("7", "Tan", None, "not asked", "no id"),
    ]


def test_export_of_what_is_none(path: Path, tmp_path: Path) -> None:
    out = tmp_path / "tracks.csv"
    with Collection(path, "radio", writing=True) as collection:
        collection.ask([Question("track", "x")])
    wrong: dict[str, Callable[[], object]] = {
        "is not known: update genrelab": lambda: export(path, out),
        "holds nothing of 'lastfm', but of radio": lambda: export(path, out, service="lastfm"),
        "is the output already": lambda: export(path, out, missing=out),
        "no such file": lambda: export(tmp_path / "none.db", out),
        "choose .csv, .json, .parquet": lambda: export(path, tmp_path / "tracks.xlsx"),
    }
    for words, action in wrong.items():
        with pytest.raises(GenrelabError) as told:
            action()
        assert words in str(told.value)
    assert sorted(file.name for file in tmp_path.iterdir()) == [path.name]


# Killed ----------------------------------------------------------------------------------------------------

KILLS = 20
CHILD = """
import sys
from dataclasses import replace
import polars as pl
from genrelab.collecting import collect
from genrelab.services import SERVICES
service = replace(SERVICES["spotify"], pace=1e6)
songs, path, address = sys.argv[1:]
collect(service, pl.read_parquet(songs), "tracks", path, address=address, longest_wait=0.02, tries=12)
"""


def _questions(asked: Asked) -> list[tuple[str, str]]:
    """Name what a request asks for, as a collection does."""
    if asked.path == "/v1/search":
        title, artist = re.findall(r'"([^"]*)"', asked.parameters["q"])
        return [("track_search", json.dumps([title, artist], separators=(",", ":")))]
    place = {"/v1/tracks": "track", "/v1/artists": "artist", "/v1/audio-features": "features"}
    kind = place.get("/".join(asked.path.split("/")[:3]), "")
    ids = asked.parameters["ids"].split(",") if "ids" in asked.parameters else [asked.path.split("/")[-1]]
    return [(kind, one) for one in ids if kind and one != PROBE]


def _kept(path: Path) -> set[tuple[str, str]]:
    """Every question that has an answer, if only that there is none."""
    if not path.exists() or not path.stat().st_size:
        return set()
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return set(connection.execute("SELECT kind, key FROM question WHERE state IN ('answered', 'absent')"))
    except sqlite3.OperationalError:  # it was killed before it had made the tables
        return set()
    finally:
        connection.close()


def _live(songs: Path, path: Path, server: Server, moments: random.Random) -> int:
    """Start a collector and kill it at some moment; return how it ended."""
    before, wait = server.count(), moments.randint(0, 9)
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, songs, path, server.address],
        env={**CREDENTIALS, "OMP_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1", "PATH": ""},
    ) as child:
        # At a number of requests, or, where that is 0, at a time, which may lie before the first.
        end = time.monotonic() + (moments.uniform(0, 0.6) if wait == 0 else 60)
        while server.count() < before + (wait or 8) and time.monotonic() < end and child.poll() is None:
            time.sleep(0.001)
        time.sleep(moments.uniform(0, 0.003))
        child.kill()
    return child.returncode


def test_killed_at_twenty_moments_it_loses_nothing_and_asks_nothing_twice(tmp_path: Path, path: Path) -> None:
    moments = random.Random(20)
    rows, calm = tmp_path / "songs.parquet", tmp_path / "calm.db"
    songs(200).write_parquet(rows)
    kept: list[tuple[int, set[tuple[str, str]]]] = []
    with Server(Moody(Tokens(Catalogue(200), uses=17, path="/api/token"), seed=6, share=0.2)) as server:
        for _ in range(KILLS):
            assert _live(rows, path, server, moments) == -signal.SIGKILL, "it ended before it was killed"
            kept.append((server.count(), _kept(path)))
        done = spotify(server, pl.read_parquet(rows), path, tries=12)
        asked = list(server.asked)
    assert not [count for count in done.counts if count.open or count.failed]
    sizes = [len(found) for _, found in kept]
    assert sizes == sorted(sizes)
    assert len(set(sizes)) > KILLS / 3, sizes
    assert sizes[-1] < sum(count.asked for count in done.counts), "it was done before the last kill"
    for begun, found in kept:
        again = {question for request in asked[begun:] for question in _questions(request)}
        assert not again & found
    with Server(Tokens(Catalogue(200), path="/api/token")) as server:
        spotify(server, pl.read_parquet(rows), calm)
    for ending in ("json", "parquet", "csv"):
        files = tmp_path / f"killed.{ending}", tmp_path / f"calm.{ending}"
        for collected, file in zip((path, calm), files, strict=True):
            export(collected, file, missing=file.with_name(f"missing-{file.name}"))
        assert files[0].read_bytes() == files[1].read_bytes()
    missing = [(tmp_path / f"missing-{name}.csv").read_bytes() for name in ("killed", "calm")]
    assert missing[0] == missing[1]
    assert not list(tmp_path.glob("*-wal")) + list(tmp_path.glob("*-lock"))
