"""A fitted model with its card: tracks in, genres with a confidence out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from genrelab import blending, opinions, promises
from genrelab.context import Context
from genrelab.dataset import Origin
from genrelab.errors import SettingError
from genrelab.grouping import group
from genrelab.labels import UNKNOWN, decide
from genrelab.out_of_fold import OutOfFold
from genrelab.parts import Member, Parts, Readers, beside, said_by_text, side_by_side
from genrelab.promises import Sets
from genrelab.recipe import Recipe
from genrelab.scoring import Coverage, Score
from genrelab.several import Marks, Several

__all__ = [
    "UNKNOWN", "Card", "Classifier", "Member", "OutOfFold", "Parts", "Readers", "Together", "beside",
    "decide", "said_by_text", "side_by_side",
]  # fmt: skip

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
    several
        As that of the card.
    """

    context: Context
    share: float
    scores: Mapping[str, Score]
    coverage: tuple[Coverage, ...]
    several: Several | None = None


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
    several
        Thresholds for several genres of a track, and what to expect of them; None where each had one.
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
    several: Several | None = None

    @property
    def model(self) -> str:
        """Name of the model."""
        return self.recipe.model


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
        Sorted hashes of the artists that it learned from: see `genrelab.identity.artist_hashes`.
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

    def least_confidence(
        self, min_confidence: float = 0.0, precision: float | None = None, *, together: bool = False
    ) -> float:
        """Return the least confidence of a genre, for `predict`.

        Raises
        ------
        SettingError
            As for `predict`.
        """
        if precision is not None and min_confidence:
            raise SettingError("precision: sets the confidence by itself: leave min_confidence out")
        if precision is not None:
            min_confidence = self.heard(together=together).precision_threshold(precision)
        return min_confidence

    def several(self, *, together: bool = False) -> Several:
        """Return the thresholds for several genres of a track; SettingError where they were not learned."""
        found = self.together.several if together else self.card.several
        if found is None:
            raise SettingError(
                "multi: the model has learned one genre a track: train it with --multi, or ask for as many"
                " genres as it takes (--coverage)"
            )
        return found

    def chooser(
        self, coverage: float | None = None, *, multi: bool = False, together: bool = False
    ) -> Callable[[Floats], Marks] | None:
        """Return what marks the genres of each track by their probabilities; None where one is enough.

        Raises
        ------
        SettingError
            As for `predict`.
        """
        if multi and coverage is not None:
            raise SettingError("multi: chooses genres by thresholds of its own: leave coverage out")
        if multi:
            return self.several(together=together).mark
        if coverage is None:
            return None
        return partial(promises.sets, threshold=self.heard(together=together).set_threshold(coverage))

    def heard(self, *, together: bool = False) -> OutOfFold:
        """Return the out-of-fold predictions of which promises are made; SettingError without any."""
        if together:
            _ = self.together
        if self.out_of_fold is None:
            raise SettingError("promises: the model keeps no out-of-fold predictions: train it again")
        kept = self.out_of_fold.kept(self.card.seed)
        if not together:
            return kept
        if kept.together is None:
            raise SettingError(
                "promises: the model keeps no predictions of an artist's tracks together: train it again, or"
                " label tracks alone"
            )
        return OutOfFold(kept.together, kept.truth, kept.groups)

    def _alone(self, tracks: pl.DataFrame) -> Floats:
        """Give the probabilities of each track by itself."""
        absent, _ = self.lacking(tracks.columns)
        whole = tracks.with_columns(pl.lit(None).alias(name) for name in absent) if absent else tracks
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

    def check_whole(self, columns: Iterable[str]) -> None:
        """Raise SettingError where a table lacks columns: promises were made of tracks that have them all."""
        absent, _ = self.lacking(columns)
        if absent:
            raise SettingError(
                f"promises: the table lacks {', '.join(absent)}, and they hold of whole tracks:"
                " add them, or ask for no precision, coverage or several genres"
            )

    def predict(
        self,
        tracks: pl.DataFrame,
        *,
        min_confidence: float = 0.0,
        precision: float | None = None,
        coverage: float | None = None,
        multi: bool = False,
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
        multi
            Instead: ``genres`` are the likeliest, and all that reach thresholds of their own. See `several`.
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
            `multi` was not learned or stands beside `coverage`, or as for `predict_proba`.
        """
        if multi or precision is not None or coverage is not None:
            self.check_whole(tracks.columns)
        least = self.least_confidence(min_confidence, precision, together=together)
        choose = self.chooser(coverage, multi=multi, together=together)
        found = self.predict_proba(tracks, together=together)
        chosen = None if choose is None else choose(found)
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
