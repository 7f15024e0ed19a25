"""The Million Song Dataset: every value as it stands in the file, and no broken file fatal."""

from __future__ import annotations

import builtins
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import genrelab
from genrelab import schema
from genrelab.audit import audit
from genrelab.errors import GenrelabError, MissingExtra, MissingFile, ReadError, SchemaError, SettingError
from genrelab.preparation import prepare
from genrelab.sources import msd, table
from genrelab.sources._msd_song import FIELDS

ID = "TRAAAAA00000000001"
TERMS = {"rock": 0.5, "jazz": 1.0, "männlich": 0.5}


def song(folder: Path, name: str = f"{ID}.h5", segments: int = 5, **values: Any) -> Path:
    """Write one song as the dataset does."""
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    given = {
        "track_id": ID,
        "title": "Blue",
        "artist_name": "Björk",
        "tempo": 90.0,
        "loudness": -9.0,
    } | values
    with h5py.File(file, "w") as written:
        for group in ("analysis", "metadata", "musicbrainz"):
            fields = [(f.theirs, f.kind) for f in FIELDS if f.table == group]
            row = np.zeros(1, np.dtype([("unknown", "i4"), *fields]))
            for key in set(given) & {name for name, _ in fields}:
                value = given[key]
                row[key] = value.encode() if isinstance(value, str) else value
            written[f"{group}/songs"] = row
        written["metadata/artist_terms"] = np.array([term.encode() for term in TERMS], "S256")
        written["metadata/artist_terms_freq"] = np.array(list(TERMS.values()))
        written["musicbrainz/artist_mbtags"] = np.array([], "S256")
        written["musicbrainz/artist_mbtags_count"] = np.array([], "i4")
        for key in ("segments_timbre", "segments_pitches"):
            written[f"analysis/{key}"] = np.arange(12.0 * segments).reshape(segments, 12)
    return file


def changed(file: Path, change: Callable[[Any], None]) -> Path:
    with h5py.File(file, "r+") as opened:
        change(opened)
    return file


# Real files ------------------------------------------------------------------------------------------------


@pytest.mark.data("msd10k")
def test_rows_are_what_stands_in_the_files(data: Path) -> None:
    files = sorted((data / "msd10k/h5").iterdir())
    reading = msd.read(data / "msd10k/h5")
    assert reading.tracks.height == len(files) == 77
    assert reading.rejected.is_empty()
    schema.check_types(reading.tracks)
    for file, row in zip(files, reading.tracks.iter_rows(named=True), strict=True):
        assert row["track_id"] == file.stem
        with h5py.File(file) as opened:
            for field in FIELDS:
                assert row[field.ours] == expected(field.ours, opened[field.table]["songs"][field.theirs][0])
            freq = opened["metadata/artist_terms_freq"][:]
            terms = [term.decode() for term in opened["metadata/artist_terms"][:]]
            assert sorted(row["tags"]) == sorted(terms)
            assert [freq[terms.index(tag)] for tag in row["tags"]] == sorted(freq, reverse=True)
            mbtags = [tag.decode() for tag in opened["musicbrainz/artist_mbtags"][:]]
            assert sorted(row["mbtags"]) == sorted(mbtags)


