"""What is in each cluster: ranges, histograms, genres, and what sets it apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from genrelab.insight.cluster_partition import Codes
from genrelab.insight.cluster_points import Values

BINS = 20
MOST_TRAITS = 2


def ranges(values: Values, codes: Codes, names: Sequence[str]) -> pl.DataFrame:
    """Return the range of every feature in every cluster, gaps not counted.

    Returns
    -------
    Columns ``cluster`` (from 1), ``feature``, ``minimum``, ``p5``, ``median``, ``mean``, ``p95``,
    ``maximum``.

    Examples
    --------
    >>> ranges(np.array([[1.0], [2.0], [9.0]]), np.array([0, 0, 1]), ["tempo"])["mean"].to_list()
    [1.5, 9.0]
    """
    value = pl.col("value")
    table = pl.DataFrame(values, schema=list(map(str, range(len(names)))), orient="row")
    long = table.with_columns(pl.Series("cluster", codes + 1)).unpivot(
        index="cluster", variable_name="place", value_name="value"
    )
    found = long.with_columns(value.fill_nan(None), pl.col("place").cast(pl.Int64)).group_by(
        "place", "cluster"
    )
    told = found.agg(
        minimum=value.min(), p5=value.quantile(0.05), median=value.median(), mean=value.mean(),
        p95=value.quantile(0.95), maximum=value.max(),
    ).sort("cluster", "place")  # fmt: skip
    feature = pl.Series("feature", names).gather(told["place"])
    return told.with_columns(feature).select("cluster", "feature", *told.columns[2:])


def histograms(values: Values, codes: Codes, names: Sequence[str], bins: int = BINS) -> pl.DataFrame:
    """Count the tracks of every cluster in `bins` equal parts of the range of every feature.

    A feature of few whole numbers, such as a time signature, has one part for each number.

    Returns
    -------
    Columns ``cluster`` (from 1), ``feature``, ``low``, ``high``, ``tracks``; gaps are not counted.

    Examples
    --------
    >>> counts = histograms(np.array([[3.0], [4.0], [4.0]]), np.array([0, 0, 1]), ["time_signature"])
    >>> counts.rows()
    [(1, 'time_signature', 2.5, 3.5, 1), (1, 'time_signature', 3.5, 4.5, 1),
     (2, 'time_signature', 2.5, 3.5, 0), (2, 'time_signature', 3.5, 4.5, 1)]
    """
    k = int(codes.max()) + 1
    return pl.concat(
        [_histogram(column, codes, k, name, bins) for column, name in zip(values.T, names, strict=True)]
    ).sort("cluster", maintain_order=True)


def _histogram(column: Values, codes: Codes, k: int, name: str, bins: int) -> pl.DataFrame:
    known = ~np.isnan(column)
    edges = _edges(column[known], bins)
    parts = len(edges) - 1
    place = np.clip(np.searchsorted(edges, column[known], side="right") - 1, 0, parts - 1)
    counts = np.bincount(codes[known] * parts + place, minlength=k * parts)
    return pl.DataFrame(
        {
            "cluster": np.repeat(np.arange(1, k + 1), parts),
            "feature": [name] * (k * parts),
            "low": np.tile(edges[:-1], k),
            "high": np.tile(edges[1:], k),
            "tracks": counts.astype(np.int64),
        }
    )


def _edges(known: Values, bins: int) -> Values:
    low, high = known.min(), known.max()
    if high - low < bins and (known == known.round()).all():
        return np.arange(low, high + 2) - 0.5
    return np.linspace(low, high, bins + 1)


def cross(codes: Codes, genres: pl.Series) -> pl.DataFrame:
    """Count the tracks of every genre in every cluster; tracks without a genre are not counted.

    Returns
    -------
    Columns ``cluster`` (from 1), ``genre``, ``tracks``, ``share`` (of the cluster) and ``genre_share`` (of
    the genre), the most frequent genre of a cluster first.

    Examples
    --------
    >>> cross(np.array([0, 0, 1]), pl.Series(["pop", "rock", "pop"])).rows()
    [(1, 'pop', 1, 0.5, 0.5), (1, 'rock', 1, 0.5, 1.0), (2, 'pop', 1, 1.0, 0.5)]
    """
    tracks = pl.col("tracks")
    table = pl.DataFrame({"cluster": codes + 1, "genre": genres}).drop_nulls()
    counted = table.group_by("cluster", "genre").agg(pl.len().cast(pl.Int64).alias("tracks"))
    return counted.with_columns(
        (tracks / tracks.sum().over("cluster")).alias("share"),
        (tracks / tracks.sum().over("genre")).alias("genre_share"),
    ).sort("cluster", "tracks", "genre", descending=[False, True, False])


def sizes(codes: Codes, told: Sequence[str], crossed: pl.DataFrame) -> pl.DataFrame:
    """Return one row a cluster: its tracks, what sets it apart, and the two genres that lead it.

    Returns
    -------
    Columns ``cluster`` (from 1), ``tracks``, ``share``, ``traits``, ``genre``, ``genre_share``, ``second``,
    ``second_share``; null where there is no such genre.
    """
    counts = np.bincount(codes, minlength=len(told))
    table = pl.DataFrame(
        {
            "cluster": np.arange(1, len(told) + 1),
            "tracks": counts,
            "share": counts / counts.sum(),
            "traits": list(told),
        }
    )
    leaders = crossed.group_by("cluster", maintain_order=True).agg(
        pl.col("genre").first(),
        pl.col("share").first().alias("genre_share"),
        pl.col("genre").get(1, null_on_oob=True).alias("second"),
        pl.col("share").get(1, null_on_oob=True).alias("second_share"),
    )
    return table.join(leaders, on="cluster", how="left", maintain_order="left")


def traits(values: Values, codes: Codes, names: Sequence[str], most: int = MOST_TRAITS) -> list[str]:
    """Say of every cluster where the middle 90 % of its tracks lie, in the features that set it apart most.

    A feature sets a cluster apart where its tracks are spread over the feature's range unlike all tracks: by
    the Kullback-Leibler divergence between their counts in parts that hold the same number of tracks.

    Parameters
    ----------
    values
        Features without gaps, shape (rows, features).

    Examples
    --------
    >>> tempo = np.array([60.0, 61, 62, 178, 179, 180])[:, None]
    >>> traits(tempo, np.array([0, 0, 0, 1, 1, 1]), ["tempo"])
    ['tempo 60.1 to 61.9', 'tempo 178 to 180']
    """
    apart = np.stack([_divergence(column, codes) for column in values.T])
    told = []
    for code in range(apart.shape[1]):
        best = np.argsort(-apart[:, code], kind="stable")[:most]
        low, high = np.quantile(values[codes == code], [0.05, 0.95], axis=0)
        told.append(", ".join(_trait(names[place], low[place], high[place]) for place in best))
    return told


def _divergence(column: Values, codes: Codes) -> Values:
    """Return how unlike all tracks each cluster is spread over a feature, shape (clusters,)."""
    edges = np.unique(np.quantile(column, np.linspace(0, 1, BINS + 1)))
    place = np.searchsorted(edges[1:-1], column, side="right")
    parts = len(edges)
    counts = np.bincount(codes * parts + place, minlength=(int(codes.max()) + 1) * parts).reshape(-1, parts)
    inside = counts / counts.sum(axis=1, keepdims=True)
    overall = np.maximum(counts.sum(axis=0), 1) / counts.sum()
    return np.asarray((inside * np.log(np.where(inside > 0, inside / overall, 1))).sum(axis=1))


def _trait(name: str, low: float, high: float) -> str:
    low_said, high_said = (f"{end:.3g}" if abs(end) >= 0.001 else "0" for end in (low, high))
    return f"{name} {low_said}" if low_said == high_said else f"{name} {low_said} to {high_said}"
