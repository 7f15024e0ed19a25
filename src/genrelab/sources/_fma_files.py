"""Which files of the Free Music Archive's dataset there are, told by their headers and not by their names."""

from __future__ import annotations

import csv
import shutil
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Literal, TypeAlias

from genrelab.errors import MissingFile, ReadError
from genrelab.schema import DESCRIPTORS
from genrelab.sources import _formats

Kind: TypeAlias = Literal["tracks", "features", "echonest", "genres", "flat"]

GENRES = frozenset({"genre_id", "parent", "title"})
FLAT = frozenset({"genres", "genres_all", "genre_top", *DESCRIPTORS})
"""Columns of which a table with one header row must have one, beside ``track_id``."""
LEVELS = frozenset({"album", "artist", "set", "track"})
ROWS = 4
"""Most header rows."""
_LONGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class Found:
    """A file of the dataset.

    Attributes
    ----------
    path
        Where it is.
    kind
        ``"tracks"``, ``"features"`` and ``"echonest"`` have several header rows, ``"genres"`` and ``"flat"``
        tables have one.
    headers
        The header of each column, its rows joined by points, such as ``track.title``; none of flat tables.
    skipped
        Rows above the first track.
    """

    path: Path
    kind: Kind
    headers: tuple[str, ...] = ()
    skipped: int = 1


def sniffed(path: Path) -> Found | None:
    """Tell what a file is; None where it is none of the dataset's, or cannot be read.

    Tables in JSON and Parquet are not looked into: they count as flat.
    """
    if path.suffix.lower() != ".csv":
        return Found(path, "flat") if _formats.is_table(path) else None
    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            return _told(path, file)
    except (OSError, csv.Error, ValueError):
        return None


def _told(path: Path, file: IO[str]) -> Found | None:
    lines = (line for line in iter(lambda: file.readline(_LONGEST), ""))
    rows = list(islice(csv.reader(lines), ROWS))
    for kind, headers in _LAYOUTS:
        names = headers(rows)
        if names is not None:
            skipped = 3 if kind == "tracks" else ROWS
            return Found(path, kind, names, skipped)
    first = set(rows[0]) if rows else set()
    if first >= GENRES:
        return Found(path, "genres")
    return Found(path, "flat") if "track_id" in first and first & FLAT else None


def _tracks(rows: Sequence[Sequence[str]]) -> tuple[str, ...] | None:
    if len(rows) < 3 or rows[0][:1] != [""] or not set(rows[0][1:]) <= LEVELS or rows[2][:1] != ["track_id"]:
        return None
    return _joined(rows[:2])


def _features(rows: Sequence[Sequence[str]]) -> tuple[str, ...] | None:
    if [row[:1] for row in rows] != [["feature"], ["statistics"], ["number"], ["track_id"]]:
        return None
    return _joined(rows[:3])


def _echonest(rows: Sequence[Sequence[str]]) -> tuple[str, ...] | None:
    if len(rows) < ROWS or set(rows[0][1:]) != {"echonest"} or rows[3][:1] != ["track_id"]:
        return None
    return _joined(rows[:3])


def _joined(rows: Sequence[Sequence[str]]) -> tuple[str, ...] | None:
    """Join the rows of a header; None where they are not of one length, or name a column twice."""
    if len({len(row) for row in rows}) != 1:
        return None
    names = ("track_id", *(".".join(parts) for parts in islice(zip(*rows, strict=True), 1, None)))
    return names if len(set(names)) == len(names) else None


_LAYOUTS: tuple[tuple[Kind, Callable[[Sequence[Sequence[str]]], tuple[str, ...] | None]], ...] = (
    ("tracks", _tracks),
    ("features", _features),
    ("echonest", _echonest),
)


def recognised(paths: Iterable[Path]) -> bool:
    """Tell whether there is a file with the dataset's own header rows, or its genre tree beside a table."""
    kinds = [found.kind for path in paths for found in _inside(path)]
    return not {"tracks", "features", "echonest"}.isdisjoint(kinds) or {"genres", "flat"} <= set(kinds)


def _inside(path: Path) -> Iterator[Found]:
    try:
        files = [path] if not path.is_dir() else sorted(path.iterdir())
        if zipfile.is_zipfile(path):
            names = {Path(name).name for name in zipfile.ZipFile(path).namelist()}
            yield from (Found(path, "tracks") for _ in range(names >= {"tracks.csv", "genres.csv"}))
            return
    except (OSError, ValueError, zipfile.BadZipFile):
        return
    yield from (found for file in files if file.is_file() and (found := sniffed(file)) is not None)


def files(paths: Sequence[Path], scratch: Path) -> tuple[list[Found], list[str]]:
    """Return the dataset's files among those given, and notes on the others in folders and archives.

    Raises
    ------
    MissingFile
        When a file or folder is not there.
    ReadError
        When a file that was named is none of the dataset's, or none is.
    """
    found: list[Found] = []
    notes: list[str] = []
    for path in paths:
        if not path.exists():
            raise MissingFile(f"{path}: no such file or folder: check the path")
        inside = _unpacked(path, scratch) if zipfile.is_zipfile(path) else _listed(path)
        for file in inside:
            one = None if file.name.startswith("raw_") and file != path else sniffed(file)
            if one is not None:
                found.append(one)
            elif file == path:
                raise ReadError(
                    f"{path}: not a table of the FMA dataset by its header: give those it publishes"
                )
            else:
                notes.append(f"{file.name}: not a cleaned table of the dataset, skipped")
    if not found:
        raise ReadError(f"{paths[0]}: holds no table of the FMA dataset: give the folder of tracks.csv")
    return found, notes


def _listed(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return sorted((file for file in path.iterdir() if file.is_file()), key=_formats.natural)


def _unpacked(archive: Path, scratch: Path) -> list[Path]:
    """Copy the tables of an archive into a folder of their own, leaving out the raw ones."""
    folder = scratch / f"{len(list(scratch.iterdir()))}"
    folder.mkdir()
    try:
        with zipfile.ZipFile(archive) as opened:
            for member in opened.infolist():
                name = Path(member.filename).name
                if name.endswith(".csv") and not name.startswith("raw_"):
                    with opened.open(member) as source, (folder / name).open("wb") as copy:
                        shutil.copyfileobj(source, copy, _LONGEST)
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise ReadError(
            f"{archive}: damaged, or packed in an unknown way ({error}): unpack it first"
        ) from error
    return _listed(folder)
