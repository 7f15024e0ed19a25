"""AcousticBrainz: recordings by the batch, and what nobody submitted."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from tests.services.misbehaving import Asked, Moody, Play, Server

from genrelab import schema
from genrelab.collecting import Collected, collect
from genrelab.collection import Collection, Unasked
from genrelab.errors import FetchError, SchemaError
from genrelab.services import SERVICES
from genrelab.sources import acousticbrainz, collected, table

SERVICE = SERVICES["acousticbrainz"]
QUICK = replace(SERVICE, pace=1e6)


def mbid(number: int) -> str:
    """Identifier of a recording."""
    return str(UUID(int=number))


def play(asked: Asked) -> Any:
    """Know every recording but each tenth; the last submission comes first in the answer."""
    level = asked.path.rsplit("/", 1)[1]
    ids = asked.parameters["recording_ids"].split(";")
    assert len(ids) <= 25
    known = [one for one in ids if UUID(one).int % 10 != 9]
    return {one: {"1": document(one, level, 500), "0": document(one, level)} for one in known} | {
        "mbid_mapping": {}
    }


def document(one: str, level: str, more: int = 0) -> Any:
    """Tell a recording; every value follows from its identifier."""
    number = UUID(one).int + more
    told = {
        "audio_properties": {"length": float(number)},
        "tags": {"title": [f"Song {number}"], "genre": ["rock; pop"]},
    }
    if level == "high-level":
        return {
            "highlevel": {"danceability": {"all": {"danceable": number / 1000, "not_danceable": 0}}},
            "metadata": told,
        }
    tonal = {"key_key": "Bb", "key_scale": "minor"}
    return {"rhythm": {"bpm": number / 10}, "tonal": tonal, "lowlevel": {}, "metadata": told}


def gather(play: Play, path: Path, **settings: Any) -> tuple[Collected, Server]:
    """Collect from a made-up AcousticBrainz."""
    ids = [mbid(number).upper() if number == 3 else mbid(number) for number in range(60)]
    tracks = pl.DataFrame({"track_id": [f"mine {n}" for n in range(60)], "MBID": ids, "artist": "Air"})
    with Server(play) as server:
        return collect(
            QUICK, tracks, "tracks", path, address=server.address, longest_wait=0.05, **settings
        ), server


def test_from_end_to_end(tmp_path: Path) -> None:
    done, server = gather(play, tmp_path / "c.db")
    reading = collected.read(tmp_path / "c.db")
    assert server.count("/api/v1/low-level") == server.count("/api/v1/high-level") == 3
    assert (reading.tracks.height, reading.rejected.height, done.wanted.absent) == (54, 6, 6)
    assert reading.rejected["reason"][0] == "absent: mine 9, Air: nobody submitted this recording"
    for row in reading.tracks.iter_rows(named=True):
        number = UUID(row["recording_mbid"]).int
        assert (row["track_id"], row["title"], row["artist"]) == (f"mine {number}", f"Song {number}", "Air")
        assert (row["tempo"], row["danceability"], row["duration"]) == (number / 10, number / 1000, number)
        assert (row["key"], row["mode"], row["tags"]) == (10, 0, ["rock", "pop"])
    assert reading.tracks.columns[-2:] == ["recording_mbid", "collected_from"]
    assert schema.validate(reading.tracks).rejected.is_empty()
    assert SERVICE.terms == ""


@pytest.mark.parametrize("answer", [{}, {"message": "upgrading"}, []])
def test_an_answer_about_no_recording_is_none(tmp_path: Path, answer: Any) -> None:
    with pytest.raises(FetchError):
        gather(lambda asked: answer, tmp_path / "c.db", tries=1)
    with Collection(tmp_path / "c.db") as opened:
        assert opened.count_wanted().absent == 0
    done, _ = gather(play, tmp_path / "c.db")
    assert (done.wanted.answered, done.wanted.absent) == (54, 6)


def test_a_batch_that_nobody_submitted_is_absent(tmp_path: Path) -> None:
    done, _ = gather(lambda asked: {"mbid_mapping": {}}, tmp_path / "c.db")
    assert (done.wanted.answered, done.wanted.absent) == (0, 60)


def test_moods_change_nothing(tmp_path: Path) -> None:
    gather(play, tmp_path / "calm.db")
    gather(Moody(play, seed=4, share=0.25), tmp_path / "moody.db", tries=9)
    assert_frame_equal(
        collected.read(tmp_path / "moody.db").tracks, collected.read(tmp_path / "calm.db").tracks
    )


@pytest.mark.data("api_samples")
def test_a_recorded_answer(data: Path) -> None:
    folder = data / "api_samples/acousticbrainz"
    _, low = SERVICE.kinds(1)
    keys = ["0dad432b-16cc-4bf0-8961-fd31d124b01b", "e8afe383-1478-497e-90b1-7885c7f37f6e", mbid(1)]
    told = list(low.read(keys, json.loads((folder / "lowlevel_select_features_response.json").read_bytes())))
    assert [answer.body and answer.body["title"] for answer in told] == ["Nascence", "Soul Love", None]
    assert told[0].body["album"] == "Journey"
    assert low.request(keys[:2]).parameters == {"recording_ids": ";".join(keys[:2])}


@pytest.mark.data("api_samples")
def test_collected_and_saved_documents_are_the_same(data: Path, tmp_path: Path) -> None:
    folder = data / "api_samples/acousticbrainz"
    one = "0dad432b-16cc-4bf0-8961-fd31d124b01b"

    def recorded(asked: Asked) -> Any:
        name = f"{one}_highlevel.json" if asked.path.endswith("high-level") else f"{one}.json"
        return {one: {"0": json.loads((folder / name).read_bytes())}}

    with Server(recorded) as server:
        collect(QUICK, pl.DataFrame({"track_id": [one]}), "tracks", tmp_path / "c.db", address=server.address)
    saved = acousticbrainz.read([folder / f"{one}.json", folder / f"{one}_highlevel.json"]).tracks
    kept = collected.read(tmp_path / "c.db").tracks
    assert_frame_equal(kept.drop("recording_mbid", "collected_from"), saved)


def test_rows_of_the_users_file() -> None:
    for header in ("id", "mbid", "recording_mbid", "musicbrainz_trackid"):
        rows = SERVICE.wanted(table.adopt(pl.DataFrame({header: [mbid(7).upper(), "8"]})).tracks, "tracks")
        assert [row.question.key for row in rows.wanted] == [mbid(7)]
        assert rows.wanted[0].also[0].kind == "high_level"
        assert rows.wanted[0].track_id.lower() == mbid(7)  # so that the row is known by what it was asked by
        assert rows.unasked == [Unasked(2, "no MusicBrainz recording id", "8")]
    with pytest.raises(SchemaError, match=r"^tracks: no column of MusicBrainz recording ids: add"):
        SERVICE.wanted(pl.DataFrame({"track_id": ["1"]}), "tracks")
    with pytest.raises(SchemaError, match=r"^artists: AcousticBrainz knows recordings only: give tracks"):
        SERVICE.wanted(pl.DataFrame({"artist": ["Air"]}), "artists")
