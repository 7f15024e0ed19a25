"""Commands on databases: the same as on files; and a password in nothing that is printed or written."""

from __future__ import annotations

import json
import shlex
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import quote

import polars as pl
import pytest

from genrelab import sources
from genrelab.sources import sql

if TYPE_CHECKING:
    from tests.postgres import Server

pytest_plugins = ("tests.postgres",)
Run: TypeAlias = Callable[..., Any]


@pytest.fixture
def catalogue(music: Server, songs: Path) -> Server:
    """The songs in a database of two tables."""
    music.run("create table plays (id text)")
    sql.write(pl.read_csv(songs), music.url, "tracks")
    return music


@pytest.fixture(autouse=True)
def no_password_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSFILE", "/nowhere")


def test_a_table_and_a_query_are_trained_on(run: Run, catalogue: Server, songs: Path, tmp_path: Path) -> None:
    asked = ("--label", "playlist_genre", "--model", "logistic", "--folds", 3, "--threads", 1, "--json")
    query = "select * from tracks -- in their order"
    told = [
        run("train", *given, *asked, "-o", tmp_path / f"m{number}").json["report"]["scores"]
        for number, given in enumerate(
            [(songs,), (catalogue.url, "--table", "tracks"), (catalogue.url, "--query", query)]
        )
    ]
    assert told[0] == told[1] == told[2]
    card = json.loads((tmp_path / "m1" / "card.json").read_text("utf-8"))
    assert card["origin"]["name"] == f"{catalogue.shown}, table tracks"
    card = json.loads((tmp_path / "m2" / "card.json").read_text("utf-8"))
    assert card["origin"]["name"] == f"{catalogue.shown}, query: {query}"


def test_predictions_are_written_back(run: Run, catalogue: Server, model: Path, tmp_path: Path) -> None:
    command = ("predict", model, catalogue.url, "--table", "tracks", "-o", catalogue.url, "--into", "labels")
    told = run(*command, "--json").json
    assert told["output"] == f"{catalogue.shown}, table labels"
    run("predict", model, catalogue.url, "--table", "tracks", "-o", tmp_path / "labels.parquet")
    found = sources.read(catalogue.url, table="labels").tracks
    assert found.equals(pl.read_parquet(tmp_path / "labels.parquet"))
    assert run(*command).err == (
        f"error: {catalogue.shown}: table 'labels' exists already: choose another name, or add --overwrite\n"
    )
    assert run(*command, "--overwrite").out.splitlines()[-1] == f"labels  {catalogue.shown}, table labels"


@pytest.mark.parametrize("name", ["music.db", "music.duckdb"])
def test_a_file_is_read_and_written(run: Run, songs: Path, model: Path, tmp_path: Path, name: str) -> None:
    place = tmp_path / name
    sql.write(pl.read_csv(songs), place, "tracks")
    wrong = run("predict", model, place, "-o", place)
    assert wrong.err == f"error: {name}: is a database: name a table in it with --into\n"
    assert run("predict", model, place, "-o", place, "--into", "labels").code == 0
    assert sources.read(place, table="labels").tracks.height == 500
    assert run("predict", model, place, "--table", "tracks", "-o", place, "--into", "labels").code == 2
    again = run("predict", model, place, "--table", "tracks", "-o", place, "--into", "tracks", "--overwrite")
    assert again.err == (
        f"error: {name}: table 'tracks' is among the tables that are read: choose another name\n"
    )
    assert "energy" in sources.read(place, table="tracks").tracks.columns
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_descriptors_of_a_database_are_joined(run: Run, songs: Path, tmp_path: Path) -> None:
    place = tmp_path / "sounds.db"
    table = pl.read_csv(songs).unique("track_id", maintain_order=True)
    sql.write(table.select("track_id", "energy", "tempo"), place, "sounds")
    table.drop("energy", "tempo").write_csv(tmp_path / "names.csv")
    sql.write(table.select("track_id"), place, "plays")
    command = ("audit", tmp_path / "names.csv", "--join", place, "--label", "playlist_genre", "--table")
    told = run(*command, "sounds", "--json").json
    assert f"{table.height:,} and {table.height:,} rows joined" in told["reading"]["notes"][-1]
    assert "tracks from names.csv, sounds.db, table sounds" in run(*command, "sounds").out
    assert "no table 'songs': did you mean 'sounds'?" in run(*command, "songs").err


