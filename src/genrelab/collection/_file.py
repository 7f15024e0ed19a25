"""An SQLite file that is a collection: opened, made where it may be, locked while it is written."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, TypeVar

from genrelab.collection._lock import Lock
from genrelab.errors import GenrelabError, MissingFile, OutputError, ReadError

F = TypeVar("F", bound="File")

APPLICATION = 0x67656E72  # "genr", by which SQLite files tell whose they are
FORMAT = 1
PATIENCE = 10.0
"""Seconds to wait for another program that holds the file for a moment."""

_TABLES = """
CREATE TABLE about (service TEXT, name TEXT, value TEXT NOT NULL, PRIMARY KEY (service, name)) WITHOUT ROWID;
CREATE TABLE question (
    id INTEGER PRIMARY KEY,
    service TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'answered', 'absent', 'failed')),
    reason TEXT NOT NULL DEFAULT '',
    failures INTEGER NOT NULL DEFAULT 0,
    UNIQUE (service, kind, key)
);
CREATE INDEX question_state ON question (service, state, kind);
CREATE INDEX question_open ON question (service, kind, failures) WHERE state = 'open';
CREATE TABLE answer (question INTEGER PRIMARY KEY REFERENCES question, body TEXT NOT NULL);
CREATE TABLE wanted (
    position INTEGER PRIMARY KEY,
    question INTEGER NOT NULL REFERENCES question,
    track_id TEXT NOT NULL, title TEXT NOT NULL, artist TEXT NOT NULL,
    UNIQUE (question, track_id, title, artist)
);
CREATE TABLE unasked (
    position INTEGER PRIMARY KEY,
    service TEXT NOT NULL, row INTEGER NOT NULL,
    track_id TEXT NOT NULL, title TEXT NOT NULL, artist TEXT NOT NULL, reason TEXT NOT NULL,
    UNIQUE (service, row, track_id, title, artist, reason)
);
"""


_FOREIGN = "is no collection of genrelab: name one that 'genrelab collect' wrote"


class File:
    """An SQLite file that is a collection: opened, made where it may be, and locked while it is written."""

    def __init__(self, path: Path | str, *, writing: bool) -> None:
        self.path = Path(path)
        self._writing = writing
        self._lock: Lock | None = None
        self._connection = self._opened()
        try:
            with self._told():
                self._prepare()
        except BaseException:
            self.close()
            raise

    def __enter__(self: F) -> F:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file and let others write it."""
        if self._lock is not None:
            self._rest()
        self._connection.close()
        if self._lock is not None:
            self._lock.free()
            self._lock = None

    def _rest(self) -> None:
        """Leave one plain file, to be read where nothing may be written; not while a reader has it open."""
        with suppress(sqlite3.Error):
            self._connection.execute("PRAGMA busy_timeout = 0")
            self._connection.execute("PRAGMA journal_mode = DELETE")

    def services(self) -> tuple[str, ...]:
        """Name the services that the file holds questions to."""
        found: list[str] = []
        after = "SELECT min(service) FROM question WHERE service > ?"
        with self._told():
            # One look into the index for each, however many questions there are.
            while (name := self._one(after, found[-1] if found else "")) is not None:
                found.append(str(name))
        return tuple(found)

    def _opened(self) -> sqlite3.Connection:
        """Open the file, and take the lock for writing; nothing is changed where it is not ours."""
        self._check_place()
        if not self._writing:
            with self._told():
                return _connected(self.path, "ro")
        self._lock = Lock(self.path)
        try:
            with self._told():
                self._look_first()
                return _connected(self.path, "rwc")
        except BaseException:
            self._lock.free()
            raise

    def _look_first(self) -> None:
        """Raise where the file is not ours, before anything could be changed."""
        if not self.path.exists() or not self.path.stat().st_size:
            return
        try:
            with closing(_connected(self.path, "ro")) as connection:
                self._holds_tables(connection)
        except sqlite3.OperationalError as error:
            # Who made it was killed, and only a writer can mend that; it looks again.
            if _code(error) != sqlite3.SQLITE_READONLY:
                raise

    def _check_place(self) -> None:
        if self.path.is_file():
            return
        if self.path.exists():
            wrong = OutputError if self._writing else ReadError
            raise wrong(f"{self.path}: is a folder or a device: name a collection file")
        if not self._writing:
            raise MissingFile(f"{self.path}: no such file: name one that 'genrelab collect' wrote")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                f"{self.path}: cannot be written ({error.strerror}): choose another place"
            ) from error

    def _prepare(self) -> None:
        """Make the tables where there are none."""
        made = self._holds_tables(self._connection)
        if not self._writing:
            return
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            self._connection.execute(f"PRAGMA {pragma}")
        if made:
            return
        with self._transaction():
            marks = f"PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {FORMAT}"
            for statement in f"{_TABLES}{marks}".split(";"):
                self._connection.execute(statement)

    def _holds_tables(self, connection: sqlite3.Connection) -> bool:
        """Whether the tables are there; a new file has none. Raise where the file is not ours."""
        application, version, tables = (
            connection.execute(asked).fetchone()[0]
            for asked in (
                "PRAGMA application_id",
                "PRAGMA user_version",
                "SELECT count(*) FROM sqlite_master",
            )
        )
        if application == APPLICATION and version > FORMAT:
            raise ReadError(f"{self.path}: is of format {version}, which is newer: update genrelab")
        if application == APPLICATION:
            return True
        if application or version or tables or not self._writing:
            raise ReadError(f"{self.path}: {_FOREIGN}")
        return False

    @contextmanager
    def _transaction(self, kind: Literal["IMMEDIATE", "DEFERRED"] = "IMMEDIATE") -> Iterator[None]:
        """Change everything that the block changes, or nothing."""
        with self._told():
            self._connection.execute(f"BEGIN {kind}")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say in our words what SQLite finds wrong with the file."""
        try:
            yield
        except sqlite3.ProgrammingError:
            raise  # it is wrong with us
        except UnicodeDecodeError as error:  # SQLite's own words quote what is damaged
            raise self._damaged("text that is none") from error
        except sqlite3.IntegrityError as error:  # no statement of ours meets this in a file that is whole
            raise self._damaged(str(error)) from error
        except sqlite3.DatabaseError as error:
            raise self._said(error) from error

    def _said(self, error: sqlite3.DatabaseError) -> GenrelabError:
        code = _code(error)
        if code == sqlite3.SQLITE_NOTADB:
            return ReadError(f"{self.path}: {_FOREIGN}")
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return OutputError(f"{self.path}: another program holds it: wait for it, or stop it")
        if not code:  # said by Python, of a column that it cannot decode
            return self._damaged("text that is none")
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_ERROR):
            return self._damaged(str(error))
        if self._writing:
            return OutputError(
                f"{self.path}: cannot be written ({error}): make room, or choose another place"
            )
        return ReadError(f"{self.path}: cannot be read ({error}): see whether you may read it")

    def _damaged(self, what: str) -> ReadError:
        plain = " ".join("".join(c if c.isprintable() else " " for c in what).split())[:200]
        return ReadError(f"{self.path}: is damaged ({plain}): take a copy of it that is whole, or begin anew")

    def _one(self, statement: str, *values: object) -> Any:
        """Return the first value of the first row, or None."""
        row = self._connection.execute(statement, values).fetchone()
        return row and row[0]


def recognised(path: Path | str) -> bool:
    """Whether a file is a collection, of whatever format, without a look at what it holds."""
    file = Path(path)
    try:
        if not file.is_file():
            return False
        with closing(_connected(file, "ro", patience=0.0)) as connection:
            return bool(connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION)
    except sqlite3.DatabaseError as error:
        return _code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_CORRUPT) and _marked(file)
    except (OSError, ValueError):
        return False


def _marked(file: Path) -> bool:
    """Whether the first page says that it is ours, of a file that is damaged or held by another program."""
    with file.open("rb") as opened:
        return opened.read(72)[68:] == APPLICATION.to_bytes(4, "big")


def _connected(path: Path, mode: Literal["ro", "rwc"], *, patience: float = PATIENCE) -> sqlite3.Connection:
    address = f"{path.resolve().as_uri()}?mode={mode}"
    return sqlite3.connect(address, patience, isolation_level=None, uri=True)


def _code(error: sqlite3.DatabaseError) -> int:
    """Return what SQLite says is wrong, without its finer differences."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF
