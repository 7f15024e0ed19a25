"""Delimited text as a part: sound rows, typed columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TypeAlias

import polars as pl

from genrelab import schema
from genrelab.schema import CONTRACT
from genrelab.sources import _text
from genrelab.sources._part import HEAD, Part

Scan: TypeAlias = Callable[[Mapping[str, pl.DataType]], pl.LazyFrame]


def open_delimited(plain: Path, file: Path, scratch: Path) -> Part:
    """Open CSV or its kin, typed by its first rows; where these mislead, by all of them."""
    text = _text.open_text(plain, file, scratch)
    scan = _scanner(text)
    head = scan({}).head(HEAD).collect()
    guess = _types(head, text)

    @cache
    def sure() -> Mapping[str, pl.DataType]:
        try:  # one pass that keeps nothing: a batch must not find out late that a type does not hold
            scan(guess).select(pl.all().null_count()).collect(engine="streaming")
        except pl.exceptions.ComputeError:
            return _certain_types(scan({}), guess)
        return guess

    def whole() -> pl.DataFrame:
        try:
            return scan(guess).collect()
        except pl.exceptions.ComputeError:
            return scan(sure()).collect()

    def chunks(rows: int) -> Iterator[pl.DataFrame]:
        return iter(scan(sure()).collect_batches(chunk_size=rows, maintain_order=True))

    def empty() -> pl.DataFrame:
        return scan(sure()).head(0).collect()

    return Part(file, head, empty, whole, chunks, text.lines, text.rejected, text.notes)


def _scanner(text: _text.Text) -> Scan:
    """Return a function that scans with the types given; every other column is text."""

    def scan(types: Mapping[str, pl.DataType]) -> pl.LazyFrame:
        return pl.scan_csv(
            text.path, separator=text.separator, infer_schema=False, schema_overrides=dict(types), glob=False
        )

    return scan


def _types(head: pl.DataFrame, text: _text.Text) -> dict[str, pl.DataType]:
    """Tell the columns that are not text from the first rows.

    Columns of numbers in the contract may hold fractions later; identifiers keep their leading zeros.
    """
    guessed = pl.scan_csv(
        text.path, separator=text.separator, infer_schema_length=HEAD, n_rows=HEAD, glob=False
    ).collect_schema()
    types: dict[str, pl.DataType] = {}
    mapped = schema.canonical(head.columns)
    for header in head.columns:
        ours = mapped.get(header)
        if ours is not None:
            if (
                CONTRACT[ours].dtype.is_numeric()
                and ours != "release_year"
                and _fits(head[header], schema.REAL)
            ):
                types[header] = schema.REAL
        elif guessed[header] != pl.String and not head[header].str.contains(r"^-?0\d").any():
            types[header] = guessed[header]
        elif _fits(head[header], schema.REAL):
            types[header] = schema.REAL
    return types


def _fits(texts: pl.Series, dtype: pl.DataType) -> bool:
    """Whether there is a value, and all of them are of the type, none with a leading zero."""
    lost = texts.cast(dtype, strict=False).null_count() - texts.null_count()
    return not lost and texts.null_count() < texts.len() and not texts.str.contains(r"^-?0\d").any()


def _certain_types(texts: pl.LazyFrame, types: Mapping[str, pl.DataType]) -> dict[str, pl.DataType]:
    """Tell the types from all rows: of the columns that looked like numbers, those that are."""
    tests = {
        (header, dtype): pl.col(header).cast(dtype, strict=False).null_count() == pl.col(header).null_count()
        for header, guess in types.items()
        if guess.is_numeric()
        for dtype in (schema.WHOLE, schema.REAL)
    } | {
        (header, guess): pl.col(header).is_in(["true", "false", "True", "False"]).all()
        for header, guess in types.items()
        if guess == pl.Boolean()
    }
    named = {f"{i}": test for i, test in enumerate(tests.values())}
    holds = texts.select(**named).collect(engine="streaming").row(0)
    sure: dict[str, pl.DataType] = {}
    for (header, dtype), fits in zip(tests, holds, strict=True):
        if fits:
            sure.setdefault(header, dtype)
    return sure
