"""How columns go together: correlations, and pairs of columns against each other."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from genrelab.insight.exploration.findings import Pair
from genrelab.insight.exploration.view import Floats, View

PAIRS = (("tempo", "energy"), ("loudness", "energy"), ("tempo", "danceability"))
"""Columns drawn against each other; where the table has none of these, those that go together most."""
POINTS = 2000
"""Most points that are drawn of a pair."""

CORRELATIONS = pl.Schema(
    {"column": pl.String(), "other": pl.String(), "tracks": pl.Int64(), "correlation": pl.Float64()}
)
WITHIN = pl.Schema({"genre": pl.String(), "tracks": pl.Int64(), "correlation": pl.Float64()})


def correlations(view: View) -> pl.DataFrame:
    """Correlate every column with every other, each pair over the tracks that have both (Pearson)."""
    tracks, found = pearson(view.values)
    rows = [
        (column, other, int(tracks[i, j]), float(found[i, j]))
        for i, column in enumerate(view.columns)
        for j, other in enumerate(view.columns)
    ]
    return pl.DataFrame(rows, CORRELATIONS, orient="row").with_columns(pl.col("correlation").fill_nan(None))


def pearson(values: Floats) -> tuple[Floats, Floats]:
    """Return how many rows each two columns share, and their correlation over these; NaN where there is none.

    Examples
    --------
    >>> rows, found = pearson(np.array([[1.0, 2.0], [2.0, 4.0], [3.0, np.nan], [4.0, 8.0]]))
    >>> rows.tolist(), round(float(found[0, 1]), 6)
    ([[4.0, 3.0], [3.0, 3.0]], 1.0)
    """
    there = ~np.isnan(values)
    marks = there.astype(np.float64)
    counts = np.maximum(marks.sum(axis=0), 1)
    # Scaled first, so that differences of large numbers keep their digits.
    centred = np.where(there, values - np.where(there, values, 0).sum(axis=0) / counts, 0)
    spread = np.sqrt((centred**2).sum(axis=0) / counts)
    scaled = centred / np.where(spread > 0, spread, 1)
    shared: Floats = marks.T @ marks
    sums, squares = scaled.T @ marks, (scaled**2).T @ marks
    with np.errstate(divide="ignore", invalid="ignore"):
        joint = scaled.T @ scaled - sums * sums.T / shared
        own = squares - sums**2 / shared
        # Rounding leaves a trace of variance in a column that is constant where the other one is known.
        own[own < 1e-9 * shared] = np.nan
        found: Floats = np.clip(joint / np.sqrt(own * own.T), -1, 1)
    return shared, found


def pairs(view: View, found: pl.DataFrame, seed: int) -> tuple[Pair, ...]:
    """Draw points of the usual pairs of columns; of none of them is there, of the most correlated ones."""
    usual = [pair for pair in PAIRS if set(pair) <= set(view.columns)]
    return tuple(_pair(view, x, y, seed) for x, y in usual or _strongest(found))


def _strongest(found: pl.DataFrame) -> Iterator[tuple[str, str]]:
    """Yield the pairs of columns that go together most."""
    for column, other, _, _ in ranked(found).head(len(PAIRS)).iter_rows():
        yield column, other


def ranked(found: pl.DataFrame) -> pl.DataFrame:
    """Order correlations by their strength, each pair of different columns once.

    Examples
    --------
    >>> rows = [("a", "a", 9, 1.0), ("a", "b", 9, 0.1), ("a", "c", 9, -0.5), ("b", "a", 9, 0.1)]
    >>> ranked(pl.DataFrame(rows, CORRELATIONS, orient="row"))["other"].to_list()
    ['c', 'b']
    """
    places = {name: place for place, name in enumerate(found["column"].unique(maintain_order=True))}
    numbered = [pl.col(c).replace_strict(places, default=len(places)) for c in ("column", "other")]
    return (
        found.filter(numbered[0] < numbered[1], pl.col("correlation").is_not_null())
        .with_columns(pl.col("correlation").abs().alias("strength"))
        .sort("strength", "column", "other", descending=[True, False, False])
        .drop("strength")
    )


def _pair(view: View, x: str, y: str, seed: int) -> Pair:
    both = view.values[:, [view.columns.index(x), view.columns.index(y)]]
    rows = np.flatnonzero(~np.isnan(both).any(axis=1))
    drawn = np.random.default_rng(seed).permutation(rows)[:POINTS]
    genres = view.genre.set(pl.Series(view.codes >= len(view.genres)), None)[drawn]
    points = pl.DataFrame({"genre": genres, "x": both[drawn, 0], "y": both[drawn, 1]})
    within = [(genre, *_correlated(both[marks])) for genre, marks in view.parts()]
    table = pl.DataFrame(within, WITHIN, orient="row").with_columns(pl.col("correlation").fill_nan(None))
    return Pair(x, y, len(rows), points, table)


def _correlated(both: Floats) -> tuple[int, float]:
    tracks, found = pearson(both)
    return int(tracks[0, 1]), float(found[0, 1])
