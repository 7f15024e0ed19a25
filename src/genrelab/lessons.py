"""What is to be learned from some tracks, and how much each counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.utils.class_weight import compute_sample_weight

from genrelab import kinds
from genrelab.dataset import Dataset
from genrelab.recipe import ClassWeights

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Lessons:
    """What is to be learned from some rows: a track of k genres is k lessons, each of weight 1/k.

    Attributes
    ----------
    places
        Of the lessons' rows among those given, in order; None where each row is one lesson.
    truth
        Code of each lesson's genre.
    weight
        How much each counts, in sum as many as there are rows; None where all count the same.
    """

    places: Codes | None
    truth: Codes
    weight: Floats | None

    def of(self, matrix: Any) -> Any:
        """Repeat rows as often as they are learned from."""
        return matrix if self.places is None else matrix[self.places]

    def of_logs(self, logs: Floats) -> Floats:
        """Repeat rows, shape (members, rows, genres)."""
        return logs if self.places is None else logs[:, self.places]

    def classes(self, finer: csr_matrix | None, rows: Codes, most: int, seed: int) -> tuple[Codes, Codes]:
        """Return the genre of each class to be told apart, in order, and the class of each lesson.

        Classes are genres, or `most` of their kinds, found among these rows alone, where finer words are told
        and the learner learns kinds.
        """
        if finer is None or not most:
            seen, codes = np.unique(self.truth, return_inverse=True)
            return seen, codes
        codes, seen = kinds.find(self.of(finer[rows]), self.truth, most, seed)
        return seen, codes


def row_weights(dataset: Dataset, rows: Codes, chosen: ClassWeights) -> Floats | None:
    """Turn weights of genres into weights of some rows that sum to their number, shape (rows,).

    How frequent a genre is, is counted among these rows alone: the others may be a test part.
    """
    truth = dataset.truth[rows]
    if chosen is None:
        return None
    if isinstance(chosen, str):
        return np.array(compute_sample_weight("balanced", truth), dtype=np.float64)
    table: Floats = np.array([chosen[genre] for genre in dataset.genres], dtype=np.float64)[truth]
    share: Floats = table / table.mean()
    return share


def draw_up(dataset: Dataset, rows: Codes, chosen: ClassWeights) -> Lessons:
    """Say what is to be learned from some rows, and how much each lesson counts."""
    if dataset.seen_under is None:
        return Lessons(None, dataset.truth[rows], row_weights(dataset, rows, chosen))
    seen = dataset.seen_under[rows]
    places, codes = np.nonzero(seen)
    share: Floats = 1 / seen.sum(axis=1)[places]
    if chosen is not None:
        counts = np.bincount(codes, share, len(dataset.genres))
        told = {} if isinstance(chosen, str) else chosen
        table = np.array([told.get(genre, 1.0) for genre in dataset.genres])
        share = share * (1 / counts if isinstance(chosen, str) else table)[codes]
    return Lessons(places, codes, share * (len(rows) / share.sum()))
