"""Tables written to a database in one transaction, after all of their rows are known."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import polars.selectors as cs

from genrelab import writing
from genrelab.errors import OutputError, ReadError
from genrelab.files import check_file, written_aside
from genrelab.sources._sql_address import Address, Where, existing, parsed, recognised
from genrelab.sources._sql_query import Table, matched, quoted, tables
from genrelab.sources._sql_session import changing, driver, reading, send, told

if TYPE_CHECKING:
    import sqlalchemy as sa

ROWS = 10_000
"""Rows that are Python's at once."""

_ADVICE = "choose another table or database"


def check(url: Where, table: str, *, overwrite: bool = False) -> None:
    """Raise at once where `write` could not write, before hours of work are lost.

    The table is made, of one column, in a transaction that is undone; for a file that is not there yet, in
    another one.

    Raises
    ------
    MissingExtra, OutputError, ReadError, SettingError
        As `write`.
    """
    address = _target(url)
    with tempfile.TemporaryDirectory(prefix="genrelab-") as scratch:
        place = address
        if address.kind != "postgresql" and not address.place.exists():
            check_file(address.place)
            place = replace(address, database=str(Path(scratch, address.place.name)))
        with told(address, OutputError, _ADVICE), changing(place, rehearsed=True) as connection:
            _make(connection, place, table, {"genre": pl.String()}, overwrite=overwrite)


def is_read(
    url: Where, into: str, paths: Where, *, query: str | None = None, table: str | None = None
) -> bool:
    """Whether a table to be written is the one that is read, or is named in the query that is.

    Parameters
    ----------
    url, into
        As `url` and `table` of `write`.
    paths, query, table
        As for `genrelab.sources.sql.read`; `paths` may be no database.

    Raises
    ------
    MissingExtra, OutputError, ReadError, SettingError
        When one of the databases cannot be asked.
    """
    address = _target(url)
    if not recognised(paths):
        return False
    source = parsed(paths)
    if not _may_be_same(address, source):
        return False
    with told(source, ReadError, "correct the query"), reading(source) as connection:
        place, known = _place(connection, source), tables(connection, source.kind)
    with told(address, OutputError, _ADVICE), reading(address) as connection:
        spelt = (_named(connection, address, text) for text in (into, _unquoted(into)))
        made = next((found for one in spelt if (found := _taken(connection, address, one))), None)
        if made is None or _place(connection, address) != place:
            return False
    if query is not None:
        return re.search(rf"(?<!\w){re.escape(made.name)}(?!\w)", query, re.IGNORECASE) is not None
    chosen = matched(known, table) if table is not None else known[0] if len(known) == 1 else None
    return chosen is not None and chosen.full == made.full


def _may_be_same(one: Address, other: Address) -> bool:
    """Whether two addresses are of one file, or both of a server: only that can tell."""
    if "postgresql" in (one.kind, other.kind):
        return one.kind == other.kind
    return one.place.exists() and other.place.exists() and one.place.samefile(other.place)


def _place(connection: sa.Connection, address: Address) -> tuple[object, ...]:
    """Return what is the same for every address of one database of a server."""
    if address.kind != "postgresql":
        return ()
    return tuple(send(connection, "select current_database(), pg_postmaster_start_time()").one())


def _unquoted(text: str) -> str:
    """Take quotes off the parts of a name, as they are written in SQL."""
    return ".".join(part.strip().strip('"`[]') for part in text.split("."))


def write(
    batches: Iterable[pl.DataFrame] | pl.DataFrame, url: Where, table: str, *, overwrite: bool = False
) -> None:
    r"""Write a table, whole or in batches of the same columns, to a database in one transaction.

    Nothing is changed before the last batch has come, so that what is read may lie in the same database, and
    nothing when anything fails. Lists and structures are written as JSON. PostgreSQL has no character of code
    0: it is replaced by U+FFFD there.

    Parameters
    ----------
    batches
        The rows.
    url
        As for `genrelab.sources.sql.read`; a file that is not there is made.
    table
        Name of the table, also as ``schema.name``.
    overwrite
        Replace a table of that name, with what hangs on it: its indices and rights.

    Raises
    ------
    MissingExtra
        When a driver is not installed.
    OutputError
        When the table exists and `overwrite` is false, or the database cannot be reached or written.
    ReadError, SettingError
        When `url` is no database.

    Examples
    --------
    >>> from genrelab.sources import sql
    >>> file = Path(tempfile.mkdtemp()) / "music.db"
    >>> sql.write(pl.DataFrame({"title": ["Blue"], "genre": ["jazz"]}), file, "labels")
    >>> sql.read(file, table="labels").tracks.rows()
    [('Blue', 'jazz')]
    """
    address = _target(url)
    given = [batches] if isinstance(batches, pl.DataFrame) else batches
    with tempfile.TemporaryDirectory(prefix="genrelab-") as scratch:
        parts = _staged(given, Path(scratch))
        if not parts:
            raise OutputError(f"{address.where}: there is nothing to write: give at least one batch")
        with _in_place(address) as place, told(address, OutputError, _ADVICE), changing(place) as connection:
            types = pl.read_parquet_schema(parts[0])
            made = _make(connection, place, table, types, overwrite=overwrite)
            _load(connection, place, made, parts)


