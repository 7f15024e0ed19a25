"""Own genres from few examples: started from shipped models, and from scratch, on the same examples.

Genres of other collections stand for an owner's own words. Tracks that a shipped model has met, by artist or
by descriptors, are left out first, and how many they were is told.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np
import polars as pl

import record
from genrelab import dataset, few, opinions, preparation, store
from genrelab.classifier import Classifier
from genrelab.dataset import Dataset
from genrelab.insight.learning import Contender, Learned, learn, mean
from genrelab.published import data_folder
from genrelab.recipe import Recipe
from genrelab.scoring import Score
from genrelab.sources import table

SIZES, DRAWS, MOST = (20,), 10, 6000
SOUND = ("danceability", "energy", "speechiness", "acousticness", "liveness", "valence", "tempo")
SCRATCH: Mapping[str, Contender] = {
    "few, without a start": Contender(few.RECIPE),
    "lightgbm": Contender(Recipe("lightgbm", {"rounds": 100, "min_leaf": 5})),
    "logistic": Contender(Recipe("logistic", {"C": 0.1})),
    "random_forest": Contender(Recipe("random_forest", {"min_samples_leaf": 1})),
}


def capstone(root: Path) -> Dataset:
    """Twelve genres, with names."""
    tracks = table.read(root / "capstone12").tracks
    return preparation.prepare(tracks, "tags", taxonomy="capstone12").dataset


def eight(root: Path) -> Dataset:
    """Eight genres, without names."""
    return preparation.prepare(table.read(root / "spotify_114k" / "eight_genres.csv").tracks).dataset


def fifteen(root: Path) -> Dataset:
    """Fifteen genres of which no name may be read: whether there is one gives the genre away."""
    return preparation.prepare(table.read(root / "genres_v2" / "genres_v2.csv").tracks).dataset


TABLES = {"eight_genres": eight, "genres_v2": fifteen, "capstone12": capstone}


def unmet(songs: Dataset, bases: Mapping[str, Classifier], root: Path, seed: int) -> tuple[Dataset, int, int]:
    """Leave out the tracks that a base has met; say how many went by artist, and how many more by sound."""
    by_artist = opinions.met(songs.tracks, bases)
    known = table.read(root / "spotify_30k" / "spotify_songs.csv").tracks
    place = pl.struct(pl.col(SOUND).cast(pl.Float64).round(3))
    by_sound = songs.tracks.select(place.is_in(known.select(place).to_series().implode()))[:, 0].to_numpy()
    kept = np.flatnonzero(~(by_artist | by_sound))
    if len(kept) > MOST:
        kept = np.sort(np.random.default_rng(seed).choice(kept, MOST, replace=False))
    left = songs.tracks[kept]
    common = left[songs.label].value_counts().filter(pl.col("count") >= 40)[songs.label]
    left = left.filter(pl.col(songs.label).is_in(common.implode()))
    made = dataset.make(left, songs.label, columns=songs.columns, split=songs.split, origin=songs.origin)
    return made, int(by_artist.sum()), int((by_sound & ~by_artist).sum())


def gains(learned: Learned) -> dict[str, Score]:
    """Return how much more the first contender has right than each other, draw by draw."""
    first = np.array(learned.curves[0].points[0].each)
    others = learned.curves[1:]
    return {curve.name: mean((first - np.array(curve.points[0].each)).tolist()) for curve in others}


def main() -> None:
    """Measure every table, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bases", nargs="*", default=["fma_twelve", "playlist_six"], help="names or folders")
    parser.add_argument("--tables", nargs="*", default=list(TABLES))
    parser.add_argument("--draws", type=int, default=DRAWS)
    given = parser.parse_args()
    root = data_folder()
    assert root is not None, "no data folder"
    bases = {Path(name).name: store.load(name) for name in given.bases}
    figures: dict[str, object] = {}
    text = ["| table | tracks | " + " | ".join(["few", *SCRATCH]) + " |", "|---" * (3 + len(SCRATCH)) + "|"]
    told = []
    for name in given.tables:
        songs, artists, sounds = unmet(TABLES[name](root), bases, root, 0)
        able = opinions.fitting(songs.columns, bases)
        contenders = {"few": Contender(few.RECIPE, able), **SCRATCH}
        learned = learn(songs, contenders, sizes=SIZES, draws=given.draws, threads=1)
        cells = [shown(curve.points[0].accuracy) for curve in learned.curves]
        text.append(f"| {name} | {len(songs):,} | {' | '.join(cells)} |")
        better = gains(learned)
        told.append(
            f"- {name}: {learned.genres} genres by {learned.grouped_by}, bases {', '.join(able)}; left out as"
            f" met: {artists:,} tracks by artist and {sounds:,} more by sound. `few` is ahead by "
            + ", ".join(f"{shown(score)} of {other}" for other, score in better.items())
            + "."
        )
        figures[name] = {"learned": asdict(learned), "ahead": {k: asdict(v) for k, v in better.items()}}
        figures[name] |= {"left_out": {"artist": artists, "sound": sounds}, "bases": list(able)}  # type: ignore[operator]
        print(text[-1], told[-1], sep="\n", flush=True)
    head = f"Accuracy from {SIZES[0]} examples of each genre, mean of {given.draws} draws, 95 % interval."
    record.write(
        "few", "python benchmarks/few.py", figures, ["# Few examples", "", head, "", *text, "", *told]
    )


def shown(score: Score) -> str:
    """Write a mean and half of its interval."""
    return f"{score.value:.3f} ± {score.high - score.value:.3f}"


if __name__ == "__main__":
    main()
