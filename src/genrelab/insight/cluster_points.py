"""Tracks as points: the numbers that are clustered, their gaps filled, scaled or as they stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from genrelab.errors import SchemaError
from genrelab.schema import DESCRIPTORS

Values = NDArray[np.float64]

# Where these hold, the number says that nothing was found.
_NOT_FOUND: Mapping[str, pl.Expr] = {"tempo": pl.col("tempo") <= 0, "key": pl.col("key") < 0}
_LARGEST = 1e30  # beyond it, squared distances overflow


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Tracks as points, and how to place others among them.

    Attributes
    ----------
    columns
        What the numbers are.
    values
        In their own units, a gap is NaN; shape (rows, columns).
    medians
        What a gap is filled with, shape (columns,).
    shift, scale
        What is taken off, and divided by, before distances are measured; 0 and 1 where the numbers are taken
        as they stand. Shape (columns,).
    left_out
        Columns that say nothing, with the reason.
    """

    columns: tuple[str, ...]
    values: Values
    medians: Values
    shift: Values
    scale: Values
    left_out: Mapping[str, str]

    @property
    def filled(self) -> Values:
        """Values without gaps, in their own units."""
        return np.where(np.isnan(self.values), self.medians, self.values)

    @property
    def places(self) -> Values:
        """Where the tracks lie, shape (rows, columns)."""
        return (self.filled - self.shift) / self.scale

    @property
    def gaps(self) -> dict[str, int]:
        """Rows that have a gap, by column."""
        counts = np.isnan(self.values).sum(axis=0)
        return {name: int(n) for name, n in zip(self.columns, counts, strict=True) if n}

    def place(self, tracks: pl.DataFrame) -> Values:
        """Place other tracks in the same space, by the medians and the scale of these.

        Raises
        ------
        SchemaError
            When a column is absent, or holds no numbers.
        """
        values = _values(tracks, _checked(tracks, self.columns))
        return (np.where(np.isnan(values), self.medians, values) - self.shift) / self.scale


def read(tracks: pl.DataFrame, columns: Sequence[str] | None = None, *, scaled: bool = True) -> Points:
    """Read tracks as points.

    A tempo of 0 and a key of -1 mean that none was found; like what is missing, they are put at the median
    of the column. Columns of one value are left out.

    Parameters
    ----------
    tracks
        A table that keeps the schema.
    columns
        Columns of numbers; by default every descriptor of the table but the key, whose numbers run in a
        circle.
    scaled
        Whether each column is brought to mean 0 and standard deviation 1.

    Raises
    ------
    SchemaError
        When a column is absent, holds no numbers, or none varies.

    Examples
    --------
    >>> songs = pl.DataFrame({"tempo": [90.0, 0.0, 130.0], "energy": [0.2, 0.4, 0.9], "mode": [1, 1, 1]})
    >>> points = read(songs, scaled=False)
    >>> points.columns, points.gaps, points.places[1].tolist()
    (('energy', 'tempo'), {'tempo': 1}, [0.4, 110.0])
    """
    named = default_columns(tracks) if columns is None else tuple(dict.fromkeys(columns))
    values = _values(tracks, _checked(tracks, named))
    varies = [_varies(column) for column in values.T]
    if not any(varies):
        raise SchemaError("columns: none is left that varies: name numeric columns with --columns")
    left_out = {name: "one value only" for name, use in zip(named, varies, strict=True) if not use}
    used, values = tuple(name for name in named if name not in left_out), values[:, varies]
    medians = np.nanmedian(values, axis=0)
    filled = np.where(np.isnan(values), medians, values)
    shift, scale = np.zeros(len(used)), np.ones(len(used))
    if scaled:
        shift, scale = filled.mean(axis=0), filled.std(axis=0)
    return Points(used, values, medians, shift, scale, left_out)


def default_columns(tracks: pl.DataFrame) -> tuple[str, ...]:
    """Name the descriptors of a table by which tracks are near each other: all but the key.

    Examples
    --------
    >>> default_columns(pl.DataFrame({"key": [0], "tempo": [120.0], "title": ["x"]}))
    ('tempo',)
    """
    return tuple(name for name in DESCRIPTORS if name in tracks.columns and name != "key")


def _checked(tracks: pl.DataFrame, names: Sequence[str]) -> Sequence[str]:
    for name in names:
        if name not in tracks.columns:
            raise SchemaError(f"column {name!r}: not in the table: choose from {', '.join(tracks.columns)}")
        found = tracks.schema[name]
        if not (found.is_numeric() or found in (pl.Boolean, pl.Null)):
            raise SchemaError(f"column {name!r}: holds {found}, not numbers: leave it out")
    return names


def _values(tracks: pl.DataFrame, names: Sequence[str]) -> Values:
    """Return numbers, NaN where one is missing, infinite, too large or "none found"."""
    if not names:
        return np.zeros((tracks.height, 0))
    table = tracks.select(
        pl.when(~_NOT_FOUND[name]).then(pl.col(name)).cast(pl.Float64)
        if name in _NOT_FOUND
        else pl.col(name).cast(pl.Float64)
        for name in names
    )
    values = np.array(table.to_numpy(), dtype=np.float64)
    values[~(np.abs(values) < _LARGEST)] = np.nan
    return values


def _varies(column: Values) -> bool:
    known = column[~np.isnan(column)]
    return bool(known.size and known.min() < known.max())