def refused(run: Run, line: str) -> str:
    """Run a command that must fail, as it is and with --json, and return its line."""
    words = shlex.split(line)
    first, second = run(*words), run(*words, "--json")
    assert (first.code, second.code, first.out, second.out) == (2, 2, "", "")
    assert first.err == second.err
    assert first.err.count("\n") == 1
    told: str = first.err
    assert len(told.split(": ")) >= 4, told
    return told


@pytest.fixture
def places(catalogue: Server, songs: Path, model: Path, tmp_path: Path) -> Iterator[dict[str, str]]:
    """What stands for a word in capitals in the commands below."""
    locked = tmp_path / "locked.db"
    sql.write(pl.read_csv(songs), locked, "tracks")
    (tmp_path / "fake.db").write_text("title,genre\n")
    other = sqlite3.connect(locked, isolation_level=None)
    other.execute("begin exclusive")
    yield {
        "URL": catalogue.url,
        "OPTION": f"{catalogue.shown}?password={quote(catalogue.password, safe='')}",
        "WRONG": catalogue.url.replace("Geh3im", "Geh3imer"),
        "UNQUOTED": catalogue.url.replace("%40", "@"),
        "ABSENT": catalogue.url.replace("/music", "/musik"),
        "CLOSED": catalogue.url.replace(str(catalogue.port), "1"),
        "NOWHERE": catalogue.url.replace(catalogue.host, "nowhere.invalid"),
        "FOREIGN": catalogue.url.replace("postgresql", "mysql"),
        "LOCKED": str(locked),
        "FAKE": str(tmp_path / "fake.db"),
        "MODEL": str(model),
        "CSV": str(songs),
        "OUT": str(tmp_path / "out"),
    }
    other.close()


WRONG = {
    "train WRONG --label genre -o OUT": "password authentication failed for user",
    "train UNQUOTED --label genre -o OUT": "its parts cannot be told apart",
    "train ABSENT --label genre -o OUT": 'database "musik" does not exist',
    "audit CLOSED --label genre": "Connection refused",
    "explore NOWHERE": "failed to resolve host",
    "cluster FOREIGN": "no database that is known: give postgresql://",
    "compare URL --label genre": "holds 2 tables: name one by --table (plays, tracks)",
    "tune URL --label genre --table track": "no table 'track': did you mean 'tracks'?",
    "evaluate MODEL URL --label genre --query 'delete from tracks'": "begins with 'delete', and is no SELECT",
    "explain MODEL OPTION --query 'select titel from tracks'": 'column "titel" does not exist',
    "bin URL --query 'select * fro tracks' -o OUT.csv": 'syntax error at or near "fro"',
    "predict MODEL URL --query 'select 1 as x where 1=0' -o OUT.csv": "no rows: give a table or a query",
    "predict MODEL OPTION --table tracks -o OPTION": "is a database: name a table in it with --into",
    "predict MODEL URL --table tracks -o OPTION --into plays": "table 'plays' exists already",
    "predict MODEL URL --table tracks -o OPTION --into public.tracks": "is among the tables that are read",
    "predict MODEL URL --query 'select * from tracks' -o URL --into tracks --overwrite": "is among the",
    "predict MODEL URL --table tracks -o WRONG --into labels": "password authentication failed for user",
    "predict MODEL URL --table tracks -o OUT.csv --into labels": "no database, so that --into means nothing",
    "predict MODEL URL --table tracks -o URL --into no.labels": 'schema "no" does not exist',
    "predict MODEL URL CSV --table tracks -o OUT.csv": "2 tables: a database is read alone",
    "predict MODEL CSV --table tracks -o OUT.csv": "no database, so that --table means nothing",
    "audit FAKE --label genre": "neither an SQLite nor a DuckDB file",
    "audit LOCKED --label genre": "database is locked: close the program that uses it",
    "audit absent.sqlite --label genre": "no such file: check the path",
}


