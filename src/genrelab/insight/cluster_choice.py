"""How many clusters: inertia, silhouette and stability over a range."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from genrelab.errors import SettingError
from genrelab.insight import cluster_partition, cluster_points
from genrelab.insight.cluster_partition import STABILITY_ROWS, STARTS_TO_COMPARE
from genrelab.insight.cluster_points import Values
from genrelab.progress import Progress, silent

WEAK, CLEAR = 0.25, 0.5
"""Silhouettes below which there is no structure to speak of, and from which there is a clear one: Kaufman
and Rousseeuw (1990)."""


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """Numbers of clusters side by side, and the one that the silhouette recommends.

    Attributes
    ----------
    k
        The recommended number: the one with the largest silhouette, the smaller of two alike.
    table
        ``k``, ``inertia``, ``silhouette`` and ``stability``: the mean adjusted Rand index over all pairs of
        `seeds` partitions.
    rows
        Tracks of the sample that was parted.
    silhouette_rows
        Tracks of it on which the silhouette was measured.
    seeds
        Partitions by different seeds that each number was tried with.
    """

    k: int
    table: pl.DataFrame
    rows: int
    silhouette_rows: int
    seeds: int

    @property
    def said(self) -> str:
        """The recommendation in plain words."""
        best = self.table.row(by_predicate=pl.col("k") == self.k, named=True)["silhouette"]
        if not math.isfinite(best):
            return f"The silhouette is not defined here; {self.k} clusters is the least that was tried."
        strength = "clear clusters" if best >= CLEAR else "weak clusters"
        if best < WEAK:
            strength = "no clear clusters for any number tried, so that the number is a matter of use"
        return f"The silhouette recommends {self.k} clusters ({best:.3f}). That means {strength}."


def choose_k(
    tracks: pl.DataFrame,
    columns: Sequence[str] | None = None,
    *,
    low: int = 2,
    high: int = 20,
    scaled: bool = True,
    seed: int = 0,
    seeds: int = 5,
    threads: int = 2,
    progress: Progress = silent,
) -> Choice:
    """Try every number of clusters from `low` to `high`, and recommend one by its silhouette.

    Each is tried on the same sample of at most 10,000 tracks with several seeds; inertia and silhouette are
    those of the partition with the least inertia, the silhouette on at most 4,000 tracks.

    Parameters
    ----------
    tracks
        A table that keeps the schema.
    columns, scaled
        As for `genrelab.cluster`.
    low, high
        Least and largest number to try.
    seed
        The same seed gives the same result.
    seeds
        Partitions to compare for each number, two at least.

    Raises
    ------
    SchemaError, SettingError
        As `genrelab.cluster`; and when `low` and `high` are no range.

    Examples
    --------
    >>> songs = pl.DataFrame({"tempo": [60.0, 61, 62, 120, 121, 122, 180, 181, 182]})
    >>> choice = choose_k(songs, low=2, high=5, threads=1)
    >>> choice.k, choice.table["stability"].to_list()[1]
    (3, 1.0)
    """
    if not 2 <= low <= high:
        raise SettingError(f"range {low}-{high}: is none: write the least number, 2 or more, and the largest")
    if seeds < 2:
        raise SettingError(f"seeds: {seeds} cannot be compared: choose 2 or more")
    places = cluster_points.read(tracks, columns, scaled=scaled).places
    places = places[cluster_partition.sample(len(places), STABILITY_ROWS, seed=seed)]
    cluster_partition.check_k(places, high, name="range")
    found = []
    with cluster_partition.threads_limited(threads):
        for k in range(low, high + 1):
            progress(f"trying {k} clusters", (k - low) / (high - low + 1))
            found.append(_tried(places, k, seed, seeds))
    table = pl.DataFrame(found, ["k", "inertia", "silhouette", "stability"], orient="row")
    ranked = table.sort(pl.col("silhouette").fill_nan(-2), "k", descending=[True, False])
    rows = min(len(places), cluster_partition.SILHOUETTE_ROWS)
    return Choice(ranked["k"][0], table, len(places), rows, seeds)


def _tried(places: Values, k: int, seed: int, seeds: int) -> tuple[int, float, float, float]:
    """Part the points by several seeds; return k, inertia and silhouette of the best, and the stability."""
    tried = [
        cluster_partition.partition(places, k, seed=seed + n, starts=STARTS_TO_COMPARE) for n in range(seeds)
    ]
    best = min(tried, key=lambda one: one.inertia)
    width, _ = cluster_partition.silhouette(places, best.codes, seed=seed)
    return k, best.inertia, width, cluster_partition.agreement([one.codes for one in tried])
