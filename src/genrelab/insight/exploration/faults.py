"""What is missing from a table, and which values in it cannot be, or lie far from the others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import polars as pl

from genrelab.cleaning import RULES
from genrelab.features.steps import CATEGORIES
from genrelab.insight.exploration.distributions import fences
from genrelab.insight.exploration.view import Marks, View
from genrelab.schema import CONTRACT

NONE_FOUND = ("tempo", "time_signature")
"""Columns in which 0 means that none was found."""
ZERO, IMPOSSIBLE, NO_NUMBER, FAR, REPEATED = (
    "is 0: none was found",
    "out of the contract's range",
    "not finite",
    "beyond Tukey's fences",
    "repeats an earlier row",
)
IN_COLUMNS = (ZERO, IMPOSSIBLE, NO_NUMBER)
"""Faults of single values that cannot be; rows that have them are listed."""
LISTED = 200
"""Most rows that are listed of one fault in one column."""

FAULTS = pl.Schema(
    {
        "fault": pl.String(),
        "column": pl.String(),
        "low": pl.Float64(),
        "high": pl.Float64(),
        "rows": pl.Int64(),
        "share": pl.Float64(),
    }
)
GENRES = pl.Schema(
    {
        "fault": pl.String(),
        "column": pl.String(),
        "genre": pl.String(),
        "rows": pl.Int64(),
        "share": pl.Float64(),
    }
)
MISSING = pl.Schema(
    {"column": pl.String(), "genre": pl.String(), "missing": pl.Int64(), "share": pl.Float64()}
)

Fault: TypeAlias = tuple[str, str | None, float | None, float | None, Marks]
"""What is wrong, in which column, between which bounds it would be right, and a mark for each row."""


@dataclass(frozen=True, slots=True, eq=False)
class Faults:
    """Faults counted, counted by genre, and listed: see `Exploration`."""

    counted: pl.DataFrame
    genres: pl.DataFrame
    listed: pl.DataFrame
    repeated: Marks


def missing(view: View) -> pl.DataFrame:
    """Count what is missing in every column of the table, in all tracks and in every genre."""
    gaps = {name: _gaps(view.tracks[name]) for name in view.tracks.columns}
    rows = [
        (name, genre, count := int(gap[marks].sum()), count / max(1, int(marks.sum())))
        for genre, marks in view.parts()
        for name, gap in gaps.items()
    ]
    return pl.DataFrame(rows, MISSING, orient="row")


def _gaps(values: pl.Series) -> Marks:
    gone = values.is_null()
    if values.dtype.is_float():
        gone |= values.is_nan().fill_null(value=False)
    return gone.to_numpy()


def faults(view: View) -> Faults:
    """Find values that cannot be, values far from the others, and rows that repeat."""
    repeated = RULES["repeated_row"].drops(view.tracks, view.label or "").to_numpy()
    found = [
        fault for fault in (*_in_columns(view), (REPEATED, None, None, None, repeated)) if fault[4].any()
    ]
    counted = [(*fault[:4], int(fault[4].sum()), float(fault[4].mean())) for fault in found]
    listed = [_listed(view, fault) for fault in found if fault[0] in IN_COLUMNS]
    return Faults(
        pl.DataFrame(counted, FAULTS, orient="row"),
        pl.DataFrame([row for fault in found for row in _by_genre(view, fault)], GENRES, orient="row"),
        pl.concat([_listed(view, (ZERO, None, None, None, np.zeros(len(view.codes), bool))), *listed]),
        repeated,
    )


def _in_columns(view: View) -> Iterator[Fault]:
    """Yield the faults of single columns, impossible values first."""
    for place, name in enumerate(view.columns):
        if name in NONE_FOUND:
            yield ZERO, name, None, None, view.values[:, place] == 0
    for place, name in enumerate(view.columns):
        raw = view.tracks[name].cast(pl.Float64)
        yield (
            NO_NUMBER,
            name,
            None,
            None,
            (raw.is_not_null() & ~raw.is_finite()).fill_null(value=False).to_numpy(),
        )
        known = CONTRACT.get(name)
        if known is not None and known.low is not None and known.high is not None:
            yield IMPOSSIBLE, name, known.low, known.high, _outside(view, place, known.low, known.high)
    for place, name in enumerate(view.columns):
        numbers = view.known(name)
        if name not in CATEGORIES and len(numbers):
            low, high = fences(*np.quantile(numbers, (0.25, 0.75)).tolist())
            yield FAR, name, low, high, _outside(view, place, low, high)


def _outside(view: View, place: int, low: float, high: float) -> Marks:
    values = view.values[:, place]
    return (values < low) | (values > high)


def _by_genre(view: View, fault: Fault) -> Iterator[tuple[str, str | None, str, int, float]]:
    """Yield how often a fault sits in each genre that has it, most first."""
    name, column, _, _, marks = fault
    there = view.codes >= 0
    counts = np.bincount(view.codes[marks & there], minlength=len(view.names))
    tracks = np.bincount(view.codes[there], minlength=len(view.names))
    for code in np.argsort(-counts, kind="stable"):
        if counts[code]:
            yield name, column, view.names[code], int(counts[code]), float(counts[code] / tracks[code])


def _listed(view: View, fault: Fault) -> pl.DataFrame:
    """List the first rows that have a fault."""
    name, column, _, _, marks = fault
    rows = pl.Series("row", np.flatnonzero(marks)[:LISTED], dtype=pl.Int64)
    values = pl.Series([None] * len(rows), dtype=pl.Float64) if column is None else view.tracks[column][rows]
    known = {
        "fault": pl.Series([name] * len(rows), dtype=pl.String),
        "column": pl.Series([column] * len(rows), dtype=pl.String),
        "row": rows,
        "value": values.cast(pl.Float64),
        "genre": view.genre[rows],
    }
    texts = {n: view.tracks[n][rows].cast(pl.String) for n in ("title", "artist") if n in view.tracks.columns}
    return pl.DataFrame(known | texts)
