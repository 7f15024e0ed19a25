"""Addresses of databases: which one is meant, and what of it may be shown."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias
from urllib.parse import parse_qsl, quote, unquote

from genrelab import collection
from genrelab.errors import MissingFile, ReadError, SettingError

Kind: TypeAlias = Literal["postgresql", "sqlite", "duckdb"]
Where: TypeAlias = Path | str | Sequence[Path | str]
"""A database's address or file; one of them where it is a list."""

SUFFIXES = frozenset({".db", ".sqlite", ".sqlite3", ".duckdb"})
KNOWN = "postgresql://, sqlite:/// or duckdb:///"

_SCHEME = re.compile(r"([A-Za-z][\w+.-]+)://|(postgres[\w+]*):/")
"""How an address begins; a `Path` made of one has lost a slash, and must not pass for a file's name."""

_SERVER = re.compile(
    r"(?:(?P<user>[^:/?@]*)(?::(?P<password>[^/?@]*))?@)?(?P<host>\[[^\]/?@]*\]|[^:/?@]*)(?::(?P<port>\d+))?"
    r"(?:/(?P<database>[^?@]*))?(?:\?(?P<options>[^@]*))?"
)
_SECRET = re.compile("password|secret|token")
"""What the names of options say that hold secrets."""
_GIVEN_SECRET = re.compile(
    r"((?:password|passwd|secret|token)\w*\s*=\s*)(?:''.*?''|'[^']*'|[^\s'\"]+)|(://[^\s:/@'\"]*:)[^\s'\"]*(?=@)",
    re.IGNORECASE,
)
"""A password in a query: among libpq's words, or in an address."""
LONGEST = 300
"""Characters of a query that are shown."""
_MARKS = (("sqlite", 0, b"SQLite format 3\0"), ("duckdb", 8, b"DUCK"))


@dataclass(frozen=True, slots=True, repr=False)
class Address:
    """Where a database is.

    Attributes
    ----------
    kind
        Which database it is.
    database
        Its name on a server, or its file.
    user, password, host, port
        Of a server; empty where libpq's defaults, variables and files decide.
    options
        What else the address asks of a server.
    """

    kind: Kind
    database: str
    user: str = ""
    password: str = ""
    host: str = ""
    port: int | None = None
    options: tuple[tuple[str, str], ...] = ()

    def __repr__(self) -> str:
        return f"Address({self.shown!r})"

    @property
    def shown(self) -> str:
        """The address without its password and options, or the name of the file."""
        if self.kind != "postgresql":
            return Path(self.database).name
        user = f"{quote(self.user)}@" if self.user else ""
        port = f":{self.port}" if self.port else ""
        return f"postgresql://{user}{self.host}{port}/{quote(self.database)}"

    @property
    def where(self) -> str:
        """What errors call it: as `shown`, but the whole path of a file."""
        return self.shown if self.kind == "postgresql" else self.database

    @property
    def place(self) -> Path:
        """The file of a database that is one."""
        return Path(self.database)

    def without_secrets(self, text: str) -> str:
        """Take every password that the address or the environment gives out of a text."""
        given = [value for name, value in self.options if _SECRET.search(name)]
        secrets = {self.password, *given, os.environ.get("PGPASSWORD", "")} - {""}
        encoded = {quote(secret, safe=safe) for secret in secrets for safe in ("", "/")}
        for secret in sorted(secrets | encoded, key=len, reverse=True):
            text = text.replace(secret, "***")
        return text


def recognised(paths: Where) -> bool:
    """Tell whether `paths` are a database, by address or by the ending of a file's name.

    Examples
    --------
    >>> recognised("postgresql://ann@localhost/music"), recognised(["music.duckdb"]), recognised("songs.csv")
    (True, True, False)
    """
    return any(_is_address(one) or _is_file(one) for one in _listed(paths))


def named(url: Path | str, *, query: str | None = None, table: str | None = None) -> str:
    """Return what may be shown of a database: no password, and no options, which may hold one.

    Of a query its first `LONGEST` characters, on one line, without what looks like a password.

    Examples
    --------
    >>> named("postgresql://ann:s3cret@db.example/music?sslmode=require"), named("sqlite:///songs/music.db")
    ('postgresql://ann@db.example/music', 'music.db')
    >>> named("music.duckdb", query="select * from postgres_scan('password=s3cret', 'public', 'tracks')")
    "music.duckdb, query: select * from postgres_scan('password=***', 'public', 'tracks')"
    """
    try:
        address = parsed(url)
    except SettingError:
        return _scheme(str(url)) + "://..."
    if query is None:
        return f"{address.shown}, table {table}" if table else address.shown
    told = " ".join(_GIVEN_SECRET.sub(r"\1\2***", address.without_secrets(query)).split())
    return f"{address.shown}, query: {told if len(told) <= LONGEST else told[:LONGEST] + ' ...'}"


