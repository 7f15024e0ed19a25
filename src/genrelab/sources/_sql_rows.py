"""Rows of a database as a part of a table: one cursor, read page by page, every page of the same types."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from genrelab import schema
from genrelab.errors import ReadError, SchemaError
from genrelab.schema import CONTRACT, REAL, TEXT, WHOLE
from genrelab.sources._part import HEAD, Part, positions
from genrelab.sources._reading import EmptyTable
from genrelab.sources._sql_address import Address, Kind
from genrelab.sources._sql_query import Statement, quoted
from genrelab.sources._sql_session import PAGE, driver, send

if TYPE_CHECKING:
    import sqlalchemy as sa
    from polars._typing import PolarsDataType

    from genrelab.sources._sql_session import Sent

EXACT = pl.Decimal(38, 9)
"""Stands for numbers of any length until it is known whether the contract wants text or a real number."""

_POSTGRES: dict[str, pl.DataType] = {
    "bool": pl.Boolean(), "int2": WHOLE, "int4": WHOLE, "int8": WHOLE, "oid": WHOLE,
    "float4": REAL, "float8": REAL, "numeric": EXACT, "bytea": pl.Binary(),
}  # fmt: skip
_DUCKDB: dict[str, pl.DataType] = {
    "BOOLEAN": pl.Boolean(), "TINYINT": WHOLE, "SMALLINT": WHOLE, "INTEGER": WHOLE, "BIGINT": WHOLE,
    "UTINYINT": WHOLE, "USMALLINT": WHOLE, "UINTEGER": WHOLE, "UBIGINT": EXACT, "HUGEINT": EXACT,
    "UHUGEINT": EXACT, "FLOAT": REAL, "DOUBLE": REAL, "DECIMAL": EXACT, "BLOB": pl.Binary(),
}  # fmt: skip
_SQLITE: dict[frozenset[type], pl.DataType] = {
    frozenset(): pl.Null(), frozenset({int}): WHOLE, frozenset({float}): REAL,
    frozenset({int, float}): REAL, frozenset({bytes}): pl.Binary(),
}  # fmt: skip
"""Types of columns by the kinds of their values, as for JSON; any other mixture is text."""

_OWN_TYPES = """
    select typname, oid, typarray from pg_catalog.pg_type
    where oid >= 16384 and typarray <> 0 and typtype in ('b', 'e')"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a statement gives: the types of its columns, and its rows in pages."""

    types: dict[str, pl.DataType]
    pages: Iterator[Sequence[Sequence[Any]]]


@contextmanager
def opened(connection: sa.Connection, address: Address, statement: Statement) -> Iterator[Part]:
    """Send a statement and open its rows as a part, which can be read once, whole or in chunks.

    Raises
    ------
    EmptyTable
        When there are no rows.
    ReadError
        When two columns have one name.
    """
    where = f"{address.where}, {statement.name}"
    with ExitStack() as results:
        answer = _answer(connection, address.kind, statement.sql, where, results)
        tables = (_table(page, answer.types, where) for page in answer.pages)
        first = list(_until(tables, HEAD))
        if not first:
            raise EmptyTable(f"{where}: no rows: give a table or a query that has some")
        begun = pl.concat(first)
        name = f"{address.shown.rpartition('/')[2]}, {statement.name}"
        yield Part(
            Path(name),
            begun.head(HEAD),
            begun.clear,
            lambda: pl.concat([begun, *tables], rechunk=True),
            lambda rows: _rebatched(chain([begun], tables), rows),
            positions,
            (),
            statement.notes,
        )


def _answer(connection: sa.Connection, kind: Kind, sql: str, where: str, results: ExitStack) -> Answer:
    if kind == "postgresql":
        _take_text(driver(connection))
    result = _sent(connection, sql, results)
    columns: Sequence[Any] = result.cursor.description or ()
    if not columns:
        raise ReadError(f"{where}: gives no columns: name some after SELECT")
    names = [column[0] for column in columns]
    repeated = next((name for name in names if names.count(name) > 1), None)
    if repeated is not None:
        raise ReadError(f"{where}: two columns are called {repeated!r}: name each of them apart, with AS")
    if kind == "postgresql":
        found = [_postgres_type(driver(connection), column.type_code) for column in columns]
    elif kind == "duckdb":
        found = [_duckdb_type(str(column[1])) for column in columns]
        if zoned := [column[0] for column in columns if "WITH TIME ZONE" in str(column[1])]:
            result = _sent(connection, _without_zones(sql, zoned), results)
    else:
        found = [_SQLITE.get(frozenset(kinds), TEXT) for kinds in _kinds(result, len(names))]
        result = _sent(connection, sql, results)
    return Answer(_settled(dict(zip(names, found, strict=True))), _pages(result))


def _sent(connection: sa.Connection, sql: str, results: ExitStack) -> Sent:
    result = send(connection, sql, streamed=True)
    results.callback(result.close)
    return result


def _pages(result: Sent) -> Iterator[Sequence[Sequence[Any]]]:
    return iter(lambda: result.fetchmany(PAGE), [])


