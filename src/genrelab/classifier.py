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
from genrelab.context import Context
from genrelab.dataset import Origin, group
from genrelab.errors import SettingError
from genrelab.features.inputs import Inputs
from genrelab.recipe import Recipe
from genrelab.scoring import Coverage, Score

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Together:
    """What to expect where the tracks of an artist are labelled in the light of each other.

    Attributes
    ----------
    context
        How much a track and its artist's other tracks count.
    share
        Share of the tracks learned from that had others by their artist beside them: a new collection of
        fewer gains less.
    scores, coverage
        As those of the card, of out-of-fold predictions whose context was found on other artists.
    """

    context: Context
    share: float
    scores: Mapping[str, Score]
    coverage: tuple[Coverage, ...]


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
    together
        What to expect of an artist's tracks labelled together; None where artists are not known, where none
        has several tracks, or where settings were chosen by a search.
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
    together: Together | None
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
    together
        As `probabilities`, with the other tracks of the artist in view; None where there is no such thing.
    """

    probabilities: Floats
    truth: Codes
    groups: Codes
    together: Floats | None = None


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

    def predict_proba(self, tracks: pl.DataFrame, *, together: bool = False) -> Floats:
        """Give the probability of each genre for tracks that keep the schema.

        Parameters
        ----------
        tracks
            A table that keeps the schema.
        together
            Whether tracks of one artist are seen in the light of each other: see `genrelab.context`. What is
            said of a track then depends on the table that it stands in.

        Returns
        -------
        Shape (rows, genres), rows summing to 1.

        Raises
        ------
        SchemaError
            When a column that the model reads is absent or of the wrong type.
        SettingError
            When `together` is asked for, and the model or the table does not know artists.
        """
        probabilities = self._alone(tracks)
        return self.together.context.pool(probabilities, artists(tracks)) if together else probabilities

    @property
    def together(self) -> Together:
        """What to expect of an artist's tracks labelled together; SettingError where it was not learned."""
        if self.card.together is None:
            raise SettingError(
                "together: the model has not learned how alike an artist's tracks are: train it on a table"
                " with several tracks of an artist, or label tracks alone"
            )
        return self.card.together

    def _alone(self, tracks: pl.DataFrame) -> Floats:
        """Give the probabilities of each track by itself."""
        features = self.card.recipe.read(tracks, self.card.columns)
        if tracks.height == 0:
            return np.zeros((0, len(self.genres)))
        weights = np.array(list(self.card.members.values()))
        return blending.pool(self.parts.log_probabilities(features), weights)

    def predict(
        self,
        tracks: pl.DataFrame,
        *,
        min_confidence: float = 0.0,
        probabilities: bool = False,
        together: bool = False,
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
        together
            As for `predict_proba`.

        Returns
        -------
        Columns ``genre`` and ``confidence``, the probability of the likeliest genre.

        Raises
        ------
        SettingError
            When `min_confidence` is not between 0 and 1, or as for `predict_proba`.
        """
        found = self.predict_proba(tracks, together=together)
        return decide(found, self.genres, min_confidence, probabilities_too=probabilities)


def artists(tracks: pl.DataFrame) -> Codes:
    """Code the artists of tracks, shape (rows,); a track of nobody stands alone.

    Raises
    ------
    SettingError
        When no artist is named.
    """
    codes, named = group(tracks, "artist")
    if named != "artist":
        raise SettingError(
            "together: no artist is named in the table: add a column 'artist', or label tracks alone"
        )
    return codes


def decide(
    probabilities: Floats, genres: Sequence[str], min_confidence: float, *, probabilities_too: bool = False
) -> pl.DataFrame:
    """Turn probabilities, shape (rows, genres), into columns ``genre`` and ``confidence``.

    Raises
    ------
    SettingError
        When `min_confidence` is not between 0 and 1.
    """
    if not 0 <= min_confidence <= 1:
        raise SettingError(f"min_confidence: {min_confidence} is not between 0 and 1")
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
