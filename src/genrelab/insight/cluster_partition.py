"""Partitions of points by k-means, and how good and how stable they are."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import adjusted_rand_score, silhouette_score
from threadpoolctl import threadpool_limits

from genrelab.errors import SettingError
from genrelab.insight.cluster_points import Values

Codes = NDArray[np.int64]

STARTS = 10
"""Starts of k-means, of which the best is kept."""
STARTS_TO_COMPARE = 3
"""Starts of each partition that is made only to be compared with others."""
SILHOUETTE_ROWS = 4_000
STABILITY_ROWS = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class Partition:
    """Points in clusters.

    Attributes
    ----------
    codes
        Cluster of each point, 0 for the largest; shape (rows,).
    centres
        Shape (clusters, columns).
    inertia
        Sum of squared distances to the centres.
    """

    codes: Codes
    centres: Values
    inertia: float


def partition(places: Values, k: int, *, seed: int, starts: int = STARTS) -> Partition:
    """Part points into `k` clusters by k-means, the largest cluster first.

    Source: Lloyd (1982), from centres by k-means++ (Arthur and Vassilvitskii 2007).

    Examples
    --------
    >>> found = partition(np.array([[0.0], [0.1], [0.2], [9.0]]), 2, seed=0)
    >>> found.codes.tolist(), found.centres.round(1).tolist()
    ([0, 0, 0, 1], [[0.1], [9.0]])
    """
    with warnings.catch_warnings():
        # A sample may have fewer distinct points than clusters: some clusters are empty then.
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted = KMeans(k, n_init=starts, random_state=seed).fit(places)
    counts = np.bincount(fitted.labels_, minlength=k)
    order = np.argsort(-counts, kind="stable")
    ranks = np.empty(k, dtype=np.int64)
    ranks[order] = np.arange(k)
    return Partition(ranks[fitted.labels_], fitted.cluster_centers_[order], float(fitted.inertia_))


def nearest(places: Values, centres: Values) -> Codes:
    """Return the nearest centre of each point, shape (rows,)."""
    squares = (centres**2).sum(axis=1)
    blocks = np.array_split(places, 1 + len(places) // 100_000)
    return np.concatenate([np.argmin(squares - 2 * block @ centres.T, axis=1) for block in blocks])


def check_k(places: Values, k: int, *, name: str = "k") -> None:
    """Raise SettingError where so many clusters cannot be made of these points."""
    distinct = len(np.unique(places, axis=0))
    if distinct < 2:
        raise SettingError("tracks: all are alike in these columns: name other columns, or add tracks")
    if not 2 <= k <= distinct:
        raise SettingError(
            f"{name}: {k} clusters asked for, of {distinct:,} different tracks: choose from 2 to {distinct}"
        )


def silhouette(places: Values, codes: Codes, *, seed: int) -> tuple[float, int]:
    """Return the mean silhouette of a sample, and how many points the sample has; NaN where it has none.

    1 where clusters lie far apart, 0 where they touch, below 0 where points are in the wrong cluster.
    Source: Rousseeuw (1987).
    """
    rows = sample(len(places), SILHOUETTE_ROWS, seed=seed)
    met = len(np.unique(codes[rows]))
    if not 2 <= met < len(rows):
        return math.nan, len(rows)
    return float(silhouette_score(places[rows], codes[rows])), len(rows)


def agreement(partitions: list[Codes]) -> float:
    """Return the mean adjusted Rand index over all pairs: 1 where all agree, about 0 where by chance.

    Source: Hubert and Arabie (1985).

    Examples
    --------
    >>> agreement([np.array([0, 0, 1]), np.array([1, 1, 0])])
    1.0
    """
    scores = [adjusted_rand_score(one, other) for one, other in combinations(partitions, 2)]
    return float(np.mean(scores)) if scores else math.nan


def sample(rows: int, most: int, *, seed: int) -> Codes:
    """Draw at most so many of the rows, in their order.

    Examples
    --------
    >>> sample(3, 5, seed=0).tolist(), len(sample(9, 5, seed=0))
    ([0, 1, 2], 5)
    """
    if rows <= most:
        return np.arange(rows)
    return np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))


@contextmanager
def threads_limited(threads: int) -> Iterator[None]:
    """Let k-means, distances and projections use so many threads while the block runs."""
    with threadpool_limits(threads, "openmp"), threadpool_limits(1, "blas"):
        yield
