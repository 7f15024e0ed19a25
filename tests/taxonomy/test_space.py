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
        replace(TWO, folding="spelling"),
        replace(TWO, ignore_patterns=("quiz",)),
        replace(TWO, ignore_artist_name=True),
        replace(TWO, artist_ignore={"A": ("rock",)}),
        replace(TWO, artist_ignore={"A": ("pop",)}),
    )
    assert len({TWO.sha256, *(taxonomy.sha256 for taxonomy in changed)}) == len(changed) + 1


VOTE = replace(TWO, pick="vote", folding="spelling")


@pytest.mark.parametrize(
    ("tag", "genres"),
    [("pop rock", ("rock",)), ("rock-pop", ("pop",)), ("New-Wave", ("rock",)), ("newwave", ("rock",))],
)  # fmt: skip
def test_the_genre_named_last(tag: str, genres: tuple[str, ...]) -> None:
    assert VOTE.match(tag) == genres


def test_of_two_that_end_together_the_longer() -> None:
    longer = replace(VOTE, genres=(Genre("punk", patterns=("punk rock",)), ROCK))
    assert longer.match("punk rock") == ("punk",)
    assert replace(longer, genres=longer.genres[::-1]).match("punk rock") == ("punk",)
    even = replace(VOTE, genres=(Genre("one", patterns=("rock",)), Genre("two", patterns=("rock",))))
    assert even.match("art rock") == ("one", "two")


def test_ignored_tags() -> None:
    told = replace(TWO, folding="spelling", ignore_patterns=("favou?rit",))
    assert [told.ignores(tag) for tag in ("Pop-Quiz", "My Favourites", "favourite rock", "quiz")] == [
        True, True, False, False
    ]  # fmt: skip
