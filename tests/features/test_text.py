"""n-gram counts of names: nothing fitted; and the filter of frequent ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from genrelab import cleaning
from genrelab.features import text
from genrelab.features.text import FrequentOnly
from genrelab.sources import table


def counted(*names: str | None, column: str = "title") -> sparse.csr_matrix:
    return text.counts(pl.DataFrame({column: names}, schema={column: pl.String}), [column])


def dense(matrix: sparse.csr_matrix) -> NDArray[np.float32]:
    """The columns that are not empty; most are."""
    return matrix[:, np.unique(matrix.indices)].toarray()


def test_a_missing_text_counts_nothing() -> None:
    assert counted(None, "").nnz == 0


def test_case_does_not_matter() -> None:
    upper, lower = dense(counted("THE CURE", "the cure"))
    np.testing.assert_array_equal(upper, lower)


def test_words_of_one_letter_count() -> None:
    assert counted("u 2").nnz > counted("").nnz


def test_repeats_are_counted() -> None:
    assert counted("na na na").max() >= 3


def test_a_word_is_read_wherever_it_stands() -> None:
    empty = dict.fromkeys(("title", "artist"), pl.String)
    table = pl.DataFrame({"title": ["blue", None], "artist": [None, "blue"]}, schema=empty)
    in_title, in_artist = text.counts(table, ["title", "artist"])
    assert in_title.nnz == in_artist.nnz == counted("blue").nnz > 0


@settings(max_examples=25, deadline=None)
@given(st.lists(st.none() | st.text(max_size=12), min_size=2, max_size=6))
def test_a_row_reads_the_same_in_any_table(names: list[str | None]) -> None:
    assert abs(counted(*names)[1:] - counted(*names[1:])).sum() == 0


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix])
def test_rare_columns_go(kind: type) -> None:
    matrix = kind([[1, 0, 5, 0], [1, 1, 0, 0], [1, 0, 0, 0]])
    for least, kept in ((1, [0, 1, 2]), (2, [0]), (3, [0])):
        assert np.flatnonzero(FrequentOnly(least).fit(matrix).get_support()).tolist() == kept


def test_where_nothing_is_frequent_the_most_frequent_stays() -> None:
    assert FrequentOnly(5).fit([[1, 0], [1, 1]]).get_support().tolist() == [True, False]


def test_the_model_learns_words() -> None:
    names = ["love song", "la la love", "mi amor", "amor eterno"] * 10
    model = text.model(seed=0).fit(counted(*names), [0, 0, 1, 1] * 10)
    assert model.predict(counted("love me", "el amor")).tolist() == [0, 1]


def test_names_of_single_rows_teach_nothing() -> None:
    names = [f"only{number} song" for number in range(30)]
    fitted = text.model(seed=0).fit(counted(*names), [0, 1] * 15)
    only, song = fitted.predict_proba(counted("only3", "song"))
    np.testing.assert_allclose(only, song, atol=0.05)


def test_the_same_seed_gives_the_same_model() -> None:
    names, genres = ["love song", "la la love", "mi amor", "amor eterno"] * 10, [0, 0, 1, 1] * 10
    first, second = (text.model(seed=3).fit(counted(*names), genres)[-1].coef_ for _ in range(2))
    np.testing.assert_array_equal(first, second)


@pytest.mark.data("spotify_30k")
def test_it_is_learned_to_the_end(data: Path) -> None:
    some = cleaning.clean(table.read(data / "spotify_30k").tracks, ["repeated_id"]).tracks.gather_every(40)
    read, genres = text.counts(some, ["title", "album", "artist"]), some["genre"].to_numpy()
    model = text.model(seed=0).fit(read, genres)
    matrix = model[:-1].transform(read).astype(np.float64)
    strict = LogisticRegression(C=0.5, tol=1e-8, max_iter=2000).fit(matrix, genres)
    apart = np.abs(model[-1].predict_proba(matrix) - strict.predict_proba(matrix)).max()
    assert apart < 1e-3
