"""Relations between descriptors: their parts, what is missing, and that nothing is fitted."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genrelab import schema
from genrelab.features import derived, numbers
from genrelab.features.derived import DERIVED

NUMERIC = [c.name for c in schema.COLUMNS if c.dtype.is_numeric()]


def names(columns: list[str]) -> list[str]:
    return [name for name, _ in derived.expressions(columns)]


def related(tracks: pl.DataFrame, columns: list[str]) -> numbers.Matrix:
    return numbers.matrix(tracks, derived.expressions(columns))


def test_all_are_made_of_the_contract() -> None:
    assert set(names(NUMERIC)) == set(DERIVED)
    assert related(schema.sample(5, seed=0), NUMERIC).shape == (5, len(DERIVED))


@pytest.mark.parametrize("name", DERIVED)
def test_each_reads_the_columns_that_it_names_and_no_others(name: str) -> None:
    needed = list(DERIVED[name][0])
    alone = related(schema.sample(5, seed=0).select(needed), needed)
    assert alone[:, names(needed).index(name)].shape == (5,)
    for part in needed:
        assert name not in names([c for c in NUMERIC if c != part])


@pytest.mark.parametrize("name", DERIVED)
@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_where_a_part_is_missing_so_is_the_relation(name: str, value: float | None) -> None:
    needed = list(DERIVED[name][0])
    for part in needed:
        tracks = schema.sample(3, seed=0).with_columns(pl.lit(value, pl.Float64).alias(part))
        assert np.isnan(related(tracks, needed)[:, names(needed).index(name)]).all()


def test_columns_without_any_value() -> None:
    empty = schema.sample(3, seed=0).with_columns(pl.lit(None).alias(name) for name in NUMERIC)
    assert np.isnan(related(empty, NUMERIC)).all()


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 99), rows=st.lists(st.integers(0, 19), min_size=1, max_size=20))
def test_a_row_reads_the_same_in_any_table(seed: int, rows: list[int]) -> None:
    tracks = schema.sample(20, seed)
    whole = related(tracks, NUMERIC)
    np.testing.assert_array_equal(related(tracks[rows], NUMERIC), whole[rows])
