"""Saved answers of Spotify: every shape that its Web API has, merged by id."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from genrelab import schema
from genrelab.errors import GenrelabError, MissingFile, ReadError
from genrelab.sources import SOURCES, spotify
from genrelab.sources._terms import SPOTIFY, terms

ID, OTHER, BY = "3n3Ppam7vgaVa1iaRUc9Lp", "7pk3EpFtmsOdj8iUhjmeCM", "0C0XlULifJtAgn6ZNCW2eu"
TRACK = {
    "type": "track", "id": ID, "name": "Blue", "duration_ms": 61_500, "explicit": True, "popularity": 7,
    "artists": [{"id": BY, "name": "Air", "type": "artist"}, {"id": "2" * 22, "name": "Beck"}],
    "album": {"name": "Sky", "release_date": "1998-03", "type": "album"}, "external_ids": {"isrc": "X1"},
}  # fmt: skip
ARTIST = {"type": "artist", "id": BY, "name": "Air", "genres": ["french", "pop"]}
SOUND = {
    "danceability": 0.5,
    "energy": 0.25,
    "key": 3,
    "loudness": -7,
    "tempo": 120.5,
    "id": ID,
    "type": "audio_features",
}


def saved(folder: Path, *told: Any) -> Path:
    """Save answers, a file each."""
    for number, one in enumerate(told):
        text = one if isinstance(one, str) else json.dumps(one)
        (folder / f"{number}.json").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.data("api_samples")
def test_all_recorded_answers(data: Path) -> None:
    folder = data / "api_samples"
    reading = spotify.read([folder / "spotify_java", folder / "spotify_zmb3"])
    tracks = reading.tracks
    assert tracks.height == tracks["track_id"].n_unique() == 32
    assert reading.rejected.select("file", "reason").rows() == [
        (name, "it tells of no track, artist or audio features")
        for name in ("GetAudioAnalysisForTrackRequest.json", "get_audio_analysis.txt")
    ]
    assert tracks.filter(pl.col("title") == "Mr. Brightside")["artist"].to_list() == ["The Killers"] * 2
    row = tracks.row(by_predicate=pl.col("track_id") == OTHER, named=True)
    assert (row["title"], row["artist"]) == ("Otra Vez (feat. J Balvin)", "Zion & Lennox; J Balvin")
    row = tracks.row(by_predicate=pl.col("track_id") == "24JygzOLM0EmRQeGtFcIcG", named=True)
    assert (row["tempo"], row["key"], row["time_signature"], row["title"]) == (115.7, 4, 3, None)
    assert schema.validate(tracks).rejected.is_empty()
    assert reading.notes == (
        "null entries: 1, where Spotify had nothing under an id",
        "tracks told more than once: 13 more answers",
        "tracks with audio features and nothing else: 4",
        "artists of none of the tracks: 33, whose genres are left out",
        "duration_ms: milliseconds made seconds",
        SPOTIFY,
    )


@pytest.mark.data("api_samples")
@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("spotify_java/GetTrackRequest.json", 1),
        ("spotify_java/GetTrackRequestLocal.json", 1),
        ("spotify_java/GetSeveralTracksRequest.json", 2),
        ("spotify_java/GetPlaylistsItemsRequest.json", 1),
        ("spotify_java/SearchItemRequest.json", 10),
        ("spotify_java/SearchTracksRequest.json", 10),
        ("spotify_java/GetAudioFeaturesForTrackRequest.json", 1),
        ("spotify_java/GetAudioFeaturesForSeveralTracksRequest.json", 3),
        ("spotify_zmb3/artist_top_tracks.txt", 10),
        ("spotify_zmb3/find_track.txt", 1),
        ("spotify_zmb3/find_tracks_simple.txt", 2),
        ("spotify_zmb3/find_tracks_notfound.txt", 1),
        ("spotify_zmb3/search_tracks.txt", 2),
    ],
)
def test_each_recorded_answer(data: Path, name: str, rows: int) -> None:
    assert spotify.read(data / "api_samples" / name).tracks.height == rows


@pytest.mark.data("api_samples")
@pytest.mark.parametrize("name", ["GetArtistRequest", "GetSeveralArtistsRequest", "SearchArtistsRequest"])
def test_artists_alone_are_no_tracks(data: Path, name: str) -> None:
    with pytest.raises(ReadError, match="says nothing of that kind: give answers about tracks"):
        spotify.read(data / f"api_samples/spotify_java/{name}.json")


def test_what_belongs_together_is_merged_by_id(tmp_path: Path) -> None:
    thin = {name: TRACK[name] for name in ("type", "id", "name", "artists", "duration_ms")}
    other = {**thin, "id": OTHER, "artists": [{"id": "9" * 22, "name": "Nico"}]}
    saved(
        tmp_path,
        {"audio_features": [None, SOUND]},
        {"items": [{"track": thin}, {"item": other}]},
        {"artists": [ARTIST]},
        TRACK,
    )
    reading = spotify.read(tmp_path)
    first, second = reading.tracks.iter_rows(named=True)
    assert (first["track_id"], first["album"], first["release_year"], first["popularity"]) == (
        ID,
        "Sky",
        1998,
        7.0,
    )
    assert (first["artist"], first["artist_id"], first["tags"]) == ("Air; Beck", BY, ["french", "pop"])
    assert (first["tempo"], first["key"], first["duration"], first["isrc"]) == (120.5, 3, 61.5, "X1")
    assert (second["track_id"], second["artist"], second["tempo"], second["tags"]) == (
        OTHER,
        "Nico",
        None,
        None,
    )
    assert reading.notes[0] == "null entries: 1, where Spotify had nothing under an id"
    assert (reading.column("duration_ms"), reading.column("genres")) == ("duration", "tags")
    assert "genre" not in reading.tracks.columns
    assert reading.kept[-1] == reading.tracks.columns[-1] == "collected_from"
    assert terms(reading.tracks.select("collected_from")) == (SPOTIFY,)


def test_newer_answers_leave_fields_out(tmp_path: Path) -> None:
    bare = {"type": "track", "id": ID, "name": "Blue", "artists": [{"name": "Air"}], "duration_ms": None}
    tracks = spotify.read(saved(tmp_path, bare, {"type": "artist", "id": BY, "name": "Air"})).tracks
    row = tracks.row(0, named=True)
    assert {name: value for name, value in row.items() if value is not None} == {
        "track_id": ID,
        "title": "Blue",
        "artist": "Air",
        "collected_from": "spotify",
    }


def test_odd_values_are_no_values(tmp_path: Path) -> None:
    odd = {
        **TRACK,
        "popularity": "7",
        "explicit": "yes",
        "album": [],
        "duration_ms": 1e400,
        "name": "\ud800 x",
    }
    sound = {**SOUND, "key": 3.5, "tempo": "NaN", "energy": True, "loudness": {}}
    row = spotify.read(saved(tmp_path, json.dumps(odd), json.dumps(sound))).tracks.row(0, named=True)
    assert (row["popularity"], row["explicit"], row["album"], row["duration"], row["title"]) == (
        7.0,
        None,
        None,
        None,
        "? x",
    )
    assert (row["key"], row["tempo"], row["energy"], row["loudness"]) == (None, None, None, None)
    assert row["danceability"] == 0.5


def test_what_is_no_answer_is_told(tmp_path: Path) -> None:
    error = {"error": {"status": 403, "message": "Forbidden"}}
    local = {**TRACK, "id": None, "name": "Mine"}
    saved(tmp_path, TRACK, error, "<html>", "", [1, "a"], {"items": [local]})
    reasons = spotify.read(tmp_path).rejected["reason"].to_list()
    assert reasons[0] == "an error: Forbidden"
    assert reasons[1].startswith("it is no JSON")
    assert reasons[2:] == [
        "it is empty",
        "it tells of no track, artist or audio features",
        "a track without id: Mine",
    ]
    with pytest.raises(ReadError, match=r"1\.json: an error: Forbidden: leave it out, or save it anew"):
        spotify.read(tmp_path, strict=True)
    with pytest.raises(ReadError, match=r"1\.json: an error: Forbidden, and no other document says more"):
        spotify.read([tmp_path / "1.json", tmp_path / "2.json"])
    with pytest.raises(MissingFile):
        spotify.read(tmp_path / "gone.json")


def test_headers_of_http_do_not_matter(tmp_path: Path) -> None:
    (tmp_path / "1.txt").write_text("HTTP/1.1 200 OK\r\nX: {1}\r\n\r\n" + json.dumps(TRACK))
    (tmp_path / "2.txt").write_text(json.dumps(TRACK))
    first, second = (spotify.read(tmp_path / name).tracks for name in ("1.txt", "2.txt"))
    assert_frame_equal(first, second)
    assert SOURCES["spotify"] is spotify.read


NAMES = ("id", "name", "type", "duration_ms", "energy", "danceability")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from([*NAMES, "artists", "genres", "tracks", "album"]),
        inner | st.sampled_from(["track", "artist", "audio_features", ID]), max_size=8,
    ),
    max_leaves=25,
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(JSON)
def test_any_json_is_tracks_or_one_error(tmp_path: Path, value: Any) -> None:
    (tmp_path / "1.json").write_text(json.dumps(value), encoding="utf-8")
    try:
        tracks = spotify.read(tmp_path).tracks
    except GenrelabError:
        return
    assert tracks["track_id"].null_count() == 0


@pytest.mark.data("api_samples", "fma_rock_hiphop", "spotify_30k", "capstone12")
def test_saved_answers_are_told_from_tables(data: Path) -> None:
    assert spotify.recognised(data / "api_samples/spotify_java")
    assert spotify.recognised([str(data / "api_samples/spotify_zmb3/find_track.txt")])
    for other in (
        "api_samples/lastfm_json",
        "api_samples/acousticbrainz",
        "fma_rock_hiphop",
        "spotify_30k",
        "capstone12",
    ):
        assert not spotify.recognised(data / other)
    assert not spotify.recognised(data / "fma_rock_hiphop/echonest-metrics.json")


def test_tables_in_json_stay_tables(tmp_path: Path) -> None:
    sounds = schema.sample(30, seed=0).with_columns(
        pl.lit("audio_features").alias("type"), pl.col("track_id").alias("id")
    )
    sounds.write_json(tmp_path / "records.json")
    (tmp_path / "columns.json").write_text(
        json.dumps(dict(zip(sounds.columns, sounds.to_dict(as_series=False).values(), strict=True)))
    )
    assert not any(
        spotify.recognised(tmp_path / name) for name in ("records.json", "columns.json", "", "gone")
    )
    (tmp_path / "answers").mkdir()
    saved(tmp_path / "answers", TRACK)
    (tmp_path / "records.json").unlink()
    (tmp_path / "columns.json").unlink()
    assert spotify.recognised(tmp_path)
    (tmp_path / "songs.csv").write_text("title\nBlue\n")
    assert not spotify.recognised(tmp_path), "a folder of tables stays one"
