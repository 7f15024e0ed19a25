"""Databases: the same tracks from each as from a file, nothing changed in them, each trouble on one line."""

from __future__ import annotations

import logging
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

import duckdb
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from genrelab import schema, sources
from genrelab.errors import (
    GenrelabError,
    MissingExtra,
    MissingFile,
    OutputError,
    ReadError,
    SchemaError,
    SettingError,
)
from genrelab.sources import _sql_query, _sql_session, _sql_writing, sql, table
from genrelab.sources._reading import EmptyTable

if TYPE_CHECKING:
    from tests.postgres import Server

pytest_plugins = ("tests.postgres",)


class Database(Protocol):
    """A database that a test may fill by its own means."""

    @property
    def url(self) -> str:
        """Its address."""

    def run(self, *statements: str) -> list[tuple[Any, ...]]:
        """Run statements and return the rows of the last."""


class File:
    """A database in a file."""

    def __init__(self, kind: str, path: Path) -> None:
        self.kind, self.path, self.url = kind, path, str(path)
        self.run("create table made (n integer)", "drop table made")  # so that there is a file

    def run(self, *statements: str) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = []
        connection: Any = sqlite3.connect(self.path) if self.kind == "sqlite" else duckdb.connect(self.path)
        for statement in statements:
            rows = connection.execute(statement).fetchall()
        if self.kind == "sqlite":
            connection.commit()
        connection.close()
        return rows


KINDS = ("postgresql", "sqlite", "duckdb")


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    if request.param == "postgresql":
        found: Database = request.getfixturevalue("music")
        return found
    return File(request.param, tmp_path / ("music.db" if request.param == "sqlite" else "music.duckdb"))


@pytest.fixture
def lite(tmp_path: Path) -> File:
    return File("sqlite", tmp_path / "music.db")


def filled(database: Database, name: str = "tracks") -> Database:
    database.run(
        f"create table {name} (id text, title text, bpm double precision, mood text)",
        f"insert into {name} values ('1', 'Blue', 90, 'calm'), ('2', 'Red', 120.5, null)",
        f"insert into {name} values ('3', 'Tan', null, 'a;b')",
    )
    return database


TRACKS = [("1", "Blue", 90.0, "calm"), ("2", "Red", 120.5, None), ("3", "Tan", None, "a;b")]


# Reading ---------------------------------------------------------------------------------------------------


def test_tracks_are_those_of_a_file(database: Database, tmp_path: Path) -> None:
    drawn = schema.sample(400, seed=0).drop("tags")
    drawn.write_csv(tmp_path / "songs.csv")
    sql.write(drawn, database.url, "tracks")
    read = sources.read(database.url, table="tracks")
    expected = table.read(tmp_path / "songs.csv")
    assert_frame_equal(read.tracks, expected.tracks)
    assert (read.mapped, read.kept, read.rejected.height) == (expected.mapped, expected.kept, 0)


def test_their_names_and_units_become_ours(database: Database) -> None:
    filled(database)
    reading = sql.read(database.url, query="select id, title, bpm, 215000 as duration_ms, mood from tracks")
    assert reading.mapped == {"id": "track_id", "title": "title", "bpm": "tempo", "duration_ms": "duration"}
    assert reading.kept == ("mood",)
    assert reading.tracks["duration"].to_list() == [215.0] * 3
    assert reading.notes == ("duration_ms: milliseconds made seconds",)


def test_a_query_gives_rows_in_its_order(database: Database) -> None:
    filled(database)
    query = "-- all; of them\nwith t as (select * from tracks) select title from t where mood <> 'x;y' or 1=1"
    query += " order by title desc; "
    assert sources.read(database.url, query=query).tracks.rows() == [("Tan",), ("Red",), ("Blue",)]
    share = "select title from tracks where title like 'B%' and ':x' <> '%s'"
    assert sources.read([database.url], query=share).tracks.rows() == [("Blue",)]


def test_the_only_table_is_taken_and_told(database: Database) -> None:
    filled(database)
    reading = sources.read(database.url)
    assert reading.tracks.rows() == TRACKS
    assert reading.notes == ("tracks: the only table of the database",)


def test_of_several_tables_one_must_be_named(database: Database) -> None:
    filled(filled(database), "plays")
    with pytest.raises(ReadError, match=r"holds 2 tables: name one by --table \(plays, tracks\)$"):
        sources.read(database.url)
    with pytest.raises(
        ReadError, match=r"no table 'trakcs': did you mean 'tracks'\? \(tables: plays, tracks\)$"
    ):
        sources.read(database.url, table="trakcs")
    assert sources.read(database.url, table="TRACKS").tracks.rows() == TRACKS


