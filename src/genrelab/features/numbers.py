"""Numeric columns as features: descriptors, release year, popularity; the key as a point on a circle.

Nothing here is fitted, so nothing can be learned from a test part.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

Matrix = NDArray[np.float32]

_LARGEST = 1e30  # beyond it, float32 and squared distances overflow


def expressions(columns: Sequence[str]) -> dict[str, pl.Expr]:
    """Return what to read of numeric columns of a table that keeps the schema.

    Examples
    --------
    >>> table = pl.DataFrame({"tempo": [120.0, 0.0], "key": [0, 3]})
    >>> read = expressions(["tempo", "key"])
    >>> list(read), matrix(table, read).round(1).tolist()
    (['tempo', 'key', 'key_sin', 'key_cos'], [[120.0, 0.0, 0.0, 1.0], [nan, 3.0, 1.0, 0.0]])
    """
    return dict(_expressions(columns))


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


def matrix(tracks: pl.DataFrame, read: Mapping[str, pl.Expr]) -> Matrix:
    """Turn features of tracks into a matrix; what is null, infinite or too large for float32 is NaN.

    Parameters
    ----------
    tracks
        A table that keeps the schema.
    read
        Names of features, and how each is read. All are read at once: of a single track, a query takes longer
        than what it asks for.

    Returns
    -------
    Shape (rows, len(read)).
    """
    if not read:
        return np.zeros((tracks.height, 0), dtype=np.float32)
    # In one thread: to wake the others takes as long as thousands of tracks do.
    return finite(tracks.select_seq(each.cast(pl.Float64).alias(name) for name, each in read.items()))


def finite(table: pl.DataFrame) -> Matrix:
    """Turn a table of numbers into a matrix; what is null, infinite or too large for float32 is NaN."""
    values = np.array(table.to_numpy(), dtype=np.float64)
    values[~(np.abs(values) < _LARGEST)] = np.nan
    return values.astype(np.float32)
