"""Lists written as text."""

from __future__ import annotations

import ast
import json
import subprocess
import sys

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genrelab.sources import _lists


@given(st.lists(st.text()))
def test_what_python_writes_is_read_back(items: list[str]) -> None:
    assert _lists.parse(str(items)) == items


@given(st.lists(st.text()))
def test_what_json_writes_is_read_back(items: list[str]) -> None:
    assert _lists.parse(json.dumps(items)) == items
    assert _lists.parse(json.dumps(items, ensure_ascii=False)) == items


@given(st.text())
def test_any_text_is_a_list_or_none_and_never_an_accident(text: str) -> None:
    found = _lists.parse(text)
    assert found is None or text.strip().startswith("[")


@given(st.lists(st.integers()))
def test_numbers_are_taken_as_text(items: list[int]) -> None:
    assert _lists.parse(str(items)) == [str(item) for item in items]


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("[]", []),
        ("[21]", ["21"]),
        ("['a']", ["a"]),
        ("""['hip hop', "children's music"]""", ["hip hop", "children's music"]),
        ("['a' 'b']", ["a", "b"]),
        ("[hip hop , pop 'b'  c d]", ["hip hop", "pop", "b", "c d"]),
        ("[ ab ab", None),
        ("[rock, pop]", ["rock", "pop"]),
        ("['a', None, nan]", ["a"]),
        (r"['back\\slash', 'caf\xe9', 'tab\t']", ["back\\slash", "café", "tab\t"]),
        ("['a', 'b'", None),
        ("['a'] and more", None),
        ("rock", None),
        ("['a', ['b']]", None),
    ],
)
def test_lists_as_they_come(text: str, items: list[str] | None) -> None:
    assert _lists.parse(text) == items


def test_a_long_broken_list_is_refused_at_once() -> None:
    assert _lists.parse("['" + "a', '" * 20_000) is None


CUT_OFF = """
from genrelab.sources import _lists
words, spaces = "[" + "ab " * 17_000, "[" + " " * 50_000
assert [_lists.parse(words), _lists.parse(spaces)] == [None, None]
assert [_lists.parse("[" + "'ab' " * 10_000), _lists.parse("['a'" + " " * 50_000)] == [None, None]
assert _lists.to_joined(_lists.pl.Series([words, spaces])).to_list() == [words, spaces]
"""


def test_a_long_list_that_is_cut_off_is_refused_in_linear_time() -> None:
    subprocess.run([sys.executable, "-c", CUT_OFF], check=True, timeout=60)


def test_tags_come_from_lists_and_from_plain_text() -> None:
    values = pl.Series(["['a', 'b']", "rock; pop|jazz", "hip hop", None, "[", "[]"])
    assert _lists.to_lists(values).to_list() == [
        ["a", "b"],
        ["rock", "pop", "jazz"],
        ["hip hop"],
        None,
        None,
        [],
    ]


def test_names_of_bands_in_brackets_stay() -> None:
    values = pl.Series(["['A', 'B']", "[spunge]", "[:SITD:]", None, "Plain"])
    assert _lists.to_joined(values).to_list() == ["A, B", "[spunge]", "[:SITD:]", None, "Plain"]


@pytest.mark.data("capstone12")
def test_real_tags_agree_with_python(data: object) -> None:
    texts = pl.read_csv(f"{data}/capstone12/info_1.csv")["genre"].unique()
    assert texts.len() > 100
    assert [_lists.parse(text) for text in texts] == [ast.literal_eval(text) for text in texts]
