"""The Free Music Archive's dataset: the published layout, the genre tree, and no broken row fatal."""

from __future__ import annotations

import csv
import json
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from genrelab import schema
from genrelab.errors import MissingFile, ReadError
from genrelab.preparation import prepare
from genrelab.sources import fma, table
from genrelab.taxonomy import bin  # noqa: A004 - the field's verb

TRACK_FIELDS = {
    "album": ("comments", "date_created", "date_released", "engineer", "favorites", "id", "information",
              "listens", "producer", "tags", "title", "tracks", "type"),
    "artist": ("active_year_begin", "active_year_end", "associated_labels", "bio", "comments", "date_created",
               "favorites", "id", "latitude", "location", "longitude", "members", "name", "related_projects",
               "tags", "website", "wikipedia_page"),
    "set": ("split", "subset"),
    "track": ("bit_rate", "comments", "composer", "date_created", "date_recorded", "duration", "favorites",
              "genre_top", "genres", "genres_all", "information", "interest", "language_code", "license",
              "listens", "lyricist", "number", "publisher", "tags", "title"),
}  # fmt: skip
TRACK_COLUMNS = [(level, field) for level, fields in TRACK_FIELDS.items() for field in fields]
FEATURES = [
    (feature, statistic, f"{number:02}")
    for feature, numbers in (("chroma_cens", 2), ("mfcc", 3), ("zcr", 1))
    for statistic in ("kurtosis", "mean")
    for number in range(1, numbers + 1)
]
ECHONEST = [
    *(("audio_features", name) for name in ("acousticness", "danceability", "energy", "tempo", "valence")),
    *(
        ("metadata", name)
        for name in ("album_date", "album_name", "artist_location", "artist_name", "release")
    ),
    ("ranks", "artist_familiarity_rank"),
    ("social_features", "song_hotttnesss"),
    *(("temporal_features", f"{number:03}") for number in range(3)),
]
SONGS: dict[int, dict[str, Any]] = {
    2: {"track.title": "Food", "artist.name": "AWOL", "album.title": "A Way, of Life",
        "track.genre_top": "Hip-Hop", "track.genres": "[21]", "track.genres_all": "[21]",
        "album.date_released": "2009-01-05 00:00:00", "track.duration": 168, "set.split": "training",
        "set.subset": "small", "track.license": "CC BY", "track.listens": 1293, "album.listens": 6073,
        "track.tags": "['night', 'fun']", "artist.bio": "<p>Line\n\"quoted\"\n</p>",
        "artist.latitude": 40.05, "track.bit_rate": 256000},
    5: {"track.title": "Post", "artist.name": "Punks", "track.genre_top": "Rock", "track.genres": "[25, 12]",
        "track.genres_all": "[25, 12]", "track.duration": 206, "set.split": "test", "set.subset": "large"},
    10: {"track.title": "Both", "artist.name": "Kurt", "track.genres": "[25, 17]",
         "track.genres_all": "[25, 12, 17]", "track.duration": 161, "set.split": "validation"},
    20: {"track.title": "None", "artist.name": "Nobody", "track.genres": "[]", "track.genres_all": "[]"},
}  # fmt: skip
Row = Sequence[object]


