"""What is sent to a database: one SELECT of the user's, or all of one table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import pairwise
from typing import TYPE_CHECKING

from genrelab.errors import ReadError, SettingError
from genrelab.sources._sql_address import Address, Kind
from genrelab.sources._sql_session import driver, send

if TYPE_CHECKING:
    import sqlalchemy as sa

MOST_SHOWN = 20
"""Tables that an error names."""

_TOKEN = re.compile(
    r"""(?P<skipped>\s+|--[^\n]*|/\*.*?\*/)"""
    r"""|(?P<quoted>[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)"""
    r"""|(?P<token>[^\W\d][\w$]*|.)""",
    re.DOTALL,
)
_CHANGES = frozenset({"insert", "update", "delete", "merge"})

_TABLES = {
    "postgresql": """
        select n.nspname, c.relname, pg_table_is_visible(c.oid)
        from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'v', 'm', 'p', 'f') and not c.relispartition
        and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg\\_%'
        order by 3 desc, 1, 2""",
    "sqlite": """
        select 'main', name, true from sqlite_master
        where type in ('table', 'view') and name not like 'sqlite\\_%' escape '\\' order by 2""",
    "duckdb": """
        select table_schema, table_name, table_schema = current_schema()
        from information_schema.tables where table_catalog = current_database() order by 3 desc, 1, 2""",
}


@dataclass(frozen=True, slots=True)
class Table:
    """A table or view of a database, and whether its schema need not be said."""

    schema: str
    name: str
    visible: bool = False

    @property
    def full(self) -> str:
        """Its name with its schema."""
        return f"{self.schema}.{self.name}"

    def __str__(self) -> str:
        return self.name if self.visible else self.full

    @property
    def quoted(self) -> str:
        """Its name as a database takes it, every character as it is."""
        return f"{quoted(self.schema)}.{quoted(self.name)}"


@dataclass(frozen=True, slots=True)
class Statement:
    """A SELECT, what to call its rows, and what a reader must know of the choice."""

    sql: str
    name: str
    notes: tuple[str, ...] = ()


def check(query: str | None, table: str | None) -> None:
    """Raise where a query is not one SELECT, or where a table is named beside it.

    Raises
    ------
    SettingError
        Before anything is sent.
    """
    if query is not None and table is not None:
        raise SettingError("query: a table is named too: give one of them")
    if query is not None:
        select(query)


def select(query: str) -> str:
    """Return a query without its last semicolon, when it is one SELECT, or WITH and a SELECT.

    Raises
    ------
    SettingError
        When it is anything else.

    Examples
    --------
    >>> select("select title from tracks where artist = 'a;b'; -- all")
    "select title from tracks where artist = 'a;b'"
    """
    tokens = [(m["token"].lower(), m.start()) for m in _TOKEN.finditer(query) if m["token"]]
    while tokens and tokens[-1][0] == ";":
        query = query[: tokens.pop()[1]]
    words = [word for word, _ in tokens]
    first = next((word for word in words if word != "("), "")
    if first not in ("select", "with"):
        raise SettingError(
            f"query: begins with {first or 'nothing'!r}, and is no SELECT: give one that only reads"
        )
    if ";" in words:
        raise SettingError("query: holds several statements: give one SELECT")
    if "'" in words or '"' in words:
        raise SettingError("query: a quote is not closed: close it")
    changing = {word for before, word in pairwise(words) if before in "()"} & _CHANGES
    if "into" in words or changing:
        raise SettingError("query: would change the database: give a SELECT that only reads")
    return query


def statement(connection: sa.Connection, address: Address, query: str | None, table: str | None) -> Statement:
    """Say what to send for a query, for a table, or for the only table that there is.

    Raises
    ------
    ReadError
        When the table is not there; or when none is named, and there are none or several.
    """
    if query is not None:
        sql = select(query)
        if address.kind == "duckdb":  # it would run several, where the others take one
            found = [one.type.name for one in driver(connection).extract_statements(sql)]
            if found != ["SELECT"]:
                raise SettingError(f"query: is {', '.join(found)} to DuckDB: give one SELECT")
        return Statement(sql, "query")
    known = tables(connection, address.kind)
    chosen = _only(address, known) if table is None else matched(known, table)
    if chosen is None:
        raise ReadError(_absent(address, table or "", known))
    notes = () if table is not None else (f"{chosen}: the only table of the database",)
    sql = f"select * from {chosen.quoted}"  # noqa: S608 - the name is quoted
    return Statement(sql, f"table {chosen}", notes)


def _only(address: Address, known: Sequence[Table]) -> Table:
    """Return the only table that there is."""
    if not known:
        raise ReadError(f"{address.where}: holds no tables: name another database")
    if len(known) > 1:
        raise ReadError(f"{address.where}: holds {len(known)} tables: name one by --table ({_shown(known)})")
    return known[0]


def tables(connection: sa.Connection, kind: Kind) -> list[Table]:
    """List the tables and views of a database, those first whose schema need not be said."""
    return [Table(row[0], row[1], bool(row[2])) for row in send(connection, _TABLES[kind])]


def matched(known: Sequence[Table], text: str) -> Table | None:
    """Find a table by its name with or without its schema, as it stands or else in any case.

    Examples
    --------
    >>> known = [Table("public", "Tracks", True), Table("music", "tracks"), Table("music", "tags")]
    >>> [str(matched(known, text)) for text in ("tracks", "TRACKS", "music.tracks", "Tags", "none")]
    ['music.tracks', 'Tracks', 'music.tracks', 'music.tags', 'None']
    """
    for fold in (str, str.casefold):
        wanted = fold(text)
        for near in (
            [table for table in known if fold(table.full) == wanted],
            [table for table in known if table.visible and fold(table.name) == wanted],
            [table for table in known if fold(table.name) == wanted],
        ):
            if len(near) == 1:
                return near[0]
    return None


def quoted(name: str) -> str:
    """Write a name so that a database takes every character of it as it is."""
    return '"' + name.replace('"', '""') + '"'


def _absent(address: Address, text: str, known: Sequence[Table]) -> str:
    names = {name.casefold(): str(table) for table in known for name in (table.full, table.name)}
    near = get_close_matches(text.casefold(), names, n=1)
    hint = f"did you mean {names[near[0]]!r}?" if near else "name one that is there"
    return f"{address.where}: no table {text!r}: {hint} (tables: {_shown(known) or 'none'})"


def _shown(known: Sequence[Table]) -> str:
    return ", ".join(map(str, known[:MOST_SHOWN])) + (" ..." if len(known) > MOST_SHOWN else "")
