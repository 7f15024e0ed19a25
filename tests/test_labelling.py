"""Labelling: any table in, the same tracks out in their order, in bounded memory, all or nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from genrelab import dataset, schema, store
from genrelab.classifier import UNKNOWN, Classifier
from genrelab.errors import GenrelabError, MissingFile, OutputError, SchemaError, SettingError
from genrelab.labelling import label
from genrelab.sources import demo, msd, sql, table
from genrelab.training import train

COLUMNS = ["energy", "valence", "tempo"]
ENDINGS = (".csv", ".json", ".parquet")


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    """A model that is sure of some tracks and unsure of others."""
    tracks = schema.sample(120, seed=0)
    code = pl.col("genre").replace_strict(["jazz", "pop", "rock"], [0, 1, 2], return_dtype=pl.Int64)
    told = tracks.with_columns(energy=(code + pl.col("energy") * 2) / 4)
    return train(dataset.make(told, columns=COLUMNS), "logistic", folds=2, threads=1)


@pytest.fixture
def songs(tmp_path: Path) -> Path:
    tracks = schema.sample(50, seed=1).drop("tags", "genre").with_columns(mood=pl.lit("calm"))
    path = tmp_path / "songs.csv"
    tracks[np.random.default_rng(0).permutation(50)].write_csv(path)
    return path


def read(place: Path | str) -> pl.DataFrame:
    path = Path(place)
    if path.suffix == ".json":
        return pl.DataFrame(json.loads(path.read_text("utf-8")))
    return pl.read_csv(path) if path.suffix == ".csv" else pl.read_parquet(path)


@pytest.mark.parametrize("ending", ENDINGS)
def test_tracks_keep_their_order_and_their_names(
    classifier: Classifier, songs: Path, tmp_path: Path, ending: str
) -> None:
    out = tmp_path / f"out{ending}"
    labelled = label(classifier, songs, out)
    given, found = pl.read_csv(songs), read(out)
    names = ["track_id", "title", "artist", "album"]
    assert found.columns == [*names, "genre", "confidence"]
    assert_frame_equal(found.select(names), given.select(names))
    expected = classifier.predict(table.read(songs).tracks)
    assert found["genre"].to_list() == expected["genre"].to_list()
    np.testing.assert_allclose(found["confidence"], expected["confidence"], rtol=1e-12)
    assert (labelled.path, labelled.rows) == (out, 50)


def test_all_formats_say_the_same(classifier: Classifier, songs: Path, tmp_path: Path) -> None:
    first, *others = (
        read(label(classifier, songs, tmp_path / f"out{ending}", probabilities=True, rows=13).path)
        for ending in ENDINGS
    )
    for other in others:
        assert_frame_equal(other, first, abs_tol=1e-12)


@pytest.mark.parametrize("ending", ENDINGS)
def test_small_batches_are_one_table(
    classifier: Classifier, songs: Path, tmp_path: Path, ending: str
) -> None:
    whole = label(classifier, songs, tmp_path / f"whole{ending}", probabilities=True)
    parts = label(classifier, songs, tmp_path / f"parts{ending}", probabilities=True, rows=7)
    assert_frame_equal(read(parts.path), read(whole.path), abs_tol=1e-12)
    assert (parts.rows, parts.genres) == (whole.rows, whole.genres)


def test_several_files_follow_each_other(classifier: Classifier, songs: Path, tmp_path: Path) -> None:
    folder = tmp_path / "parts"
    folder.mkdir()
    for i, part in enumerate(pl.read_csv(songs).iter_slices(20)):
        part.write_csv(folder / f"part_{i + 9}.csv")  # 9, 10, 11: in natural order
    whole = label(classifier, songs, tmp_path / "whole.csv")
    parts = label(classifier, folder, tmp_path / "parts.csv", rows=7)
    assert_frame_equal(read(parts.path), read(whole.path))


def test_probabilities_are_added_when_asked_for(classifier: Classifier, songs: Path, tmp_path: Path) -> None:
    found = read(label(classifier, songs, tmp_path / "out.parquet", probabilities=True).path)
    shares = found.select("p_jazz", "p_pop", "p_rock").to_numpy()
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    np.testing.assert_allclose(shares.max(axis=1), found["confidence"])


def test_what_is_unsure_is_unknown(classifier: Classifier, songs: Path, tmp_path: Path) -> None:
    free = read(label(classifier, songs, tmp_path / "free.parquet").path)
    least = float(free["confidence"].median())  # type: ignore[arg-type]  # a column of real numbers has one
    labelled = label(classifier, songs, tmp_path / "out.parquet", min_confidence=least)
    found = read(labelled.path)
    unsure = free["confidence"] < least
    assert 0 < unsure.sum() < 50
    assert ((found["genre"] == UNKNOWN) == unsure).all()
    assert found.filter(~unsure).equals(free.filter(~unsure))
    assert labelled.unknown == labelled.genres[UNKNOWN] == unsure.sum()


def test_genres_are_counted(classifier: Classifier, songs: Path, tmp_path: Path) -> None:
    labelled = label(classifier, songs, tmp_path / "out.csv", rows=7)
    counts = dict(read(labelled.path)["genre"].value_counts().rows())
    assert labelled.genres == counts
    assert list(labelled.genres.values()) == sorted(counts.values(), reverse=True)
    assert labelled.unknown == 0


def test_a_table_without_names(classifier: Classifier, songs: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare.csv"
    pl.read_csv(songs).select(COLUMNS).write_csv(bare)
    found = read(label(classifier, bare, tmp_path / "out.csv", rows=20).path)
    assert found.columns == ["genre", "confidence"]
    assert found.height == 50


def test_other_peoples_headers_are_understood(classifier: Classifier, songs: Path, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs.csv"
    pl.read_csv(songs).rename({"title": "track_name", "artist": "track_artist", "tempo": "BPM"}).write_csv(
        theirs
    )
    ours, found = (read(label(classifier, p, tmp_path / f"{p.stem}.json").path) for p in (songs, theirs))
    assert_frame_equal(found, ours)


def test_a_true_genre_is_not_copied(classifier: Classifier, songs: Path, tmp_path: Path) -> None:
    true = tmp_path / "true.csv"
    pl.read_csv(songs).with_columns(genre=pl.lit("fado")).write_csv(true)
    assert "fado" not in read(label(classifier, true, tmp_path / "out.csv").path)["genre"]


def test_progress_tells_the_rows(classifier: Classifier, songs: Path, tmp_path: Path) -> None:
    told: list[tuple[str, float]] = []
    label(classifier, songs, tmp_path / "out.csv", rows=20, progress=lambda *said: told.append(said))
    assert [stage for stage, _ in told] == [f"{n} tracks labelled" for n in (20, 40, 50, 50)]
    assert told[-1][1] == 1


def spoiled(songs: Path, column: str, value: object) -> Path:
    """A copy in which one cell of a column cannot be converted."""
    path = songs.with_name("spoiled.csv")
    cells = (
        pl.when(pl.int_range(pl.len()) == 30).then(pl.lit(value)).otherwise(pl.col(column).cast(pl.String))
    )
    pl.read_csv(songs).with_columns(cells.alias(column)).write_csv(path)
    return path


def test_a_bad_cell_that_the_model_does_not_read_stops_nothing(
    classifier: Classifier, songs: Path, tmp_path: Path
) -> None:
    whole = read(label(classifier, songs, tmp_path / "whole.csv").path)
    bad = spoiled(songs, "release_year", "n.d.")
    assert_frame_equal(read(label(classifier, bad, tmp_path / "out.csv", rows=7).path), whole)
    with pytest.raises(SchemaError, match=r"tempo.*'fast'"):
        label(classifier, spoiled(songs, "tempo", "fast"), tmp_path / "out.csv")


@pytest.mark.parametrize("given", ["songs.csv", "."])
def test_a_table_that_is_read_is_not_written_over(
    classifier: Classifier, songs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    monkeypatch.chdir(tmp_path)
    before = songs.read_bytes()
    (tmp_path / "link.csv").symlink_to(songs)
    outs: list[Path | str] = [songs, "songs.csv", "link.csv", *(["labels.csv"] if given == "." else [])]
    for out in outs:
        with pytest.raises(OutputError, match="among the tables that are read: choose"):
            label(classifier, given, out)
    assert songs.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.csv", "songs.csv"]


# --- all or nothing -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("old", [None, b"earlier"])
def test_a_broken_row_leaves_no_output(
    classifier: Classifier, songs: Path, tmp_path: Path, ending: str, old: bytes | None
) -> None:
    lines = songs.read_text().splitlines()
    at = lines[0].split(",").index("energy")
    cells = lines[30].split(",")
    cells[at] = "loud"
    lines[30] = ",".join(cells)
    songs.write_text("\n".join(lines))
    out = tmp_path / "there" / f"out{ending}"
    if old is not None:
        out.parent.mkdir()
        out.write_bytes(old)
    with pytest.raises(GenrelabError, match=r"energy.*'loud'"):
        label(classifier, songs, out, rows=7)
    if old is None:
        assert not out.parent.exists()
    else:
        assert [path.read_bytes() for path in out.parent.iterdir()] == [old]


@pytest.mark.parametrize("rows", [7, 100])
def test_a_model_that_fails_in_the_middle_leaves_no_output(
    classifier: Classifier, songs: Path, tmp_path: Path, rows: int
) -> None:
    def fail(stage: str, _share: float) -> None:
        if stage >= "21":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        label(classifier, songs, tmp_path / "out.parquet", rows=rows, progress=fail)
    assert list(tmp_path.iterdir()) == [songs]


def refused(classifier: Classifier, songs: Path, tmp_path: Path) -> dict[str, Callable[[], object]]:
    lacking = tmp_path / "lacking.csv"
    pl.read_csv(songs).drop("energy").write_csv(lacking)
    return {
        "absent": lambda: label(classifier, tmp_path / "absent.csv", tmp_path / "out.csv"),
        "lacking": lambda: label(classifier, lacking, tmp_path / "out.csv"),
        "ending": lambda: label(classifier, songs, tmp_path / "out.xlsx"),
        "unsure": lambda: label(classifier, songs, tmp_path / "out.csv", min_confidence=2),
        "place": lambda: label(classifier, songs, songs / "out.csv"),
    }


@pytest.mark.parametrize(
    ("case", "error"),
    [
        ("absent", MissingFile), ("lacking", SchemaError), ("ending", OutputError), ("unsure", SettingError),
        ("place", OutputError),
    ],
)  # fmt: skip
def test_refusals(
    classifier: Classifier, songs: Path, tmp_path: Path, case: str, error: type[GenrelabError]
) -> None:
    attempt = refused(classifier, songs, tmp_path)[case]
    before = sorted(tmp_path.iterdir())
    with pytest.raises(error):
        attempt()
    assert sorted(tmp_path.iterdir()) == before


# --- databases ----------------------------------------------------------------------------------------------


@pytest.fixture(params=["labels.db", "labels.duckdb"])
def database(request: pytest.FixtureRequest, songs: Path, tmp_path: Path) -> Path:
    """A database that holds the songs and another table."""
    place = tmp_path / str(request.param)
    sql.write(pl.read_csv(songs), place, "songs")
    sql.write(pl.DataFrame({"n": [1]}), place, "other")
    return place


def test_a_database_is_labelled_as_a_file_is(
    classifier: Classifier, songs: Path, database: Path, tmp_path: Path
) -> None:
    expected = read(label(classifier, songs, tmp_path / "out.parquet", probabilities=True).path)
    labelled = label(classifier, database, database, table="songs", into="labels", probabilities=True, rows=7)
    assert (labelled.path, labelled.rows) == (f"{database.name}, table labels", 50)
    assert_frame_equal(sql.read(database, table="labels").tracks, sql_read_of(expected))
    query = "select * from songs where title <> 'song 3'"
    fewer = label(classifier, database, database, query=query, into="labels", overwrite=True)
    assert fewer.rows == sql.read(database, table="labels").tracks.height == 49


def sql_read_of(labels: pl.DataFrame) -> pl.DataFrame:
    """The same columns in the order in which a source gives them."""
    return table.adopt(labels).tracks


def test_a_database_is_as_it_was_when_labelling_fails(
    classifier: Classifier, database: Path, tmp_path: Path
) -> None:
    def fail(stage: str, _share: float) -> None:
        if stage >= "21":
            raise KeyboardInterrupt

    before = sql.read(database, table="songs").tracks
    sql.write(pl.DataFrame({"title": ["Blue"]}), database, "earlier")
    for into in ("earlier", "labels"):
        with pytest.raises(KeyboardInterrupt):
            label(
                classifier,
                database,
                database,
                table="songs",
                into=into,
                overwrite=True,
                rows=7,
                progress=fail,
            )
    with pytest.raises(SchemaError, match="not in the table"):
        label(classifier, database, database, table="other", into="labels")
    assert_frame_equal(sql.read(database, table="songs").tracks, before)
    assert sql.read(database, table="earlier").tracks.rows() == [("Blue",)]
    with pytest.raises(GenrelabError, match="no table 'labels'"):
        sql.read(database, table="labels")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["songs.csv", database.name])


def test_where_labels_go_in_a_database_must_be_said(
    classifier: Classifier, songs: Path, database: Path, tmp_path: Path
) -> None:
    with pytest.raises(SettingError, match=r"is a database: name a table in it with --into"):
        label(classifier, songs, database)
    with pytest.raises(SettingError, match=r"out.csv: is no database, so that --into means nothing"):
        label(classifier, songs, tmp_path / "out.csv", into="labels")
    with pytest.raises(OutputError, match="table 'songs' exists already"):
        label(classifier, songs, database, into="songs")
    with pytest.raises(SettingError, match=r"songs.csv: is no database, so that --table means nothing"):
        label(classifier, songs, tmp_path / "out.csv", table="songs")


# --- memory -------------------------------------------------------------------------------------------------

MEASURE = """
import sys
from genrelab import labelling, store

