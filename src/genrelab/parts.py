"""What was fitted: readers of text, members, and the matrices that go between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.pipeline import Pipeline

from genrelab import blending
from genrelab.features.company import Company
from genrelab.features.inputs import Inputs

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """One fitted estimator, the genre of each class that it tells apart, and the fitted steps before it.

    Attributes
    ----------
    seen
        Codes of the genres, in order; that of a genre of several kinds as often as it has kinds.
    """

    name: str
    estimator: Any
    seen: Codes
    steps: Pipeline | None = None

    @property
    def tells_kinds(self) -> bool:
        """Whether it tells kinds of some genre apart."""
        return len(np.unique(self.seen)) < len(self.seen)

    def log_probabilities(self, matrix: Any, genres: int) -> Floats:
        """Give log probabilities over all genres, shape (rows, genres); a genre never seen has the least."""
        spread = np.zeros((matrix.shape[0], genres))
        made = matrix if self.steps is None else self.steps.transform(matrix)
        told = self.estimator.predict_proba(made)
        genre, first = np.unique(self.seen, return_index=True)
        if len(genre) == len(self.seen):
            spread[:, self.seen] = told
        else:
            spread[:, genre] = np.add.reduceat(told, first, axis=1)
        return blending.logarithms(spread)


@dataclass(frozen=True, slots=True, eq=False)
class Readers:
    """What was fitted to read names and titles, and speaks to the members as numbers.

    Attributes
    ----------
    genres
        How many there are.
    text
        The model of n-grams.
    company
        What is known of the names that a track mentions.
    """

    genres: int
    text: Member
    company: Company

    def say(self, features: Inputs) -> NDArray[np.float32]:
        """Give log probabilities by text, then what company leads to expect.

        Returns
        -------
        Shape (rows, 3 genres + 2).
        """
        if features.mentions is None:
            raise TypeError("no text was read of the tracks")
        told = self.text.log_probabilities(features.counts, self.genres)
        return beside(told, self.company.log_shares(features.mentions))


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """Everything that was fitted on one set of rows: the readers of text, if any, and the members."""

    genres: int
    readers: Readers | None
    members: tuple[Member, ...]

    def matrix(self, features: Inputs) -> Any:
        """Return what members read, shape (rows, columns)."""
        return side_by_side(features, None if self.readers is None else self.readers.say(features))

    def log_probabilities(self, features: Inputs) -> Floats:
        """Give each member's log probabilities, shape (members, rows, genres)."""
        matrix = self.matrix(features)
        return np.stack([m.log_probabilities(matrix, self.genres) for m in self.members])


def side_by_side(features: Inputs, said: NDArray[np.float32] | None = None) -> Any:
    """Return what members read: numbers, what the readers say, and counts of words if any."""
    numbers = features.fixed if said is None else np.hstack([features.fixed, said])
    if features.words is None:
        return numbers
    return sparse.hstack([sparse.csr_matrix(numbers), features.words], format="csr")


def beside(*blocks: Floats) -> NDArray[np.float32]:
    """Set what readers say side by side, as members read it."""
    return np.hstack(blocks).astype(np.float32)


def said_by_text(columns: int) -> list[str]:
    """Name what readers say, as no header can be named: a table's own columns stay apart."""
    return [f"text\0{place}" for place in range(columns)]