def expected(name: str, value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode() or None
    if name in {"release_year", "danceability", "energy"} and value == 0:
        return None
    return None if np.isnan(value) else value.item()


@pytest.mark.data("msd10k")
def test_segments_are_kept_on_request(data: Path) -> None:
    folder = data / "msd10k/h5"
    whole = msd.read(folder, segments=True).tracks
    part = msd.read(folder, segments=True, first=3).tracks
    for name in ("timbre", "pitches"):
        assert name not in msd.read(sorted(folder.iterdir())[0]).tracks.columns
        assert whole.schema[name] == part.schema[name] == pl.List(pl.Array(pl.Float32, 12))
        assert part[name].list.len().to_list() == [3] * 77
        for place in (0, 40, 76):
            with h5py.File(folder / f"{whole['track_id'][place]}.h5") as opened:
                there = opened[f"analysis/segments_{name}"][:].astype(np.float32)
            assert np.array_equal(whole[name][place].to_numpy(), there)
            assert np.array_equal(part[name][place].to_numpy(), there[:3])


@pytest.mark.data("msd10k")
def test_broken_files_are_told_and_skipped(data: Path) -> None:
    reading = msd.read([data / "msd10k/h5", data / "msd10k/h5_odd"])
    assert reading.tracks.height == 77
    assert reading.rejected["reason"].to_list() == ["it has no /analysis/songs"] * 2
    assert [name[:18] for name in reading.rejected["file"]] == ["TRAAAAW128F429D538", "TRAXLZU12903D05F94"]
    with pytest.raises(ReadError, match=r"_10k.h5: it has no /analysis/songs, and no other file is a song"):
        msd.read(data / "msd10k/h5_odd")


@pytest.mark.data("msd10k")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.floats(0, 0.999), flips=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=20))
def test_no_damage_escapes(data: Path, tmp_path: Path, cut: float, flips: list[tuple[float, int]]) -> None:
    sound = data / "msd10k/h5/TRAAABD128F429CF47.h5"
    content = bytearray(sound.read_bytes())
    for place, value in flips:
        content[int(place * (len(content) - 1))] = value
    (tmp_path / "TRCUT.h5").write_bytes(content[: int(cut * len(content))])
    (tmp_path / "TRFLIPPED.h5").write_bytes(content)
    reading = msd.read([sound, tmp_path], segments=True)
    assert {"TRCUT.h5"} <= set(reading.rejected["file"])
    assert reading.tracks.height + reading.rejected.height == 3
    assert reading.tracks["track_id"][0] == sound.stem


@pytest.mark.data("msd10k")
def test_figures_of_the_subset(data: Path) -> None:
    corgis = msd.read(data / "msd10k/corgis_music.csv")
    # One of the 10,000 lines has its fields shifted; its year, of 0, is among the 5,320.
    assert corgis.rejected["row"].to_list() == [6350]
    assert corgis.tracks.height == 9_999
    assert corgis.tracks["release_year"].null_count() == 5_319
    assert corgis.tracks["tags"].list.len().value_counts().sort("count").rows() == [(None, 5), (1, 9_994)]
    assert corgis.tracks.group_by("artist.id").agg(pl.col("tags").n_unique())["tags"].max() == 1
    assert corgis.tracks["latitude"].null_count() == 0
    assert not {"danceability", "energy"} & set(corgis.tracks.columns)


@pytest.mark.data("msd10k")
def test_song_csv(data: Path) -> None:
    reading = msd.read(data / "msd10k/SongCSV_ardabney.csv")
    assert (reading.tracks.height, reading.rejected.height) == (10_000, 0)
    assert reading.tracks["release_year"].null_count() == 5_320
    assert reading.tracks["danceability"].null_count() == 10_000
    assert "danceability: 0 in 10,000 of 10,000 tracks: not analysed, so null" in reading.notes
    assert "track_id" not in reading.tracks.columns
    assert reading.tracks["song_id"].n_unique() == 10_000
    assert 'Myrick "Freeze" Guillory' in reading.tracks["artist"]


@pytest.mark.data("msd10k")
def test_labels_are_joined_by_track(data: Path) -> None:
    labels = msd.read(data / "msd10k/msd_tagtraum_cd1.cls")
    assert (labels.tracks.height, labels.tracks["track_id"].n_unique()) == (133_676, 133_676)
    assert labels.tracks["second_genre"].drop_nulls().len() == 35_527
    assert set(labels.tracks["genre"]) == set(genrelab.TAXONOMIES["tagtraum"].names)
    songs = msd.read(data / "msd10k/h5").tracks
    assert table.join(songs, labels.tracks).height == 16
    corgis = msd.read(data / "msd10k/corgis_music.csv").tracks
    assert table.join(songs, corgis, on="song_id").height == 77
    with pytest.raises(SchemaError, match="no column 'track_id' on the left"):
        table.join(corgis, labels.tracks)


