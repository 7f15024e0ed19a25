"""Every file format that a table may come in, opened by its name."""

from __future__ import annotations

import gzip
import os
import re
import shutil
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from genrelab.errors import MissingFile, ReadError
from genrelab.sources._delimited import open_delimited
from genrelab.sources._json import open_json, open_json_lines
from genrelab.sources._part import HEAD, Part, positions
from genrelab.sources._reading import EmptyTable


def open_part(file: Path, scratch: Path) -> Part:
    """Open one file; `scratch` is a folder for copies that must live as long as the part.

    Raises
    ------
    ReadError
        When it cannot be understood; its leaf MissingFile when it is not there.
    """
    if not file.is_file():
        raise MissingFile(f"{file}: no such file: check the path")
    opener = _OPENERS.get(format_of(file))
    if opener is None:
        raise ReadError(
            f"{file}: not a table by its name: give one of {', '.join(sorted(_OPENERS))} (or .gz)"
        )
    if not os.access(file, os.R_OK):
        raise ReadError(f"{file}: may not be read: change its permissions")
    if file.stat().st_size == 0:
        raise EmptyTable(f"{file}: empty: give a table with a header and rows")
    plain = _decompressed(file, scratch) if file.suffix.lower() == ".gz" else file
    with _damage_told(file):
        part = opener(plain, file, scratch)
    if part.head.is_empty():
        raise EmptyTable(f"{file}: no rows: give a table with at least one row under its header")
    return part


def format_of(file: Path) -> str:
    """Return the suffix that tells the format, below a ``.gz``.

    Examples
    --------
    >>> format_of(Path("songs.CSV.gz"))
    '.csv'
    """
    name = file.with_suffix("") if file.suffix.lower() == ".gz" else file
    return name.suffix.lower()


def is_table(file: Path) -> bool:
    """Whether the name is that of a table that can be opened."""
    return file.is_file() and not file.name.startswith(".") and format_of(file) in _OPENERS


def walked(folder: Path) -> Iterator[Path]:
    """Yield every file of a folder and of those below it, by name, without looking at all of them first."""
    for place, folders, files in os.walk(folder):
        folders.sort()
        yield from (Path(place, file) for file in sorted(files))


def _decompressed(file: Path, scratch: Path) -> Path:
    target = scratch / file.with_suffix("").name
    try:
        with gzip.open(file) as source, target.open("wb") as copy:
            shutil.copyfileobj(source, copy, 1 << 20)
    except (OSError, EOFError, zlib.error) as error:
        raise ReadError(f"{file}: its gzip data is damaged or cut short ({error}): copy it anew") from error
    return target


def _open_parquet(plain: Path, file: Path, scratch: Path) -> Part:
    del scratch
    scan = pl.scan_parquet(plain, glob=False)

    def guarded(table: pl.LazyFrame) -> pl.DataFrame:
        with _damage_told(file):
            return table.collect()

    def chunks(rows: int) -> Iterator[pl.DataFrame]:
        with _damage_told(file):
            yield from scan.collect_batches(chunk_size=rows, maintain_order=True)

    head = guarded(scan.head(HEAD))
    return Part(file, head, head.clear, lambda: guarded(scan), chunks, positions)


@contextmanager
def _damage_told(file: Path) -> Iterator[None]:
    try:
        yield
    except pl.exceptions.PolarsError as error:
        first = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise ReadError(f"{file}: damaged or cut short ({first}): copy it anew") from error


_OPENERS: Mapping[str, Callable[[Path, Path, Path], Part]] = {
    ".csv": open_delimited,
    ".tsv": open_delimited,
    ".tab": open_delimited,
    ".json": open_json,
    ".jsonl": open_json_lines,
    ".ndjson": open_json_lines,
    ".parquet": _open_parquet,
    ".pq": _open_parquet,
}


def natural(file: Path) -> list[int | str]:
    """Key that sorts ``part_2`` before ``part_10``."""
    return [int(piece) if piece.isdigit() else piece.lower() for piece in re.split(r"(\d+)", file.name)]
