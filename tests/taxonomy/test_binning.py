"""Binning: what is picked, what is reported, and the counts on real tables."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genrelab import cleaning
from genrelab.errors import SchemaError
from genrelab.sources import table
from genrelab.taxonomy import Genre, Taxonomy, bin  # noqa: A004 - the field's verb
from genrelab.taxonomy.space import Pick

ROCK, POP = Genre("rock", patterns=("rock",)), Genre("pop", patterns=("pop",))
TWO = Taxonomy("two", "an example", "nowhere", (ROCK, POP), ignore=("seen live",))
TAGS = [["dance pop", "art rock"], ["Pop"], ["seen live", "spoken word"], [], None, ["pop rock", None]]
TRACKS = pl.DataFrame({"track_id": list("abcdef"), "tags": pl.Series(TAGS, dtype=pl.List(pl.String))})


def genres(taxonomy: Taxonomy, tracks: pl.DataFrame = TRACKS, column: str = "tags") -> dict[str, str]:
    binned = bin(tracks, taxonomy, column).tracks
    return dict(binned.select("track_id", "genre").iter_rows())


def test_pick() -> None:
    assert genres(TWO) == {"a": "rock", "b": "pop", "f": "rock"}
    assert genres(replace(TWO, pick="first_tag")) == {"a": "pop", "b": "pop", "f": "rock"}
    assert genres(replace(TWO, pick="only")) == {"b": "pop"}


def test_nothing_is_lost() -> None:
    binned = bin(TRACKS, TWO)
    assert binned.unbinned["row"].to_list() == [2, 3, 4]
    assert binned.unbinned.drop("row").equals(TRACKS[[2, 3, 4]])
    assert binned.tracks.drop("genre").equals(TRACKS[[0, 1, 5]])
    assert (binned.coverage, binned.counts) == (0.5, {"rock": 2, "pop": 1})


def test_conflicts_say_who_took_what() -> None:
    binned = bin(TRACKS, TWO)
    assert binned.conflicts.rows() == [(0, "rock", ["rock", "pop"]), (5, "rock", ["rock", "pop"])]
    assert binned.taken.rows() == [("rock", "pop", 2)]
    assert binned.order_dependence == pytest.approx(2 / 6)
    only = bin(TRACKS, replace(TWO, pick="only"))
    assert only.conflicts["genre"].to_list() == [None, None]
    assert only.taken.is_empty()
    assert only.unbinned["row"].to_list() == [0, 2, 3, 4, 5]


@pytest.mark.parametrize(("pick", "rows"), [("first_genre", 2), ("first_tag", 1), ("only", 0)])
def test_order_dependence_is_what_reversing_changes(pick: Pick, rows: int) -> None:
    two = replace(TWO, pick=pick)
    forward, backward = genres(two), genres(replace(two, genres=(POP, ROCK)))
    changed = sum(forward[name] != backward[name] for name in forward)
    assert bin(TRACKS, two).order_dependence == changed / TRACKS.height == rows / TRACKS.height


def test_a_column_may_be_called_row() -> None:
    binned = bin(TRACKS.with_columns(row=pl.lit("mine")), TWO)
    assert binned.tracks["row"].to_list() == ["mine"] * 3
    assert binned.unbinned.select("row", "row_").rows() == [(2, "mine"), (3, "mine"), (4, "mine")]


def test_unmatched_tags_are_counted_by_row_without_the_ignored() -> None:
    tracks = pl.concat([TRACKS, pl.DataFrame({"track_id": ["g"], "tags": [["skit", "spoken word", "skit"]]})])
    assert bin(tracks, TWO).unmatched.rows() == [("spoken word", 2), ("skit", 1)]


def test_one_tag_as_text() -> None:
    tracks = TRACKS.select("track_id", genre=pl.col("tags").list.first())
    binned = bin(tracks, TWO, column="genre")
    assert binned.tracks["genre"].to_list() == ["pop", "pop", "rock"]
    assert binned.tracks["original_genre"].to_list() == ["dance pop", "Pop", "pop rock"]
    assert binned.unbinned.drop("row").columns == tracks.columns


def test_numbers_are_tags_too() -> None:
    numbered = Taxonomy("ids", "an example", "nowhere", (Genre("rock", aliases=("12",)),))
    tracks = pl.DataFrame({"track_id": ["a", "b"], "tags": [[12], [7]]})
    assert genres(numbered, tracks) == {"a": "rock"}


def test_a_genre_that_was_there_is_kept_aside() -> None:
    held = TRACKS.with_columns(genre=pl.lit("old"))
    assert genres(TWO, held) == genres(TWO)
    once = bin(held, TWO)
    assert once.tracks["original_genre"].to_list() == ["old"] * 3
    assert once.notes == ("The table's own column 'genre' is kept as 'original_genre'.",)
    twice = bin(once.tracks, TWO).tracks
    assert twice.select("original_genre", "original_genre_").row(0) == ("rock", "old")
    assert bin(TRACKS, TWO).notes == ()


def test_a_column_that_is_not_there() -> None:
    with pytest.raises(SchemaError, match="'labels'"):
        bin(TRACKS, TWO, column="labels")


def test_a_table_without_rows_or_tags() -> None:
    assert bin(TRACKS.clear(), TWO).coverage == 0
    untagged = bin(TRACKS.with_columns(tags=pl.lit(None, pl.List(pl.String))), TWO)
    assert (untagged.tracks.height, untagged.unbinned.height) == (0, 6)


words = st.lists(st.sampled_from(["pop", "rock", "pop rock", "folk", "seen live", ""]), max_size=6)


@settings(max_examples=50, deadline=None)
@given(
    lists=st.lists(words, min_size=1, max_size=20),
    pick=st.sampled_from(["first_genre", "first_tag", "only", "vote"]),
)
def test_binning_is_matching_row_by_row(lists: list[list[str]], pick: Pick) -> None:
    taxonomy = replace(TWO, pick=pick)
    ids = [str(i) for i in range(len(lists))]
    tracks = pl.DataFrame({"track_id": ids, "tags": pl.Series(lists, dtype=pl.List(pl.String))})
    expected = {
        name: genre for name, tags in zip(ids, lists, strict=True) if (genre := by_hand(taxonomy, tags))
    }
    assert genres(taxonomy, tracks) == expected


def by_hand(taxonomy: Taxonomy, tags: list[str]) -> str | None:
    matched = [genre for tag in tags for genre in taxonomy.match(tag)]
    if not matched or (taxonomy.pick == "only" and len(set(matched)) > 1):
        return None
    if taxonomy.pick == "vote":
        return winner([found[0] for tag in tags if (found := taxonomy.match(tag))], tags)
    return matched[0] if taxonomy.pick == "first_tag" else min(matched, key=taxonomy.names.index)


def winner(votes: list[str], tags: list[str]) -> str:
    said = [tag for tag in tags if tag]
    even = said == sorted(said)
    weights = {
        genre: sum(Fraction(1, 1 if even else place) for place, vote in enumerate(votes, 1) if vote == genre)
        for genre in votes
    }
    return max(weights, key=lambda genre: (weights[genre], -votes.index(genre)))


@pytest.mark.data("capstone12")
def test_capstone12_counts(data: Path) -> None:
    tracks = cleaning.clean(table.read(data / "capstone12").tracks, ["repeated_row"]).tracks
    binned = bin(tracks, "capstone12")
    assert (binned.tracks.height, binned.unbinned.height) == (35_049, 3_486)
    assert binned.counts == {
        "pop": 12_197, "rock": 4_309, "dance": 3_696, "rap/hip hop": 2_729, "classical": 2_665,
        "jazz/blues": 2_593, "country, folk": 1_536, "hardcore": 1_500, "mexicano/latino": 1_435,
        "focus/sleep": 922, "old school dance": 922, "gospel/worship": 545,
    }  # fmt: skip
    assert binned.taken.row(0) == ("pop", "rock", 3_493)
    assert binned.order_dependence == pytest.approx(0.401, abs=0.001)


@pytest.mark.data("fma_rock_hiphop", "fma")
def test_fma_counts(data: Path) -> None:
    descriptors = table.read(data / "fma_rock_hiphop" / "echonest-metrics.json").tracks
    tagged = table.read(data / "fma" / "tracks_genres_cleaned.csv").tracks
    tracks = descriptors.join(tagged.select("track_id", "tags"), on="track_id")
    binned = bin(tracks, "fma")
    assert (binned.tracks.height, len(binned.counts)) == (9_355, 12)
    assert binned.conflicts.height == tracks.height - 9_355
    counts = {name: binned.counts[name] for name in ("Rock", "Electronic", "Hip-Hop", "Folk")}
    assert counts == {"Rock": 3_892, "Electronic": 2_170, "Hip-Hop": 910, "Folk": 874}