@pytest.mark.data("msd10k")
def test_the_terms_have_genres_that_leak_only_through_the_artist(data: Path) -> None:
    tracks = msd.read(data / "msd10k/corgis_music.csv").tracks
    binned = genrelab.bin(tracks, "msd_terms")
    assert len(binned.counts) == 12
    assert binned.coverage > 0.92
    assert min(binned.counts.values()) > 150
    found = audit(binned.tracks, "genre")
    assert found.floors["artist_majority"] > 0.99  # an artist has one term
    prepared = prepare(tracks, "tags", taxonomy="msd_terms")
    assert prepared.dataset.grouped_by == "artist"
    assert not {"tags", "artist.id", "terms_freq"} & set(prepared.dataset.columns)


@pytest.mark.data("msd10k")
def test_terms_and_labels_agree(data: Path) -> None:
    songs = genrelab.bin(msd.read(data / "msd10k/h5").tracks, "tagtraum").tracks
    labels = msd.read(data / "msd10k/msd_tagtraum_cd1.cls").tracks
    both = songs.rename({"genre": "binned"}).join(labels, on="track_id")
    assert (both["binned"] == both["genre"]).sum() >= 14


# Files that are made ---------------------------------------------------------------------------------------


def test_a_folder_is_read_however_deep(tmp_path: Path) -> None:
    song(tmp_path, "B/A/TR2.h5", track_id="TR2", year=1999, title="", song_hotttnesss=np.nan)
    song(tmp_path, "A/TR1.h5", track_id="TR1", danceability=0.5)
    (tmp_path / "A/notes.txt").write_text("no song")
    (tmp_path / "A/._TR1.h5").write_bytes(b"left by a desktop")
    steps: list[float] = []
    reading = msd.read(tmp_path, progress=lambda _, share: steps.append(share))
    assert reading.tracks["track_id"].to_list() == ["TR1", "TR2"]
    assert reading.tracks["release_year"].to_list() == [None, 1999]
    assert reading.tracks["title"].to_list() == ["Blue", None]
    assert reading.tracks["danceability"].to_list() == [0.5, None]
    assert reading.tracks["song_hotttnesss"].to_list() == [0.0, None]
    assert reading.tracks["tags"][0].to_list() == ["jazz", "rock", "männlich"]
    assert reading.tracks["artist"][0] == "Björk"
    assert steps[-1] == 1.0
    assert reading.notes == (
        f"{tmp_path.name}: 2 files are no .h5 files, skipped",
        "danceability: 0 in 1 of 2 tracks: not analysed, so null",
        "energy: 0 in 2 of 2 tracks: not analysed, so null",
    )
    assert (reading.column("artist_name"), reading.column("artist_terms")) == ("artist", "tags")


def test_songs_may_have_no_segments(tmp_path: Path) -> None:
    song(tmp_path, "TR1.h5", segments=0)
    song(tmp_path, "TR2.h5", segments=2)
    tracks = msd.read(tmp_path, segments=True, first=4).tracks
    assert tracks["timbre"].list.len().to_list() == [0, 2]
    assert tracks["pitches"][1][1].to_list() == list(range(12, 24))


def remove(name: str) -> Callable[[Any], None]:
    def change(opened: Any) -> None:
        del opened[name]

    return change


def replace(name: str, value: Any) -> Callable[[Any], None]:
    def change(opened: Any) -> None:
        del opened[name]
        opened[name] = value

    return change


def regroup(opened: Any) -> None:
    del opened["metadata/artist_terms"]
    opened.create_group("metadata/artist_terms")


