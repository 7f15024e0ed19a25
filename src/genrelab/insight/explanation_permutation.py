"""How much worse a model gets when a column of the table is shuffled (Breiman 2001, "Random Forests").

Columns are shuffled, not the features that are made of them: what a column is worth includes all relations
in which it stands. Of two columns that say the same, each looks dispensable.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl
from numpy.typing import NDArray

from genrelab import blending
from genrelab.classifier import Classifier
from genrelab.features.inputs import Inputs
from genrelab.progress import Progress

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

FEWEST = 20
"""Tracks below which shuffling tells nothing."""
EMPTY = {
    "column": pl.String,
    "accuracy_drop": pl.Float64,
    "accuracy_spread": pl.Float64,
    "log_loss_rise": pl.Float64,
    "log_loss_spread": pl.Float64,
}


def permute(
    classifier: Classifier,
    tracks: pl.DataFrame,
    truth: Codes,
    *,
    repeats: int,
    seed: int,
    progress: Progress,
) -> pl.DataFrame:
    """Shuffle every column that the classifier reads, and measure what it loses.

    Parameters
    ----------
    classifier
        The model.
    tracks
        Labelled tracks.
    truth
        Codes of their genres, shape (rows,).
    repeats
        Times that each column is shuffled; the orders are the same for all columns.
    seed
        Of the orders.
    progress
        Called with the stage and the share done.

    Returns
    -------
    A row for each column: ``accuracy_drop`` and ``log_loss_rise`` (nats), means over the repeats, each with
    its standard deviation as ``..._spread``. Columns that the classifier does not read are left out.
    """
    read = list(dict.fromkeys((*classifier.card.columns, "artist")))
    before = classifier.card.recipe.read(tracks, classifier.card.columns)
    level = _measure(classifier, before, truth)
    rows = []
    for done, column in enumerate(name for name in read if name in tracks.columns):
        progress(f"shuffling {column}", done / len(read))
        changes = [
            _measure(classifier, shuffled, truth) - level
            for shuffled in _shuffled(classifier, tracks, column, repeats, seed)
            if not _same(shuffled, before)
        ]
        if changes:
            accuracy, loss = np.array(changes).T
            rows.append((column, -accuracy.mean(), accuracy.std(), loss.mean(), loss.std()))
    return pl.DataFrame(rows, EMPTY, orient="row").sort("log_loss_rise", descending=True, maintain_order=True)


def tell(classifier: Classifier, features: Inputs) -> Floats:
    """Give the probability of each genre for features that are read already, shape (rows, genres)."""
    weights = np.array(list(classifier.card.members.values()))
    return blending.pool(classifier.parts.log_probabilities(features), weights)


def _measure(classifier: Classifier, features: Inputs, truth: Codes) -> Floats:
    """Return accuracy and log loss."""
    probabilities = tell(classifier, features)
    own = np.maximum(probabilities[np.arange(len(truth)), truth], 1e-15)
    return np.array([(probabilities.argmax(axis=1) == truth).mean(), -np.log(own).mean()])


def _shuffled(
    classifier: Classifier, tracks: pl.DataFrame, column: str, repeats: int, seed: int
) -> Iterator[Inputs]:
    for repeat in range(repeats):
        order = np.random.default_rng([seed, repeat]).permutation(tracks.height)
        mixed = tracks.with_columns(tracks[column][order])
        yield classifier.card.recipe.read(mixed, classifier.card.columns)


def _same(one: Inputs, other: Inputs) -> bool:
    """Tell whether a model would see no difference."""
    if not np.array_equal(one.fixed, other.fixed, equal_nan=True):
        return False
    pairs = [(one.counts, other.counts), (one.words, other.words)]
    if one.mentions is not None and other.mentions is not None:
        pairs.append((one.mentions.mentioned, other.mentions.mentioned))
    return all(a is None or b is None or abs(a - b).max() == 0 for a, b in pairs)