def written(path: Path, rows: Sequence[Row]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    return path


def tracks_file(folder: Path, songs: dict[int, dict[str, Any]] = SONGS, name: str = "tracks.csv") -> Path:
    keys = [f"{level}.{field}" for level, field in TRACK_COLUMNS]
    rows: list[Row] = [
        ["", *(level for level, _ in TRACK_COLUMNS)],
        ["", *(field for _, field in TRACK_COLUMNS)],
    ]
    rows.append(["track_id", *("" for _ in TRACK_COLUMNS)])
    rows += [[number, *(song.get(key, "") for key in keys)] for number, song in songs.items()]
    return written(folder / name, rows)


def value(track: int, place: int) -> float:
    return track + place / 8


def features_file(
    folder: Path, ids: Sequence[int] = (2, 5, 10, 20), broken: dict[int, str] | None = None
) -> Path:
    names = ("feature", "statistics", "number")
    rows: list[Row] = [[name, *(column[place] for column in FEATURES)] for place, name in enumerate(names)]
    rows.append(["track_id", *("" for _ in FEATURES)])
    for number in ids:
        values: list[object] = [value(number, place) for place in range(len(FEATURES))]
        if number in (broken or {}):
            values[3] = (broken or {})[number]
        rows.append([number, *values])
    return written(folder / "features.csv", rows)


def echonest_file(folder: Path, ids: Sequence[int] = (2, 10)) -> Path:
    rows: list[Row] = [["", *("echonest" for _ in ECHONEST)]]
    rows += [["", *(column[place] for column in ECHONEST)] for place in range(2)]
    rows.append(["track_id", *("" for _ in ECHONEST)])
    told = {"artist_name": "The Echo", "release": "Nest", "album_date": "1999-05-01", "tempo": 120.5,
            "energy": 0.5, "artist_location": "Oslo", "acousticness": 0.25}  # fmt: skip
    rows += [[number, *(told.get(name, 0.125) for _, name in ECHONEST)] for number in ids]
    return written(folder / "echonest.csv", rows)


TREE = [(12, 100, 0, "Rock", 12), (17, 90, 0, "Folk", 17), (21, 80, 0, "Hip-Hop", 21),
        (25, 10, 12, "Punk", 12), (89, 5, 25, "Post-Punk", 12)]  # fmt: skip


def genres_file(folder: Path, rows: Sequence[Row] = TREE) -> Path:
    return written(folder / "genres.csv", [("genre_id", "#tracks", "parent", "title", "top_level"), *rows])


@pytest.fixture
def metadata(tmp_path: Path) -> Path:
    """A folder in the published layout."""
    folder = tmp_path / "fma_metadata"
    tracks_file(folder)
    features_file(folder)
    echonest_file(folder)
    genres_file(folder)
    tracks_file(folder, name="raw_tracks.csv")
    (folder / "README.txt").write_text("read me")
    return folder


# The published layout --------------------------------------------------------------------------------------


def test_every_table_is_joined(metadata: Path) -> None:
    reading = fma.read(metadata)
    schema.check_types(reading.tracks)
    assert schema.validate(reading.tracks).rejected.is_empty()
    assert reading.rejected.is_empty()
    rows = {row["track_id"]: row for row in reading.tracks.iter_rows(named=True)}
    assert list(rows) == ["2", "5", "10", "20"]
    food = rows["2"]
    told = {
        "title": "Food", "artist": "AWOL", "album": "A Way, of Life", "release_year": 2009, "duration": 168.0,
        "genre": "Hip-Hop", "tags": ["Hip-Hop"], "acousticness": 0.25, "energy": 0.5, "tempo": 120.5,
        "official_split": "training", "subset": "small", "license": "CC BY", "listens": 1293,
        "free_tags": ["night", "fun"], "artist_latitude": 40.05, "album_listens": 6073, "bit_rate": 256000,
        "echonest_album_name": "0.125", "echonest_artist_location": "Oslo", "echonest_temporal_002": 0.125,
        "echonest_song_hotttnesss": 0.125,
    }  # fmt: skip
    assert {name: food[name] for name in told} == told
    assert rows["10"]["album"] == "Nest"  # the Echo Nest fills what the archive does not tell
    assert (rows["10"]["artist"], rows["10"]["release_year"]) == ("Kurt", 1999)
    assert rows["5"]["tempo"] is None


def test_features_have_their_three_headers_in_one_name(metadata: Path) -> None:
    tracks = fma.read(metadata).tracks
    for place, column in enumerate(FEATURES):
        name = "_".join(column)
        assert tracks[name].to_list() == [value(track, place) for track in (2, 5, 10, 20)]
        assert tracks.schema[name] == pl.Float32
    assert "mfcc_mean_01" in tracks.columns


def test_genres_by_the_tree(metadata: Path) -> None:
    reading = fma.read(metadata)
    told = dict(zip(reading.tracks["track_id"], reading.tracks.select("genre", "tags").rows(), strict=True))
    assert told == {
        "2": ("Hip-Hop", ["Hip-Hop"]),
        "5": ("Rock", ["Punk", "Rock"]),
        "10": (None, ["Punk", "Rock", "Folk"]),
        "20": (None, []),
    }
    assert "genre: null in 2 of 4 tracks: 1 have several top genres, 1 have none" in reading.notes


def test_what_was_done_is_told(metadata: Path) -> None:
    reading = fma.read(metadata)
    assert reading.mapped["track.title"] == "title"
    assert reading.mapped["track.genres_all"] == "tags"
    assert reading.column("genre") == "genre"
    assert set(reading.left_out) == {"album.information", "artist.bio", "track.information"}
    assert "raw_tracks.csv: not a cleaned table of the dataset, skipped" in reading.notes
    assert "4 tracks and descriptors of 4 joined by track id: 4 left" in reading.notes
    assert {"official_split", "subset", "license", "mfcc_mean_01", "album_listens"} <= set(reading.kept)
    assert set(reading.tracks.columns) == set(reading.mapped.values()) | set(reading.kept)


def test_no_model_reads_the_official_split(metadata: Path) -> None:
    tracks = fma.read(metadata).tracks
    many = pl.concat(
        tracks.with_columns(
            pl.format("{}{}", name, pl.lit(place)).alias(name) for name in ("track_id", "artist")
        ).with_columns(energy=pl.lit(place / 20))
        for place in range(20)
    )
    prepared = prepare(many.filter(pl.col("genre").is_not_null()), rules=[])
    assert not {"official_split", "subset", "tags", "license"} & set(prepared.dataset.columns)


@pytest.mark.parametrize(
    ("names", "ids"),
    [
        (("tracks.csv", "genres.csv"), ["2", "5", "10", "20"]),
        (("tracks.csv", "genres.csv", "echonest.csv"), ["2", "10"]),
        (("features.csv",), ["2", "5", "10", "20"]),
        (("echonest.csv", "features.csv"), ["2", "10", "5", "20"]),
    ],
)
def test_any_of_the_files(metadata: Path, names: Sequence[str], ids: list[str]) -> None:
    assert fma.read([metadata / name for name in names]).tracks["track_id"].to_list() == ids


def test_the_archive_as_it_is_fetched(metadata: Path, tmp_path: Path) -> None:
    archive = tmp_path / "fma_metadata.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_BZIP2) as packed:
        for file in metadata.iterdir():
            packed.write(file, f"fma_metadata/{file.name}")
    assert fma.recognised(archive)
    assert fma.read(archive).tracks.equals(fma.read(metadata).tracks)
    broken = tmp_path / "broken.zip"
    broken.write_bytes(archive.read_bytes()[:200] + bytes(200) + archive.read_bytes()[400:])
    with pytest.raises(ReadError, match="damaged, or packed"):
        fma.read(broken)


def test_files_are_told_by_their_headers(metadata: Path) -> None:
    for number, name in enumerate(("tracks.csv", "features.csv", "echonest.csv", "genres.csv")):
        (metadata / name).rename(metadata / f"{number}.csv")
    assert fma.read(metadata).tracks.height == 4


def test_derivatives_with_one_header_row(tmp_path: Path) -> None:
    genres_file(tmp_path)
    written(
        tmp_path / "ids.csv",
        [("track_id", "genres", "genres_all"), (7, "[89]", "[89, 25, 12]"), (8, "[17]", "[17]")],
    )
    sounds = {"track_id": {"0": 8, "1": 7, "2": 9}, "energy": {"0": 0.5, "1": 0.25, "2": 1.0}}
    (tmp_path / "sounds.json").write_text(json.dumps(sounds))
    reading = fma.read(tmp_path)
    assert reading.tracks.rows() == [
        ("7", ["Post-Punk", "Punk", "Rock"], "Rock", 0.25), ("8", ["Folk"], "Folk", 0.5)
    ]  # fmt: skip
    assert "2 tracks and descriptors of 3 joined by track id: 2 left" in reading.notes


# What is wrong ---------------------------------------------------------------------------------------------


def test_broken_rows_are_rejected_with_their_lines(tmp_path: Path) -> None:
    songs = SONGS | {
        30: {"track.duration": "long", "track.genres": "[12]", "track.genres_all": "[12]"},
        31: {"track.genres": "[99]", "track.genres_all": "[99]"},
        32: {"track.listens": "many", "track.genres": "[12]", "track.genres_all": "[12]"},
        33: {"track.genres": "[12", "track.genres_all": "[12]"},
        34: {"track.genre_top": "Rock", "track.genres": "[12]", "track.genres_all": "[12]"},
    }  # fmt: skip
    file = tracks_file(tmp_path, songs)
    with file.open("a", encoding="utf-8") as more:
        more.write("35,too,short\n")
        more.write("x" + "," * len(TRACK_COLUMNS) + "\n2" + "," * len(TRACK_COLUMNS) + "\n")
    reading = fma.read([file, genres_file(tmp_path)])
    assert reading.tracks["track_id"].to_list() == ["2", "5", "10", "20", "34"]
    lines = file.read_text("utf-8").splitlines()
    told = {lines[line - 1].split(",")[0]: reason for _, line, reason in reading.rejected.rows()}
    assert told == {
        "30": "track.duration: duration: not a number: 'long'",
        "31": "genres: '99' is not in genres.csv",
        "32": "track.listens: not a number: 'many'",
        "33": "genres: not a list: '[12'",
        "35": "3 fields, not 53",
        "x": "track_id: not a number: 'x'",
        "2": "track_id: 2 stands in a row above",
    }
    with pytest.raises(ReadError, match=r"tracks.csv: line \d+: .*: mend this line"):
        fma.read([file, tmp_path / "genres.csv"], strict=True)


def test_broken_features_are_rejected_with_their_lines(tmp_path: Path) -> None:
    file = features_file(tmp_path, range(1, 40), {7: "oops", 9: "", 11: "nan"})
    reading = fma.read(file)
    assert reading.tracks.height == 38
    assert reading.rejected.rows() == [("features.csv", 11, "chroma_cens.mean.02: not a number: 'oops'")]
    assert reading.tracks.filter(pl.col("track_id").is_in(["9", "11"]))["chroma_cens_mean_02"].to_list() == [
        None,
        None,
    ]
    assert reading.tracks.schema["chroma_cens_mean_02"] == pl.Float32


def test_rejected_rows_of_a_derivative_have_lines_too(tmp_path: Path) -> None:
    genres_file(tmp_path)
    text = (
        'track_id,genres,title\n1,[12],"two\nlines"\n2,[77],a\n3,[12],b,more\n4,[17],c\n4,[17],d\n5,[x],e\n'
    )
    (tmp_path / "ids.csv").write_text(text)
    reading = fma.read(tmp_path)
    assert reading.tracks["track_id"].to_list() == ["1", "4"]
    assert [row[1:] for row in reading.rejected.rows()] == [
        (4, "genres: '77' is not in genres.csv"),
        (5, "4 fields, not 3"),
        (7, "track_id: 4 stands in a row above"),
        (8, "genres: 'x' is not in genres.csv"),
    ]


def test_numbers_of_genres_need_the_tree(tmp_path: Path) -> None:
    ids = written(tmp_path / "ids.csv", [("track_id", "genres"), (7, "[25]")])
    with pytest.raises(ReadError, match=r"ids.csv: names genres by number: give genres.csv"):
        fma.read(ids)
    reading = fma.read(tracks_file(tmp_path))
    assert "tags" not in reading.tracks.columns
    assert reading.tracks["genre"].to_list() == ["Hip-Hop", "Rock", None, None]
    assert "genres.csv is not among the files" in reading.left_out["track.genres_all"]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([(12, 1, 25, "Rock", 12), (25, 1, 12, "Punk", 12)], "stands above itself"),
        ([(25, 1, 12, "Punk", 12)], "a genre above it is not there"),
        ([("x", 1, 0, "Rock", 12)], "not a tree of genres"),
        ([(12, 1, 0, "", 12)], "has no number or no title"),
    ],
)
def test_a_tree_that_is_none(tmp_path: Path, rows: Sequence[Row], message: str) -> None:
    tracks_file(tmp_path)
    genres_file(tmp_path, rows)
    with pytest.raises(ReadError, match=message):
        fma.read(tmp_path)


