"""Which words of a song speak for its genre.

Places of hashed n-grams have no names, but a song's own words can be hashed again and found there. What a
word adds is the sum over its n-grams: the word itself, the strings of characters inside it, and half of each
pair that it makes with a neighbour.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse
from sklearn.pipeline import Pipeline

from genrelab.classifier import Classifier
from genrelab.features import text
from genrelab.insight.explanation_estimators import linear
from genrelab.schema import TEXT_COLUMNS

Floats = NDArray[np.float64]

EMPTY = {"word": pl.String, "weight": pl.Float64}
"""No words."""


def words(classifier: Classifier, track: pl.DataFrame, genre: int) -> pl.DataFrame:
    """Weigh the words of one track by what they add to a genre, against the mean of the genres.

    Parameters
    ----------
    classifier
        The model.
    track
        A table of one row.
    genre
        Code of the genre.

    Returns
    -------
    ``word, weight``, the largest first; empty where the model reads no text, or has learned nothing from it.
    """
    columns = [name for name in classifier.card.columns if name in TEXT_COLUMNS]
    said = [word for name in columns for word in str(track[name][0] or "").split()]
    per_gram = _per_gram(classifier, track, genre)
    if per_gram is None or not said:
        return pl.DataFrame(schema=EMPTY)
    single = _counts(said)
    weights = single @ per_gram
    if len(said) > 1:
        pairs = [f"{first} {second}" for first, second in pairwise(said)]
        between = (_counts(pairs) - single[:-1] - single[1:]) @ per_gram / 2
        weights[:-1] += between
        weights[1:] += between
    told = pl.DataFrame({"word": said, "weight": weights}, schema=EMPTY)
    bare = pl.col("word").str.to_lowercase().str.replace_all(r"^\W+(.)|(.)\W+$", "$1$2")
    summed = told.group_by(bare, maintain_order=True).sum()
    return summed.filter(pl.col("weight") != 0).sort("weight", descending=True, maintain_order=True)


def _per_gram(classifier: Classifier, track: pl.DataFrame, genre: int) -> Floats | None:
    """Return what one occurrence of each n-gram of a track adds to a genre, shape (places,), or None."""
    reader = None if classifier.parts.readers is None else classifier.parts.readers.text
    counts = classifier.card.recipe.read(track, classifier.card.columns).counts
    known = reader is not None and isinstance(reader.estimator, Pipeline) and genre in reader.seen
    if reader is None or counts is None or not known:
        return None
    found = linear(reader.estimator[-1])
    if found is None:
        return None
    own = found[0][int(np.flatnonzero(reader.seen == genre)[0])] - found[0].mean(axis=0)
    weighed = np.asarray(reader.estimator[:-1].transform(counts).todense())[0]
    added = np.zeros(counts.shape[1])
    added[reader.estimator[0].get_support(indices=True)] = own * weighed
    occurrences = np.asarray(counts.todense(), dtype=np.float64)[0]
    per_gram: Floats = added / np.maximum(occurrences, 1)
    return per_gram


def _counts(texts: list[str]) -> sparse.csr_matrix:
    return text.counts(pl.DataFrame({"title": texts}, schema={"title": pl.String}), ["title"]).astype(
        np.float64
    )
