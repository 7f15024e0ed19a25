"""Hashed n-grams: the same as scikit-learn's analysers find, whatever the script, and whatever the chunk."""

from __future__ import annotations

import unicodedata
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer

from genrelab.features import grams

WORDS = CountVectorizer(ngram_range=(1, 2), token_pattern=r"(?u)\b\w+\b", lowercase=False).build_analyzer()
STRINGS = CountVectorizer(analyzer="char_wb", ngram_range=(3, 5), lowercase=False).build_analyzer()


def texts(*values: str | None) -> pl.Series:
    return pl.Series(values, dtype=pl.String)


def same(first: Any, second: Any) -> bool:
    return bool(abs(first - second).sum() == 0)


def read(text: str) -> str:
    """As the module reads it, so that versions of Unicode do not matter here."""
    return unicodedata.normalize("NFKC", text).lower()


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=30))
@example("Ünïted ́ 봄날 봄날 - Вечер (feat. 𝒳!) a_b \x1f\u2028ﬀ \U00020000")
@example("a")
@example("na na na na, na")
def test_what_is_counted_is_what_scikit_learn_counts(text: str) -> None:
    words, strings = Counter(WORDS(read(text))), Counter(STRINGS(read(text)))
    counted = grams.count(texts(text))
    width = 1 << grams.BITS
    assert sorted(counted[:, :width].data) == sorted(words.values())
    assert sorted(counted[:, width:].data) == sorted(strings.values())


def test_equal_n_grams_have_equal_places_and_others_do_not() -> None:
    blue, green, both = grams.count(texts("blue", "green", "Green (BLUE)"), pairs=False, characters=False)
    assert blue.indices.tolist() != green.indices.tolist()
    assert {*blue.indices, *green.indices} == {*both.indices}


def test_a_space_is_a_character() -> None:
    inside, at_start = grams.count(texts("xabcx", "abc"))
    shared = set(inside.indices) & set(at_start.indices)
    assert len(shared) == 1  # "abc" alone, neither " abc" nor "abc "


def test_places_are_those_of_every_machine() -> None:
    assert grams.count(texts("One"), characters=False).indices.tolist() == [110365]


def test_many_places_are_used() -> None:
    counted = grams.count(texts(*map(str, range(20_000))), pairs=False, characters=False)
    assert len(np.unique(counted.indices)) > 0.95 * (1 << grams.BITS) * (
        1 - np.exp(-20_000 / (1 << grams.BITS))
    )


@pytest.mark.parametrize("long", ["", "x" * 200_000, "la " * 60_000])
def test_a_chunk_changes_nothing(long: str) -> None:
    many = [f"song {number} of {number % 7}" for number in range(9_000)]
    counted = grams.count(texts(*many, long, *many))
    again = grams.count(texts(*many[::-1]))[::-1]
    for part in (counted[:9_000], counted[9_001:]):
        assert same(part, again)
    assert counted.has_sorted_indices
    assert counted[9_000].sum() == len(WORDS(long)) + len(STRINGS(long))


def test_nothing_to_count() -> None:
    assert grams.count(texts()).shape == (0, 2 << grams.BITS)
    assert grams.count(texts(None, "", "  ")).nnz == 0
    assert grams.count(texts("?!"), characters=False).nnz == 0


def test_decomposed_and_wide_letters_are_the_same() -> None:
    first, second = grams.count(texts("Beyoncé ＡＢＣ", "Beyoncé abc"))
    assert same(first, second)


def test_runs_hold_the_whole_of_a_name() -> None:
    rows, places = grams.runs(texts(None, "Hey - Daddy Yankee!", "hey daddy"), 2)
    assert np.bincount(rows).tolist() == [0, 5, 3]
    [name] = grams.whole(texts("daddy yankee"))
    assert rows[places == name].tolist() == [1]
    assert grams.whole(texts("yankee daddy")) != name


def test_runs_do_not_leave_their_text() -> None:
    [pair] = grams.whole(texts("one two"))
    assert pair not in grams.runs(texts("one", "two"), 2)[1]


def test_short_runs_can_be_left_out() -> None:
    rows, places = grams.runs(texts("a go ab"), 3, least=4)
    assert rows.tolist() == [0, 0]
    assert set(places) == set(grams.whole(texts("go ab", "a go ab")))


def test_the_whole_of_many() -> None:
    assert grams.whole(texts("a b", None, "?", "A, b")).tolist()[1:3] == [-1, -1]
    found = grams.whole(texts(*map(str, range(30_000))))
    assert len(np.unique(found)) > 29_990
    assert 0 <= found.min() <= found.max() < grams.RUNS
    assert grams.runs(texts(*map(str, range(30_000))), 3)[1].tolist() == found.tolist()


def test_threads_do_not_meet() -> None:
    names = [texts(*(f"{word} {number}" for number in range(3_000))) for word in ("un", "deux", "trois")]
    expected = [grams.count(each) for each in names]
    grams._many_powers.cache_clear()
    with ThreadPoolExecutor(3) as threads:
        found = list(threads.map(grams.count, names))
    assert all(map(same, found, expected))
