"""JSON as a part: records, lines of records, or columns as pandas writes them."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl

from genrelab.errors import ReadError
from genrelab.sources._part import HEAD, Part, part_of
from genrelab.sources._reading import Fault

_TYPES: Mapping[frozenset[type], pl.DataType] = {
    frozenset(): pl.Null(),
    frozenset({bool}): pl.Boolean(),
    frozenset({int}): pl.Int64(),
    frozenset({float}): pl.Float64(),
    frozenset({int, float}): pl.Float64(),
}
"""Types of columns by the kinds of their values; any other mixture is text."""


def open_json(plain: Path, file: Path, scratch: Path) -> Part:
    """Open a JSON table: records, columns as pandas writes them, or one record a line after all."""
    text = _json_text(plain, file)
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        if error.msg == "Extra data" and text.lstrip().startswith("{"):
            return open_json_lines(plain, file, scratch)
        raise ReadError(
            f"{file}: line {error.lineno}: not JSON ({error.msg}): mend or export it anew"
        ) from error
    return part_of(_json_table(content, file), file)


def _json_text(plain: Path, file: Path) -> str:
    data = plain.read_bytes()
    try:
        return data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise ReadError(f"{file}: its encoding cannot be told ({error}): save it as UTF-8") from error


def _json_table(content: Any, file: Path) -> pl.DataFrame:
    """Make a table of records, or of columns as pandas writes them."""
    if isinstance(content, list) and all(isinstance(record, dict) for record in content):
        return _from_records(content)
    if isinstance(content, dict) and content:
        columns = list(content.values())
        if all(isinstance(values, dict) for values in columns):
            rows = list(dict.fromkeys(row for values in columns for row in values))
            content = {name: [values.get(row) for row in rows] for name, values in content.items()}
            return _from_columns(content)
        if all(isinstance(values, list) and len(values) == len(columns[0]) for values in columns):
            return _from_columns(content)
    raise ReadError(f"{file}: JSON, but not a table: give a list of records, or columns of equal length")


def _from_columns(columns: dict[str, list[Any]]) -> pl.DataFrame:
    return pl.DataFrame([_series(name, values, set(map(type, values))) for name, values in columns.items()])


def _from_records(
    records: list[dict[str, Any]], kinds: Mapping[str, set[type]] | None = None
) -> pl.DataFrame:
    """Make a table of records; `kinds` are those of every column, where these records are not all."""
    kinds = _kinds(records) if kinds is None else kinds
    return pl.DataFrame([_series(name, [r.get(name) for r in records], kinds[name]) for name in kinds])


def _kinds(records: Iterable[dict[str, Any]]) -> dict[str, set[type]]:
    """Return the kinds of values in each column."""
    kinds: dict[str, set[type]] = {}
    for record in records:
        for name, value in record.items():
            kinds.setdefault(name, set()).add(type(value))
    return kinds


def _series(name: str, values: list[Any], kinds: set[type]) -> pl.Series:
    """Make a column of any JSON values: numbers where all are numbers, text where kinds are mixed."""
    found = frozenset(kinds - {type(None)})
    try:
        if len(found) == 1 and found <= {list, dict}:
            return pl.Series(name, values)
        dtype = _TYPES.get(found, pl.String())
        plain = values if dtype != pl.String() else [_word(value) for value in values]
        return pl.Series(name, plain, dtype=dtype, strict=dtype != pl.Float64())
    except (TypeError, OverflowError, pl.exceptions.PolarsError):
        return pl.Series(name, [_word(value) for value in values], dtype=pl.String)


def _word(value: Any) -> str | None:
    """Write a value as text; half of a surrogate pair, legal in JSON, has no place in it."""
    if value is None:
        return None
    return value.encode(errors="replace").decode() if isinstance(value, str) else json.dumps(value)


def open_json_lines(plain: Path, file: Path, scratch: Path) -> Part:
    """Open a file that holds one JSON record a line."""
    del scratch
    faults: list[Fault] = []
    starts = array("q")
    kinds = _kinds(_sound_records(plain, faults, starts))
    if len(faults) > len(starts):
        raise ReadError(f"{file}: line {faults[0].row}: {faults[0].reason}: give one JSON record a line")

    def chunks(rows: int) -> Iterator[pl.DataFrame]:
        records = _sound_records(plain, [], array("q"))
        while batch := list(islice(records, rows)):
            yield _from_records(batch, kinds)

    def whole() -> pl.DataFrame:
        return next(chunks(len(starts)))

    head = next(chunks(HEAD), pl.DataFrame())
    return Part(file, head, head.clear, whole, chunks, lambda rows: [starts[r] for r in rows], tuple(faults))


def _sound_records(plain: Path, faults: list[Fault], starts: array[int]) -> Iterator[dict[str, Any]]:
    """Yield the records, noting the line of each in `starts`; lines that hold none go to `faults`."""
    with plain.open("rb") as source:
        for line, words in enumerate(source, start=1):
            if not words.strip():
                continue
            try:
                record = json.loads(words)
            except ValueError as error:
                faults.append(Fault(line, f"not JSON ({error})"))
                continue
            if isinstance(record, dict):
                starts.append(line)
                yield record
            else:
                faults.append(Fault(line, "not a record"))
