"""A random forest that learns to find the cluster of a track: which features make the clusters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

from genrelab.insight import cluster_partition
from genrelab.insight.cluster_partition import Codes
from genrelab.insight.cluster_points import Values

MOST_ROWS = 40_000
TEST_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class Forest:
    """How well a random forest finds the cluster of tracks that it has not seen.

    Attributes
    ----------
    accuracy
        Share of the test tracks whose cluster it finds.
    floor
        Share of the test tracks that the most frequent cluster of the training part would get right.
    importance
        Share of the forest's work that each feature does (mean decrease of impurity), the largest first.
    trees, train_rows, test_rows
        What it was made of and measured on.
    """

    accuracy: float
    floor: float
    importance: Mapping[str, float]
    trees: int
    train_rows: int
    test_rows: int


def learn(
    values: Values, codes: Codes, names: Sequence[str], *, trees: int, seed: int, threads: int
) -> Forest:
    """Teach a random forest the clusters of three quarters of the tracks, and test it on the others.

    Source: Breiman (2001). Of more than 40,000 tracks, so many are drawn first.

    Parameters
    ----------
    values
        Features without gaps, in their own units; shape (rows, features).
    codes
        Cluster of each track, shape (rows,).
    names
        Names of the features.
    """
    rows = cluster_partition.sample(len(values), MOST_ROWS, seed=seed)
    X, y = values[rows], codes[rows]
    counts = np.bincount(y)
    counts = counts[counts > 0]
    apart = len(y) * TEST_SHARE >= len(counts) and counts.min() >= 2
    X_train, X_test, y_train, y_test = train_test_split(
        X, y, test_size=TEST_SHARE, random_state=seed, stratify=y if apart else None
    )
    forest = RandomForestClassifier(trees, n_jobs=threads, random_state=seed).fit(X_train, y_train)
    work = zip(names, map(float, forest.feature_importances_), strict=True)
    majority = np.bincount(y_train).argmax()
    return Forest(
        float(forest.score(X_test, y_test)),
        float((y_test == majority).mean()),
        dict(sorted(work, key=lambda one: -one[1])),
        trees,
        len(y_train),
        len(y_test),
    )
