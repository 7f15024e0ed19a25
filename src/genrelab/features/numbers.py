"""Numeric columns as a matrix: descriptors, release year, popularity; the key as a point on a circle.

Nothing here is fitted, so nothing can be learned from a test part.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

Matrix = NDArray[np.float32]

_LARGEST = 1e30  # beyond it, float32 and squared distances overflow


def names(columns: Sequence[str]) -> tuple[str, ...]:
    """Name the columns of `matrix`.

    Examples
    --------
    >>> names(["tempo", "key"])
    ('tempo', 'key', 'key_sin', 'key_cos')
    """
    return tuple(name for name, _ in _expressions(columns))


def matrix(tracks: pl.DataFrame, columns: Sequence[str]) -> Matrix:
    """Turn numeric columns into a matrix; what is missing, infinite or "none found" is NaN.

    Parameters
    ----------
    tracks
        A table that keeps the schema.
    columns
        Numeric columns of it.

    Returns
    -------
    Shape (rows, len(names(columns))).

    Examples
    --------
    >>> table = pl.DataFrame({"tempo": [120.0, 0.0], "key": [0, 3]})
    >>> matrix(table, ["tempo", "key"]).round(1).tolist()
    [[120.0, 0.0, 0.0, 1.0], [nan, 3.0, 1.0, 0.0]]
    """
    if not columns:
        return np.zeros((tracks.height, 0), dtype=np.float32)
    table = tracks.select(expr.cast(pl.Float64).alias(name) for name, expr in _expressions(columns))
    return finite(table)


def finite(table: pl.DataFrame) -> Matrix:
    """Turn a table of numbers into a matrix; what is null, infinite or too large for float32 is NaN."""
    values = np.array(table.to_numpy(), dtype=np.float64)
    values[~(np.abs(values) < _LARGEST)] = np.nan
    return values.astype(np.float32)


def _expressions(columns: Sequence[str]) -> Iterator[tuple[str, pl.Expr]]:
    for name in columns:
        value = pl.col(name).cast(pl.Float64)
        if name == "tempo":
            yield name, pl.when(value > 0).then(value)
        elif name == "key":
            known = pl.when(value >= 0).then(value)
            angle = known * (2 * np.pi / 12)
            yield from (("key", known), ("key_sin", angle.sin()), ("key_cos", angle.cos()))
        else:
            yield name, value
