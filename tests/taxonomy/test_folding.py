"""Spellings of one tag made one, and no two tags made one that are not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genrelab.taxonomy.folding import fold, named, squeezed

QUOTE = "\N{RIGHT SINGLE QUOTATION MARK}"
SAME = [
    ("Hip-Hop", "hip hop", "HIP_HOP", "hip/hop", "hip.hop"),
    ("R&B", "r and b", "R 'n' B", "r+b", "r n b"),
    ("rock'n'roll", "Rock & Roll", "rock n roll", f"rock {QUOTE}n{QUOTE} roll"),
    ("forró", "FORRO", "forro\N{COMBINING ACUTE ACCENT}"),
    ("children's music", "childrens music", f"Children{QUOTE}s Music"),
    ("U.K. garage", "uk garage"),
    ("80's", "'80s", "80s"),
    ("\N{FULLWIDTH LATIN SMALL LETTER J}-pop", "J-Pop"),
    ("Straße", "strasse"),
]  # fmt: skip
DIFFERENT = [("blues", "blue"), ("beats", "beat"), ("r&b", "rb"), ("が", "か"), ("c", "c-86")]


@pytest.mark.parametrize("spellings", SAME)
def test_spellings_of_one_tag(spellings: tuple[str, ...]) -> None:
    assert len({fold(tag, "spelling") for tag in spellings}) == 1


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_tags_that_are_not_one(one: str, other: str) -> None:
    assert squeezed(one, "spelling") != squeezed(other, "spelling")


def test_case_alone() -> None:
    assert fold(" Hip-Hop ") == "hip-hop"
    assert squeezed("Hip Hop") == "hip hop"


def test_names_of_artists() -> None:
    assert named("The Beatles") == named("beatles") == named("the-beatles")
    assert named("The The") == "the"
    assert named("!!!") == ""


@given(st.text(max_size=30))
def test_folding_is_done_once(tag: str) -> None:
    folded = fold(tag, "spelling")
    assert fold(folded, "spelling") == folded
    assert "  " not in folded
