"""What reading finds: the tracks, and an account of everything done to their columns and rows."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from difflib import get_close_matches

import polars as pl

from genrelab import schema
from genrelab.errors import ReadError, SchemaError

MOST_LISTED = 12
"""Names that are listed whole; of more, the first are named and the others counted."""

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

    def columns(self, names: Iterable[str]) -> list[str]:
        """Return the names in `tracks` of several columns, as `column` does.

        A name with ``*`` or ``?`` stands for all columns of numbers that it matches.

        Raises
        ------
        SchemaError
            When there is no such column, or none that matches.

        Examples
        --------
        >>> tracks = pl.DataFrame({"mfcc_1": [0.5], "mfcc_2": [0.1], "mfcc_of": ["mono"], "tempo": [90.0]})
        >>> Reading(tracks, {"BPM": "tempo"}, (), {}, pl.DataFrame(), ()).columns(["mfcc_*", "BPM"])
        ['mfcc_1', 'mfcc_2', 'tempo']
        """
        found = [column for name in names for column in self._meant(name)]
        return list(dict.fromkeys(found))

    @property
    def further(self) -> tuple[str, ...]:
        """Columns of numbers that the contract does not know: read where they are named only."""
        return tuple(name for name in self.kept if self.tracks.schema[name].is_numeric())

    def _meant(self, name: str) -> list[str]:
        known = {column: column for column in self.tracks.columns} | self.mapped
        if name in known or not {"*", "?"} & set(name):
            return [self.column(name)]
        pattern = re.compile(re.escape(name).replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL)
        meant = [ours for header, ours in known.items() if pattern.fullmatch(header)]
        numbers = [column for column in meant if self.tracks.schema[column].is_numeric()]
        if not numbers:
            raise SchemaError(
                f"columns {name!r}: no column of numbers has such a name: choose from {listed(known)}"
            )
        return numbers

    def _absent(self, name: str, known: Collection[str]) -> str:
        if name in self.left_out:
            return f"column {name!r}: left out, {self.left_out[name]}: name another column"
        near = get_close_matches(name, list(known), n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else "name one that is there"
        return f"column {name!r}: not in the table: {hint} (columns: {listed(known)})"


def listed(names: Collection[str], shown: int = MOST_LISTED) -> str:
    """List names by commas; of more than `MOST_LISTED`, the first that are to be shown, and how many more.

    Examples
    --------
    >>> listed(["title", "tempo"]), listed([f"mfcc_{number}" for number in range(40)], 2)
    ('title, tempo', 'mfcc_0, mfcc_1 and 38 more')
    """
    if len(names) <= MOST_LISTED:
        return ", ".join(names)
    return f"{', '.join(list(names)[:shown])} and {len(names) - shown:,} more"


def rejected_table(faults: Iterable[tuple[str, Fault]]) -> pl.DataFrame:
    """Return a table of rejected rows from pairs of file name and fault."""
    return pl.DataFrame([(file, f.row, f.reason) for file, f in faults], schema=REJECTED, orient="row")
