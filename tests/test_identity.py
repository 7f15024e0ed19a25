"""What makes two rows the same track."""

from __future__ import annotations

import polars as pl

from genrelab import schema
from genrelab.identity import FEWEST, key, vector_columns


def keys(table: pl.DataFrame, identity: str) -> pl.Series:
    found = key(table, identity)
    assert found is not None
    return found


def test_title_and_artist_are_compared_without_case_and_spaces() -> None:
    table = pl.DataFrame({"title": ["One", " one ", "One", None], "artist": ["U2", "u2", "Metallica", "U2"]})
    found = keys(table, "title_artist")
    assert found[0] == found[1] != found[2]
    assert found[3] is None


def test_a_vector_of_nulls_is_no_vector() -> None:
    table = schema.sample(20, seed=1).select(schema.DESCRIPTORS)
    empty = table.with_columns(pl.when(pl.int_range(pl.len()) > 2).then(pl.all()))
    assert keys(empty, "vector").null_count() == 3


def test_a_half_blank_column_does_not_hide_a_repeat() -> None:
    table = pl.concat([schema.sample(50, seed=1)] * 2)
    blanked = table.with_columns(pl.when(pl.int_range(pl.len()) < 50).then("loudness").alias("loudness"))
    assert "loudness" not in vector_columns(blanked)
    assert keys(blanked, "vector").n_unique() == 50


def test_few_descriptors_name_no_track() -> None:
    table = schema.sample(20, seed=1).select(schema.DESCRIPTORS[: FEWEST - 1])
    assert vector_columns(table) == ()
    assert key(table, "vector") is None


def test_other_real_numbers_stand_in_for_descriptors() -> None:
    table = pl.DataFrame({f"mfcc{i}": [0.5, 0.5, 0.1 * i] for i in range(FEWEST)})
    assert keys(table, "vector").is_duplicated().to_list() == [True, True, False]
