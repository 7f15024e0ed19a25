"""Fifteen genres of 42,305 songs, by models out of the box."""

from __future__ import annotations

from pathlib import Path

from genrelab import dataset, preparation
from genrelab.insight.repetition import Protocol
from genrelab.recipe import Recipe
from genrelab.schema import DESCRIPTORS
from genrelab.sources import table
from genrelab.studies import Material, Measure, Study, Trial, draw

COLUMNS = (*DESCRIPTORS, "duration")
RANDOM_ROWS = Protocol((("validation", 0.2, 0),), stratified=True)
UNKNOWN = {"validation accuracy": float("nan")}
SCALED = ("standardise",)
NEIGHBOURS = Recipe("nearest_neighbours", {"n_neighbors": 5, "weights": "uniform"}, "plain", SCALED)
LOGISTIC = Recipe("logistic", {}, "plain", SCALED)
BAYES = Recipe("naive_bayes", {}, "plain", SCALED)
FOREST = Recipe("random_forest", {"n_estimators": 100, "min_samples_leaf": 1}, "plain", SCALED)
BOOSTER = Recipe(
    "xgboost", {"n_estimators": 100, "learning_rate": 0.3, "min_child_weight": 1}, "plain", SCALED
)
GENRES = {
    "Underground Rap": 5875, "Dark Trap": 4578, "Hiphop": 3028, "trance": 2999, "trap": 2987,
    "techhouse": 2975, "dnb": 2966, "psytrance": 2961, "techno": 2956, "hardstyle": 2936, "RnB": 2099,
    "Trap Metal": 1956,
    "Rap": 1848, "Emo": 1680, "Pop": 461,
}  # fmt: skip


def read(folder: Path, sample: int | None, seed: int) -> Material:
    """Read the table; it has no ids and no artists."""
    tracks = table.read(folder / "genres_v2.csv").tracks
    counts = {"rows": tracks.height}
    tracks = draw(tracks, sample, seed)
    rows = dataset.make(tracks, "genre", columns=COLUMNS, split="row")
    return Material(rows, preparation.prepare(tracks, "genre", seed=seed), counts)


def _count(genre: str) -> Measure:
    return Measure(
        f"songs of {genre}", GENRES[genre], lambda m, _: float((m.rows.tracks["genre"] == genre).sum())
    )


STUDY = Study(
    "fifteen genres of 42,305 songs from descriptors",
    "genres_v2",
    'the Kaggle table "Dataset of songs in Spotify"',
    read,
    (
        Trial("random forest", FOREST, RANDOM_ROWS, {"validation accuracy": 0.638}, 0.03, FOREST),
        Trial("k nearest neighbours", NEIGHBOURS, RANDOM_ROWS, UNKNOWN, None, NEIGHBOURS),
        Trial("logistic regression", LOGISTIC, RANDOM_ROWS, UNKNOWN, None, LOGISTIC),
        Trial("naive Bayes", BAYES, RANDOM_ROWS, UNKNOWN, None, BAYES),
        Trial("XGBoost", BOOSTER, RANDOM_ROWS, UNKNOWN, None, BOOSTER),
    ),
    tuple(map(_count, GENRES)),
    (
        "7,209 of the rows repeat another's descriptors, and many of those stand under another genre.",
        "Whether song_name or title is blank gives the kind of genre away; neither is read.",
        "Loudness is blank in 21 % of this copy of the table.",
    ),
    best=Recipe("best"),
)
