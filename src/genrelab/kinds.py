"""Kinds of each genre, found in finer words for the tracks learned from: subgenres, playlists, tags.

A genre such as pop holds much that has little in common. A model that learns to tell its kinds apart, and
then adds up their probabilities, is right more often than one that is told the genre alone. Finer words are
read while learning only: they give the genre away, and a new song has none.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse
from sklearn.cluster import KMeans
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.preprocessing import normalize

from genrelab.errors import SchemaError
from genrelab.sources._reading import listed

Codes = NDArray[np.int64]

LEAST_WORD = 10
"""Tracks that must have a word: a rarer one tells little of a kind."""
LEAST_KIND = 50
"""Tracks that a kind has on average at least."""
WIDTH = 60
"""Dimensions in which words are compared."""


def words(tracks: pl.DataFrame, columns: Sequence[str]) -> sparse.csr_matrix:
    """Mark the words of some columns that each track has: text is one word, a list of text several.

    Parameters
    ----------
    tracks
        Any table.
    columns
        Of text, or lists of text.

    Returns
    -------
    Ones of shape (rows, words).

    Raises
    ------
    SchemaError
        When a column is absent, or holds no text.

    Examples
    --------
    >>> words(pl.DataFrame({"tags": [["house", "deep house"], ["house"], None]}), ["tags"]).toarray()
    array([[1., 1.],
           [0., 1.],
           [0., 0.]])
    """
    blocks = [_marked(tracks, name) for name in columns]
    return sparse.hstack(blocks, format="csr") if blocks else sparse.csr_matrix((tracks.height, 0))


def _marked(tracks: pl.DataFrame, name: str) -> sparse.csr_matrix:
    if name not in tracks.columns:
        raise SchemaError(f"finer {name!r}: no such column: choose from {listed(tracks.columns)}")
    kind = tracks.schema[name]
    if kind not in (pl.String, pl.List(pl.String)):
        raise SchemaError(f"finer {name!r}: holds {kind}, not words: name a column of subgenres or tags")
    table = tracks.select(pl.int_range(pl.len()).alias("row"), pl.col(name).alias("word"))
    table = (table.explode("word") if kind != pl.String else table).drop_nulls().unique()
    places = table["word"].rank("dense").cast(pl.Int64).to_numpy() - 1
    shape = tracks.height, int(places.max(initial=-1)) + 1
    return sparse.csr_matrix((np.ones(len(places)), (table["row"].to_numpy(), places)), shape)


def find(marks: sparse.csr_matrix, truth: Codes, most: int, seed: int) -> tuple[Codes, Codes]:
    """Part the tracks of each genre into kinds, by k-means of their words.

    Words weigh by how rare they are (tf-idf) and are compared in the `WIDTH` directions in which they differ
    most (latent semantic analysis, Deerwester et al. 1990).

    Parameters
    ----------
    marks
        As `words` returns them, shape (rows, words).
    truth
        Codes of the genres, shape (rows,).
    most
        About as many kinds in all, shared out among the genres by their tracks.
    seed
        Of the directions and of k-means.

    Returns
    -------
    Code of each track's kind, shape (rows,), and of each kind's genre, in order, shape (kinds,).

    Examples
    --------
    >>> marks = words(pl.DataFrame({"tags": ["dub", "ska"] * 60}), ["tags"])
    >>> kinds, genres = find(marks, np.repeat([0, 1], 60), most=2, seed=0)
    >>> genres.tolist(), np.unique(kinds).tolist()
    ([0, 1], [0, 1])
    """
    points = _points(marks, seed)
    kinds, genres = np.zeros(len(truth), dtype=np.int64), list[int]()
    for genre, tracks in zip(*np.unique(truth, return_counts=True), strict=True):
        rows = np.flatnonzero(truth == genre)
        share = min(round(most * tracks / len(truth)), tracks // LEAST_KIND, _distinct(points[rows]))
        found = KMeans(max(share, 1), n_init=1, random_state=seed).fit_predict(points[rows])
        # Numbered without gaps, should a centre have lost all its tracks.
        names, codes = np.unique(found, return_inverse=True)
        kinds[rows] = len(genres) + codes
        genres += [int(genre)] * len(names)
    return kinds, np.array(genres, dtype=np.int64)


def _points(marks: sparse.csr_matrix, seed: int) -> NDArray[np.float64]:
    """Place tracks by their words, each at a distance of 1 from the origin; those without any in it."""
    frequent = marks[:, np.asarray(marks.sum(axis=0)).ravel() >= LEAST_WORD]
    if not frequent.shape[1]:
        return np.zeros((marks.shape[0], 1))
    weighed = TfidfTransformer().fit_transform(frequent)
    if weighed.shape[1] <= WIDTH:
        placed = weighed.toarray()
    else:
        placed = TruncatedSVD(WIDTH, random_state=seed).fit_transform(weighed)
    points: NDArray[np.float64] = normalize(placed)
    return points


def _distinct(points: NDArray[np.float64]) -> int:
    return len(np.unique(points.round(9), axis=0))