labelling.label(store.load(sys.argv[1]), sys.argv[2], sys.argv[3], rows=5_000, probabilities=True)
print(*(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the peak of a process is read from /proc")
def test_memory_does_not_grow_with_the_table(tmp_path: Path) -> None:
    """150,000 rows more, with 30 probabilities each: whole in memory, they weigh 215 MiB; in batches, 40."""
    genres = [f"genre {i:02}" for i in range(30)]
    made = dataset.make(schema.sample(400, seed=0, genres=genres), columns=["energy", "valence"])
    model = store.save(train(made, "logistic", folds=2, threads=1), tmp_path / "model")
    peaks = []
    for rows in (50_000, 200_000):
        given, out = tmp_path / f"{rows}.csv", tmp_path / f"out_{rows}.csv"
        numbers = np.random.default_rng(0).random((rows, 2))
        pl.DataFrame(numbers, schema=["energy", "valence"]).write_csv(given)
        command = [sys.executable, "-c", MEASURE, str(model), str(given), str(out)]
        peaks.append(int(subprocess.run(command, check=True, capture_output=True, text=True).stdout) / 1024)
        with out.open() as lines:
            assert sum(1 for _ in lines) == rows + 1
    assert peaks[1] - peaks[0] < 100


@pytest.mark.data("msd10k")
def test_songs_of_the_million_song_dataset_are_labelled(data: Path, tmp_path: Path) -> None:
    songs = msd.read(data / "msd10k" / "h5").tracks
    genres = pl.Series("genre", ["loud" if loudness > -9 else "soft" for loudness in songs["loudness"]])
    made = dataset.make(songs.with_columns(genres), columns=["loudness", "tempo"])
    classifier = train(made, "decision_tree", folds=2, threads=1)
    labelled = label(classifier, data / "msd10k" / "h5", tmp_path / "labels.csv")
    assert labelled.rows == 77
    assert table.read(tmp_path / "labels.csv").tracks["track_id"].to_list() == songs["track_id"].to_list()


@pytest.mark.data("msd10k")
def test_a_broken_song_is_not_lost_in_silence(data: Path, tmp_path: Path) -> None:
    whole = sorted((data / "msd10k" / "h5").rglob("*.h5"))[:4]
    songs = msd.read(whole).tracks
    made = dataset.make(
        songs.with_columns(genre=pl.Series(["a", "a", "b", "b"])), columns=["tempo"], split="row"
    )
    classifier = train(made, "majority", folds=2, threads=1)
    folder = tmp_path / "songs"
    folder.mkdir()
    for path in whole:
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "broken.h5").write_bytes(whole[0].read_bytes()[:3000])
    with pytest.raises(GenrelabError, match=r"broken\.h5"):
        label(classifier, folder, tmp_path / "labels.csv")
    assert not (tmp_path / "labels.csv").exists()


def test_a_table_of_a_database_that_is_read_is_not_written_over(
    classifier: Classifier, songs: Path, tmp_path: Path
) -> None:
    place = tmp_path / "music.db"
    sql.write(pl.read_csv(songs), place, "songs")
    for name, query in (("songs", None), (None, "select * from songs"), (None, None)):
        with pytest.raises(OutputError, match="table 'Songs' is among the tables that are read: choose"):
            label(classifier, place, place, into="Songs", overwrite=True, table=name, query=query)
    assert "energy" in sql.read(place, table="songs").tracks.columns
    assert label(classifier, place, place, into="labels").rows == 50


def test_an_artist_is_seen_together_across_batches(tmp_path: Path) -> None:
    known, new = dataset.make(demo.read(rows=1500, seed=0).tracks).hold_out(0.3)
    classifier = train(known, "logistic", folds=3, threads=1)
    mixed = new.tracks.sample(fraction=1.0, shuffle=True, seed=0)
    mixed.write_parquet(tmp_path / "songs.parquet")
    out = label(
        classifier,
        tmp_path / "songs.parquet",
        tmp_path / "l.parquet",
        together=True,
        probabilities=True,
        rows=50,
    ).path
    found = pl.read_parquet(out)
    expected = classifier.predict(mixed, together=True, probabilities=True)
    assert found["genre"].to_list() == expected["genre"].to_list()
    assert found["title"].to_list() == mixed["title"].to_list()
    np.testing.assert_allclose(found["confidence"], expected["confidence"], atol=1e-6)
    assert found["genre"].to_list() != classifier.predict(mixed)["genre"].to_list()
    mixed.drop("artist").write_parquet(tmp_path / "nameless.parquet")
    with pytest.raises(SettingError, match="together: no artist is named"):
        label(classifier, tmp_path / "nameless.parquet", tmp_path / "n.csv", together=True)
    assert not (tmp_path / "n.csv").exists()


@pytest.mark.parametrize("ending", ENDINGS)
def test_as_many_genres_as_it_takes(songs: Path, tmp_path: Path, surer: Classifier, ending: str) -> None:
    out = label(surer, songs, tmp_path / f"out{ending}", precision=0.6, coverage=0.9, rows=13).path
    expected = surer.predict(table.read(songs).tracks, precision=0.6, coverage=0.9)
    found = read(out)
    assert found.columns[-3:] == ["genre", "confidence", "genres"]
    assert found["genre"].to_list() == expected["genre"].to_list()
    genres = found["genres"].to_list()
    given = [json.loads(cell) for cell in genres] if ending == ".csv" else [list(cell) for cell in genres]
    assert given == expected["genres"].to_list()
    assert min(map(len, given)) >= 1


def test_promises_that_cannot_be_kept_write_nothing(songs: Path, tmp_path: Path, surer: Classifier) -> None:
    for wrong, told in (
        ({"precision": 0.999}, "precision: 0.999 cannot be promised"),
        ({"precision": 1.0}, "precision: 1 is not above 0 and below 1"),
        ({"coverage": 0.0}, "coverage: 0 is not above 0 and below 1"),
        ({"precision": 0.6, "min_confidence": 0.5}, "leave min_confidence out"),
        ({"coverage": 0.9, "together": True}, "together: the model has not learned"),
    ):
        with pytest.raises(SettingError, match=told):
            label(surer, songs, tmp_path / "out.csv", **wrong)  # type: ignore[arg-type]
    assert not (tmp_path / "out.csv").exists()
    with pytest.raises(SettingError, match="keeps no out-of-fold predictions"):
        replace(surer, out_of_fold=None).predict(table.read(songs).tracks, coverage=0.9)


@pytest.fixture(scope="module")
def surer() -> Classifier:
    """A model that may promise something."""
    tracks = schema.sample(600, seed=0).drop("artist")
    code = pl.col("genre").replace_strict(["jazz", "pop", "rock"], [0, 1, 2], return_dtype=pl.Int64)
    told = tracks.with_columns(energy=(code + pl.col("energy") * 2) / 4)
    return train(dataset.make(told, columns=COLUMNS), "logistic", folds=2, threads=1)
