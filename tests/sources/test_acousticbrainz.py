"""AcousticBrainz: documents of both levels, merged by recording, out of files and archives."""

from __future__ import annotations

import json
import random
import tarfile
import zipfile
from pathlib import Path
from typing import Any
from uuid import UUID

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from genrelab import schema
from genrelab.errors import GenrelabError, ReadError
from genrelab.sources import acousticbrainz
from genrelab.sources._acousticbrainz_documents import HIGH, LOW, parts

NASCENCE, LOVE = "0dad432b-16cc-4bf0-8961-fd31d124b01b", "e8afe383-1478-497e-90b1-7885c7f37f6e"
GRANGE = "cd3f5efa-bc5e-4064-a765-960494ad4bb4"


def mbid(number: int) -> str:
    """Identifier of a recording."""
    return str(UUID(int=number))


def low(number: int) -> Any:
    """A low-level document whose values follow from a number."""
    tonal = {"key_key": ("C#", "Bb", "H")[number % 3], "key_scale": ("major", "minor")[number % 2]}
    told = {
        "tags": {"title": [f"Song {number}"], "date": ["1999-01"]},
        "audio_properties": {"length": number},
    }
    return {
        "rhythm": {"bpm": number},
        "tonal": tonal,
        "lowlevel": {"mfcc": {"mean": list(range(13))}},
        "metadata": told,
    }


def high(number: int) -> Any:
    """A high-level document whose values follow from a number."""
    models = {
        "mood_acoustic": {"all": {"acoustic": number / 100}},
        "genre_tzanetakis": {"all": {"bl": 0.25, "new": 1}},
    }
    return {
        "highlevel": models,
        "metadata": {"tags": {"title": [f"Other {number}"], "genre": ["rock; pop", "jazz"]}},
    }


@pytest.mark.data("api_samples")
def test_all_recorded_documents(data: Path) -> None:
    reading = acousticbrainz.read(data / "api_samples/acousticbrainz")
    tracks = reading.tracks
    assert tracks["track_id"].to_list() == [NASCENCE, GRANGE, LOVE]
    assert tracks["title"].to_list() == ["Nascence", "La Grange", "Soul Love"]
    assert tracks["release_year"].to_list() == [2012, 1998, 1990]
    assert tracks["tempo"].to_list() == pytest.approx([139.925872803, 162.532119751, 146.650299072])
    assert tracks.select("key", "mode").rows() == [(2, 1), (9, 0), (2, 1)]
    assert tracks["danceability"].to_list() == pytest.approx([0.035318903625, 0.143928021193, None])
    assert tracks["instrumentalness"].to_list() == pytest.approx([0.965500116348, 0.999981045723, None])
    assert tracks["genre_tzanetakis_blu"].to_list() == pytest.approx([0.0707420706749, 0.0514711923897, None])
    assert tracks["tags"].to_list() == [None, None, ["Rock"]]
    assert tracks["mfcc_1_mean"].null_count() == tracks["spectral_flux_var"].null_count() == 0
    assert (reading.rejected.height, reading.left_out) == (0, {})
    assert reading.notes == (
        "further analyses of the same recordings, left out: 4",
        "recordings with a low-level document only: 1",
    )
    assert schema.validate(tracks).rejected.is_empty()
    assert reading.column("rhythm.bpm") == "tempo"
    assert set(reading.kept) == {*LOW, *HIGH} - set(schema.CONTRACT)


@pytest.mark.data("api_samples")
def test_models_alone_and_answers_of_the_api(data: Path) -> None:
    folder = data / "api_samples/acousticbrainz"
    models = acousticbrainz.read(folder / f"{NASCENCE}_highlevel_models.json").tracks
    whole = acousticbrainz.read(folder / f"{NASCENCE}_highlevel.json").tracks
    names = [
        name for name in HIGH if name not in ("title", "artist", "album", "release_year", "duration", "tags")
    ]
    assert_frame_equal(models.select("track_id", *names), whole.select("track_id", *names))
    answer = acousticbrainz.read(folder / "lowlevel_select_features_response.json").tracks
    assert answer.select("track_id", "album", "key").rows() == [
        (NASCENCE, "Journey", 2), (LOVE, "The Rise and Fall of Ziggy Stardust and the Spiders From Mars", 2),
    ]  # fmt: skip


def test_both_levels_are_merged_and_the_first_submission_counts(tmp_path: Path) -> None:
    for folder, made in (("lowlevel", low), ("highlevel", high)):
        (tmp_path / folder).mkdir()
        for number, submission, value in ((1, 2, 21), (1, 0, 20), (2, 0, 30)):
            file = tmp_path / folder / f"{mbid(number)}-{submission}.json"
            file.write_text(json.dumps(made(value)))
    reading = acousticbrainz.read(tmp_path)
    assert reading.tracks.select("track_id", "title", "tempo", "acousticness", "tags").rows() == [
        (mbid(1), "Song 20", 20.0, 0.2, ["rock", "pop", "jazz"]),
        (mbid(2), "Song 30", 30.0, 0.3, ["rock", "pop", "jazz"]),
    ]  # fmt: skip
    assert reading.notes == ("further analyses of the same recordings, left out: 2",)
    assert reading.tracks.select("key", "mode", "release_year", "mfcc_13_mean").rows() == [
        (None, 1, 1999, 12.0),
        (1, 1, 1999, 12.0),
    ]


