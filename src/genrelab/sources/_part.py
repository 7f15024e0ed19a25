"""One opened file, whatever its format: its first rows, and the rest in chunks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from genrelab.sources._reading import Fault

HEAD = 10_000
"""Rows from which types, units and lists are told, so that a table reads the same at once and in batches."""


@dataclass(frozen=True, slots=True)
class Part:
    """One opened file.

    Attributes
    ----------
    file
        Its path as the user gave it.
    head
        Its first rows.
    empty
        Returns no rows, with the types of all.
    whole
        Returns the table.
    chunks
        Given a number of rows, yields the table in chunks of at most that many.
    lines
        Given positions of rows from 0, returns their lines, or positions from 1 where there are no lines.
    rejected
        Rows that the format lost.
    notes
        What was done to open it.
    """

    file: Path
    head: pl.DataFrame
    empty: Callable[[], pl.DataFrame]
    whole: Callable[[], pl.DataFrame]
    chunks: Callable[[int], Iterator[pl.DataFrame]]
    lines: Callable[[Iterable[int]], list[int]]
    rejected: tuple[Fault, ...] = ()
    notes: tuple[str, ...] = ()


def positions(rows: Iterable[int]) -> list[int]:
    """Number rows from 1, for files without lines."""
    return [row + 1 for row in rows]


def part_of(table: pl.DataFrame, file: Path) -> Part:
    """Make a part of a table in memory."""
    return Part(file, table.head(HEAD), table.clear, lambda: table, table.iter_slices, positions)