@pytest.mark.parametrize("database", ["postgresql", "duckdb"], indirect=True)
def test_tables_of_schemas(database: Database) -> None:
    database.run("create schema library")
    filled(filled(database, "library.tracks"), "plays")
    for name in ("library.tracks", "Library.Tracks", "tracks"):
        assert sources.read(database.url, table=name).tracks.rows() == TRACKS
    with pytest.raises(ReadError, match=r"did you mean 'library.tracks'\?"):
        sources.read(database.url, table="libary.tracks")


@pytest.mark.parametrize("name", ['my "best" songs', "50%", "a.b", "Größe", "select"])
def test_names_of_any_characters(database: Database, name: str) -> None:
    quoted = name.replace('"', '""')
    database.run(
        f'create table "{quoted}" (title text, "p 100%" integer)',
        f"insert into \"{quoted}\" values ('Blue', 1)",
    )
    reading = sources.read(database.url, table=name)
    assert (reading.tracks.columns, reading.tracks.rows()) == (["title", "p 100%"], [("Blue", 1)])


def test_views_are_tables_too(database: Database) -> None:
    filled(database).run("create view slow as select * from tracks where bpm < 100")
    assert sources.read(database.url, table="slow").tracks["title"].to_list() == ["Blue"]


def test_batches_are_what_is_read(database: Database) -> None:
    drawn = schema.sample(700, seed=1).drop("tags").with_columns(mood=pl.lit("calm"))
    sql.write(drawn, database.url, "tracks")
    whole = sources.read(database.url, table="tracks").tracks
    for rows in (100, 256, 699, 700, 5000):
        parts = list(sources.batches(database.url, table="tracks", rows=rows))
        assert [part.height for part in parts[:-1]] == [rows] * (len(parts) - 1)
        assert {tuple(part.schema.items()) for part in parts} == {tuple(whole.schema.items())}
        assert_frame_equal(pl.concat(parts), whole)
    some = list(sources.batches(database.url, table="tracks", columns=["tempo", "title"]))
    assert_frame_equal(pl.concat(some), whole.select("title", "tempo"))


def test_types_hold_beyond_the_first_rows(database: Database) -> None:
    """The first 12,000 rows would all be taken for whole numbers, and for nothing but nulls."""
    rows = pl.DataFrame(
        {"bpm": [90.0] * 12_000 + [90.5], "year": [None] * 12_000 + [1999], "x": [1] * 12_001}
    )
    sql.write(rows, database.url, "tracks")
    parts = list(sources.batches(database.url, table="tracks", rows=5_000))
    types = {"tempo": pl.Float64, "release_year": pl.Int64, "x": pl.Int64}
    assert [part.schema for part in parts] == [types] * 3
    assert parts[-1].select("tempo", "release_year").row(-1) == (90.5, 1999)


def test_a_word_among_numbers_is_rejected_by_its_row(lite: File) -> None:
    lite.run("create table tracks (title, bpm, x)")
    lite.run(*(f"insert into tracks values ('t{n}', {n}, {n})" for n in range(9)))
    lite.run("insert into tracks values ('Red', 'fast', 'many'), ('Tan', x'6162', 1.5)")
    reading = sources.read(lite.url)
    assert reading.rejected.rows() == [
        ("music.db, table tracks", 10, "tempo: not a number: 'fast'"),
        ("music.db, table tracks", 11, "tempo: not a number: 'ab'"),
    ]
    assert reading.tracks.schema == {"title": pl.String, "tempo": pl.Float64, "x": pl.String}
    assert reading.tracks["x"].to_list() == [str(n) for n in range(9)]
    with pytest.raises(
        SchemaError, match=r"music.db, table tracks: column 'bpm', row 10: tempo: not a number: 'fast'"
    ):
        list(sources.batches(lite.url, rows=4))
    assert sum(part.height for part in sources.batches(lite.url, rows=4, columns=["title"])) == 11


