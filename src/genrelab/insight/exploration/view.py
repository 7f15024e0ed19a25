"""A table as an exploration looks at it: a matrix of numbers, and the genre of every row as a number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from genrelab.dataset import check_label
from genrelab.errors import SchemaError
from genrelab.identity import FEWEST
from genrelab.schema import CONTRACT, DESCRIPTORS, check_types

Floats = NDArray[np.float64]
Marks = NDArray[np.bool_]

MOST_GENRES = 30
"""More genres than this cannot be told apart in a plot."""
MOST_COLUMNS = 60
"""More columns than this are explored only when they are named."""
LARGEST = 1e30
"""Beyond it, squares of numbers overflow."""


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A table of tracks, made ready to be looked at.

    Attributes
    ----------
    tracks
        The table, as it was read.
    label
        The genre column, or None.
    columns
        Columns of numbers.
    values
        Their numbers, shape (rows, columns); NaN where a value is missing or no number.
    genre
        Genre of each row; null where there is none.
    names
        All genres, the most frequent first.
    codes
        Place of each row's genre among `names`, shape (rows,); -1 where there is none.
    notes
        What was left out.
    """

    tracks: pl.DataFrame
    label: str | None
    columns: tuple[str, ...]
    values: Floats
    genre: pl.Series
    names: tuple[str, ...]
    codes: NDArray[np.int64]
    notes: tuple[str, ...]

    @property
    def genres(self) -> tuple[str, ...]:
        """Genres that are shown on their own."""
        return self.names[:MOST_GENRES]

    def known(self, column: str) -> Floats:
        """Return the numbers of a column that are there."""
        values = self.values[:, self.columns.index(column)]
        return values[~np.isnan(values)]

    def parts(self) -> Iterator[tuple[str | None, Marks]]:
        """Yield all tracks without a name, then each genre that is shown, with a mark for each row."""
        yield None, np.ones(len(self.codes), dtype=np.bool_)
        for code, genre in enumerate(self.genres):
            yield genre, self.codes == code


def look(tracks: pl.DataFrame, label: str | None, columns: Sequence[str] | None = None) -> View:
    """Make a table ready to be looked at; it is not changed.

    Raises
    ------
    LabelError
        When the genre column is absent, empty, or holds no names.
    SchemaError
        When the table has no rows, a column is absent or holds no numbers, or none is left.
    """
    if not tracks.height:
        raise SchemaError("tracks: no row: there is nothing to explore: give a table with tracks")
    check_types(tracks)
    if label is not None:
        check_label(tracks, label)
    chosen = _default(tracks, label) if columns is None else _asked(tracks, label, columns)
    genre = _genre(tracks, label)
    counts = genre.drop_nulls().value_counts(name="tracks").sort("tracks", "genre", descending=[True, False])
    names = tuple(counts["genre"])
    codes = genre.replace_strict(names, range(len(names)), default=-1, return_dtype=pl.Int64).fill_null(-1)
    notes = tuple(_notes(tracks, genre, names, chosen, label))
    values = _numbers(tracks, chosen[:MOST_COLUMNS] if columns is None else chosen)
    shown = tuple(chosen[: values.shape[1]])
    return View(tracks, label, shown, values, genre, names, codes.to_numpy(), notes)


def _default(tracks: pl.DataFrame, label: str | None) -> list[str]:
    """Name what the contract knows to describe a track; with few descriptors, all real numbers too."""
    described = [c.name for c in CONTRACT.values() if c.kind == "metadata" and c.dtype.is_numeric()]
    found = [name for name in (*DESCRIPTORS, *described) if name in tracks.columns and name != label]
    if len(set(found) & set(DESCRIPTORS)) < FEWEST:
        found += [n for n, dtype in tracks.schema.items() if dtype.is_float() and n not in CONTRACT]
    found = found or [n for n, dtype in tracks.schema.items() if dtype.is_numeric() and n not in CONTRACT]
    if not found:
        held = ", ".join(tracks.columns)
        raise SchemaError(f"columns: none holds numbers ({held}): join a table that has descriptors (--join)")
    return found


def _asked(tracks: pl.DataFrame, label: str | None, columns: Sequence[str]) -> list[str]:
    """Check the columns that were asked for."""
    for name in columns:
        if name not in tracks.columns:
            raise SchemaError(f"column {name!r}: not in the table: choose from {', '.join(tracks.columns)}")
        if name == label:
            raise SchemaError(f"column {name!r}: is the label: leave it out of the columns")
        dtype = tracks.schema[name]
        if not (dtype.is_numeric() or dtype in (pl.Boolean, pl.Null)):
            raise SchemaError(f"column {name!r}: holds {dtype}, not numbers: leave it out")
    if not columns:
        raise SchemaError("columns: none is named: name some that hold numbers")
    return list(dict.fromkeys(columns))


def _genre(tracks: pl.DataFrame, label: str | None) -> pl.Series:
    """Return the genre of each row; blank is none."""
    if label is None:
        return pl.repeat(None, tracks.height, dtype=pl.String, eager=True).alias("genre")
    named = pl.col(label).str.strip_chars() != ""
    return tracks.select(pl.when(named).then(pl.col(label)).alias("genre")).to_series()


def _numbers(tracks: pl.DataFrame, columns: Sequence[str]) -> Floats:
    values = np.array(tracks.select(pl.col(columns).cast(pl.Float64)).to_numpy(), dtype=np.float64)
    values[~(np.abs(values) < LARGEST)] = np.nan
    return values


def _notes(
    tracks: pl.DataFrame, genre: pl.Series, names: Sequence[str], columns: Sequence[str], label: str | None
) -> Iterator[str]:
    """Yield what a reader must know of what is not shown."""
    nameless = genre.null_count()
    if label is not None and nameless:
        yield f"{nameless:,} of {tracks.height:,} tracks have no genre: they count among all tracks only."
    if len(names) > MOST_GENRES:
        rest = len(names) - MOST_GENRES
        yield f"The {MOST_GENRES} most frequent genres are shown; {rest:,} more have their share only."
    if len(columns) > MOST_COLUMNS:
        rest = len(columns) - MOST_COLUMNS
        yield f"The first {MOST_COLUMNS} columns of numbers are shown, {rest:,} are not: name those you want."
