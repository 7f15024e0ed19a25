"""Clusters of tracks by k-means: which tracks sound alike, and whether genres do."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from genrelab.dataset import check_label
from genrelab.errors import LabelError, SettingError
from genrelab.insight import (
    cluster_forest,
    cluster_map,
    cluster_partition,
    cluster_points,
    cluster_profile,
)
from genrelab.insight.cluster_forest import Forest
from genrelab.insight.cluster_map import Map, Projection
from genrelab.insight.cluster_partition import STABILITY_ROWS, STARTS_TO_COMPARE, Codes, Partition
from genrelab.insight.cluster_points import Points, Values
from genrelab.progress import Progress, silent
from genrelab.sources import terms

SEEDS = 5
"""Partitions by different seeds that are compared to tell how stable the clusters are."""


@dataclass(frozen=True, slots=True)
class Measures:
    """How good and how stable the clusters are, and how far they are genres.

    Attributes
    ----------
    inertia
        Sum of squared distances of the tracks to the centres of their clusters.
    silhouette
        From -1 to 1; above 0.5 clusters are clear, below 0.25 hardly there (Kaufman and Rousseeuw 1990).
    silhouette_rows
        Tracks of the sample that it was measured on.
    stability
        Mean adjusted Rand index over all pairs of `stability_seeds` partitions by other seeds.
    stability_rows, stability_seeds
        Tracks of the sample, and partitions of it.
    ari, nmi
        Adjusted Rand index (Hubert and Arabie 1985) and normalised mutual information (Strehl and Ghosh
        2002, arithmetic mean) between clusters and genres; None without genres.
    compared_rows
        Tracks with a genre.
    """

    inertia: float
    silhouette: float
    silhouette_rows: int
    stability: float
    stability_rows: int
    stability_seeds: int
    ari: float | None
    nmi: float | None
    compared_rows: int


@dataclass(frozen=True, slots=True, eq=False)
class Clusters:
    """Tracks in clusters, numbered from 1, the largest first.

    Attributes
    ----------
    k
        Number of clusters.
    columns
        What tracks were compared by.
    scaled
        Whether each column was brought to mean 0 and standard deviation 1.
    label
        Column of the genres that clusters are compared with, or None.
    seed
        Of everything that is drawn.
    assigned
        ``cluster`` of each track, in the order of the table.
    sizes
        One row a cluster: tracks, share, what sets it apart, the genres that lead it.
    ranges, histograms
        Of every feature in every cluster, as `genrelab.insight.cluster_profile` has them.
    genres
        ``cluster``, ``genre``, ``tracks``, ``share``, ``genre_share``; no rows without genres.
    forest
        How well a random forest finds the cluster, and by which features.
    measures
        Silhouette, stability, agreement with the genres.
    map
        Some tracks on a plane.
    notes
        Sentences that a reader of any figure must know.
    points, centres
        The tracks as points, and the centres among them, shape (k, columns).
    """

    k: int
    columns: tuple[str, ...]
    scaled: bool
    label: str | None
    seed: int
    assigned: pl.Series
    sizes: pl.DataFrame
    ranges: pl.DataFrame
    histograms: pl.DataFrame
    genres: pl.DataFrame
    forest: Forest
    measures: Measures
    map: Map
    notes: tuple[str, ...]
    points: Points
    centres: Values

    def assign(self, tracks: pl.DataFrame) -> pl.Series:
        """Return the ``cluster`` with the nearest centre for each track of any table.

        Raises
        ------
        SchemaError
            When the table lacks one of `columns`, or holds no numbers there.
        """
        codes = cluster_partition.nearest(self.points.place(tracks), self.centres)
        return pl.Series("cluster", codes + 1, dtype=pl.Int64)


def cluster(
    tracks: pl.DataFrame,
    columns: Sequence[str] | None = None,
    *,
    k: int = 12,
    scaled: bool = True,
    label: str | None = None,
    seed: int = 0,
    forest_trees: int = 100,
    projection: Projection = "pca",
    threads: int = 2,
    progress: Progress = silent,
) -> Clusters:
    """Part tracks into clusters that sound alike, by k-means, and say what is in each.

    Clusters need no genres. With a `label`, they are compared with them; tracks without a genre are clustered
    but not compared. What is missing is put at the median of its column.

    Parameters
    ----------
    tracks
        A table that keeps the schema; every row counts, so clean repeats away before.
    columns
        Columns of numbers; by default every descriptor of the table but the key.
    k
        Number of clusters; see `choose_k`.
    scaled
        Whether each column is brought to mean 0 and standard deviation 1. As they stand, columns with wide
        ranges, such as the tempo, decide alone.
    label
        Column of genres.
    seed
        The same seed gives the same result.
    forest_trees
        Trees of the random forest that learns to find the clusters.
    projection
        Of the map: "pca", or "umap", which needs ``genrelab[clusters]``.

    Raises
    ------
    SchemaError
        When a column is absent, holds no numbers, or none varies.
    LabelError
        When the label is absent, empty, or holds no names.
    SettingError
        When there are fewer different tracks than clusters, or a number makes no sense.
    UnknownName, MissingExtra
        When there is no such projection, or it is not installed.

    Examples
    --------
    >>> songs = pl.DataFrame({"tempo": [60.0, 61, 62, 178, 179], "genre": ["jazz"] * 3 + ["techno"] * 2})
    >>> found = cluster(songs, k=2, label="genre", forest_trees=10, threads=1)
    >>> found.assigned.to_list(), found.sizes["genre"].to_list(), found.measures.ari
    ([1, 1, 1, 2, 2], ['jazz', 'techno'], 1.0)
    """
    cluster_map.check(projection)
    if forest_trees < 1:
        raise SettingError(f"forest_trees: {forest_trees} make no forest: choose 1 or more")
    genres = _genres(tracks, label)
    points = cluster_points.read(tracks, columns, scaled=scaled)
    places, names = points.places, points.columns
    cluster_partition.check_k(places, k)
    with cluster_partition.threads_limited(threads):
        progress("finding clusters", 0.0)
        found = _parted(places, k, seed)
        codes, facts = found.codes, _facts(tracks, found.codes, genres)
        progress("learning the clusters by a random forest", 0.4)
        forest = cluster_forest.learn(
            points.filled, codes, names, trees=forest_trees, seed=seed, threads=threads
        )
        progress("measuring clusters", 0.7)
        measures = _measured(places, found, genres, seed)
        progress("drawing the map", 0.9)
        drawn = cluster_map.draw(places, facts, projection=projection, seed=seed)
    return Clusters(
        k=k,
        columns=names,
        scaled=scaled,
        label=label,
        seed=seed,
        assigned=facts["cluster"],
        forest=forest,
        measures=measures,
        map=drawn,
        notes=(*terms(tracks), *_notes(points, genres, scaled=scaled)),
        points=points,
        centres=found.centres,
        **_described(points, codes, genres),
    )


def _described(points: Points, codes: Codes, genres: pl.Series | None) -> dict[str, pl.DataFrame]:
    """Tell what is in each cluster: genres, sizes, ranges, histograms."""
    known = pl.Series("genre", [None] * len(codes), dtype=pl.String) if genres is None else genres
    crossed = cluster_profile.cross(codes, known)
    traits = cluster_profile.traits(points.filled, codes, points.columns)
    return {
        "genres": crossed,
        "sizes": cluster_profile.sizes(codes, traits, crossed),
        "ranges": cluster_profile.ranges(points.values, codes, points.columns),
        "histograms": cluster_profile.histograms(points.values, codes, points.columns),
    }


def _genres(tracks: pl.DataFrame, label: str | None) -> pl.Series | None:
    """Return the genres, a blank one as null."""
    if label is None:
        return None
    check_label(tracks, label)
    genres = tracks[label].alias("genre")
    genres = genres.set(genres.str.strip_chars() == "", None)
    if genres.null_count() == genres.len():
        raise LabelError(f"label {label!r}: no row has a genre: name another column")
    return genres


def _parted(places: Values, k: int, seed: int) -> Partition:
    """Part the tracks; numbers so large that others vanish beside them can leave clusters empty."""
    found = cluster_partition.partition(places, k, seed=seed)
    filled = int(found.codes.max()) + 1
    if filled < k:
        raise SettingError(
            f"k: {k} clusters asked for, but only {filled} can be told apart: leave out the columns of huge"
            f" numbers, or choose {filled} at most"
        )
    return found


def _facts(tracks: pl.DataFrame, codes: Codes, genres: pl.Series | None) -> pl.DataFrame:
    """Return what stands beside a point on the map."""
    texts = [name for name in ("title", "artist") if tracks.schema.get(name) == pl.String]
    known = [] if genres is None else [genres]
    return pl.DataFrame([pl.Series("cluster", codes + 1), *known, *tracks.select(texts)])


def _measured(places: Values, found: Partition, genres: pl.Series | None, seed: int) -> Measures:
    width, width_rows = cluster_partition.silhouette(places, found.codes, seed=seed)
    k = len(found.centres)
    some = places[cluster_partition.sample(len(places), max(STABILITY_ROWS, 10 * k), seed=seed)]
    tried = [
        cluster_partition.partition(some, k, seed=seed + n, starts=STARTS_TO_COMPARE).codes
        for n in range(SEEDS)
    ]
    stability = cluster_partition.agreement(tried)
    ari, nmi, compared = _agreement(found.codes, genres)
    return Measures(found.inertia, width, width_rows, stability, len(some), SEEDS, ari, nmi, compared)


def _agreement(codes: Codes, genres: pl.Series | None) -> tuple[float | None, float | None, int]:
    """Return the adjusted Rand index and the mutual information of clusters and genres, and the tracks."""
    if genres is None:
        return None, None, 0
    known = genres.is_not_null().to_numpy()
    truth, own = genres.filter(known).to_numpy(), codes[known]
    ari, nmi = adjusted_rand_score(truth, own), normalized_mutual_info_score(truth, own)
    return float(ari), float(nmi), int(known.sum())


def _notes(points: Points, genres: pl.Series | None, *, scaled: bool) -> Iterator[str]:
    if points.left_out:
        yield _listed("left out", points.left_out)
    rows = int(np.isnan(points.values).any(axis=1).sum())
    if rows:
        counts = ", ".join(f"{name} {count:,}" for name, count in points.gaps.items())
        yield f"{rows:,} tracks have gaps, which were put at the column's median: {counts}"
    if "key" in points.columns:
        yield "the key was taken as a number, though keys run in a circle: 11 and 0 are neighbours"
    if not scaled:
        spread = points.filled.var(axis=0)
        widest = int(spread.argmax())
        share = f"{spread[widest] / spread.sum():.1%}".replace("%", " %")
        yield (
            f"columns were taken as they stand: {points.columns[widest]} has {share} of the variance,"
            " and so much of the say"
        )
    if genres is not None and genres.null_count():
        yield f"{genres.null_count():,} tracks without a genre were clustered, but not compared with genres"


def _listed(what: str, reasons: Mapping[str, str]) -> str:
    return f"{what}: " + ", ".join(f"{name} ({why})" for name, why in reasons.items())


def as_dict(found: Clusters) -> dict[str, object]:
    """Return clusters as JSON takes them: all but the tracks and the map."""
    measures = {name: getattr(found.measures, name) for name in Measures.__slots__}
    forest = {name: getattr(found.forest, name) for name in Forest.__slots__}
    return {
        "k": found.k,
        "columns": list(found.columns),
        "scaled": found.scaled,
        "label": found.label,
        "seed": found.seed,
        "rows": len(found.assigned),
        "sizes": found.sizes.to_dicts(),
        "forest": {**forest, "importance": dict(found.forest.importance)},
        "measures": {
            name: None if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in measures.items()
        },
        "ranges": found.ranges.to_dicts(),
        "histograms": found.histograms.to_dicts(),
        "genres": found.genres.to_dicts(),
        "notes": list(found.notes),
    }