def test_another_tree(tmp_path: Path) -> None:
    tracks_file(tmp_path, {2: SONGS[2], 5: SONGS[5]})
    genres_file(tmp_path, [(1, 1, 0, "Polka", 1)])
    with pytest.raises(ReadError, match=r"is not in genres\.csv, and so in every row"):
        fma.read(tmp_path)


def emptied(folder: Path) -> Path:
    return tracks_file(folder, {})


def cut(folder: Path) -> Path:
    file = features_file(folder)
    file.write_bytes(b"\n".join(file.read_bytes().split(b"\n")[:4]) + b"\n")
    return file


def latin(folder: Path) -> Path:
    file = tracks_file(folder, {2: {"track.title": "cafe"}})
    file.write_bytes(file.read_bytes().replace(b"cafe", b"caf\xe9"))
    return file


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda folder: folder / "none", "no such file or folder"),
        (lambda folder: written(folder / "a.csv", [("a", "b"), (1, 2)]), "not a table of the FMA dataset"),
        (
            lambda folder: written(folder / "a.csv", [("a", "b"), (1, 2)]).parent,
            "holds no table of the FMA dataset",
        ),
        (genres_file, "the tree of genres only"),
        (emptied, "no row could be read"),
        (cut, "no row could be read|damaged or cut short"),
        (latin, "damaged or cut short"),
    ],
)
def test_one_line_for_what_cannot_be_read(tmp_path: Path, make: Callable[[Path], Path], message: str) -> None:
    with pytest.raises(ReadError, match=message) as raised:
        fma.read(make(tmp_path))
    assert "\n" not in str(raised.value)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(MissingFile):
        fma.read([tmp_path / "tracks.csv"])