def without_password(text: str) -> str:
    """Return an address as `named` does, so that it can be given again; other words as they are.

    Examples
    --------
    >>> without_password("postgresql://ann:s3cret@db.example/music"), without_password("songs/music.db")
    ('postgresql://ann@db.example/music', 'songs/music.db')
    """
    return named(text) if _scheme(text) not in ("", "sqlite", "duckdb") else text


def parsed(where: Where) -> Address:
    """Read an address, or the path of a file.

    Raises
    ------
    SettingError
        When it is no address, or of a database that is not known, or several were given.
    """
    given = _listed(where)
    if len(given) != 1:
        raise SettingError(f"{len(given)} tables: a database is read alone: name one, and others with --join")
    text = str(given[0])
    if not _is_address(text):
        return Address(_kind_of(Path(text)), text)
    scheme = _scheme(text)
    kind, _, driver = scheme.partition("+")
    if kind in ("postgresql", "postgres") and driver in ("", "psycopg"):
        return _server(text)
    if (kind == "sqlite" and driver in ("", "pysqlite")) or scheme == "duckdb":
        return _file(text, "sqlite" if kind == "sqlite" else "duckdb")
    raise SettingError(f"{scheme}://...: no database that is known: give {KNOWN}, or a file")


def existing(where: Where) -> Address:
    """Read an address; where it names a file, make sure that it is what it is said to be.

    Raises
    ------
    MissingFile
        When there is no such file.
    ReadError
        When it is no database, or one of another kind, or a collection.
    SettingError
        As `parsed`.
    """
    address = parsed(where)
    if address.kind == "postgresql":
        return address
    if not address.place.is_file():
        raise MissingFile(f"{address.where}: no such file: check the path")
    if not os.access(address.place, os.R_OK):
        raise ReadError(f"{address.where}: may not be read: change its permissions")
    found = _marked(address.place)
    if found is None:
        raise ReadError(f"{address.where}: neither an SQLite nor a DuckDB file: name a database")
    if found != address.kind:
        raise ReadError(f"{address.where}: its content is that of {found}: write {found}:///{address.place}")
    if collection.recognised(address.place):
        raise ReadError(f"{address.where}: a collection, and no database of tables: give its path alone")
    return address


def _listed(where: Where) -> list[Path | str]:
    return [where] if isinstance(where, str | Path) else list(where)


def _is_address(one: Path | str) -> bool:
    return _SCHEME.match(str(one)) is not None


def _is_file(one: Path | str) -> bool:
    return Path(one).suffix.lower() in SUFFIXES and not Path(one).is_dir()


def _scheme(text: str) -> str:
    match = _SCHEME.match(text)
    return (match[1] or match[2]).lower() if match else ""


def _server(text: str) -> Address:
    """Read the address of a server; a stray @ may be part of a password, so that nothing of it is shown."""
    scheme, _, rest = text.partition(":")
    if not rest.startswith("//"):
        raise SettingError(f"{scheme}://...: a path has lost one of its slashes: give an address as text")
    match = _SERVER.fullmatch(rest[2:])
    if match is None:
        raise SettingError(
            f"{scheme}://...: its parts cannot be told apart: write @ / ? and : in user and password"
            " as %40 %2F %3F %3A"
        )
    found = {name: unquote(value or "") for name, value in match.groupdict().items() if name != "options"}
    options = parse_qsl(match["options"] or "", keep_blank_values=True)
    return Address(
        "postgresql",
        found["database"],
        found["user"],
        found["password"],
        found["host"],
        int(found["port"]) if found["port"] else None,
        tuple(options),
    )


def _file(text: str, kind: Kind) -> Address:
    path = text.partition(":///")[2]
    if not path or path == ":memory:" or "?" in path:
        raise SettingError(f"{kind}: names no file: write {kind}:///music.db, without options")
    return Address(kind, path)


def _kind_of(path: Path) -> Kind:
    """Tell the kind of a file by its content, or by its name where there is none yet."""
    return (_marked(path) if path.is_file() else None) or ("duckdb" if path.suffix == ".duckdb" else "sqlite")


def _marked(path: Path) -> Kind | None:
    """Tell the kind of a database by the mark in its first bytes."""
    try:
        with path.open("rb") as file:
            start = file.read(16)
    except OSError:
        return None
    kinds: dict[str, Kind] = {"sqlite": "sqlite", "duckdb": "duckdb"}
    return next((kinds[kind] for kind, place, mark in _MARKS if start[place:].startswith(mark)), None)