def test_types_of_sqlite(lite: File) -> None:
    lite.run(
        "create table tracks (id integer, title text, tags, release_date, whole, real, mixed, none, bytes)",
        "insert into tracks values (7, 'Blue', '[\"rock\", \"pop\"]', '1999-02-03', 1, 1, 1, null, x'00ff')",
        "insert into tracks values (8, '', '[]', '2001', 2, 2.5, 'two', null, null)",
    )
    tracks = sources.read(lite.url).tracks
    assert tracks.rows() == [
        ("7", "Blue", ["rock", "pop"], 1999, 1, 1.0, "1", None, b"\x00\xff"),
        ("8", None, [], 2001, 2, 2.5, "two", None, None),
    ]


def test_types_of_postgresql(music: Server) -> None:
    music.run(
        "create type mood as enum ('calm', 'wild')",
        """create table tracks (id numeric(20, 0), title char(9), tags text[], bpm numeric(6, 2),
           release_date date, mode boolean, words jsonb, at timestamptz, moods mood[], numbers float8[],
           exact numeric[], "uuid" uuid, "range" int4range, span interval, bytes bytea, doc json)""",
        """insert into tracks values (12345678901234567891, 'Blue', array['rock', null, 'pop'], 120.25,
           '1999-02-03', true, '["a", 1]', '2001-02-03 04:05:06+00', array['calm', 'wild']::mood[],
           array[1.5, null], array[0.1, 2], '00000000-0000-0000-0000-000000000001', '[1,5)', '1 day',
           '\\x00ff', '{"a": [1]}')""",
        "insert into tracks values (1, 'Red', '{}', 'NaN', 'infinity')",
        "insert into tracks (id, title) values (2, 'Tan')",
    )
    reading = sources.read(f"{music.url}?options=-c%20timezone%3DUTC")
    first, last = reading.tracks.to_dicts()
    assert first == {
        "track_id": "12345678901234567891", "title": "Blue", "tags": ["rock", "pop"], "tempo": 120.25,
        "release_year": 1999, "mode": 1, "words": '["a", 1]', "at": "2001-02-03 04:05:06+00",
        "moods": ["calm", "wild"], "numbers": [1.5, None], "exact": [0.1, 2.0],
        "uuid": "00000000-0000-0000-0000-000000000001", "range": "[1,5)", "span": "1 day",
        "bytes": b"\x00\xff", "doc": '{"a": [1]}',
    }  # fmt: skip
    assert last == dict.fromkeys(first) | {"track_id": "2", "title": "Tan"}
    assert reading.rejected.rows() == [
        (f"{music.database}, table tracks", 2, "release_year: not a date: 'infinity'")
    ]


def test_types_of_duckdb(tmp_path: Path) -> None:
    database = File("duckdb", tmp_path / "music.duckdb")
    database.run(
        """create table tracks (id ubigint, title varchar, tags varchar[], bpm decimal(6, 2),
           release_date date, mode boolean, heard timestamptz, many hugeint,
           pair struct(a integer), "uuid" uuid, pitches float[2], bytes blob, small utinyint)""",
        """insert into tracks values (18446744073709551615, 'Blue', ['rock', null, 'pop'], 120.25,
           '1999-02-03', true, '2001-02-03 04:05:06+00', 5, {'a': 1},
           '00000000-0000-0000-0000-000000000001', [1.5, 2], 'ab', 255)""",
    )
    (first,) = sources.read(database.url).tracks.to_dicts()
    assert first.pop("heard").startswith("2001-02-0")
    assert first == {
        "track_id": "18446744073709551615", "title": "Blue", "tags": ["rock", "pop"], "tempo": 120.25,
        "release_year": 1999, "mode": 1, "many": 5.0, "pair": '{"a": 1}',
        "uuid": "00000000-0000-0000-0000-000000000001", "pitches": [1.5, 2.0], "bytes": b"ab", "small": 255,
    }  # fmt: skip


def test_a_table_that_is_missing_is_not_a_variable(tmp_path: Path) -> None:
    database = File("duckdb", tmp_path / "music.duckdb")
    songs = pl.DataFrame({"title": ["not in the database"]})
    with pytest.raises(ReadError, match="Table with name songs does not exist: correct the query"):
        sources.read(database.url, query="select * from songs")
    assert songs.height == 1


