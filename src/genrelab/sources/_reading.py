"""What reading finds: the tracks, and an account of everything done to their columns and rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

import polars as pl

from genrelab import schema
from genrelab.errors import ReadError, SchemaError

REJECTED = pl.Schema({"file": pl.String(), "row": pl.Int64(), "reason": pl.String()})
"""Columns of the table of rows that could not be read."""


class EmptyTable(ReadError):
    """A file has no rows; among several files it is skipped with a note."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One row that could not be read: its line (or its position, from 1, in a file without lines)."""

    row: int
    reason: str


@dataclass(frozen=True, slots=True)
class Reading:
    """Tracks that keep the contract, and the report of how they came to.

    Attributes
    ----------
    tracks
        The rows that could be read, in their order.
    mapped
        Their header to our name, for every column of the contract.
    kept
        Columns that the contract does not know, kept as they are.
    left_out
        Columns that were left out, with the reason.
    rejected
        Rows that could not be read: ``file``, ``row`` (its line; a position from 1 where a file has no
        lines) and ``reason``.
    notes
        Sentences on what else was done, such as units that were changed.
    """

    tracks: pl.DataFrame
    mapped: dict[str, str]
    kept: tuple[str, ...]
    left_out: dict[str, str]
    rejected: pl.DataFrame
    notes: tuple[str, ...]

    def column(self, name: str) -> str:
        """Return the name in `tracks` of a column given by their header or by ours.

        Their header wins, so that the name in the user's file always means that column.

        Raises
        ------
        SchemaError
            When there is no such column; the message suggests the nearest one.

        Examples
        --------
        >>> tracks = pl.DataFrame({"genre": ["rock"]})
        >>> reading = Reading(tracks, {"playlist_genre": "genre"}, (), {}, pl.DataFrame(), ())
        >>> reading.column("Playlist Genre"), reading.column("genre")
        ('genre', 'genre')
        """
        names = {column: column for column in self.tracks.columns} | self.mapped
        if name in names:
            return names[name]
        folded = {schema.fold(header): ours for header, ours in names.items()}
        if schema.fold(name) in folded:
            return folded[schema.fold(name)]
        raise SchemaError(self._absent(name, names))

    def _absent(self, name: str, known: Iterable[str]) -> str:
        if name in self.left_out:
            return f"column {name!r}: left out, {self.left_out[name]}: name another column"
        near = get_close_matches(name, list(known), n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else "name one that is there"
        return f"column {name!r}: not in the table: {hint} (columns: {', '.join(known)})"


def rejected_table(faults: Iterable[tuple[str, Fault]]) -> pl.DataFrame:
    """Return a table of rejected rows from pairs of file name and fault."""
    return pl.DataFrame([(file, f.row, f.reason) for file, f in faults], schema=REJECTED, orient="row")