def _target(url: Where) -> Address:
    address = parsed(url)
    return existing(url) if address.kind != "postgresql" and address.place.exists() else address


@contextmanager
def _in_place(address: Address) -> Iterator[Address]:
    """Let a file that is not there yet be made aside, and take its place when it is complete."""
    if address.kind == "postgresql" or address.place.exists():
        yield address
        return
    with written_aside(address.place) as aside:
        yield replace(address, database=str(aside))


def _staged(batches: Iterable[pl.DataFrame], folder: Path) -> list[Path]:
    """Keep batches on disk, with what a database's cell cannot hold as text."""
    parts: list[Path] = []
    types = pl.Schema()
    for number, batch in enumerate(batches):
        cells = _plain(batch)
        types = types or cells.schema
        if cells.schema != types:
            raise OutputError(f"batch {number + 1}: has other columns than the first: give all the same")
        parts.append(folder / f"{number:08}.parquet")
        with writing.disk_told(folder):
            cells.write_parquet(parts[-1])
    return parts


def _plain(batch: pl.DataFrame) -> pl.DataFrame:
    """Make columns text that are no text, numbers or truths."""
    cells = writing.cells(batch)
    texts = [n for n, t in cells.schema.items() if not (t.is_numeric() or t in (pl.String, pl.Boolean))]
    exact = [n for n, t in cells.schema.items() if t.is_decimal()]
    return cells.with_columns(pl.col(texts).cast(pl.String), pl.col(exact).cast(pl.Float64))


def _make(
    connection: sa.Connection,
    address: Address,
    text: str,
    types: Mapping[str, pl.DataType],
    *,
    overwrite: bool,
) -> Table:
    """Make an empty table, where it may be."""
    made = _named(connection, address, text)
    taken = _taken(connection, address, made)
    if taken is not None:
        if not overwrite:
            raise OutputError(
                f"{address.where}: table {text!r} exists already: choose another name, or add --overwrite"
            )
        send(connection, f"drop table {taken.quoted}")
    columns = ", ".join(f"{quoted(column)} {_type(dtype)}" for column, dtype in types.items())
    send(connection, f"create table {made.quoted} ({columns})")
    return made


def _named(connection: sa.Connection, address: Address, text: str) -> Table:
    """Part a name at its dot; without one, it is of the schema in which tables are made."""
    schema, dot, name = text.partition(".")
    if not text.strip() or (dot and not (schema and name)):
        raise OutputError(f"{address.where}: {text!r} is no name of a table: write NAME or SCHEMA.NAME")
    if dot:
        return Table(schema, name)
    if address.kind == "sqlite":
        return Table("main", text)
    return Table(send(connection, "select current_schema()").scalar_one() or "public", text)


def _taken(connection: sa.Connection, address: Address, made: Table) -> Table | None:
    """Find the table that has the name already; only PostgreSQL tells capitals from small letters."""
    fold = str if address.kind == "postgresql" else str.casefold
    known = tables(connection, address.kind)
    return next((table for table in known if fold(table.full) == fold(made.full)), None)


def _type(dtype: pl.DataType) -> str:
    if dtype.is_integer():
        return "bigint"
    return "double precision" if dtype.is_float() else "boolean" if dtype == pl.Boolean else "text"


def _load(connection: sa.Connection, address: Address, made: Table, parts: Sequence[Path]) -> None:
    """Fill a table by the way that is quickest for its database."""
    if address.kind == "duckdb":
        files = ", ".join("'" + str(part).replace("'", "''") + "'" for part in parts)
        send(connection, f"insert into {made.quoted} from read_parquet([{files}])")
    elif address.kind == "sqlite":
        for rows in _pages(parts):
            marks = ", ".join("?" * rows.width)
            insert = f"insert into {made.quoted} values ({marks})"  # noqa: S608 - the name is quoted
            connection.exec_driver_sql(insert, rows.rows())
    else:
        with driver(connection).cursor().copy(f"copy {made.quoted} from stdin") as copy:
            for rows in _pages(parts):
                for row in rows.with_columns(
                    cs.string().str.replace_all("\0", "\ufffd", literal=True)
                ).rows():
                    copy.write_row(row)


def _pages(parts: Sequence[Path]) -> Iterator[pl.DataFrame]:
    for part in parts:
        yield from pl.read_parquet(part).iter_slices(ROWS)