def test_each_trouble_is_one_line_without_the_password(
    run: Run, places: dict[str, str], catalogue: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from genrelab.sources import _sql_session

    monkeypatch.setattr(_sql_session, "LOCK_WAIT", 0.1)
    before = sorted(path.name for path in tmp_path.iterdir())
    for line, told in WRONG.items():
        words = (
            shlex.quote(places.get(word, word).replace("OUT", places["OUT"])) for word in shlex.split(line)
        )
        said = refused(run, " ".join(words))
        assert told in said
        assert not catalogue.betrayed(said), line
        assert sorted(path.name for path in tmp_path.iterdir()) == before


TOLD = ("compare", "bin", "audit", "cluster", "evaluate", "explore")
"""Commands that print where their tracks came from."""


def commands(url: str, model: Path, place: Path) -> list[tuple[object, ...]]:
    """Every command that reads tracks, made small."""
    tracks = (url, "--table", "tracks")
    label = ("--label", "playlist_genre")
    small = ("--model", "decision_tree", "--threads", 1)
    page = ("--overwrite", "--report", place / "page.html")
    return [
        ("train", *tracks, *label, *small, *page, "--folds", 3, "-o", place / "model"),
        ("evaluate", model, *tracks, *label, *page),
        ("predict", model, *tracks, "-o", url, "--into", "labels", "--overwrite"),
        ("compare", *tracks, *label, "--models", "decision_tree,majority", *page, "--threads", 1),
        ("audit", *tracks, *label),
        ("explore", *tracks, *page),
        ("explain", model, *tracks, *page, "--repeats", 1, "--most", 50),
        ("cluster", *tracks, *page, "--k", 3, "--threads", 1),
        ("bin", *tracks, "--taxonomy", "playlist_six", "-o", place / "binned.csv", "--overwrite"),
        ("tune", *tracks, *label, *small, "--trials", 1, "--outer", 0, "--folds", 2, *page),
    ]


@pytest.mark.parametrize("way", ["in the address", "as an option"])
def test_no_output_holds_the_password(
    run: Run, catalogue: Server, model: Path, tmp_path: Path, way: str
) -> None:
    option = f"{catalogue.shown}?password={quote(catalogue.password, safe='')}&application_name=x"
    url, most = (catalogue.url, 99) if way == "in the address" else (option, 3)
    for command in commands(url, model, tmp_path)[:most]:
        for more in ((), ("--json",))[: 2 if command[0] in ("train", "evaluate", "predict", "tune") else 1]:
            ran = run(*command, *more)
            assert ran.code == 0, ran
            assert not catalogue.betrayed(ran.out + ran.err), ran
            assert more or command[0] not in TOLD or f"tracks from {catalogue.shown}, table tracks" in ran.out
        for path in tmp_path.rglob("*"):
            assert path.is_dir() or not catalogue.betrayed(path.read_bytes().decode("utf-8", "replace")), path
    if way == "in the address":
        assert ran.json["train"].startswith(f"genrelab train {catalogue.shown} --label")


SWAPPED = {
    "evaluate URL MODEL --label genre": "an address, where a file or folder is asked for",
    "train CSV --label genre -o URL": "an address, where a file or folder is asked for",
    "bin CSV -o OPTION": "an address, where a file or folder is asked for",
    "explore CSV --report URL": "an address, where a file or folder is asked for",
    "list URL": "no list",
    "URL": "no such command",
    "train CSV --label genre -o OUT --seed OPTION": "valid integer",
}


def test_an_address_in_a_wrong_place_stays_secret(
    run: Run, places: dict[str, str], catalogue: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = sorted(path.name for path in tmp_path.iterdir())
    for line, told in SWAPPED.items():
        ran = run(*(places.get(word, word) for word in line.split()))
        assert (ran.code, ran.out) == (2, "")
        assert told in ran.err
        assert not catalogue.betrayed(ran.err), line
        assert sorted(path.name for path in tmp_path.iterdir()) == before
