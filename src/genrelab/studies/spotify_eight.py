"""Eight genres of Spotify songs: six families of models, a search, and a test."""

from __future__ import annotations

from pathlib import Path

from genrelab import dataset, preparation
from genrelab.insight.repetition import Protocol
from genrelab.recipe import Recipe
from genrelab.sources import table
from genrelab.studies import Material, Study, Trial, draw

COLUMNS = (
    "duration", "popularity", "danceability", "energy", "loudness", "speechiness", "acousticness",
    "instrumentalness", "liveness", "valence", "tempo",
)  # fmt: skip
THREE_PARTS = Protocol((("test", 0.2, 998), ("validation", 0.25, 777)))
SCALED = ("standardise",)
NEIGHBOURS = Recipe("nearest_neighbours", {"n_neighbors": 10, "weights": "uniform"}, "plain", SCALED)
LOGISTIC = Recipe("logistic", {}, "plain", SCALED)
BAYES = Recipe("naive_bayes", {}, "plain", SCALED)
FOREST = Recipe(
    "random_forest", {"n_estimators": 500, "max_depth": 20, "min_samples_leaf": 1}, "plain", SCALED
)
SQUARES = Recipe(
    "random_forest",
    {"n_estimators": 500, "max_depth": 20, "min_samples_leaf": 1},
    "plain",
    ("standardise", "polynomial:2"),
)
BOOSTER = Recipe(
    "xgboost", {"n_estimators": 100, "learning_rate": 0.3, "min_child_weight": 1}, "plain", SCALED
)


def read(folder: Path, sample: int | None, seed: int) -> Material:
    """Read the table of eight genres; it has no ids and no artists."""
    tracks = table.read(folder / "eight_genres.csv").tracks
    counts = {"rows": tracks.height}
    tracks = draw(tracks, sample, seed)
    rows = dataset.make(tracks, "genre", columns=COLUMNS, split="row")
    return Material(rows, preparation.prepare(tracks, "genre", seed=seed), counts)


STUDY = Study(
    "eight genres of Spotify songs from eleven features",
    "spotify_114k",
    "the eight genres within the Kaggle table of 114 Spotify genres",
    read,
    (
        Trial(
            "random forest, 500 trees, depth 20",
            FOREST,
            THREE_PARTS,
            {"validation accuracy": 0.779, "test accuracy": 0.754},
            None,
            FOREST,
        ),
        Trial(
            "k nearest neighbours, 10",
            NEIGHBOURS,
            THREE_PARTS,
            {"validation accuracy": 0.659},
            None,
            NEIGHBOURS,
        ),
        Trial("logistic regression", LOGISTIC, THREE_PARTS, {"validation accuracy": 0.629}, None, LOGISTIC),
        Trial("Gaussian naive Bayes", BAYES, THREE_PARTS, {"validation accuracy": 0.542}, None, BAYES),
        Trial("XGBoost", BOOSTER, THREE_PARTS, {"validation accuracy": 0.763}, None, BOOSTER),
        Trial(
            "random forest, squares and products",
            SQUARES,
            THREE_PARTS,
            {"validation accuracy": float("nan"), "test accuracy": float("nan")},
            None,
            SQUARES,
        ),
    ),
    notes=(
        "The 7,498 songs of the author were never published. These are other rows of the same eight genres,"
        " and many of them stand in several genres at once: the protocol is repeated, the figures cannot be.",
    ),
)
