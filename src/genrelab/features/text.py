"""Titles, albums and artist names as counts of word and character n-grams, and the model that reads them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.feature_selection import SelectorMixin
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted, validate_data

from genrelab.features import grams


def counts(tracks: pl.DataFrame, columns: Sequence[str]) -> sparse.csr_matrix:
    """Count hashed n-grams of all text of a track: words and word pairs, and 3 to 5 characters inside words.

    The columns are read as one text, so that an artist whom a title names ("feat. ...") is known again. Words
    and characters have places of their own: see `genrelab.features.grams.count`.

    Parameters
    ----------
    tracks
        A table that keeps the schema; a missing text counts nothing.
    columns
        Text columns of it.

    Returns
    -------
    Shape (rows, 2 * 2**18), float32.

    Examples
    --------
    >>> counts(pl.DataFrame({"title": ["One"], "artist": [None]}), ["title", "artist"]).sum()
    np.float32(7.0)
    """
    return grams.count(_joined(tracks, columns))


def words(tracks: pl.DataFrame, columns: Sequence[str]) -> sparse.csr_matrix:
    """Count the hashed single words of all text of a track.

    Returns
    -------
    Shape (rows, 2**18), float32.

    Examples
    --------
    >>> sorted(words(pl.DataFrame({"title": ["One more time, one more"]}), ["title"]).data.tolist())
    [1.0, 2.0, 2.0]
    """
    return grams.count(_joined(tracks, columns), pairs=False, characters=False)


def _joined(tracks: pl.DataFrame, columns: Sequence[str]) -> pl.Series:
    texts = [pl.col(column).cast(pl.String).fill_null("") for column in columns]
    return tracks.select_seq(pl.concat_str(texts, separator=" ").alias("text"))["text"]


class FrequentOnly(SelectorMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Keep the columns that are not zero in at least `least` rows.

    An n-gram seen once or twice names one artist; it cannot speak for another.

    Parameters
    ----------
    least : int >= 1
        Rows in which a column must differ from zero.

    Examples
    --------
    >>> FrequentOnly(2).fit_transform([[1, 0], [1, 1]]).tolist()
    [[1], [1]]
    """

    def __init__(self, least: int = 3) -> None:
        self.least = least

    def fit(self, X: Any, y: Any = None) -> FrequentOnly:
        """Count in how many rows of X, shape (rows, columns), each column differs from zero."""
        X = validate_data(self, X, accept_sparse="csr", ensure_all_finite="allow-nan")
        seen = np.asarray((X != 0).sum(axis=0)).ravel()
        # Where nothing is frequent, all is kept: an empty matrix cannot be learned from.
        self.frequent_: NDArray[np.bool_] = seen >= min(self.least, seen.max())
        self.__dict__.pop("_places", None)
        return self

    def transform(self, X: Any) -> Any:
        """Keep the frequent columns of X, shape (rows, columns)."""
        check_is_fitted(self)
        if not (isinstance(X, sparse.csr_matrix) and X.shape[1] == len(self.frequent_)):
            return super().transform(X)
        # Many times as fast as to index X by columns, which stay in their order.
        where, width = self._places
        places = where[X.indices]
        kept = np.flatnonzero(places >= 0)
        bounds = np.searchsorted(kept, X.indptr)
        return sparse.csr_matrix((X.data[kept], places[kept], bounds), shape=(X.shape[0], width))

    @cached_property
    def _places(self) -> tuple[NDArray[np.int32], int]:
        """Where each column goes, or -1, and how many are kept."""
        after = np.cumsum(self.frequent_, dtype=np.int32)
        return np.where(self.frequent_, after - 1, -1), int(after[-1])

    def __getstate__(self) -> Any:
        """Return what a file keeps: not what is found anew from it."""
        return {name: value for name, value in super().__getstate__().items() if name != "_places"}

    def _get_support_mask(self) -> NDArray[np.bool_]:
        check_is_fitted(self)
        return self.frequent_

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn that sparse matrices and NaN, which is not zero, are welcome."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = True
        return tags


def model(seed: int) -> Pipeline:
    """Build the model that reads n-gram counts: frequent ones, tf-idf, multinomial logistic regression."""
    # On sparse columns by the ten thousand, Newton's method gets nearer to the optimum than the usual L-BFGS
    # in a quarter of the time, most of which that spends on its own bookkeeping.
    logistic = LogisticRegression(C=0.5, solver="newton-cg", tol=1e-5, max_iter=200, random_state=seed)
    return Pipeline(
        [
            ("frequent", FrequentOnly()),
            ("weights", TfidfTransformer(sublinear_tf=True)),
            ("logistic", logistic),
        ]
    )
