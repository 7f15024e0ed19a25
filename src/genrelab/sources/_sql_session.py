"""Sessions with a database: to read only, or to change it in one transaction; troubles told in one line."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

from genrelab.errors import GenrelabError, MissingExtra
from genrelab.sources._sql_address import Address

if TYPE_CHECKING:
    import sqlalchemy as sa

    Sent: TypeAlias = "sa.CursorResult[*tuple[Any, ...]]"

LOCK_WAIT = 5
"""Seconds to wait until another program lets go of a file."""
CONNECT_WAIT = 10
"""Seconds to wait for a server, unless the user says otherwise."""
PAGE = 5_000
"""Rows that are Python's at once: they weigh ten times what they do in a table."""

_ADVICE = (
    (
        r"authentication failed|no password|no pg_hba",
        "check user and password; PGPASSWORD or a password file may give it",
    ),
    (r"resolve host|translate host|name or service", "check the host's name"),
    (
        r"connection refused|timeout expired|unreachable|no route|no such file",
        "check the address, and that it runs",
    ),
    (r"(?:database|role) \S+ does not exist|\bssl\b|connection option|port number", "check the address"),
    (r"database is locked|set lock|lock timeout", "close the program that uses it, then try again"),
    (r"canceling statement|statement timeout", "ask for less, or let statements take longer"),
    (r"closed the connection|terminating connection|connection .*(?:lost|closed|reset)", "try again"),
    (r"malformed|not a database|corrupt|decode|invalid byte", "mend it, or copy it anew"),
    (r"permission denied|must be owner", "ask for the right to it"),
    (r"unable to open", "check its permissions, and those of its folder"),
    (r"depends? on", "drop what depends on it, or choose another name"),
    (
        r"read-?only (?:transaction|database|mode)",
        "a query may only read; an output needs a place that can be written",
    ),
    (r"disk.*full|no space", "make room"),
)
"""What to do about what databases say."""


@contextmanager
def reading(address: Address) -> Iterator[sa.Connection]:
    """Open a session in which nothing can be changed, and which sees the database as it is now.

    Raises
    ------
    MissingExtra
        When a driver is not installed.
    """
    with _engine(address, read_only=True).connect() as connection:
        if address.kind == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            # Scans of large tables would begin anywhere, so that the same table came in another order.
            connection.exec_driver_sql("set local synchronize_seqscans = off")
        elif address.kind == "sqlite":
            connection.exec_driver_sql("pragma query_only = on")
            connection.exec_driver_sql("begin")
        _quieten(connection, address)
        yield connection


@contextmanager
def changing(address: Address, *, rehearsed: bool = False) -> Iterator[sa.Connection]:
    """Open a session with one transaction, which is undone unless the block ends well, or when rehearsed.

    Raises
    ------
    MissingExtra
        When a driver is not installed.
    """
    with _engine(address, read_only=False).connect() as connection:
        if address.kind == "sqlite":
            connection.exec_driver_sql("begin immediate")
        if address.kind == "postgresql" and rehearsed:
            connection.exec_driver_sql(f"set local lock_timeout = '{LOCK_WAIT}s'")
        _quieten(connection, address)
        yield connection
        if not rehearsed:
            connection.commit()


def _quieten(connection: sa.Connection, address: Address) -> None:
    """Keep DuckDB from drawing a progress bar among what a command prints."""
    if address.kind == "duckdb":
        connection.exec_driver_sql("set enable_progress_bar = false")


def send(connection: sa.Connection, sql: str, *, streamed: bool = False) -> Sent:
    """Send a statement as it stands; a server gives the rows of a streamed one only as they are asked for."""
    options: dict[str, Any] = {"no_parameters": True}
    if streamed:
        options |= {"stream_results": True, "max_row_buffer": PAGE}
    return connection.exec_driver_sql(sql, execution_options=options)


def driver(connection: sa.Connection) -> Any:
    """Return the driver's own connection."""
    return connection.connection.driver_connection


