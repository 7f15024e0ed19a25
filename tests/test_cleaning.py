"""Cleaning: each rule alone, the order of rules, and the counts on real tables."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genrelab import schema, taxonomy
from genrelab.cleaning import DEFAULT, RULES, clean, not_a_song, repeated_vector
from genrelab.errors import UnknownName
from genrelab.sources import table

STUDY_FEATURES = (
    "acousticness", "danceability", "energy", "instrumentalness", "liveness", "loudness", "mode",
    "speechiness", "tempo", "time_signature", "valence",
)  # fmt: skip


def songs(n: int = 12, seed: int = 0) -> pl.DataFrame:
    """A table in which no rule finds fault."""
    drawn = schema.sample(n, seed)
    return drawn.with_columns(tempo=pl.col("tempo") + 1e-6, time_signature=pl.lit(4), duration=pl.lit(200.0))


def dropped_rows(broken: pl.DataFrame, rule: str) -> list[int]:
    cleaned = clean(broken, [rule])
    assert cleaned.counts == {rule: cleaned.dropped.height}
    return cleaned.dropped["row"].to_list()


def cell(column: str, row: int, value: object) -> pl.DataFrame:
    """`songs` with one cell replaced."""
    return songs().with_columns(
        pl.when(pl.int_range(pl.len()) == row).then(pl.lit(value)).otherwise(column).alias(column)
    )


def test_a_clean_table_keeps_every_row() -> None:
    cleaned = clean(songs())
    assert cleaned.tracks.equals(songs())
    assert cleaned.counts == dict.fromkeys(RULES, 0)
    assert cleaned.dropped.columns == ["row", "rule", *songs().columns]


def test_repeated_row_needs_every_column_equal() -> None:
    twice = pl.concat([songs(), songs()[[3]], songs()[[4]].with_columns(popularity=pl.lit(1.5))])
    assert dropped_rows(twice, "repeated_row") == [12]


def test_repeated_row_sees_lists() -> None:
    twice = pl.concat([songs(), songs()[[3]].with_columns(tags=pl.lit(["other"], dtype=schema.TEXTS))])
    assert dropped_rows(twice, "repeated_row") == []


def test_repeated_id_keeps_the_first() -> None:
    assert dropped_rows(cell("track_id", 7, "t2"), "repeated_id") == [7]
    assert dropped_rows(songs().with_columns(track_id=pl.lit(None, pl.String)), "repeated_id") == []


def test_repeated_title_artist_ignores_case_and_spaces_but_not_nulls() -> None:
    again = songs()[[3]].with_columns(title=pl.lit(" SONG  3"), artist=pl.col("artist").str.to_uppercase())
    assert dropped_rows(pl.concat([songs(), again]), "repeated_title_artist") == [12]
    nameless = songs().with_columns(title=pl.lit(None, pl.String))
    assert dropped_rows(nameless, "repeated_title_artist") == []


def test_repeated_vector_ignores_the_names_and_empty_vectors() -> None:
    again = songs()[[5]].with_columns(track_id=pl.lit("new"), title=pl.lit("new"))
    assert dropped_rows(pl.concat([songs(), again]), "repeated_vector") == [12]
    empty = songs().with_columns(pl.lit(None, pl.Float64).alias(name) for name in schema.DESCRIPTORS)
    assert dropped_rows(empty.drop("duration"), "repeated_vector") == []


def test_repeated_vector_over_chosen_columns() -> None:
    same = songs().with_columns(energy=pl.lit(0.5), tempo=pl.lit(100.0))
    assert clean(same, [repeated_vector(("energy", "tempo"))]).tracks.height == 1


def test_missing_genre_looks_at_the_label() -> None:
    assert dropped_rows(cell("genre", 4, None), "missing_genre") == [4]
    renamed = cell("genre", 4, None).rename({"genre": "style"})
    assert clean(renamed, ["missing_genre"], label="style").counts == {"missing_genre": 1}


def test_missing_descriptors_means_all_of_them() -> None:
    some = cell("energy", 4, None)
    assert dropped_rows(some, "missing_descriptors") == []
    none = some.with_columns(
        pl.when(pl.int_range(pl.len()) != 4).then(pl.col(name)).alias(name) for name in schema.DESCRIPTORS
    )
    assert dropped_rows(none, "missing_descriptors") == [4]


@pytest.mark.parametrize("value", [1.5, -0.1, float("nan"), float("inf"), float("-inf")])
def test_out_of_range(value: float) -> None:
    assert dropped_rows(cell("energy", 4, value), "out_of_range") == [4]


@pytest.mark.parametrize(("column", "value"), [("tempo", 0.0), ("time_signature", 0), ("duration", 2.0)])
def test_not_a_song(column: str, value: float) -> None:
    assert dropped_rows(cell(column, 4, value), "not_a_song") == [4]
    assert clean(cell(column, 4, value), [not_a_song(shortest=1)]).tracks.height == 12 - (
        column != "duration"
    )


def test_rules_act_in_order_on_what_is_left() -> None:
    first_is_bad = cell("genre", 2, None).with_columns(
        pl.when(pl.int_range(pl.len()) == 7).then(pl.lit("t2")).otherwise("track_id").alias("track_id")
    )
    assert clean(first_is_bad, ["missing_genre", "repeated_id"]).dropped["row"].to_list() == [2]
    other_order = clean(first_is_bad, ["repeated_id", "missing_genre"]).dropped
    assert other_order.select("row", "rule").rows() == [(7, "repeated_id"), (2, "missing_genre")]


def test_unknown_rule() -> None:
    with pytest.raises(UnknownName, match="did you mean 'repeated_row'"):
        clean(songs(), ["repeated_rows"])


def test_columns_may_have_the_names_of_the_report() -> None:
    own = {"row": pl.lit("mine"), "rule": pl.lit("golden"), "reason": pl.lit("none")}
    tracks = cell("tempo", 3, 900.0).with_columns(**own)
    cleaned = clean(tracks)
    assert cleaned.tracks.equals(tracks[[0, 1, 2, *range(4, 12)]])
    names = ["row", "rule", "row_", "rule_", "reason"]
    assert cleaned.dropped.select(names).rows() == [(3, "out_of_range", "mine", "golden", "none")]


@pytest.mark.parametrize("blank", ["", "  ", None])
def test_a_blank_genre_is_missing(blank: str | None) -> None:
    assert dropped_rows(cell("genre", 5, blank), "missing_genre") == [5]


def test_rules_whose_columns_are_absent_drop_nothing() -> None:
    assert clean(pl.DataFrame({"mood": ["calm", "wild"]})).tracks.height == 2


def test_a_table_without_rows() -> None:
    assert clean(songs().clear()).counts == dict.fromkeys(DEFAULT, 0)


@settings(max_examples=30, deadline=None)
@given(n=st.integers(1, 30), seed=st.integers(0, 99), copies=st.lists(st.integers(0, 29), max_size=10))
def test_nothing_is_lost_and_a_second_cleaning_finds_nothing(n: int, seed: int, copies: list[int]) -> None:
    drawn = schema.sample(n, seed)
    dirty = pl.concat([drawn, drawn[[c % n for c in copies]]])
    cleaned = clean(dirty)
    assert cleaned.tracks.height + cleaned.dropped.height == dirty.height
    together = pl.concat([cleaned.tracks, cleaned.dropped.select(dirty.columns)])
    assert together.sort("track_id").equals(dirty.sort("track_id"))
    assert dirty[cleaned.dropped["row"]].equals(cleaned.dropped.select(dirty.columns))
    assert clean(cleaned.tracks).dropped.is_empty()
    assert cleaned.tracks["track_id"].is_unique().all()


@pytest.mark.data("capstone12")
def test_capstone12_counts(data: Path) -> None:
    tracks = table.read(data / "capstone12").tracks
    distinct = clean(tracks, ["repeated_row"])
    assert (tracks.height, distinct.tracks.height) == (46_291, 38_535)
    binned = taxonomy.bin(distinct.tracks, "capstone12").tracks
    assert binned.height == 35_049
    unique = clean(binned, ["repeated_id", repeated_vector(STUDY_FEATURES)])
    assert unique.tracks.height == 31_181


@pytest.mark.data("capstone12")
def test_capstone12_rows_that_are_no_songs(data: Path) -> None:
    tracks = table.read(data / "capstone12").tracks
    faults = (tracks["tempo"] == 0).sum(), (tracks["time_signature"] == 0).sum()
    assert faults == (76, 79)
    assert clean(tracks, ["not_a_song"]).dropped.height == 79


@pytest.mark.data("spotify_30k", "genres_v2")
def test_repeats_of_other_tables(data: Path) -> None:
    spotify = table.read(data / "spotify_30k" / "spotify_songs.csv").tracks
    assert clean(spotify, ["repeated_id"]).tracks.height == 28_356
    fifteen = table.read(data / "genres_v2" / "genres_v2.csv").tracks
    assert clean(fifteen, ["repeated_vector"]).tracks.height == 35_096
