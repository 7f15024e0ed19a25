"""How names are written: figures of known names, and that nothing is fitted."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genrelab.features import numbers, wording


def names(columns: list[str]) -> list[str]:
    return [name for name, _ in wording.expressions(columns)]


def read(table: pl.DataFrame, columns: list[str]) -> numbers.Matrix:
    return numbers.matrix(table, wording.expressions(columns))


def described(name: str | None) -> dict[str, float]:
    table = pl.DataFrame({"title": [name]}, schema={"title": pl.String})
    return dict(zip(names(["title"]), read(table, ["title"])[0].tolist(), strict=True))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ABC 12", [6, 2, 0.5, 1 / 3, 0]),
        ("Águas", [5, 1, 0.2, 0, 0.2]),
        ("봄날", [2, 1, 0, 0, 1]),
        ("  ", [2, 0, 0, 0, 0]),
        ("", [0, 0, 0, 0, 0]),
        (None, [0, 0, 0, 0, 0]),
    ],
)
def test_known_names(name: str | None, expected: list[float]) -> None:
    np.testing.assert_allclose(list(described(name).values()), expected, rtol=1e-6)


def test_a_single_shares_its_name_with_its_album() -> None:
    table = pl.DataFrame({"title": ["One", "Two", None], "album": ["One", "Three", "Four"]})
    place = names(["title", "album"]).index("title_is_album")
    assert read(table, ["title", "album"])[:, place].tolist() == [1, 0, 0]
    assert "title_is_album" not in names(["title"])


def test_no_columns() -> None:
    assert read(pl.DataFrame({"title": ["a"]}), []).shape == (1, 0)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.none() | st.text(max_size=12), min_size=2, max_size=9))
def test_a_row_reads_the_same_in_any_table(names: list[str | None]) -> None:
    table = pl.DataFrame(
        {"title": names, "album": names[::-1]}, schema=dict.fromkeys(("title", "album"), pl.String)
    )
    whole = read(table, ["title", "album"])
    assert np.isfinite(whole).all()
    np.testing.assert_array_equal(read(table[1:], ["title", "album"]), whole[1:])
