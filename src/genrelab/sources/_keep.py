"""A whole table brought to the contract by its plan; rows that cannot keep it come back with a reason."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import polars as pl

from genrelab.schema import CONTRACT, WHOLE, Column
from genrelab.sources import _convert
from genrelab.sources._plan import Plan

FAULTS = pl.Schema({"row": pl.UInt32(), "header": pl.String(), "reason": pl.String(), "mostly": pl.Boolean()})

_WANTED = {"release_year": "date", "tags": "list"}


@dataclass(frozen=True, slots=True)
class Kept:
    """Rows that keep the contract, and those that cannot.

    Attributes
    ----------
    tracks
        Rows that could be converted.
    faults
        One row per value that could not: ``row`` (position from 0), their ``header``, ``reason``, and
        whether it is so with ``mostly`` all values of the column.
    dates
        For their column of release dates, how many were given by day, month and year.
    """

    tracks: pl.DataFrame
    faults: pl.DataFrame
    dates: dict[str, Counter[str]]


def keep(raw: pl.DataFrame, plan: Plan) -> Kept:
    """Give a table the contract's names, types and units, as planned; unknown columns stay as they are."""
    columns, faults, dates = [], [FAULTS.to_frame()], {}
    for header, name in plan.mapped.items():
        given = raw[header]
        values = _convert.converted(header, name, given, plan.scale.get(header, 1.0))
        faults.append(_faults(header, CONTRACT[name], given, values))
        if name == "release_year":
            dates[header] = _convert.precisions(given)
            values = values.replace(0, None)
        columns.append(values.alias(name))
    columns += [_convert.without_nan(raw[header]).alias(name) for header, name in plan.kept.items()]
    found = pl.concat(faults)
    # A table without columns still has rows, which other files of it may fill.
    tracks = raw.drop(raw.columns).with_columns(columns)
    return Kept(_without(tracks, found["row"]), found, dates)


def _faults(header: str, column: Column, given: pl.Series, values: pl.Series) -> pl.DataFrame:
    """Return the rows in which a value is given and none came out."""
    if values.null_count() == given.null_count():
        return FAULTS.to_frame()
    present = _convert.present(column, given)
    rows = (values.is_null() & present).arg_true()
    what = _WANTED.get(column.name, "whole number" if column.dtype == WHOLE else "number")
    reasons = [f"{column.name}: not a {what}: {value!r}" for value in given.gather(rows)]
    mostly = 2 * rows.len() > int(present.sum())
    table = {"row": rows.cast(pl.UInt32), "header": header, "reason": pl.Series(reasons, dtype=pl.String)}
    return pl.DataFrame(table).with_columns(pl.lit(mostly).alias("mostly"))


def _without(tracks: pl.DataFrame, rows: pl.Series) -> pl.DataFrame:
    if rows.is_empty():
        return tracks
    return tracks.filter(~pl.int_range(pl.len(), dtype=pl.UInt32).is_in(rows.implode()))