def test_tables_of_two_datasets(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="no track in common"):
        fma.read([tracks_file(tmp_path), features_file(tmp_path, (70, 71))])


def test_what_is_recognised(metadata: Path, tmp_path: Path) -> None:
    assert fma.recognised(metadata)
    assert fma.recognised([metadata / "features.csv"])
    assert not fma.recognised(metadata / "genres.csv")
    flat = written(tmp_path / "ids.csv", [("track_id", "genre_top"), (7, "Rock")])
    assert not fma.recognised(flat)
    assert fma.recognised([flat, metadata / "genres.csv"])
    binary = tmp_path / "binary.csv"
    binary.write_bytes(bytes(range(256)) * 20)
    nothing: list[Path | str] = [binary, tmp_path / "absent", "sqlite:///songs.db", tmp_path, ""]
    assert not any(map(fma.recognised, nothing))
    assert not fma.recognised(nothing)
    assert not fma.recognised([])


# Real tables -----------------------------------------------------------------------------------------------


@pytest.mark.data("fma", "fma_rock_hiphop")
def test_tracks_of_one_top_genre_with_descriptors(data: Path) -> None:
    reading = fma.read([data / "fma", data / "fma_rock_hiphop"])
    assert reading.tracks.height == 13_129
    assert reading.rejected.is_empty()
    labelled = reading.tracks.filter(pl.col("genre").is_not_null())
    counts = dict(labelled["genre"].value_counts().iter_rows())
    assert (labelled.height, len(counts)) == (9_355, 12)
    assert {name: counts[name] for name in ("Rock", "Electronic", "Hip-Hop", "Folk")} == {
        "Rock": 3_892, "Electronic": 2_170, "Hip-Hop": 910, "Folk": 874
    }  # fmt: skip
    described = reading.tracks.select("tempo", "energy", "danceability")
    assert described.null_count().sum_horizontal().item() == 0
    assert schema.validate(reading.tracks).rejected.is_empty()


@pytest.mark.data("fma", "fma_rock_hiphop")
def test_the_tree_agrees_with_the_archive(data: Path) -> None:
    own = table.read(data / "fma_rock_hiphop" / "fma-rock-vs-hiphop.csv").tracks
    tree = fma.read(data / "fma").tracks
    both = own.select("track_id", top="genre").join(tree, on="track_id")
    assert both.height == own.height
    assert (both["genre"].fill_null(both["top"]) == both["top"]).all()


@pytest.mark.data("fma")
def test_titles_say_the_same_as_numbers(data: Path) -> None:
    tracks = fma.read(data / "fma").tracks
    binned = bin(tracks.rename({"genre": "tree"}), "fma")
    assert binned.unmatched.is_empty()
    assert binned.tracks.height == tracks["genre"].count()
    assert (binned.tracks["genre"] == binned.tracks["tree"]).all()
