"""A fitted model with its card: tracks in, genres with a confidence out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse
from sklearn.pipeline import Pipeline

from genrelab import blending, opinions, promises
from genrelab.context import Context
from genrelab.dataset import Origin, group
from genrelab.errors import SettingError
from genrelab.features.company import Company
from genrelab.features.inputs import Inputs
from genrelab.labels import UNKNOWN, decide
from genrelab.out_of_fold import OutOfFold
from genrelab.promises import Sets
from genrelab.recipe import Recipe
from genrelab.scoring import Coverage, Score

__all__ = ["UNKNOWN", "Card", "Classifier", "Member", "OutOfFold", "Parts", "Together", "decide"]

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


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
    absent
        Columns that a table may lack, joined by commas, and the accuracy to expect without them.
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
    absent: Mapping[str, Score] = field(default_factory=dict)

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
        The predictions behind the announced scores; of a classifier loaded from disk at most `MOST_KEPT`.
        None where it has none.
    bases
        Classifiers whose opinions of a track it reads beside the track's columns: see `genrelab.opinions`.
    """

    card: Card
    parts: Parts
    artists: NDArray[np.uint64]
    out_of_fold: OutOfFold | None = None
    bases: Mapping[str, Classifier] = field(default_factory=dict)

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

    def promise_precision(self, precision: float, *, together: bool = False) -> Coverage:
        """Find the confidence that keeps a precision on artists never heard, and what to expect of it.

        Parameters
        ----------
        precision
            Share of the tracks that get a genre whose genre must be true, above 0 and below 1.
        together
            As for `predict_proba`.

        Raises
        ------
        SettingError
            When no confidence keeps the promise, or as for `predict_proba`.
        """
        return self.heard(together=together).promise_precision(precision, self.card.seed)

    def promise_coverage(self, coverage: float, *, together: bool = False) -> Sets:
        """Find how likely genres must be for the true one to be among them as often as asked for.

        Parameters
        ----------
        coverage
            Share of tracks whose set of genres must hold the true one, above 0 and below 1.
        together
            As for `predict_proba`.

        Raises
        ------
        SettingError
            When `coverage` is out of its range, or as for `predict_proba`.
        """
        return self.heard(together=together).promise_coverage(coverage, self.card.seed)

    def thresholds(
        self,
        min_confidence: float = 0.0,
        precision: float | None = None,
        coverage: float | None = None,
        *,
        together: bool = False,
    ) -> tuple[float, float | None]:
        """Return the least confidence of a genre, and the least probability in a set, for `predict`.

        Raises
        ------
        SettingError
            As for `predict`.
        """
        if precision is not None and min_confidence:
            raise SettingError("precision: sets the confidence by itself: leave min_confidence out")
        if precision is not None:
            min_confidence = self.heard(together=together).precision_threshold(precision)
        likely = None if coverage is None else self.heard(together=together).set_threshold(coverage)
        return min_confidence, likely

    def heard(self, *, together: bool = False) -> OutOfFold:
        """Return the out-of-fold predictions of which promises are made; SettingError without any."""
        if together:
            _ = self.together
        if self.out_of_fold is None:
            raise SettingError("promises: the model keeps no out-of-fold predictions: train it again")
        kept = self.out_of_fold.kept(self.card.seed)
        if not together:
            return kept
        assert kept.together is not None
        return OutOfFold(kept.together, kept.truth, kept.groups)

    def _alone(self, tracks: pl.DataFrame) -> Floats:
        """Give the probabilities of each track by itself."""
        absent, _ = self.lacking(tracks.columns)
        whole = tracks.with_columns(pl.lit(None).alias(name) for name in absent)
        features = self.card.recipe.read(*opinions.beside(whole, self.card.columns, self.bases))
        if tracks.height == 0:
            return np.zeros((0, len(self.genres)))
        weights = np.array(list(self.card.members.values()))
        return blending.pool(self.parts.log_probabilities(features), weights)

    def lacking(self, columns: Iterable[str]) -> tuple[tuple[str, ...], Score | None]:
        """Name the columns that a table lacks and that are read as missing, and the accuracy to expect then.

        Returns
        -------
        Nothing and None where every column is there, or where the model cannot do without one: reading the
        table says so.
        """
        there = set(columns)
        absent = tuple(name for name in self.card.columns if name not in there)
        allowed = {key: score for key, score in self.card.absent.items() if {*absent} <= {*key.split(",")}}
        if not absent or not allowed:
            return (), None
        return absent, allowed[min(allowed, key=lambda key: key.count(","))]

    def predict(
        self,
        tracks: pl.DataFrame,
        *,
        min_confidence: float = 0.0,
        precision: float | None = None,
        coverage: float | None = None,
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
        precision
            Instead: where the confidence is too low to keep this precision, the genre is "unknown". See
            `promise_precision`.
        coverage
            Adds a column ``genres``: as many as it takes, the likeliest first, for the true one to be among
            them in this share of tracks. See `promise_coverage`.
        probabilities
            Whether to add a column ``p_<genre>`` for each genre.
        together
            As for `predict_proba`.

        Returns
        -------
        Columns ``genre`` and ``confidence``, the probability of the likeliest genre; then ``genres``.

        Raises
        ------
        SettingError
            When a number is out of its range, `precision` cannot be kept or stands beside `min_confidence`,
            or as for `predict_proba`.
        """
        least, likely = self.thresholds(min_confidence, precision, coverage, together=together)
        found = self.predict_proba(tracks, together=together)
        chosen = None if likely is None else promises.sets(found, likely)
        return decide(found, self.genres, least, probabilities_too=probabilities, chosen=chosen)


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
