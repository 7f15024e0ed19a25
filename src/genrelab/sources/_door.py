"""The one door through which tracks are read: it finds the source that a path or an address is for."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import polars as pl

from genrelab import sources
from genrelab.errors import SettingError
from genrelab.progress import Progress, silent
from genrelab.sources import msd, sql
from genrelab.sources import table as tables
from genrelab.sources._reading import Reading
from genrelab.sources.table import Paths


def read(
    paths: Paths,
    *,
    query: str | None = None,
    table: str | None = None,
    columns: Collection[str] = (),
    strict: bool = False,
    progress: Progress = silent,
) -> Reading:
    r"""Read tracks from wherever they are: files, folders, a database, a collection.

    Parameters
    ----------
    paths
        Files or folders of tables (CSV, TSV, JSON, Parquet, each also with ``.gz``), songs of the Million
        Song Dataset, or whatever else a source of `genrelab.sources.SOURCES` recognises; or the address of a
        database, ``postgresql://user@host/database``, or its file.
    query, table
        Which tracks of a database: one SELECT, or the name of a table. See `genrelab.sources.sql.read`.
    columns
        Columns that are wanted, where there are some that a source reads on request only, such as the
        sequences ``timbre`` and ``pitches``.
    strict
        Raise at the first row that cannot be read, where otherwise it goes to ``rejected``.
    progress
        Called now and then.

    Returns
    -------
    Reading
        Tracks that keep the contract, and the account of how they came to. Of tables, headers are mapped to
        the contract's names, and values to its types and units; see `genrelab.sources.table.read`.

    Raises
    ------
    MissingExtra
        When what reads them is not installed.
    MissingFile
        When a file or folder is not there.
    ReadError
        When a file is empty, damaged, or not a table; when a database gives nothing.
    SchemaError
        When most values of a column are not what its name promises.
    SettingError
        When a query or a table is named and `paths` is no database.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "songs.csv"
    >>> _ = file.write_text("Track Name,bpm\nBlue,90\nRed,fast\nTan,120\n")
    >>> reading = read(file)
    >>> reading.tracks["tempo"].to_list(), reading.rejected["reason"].to_list()
    ([90.0, 120.0], ["tempo: not a number: 'fast'"])
    """
    source = source_of(paths)
    more = _more(source, paths, query, table, columns)
    reading: Reading = source.read(paths, strict=strict, progress=progress, **more)
    return reading


def batches(
    paths: Paths,
    *,
    query: str | None = None,
    table: str | None = None,
    rows: int = 100_000,
    columns: Collection[str] | None = None,
) -> Iterator[pl.DataFrame]:
    """Yield the same tracks as `read` with ``strict=True``, in the same order, in batches of the same types.

    Tables, databases and collections are read in bounded memory; what other sources give is read at once.

    Parameters
    ----------
    paths, query, table
        As for `read`.
    rows
        Rows in a batch; the last of a file may be shorter.
    columns
        Names, as the contract has them, of the columns to read, where they are there; by default all.

    Raises
    ------
    MissingExtra, MissingFile, ReadError, SchemaError, SettingError
        As `read` with ``strict=True``, when the row is reached.
    """
    source = source_of(paths)
    more = _more(source, paths, query, table, columns or ())
    if hasattr(source, "batches"):
        yield from source.batches(paths, rows=rows, columns=columns, **more)
    else:
        yield from source.read(paths, strict=True, **more).tracks.iter_slices(rows)


def named(paths: Paths, *, query: str | None = None, table: str | None = None) -> str:
    r"""Return what may be shown of where tracks come from: names of files, addresses without passwords.

    Examples
    --------
    >>> named(["music/songs.csv", "music/more.csv"])
    'songs.csv, more.csv'
    >>> named("postgresql://ann:s3cret@db.example/music", table="tracks")
    'postgresql://ann@db.example/music, table tracks'
    >>> named("music.duckdb", query="select *\n  from tracks")
    'music.duckdb, query: select * from tracks'
    """
    given = [paths] if isinstance(paths, str | Path) else paths
    return ", ".join(
        sql.named(one, query=query, table=table) if sql.recognised(one) else Path(one).name for one in given
    )


def source_of(paths: Paths) -> ModuleType:
    """Return the first source by name that recognises `paths`; what none does is for tables.

    A collection is an SQLite file too, and its source comes before that of databases.
    """
    for name in sources.SOURCES:
        module = import_module(f"{sources.__name__}.{name}")
        if hasattr(module, "recognised") and module.recognised(paths):
            return module
    return tables


def _more(
    source: ModuleType, paths: Paths, query: str | None, table: str | None, columns: Collection[str]
) -> dict[str, Any]:
    """Say what only some sources are to be told."""
    if source is sql:
        return {"query": query, "table": table}
    if query is not None or table is not None:
        option = "query" if query is not None else "table"
        raise SettingError(f"{named(paths)}: is no database, so that --{option} means nothing: leave it out")
    return {"segments": msd.holds_segments(columns)} if source is msd else {}
