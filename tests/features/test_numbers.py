"""Numbers as a matrix: what is missing, the key's circle, and that nothing is fitted."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genrelab import schema
from genrelab.features import numbers

COLUMNS = [*schema.DESCRIPTORS, "release_year", "duration", "popularity"]


def names(columns: list[str]) -> list[str]:
    return [name for name, _ in numbers.expressions(columns)]


def read(tracks: pl.DataFrame, columns: list[str]) -> numbers.Matrix:
    return numbers.matrix(tracks, numbers.expressions(columns))


def one(name: str, value: object) -> float:
    """The first feature of a table of one cell."""
    return float(read(pl.DataFrame({name: [value]}, strict=False), [name])[0, 0])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tempo", 0.0),
        ("tempo", -1.0),
        ("key", -1),
        ("energy", None),
        ("energy", float("nan")),
        ("energy", float("inf")),
        ("energy", float("-inf")),
        ("energy", 1e35),
    ],
)
def test_what_is_no_number_is_nan(name: str, value: object) -> None:
    assert np.isnan(one(name, value))


@pytest.mark.parametrize(
    ("name", "value", "kept"), [("tempo", 0.5, 0.5), ("mode", 0, 0), ("key", 11, 11), ("live", True, 1)]
)
def test_other_values_are_kept(name: str, value: object, kept: float) -> None:
    assert one(name, value) == kept


def test_the_key_is_a_circle() -> None:
    places = read(pl.DataFrame({"key": range(12)}), ["key"])[:, 1:]
    steps = np.linalg.norm(places - np.roll(places, 1, axis=0), axis=1)
    np.testing.assert_allclose(steps, steps[0], rtol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(places, axis=1), 1, rtol=1e-5)


def test_an_unknown_key_stands_nowhere_on_the_circle() -> None:
    assert np.isnan(read(pl.DataFrame({"key": [-1]}), ["key"])).all()


def test_names_are_those_of_the_columns() -> None:
    assert read(schema.sample(7, seed=0), COLUMNS).shape == (7, len(names(COLUMNS)))
    assert len(set(names(COLUMNS))) == len(COLUMNS) + 2


def test_no_columns_and_no_rows() -> None:
    assert read(schema.sample(3, seed=0), []).shape == (3, 0)
    assert read(schema.sample(3, seed=0).clear(), ["key"]).shape == (0, 3)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 99), rows=st.lists(st.integers(0, 19), min_size=1, max_size=20))
def test_a_row_reads_the_same_in_any_table(seed: int, rows: list[int]) -> None:
    tracks = schema.sample(20, seed)
    whole = read(tracks, COLUMNS)
    np.testing.assert_array_equal(read(tracks[rows], COLUMNS), whole[rows])
