"""Tags that say nothing of one artist."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from genrelab.sources import msd
from genrelab.taxonomy import Genre, Taxonomy, bin  # noqa: A004 - the field's verb

ROCK, POP = Genre("rock", patterns=("rock",)), Genre("pop", patterns=("pop",))
TWO = Taxonomy(
    "two",
    "an example",
    "nowhere",
    (ROCK, POP),
    ignore_artist_name=True,
    artist_ignore={"Paris Hilton": ("Brutal Rock",)},
)
TRACKS = pl.DataFrame(
    {
        "artist": ["Pop Will Eat Itself", "The Rock", "paris hilton", "Other", None, "The Rock"],
        "tags": [
            ["pop-will-eat-itself", "rock"],
            ["rock", "pop"],
            ["brutal rock", "pop"],
            ["brutal rock", "pop"],
            ["rock"],
            ["Rock"],
        ],
    }
)


def test_own_name_and_known_traps() -> None:
    binned = bin(TRACKS, TWO)
    assert binned.tracks["genre"].to_list() == ["rock", "pop", "pop", "rock", "rock"]
    assert binned.unbinned["row"].to_list() == [5]
    assert set(binned.ignored.select("tag", "rows").rows()) == {
        ("pop-will-eat-itself", 1), ("rock", 1), ("Rock", 1), ("brutal rock", 1)
    }  # fmt: skip
    assert binned.unmatched.is_empty()


def test_it_is_asked_for() -> None:
    plain = bin(TRACKS, replace(TWO, ignore_artist_name=False, artist_ignore={}))
    assert plain.tracks["genre"].to_list() == ["rock"] * 6
    assert plain.ignored.is_empty()


@pytest.mark.parametrize(
    "tracks", [TRACKS.drop("artist"), TRACKS.with_columns(artist=pl.lit(None, pl.String))]
)
def test_without_artists_nothing_is_ignored(tracks: pl.DataFrame) -> None:
    assert bin(tracks, TWO).tracks["genre"].to_list() == ["rock"] * 6


def test_another_column_of_artists() -> None:
    renamed = TRACKS.rename({"artist": "performer"})
    assert bin(renamed, TWO, artist="performer").ignored.equals(bin(TRACKS, TWO).ignored)


@pytest.mark.data("msd10k")
def test_real_tags_that_are_names(data: Path) -> None:
    tracks = msd.read(data / "msd10k" / "corgis_music.csv").tracks
    ignored = bin(tracks, "broad", "artist_mbtags").ignored
    own = ignored.filter(pl.col("reason").str.contains("artist"))["tag"]
    assert {"taylor-swift", "bobby valentin", "deepest blue"} <= set(own)


def test_a_title_is_ignored_only_where_it_means_nothing() -> None:
    tracks = pl.DataFrame(
        {
            "title": ["Creep!", "Creep", "Karma Police", "Rock", None],
            "tags": [["creep", "rock"], ["creep", "Creep"], ["creep"], ["rock"], ["creep"]],
        }
    )
    binned = bin(tracks, TWO)
    assert binned.counts == {"rock": 2}
    assert set(binned.ignored.rows()) == {
        ("creep", 2, "is the track's title"),
        ("Creep", 1, "is the track's title"),
    }
    assert binned.unmatched.rows() == [("creep", 2)]
    assert bin(tracks.drop("title"), TWO).unmatched.rows() == [("creep", 4), ("Creep", 1)]