@pytest.mark.parametrize("ending", [".tar", ".tar.gz", ".tar.bz2", ".tar.xz", ".zip"])
def test_an_archive_reads_as_its_folder(tmp_path: Path, ending: str) -> None:
    folder = tmp_path / "dump"
    numbers = list(range(1, 60))
    random.Random(0).shuffle(numbers)
    for number in numbers:
        place = folder / mbid(number)[-2:]
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{mbid(number)}-0.json").write_text(json.dumps(low(number)))
    (folder / "broken.json").write_text("{")
    path = tmp_path / f"dump{ending}"
    if ending == ".zip":
        with zipfile.ZipFile(path, "w") as zipped:
            for file in folder.rglob("*.json"):
                zipped.write(file, f"../{file.name}")
    else:
        with tarfile.open(path, "w:" + ending.removeprefix(".tar").lstrip(".")) as archive:  # type: ignore[call-overload]  # one of tarfile's modes
            archive.add(folder, arcname="/../dump")
    inside, outside = acousticbrainz.read(path), acousticbrainz.read(folder)
    assert_frame_equal(inside.tracks.sort("track_id"), outside.tracks.sort("track_id"))
    assert inside.tracks.height == 59
    assert inside.rejected["file"][0].endswith("broken.json")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["dump", f"dump{ending}"]


def test_documents_that_say_nothing(tmp_path: Path) -> None:
    told = {
        f"{mbid(1)}.json": low(1), "nameless.json": low(2), "error.json": {"message": "Not found"},
        "list.json": [1], f"{mbid(2)}.json": {"metadata": {}},
        f"{mbid(3)}.json": {"rhythm": {"bpm": "fast"}, "tonal": {"key_key": 3}},
    }  # fmt: skip
    for name, value in told.items():
        (tmp_path / name).write_text(json.dumps(value))
    reading = acousticbrainz.read(tmp_path)
    assert reading.tracks["track_id"].to_list() == [mbid(1), mbid(3)]
    assert reading.tracks["tempo"].to_list() == [1.0, None]
    assert dict(reading.rejected.select("file", "reason").iter_rows()) == {
        "nameless.json": "it names no MusicBrainz recording, neither in its name nor in its metadata",
        "error.json": "an error: Not found",
        "list.json": "it holds no analysis of a recording",
        f"{mbid(2)}.json": "it holds no analysis of a recording",
    }
    with pytest.raises(ReadError, match="leave it out, or save it anew"):
        acousticbrainz.read(tmp_path, strict=True)
    with pytest.raises(ReadError, match=r"error\.json: an error: Not found, and no other document says more"):
        acousticbrainz.read(tmp_path / "error.json")


def test_a_document_names_its_recording_itself(tmp_path: Path) -> None:
    document = low(5)
    document["metadata"]["tags"]["musicbrainz_recordingid"] = [mbid(5).upper()]
    (tmp_path / "song.json").write_text(json.dumps(document))
    assert acousticbrainz.read(tmp_path).tracks["track_id"].to_list() == [mbid(5)]


NAMES = (
    "rhythm",
    "tonal",
    "bpm",
    "key_key",
    "highlevel",
    "gender",
    "all",
    "female",
    "metadata",
    "tags",
    "genre",
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.recursive(
        st.none() | st.integers() | st.floats() | st.text(max_size=4),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from([*NAMES, mbid(1), "0", "9" * 5000]), inner, max_size=6)
        ),
        max_leaves=20,
    )
)
def test_any_json_is_recordings_or_one_error(tmp_path: Path, value: Any) -> None:
    (tmp_path / f"{mbid(7)}.json").write_text(json.dumps(value), encoding="utf-8")
    acousticbrainz.recognised(tmp_path)
    try:
        tracks = acousticbrainz.read(tmp_path).tracks
    except GenrelabError:
        return
    assert set(tracks["track_id"]) <= {mbid(7), mbid(1)}


def test_what_is_kept_has_the_columns_that_are_promised() -> None:
    kept = dict(parts({**low(1), **high(1)}))
    assert set(kept["low"]) <= set(LOW)
    assert set(kept["high"]) <= set(HIGH)
    assert [
        dtype
        for dtype in {*LOW.values(), *HIGH.values()}
        if dtype not in (pl.String, pl.Int64, pl.Float64, pl.List(pl.String))
    ] == []


@pytest.mark.data("api_samples", "fma_rock_hiphop")
def test_documents_are_told_from_tables(data: Path, tmp_path: Path) -> None:
    folder = data / "api_samples/acousticbrainz"
    for ours in (
        folder,
        str(folder / "beets_data.json"),
        [folder / "lowlevel_select_features_response.json"],
    ):
        assert acousticbrainz.recognised(ours)
    for other in ("api_samples/spotify_java", "api_samples/lastfm_json", "fma_rock_hiphop"):
        assert not acousticbrainz.recognised(data / other)
    with tarfile.open(tmp_path / "dump.tar.xz", "w:xz") as archive:
        archive.add(folder / f"{LOVE}.json", arcname=f"{LOVE}-0.json")
    assert acousticbrainz.recognised(tmp_path)
    table = acousticbrainz.read(tmp_path).tracks
    for written in (
        table.write_json,
        lambda file: file.write_text(json.dumps(table.to_dict(as_series=False))),
    ):
        written(tmp_path / "table.json")
        assert not acousticbrainz.recognised(tmp_path / "table.json")
