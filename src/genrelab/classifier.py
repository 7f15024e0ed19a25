"""A fitted model with its card: tracks in, genres with a confidence out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse
from sklearn.pipeline import Pipeline

from genrelab import blending
from genrelab.dataset import Origin
from genrelab.errors import SettingError
from genrelab.features.inputs import Inputs
from genrelab.recipe import Recipe
from genrelab.scoring import Coverage, Score

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Card:
    """What a reader must know of a fitted model: it is written beside it as ``card.json``.

    Attributes
    ----------
    recipe
        What was fitted.
    seed, folds
        Of fitting, and of the out-of-fold predictions.
    settings
        All settings of each member.
    members
        Weight of each member in the pool.
    scores
        Announced: from out-of-fold predictions, with the 95 % interval for a new collection of a fifth
        as many artists.
    coverage
        Confidence to ask for at a promised precision, found on out-of-fold predictions.
    importance
        Share of the gain of boosters or forests that each feature brought, largest first.
    curves
        Of members that learn in epochs: what was measured after each, such as "validation_loss".
    label, genres, columns
        The column learned, its genres, and the columns read.
    split, grouped_by
        What kept out-of-fold predictions honest: what was asked for, and what was there.
    rows, artists
        Tracks learned from, and groups among them.
    fingerprint, origin, versions
        What it was learned from, and with what.
    """

    recipe: Recipe
    settings: Mapping[str, Mapping[str, Any]]
    seed: int
    folds: int
    members: Mapping[str, float]
    scores: Mapping[str, Score]
    coverage: tuple[Coverage, ...]
    importance: Mapping[str, float]
    curves: Mapping[str, Mapping[str, Sequence[float]]]
    label: str
    genres: tuple[str, ...]
    columns: tuple[str, ...]
    split: str
    grouped_by: str
    rows: int
    artists: int
    fingerprint: str
    origin: Origin
    versions: Mapping[str, str]

    @property
    def model(self) -> str:
        """Name of the model."""
        return self.recipe.model


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """One fitted estimator, the codes of the genres that it has seen, and the fitted steps before it."""

    name: str
    estimator: Any
    seen: Codes
    steps: Pipeline | None = None

    def log_probabilities(self, matrix: Any, genres: int) -> Floats:
        """Give log probabilities over all genres, shape (rows, genres); a genre never seen has the least."""
        spread = np.zeros((matrix.shape[0], genres))
        made = matrix if self.steps is None else self.steps.transform(matrix)
        spread[:, self.seen] = self.estimator.predict_proba(made)
        return blending.logarithms(spread)


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """Everything that was fitted on one set of rows: the reader of text, if any, and the members."""

    genres: int
    text: Member | None
    members: tuple[Member, ...]

    def log_probabilities(self, features: Inputs) -> Floats:
        """Give each member's log probabilities, shape (members, rows, genres)."""
        matrix = side_by_side(features)
        if self.text is not None:
            matrix = with_text(matrix, self.text.log_probabilities(features.counts, self.genres))
        return np.stack([m.log_probabilities(matrix, self.genres) for m in self.members])


@dataclass(frozen=True, slots=True, eq=False)
class OutOfFold:
    """Predictions for the training tracks, each by a model that never met its artist.

    Attributes
    ----------
    probabilities
        Shape (rows, genres).
    truth, groups
        Codes, shape (rows,).
    """

    probabilities: Floats
    truth: Codes
    groups: Codes


@dataclass(frozen=True, slots=True, eq=False)
class Classifier:
    """A fitted model.

    Attributes
    ----------
    card
        What it is and how good.
    parts
        What was fitted.
    artists
        Sorted hashes of the artists that it learned from: see `genrelab.dataset.artist_hashes`.
    out_of_fold
        The predictions behind the announced scores; None for a classifier loaded from disk.
    """

    card: Card
    parts: Parts
    artists: NDArray[np.uint64]
    out_of_fold: OutOfFold | None = None

    @property
    def genres(self) -> tuple[str, ...]:
        """Names of the genres, in the order of the probabilities."""
        return self.card.genres

    def predict_proba(self, tracks: pl.DataFrame) -> Floats:
        """Give the probability of each genre for tracks that keep the schema.

        Returns
        -------
        Shape (rows, genres), rows summing to 1.

        Raises
        ------
        SchemaError
            When a column that the model reads is absent or of the wrong type.
        """
        features = self.card.recipe.read(tracks, self.card.columns)
        if tracks.height == 0:
            return np.zeros((0, len(self.genres)))
        weights = np.array(list(self.card.members.values()))
        return blending.pool(self.parts.log_probabilities(features), weights)

    def predict(
        self, tracks: pl.DataFrame, *, min_confidence: float = 0.0, probabilities: bool = False
    ) -> pl.DataFrame:
        """Label tracks, one row each, in their order.

        Parameters
        ----------
        tracks
            A table that keeps the schema.
        min_confidence
            Below this confidence the genre is "unknown".
        probabilities
            Whether to add a column ``p_<genre>`` for each genre.

        Returns
        -------
        Columns ``genre`` and ``confidence``, the probability of the likeliest genre.

        Raises
        ------
        SettingError
            When `min_confidence` is not between 0 and 1.
        """
        if not 0 <= min_confidence <= 1:
            raise SettingError(f"min_confidence: {min_confidence} is not between 0 and 1")
        return decide(
            self.predict_proba(tracks), self.genres, min_confidence, probabilities_too=probabilities
        )


def decide(
    probabilities: Floats, genres: Sequence[str], min_confidence: float, *, probabilities_too: bool = False
) -> pl.DataFrame:
    """Turn probabilities, shape (rows, genres), into columns ``genre`` and ``confidence``."""
    confidence = probabilities.max(axis=1, initial=0.0)
    names = np.array([*genres, UNKNOWN], dtype=object)
    best = np.where(confidence >= min_confidence, probabilities.argmax(axis=1), len(genres))
    columns = {"genre": pl.Series(names[best], dtype=pl.String), "confidence": pl.Series(confidence)}
    if probabilities_too:
        columns |= {f"p_{g}": pl.Series(probabilities[:, i]) for i, g in enumerate(genres)}
    return pl.DataFrame(columns)


def side_by_side(features: Inputs) -> Any:
    """Return what members read but for the text model's opinion: numbers, and counts of words if any."""
    if features.words is None:
        return features.fixed
    return sparse.hstack([sparse.csr_matrix(features.fixed), features.words], format="csr")


def with_text(fixed: NDArray[np.float32], logs: Floats) -> NDArray[np.float32]:
    """Append what the text says to the other features."""
    return np.hstack([fixed, logs.astype(np.float32)])
