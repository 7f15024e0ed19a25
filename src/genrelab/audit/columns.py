"""Columns that are missing, dead, mostly empty or filled up with one value, and rows that are no songs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from genrelab.audit.findings import Finding, amount, found
from genrelab.audit.view import PLAIN, View
from genrelab.identity import folded
from genrelab.schema import CONTRACT, TEXT_COLUMNS, validate

NEARLY = 0.01
"""Standard deviation, as a share of the mean, below which a column is nearly constant."""
MOSTLY = 0.5
FILLED = 0.2
"""Share of rows that one value of a continuous column must fill to look imputed."""
CONTINUOUS = 50
"""Distinct values that make a column continuous."""
NO_NAMES = ("na", "n/a", "nan", "null", "none")
"""How a null is written as text."""


def findings(view: View) -> Iterator[Finding]:
    """Yield every finding about single columns."""
    yield from _absent(view)
    for name in view.tracks.columns:
        if name != view.label and view.tracks.height:
            yield from _missing(view.tracks[name])
            yield from _constant(view.tracks[name].drop_nulls())
            yield from _imputed(view.tracks[name])
    yield from _no_songs(view)
    yield from _nameless(view)


def _absent(view: View) -> Iterator[Finding]:
    rows = view.tracks.height
    if not view.has_artist:
        message = "No artist column: no split can keep artists apart, so scores are likely too high; add one."
        yield found("no_artist", "warning", (), rows, rows, message=message)
    if "track_id" not in view.keys.columns:
        known = " or by ".join(PLAIN[name] for name in view.identities)
        by = f"tracks are known again by {known}" if known else "nothing tells repeated tracks"
        message = f"No track id column: {by}; add ids where you can."
        yield found("no_track_id", "note", (), rows, rows, message=message)


def _missing(values: pl.Series) -> Iterator[Finding]:
    rows, nulls = values.len(), values.null_count()
    if nulls == rows:
        message = f"{values.name} is empty: leave it out."
        yield found("empty", "warning", (values.name,), rows, rows, message=message)
    elif nulls > MOSTLY * rows:
        message = f"{values.name} is missing in {amount(nulls, rows)}: do not lean on it."
        yield found("mostly_missing", "warning", (values.name,), nulls, rows, message=message)


def _constant(known: pl.Series) -> Iterator[Finding]:
    """Yield a finding where the known values of a column are the same, or as good as."""
    name, rows = known.name, known.len()
    if known.dtype.is_nested() or rows < 2:
        return
    if known.n_unique() == 1:
        message = f"{name} is {known[0]!r} wherever it is filled: leave it out."
        yield found("constant", "warning", (name,), rows, rows, message=message)
    elif known.dtype.is_numeric() and name != "release_year" and _hardly_varies(known):
        message = f"{name} hardly varies (standard deviation under {NEARLY:.0%} of its mean): leave it out."
        yield found("nearly_constant", "note", (name,), rows, rows, message=message)


def _hardly_varies(known: pl.Series) -> bool:
    """Compare the spread with the mean; for years this would mean nothing, as their zero does."""
    numbers = known.cast(pl.Float64).to_numpy()
    numbers = numbers[np.isfinite(numbers)]
    return bool(numbers.size > 1 and numbers.std() < NEARLY * abs(numbers.mean()))


def _imputed(values: pl.Series) -> Iterator[Finding]:
    """Yield a finding where one value that is no end of the range fills much of a continuous column."""
    known = values.drop_nulls()
    if not values.dtype.is_float() or known.n_unique() < CONTINUOUS:
        return
    value, rows = known.value_counts(sort=True, name="rows").row(0)
    contract = CONTRACT.get(values.name)
    at_an_end = contract is not None and value in {contract.low, contract.high}
    if rows > FILLED * values.len() and not at_an_end:
        message = (
            f"{values.name} is {value:g} in {amount(rows, values.len())}: it looks filled in, not measured."
        )
        yield found("imputed", "warning", (values.name,), rows, values.len(), message=message)


def _no_songs(view: View) -> Iterator[Finding]:
    height = view.tracks.height
    for name in ("tempo", "time_signature"):
        if name in view.tracks.columns and name != view.label:
            rows = int((view.tracks[name] == 0).sum())
            message = f"{name} is 0 in {amount(rows, height)}, as none was found: clean them out."
            yield found(f"no_{name}", "warning", (name,), rows, height, message=message)
    numbers = [name for name in view.tracks.columns if name in CONTRACT and name != view.label]
    rejected = validate(view.tracks.select(numbers)).rejected
    named = ", ".join(sorted(rejected["reason"].unique()))
    message = f"{amount(rejected.height, height)} hold impossible numbers ({named}): clean them out."
    yield found("out_of_range", "warning", (), rejected.height, height, message=message)


def _nameless(view: View) -> Iterator[Finding]:
    present = tuple(name for name in TEXT_COLUMNS if name in view.tracks.columns and name != view.label)
    if not present:
        return
    blank = pl.any_horizontal(pl.col(present).is_null())
    if len(present) > 1:
        # One "None" may be a title; a title, artist and album that are all "NA" are a null written as text.
        blank |= pl.all_horizontal(folded(name).is_in(NO_NAMES) for name in present)
    rows = int(view.tracks.select(blank.sum()).item())
    message = f"{amount(rows, view.tracks.height)} have no {' or no '.join(present)}: nothing to read there."
    yield found("missing_name", "note", present, rows, view.tracks.height, message=message)
