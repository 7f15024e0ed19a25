"""Tables as commands read them: joined by what both know, columns by pattern, many told in few words."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import polars as pl
import pytest

from genrelab.sources import sql

Run: TypeAlias = Callable[..., Any]
TRAIN = ("--label", "playlist_genre", "--model", "logistic", "--folds", 2, "--threads", 1)


@pytest.fixture
def wide(songs: Path, tmp_path: Path) -> Path:
    """The songs with twenty columns of numbers that the contract does not know."""
    table = pl.read_csv(songs)
    more = [(pl.col("energy") + number / 100).alias(f"mfcc_{number}") for number in range(20)]
    table.with_columns(more).write_csv(tmp_path / "wide.csv")
    return tmp_path / "wide.csv"


def test_tables_without_a_common_id_are_joined_by_title_and_artist(
    run: Run, songs: Path, tmp_path: Path
) -> None:
    table = pl.read_csv(songs).unique(["track_name", "artist"], maintain_order=True)
    table.drop("energy").write_csv(tmp_path / "songs.csv")
    sounds = table.select(pl.col("track_name", "artist").str.to_uppercase(), "energy").head(100)
    sounds.write_csv(tmp_path / "sounds.csv")
    command = ("audit", tmp_path / "songs.csv", "--label", "playlist_genre", "--join")
    told = run(*command, tmp_path / "sounds.csv", "--json").json["reading"]
    assert told["rows"] == 100
    assert told["notes"][-1] == (f"{table.height} and 100 rows joined by title and artist: 100 left")
    sounds.drop("artist").write_csv(tmp_path / "names.csv")
    assert run(*command, tmp_path / "names.csv").err == (
        "error: join: the second has no track_id, the second has no artist: both need a track_id, or both a"
        " title and an artist\n"
    )
    table.select(pl.col("track_id") + "x", "energy").write_csv(tmp_path / "others.csv")
    ended = run(*command, tmp_path / "others.csv")
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert "rows stands in both, by track id: give tables of the same tracks" in ended.err


def test_many_unknown_columns_are_told_in_few_words(run: Run, wide: Path, tmp_path: Path) -> None:
    shown = " ".join(run("train", wide, *TRAIN, "-o", tmp_path / "m").out.split())
    assert "not known playlist_name, mfcc_0, mfcc_1, mfcc_2 and 17 more" in shown
    assert "20 further columns hold numbers: --columns mfcc_0,mfcc_1 or 'mfcc*' reads them" in shown


def test_columns_by_pattern_are_read(run: Run, wide: Path, tmp_path: Path) -> None:
    ended = run("train", wide, *TRAIN, "--columns", "mfcc_1?,tempo", "-o", tmp_path / "m")
    assert "further columns" not in ended.out
    columns = json.loads((tmp_path / "m" / "card.json").read_text("utf-8"))["columns"]
    assert columns == [*(f"mfcc_{number}" for number in range(10, 20)), "tempo"]
    ended = run("train", wide, *TRAIN, "--columns", "chroma_*", "-o", tmp_path / "n")
    assert ended.err.startswith(
        "error: columns 'chroma_*': no column of numbers has such a name: choose from"
    )
    assert len(ended.err) < 300


def test_a_title_names_a_long_query_in_short(run: Run, songs: Path, tmp_path: Path) -> None:
    sql.write(pl.read_csv(songs), tmp_path / "music.db", "tracks")
    query = f"select *, '{'a' * 70}' as mood from tracks"
    page = tmp_path / "report.html"
    run("train", tmp_path / "music.db", "--query", query, *TRAIN, "-o", tmp_path / "m", "--report", page)
    card = json.loads((tmp_path / "m" / "card.json").read_text("utf-8"))
    assert card["origin"]["name"] == f"music.db, query: {query}"
    title = page.read_text("utf-8").partition("<title>")[2].partition("</title>")[0]
    assert "music.db, query: select *" in title
    assert title.endswith("aaa ...")
    assert len(title) < 120
