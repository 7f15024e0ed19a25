"""Writing tables for others to read: CSV, JSON or Parquet, batch by batch, aside first."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
import polars.selectors as cs

from genrelab.errors import OutputError
from genrelab.files import check_file, written_aside


def write(batches: Iterable[pl.DataFrame] | pl.DataFrame, path: Path | str) -> Path:
    """Write a table, whole or in batches of the same columns, in the format that the name's ending asks for.

    A CSV cell cannot hold a list, a struct, bytes or a time span, so they are written there as JSON.

    Raises
    ------
    OutputError
        When the ending is not ``.csv``, ``.json`` or ``.parquet``, or the file cannot be written.
    """
    target = Path(path)
    _check_ending(target)
    with written_aside(target) as aside:
        WRITERS[target.suffix]([batches] if isinstance(batches, pl.DataFrame) else batches, aside)
    return target


def check(path: Path | str, *, overwrite: bool = False) -> None:
    """Raise OutputError at once where `write` could not write, before hours of work are lost.

    Raises
    ------
    OutputError
        As `write`; and when the file exists and `overwrite` is false.
    """
    _check_ending(Path(path))
    check_file(path, overwrite=overwrite)


def _check_ending(path: Path) -> None:
    if path.suffix not in WRITERS:
        found = repr(path.suffix) if path.suffix else "a file without ending"
        raise OutputError(f"{path}: cannot write {found}: choose {ENDINGS}")


def _write_csv(batches: Iterable[pl.DataFrame], path: Path) -> None:
    with path.open("wb") as file:
        for number, batch in enumerate(batches):
            flat = cells(batch)
            with disk_told(path):
                flat.write_csv(file, include_header=number == 0)


def cells(batch: pl.DataFrame) -> pl.DataFrame:
    """Write as JSON what a cell cannot hold: lists, structs, bytes and time spans.

    Examples
    --------
    >>> cells(pl.DataFrame({"title": ["Blue"], "tags": [["jazz", "cool"]]})).rows()
    [('Blue', '["jazz", "cool"]')]
    """
    held = [n for n, t in batch.schema.items() if t.is_nested() or t in (pl.Binary, pl.Duration)]
    lists = batch.with_columns(cs.array().arr.to_list())
    return lists.with_columns(pl.col(held).map_elements(_as_json, return_dtype=pl.String))


def _as_json(value: Any) -> str:
    """Write a value as JSON; what JSON has no type for, such as a date, as text."""
    plain = value.to_list() if isinstance(value, pl.Series) else value
    return json.dumps(plain, ensure_ascii=False, default=str)


def _write_json(batches: Iterable[pl.DataFrame], path: Path) -> None:
    """Write one array of records, a record a line; JSON has no number that is not finite, so that is null."""
    with path.open("w", encoding="utf-8") as file:
        opening = "[\n"
        for batch in batches:
            finite = batch.with_columns(pl.when(cs.float().is_finite()).then(cs.float()))
            for record in finite.iter_rows(named=True):
                file.write(opening + _as_json(record))
                opening = ",\n"
        file.write("[]\n" if opening == "[\n" else "\n]\n")


def _write_parquet(batches: Iterable[pl.DataFrame], path: Path) -> None:
    """Write each batch as a part, then stream the parts into one file."""
    parts = path.with_suffix(".parts")
    parts.mkdir()
    for number, batch in enumerate(batches):
        with disk_told(path):
            batch.write_parquet(parts / f"{number:08}.parquet")
    with disk_told(path):
        pl.scan_parquet(parts / "*.parquet").sink_parquet(path)


@contextmanager
def disk_told(path: Path) -> Iterator[None]:
    """Say that a disk is full, or gone, in our words: polars has several, and no number for them."""
    try:
        yield
    except (OSError, pl.exceptions.ComputeError) as error:
        what = str(error).rsplit(": ", 1)[-1]
        raise OutputError(f"{path.name}: cannot be written ({what}): choose another place") from error


WRITERS: Mapping[str, Callable[[Iterable[pl.DataFrame], Path], None]] = {
    ".csv": _write_csv,
    ".json": _write_json,
    ".parquet": _write_parquet,
}
ENDINGS = ", ".join(WRITERS)
