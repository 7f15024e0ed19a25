"""Tables of tracks from files: CSV, TSV, JSON and Parquet, one or many, plain or gzipped."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

import polars as pl

from genrelab.errors import MissingFile, ReadError, SchemaError
from genrelab.identity import folded
from genrelab.progress import Progress, silent
from genrelab.schema import TEXT_COLUMNS
from genrelab.sources import _formats, _plan
from genrelab.sources._assemble import aligned, assembled, kept_or_refused, refuse_rejected, shared_types
from genrelab.sources._part import Part, part_of
from genrelab.sources._plan import Plan
from genrelab.sources._reading import EmptyTable, Reading, listed

Paths: TypeAlias = Path | str | Sequence[Path | str]
"""A file, a folder of files, or several of either."""

_KEY = "\0key "
"""Begins the names of columns that are only there to be compared."""


def read(paths: Paths, *, strict: bool = False, progress: Progress = silent) -> Reading:
    r"""Read one table from a file, a folder of parts, or several files.

    Parameters
    ----------
    paths
        CSV, TSV, JSON (records, lines, or columns as pandas writes them) or Parquet, each also with
        ``.gz``. Of a folder, every table in it is read, in natural order.
    strict
        Raise at the first row that cannot be read, where otherwise it goes to ``rejected``.
    progress
        Called after each file.

    Returns
    -------
    Reading
        Headers are mapped to the contract's names, and values to its types and units: durations to
        seconds, dates of any precision to years, lists written as text to lists. Other columns are
        kept as they are. Text is UTF-8, UTF-16 with its mark, or else Windows-1252, which is noted.

    Raises
    ------
    MissingFile
        When a file or folder is not there.
    ReadError
        When a file is empty, damaged, or not a table.
    SchemaError
        When most values of a column are not what its name promises.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "songs.csv"
    >>> _ = file.write_text("Track Name,bpm,mood\nBlue,90,calm\nRed,fast,angry\nTan,120,warm\n")
    >>> reading = read(file)
    >>> reading.mapped, reading.kept, reading.tracks.shape
    ({'Track Name': 'title', 'bpm': 'tempo'}, ('mood',), (2, 3))
    >>> reading.rejected["reason"].to_list()
    ["tempo: not a number: 'fast'"]
    """
    with _opened(paths) as (parts, plans, skipped):
        if strict:
            refuse_rejected(parts)
        kept = []
        for done, (part, plan) in enumerate(zip(parts, plans, strict=True), start=1):
            kept.append(kept_or_refused(part.whole(), part, plan, strict=strict))
            progress("reading", done / len(parts))
        return assembled(parts, plans, kept, skipped)


def batches(
    paths: Paths, *, rows: int = 100_000, columns: Collection[str] | None = None
) -> Iterator[pl.DataFrame]:
    """Yield the same tracks as `read` with ``strict=True``, in the same order, in bounded memory.

    Every batch has the same columns and types. Delimited text, JSON lines and Parquet are streamed;
    other JSON is read whole. Delimited text is parsed once more beforehand, to be sure of its types.

    Parameters
    ----------
    paths
        As for `read`.
    rows
        Rows in a batch; the last of a file may be shorter.
    columns
        Names, as the contract has them, of the columns to read, where they are there; by default all. What
        stands in other columns is not looked at, so it stops nothing.

    Raises
    ------
    ReadError, SchemaError
        As `read` with ``strict=True``, when the row is reached.
    """
    with _opened(paths) as (parts, whole, _):
        refuse_rejected(parts)
        plans = whole if columns is None else [plan.only(columns) for plan in whole]
        shared = shared_types(
            kept_or_refused(part.empty(), part, plan, strict=True).tracks
            for part, plan in zip(parts, plans, strict=True)
        )
        for part, plan in zip(parts, plans, strict=True):
            offset = 0
            for raw in part.chunks(rows):
                tracks = kept_or_refused(raw, part, plan, strict=True, offset=offset).tracks
                offset += raw.height
                yield aligned(tracks, shared)


def adopt(table: pl.DataFrame, name: str = "table", *, strict: bool = False) -> Reading:
    """Bring a table that is already in memory to the contract, exactly as `read` would a file.

    Examples
    --------
    >>> adopt(pl.DataFrame({"id": [2.0], "duration_ms": [1500]})).tracks.rows()
    [('2', 1.5)]
    """
    if table.is_empty():
        raise EmptyTable(f"{name}: no rows: give a table with at least one row")
    part = part_of(table, Path(name))
    plan = _plan.plan(part.head, genre_lists=_plan.holds_genre_lists(part.head))
    return assembled([part], [plan], [kept_or_refused(table, part, plan, strict=strict)], ())


def join(left: pl.DataFrame, right: pl.DataFrame, on: str | Sequence[str] = "track_id") -> pl.DataFrame:
    """Join two track tables by an identifier, or by several columns, keeping the tracks that stand in both.

    Rows keep the order of `left`. Of a column that both have, the left's value wins, and the right's
    fills its nulls. Identifiers are compared as text, so that ``2`` meets ``"2"``; titles, artists and albums
    without case and spare spaces. What is null or blank meets nothing.

    Raises
    ------
    SchemaError
        When a table lacks a column of `on`, or when a track stands several times on both sides, so that rows
        would multiply.

    Examples
    --------
    >>> songs = pl.DataFrame({"track_id": ["1", "2"], "title": ["Blue", None]})
    >>> sounds = pl.DataFrame({"track_id": [2, 3], "title": ["Red", "Tan"], "tempo": [90.0, 80.0]})
    >>> join(songs, sounds).rows()
    [('2', 'Red', 90.0)]
    >>> join(songs, pl.DataFrame({"title": ["BLUE"], "tempo": [80.0]}), on=["title"]).rows()
    [('1', 'Blue', 80.0)]
    """
    names = (on,) if isinstance(on, str) else tuple(on)
    left, right = _identified(left, names, "left"), _identified(right, names, "right")
    _refuse_repeats(left, right, names)
    shared = [name for name in right.columns if name in left.columns and not name.startswith(_KEY)]
    types = shared_types([left, right])
    joined = aligned(left, {n: t for n, t in types.items() if n in left.columns}).join(
        aligned(right, {n: t for n, t in types.items() if n in right.columns}),
        on=[_KEY + name for name in names], how="inner", suffix="\0right", maintain_order="left",
    )  # fmt: skip
    filled = [pl.coalesce(name, f"{name}\0right").alias(name) for name in shared]
    done = [f"{name}\0right" for name in shared] + [_KEY + name for name in names]
    return joined.with_columns(filled).drop(done)


def identity_of_both(left: pl.DataFrame, right: pl.DataFrame) -> tuple[str, ...]:
    """Name the columns by which tracks of two tables are known again: the track id, else title and artist.

    Raises
    ------
    SchemaError
        When one of the tables has neither, or each has another.

    Examples
    --------
    >>> songs = pl.DataFrame({"track_id": ["1"], "title": ["Blue"], "artist": ["Ann"]})
    >>> identity_of_both(songs, songs), identity_of_both(songs, songs.with_columns(track_id=pl.lit(" ")))
    (('track_id',), ('title', 'artist'))
    """
    lacking = []
    for names in (("track_id",), ("title", "artist")):
        absent = {
            side: [name for name in names if not _has_any(table, name)]
            for side, table in (("the first table", left), ("the second", right))
        }
        if not any(absent.values()):
            return names
        lacking += [f"{side} has no {' and no '.join(found)}" for side, found in absent.items() if found]
    raise SchemaError(f"join: {', '.join(lacking)}: both need a track_id, or both a title and an artist")


def _has_any(table: pl.DataFrame, name: str) -> bool:
    """Whether a table has a column with anything in it."""
    return name in table.columns and table.select(folded(name).is_not_null().any()).item()


def _identified(table: pl.DataFrame, on: Sequence[str], side: str) -> pl.DataFrame:
    """Add what is compared: identifiers as text, titles, artists and albums folded."""
    for name in on:
        if name not in table.columns:
            raise SchemaError(f"join: no column {name!r} on the {side}: name one of {listed(table.columns)}")
        if name not in TEXT_COLUMNS and table[name].dtype != pl.String:
            text = adopt(table.select(pl.col(name).alias("track_id"))).tracks["track_id"]
            table = table.with_columns(text.alias(name))
    return table.with_columns(
        (folded(name) if name in TEXT_COLUMNS else _filled(name)).alias(_KEY + name) for name in on
    )


def _filled(name: str) -> pl.Expr:
    return pl.when(pl.col(name).str.strip_chars() != "").then(name)


def _refuse_repeats(left: pl.DataFrame, right: pl.DataFrame, on: Sequence[str]) -> None:
    """Raise where a track stands several times on both sides."""
    keys = [_KEY + name for name in on]
    repeats = [
        side.select(keys).drop_nulls().filter(pl.struct(keys).is_duplicated()).unique()
        for side in (left, right)
    ]
    both = repeats[0].join(repeats[1], on=keys).sort(keys)
    if both.height:
        track = ", ".join(f"{name} {value!r}" for name, value in zip(on, both.row(0), strict=True))
        raise SchemaError(f"join: {track} stands several times on both sides: make one side unique first")


def is_read(path: Path, paths: Paths) -> bool:
    """Whether a file is one of those that `read` is given, or lies in one of the folders.

    Examples
    --------
    >>> is_read(Path("songs/labels.csv"), "songs"), is_read(Path("labels.csv"), ["songs", "songs.csv"])
    (True, False)
    """
    given = [Path(one) for one in ([paths] if isinstance(paths, str | Path) else paths)]
    same = path.exists() and any(one.exists() and one.samefile(path) for one in given)
    real = path.resolve()
    return same or any(one.resolve() in (real, real.parent) for one in given)


@contextmanager
def _opened(paths: Paths) -> Iterator[tuple[list[Part], list[Plan], tuple[str, ...]]]:
    """Open every file and decide what becomes of its columns; notes on the files that were skipped."""
    files, skipped = _files(paths)
    parts = []
    with tempfile.TemporaryDirectory(prefix="genrelab-") as scratch:
        for number, file in enumerate(files):
            place = Path(scratch, str(number))
            place.mkdir()
            try:
                parts.append(_formats.open_part(file, place))
            except EmptyTable:
                if len(files) == 1:
                    raise
                skipped.append(f"{file.name}: empty, skipped")
        if not parts:
            raise EmptyTable(f"{files[0].parent}: all {len(files)} files are empty: give one that has rows")
        lists = any(_plan.holds_genre_lists(part.head) for part in parts)
        yield parts, [_plan.plan(part.head, genre_lists=lists) for part in parts], tuple(skipped)


def _files(paths: Paths) -> tuple[list[Path], list[str]]:
    """Return the files meant, and a note on those in a folder that are no tables."""
    given = [paths] if isinstance(paths, str | Path) else list(paths)
    if not given:
        raise ReadError("no files were given: name at least one table")
    files: list[Path] = []
    notes: list[str] = []
    for path in map(Path, given):
        if not path.is_dir():
            files.append(path)
            continue
        inside = sorted((f for f in path.iterdir() if f.is_file()), key=_formats.natural)
        tables = [file for file in inside if _formats.is_table(file)]
        if not tables:
            raise ReadError(f"{path}: no tables in this folder: put CSV, TSV, JSON or Parquet files there")
        files += tables
        notes += [f"{file.name}: not a table by its name, skipped" for file in inside if file not in tables]
    for file in files:
        if not file.exists():
            raise MissingFile(f"{file}: no such file or folder: check the path")
    return files, notes
