"""Which of their columns becomes which of ours, and in what unit: decided once, from a table's first rows."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace

import polars as pl

from genrelab import schema
from genrelab.schema import CONTRACT
from genrelab.sources import _convert, _lists

_NUMBERING = re.compile(r"|unnamed: ?\d+|__index_level_\d+__")


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of each column of a table.

    Attributes
    ----------
    mapped
        Their header to our name.
    kept
        Their header to the name it keeps.
    left_out
        Their header to the reason.
    scale
        Their header to the factor that brings it to our unit.
    notes
        What a reader must know of it.
    """

    mapped: dict[str, str]
    kept: dict[str, str]
    left_out: dict[str, str]
    scale: dict[str, float]
    notes: tuple[str, ...]

    def only(self, names: Collection[str]) -> Plan:
        """Return the plan for some of our columns; the others are not looked at."""
        mapped = {header: name for header, name in self.mapped.items() if name in names}
        kept = {header: name for header, name in self.kept.items() if name in names}
        return replace(self, mapped=mapped, kept=kept)


def holds_genre_lists(head: pl.DataFrame) -> bool:
    """Whether the column that would become the genre holds lists of tags instead."""
    theirs = [header for header, ours in schema.canonical(head.columns).items() if ours == "genre"]
    return any(_lists.looks_listed(head[header]) for header in theirs)


def plan(head: pl.DataFrame, *, genre_lists: bool) -> Plan:
    """Decide what becomes of each column from the first rows of a table.

    A column that claims to be the genre but holds lists becomes the tags. A column of durations is in
    milliseconds when its header ends in ``_ms``, or when its median is longer than a day; but one that
    is called ``length`` then counts audio samples, and is kept as it is.
    """
    left_out = _numbering(head)
    headers = [header for header in head.columns if header not in left_out]
    mapped, crowded_out = _mapping(headers, genre_lists=genre_lists)
    left_out |= crowded_out
    scale, notes = _durations(head, mapped)
    kept = {
        header: header or f"column_{head.columns.index(header) + 1}"
        for header in headers
        if header not in mapped and header not in left_out
    }
    return Plan(mapped, kept, left_out, scale, notes)


def _numbering(head: pl.DataFrame) -> dict[str, str]:
    """Find a first column without a name that only numbers the rows."""
    first = head.columns[0]
    if not _NUMBERING.fullmatch(first.strip().lower()):
        return {}
    numbers = head[first].cast(pl.Int64, strict=False)
    if numbers.null_count() or not (numbers.diff().drop_nulls() > 0).all():
        return {}
    return {first: "it has no name and only numbers the rows"}


def _mapping(headers: list[str], *, genre_lists: bool) -> tuple[dict[str, str], dict[str, str]]:
    """Map headers to our names; beside it, a column that another one crowds out."""
    mapped = schema.canonical(headers)
    lists = _of(mapped, "genre") if genre_lists else None
    if lists is None:
        return mapped, {}
    mapped = schema.canonical([header for header in headers if header != lists])
    tags = _of(mapped, "tags")
    if tags is not None:
        return mapped, {lists: f"it holds lists, and {tags!r} gives the tags already"}
    return mapped | {lists: "tags"}, {}


def _durations(head: pl.DataFrame, mapped: dict[str, str]) -> tuple[dict[str, float], tuple[str, ...]]:
    """Tell the unit of the column of durations; take it out of `mapped` when it is no time."""
    header = _of(mapped, "duration")
    if header is None:
        return {}, ()
    if schema.fold(header).endswith("_ms"):
        return {header: 1e-3}, (f"{header}: milliseconds made seconds",)
    day = CONTRACT["duration"].high
    median = _convert.numbers(header, CONTRACT["duration"], head[header]).median()
    if not isinstance(median, float) or day is None or median <= day:
        return {}, ()
    if schema.fold(header) == "length":
        del mapped[header]
        return {}, (f"{header}: counts samples, not seconds (its median is {median:,.0f}); kept as it is",)
    return {header: 1e-3}, (f"{header}: milliseconds made seconds (its median is {median:,.0f})",)


def _of(mapped: dict[str, str], name: str) -> str | None:
    """Return their header of one of our columns."""
    return next((header for header, ours in mapped.items() if ours == name), None)