@contextmanager
def told(address: Address, leaf: type[GenrelabError], advice: str) -> Iterator[None]:
    """Tell what a database or its driver complains of in one line without passwords, and what to do."""
    try:
        yield
    except Exception as error:
        if not _is_databases(error):
            raise
        # The driver's own error would show the address, and the statement, to whoever prints the chain.
        raise leaf(_line(address, getattr(error, "orig", None) or error, advice)) from None


def _is_databases(error: Exception) -> bool:
    """Whether an error is SQLAlchemy's or a driver's, whichever are installed, or that of text they read."""
    return isinstance(error, UnicodeDecodeError) or any(
        kind.__module__.split(".")[0] in ("sqlalchemy", "psycopg", "sqlite3", "_duckdb", "duckdb")
        for kind in type(error).__mro__
    )


def _line(address: Address, error: BaseException, advice: str) -> str:
    what = address.without_secrets(_essence(error))
    found = (told for sign, told in _ADVICE if re.search(sign, what, re.IGNORECASE))
    hint = getattr(getattr(error, "diag", None), "message_hint", None)
    done = address.without_secrets(" ".join(hint.split()).rstrip(".")) if hint else next(found, advice)
    return f"{address.where}: {what}: {done}"


def _essence(error: BaseException) -> str:
    """Return the line that says what is wrong: servers put theirs last, the others theirs first."""
    primary = getattr(getattr(error, "diag", None), "message_primary", None)
    lines = [line.strip() for line in str(primary or error).splitlines() if line.strip()]
    if not lines:
        return type(error).__name__
    fatal = [line for line in lines if re.search(r"FATAL|failed: |failed to", line)]
    line = fatal[-1] if fatal else lines[0]
    said = re.sub(r"^.*(?:FATAL:\s+|failed: )|^[\w ]+ Error: ", "", line)
    return said.rstrip(".?!: ")


def _engine(address: Address, *, read_only: bool) -> sa.Engine:
    try:
        import sqlalchemy as sa  # noqa: PLC0415 - an extra

        if address.kind == "postgresql":
            return _server(address)
        if address.kind == "sqlite":
            return _sqlite(address, read_only=read_only)
        return sa.create_engine(
            sa.URL.create("duckdb", database=address.database),
            # Else a table that is missing would be taken from the variables of the program.
            connect_args={"read_only": read_only, "config": {"python_enable_replacements": "false"}},
            poolclass=sa.NullPool,
        )
    except ImportError as error:
        raise MissingExtra(error.name or "a driver", "sql") from error
    except sa.exc.NoSuchModuleError as error:
        raise MissingExtra("duckdb-engine", "sql") from error


def _server(address: Address) -> sa.Engine:
    import sqlalchemy as sa  # noqa: PLC0415 - an extra

    options: dict[str, Any] = {"client_encoding": "utf8", "application_name": "genrelab"}
    if "PGCONNECT_TIMEOUT" not in os.environ:
        options["connect_timeout"] = CONNECT_WAIT
    url = sa.URL.create(
        "postgresql+psycopg",
        address.user or None,
        address.password or None,
        address.host.strip("[]") or None,
        address.port,
        address.database or None,
    )
    given = dict(address.options)
    return sa.create_engine(url, connect_args=options | given, poolclass=sa.NullPool, hide_parameters=True)


def _sqlite(address: Address, *, read_only: bool) -> sa.Engine:
    import sqlite3  # noqa: PLC0415 - costs every other command its time

    import sqlalchemy as sa  # noqa: PLC0415 - an extra

    place = address.place.absolute().as_uri() + ("?mode=ro" if read_only else "?mode=rwc")

    def connect() -> sqlite3.Connection:
        # No isolation level: the driver would begin and commit where it sees fit.
        return sqlite3.connect(place, uri=True, timeout=LOCK_WAIT, isolation_level=None)

    return sa.create_engine("sqlite://", creator=connect, poolclass=sa.NullPool)
