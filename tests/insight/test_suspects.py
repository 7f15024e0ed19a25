"""Labels made wrong on purpose are found, why is said, and what cannot be judged is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from genrelab import dataset, preparation, schema
from genrelab.dataset import Dataset
from genrelab.errors import LabelError, SettingError, UnknownName
from genrelab.insight.suspects import Suspects, confident_joint, suspects
from genrelab.recipe import Recipe
from genrelab.sources import table

Codes = NDArray[np.int64]

QUICK = Recipe("lightgbm", {"rounds": 60})


def flipped(data: Dataset, share: float = 0.05, seed: int = 0) -> tuple[Dataset, Codes]:
    """Give some tracks any other genre; return their rows too."""
    rng, genres = np.random.default_rng(seed), len(data.genres)
    rows = rng.choice(len(data), round(share * len(data)), replace=False)
    truth = data.truth.copy()
    truth[rows] = (truth[rows] + rng.integers(1, genres, len(rows))) % genres
    labels = pl.Series(data.label, np.array(data.genres, dtype=object)[truth], dtype=pl.String)
    return replace(data, truth=truth, tracks=data.tracks.with_columns(labels)), rows


def recall(found: Suspects, wrong: Codes, share: float = 0.08) -> float:
    first = found.ranked["row"].head(round(share * found.rows))
    return float(np.isin(wrong, first.to_numpy()).mean())


def spotify(data: Path, artists: int) -> pl.DataFrame:
    tracks = table.read(data / "spotify_30k/spotify_songs.csv").tracks
    names = tracks["artist"].drop_nulls().unique().sort().sample(artists, seed=0)
    return tracks.filter(pl.col("artist").is_in(names.implode()))


@pytest.mark.data("spotify_30k")
def test_wrong_labels_are_found_by_the_company_that_they_keep(data: Path) -> None:
    songs = preparation.prepare(spotify(data, 1200)).dataset
    changed, wrong = flipped(songs)
    found = suspects(changed, QUICK, threads=1)
    assert recall(found, wrong) >= 0.6
    assert found.weights["artist"] > 0.3
    read = tuple(name for name in songs.columns if name not in schema.TEXT_COLUMNS)
    nobody = replace(changed, tracks=changed.tracks.drop(schema.TEXT_COLUMNS), columns=read)
    alone = suspects(nobody, QUICK, threads=1)
    assert set(alone.weights) == {"model"}
    assert recall(alone, wrong) < recall(found, wrong) - 0.1
    assert "No artist with several tracks" in alone.notes[0]


@pytest.mark.data("gtzan")
def test_wrong_labels_are_found_by_sound_alone(data: Path) -> None:
    tracks = table.read(data / "gtzan/features_30_sec.csv").tracks
    numbers = [name for name, kind in tracks.schema.items() if kind.is_numeric() and name != "length"]
    clips, wrong = flipped(preparation.prepare(tracks, columns=numbers).dataset)
    found = suspects(clips, "logistic", threads=1)
    assert recall(found, wrong) >= 0.6
    assert 0.6 < found.accuracy < 0.9


@pytest.fixture(scope="module")
def songs() -> pl.DataFrame:
    """Songs whose genre is in their energy, two of an album and six of an artist; row 7 is wrong."""
    rng, rows = np.random.default_rng(0), np.arange(240)
    genre = np.array(["jazz", "pop", "rock"], dtype=object)[rows // 6 % 3]
    energy = np.clip(rows // 6 % 3 / 3 + rng.uniform(0, 0.33, 240), 0, 1)
    tracks = (
        schema.sample(240, seed=0)
        .drop("tags")
        .with_columns(
            title=pl.Series([f"song {row}" for row in rows]),
            track_id=pl.Series([f"id {row}" for row in rows]),
            artist=pl.Series([f"artist {row // 6}" for row in rows]),
            album=pl.Series([f"album {row // 2}" for row in rows]),
            energy=pl.Series(energy),
            tempo=pl.Series(rng.uniform(60, 180, 240)),
            genre=pl.Series(genre, dtype=pl.String),
        )
    )
    return tracks.with_columns(
        genre=pl.when(pl.int_range(pl.len()) == 7).then(pl.lit("rock")).otherwise("genre")
    )


def test_the_wrong_one_comes_first_and_why_is_said(songs: pl.DataFrame) -> None:
    found = suspects(preparation.prepare(songs), "logistic", threads=1)
    first = found.ranked.row(0, named=True)
    assert (first["row"], first["genre"], first["suggested_genre"]) == (7, "rock", "pop")
    assert first["suspicion"] > 0.9
    assert "all of the artist's 5 other tracks are pop; the album's 1 other track is pop" in first["reason"]
    assert first["reason"].startswith("model 0.")
    assert found.ranked["suspicion"].is_sorted(descending=True)
    assert found.noise.rows()[0][:3] == ("rock", "pop", 1)
    assert found.wrong == 1


def test_copies_in_the_table_as_read_speak_and_rows_are_counted_there(songs: pl.DataFrame) -> None:
    copies = songs[7:8].with_columns(track_id=pl.lit("again"), genre=pl.lit("pop"))
    broken = songs[:1].with_columns(
        track_id=pl.lit("bad"), title=pl.lit("bad"), genre=pl.lit(None, pl.String)
    )
    found = suspects(preparation.prepare(pl.concat([broken, songs, copies, copies])), "logistic", threads=1)
    first = found.ranked.row(0, named=True)
    assert (first["row"], first["track_id"]) == (8, "id 7")
    # The second copy equals the first in every column, so it confirms nothing.
    assert first["reason"].endswith("the 1 other copy is pop")
    assert found.conflicts["row"].to_list() == [8, 241, 242]
    assert found.conflicts["majority"].unique().to_list() == ["pop"]


def test_the_same_seed_gives_the_same_ranking(songs: pl.DataFrame) -> None:
    data = dataset.make(songs)
    one, two = (suspects(data, "logistic", seed=3, threads=1) for _ in range(2))
    assert one.ranked.equals(two.ranked)
    assert one.noise.equals(two.noise)


def test_progress_rises_to_the_end(songs: pl.DataFrame) -> None:
    told: list[float] = []
    suspects(dataset.make(songs), "logistic", threads=1, progress=lambda _, share: told.append(share))
    assert told == sorted(told)
    assert (told[-1], len(told) > 4) == (1.0, True)


def test_the_confident_joint_counts_planted_noise() -> None:
    rng = np.random.default_rng(0)
    real = rng.integers(0, 3, 6000)
    given = np.where((real == 0) & (rng.random(6000) < 0.2), 1, real)
    probabilities = np.full((6000, 3), 0.05) + 0.85 * np.eye(3)[real]
    joint = confident_joint(probabilities, given)
    assert joint.sum(axis=1) == pytest.approx(np.bincount(given))
    assert joint[1, 0] == pytest.approx(((real == 0) & (given == 1)).sum())
    assert joint[0, 1] == joint[2, 0] == 0


def test_rows_are_counted_before_others_were_left_out(songs: pl.DataFrame) -> None:
    found = suspects(dataset.make(songs), "logistic", threads=1)
    moved = found.placed(pl.Series([0, 3, 200], dtype=pl.UInt32))
    assert found.ranked["row"][0] == 7
    assert moved.ranked["row"][0] == 9
    assert found.placed(pl.Series([], dtype=pl.UInt32)) is found


def test_what_cannot_be_judged_is_refused(songs: pl.DataFrame) -> None:
    few = songs.head(18)
    with pytest.raises(
        SettingError, match=r"3 distinct artist, at least 4 are needed .*: add tracks of others"
    ):
        suspects(dataset.make(few), "logistic")
    with pytest.raises(LabelError, match="at least two genres"):
        suspects(preparation.prepare(songs.with_columns(genre=pl.lit("pop"))))
    with pytest.raises(UnknownName, match="no model 'logistics'"):
        suspects(dataset.make(songs), "logistics")
