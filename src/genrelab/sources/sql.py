"""Databases: PostgreSQL servers, SQLite and DuckDB files, by one SELECT or one table."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager

import polars as pl

from genrelab.errors import ReadError
from genrelab.progress import Progress, silent
from genrelab.sources import _plan, _sql_query, _sql_rows, _sql_session
from genrelab.sources._assemble import aligned, assembled, kept_or_refused
from genrelab.sources._part import Part
from genrelab.sources._plan import Plan
from genrelab.sources._reading import Reading
from genrelab.sources._sql_address import Where, existing, named, recognised, without_password
from genrelab.sources._sql_writing import check, is_read, write

TOLD = 50_000
"""Rows after which progress is told."""

__all__ = ["batches", "check", "is_read", "named", "read", "recognised", "without_password", "write"]


def read(
    url: Where,
    *,
    query: str | None = None,
    table: str | None = None,
    strict: bool = False,
    progress: Progress = silent,
) -> Reading:
    r"""Read tracks from a database, in a session that can change nothing.

    Parameters
    ----------
    url
        ``postgresql://user@host:port/database``, ``sqlite:///file``, ``duckdb:///file``, or the path of a
        file that ends in ``.db``, ``.sqlite``, ``.sqlite3`` or ``.duckdb``. Where it gives no password,
        PGPASSWORD and password files do, as for every program that asks PostgreSQL.
    query
        One SELECT (or WITH and a SELECT) that gives the tracks, in their order.
    table
        A table or view to read whole, also as ``schema.name``. Without it and without a query, the only one
        that there is.
    strict
        Raise at the first row that cannot be read, where otherwise it goes to ``rejected``.
    progress
        Called now and then; the share done is not known beforehand.

    Returns
    -------
    Reading
        As from `genrelab.sources.table.read`: headers, types and units of the contract; dates are text before
        they become years, decimals are real numbers, arrays and JSON lists of tags are lists. Rows are
        numbered from 1.

    Raises
    ------
    MissingExtra
        When a driver is not installed.
    MissingFile
        When a file is not there.
    ReadError
        When the database cannot be reached or lets nobody in, has no such table or column, cannot understand
        the query, has no rows, or fails on the way.
    SchemaError
        As `genrelab.sources.table.read`.
    SettingError
        When `url` is no address, `query` is no SELECT, or both `query` and `table` are given.

    Examples
    --------
    >>> import sqlite3, tempfile
    >>> from pathlib import Path
    >>> file = Path(tempfile.mkdtemp()) / "music.db"
    >>> with sqlite3.connect(file) as connection:
    ...     _ = connection.execute("create table songs as select 'Blue' as title, 90 as bpm, 'calm' as mood")
    >>> reading = read(file)
    >>> reading.tracks.rows(), reading.mapped, reading.kept
    ([('Blue', 90.0, 'calm')], {'title': 'title', 'bpm': 'tempo'}, ('mood',))
    >>> read(file, query="select upper(title) as title from songs").tracks.rows()
    [('BLUE',)]
    """
    progress("reading", 0.0)
    with _opened(url, query, table) as (part, plan):
        raw = pl.concat(_counted(part.chunks(TOLD), progress), rechunk=True)
        kept = kept_or_refused(raw, part, plan, strict=strict)
        progress("reading", 1.0)
        return assembled([part], [plan], [kept], ())


def batches(
    url: Where,
    *,
    query: str | None = None,
    table: str | None = None,
    rows: int = 100_000,
    columns: Collection[str] | None = None,
) -> Iterator[pl.DataFrame]:
    """Yield the same tracks as `read` with ``strict=True``, in the same order, in bounded memory.

    One statement is sent, and its rows are fetched as they are asked for; to SQLite it is sent twice, to be
    sure of the types. Every batch has the same columns and types.

    Parameters
    ----------
    url, query, table
        As for `read`.
    rows
        Rows in a batch; the last may be shorter.
    columns
        Names, as the contract has them, of the columns to keep, where they are there; by default all. What
        stands in other columns stops nothing.

    Raises
    ------
    MissingExtra, MissingFile, ReadError, SchemaError, SettingError
        As `read` with ``strict=True``, when the row is reached.
    """
    with _opened(url, query, table) as (part, whole):
        plan = whole if columns is None else whole.only(columns)
        types = dict(kept_or_refused(part.empty(), part, plan, strict=True).tracks.schema)
        offset = 0
        for raw in part.chunks(rows):
            tracks = kept_or_refused(raw, part, plan, strict=True, offset=offset).tracks
            offset += raw.height
            yield aligned(tracks, types)


def _counted(chunks: Iterable[pl.DataFrame], progress: Progress) -> Iterator[pl.DataFrame]:
    rows = 0
    for chunk in chunks:
        rows += chunk.height
        progress(f"{rows:,} rows read", 0.0)
        yield chunk


@contextmanager
def _opened(url: Where, query: str | None, table: str | None) -> Iterator[tuple[Part, Plan]]:
    """Open the rows of a database, and decide what becomes of their columns."""
    _sql_query.check(query, table)
    address = existing(url)
    with (
        _sql_session.told(address, ReadError, "correct the query"),
        _sql_session.reading(address) as connection,
        _sql_rows.opened(
            connection, address, _sql_query.statement(connection, address, query, table)
        ) as part,
    ):
        yield part, _plan.plan(part.head, genre_lists=_plan.holds_genre_lists(part.head))