BROKEN = {
    "no group": (remove("metadata"), "it has no /metadata/songs"),
    "no list": (remove("metadata/artist_terms"), "it has no /metadata/artist_terms"),
    "a group for a list": (regroup, "it has no /metadata/artist_terms"),
    "no row": (replace("musicbrainz/songs", np.zeros(0, "i4")), "holds 0 songs, not one"),
    "many songs": (replace("musicbrainz/songs", np.zeros(7, "i4")), "holds 7 songs, not one"),
    "no dimension": (replace("musicbrainz/songs", 3), "holds no songs, not one"),
    "no table": (replace("musicbrainz/songs", np.zeros(1, "i4")), "/musicbrainz/songs is no table"),
    "no field": (replace("musicbrainz/songs", np.zeros(1, [("y", "i4")])), "has no field 'year'"),
    "a field of text": (replace("musicbrainz/songs", np.zeros(1, [("year", "S4")])), "it is damaged"),
    "uneven lists": (replace("metadata/artist_terms_freq", np.ones(2)), "has 3 items and"),
    "a flat sequence": (replace("analysis/segments_timbre", np.ones(24)), r"its shape is \(24,\)"),
    "a narrow sequence": (replace("analysis/segments_pitches", np.ones((2, 11))), r"its shape is \(2, 11\)"),
    "a list of lists": (replace("metadata/artist_terms", np.zeros((2, 2), "S9")), r"its shape is \(2, 2\)"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_named(tmp_path: Path, name: str) -> None:
    change, reason = BROKEN[name]
    song(tmp_path, "TR1.h5")
    changed(song(tmp_path, "below/TR2.h5"), change)
    reading = msd.read(tmp_path, segments=True)
    assert reading.tracks.height == 1
    assert reading.rejected.select("file", "row").rows() == [("below/TR2.h5", 1)]
    assert reading.rejected.select(pl.col("reason").str.contains(reason)).item(), reading.rejected["reason"][
        0
    ]
    with pytest.raises(ReadError, match=reason):
        msd.read(tmp_path, segments=True, strict=True)


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "it is empty"), (b"track_id,title\n1,2\n" * 99, "it is no HDF5 file"), (None, "it is cut short")],
)
def test_what_is_no_song_is_named(tmp_path: Path, content: bytes | None, reason: str) -> None:
    sound = song(tmp_path, "TR1.h5")
    whole = sound.read_bytes()
    (tmp_path / "TR2.h5").write_bytes(whole[: len(whole) // 2] if content is None else content)
    assert msd.read(tmp_path).rejected.rows() == [("TR2.h5", 1, reason)]
    sound.unlink()
    with pytest.raises(ReadError, match=f"TR2.h5: {reason}, and no other file is a song: give"):
        msd.read(tmp_path)


def test_a_link_to_nothing_and_an_empty_id_are_told(tmp_path: Path) -> None:
    song(tmp_path, "TR1.h5")
    song(tmp_path, "TR2.h5", track_id="")
    (tmp_path / "TR3.h5").symlink_to(tmp_path / "gone.h5")
    reasons = dict(msd.read(tmp_path).rejected.select("file", "reason").iter_rows())
    assert reasons["TR2.h5"] == "its track id is empty"
    assert reasons["TR3.h5"] == "it cannot be read (No such file or directory)"


def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    song(tmp_path, "TR1.h5")
    try:
        (tmp_path / os.fsdecode(b"\xff.h5")).write_bytes(b"no song")
    except OSError:
        pytest.skip("this disk takes no such name")
    assert msd.read(tmp_path).rejected["file"].to_list() == ["\N{REPLACEMENT CHARACTER}.h5"]


def test_a_song_that_is_open_elsewhere_is_read(tmp_path: Path) -> None:
    with h5py.File(song(tmp_path)):
        assert msd.read(tmp_path).tracks.height == 1


def test_files_are_closed(tmp_path: Path) -> None:
    for number in range(40):
        shutil.copy(song(tmp_path), tmp_path / f"TR{number}.h5")
    changed(tmp_path / "TR7.h5", remove("metadata"))
    msd.read(tmp_path, segments=True)
    with h5py.File(tmp_path / "TR7.h5", "r+") as opened:  # HDF5 lets nobody write what is still being read
        opened.create_group("metadata")


def test_wrong_calls(tmp_path: Path) -> None:
    labels = tmp_path / "labels.cls"
    labels.write_text(f"{ID}\tRock\n")
    with pytest.raises(MissingFile, match="no such file or folder"):
        msd.read(tmp_path / "gone.h5")
    with pytest.raises(ReadError, match=r"no \.h5 file in this folder or below it"):
        msd.read(tmp_path)
    with pytest.raises(ReadError, match="no files were given"):
        msd.read([])
    with pytest.raises(ReadError, match=r"h5, labels\.cls: songs, labels and tables are read one kind"):
        msd.read([song(tmp_path), labels])
    for arguments in ({"first": 3}, {"first": 0, "segments": True}):
        with pytest.raises(SettingError, match=r"first: .* give 1 or more, together with segments=True"):
            msd.read(song(tmp_path), **arguments)  # type: ignore[arg-type]  # as a caller may


def test_without_h5py(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, importing = song(tmp_path), builtins.__import__

    def imported(name: str, *rest: Any, **named: Any) -> Any:
        if name == "h5py":
            raise ImportError(name)
        return importing(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", imported)
    with pytest.raises(MissingExtra, match=r"h5py is not installed: pip install 'genrelab\[msd\]'"):
        msd.read(file)


# Labels and tables -----------------------------------------------------------------------------------------

CLS = f"# genres\n\n{ID}\tRock\nTRAAAAA00000000002\tJazz\tVocal\n"


def test_labels_with_comments(tmp_path: Path) -> None:
    file = tmp_path / "labels.cls"
    file.write_text(CLS, encoding="utf-8-sig", newline="\r\n")
    reading = msd.read(file)
    assert reading.tracks.rows() == [(ID, "Rock", None), ("TRAAAAA00000000002", "Jazz", "Vocal")]
    assert (reading.column("genre"), reading.kept) == ("genre", ("second_genre",))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("SOAAAAA00000000002\tJazz", "not a track id: 'SOAAAAA00000000002'"),
        ("TRAAAAA00000000002 Jazz", "not a track id: 'TRAAAAA00000000002 Jazz'"),
        ("TRAAAAA00000000002", "no genre after the track id and a tab"),
        ("TRAAAAA00000000002\t \tJazz", "no genre after the track id and a tab"),
        ("TRAAAAA00000000002\ta\tb\tc", "3 genres, where two are the most"),
    ],
)
def test_lines_that_are_no_label_are_told(tmp_path: Path, line: str, reason: str) -> None:
    file = tmp_path / "labels.cls"
    file.write_text(f"{CLS}{line}\n", encoding="utf-8")
    reading = msd.read(file)
    assert (reading.tracks.height, reading.rejected.rows()) == (2, [("labels.cls", 5, reason)])
    with pytest.raises(ReadError, match=r"labels\.cls: line 5: "):
        msd.read(file, strict=True)
    file.write_text(line, encoding="utf-8")
    with pytest.raises(ReadError, match="no line is a track id, a tab and a genre"):
        msd.read(file)


def test_labels_that_are_no_text(tmp_path: Path) -> None:
    file = tmp_path / "labels.cls"
    file.write_bytes(b"\xff\xfe\x00TR")
    with pytest.raises(ReadError, match=r"cannot be read .* give labels in UTF-8"):
        msd.read(file)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text())
def test_any_text_is_labels_or_one_error(tmp_path: Path, text: str) -> None:
    file = tmp_path / "labels.cls"
    file.write_text(text, encoding="utf-8", errors="replace")
    with pytest.raises(GenrelabError):
        msd.read(file)


def test_bytes_shown_as_python_does_are_unwrapped(tmp_path: Path) -> None:
    titles = [r"b'Caf\xc3\xa9'", '''b"It's"''', r"b'a\\b \'c\''", "b''"]
    songs = pl.DataFrame({
        "SongID": [f"b'SOAAAAA0000000000{n}'" for n in range(4)], "Title": titles,
        "ArtistName": ["b'A'", "b", "C", "D"],
        "Energy": [0.0, 0.0, 0.25, None], "Year": [0, 1999, 0, 0],
    })  # fmt: skip
    songs.write_csv(tmp_path / "SongCSV.csv")
    reading = msd.read(tmp_path / "SongCSV.csv")
    assert reading.tracks["title"].to_list() == ["Café", "It's", "a\\b 'c'", None]
    assert reading.tracks["artist"].to_list() == ["b'A'", "b", "C", "D"]
    assert reading.tracks["song_id"][0] == "SOAAAAA00000000000"
    assert reading.tracks["energy"].to_list() == [None, None, 0.25, None]
    assert "track_id, title: written as b'...', and taken out of it" in reading.notes


@given(st.text())
def test_unwrapping_undoes_what_python_shows(text: str) -> None:
    from genrelab.sources._msd_table import text as unwrapped

    kept = text.encode("utf-8", "replace")
    assert unwrapped(repr(kept)) == kept.decode("utf-8")


def test_newer_corgis_headers_are_known() -> None:
    headers = [
        "song.title",
        "artist.name",
        "artist.terms",
        "song.year",
        "song.tempo",
        "song.key",
        "song.mode",
    ]
    headers += ["song.loudness", "song.duration", "song.time_signature", "song.id", "release.name"]
    assert set(schema.canonical(headers)) == set(headers)
    assert schema.canonical(["song.title", "name"]) == {"song.title": "title"}


# Which source reads what -----------------------------------------------------------------------------------


def test_folders_of_songs_are_recognised(tmp_path: Path) -> None:
    assert not msd.recognised(tmp_path)
    song(tmp_path, "A/B/TR1.h5")
    assert msd.recognised([tmp_path])
    (tmp_path / "songs.csv").write_text("title\nBlue\n")
    assert not msd.recognised(tmp_path), "a folder of tables stays one"
    song(tmp_path, "TR2.H5")
    assert msd.recognised(str(tmp_path))


def test_commands_read_songs_and_labels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from genrelab import cli
    from genrelab.cli import _tables
    from genrelab.progress import silent

    rng = np.random.default_rng(0)
    lines = []
    for number in range(60):
        track, genre = f"TR{number:016}", ("Rap", "Jazz")[number % 2]
        made: dict[str, Any] = {"track_id": track, "artist_name": f"artist {number}", "time_signature": 4}
        heard: dict[str, Any] = {
            "tempo": 90 + 40 * (number % 2) + rng.normal(),
            "loudness": rng.uniform(-20, -5),
        }
        song(tmp_path / "songs", f"{track}.h5", duration=200.0, **made, **heard)
        lines.append(f"{track}\t{genre}\n")
    (tmp_path / "labels.cls").write_text("".join(lines[:50]))
    given = _tables.read([tmp_path / "songs"], [tmp_path / "labels.cls"], silent)
    assert given.tracks.height == 50
    arguments = ["train", tmp_path / "songs", "--join", tmp_path / "labels.cls", "--label", "genre"]
    arguments += ["--model", "decision_tree", "--threads", "1", "--json", "-o", tmp_path / "model"]
    with pytest.raises(SystemExit) as ended:
        cli.main([str(argument) for argument in arguments])
    assert (ended.value.code, capsys.readouterr().err) == (0, "")
    with pytest.raises(SystemExit) as ended:
        cli.main(["audit", str(tmp_path / "labels.cls"), str(tmp_path / "songs"), "--label", "genre"])
    assert ended.value.code == 2
    assert "one kind at a time" in capsys.readouterr().err
