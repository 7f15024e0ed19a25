"""Rock or hip-hop: two genres of the Free Music Archive from eight Echo Nest descriptors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.decomposition import PCA

from genrelab import dataset, preparation
from genrelab.features import steps
from genrelab.insight.repetition import Protocol
from genrelab.recipe import Recipe
from genrelab.sources import table
from genrelab.studies import Material, Measure, Study, Trial, draw

COLUMNS = (
    "acousticness", "danceability", "energy", "instrumentalness", "liveness", "speechiness", "tempo",
    "valence",
)  # fmt: skip
PROJECTED = ("standardise", "pca:6")
WHOLE = Protocol((("test", 0.25, 10),), steps_first=True)
BALANCED = Protocol((("test", 0.25, 10),), steps_first=True, balanced=10)
FOLDED = Protocol(folds=10, balanced=10)
TREE = Recipe("decision_tree", {"min_samples_leaf": 1}, "plain", PROJECTED)
LOGISTIC = Recipe("logistic", {}, "plain", PROJECTED)


def read(folder: Path, sample: int | None, seed: int) -> Material:
    """Join the metadata and the descriptors by track id."""
    songs = table.read(folder / "fma-rock-vs-hiphop.csv").tracks
    sounds = table.read(folder / "echonest-metrics.json").tracks
    tracks = table.join(songs, sounds)
    counts = {"metadata": songs.height, "descriptors": sounds.height, "both": tracks.height}
    tracks = draw(tracks, sample, seed)
    rows = dataset.make(tracks, "genre", columns=COLUMNS, split="row")
    prepared = preparation.prepare(tracks, "genre", seed=seed, licence="CC BY 4.0")
    return Material(rows, prepared, counts)


def _components(material: Material, seed: int) -> float:
    """Count the principal components that explain 90 % of the variance of standardised descriptors."""
    features = Recipe("logistic", features="plain").read(material.rows.tracks, COLUMNS)
    chain = steps.build(["standardise"], COLUMNS, seed=seed)
    assert chain is not None  # a step was named
    shares = PCA(random_state=seed).fit(chain.fit_transform(features.fixed)).explained_variance_ratio_
    return float(np.searchsorted(np.cumsum(shares), 0.9) + 1)


def _report(precision: str, recall: str, f1: str, support: str) -> dict[str, float]:
    """Read a published table: figures of Hip-Hop / Rock."""
    named = {"precision": precision, "recall": recall, "f1": f1, "support": support}
    return {
        f"test {name} {genre}": float(value)
        for name, pair in named.items()
        for genre, value in zip(("Hip-Hop", "Rock"), pair.split(" / "), strict=True)
    }


STUDY = Study(
    "rock or hip-hop, from eight Echo Nest descriptors of the Free Music Archive",
    "fma_rock_hiphop",
    "the metadata of the Free Music Archive (https://github.com/mdeff/fma)",
    read,
    (
        Trial(
            "decision tree",
            TREE,
            WHOLE,
            {"test accuracy": float("nan")}
            | _report("0.66 / 0.92", "0.66 / 0.92", "0.66 / 0.92", "229 / 972"),
            0.02,
            TREE,
        ),
        Trial(
            "logistic regression",
            LOGISTIC,
            WHOLE,
            {"test accuracy": float("nan")}
            | _report("0.75 / 0.90", "0.57 / 0.95", "0.65 / 0.93", "229 / 972"),
            0.02,
            LOGISTIC,
        ),
        Trial(
            "decision tree, balanced",
            TREE,
            BALANCED,
            {
                "test f1 Hip-Hop": 0.77,
                "test f1 Rock": 0.76,
                "test support Hip-Hop": 230,
                "test support Rock": 225,
            },
            0.02,
        ),
        Trial(
            "logistic regression, balanced",
            LOGISTIC,
            BALANCED,
            {
                "test f1 Hip-Hop": 0.82,
                "test f1 Rock": 0.82,
                "test support Hip-Hop": 230,
                "test support Rock": 225,
            },
            0.02,
        ),
        Trial("decision tree, balanced, 10 folds", TREE, FOLDED, {"cv accuracy": 0.724}, 0.02),
        Trial("logistic regression, balanced, 10 folds", LOGISTIC, FOLDED, {"cv accuracy": 0.775}, 0.02),
    ),
    (
        Measure("tracks with both metadata and descriptors", 4802, lambda m, _: m.counts["both"]),
        Measure("components that explain 90 % of the variance", 6, _components),
    ),
    (
        "Repeated as published: standardisation and principal components are fitted before the split.",
        "Six components were kept where a plot of explained variance, whose axis counts from 0, crossed"
        " 0.90; six explain 0.883, and it takes seven. With six, the figures of Hip-Hop in the unbalanced"
        " test part cannot be had again, though its 229 and 972 tracks can.",
        "The table has no artist column; honest figures keep together what the best proxy names.",
    ),
)