def test_addresses_of_files(lite: File, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(lite)
    monkeypatch.chdir(lite.path.parent)
    (lite.path.parent / "odd ?#%.sqlite").write_bytes(lite.path.read_bytes())
    for address in (
        "music.db",
        Path("music.db"),
        "sqlite:///music.db",
        f"sqlite:///{lite.path}",
        "odd ?#%.sqlite",
    ):
        assert sources.read(address).tracks.rows() == TRACKS
    assert sql.recognised("music.DB")
    assert not sql.recognised(["songs.csv", "folder"])


def test_a_file_is_told_by_its_content(tmp_path: Path) -> None:
    database = File("duckdb", tmp_path / "music.db")
    assert sources.read(filled(database).url).tracks.rows() == TRACKS
    with pytest.raises(ReadError, match="its content is that of duckdb: write duckdb:///"):
        sources.read(f"sqlite:///{database.path}")


# Nothing is changed ----------------------------------------------------------------------------------------

CHANGING = (
    "delete from tracks",
    "select 1; delete from tracks",
    "select 1; commit; delete from tracks",
    "insert into tracks (title) values ('x') returning title",
    "with gone as (delete from tracks returning *) select * from gone",
    "with t as (select 1) delete from tracks",
    "select * into copied from tracks",
    "create table copied as select * from tracks",
    "drop table tracks",
    "copy tracks to 'stolen.csv'",
    "pragma user_version = 7",
    "attach 'other.db' as other",
    "",
    "/* select 1 */",
    "from tracks",
    "explain select 1",
    "values (1)",
)


@pytest.mark.parametrize("query", CHANGING)
def test_a_query_that_is_no_select_is_not_sent(lite: File, query: str) -> None:
    with pytest.raises(SettingError, match=r"^query: .*: give "):
        sources.read(lite.url, query=query)
    with pytest.raises(SettingError, match="query: a table is named too: give one of them"):
        sources.read(lite.url, query="select 1", table="tracks")


@pytest.mark.parametrize("query", [query for query in CHANGING if "tracks" in query])
def test_even_what_is_sent_changes_nothing(
    database: Database, query: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    filled(database)
    monkeypatch.setattr(_sql_query, "select", lambda text: text)
    monkeypatch.chdir(tmp_path)
    if query != "from tracks":
        with pytest.raises(GenrelabError):
            sources.read(database.url, query=query)
    assert database.run("select * from tracks order by id") == TRACKS
    assert sql.read(database.url).notes == ("tracks: the only table of the database",)
    assert not (tmp_path / "stolen.csv").exists()


ACCEPTED = (
    "select replace(title, 'a', 'b') as title from tracks",
    "with t as (select trim(replace(title, 'a', 'b')) as title from tracks) select * from t",
    "(select title from tracks) union all (select title from tracks)",
    "select title as \"drop\", 'delete from x; --' as note from tracks /* ; */ ;;",
    "WITH RECURSIVE t AS (SELECT 1 AS n) SELECT title, n FROM tracks, t",
    "select title from tracks where mood = 'it''s; into' or 1 = 1",
)


@pytest.mark.parametrize("query", ACCEPTED)
def test_a_query_that_only_reads_is_sent(database: Database, query: str) -> None:
    filled(database)
    if query.startswith("(") and database.url.endswith(".db"):
        pytest.skip("SQLite has no such SELECT")
    assert sources.read(database.url, query=query).tracks.height in (3, 6)


def test_a_query_without_columns(music: Server) -> None:
    with pytest.raises(ReadError, match="query: gives no columns: name some after SELECT"):
        sources.read(music.url, query="select from generate_series(1, 3)")


def test_dollar_quotes_are_text(music: Server) -> None:
    filled(music)
    query = "select title, $x$;delete from tracks;'$x$ as note, E'\\';into' as more from tracks"
    assert sources.read(music.url, query=query).tracks.height == 3


# Troubles --------------------------------------------------------------------------------------------------


def test_what_is_no_address() -> None:
    for address in (
        "mysql://ann:pw1@h/music",
        "http://ann:pw1@h/songs.csv",
        "postgresql+psycopg2://ann:pw1@h/music",
    ):
        with pytest.raises(SettingError, match="no database that is known: give postgresql://") as told:
            sources.read(address)
        assert "pw1" not in str(told.value)
    for address in (
        "postgresql://ann:p@w1@h/music",
        "postgresql://ann:p/w1@h/m",
        "postgresql://ann:1/w1@h/m",
    ):
        with pytest.raises(
            SettingError, match=r"^postgresql://...: its parts cannot be told apart: .*%40"
        ) as told:
            sources.read(address)
        assert "w1" not in str(told.value)
        assert "w1" not in sources.named(address)
    with pytest.raises(SettingError, match="give an address as text"):
        sources.read(Path("postgresql://ann:pw1@h/music"))
    for address in ("sqlite://", "sqlite:///music.db?mode=rw", "duckdb:///:memory:"):
        with pytest.raises(SettingError, match="names no file"):
            sources.read(address)
    with pytest.raises(SettingError, match="2 tables: a database is read alone"):
        sources.read(["music.db", "songs.csv"])


def test_what_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "songs.db").write_text("title,genre\nBlue,jazz\n")
    with pytest.raises(ReadError, match=r"songs.db: neither an SQLite nor a DuckDB file: name a database"):
        sources.read(tmp_path / "songs.db")
    with pytest.raises(MissingFile, match=r"absent.duckdb: no such file: check the path"):
        sources.read(tmp_path / "absent.duckdb")
    with pytest.raises(SettingError, match=r"songs.csv: is no database, so that --query means nothing"):
        sources.read(tmp_path / "songs.csv", query="select 1")
    with pytest.raises(SettingError, match=r"songs.csv: is no database, so that --table means nothing"):
        list(sources.batches([tmp_path / "songs.csv"], table="tracks"))


def test_a_database_that_is_cut_short(lite: File, tmp_path: Path) -> None:
    sql.write(schema.sample(3000, seed=0).drop("tags"), lite.url, "tracks")
    lite.path.write_bytes(lite.path.read_bytes()[:9000])
    with pytest.raises(ReadError, match=r"music.db: .*malformed: mend it, or copy it anew"):
        sources.read(lite.url, table="tracks")


def test_text_that_is_not_utf_8(lite: File) -> None:
    lite.run("create table tracks (title)", "insert into tracks values (cast(x'ff41' as text))")
    with pytest.raises(ReadError, match=r"music.db: Could not decode to UTF-8.*: mend it"):
        sources.read(lite.url)


def test_no_rows(database: Database) -> None:
    with pytest.raises(ReadError, match="holds no tables: name another database"):
        sources.read(database.url)
    filled(database)
    with pytest.raises(EmptyTable, match="query: no rows: give a table or a query that has some"):
        sources.read(database.url, query="select * from tracks where 1 = 0")


def test_a_query_that_is_wrong(database: Database) -> None:
    filled(database)
    for query, told in (
        ("select titel from tracks", "titel"),
        ("select * from trakcs", "trakcs"),
        ("select * fro tracks", "syntax error"),
        (
            "select title, bpm as title from tracks",
            "two columns are called 'title': name each of them apart, with AS",
        ),
    ):
        with pytest.raises(ReadError, match=told) as error:
            sources.read(database.url, query=query)
        assert "\n" not in str(error.value)
        assert len(str(error.value).split(": ")) >= 3
        assert "[SQL" not in str(error.value)


def test_a_locked_file(lite: File, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_sql_session, "LOCK_WAIT", 0.1)
    filled(lite)
    other = sqlite3.connect(lite.path, isolation_level=None)
    other.execute("begin exclusive")
    with pytest.raises(ReadError, match=r"music.db: database is locked: close the program that uses it"):
        sources.read(lite.url, table="tracks")
    with pytest.raises(OutputError, match=r"music.db: database is locked: close the program that uses it"):
        sql.check(lite.url, "labels")
    other.close()


@pytest.mark.parametrize(
    ("package", "address"),
    [
        ("sqlalchemy", "music.db"),
        ("psycopg", "postgresql://ann@127.0.0.1:1/music"),
        ("duckdb_engine", "music.duckdb"),
    ],
)
def test_drivers_that_are_not_installed(
    package: str, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    File("sqlite", Path("music.db"))
    File("duckdb", Path("music.duckdb"))
    monkeypatch.setattr("sqlalchemy.dialects.registry.impls", {})  # those that were met before
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtra, match=rf"{package}.* is not installed: pip install 'genrelab\[sql\]'"):
        sources.read(address)


def refused(url: str, **which: Any) -> str:
    with pytest.raises(ReadError) as error:
        sources.read(url, **which)
    assert "Geh3im" not in repr(error.value)
    assert error.value.__cause__ is None
    assert error.value.__suppress_context__
    return str(error.value)


def test_a_server_that_does_not_let_us_in(music: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSFILE", "/nowhere")
    filled(music)
    bare = music.shown
    advice = ": check user and password; PGPASSWORD or a password file may give it"
    assert (
        refused(music.url.replace("Geh3im", "x"))
        == f'{bare}: password authentication failed for user "{music.user}"{advice}'
    )
    assert refused(bare) == f"{bare}: fe_sendauth: no password supplied{advice}"
    absent = music.url.replace(music.database, "absent")
    assert refused(absent).endswith('/absent: database "absent" does not exist: check the address')
    closed = music.url.replace(str(music.port), "1")
    assert refused(closed).endswith(
        "/" + music.database + ": Connection refused: check the address, and that it runs"
    )
    unknown = refused(music.url.replace(music.host, "nowhere.invalid"))
    assert "failed to resolve host 'nowhere.invalid'" in unknown
    assert unknown.endswith("check the host's name")
    assert "check the address" in refused(f"{music.url}?sslmode=require")
    assert "check the address" in refused(f"{music.url}?colour=blue")


def test_a_user_without_rights(music: Server) -> None:
    filled(music).run("drop role if exists guest", "create role guest login password 'pw'")
    guest = f"postgresql://guest:pw@{music.place}"
    assert "permission denied for table tracks: ask for the right to it" in refused(guest, table="tracks")
    with pytest.raises(OutputError, match=r"permission denied for schema public: ask for the right to it"):
        sql.check(guest, "labels")
    with pytest.raises(OutputError, match=r"must be owner of table tracks: ask for the right to it"):
        sql.check(guest, "tracks", overwrite=True)
    music.run("drop role guest")


def test_a_statement_that_takes_too_long(music: Server) -> None:
    url = f"{music.url}?options=-c%20statement_timeout%3D100"
    told = refused(url, query="select n as title, pg_sleep(0.01) from generate_series(1, 9999) as n")
    assert "canceling statement due to statement timeout: ask for less, or let statements take longer" in told


def test_a_server_that_goes_away_on_the_way(music: Server) -> None:
    music.run("create table tracks as select n::text as title from generate_series(1, 60000) as n")
    parts = sources.batches(music.url, rows=5_000)
    next(parts)
    music.run("select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()"
              " and application_name = 'genrelab'")  # fmt: skip
    with pytest.raises(
        ReadError, match=r"terminating connection due to administrator command: try again"
    ) as error:
        list(parts)
    assert not music.betrayed(str(error.value))


# Passwords -------------------------------------------------------------------------------------------------


def test_a_password_by_other_ways(music: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(music)
    monkeypatch.setenv("PGPASSWORD", music.password)
    assert sources.read(music.shown).tracks.height == 3
    monkeypatch.delenv("PGPASSWORD")
    file = tmp_path / "pgpass"
    file.write_text(
        f"{music.host}:{music.port}:*:{music.user}:{music.password.replace(':', chr(92) + ':')}\n", "utf-8"
    )
    file.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(file))
    assert sources.read(music.shown).tracks.height == 3
    monkeypatch.delenv("PGPASSFILE")
    encoded = quote(music.password, safe="")
    assert sources.read(f"{music.shown}?password={encoded}").tracks.height == 3
    assert sources.read(
        f"postgresql:///{music.database}?host={music.host}&port={music.port}&user={music.user}&password={encoded}"
    )


def test_no_name_holds_a_password(music: Server) -> None:
    assert sources.named(f"{music.url}?password=Geh3im") == music.shown
    assert sources.named([music.url], table="library.tracks") == f"{music.shown}, table library.tracks"
    assert (
        sources.named(music.url, query=f"select '{music.password}'") == f"{music.shown}, query: select '***'"
    )
    assert sql.without_password(music.url) == music.shown


def test_no_log_holds_a_password(music: Server, caplog: pytest.LogCaptureFixture) -> None:
    filled(music)
    with caplog.at_level(logging.DEBUG):
        reading = sources.read(music.url)
        sql.write(reading.tracks, music.url, "labels")
        refused(music.url.replace(music.database, "absent"))
    assert not music.betrayed(caplog.text + repr(reading))


def test_what_drivers_say_of_a_password_is_taken_out(monkeypatch: pytest.MonkeyPatch) -> None:
    from genrelab.sources._sql_address import parsed

    monkeypatch.setenv("PGPASSWORD", "from%the environment")
    address = parsed("postgresql://ann:s3c%40ret@h/music?sslpassword=k%2Fey&sslmode=require")
    said = "s3c@ret s3c%40ret k/ey k%2Fey from%the environment require"
    assert address.without_secrets(said) == "*** *** *** *** *** require"
    assert "s3c" not in repr(address)


# Writing ---------------------------------------------------------------------------------------------------

LABELS = pl.DataFrame(
    {
        "track_id": ["1", "2", None, "", "5"],
        "title": ["Blue\t\\N", 'a "q", ;\n\\.\n', None, "ümlaut", "'"],
        "genre": ["jazz", "pop", "r&b", None, "rock"],
        "p_100%": [0.1, 1 / 3, None, 1e-300, 1.0],
        "n": [1, None, 2**62, -1, 0],
        "sure": [True, False, None, True, True],
        "tags": [["a", "b"], [], None, ["c"], ["d"]],
    }
)


def test_what_is_written_is_read(database: Database) -> None:
    sql.check(database.url, "labels")
    sql.write(LABELS.iter_slices(2), database.url, "labels")
    found = database.run("select * from labels")
    expected = LABELS.with_columns(tags=pl.Series(['["a", "b"]', "[]", None, '["c"]', '["d"]']))
    assert [tuple(row) for row in found] == expected.rows()
    assert sources.read(database.url).tracks["p_100%"].to_list() == LABELS["p_100%"].to_list()


def test_a_table_that_exists_is_kept_or_replaced(database: Database) -> None:
    filled(database)
    told = "table 'tracks' exists already: choose another name, or add --overwrite"
    for attempt in (sql.check, lambda url, name: sql.write(LABELS, url, name)):
        with pytest.raises(OutputError, match=told):
            attempt(database.url, "tracks")
    sql.check(database.url, "tracks", overwrite=True)
    assert database.run("select count(*) from tracks") == [(3,)]
    sql.write(LABELS, database.url, "tracks", overwrite=True)
    assert database.run("select count(*), count(genre) from tracks") == [(5, 4)]


def test_nothing_changes_when_it_fails_half_way(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(database)
    before = sorted(path.name for path in tmp_path.iterdir())

    def broken() -> Iterator[pl.DataFrame]:
        yield LABELS
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sql.write(broken(), database.url, "tracks", overwrite=True)
    with pytest.raises(OutputError, match="batch 2: has other columns than the first"):
        sql.write([LABELS, LABELS.drop("n")], database.url, "tracks", overwrite=True)
    load = _sql_writing._load

    def interrupted(*given: Any) -> None:
        load(*given)
        raise KeyboardInterrupt

    monkeypatch.setattr(_sql_writing, "_load", interrupted)
    for name in ("tracks", "labels"):
        with pytest.raises(KeyboardInterrupt):
            sql.write(LABELS, database.url, name, overwrite=True)
    assert database.run("select * from tracks order by id") == TRACKS
    assert sources.read(database.url).notes == ("tracks: the only table of the database",)
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_a_new_file_is_whole_or_not_there(tmp_path: Path) -> None:
    for name in ("new.db", "new.sqlite3", "new.duckdb"):
        place = tmp_path / "there" / name
        sql.check(place, "labels")
        with pytest.raises(OutputError, match="there is nothing to write"):
            sql.write([], place, "labels")
        with pytest.raises(OutputError, match=rf"{name}: "):
            sql.write(LABELS, place, "no.such.schema")
        assert not place.parent.exists()
        sql.write(LABELS, place, "labels")
        assert [path.name for path in place.parent.iterdir()] == [name]
        assert sources.read(place).tracks.height == 5
        place.unlink()
        place.parent.rmdir()


def test_what_is_read_may_be_written_over(database: Database) -> None:
    filled(database)
    sql.write(sources.batches(database.url, rows=1), database.url, "tracks", overwrite=True)
    assert database.run("select * from tracks") == TRACKS
    sql.write(sources.batches(database.url, rows=1), database.url, "copied")
    assert database.run("select * from copied") == TRACKS


def test_schemas_are_written_to(music: Server) -> None:
    music.run("create schema library")
    sql.write(LABELS, music.url, "library.labels")
    assert music.run("select count(*) from library.labels") == [(5,)]
    with pytest.raises(OutputError, match='schema "libary" does not exist: choose another table or database'):
        sql.check(music.url, "libary.labels")
    for name in ("", " ", "library.", ".labels"):
        with pytest.raises(OutputError, match=r"is no name of a table: write NAME or SCHEMA.NAME"):
            sql.check(music.url, name)


def test_what_others_depend_on_is_not_replaced(music: Server) -> None:
    filled(music).run("create view slow as select * from tracks")
    for attempt in (
        sql.check,
        lambda url, name, overwrite: sql.write(LABELS, url, name, overwrite=overwrite),
    ):
        with pytest.raises(OutputError, match="cannot drop table tracks because other objects depend on it"):
            attempt(music.url, "tracks", overwrite=True)
    assert music.run("select count(*) from slow") == [(3,)]


def test_a_character_that_postgresql_has_not(music: Server) -> None:
    sql.write(pl.DataFrame({"title": ["a\0b"]}), music.url, "labels")
    assert music.run("select title from labels") == [("a\N{REPLACEMENT CHARACTER}b",)]


# Memory ----------------------------------------------------------------------------------------------------

MEASURE = """
import sys
from genrelab import sources
print(sum(part.height for part in sources.batches(sys.argv[1], table=sys.argv[2], rows=10_000)))
print(*(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the peak of a process is read from /proc")
def test_memory_does_not_grow_with_the_table(music: Server) -> None:
    """Of 225,000 rows more, a client that takes them all at once would hold 300 MiB."""
    columns = ", ".join(f"random() as x{n}" for n in range(10))
    peaks = []
    for rows in (25_000, 250_000):
        music.run(
            f"create table t{rows} as select n::text as title, {columns} from generate_series(1, {rows}) as n"
        )
        done = subprocess.run(
            [sys.executable, "-c", MEASURE, music.url, f"t{rows}"],
            check=True, capture_output=True, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"},
        )  # fmt: skip
        count, peak = map(int, done.stdout.split())
        assert count == rows
        peaks.append(peak / 1024)
    assert peaks[1] - peaks[0] < 60


# Writing into what is read


def test_a_table_that_is_read_is_told(database: Database) -> None:
    filled(database)
    same = ("tracks", '"tracks"', "tracks ", f"{'public' if '://' in database.url else 'main'}.tracks")
    capitals = () if "://" in database.url else ("TRACKS", "Main.Tracks")
    for into in (*same, *capitals):
        assert sql.is_read(database.url, into, [database.url], table="tracks"), into
        assert sql.is_read(database.url, into, database.url), into
        assert sql.is_read(database.url, into, database.url, query="select * from Tracks"), into
    database.run("create table tracks_2 as select * from tracks")
    assert not sql.is_read(database.url, "tracks_2", database.url, table="tracks")
    assert not sql.is_read(database.url, "labels", database.url, table="tracks")
    assert not sql.is_read(database.url, "tracks_2", database.url, query="select * from tracks")
    assert not sql.is_read(database.url, "bpm", database.url, query="select bpm from tracks")


def test_a_table_of_that_name_elsewhere_is_another(lite: File, tmp_path: Path) -> None:
    filled(lite)
    other = filled(File("duckdb", tmp_path / "other.duckdb"))
    assert not sql.is_read(other.url, "tracks", lite.url)
    assert not sql.is_read(tmp_path / "new.db", "tracks", lite.url)
    assert not sql.is_read(lite.url, "tracks", tmp_path / "songs.csv")
    (tmp_path / "link.db").symlink_to(lite.path)
    assert sql.is_read(tmp_path / "link.db", "tracks", f"sqlite:///{lite.path}")


def test_a_server_is_the_same_by_every_address(music: Server) -> None:
    filled(music)
    other = music.url.partition("?")[0] + "?application_name=other"
    assert sql.is_read(other, "tracks", music.url)


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("select  a\n from b", "select a from b"),
        ("select 'host=db password=s3cret user=x'", "select 'host=db password=*** user=x'"),
        ("select 'password = ''s3 cret'' user=x'", "select 'password = *** user=x'"),
        ("select 'postgresql://ann:s3c@ret@db/music'", "select 'postgresql://ann:***@db/music'"),
        ("select password, token from users", "select password, token from users"),
        ("select 'http://db:80/x'", "select 'http://db:80/x'"),
        ("select " + "a" * 400, "select " + "a" * 293 + " ..."),
    ],
)
def test_what_is_shown_of_a_query(query: str, shown: str) -> None:
    assert sources.named("music.duckdb", query=query) == f"music.duckdb, query: {shown}"


def test_a_new_file_is_rehearsed_too(tmp_path: Path) -> None:
    place = tmp_path / "new.db"
    with pytest.raises(OutputError):
        sql.check(place, "nowhere.labels")
    sql.check(place, "labels")
    assert list(tmp_path.iterdir()) == []
