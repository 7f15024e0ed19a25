"""The label space: what a tag matches, and its hash."""

from __future__ import annotations

from dataclasses import replace

import pytest

from genrelab.taxonomy import Genre, Taxonomy

ROCK = Genre("rock", aliases=("Grunge",), patterns=("rock", "^new wave$"))
POP = Genre("pop", patterns=(r"\bpop\b",))
TWO = Taxonomy("two", "an example", "nowhere", (ROCK, POP), ignore=("pop quiz",))


@pytest.mark.parametrize(
    ("tag", "genres"),
    [
        ("Art Rock", ("rock",)),
        ("pop rock", ("rock", "pop")),
        (" grunge ", ("rock",)),
        ("grunge pop", ("pop",)),
        ("new wave", ("rock",)),
        ("new wave pop", ("pop",)),
        ("popular", ()),
        ("Pop Quiz", ()),
    ],
)
def test_match(tag: str, genres: tuple[str, ...]) -> None:
    assert TWO.match(tag) == genres


def test_an_alias_is_not_searched_by_patterns() -> None:
    aliased = replace(TWO, genres=(ROCK, replace(POP, aliases=("pop rock",))))
    assert aliased.match("pop rock") == ("pop",)


def test_the_hash_knows_rules_and_not_words() -> None:
    assert replace(TWO, meaning="other words", origin="elsewhere").sha256 == TWO.sha256
    changed = (
        replace(TWO, genres=(POP, ROCK)),
        replace(TWO, pick="only"),
        replace(TWO, ignore=()),
        replace(TWO, genres=(ROCK, replace(POP, patterns=("pop",)))),
    )
    assert len({TWO.sha256, *(taxonomy.sha256 for taxonomy in changed)}) == 5
