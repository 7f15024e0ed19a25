"""The tree of errors: as drawn, catchable as builtins, and speaking plainly."""

from __future__ import annotations

import inspect
import re

import pytest

from genrelab import errors
from genrelab.errors import GenrelabError, MissingExtra, MissingFile, ReadError, UnknownName

TREE = {
    name: member
    for name, member in inspect.getmembers(errors, inspect.isclass)
    if issubclass(member, GenrelabError)
}
DRAWN = re.findall(r"[├└]── (\w+) \((\w+)\)", errors.__doc__ or "")


def test_the_tree_is_as_drawn() -> None:
    assert {name for name, _ in DRAWN} | {"GenrelabError"} == set(TREE)


@pytest.mark.parametrize(("name", "builtin"), DRAWN)
def test_each_leaf_is_the_builtin_that_a_caller_expects(name: str, builtin: str) -> None:
    expected: type[BaseException] = {e.__name__: e for e in (
        ValueError, KeyError, OSError, ImportError, FileNotFoundError
    )}[builtin]  # fmt: skip
    assert issubclass(TREE[name], expected)


def test_a_missing_file_is_a_read_error() -> None:
    assert issubclass(MissingFile, ReadError)


def test_every_error_says_why_it_is_there() -> None:
    assert all(member.__doc__ for member in TREE.values())


@pytest.mark.parametrize("name", sorted(set(TREE) - {"UnknownName", "MissingExtra"}))
def test_a_message_is_told_as_it_was_given(name: str) -> None:
    message = "songs.csv: is empty: give a table with rows"
    assert str(TREE[name](message)) == message
    assert not str(TREE[name]())


def test_an_unknown_name_suggests_the_nearest_without_quotes_around() -> None:
    assert str(UnknownName("model", "bset", ["xgboost", "best"])) == (
        "no model 'bset': did you mean 'best'? (known: best, xgboost)"
    )


def test_a_name_like_no_other_gets_the_list() -> None:
    assert str(UnknownName("model", "qqq", iter(["b", "a"]))) == "no model 'qqq': (known: a, b)"


def test_a_missing_extra_says_what_to_install() -> None:
    assert "pip install 'genrelab[report]'" in str(MissingExtra("plotly", "report"))
