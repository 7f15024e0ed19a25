"""Numeric columns as features: descriptors, release year, popularity; the key as a point on a circle.

Nothing here is fitted, so nothing can be learned from a test part.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

Matrix = NDArray[np.float32]
Named: TypeAlias = tuple[str, pl.Expr]
"""Name of a feature, and how it is read of a table that keeps the schema."""

_LARGEST = 1e30  # beyond it, float32 and squared distances overflow


def expressions(columns: Sequence[str]) -> Iterator[Named]:
    """Name the features that numeric columns are, and say how each is read.

    Examples
    --------
    >>> table = pl.DataFrame({"tempo": [120.0, 0.0], "key": [0, 3]})
    >>> read = list(expressions(["tempo", "key"]))
    >>> [name for name, _ in read], matrix(table, read).round(1).tolist()
    (['tempo', 'key', 'key_sin', 'key_cos'], [[120.0, 0.0, 0.0, 1.0], [nan, 3.0, 1.0, 0.0]])
    """
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


def matrix(tracks: pl.DataFrame, read: Iterable[Named]) -> Matrix:
    """Turn features of tracks into a matrix; what is null, infinite or too large for float32 is NaN.

    Parameters
    ----------
    tracks
        A table that keeps the schema.
    read
        Names of features, which a table's own columns may bear as well, and how each is read. All are read at
        once: of a single track, a query takes longer than what it asks for.

    Returns
    -------
    Shape (rows, features).
    """
    return answers(tracks, questions(read))


def questions(read: Iterable[Named]) -> tuple[pl.Expr, ...]:
    """Say how features are read, all at once, for `answers`."""
    # By place, since names may be there twice.
    return tuple(each.cast(pl.Float64).alias(str(place)) for place, (_, each) in enumerate(read))


def answers(tracks: pl.DataFrame, asked: Sequence[pl.Expr]) -> Matrix:
    """Answer `questions` about tracks, shape (rows, questions), as `matrix` does."""
    if not asked:
        return np.zeros((tracks.height, 0), dtype=np.float32)
    # In one thread: to wake the others takes as long as thousands of tracks do.
    return finite(tracks.select_seq(asked))


def finite(table: pl.DataFrame) -> Matrix:
    """Turn a table of numbers into a matrix; what is null, infinite or too large for float32 is NaN."""
    # Column by column: a table of its own accord wakes a thread for each.
    values = np.array([column.to_numpy() for column in table.iter_columns()], dtype=np.float64).T
    values[~(np.abs(values) < _LARGEST)] = np.nan
    return values.astype(np.float32)
