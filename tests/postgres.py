"""A real PostgreSQL server for tests: an ordinary user's, on loopback only, with a password; then gone."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

import pytest

HOST, USER = "127.0.0.1", "keeper"
PASSWORD = "Geh3im@/:%zÿ"
"""It has every character that an address must write otherwise, and no other text holds it."""
SECRETS = (PASSWORD, quote(PASSWORD, safe=""), quote(PASSWORD), "Geh3im")

QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_wal_size=256MB", "jit=off")
"""Settings that would lose data when the machine fails, which is nothing to tests."""
START_WAIT = 30


@dataclass(frozen=True)
class Server:
    """A server that runs."""

    port: int
    database: str = "postgres"
    host: ClassVar[str] = HOST
    user: ClassVar[str] = USER
    password: ClassVar[str] = PASSWORD

    @staticmethod
    def betrayed(text: str) -> bool:
        """Whether a text holds the password, in whatever way it is written."""
        return any(secret in text for secret in SECRETS)

    @property
    def place(self) -> str:
        """Its address without user and password."""
        return f"{HOST}:{self.port}/{self.database}"

    @property
    def url(self) -> str:
        """Its address with the password."""
        return f"postgresql://{USER}:{quote(PASSWORD, safe='')}@{self.place}"

    @property
    def shown(self) -> str:
        """Its address as it may be shown."""
        return f"postgresql://{USER}@{self.place}"

    def run(self, *statements: str) -> list[tuple[Any, ...]]:
        """Run statements, each in a transaction of its own, and return the rows of the last."""
        import psycopg

        rows: list[tuple[Any, ...]] = []
        with psycopg.connect(
            host=HOST, port=self.port, user=USER, password=PASSWORD, dbname=self.database, autocommit=True
        ) as connection:
            for statement in statements:
                cursor = connection.execute(statement.encode())
                rows = cursor.fetchall() if cursor.description else []
        return rows


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A server, one for each process of tests that asks for it."""
    missing = absent()
    if missing:
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    with running() as found:
        found.run("create database music")
        yield Server(found.port, "music")


@pytest.fixture
def music(server: Server) -> Iterator[Server]:
    """An empty database."""
    yield server
    schemas = server.run("select nspname from pg_namespace where nspname !~ '^(pg_|information_schema)'")
    server.run(*(f'drop schema "{name}" cascade' for (name,) in schemas))
    server.run("create schema public", "grant usage on schema public to public")


def absent() -> str:
    """Say why there can be no server; empty where there can."""
    if not _folders():
        return "PostgreSQL is not installed (Debian: apt-get install postgresql)"
    return ""


def _folders() -> list[Path]:
    """Return the folders of its programs, the newest version's first."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return sorted(found, key=lambda path: float(path.parent.name), reverse=True)


@contextmanager
def running() -> Iterator[Server]:
    """Make a cluster in a folder of its own, run a server on it, and remove both whatever happens."""
    folder = Path(tempfile.mkdtemp(prefix="genrelab-postgres-"))
    try:
        _initialise(folder)
        with _started(folder) as port:
            yield Server(port)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _ordinary() -> dict[str, Any]:
    """Say as whom to run: PostgreSQL refuses to be run by root."""
    if os.geteuid() != 0:
        return {}
    known = {entry.pw_name for entry in pwd.getpwall()}
    entry = pwd.getpwnam("postgres" if "postgres" in known else "nobody")
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _initialise(folder: Path) -> None:
    secret = folder / "password"
    secret.write_text(PASSWORD, encoding="utf-8")
    as_whom = _ordinary()
    if as_whom:
        for path in (folder, secret):
            os.chown(path, as_whom["user"], as_whom["group"])
    words = ["--username", USER, "--pwfile", str(secret), "--auth", "scram-sha-256", "--no-sync"]
    words += ["--encoding", "UTF8", "--locale", "C.UTF-8", "-D", str(folder / "data")]
    subprocess.run([_folders()[0] / "initdb", *words], check=True, capture_output=True, cwd=folder, **as_whom)
    secret.unlink()


@contextmanager
def _started(folder: Path) -> Iterator[int]:
    port = _free_port()
    settings = (f"port={port}", f"listen_addresses={HOST}", "unix_socket_directories=", *QUICK)
    words = [word for setting in settings for word in ("-c", setting)]
    log = folder / "log"
    with log.open("wb") as said:
        process = subprocess.Popen(
            [_folders()[0] / "postgres", "-D", folder / "data", *words],
            stdout=said,
            stderr=said,
            cwd=folder,
            **_ordinary(),
        )
    try:
        _await(process, port, log)
        yield port
    finally:
        process.send_signal(signal.SIGQUIT)  # at once: nothing in it will be needed
        process.wait(START_WAIT)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _await(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Wait until the server lets us in."""
    import psycopg

    until = time.monotonic() + START_WAIT
    while process.poll() is None and time.monotonic() < until:
        try:
            Server(port).run("select 1")
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text(errors='replace')[-2000:]}")