def _take_text(connection: Any) -> None:
    """Let psycopg leave alone what is no number: dates beyond Python's, JSON and ranges come as they are.

    Arrays of types that are the user's own become lists too.
    """
    from psycopg.types import TypeInfo  # noqa: PLC0415 - an extra
    from psycopg.types.string import TextLoader  # noqa: PLC0415 - an extra

    class Unpadded(TextLoader):
        """Takes off the spaces that fill a text of fixed length, and mean nothing."""

        def load(self, data: Any) -> str | bytes:
            return super().load(data).rstrip(" ")  # type: ignore[arg-type]  # text, the client's encoding being known

    for known in connection.adapters.types:
        if known.name not in _POSTGRES or known.name == "numeric":
            loader = Unpadded if known.name == "bpchar" else TextLoader
            connection.adapters.register_loader(known.oid, loader)
    for name, code, array in connection.execute(_OWN_TYPES):
        TypeInfo(name, code, array).register(connection)


def _postgres_type(connection: Any, code: int) -> pl.DataType:
    known = connection.adapters.types.get(code)
    if known is None:
        return TEXT
    inner = _POSTGRES.get(known.name, TEXT)
    return pl.List(inner) if code == known.array_oid else inner


def _without_zones(sql: str, zoned: Iterable[str]) -> str:
    """Ask for times with a zone as text: DuckDB's driver makes them Python's by a package of its own."""
    texts = ", ".join(f"cast({quoted(name)} as varchar) as {quoted(name)}" for name in zoned)
    return f"select * replace ({texts}) from ({sql}\n)"  # noqa: S608 - names are quoted


def _duckdb_type(name: str) -> pl.DataType:
    match = re.fullmatch(r"(\w+)(?:\([\d,]+\))?(\[\d*\])?", name)
    inner = _DUCKDB.get(match[1], TEXT) if match else TEXT
    return pl.List(inner) if match and match[2] else inner


def _kinds(result: Sent, width: int) -> list[set[type]]:
    """Find the kinds of values in every column, for SQLite, whose columns hold what they like."""
    kinds: list[set[type]] = [set() for _ in range(width)]
    for page in _pages(result):
        for found, values in zip(kinds, zip(*page, strict=True), strict=True):
            found.update(map(type, values))
    return [found - {type(None)} for found in kinds]


def _settled(types: dict[str, pl.DataType]) -> dict[str, pl.DataType]:
    """Make exact numbers text where the contract wants it, as of identifiers; elsewhere real numbers."""
    ours = schema.canonical(types)
    settled: dict[str, pl.DataType] = {}
    for name, dtype in types.items():
        wanted = TEXT if name in ours and CONTRACT[ours[name]].dtype == TEXT else REAL
        if isinstance(dtype, pl.List):
            settled[name] = pl.List(REAL if dtype.inner == EXACT else dtype.inner)
        else:
            settled[name] = wanted if dtype == EXACT else dtype
    return settled


def _until(tables: Iterator[pl.DataFrame], rows: int) -> Iterator[pl.DataFrame]:
    """Yield tables until so many rows have come."""
    for table in tables:
        yield table
        rows -= table.height
        if rows <= 0:
            return


def _rebatched(tables: Iterable[pl.DataFrame], rows: int) -> Iterator[pl.DataFrame]:
    """Yield the rows of tables in tables of so many rows, the last of them shorter."""
    held: list[pl.DataFrame] = []
    count = 0
    for table in tables:
        held.append(table)
        count += table.height
        if count >= rows:
            *full, last = pl.concat(held).iter_slices(rows)
            held, count = [last], last.height
            yield from full
    if count:
        yield pl.concat(held)


def _table(page: Sequence[Sequence[Any]], types: dict[str, pl.DataType], where: str) -> pl.DataFrame:
    columns = zip(types.items(), zip(*page, strict=True), strict=True)
    return pl.DataFrame([_column(name, values, dtype, where) for (name, dtype), values in columns])


def _column(name: str, values: Sequence[Any], dtype: pl.DataType, where: str) -> pl.Series:
    """Make a column of what a driver gives; what is of another type is converted value by value."""
    try:
        return pl.Series(name, values, dtype=dtype)
    except (TypeError, ValueError, OverflowError, pl.exceptions.PolarsError):
        pass
    try:
        return pl.Series(name, [None if v is None else _made(v, dtype) for v in values], dtype=dtype)
    except (TypeError, ValueError, OverflowError, pl.exceptions.PolarsError) as error:
        raise SchemaError(
            f"{where}: column {name!r}: holds lists of lists, or values of several kinds: make them one"
            " kind, with CAST in a query"
        ) from error


def _made(value: Any, dtype: PolarsDataType) -> Any:
    """Convert a value to what polars takes for a type."""
    if isinstance(dtype, pl.List):
        return [None if item is None else _made(item, dtype.inner) for item in value]
    return float(value) if dtype == REAL else _word(value) if dtype == TEXT else value


def _word(value: Any) -> str:
    """Write a value as text: lists and structures as JSON, bytes as the text that they are."""
    if type(value) is str:
        return value
    if isinstance(value, list | dict | tuple):
        return json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return format(value, "f") if isinstance(value, Decimal) else str(value)
