"""Fitting the parts of a model, on all tracks or fold by fold.

The whole recipe - reader of text, members - is fitted once per fold on the other folds' artists; what it
then says of the fold's tracks is out-of-fold. Inside each fit, members learn from what the text model says
out-of-fold of their own training tracks, since that is how it will speak of tracks that it has not read.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from lightgbm.basic import LightGBMError
from numpy.typing import NDArray
from scipy import sparse
from sklearn.dummy import DummyClassifier
from sklearn.pipeline import Pipeline
from sklearn.utils._param_validation import InvalidParameterError
from sklearn.utils.class_weight import compute_sample_weight
from threadpoolctl import threadpool_limits

from genrelab import sampling
from genrelab.classifier import Member, Parts, side_by_side, with_text
from genrelab.dataset import Dataset
from genrelab.errors import GenrelabError, SettingError
from genrelab.features import text
from genrelab.features.inputs import Inputs
from genrelab.models import MODELS
from genrelab.progress import Progress
from genrelab.recipe import Recipe

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

TEXT_FOLDS = 3
_REFUSALS = (
    InvalidParameterError, LightGBMError, TypeError, ValueError, RuntimeError, ArithmeticError, MemoryError,
)  # fmt: skip
"""How estimators say that a setting makes no sense."""


@dataclass(frozen=True, slots=True, eq=False)
class Fitting:
    """A recipe, and the tracks to fit it to.

    Attributes
    ----------
    dataset
        Tracks with genres and groups.
    recipe
        What to fit.
    features
        What the members read, one row per track.
    seed, threads
        Of every estimator.

    Raises
    ------
    SettingError
        When the recipe's class weights do not fit the dataset's genres.
    """

    dataset: Dataset
    recipe: Recipe
    features: Inputs
    seed: int
    threads: int

    def __post_init__(self) -> None:
        chosen, genres = self.recipe.class_weights, self.dataset.genres
        if isinstance(chosen, str) and chosen != "balanced":
            raise SettingError(f"class weights: {chosen!r} is unknown: choose balanced, or name every genre")
        if isinstance(chosen, Mapping) and (set(chosen) != set(genres) or min(chosen.values()) <= 0):
            raise SettingError(
                f"class weights: a weight above 0 is needed for each of {', '.join(genres)}, no others:"
                " name them all, or choose balanced"
            )

    def row_weights(self, rows: Codes) -> Floats | None:
        """Turn weights of genres into weights of some rows that sum to their number, shape (rows,).

        How frequent a genre is, is counted among these rows alone: the others may be a test part.
        """
        chosen, truth = self.recipe.class_weights, self.dataset.truth[rows]
        if chosen is None:
            return None
        if isinstance(chosen, str):
            return np.array(compute_sample_weight("balanced", truth), dtype=np.float64)
        table: Floats = np.array([chosen[genre] for genre in self.dataset.genres], dtype=np.float64)[truth]
        share: Floats = table / table.mean()
        return share

    def fit(self, rows: Codes) -> Parts:
        """Fit text model and members to some rows."""
        # BLAS threads wait for each other on matrices this small; only the boosters gain from several.
        with threadpool_limits(self.threads, "openmp"), threadpool_limits(1, "blas"):
            matrix, reader = side_by_side(self.features.take(rows)), None
            counts = self.features.counts
            if counts is not None:
                reader = self._text(counts, rows)
                matrix = with_text(matrix, self._text_out_of_fold(counts, rows))
            members = tuple(self._member(name, matrix, rows) for name in self.recipe.members)
            return Parts(len(self.dataset.genres), reader, members)

    def out_of_fold(self, folds: Sequence[tuple[Codes, Codes]], progress: Progress) -> Floats:
        """Give each member's log probabilities by parts that never met the track's group.

        Returns
        -------
        Shape (members, rows, genres).
        """
        logs = np.zeros((len(self.recipe.members), len(self.dataset), len(self.dataset.genres)))
        for done, (train, test) in enumerate(folds):
            progress(f"fold {done + 1} of {len(folds)}", done / (len(folds) + 1))
            parts = self.fit(train)
            with self._settings_blamed():  # some estimators look at their settings only when asked
                logs[:, test] = parts.log_probabilities(self.features.take(test))
        return logs

    def _text(self, counts: sparse.csr_matrix, rows: Codes) -> Member:
        seen, codes = np.unique(self.dataset.truth[rows], return_inverse=True)
        estimator = text.model(self.seed) if _learnable(counts[rows], seen) else self._shares()
        weight = self.row_weights(rows)
        return Member("text", _fitted(estimator, counts[rows], codes, {"sample_weight": weight}), seen)

    def _text_out_of_fold(self, counts: sparse.csr_matrix, rows: Codes) -> Floats:
        genres = len(self.dataset.genres)
        logs = np.zeros((len(rows), genres))
        part = self.dataset.take(rows)
        # A part of few groups is too small for all the folds, but not for some.
        for train, test in part.folds(min(TEXT_FOLDS, max(2, part.most_folds)), seed=self.seed):
            reader = self._text(counts, rows[train])
            logs[test] = reader.log_probabilities(counts[rows[test]], genres)
        return logs

    def _member(self, name: str, matrix: Any, rows: Codes) -> Member:
        """Fit steps and estimator to the genres that occur among the rows, numbered without gaps."""
        seen, codes = np.unique(self.dataset.truth[rows], return_inverse=True)
        if not _learnable(matrix, seen):
            return Member(name, _fitted(self._shares(), matrix, codes, {}), seen)
        weight = self.row_weights(rows)
        groups = self.dataset.groups[rows] if MODELS[self.recipe.learner(name)].grouped else None
        extras: dict[str, Any] = {"sample_weight": weight, "groups": groups}
        chain = self.recipe.chain(self._names(matrix), seed=self.seed)
        if chain is not None:
            matrix = _stepped(chain, matrix, codes)
        if self.recipe.sampling is not None:
            matrix, codes, extras = self._sampled(matrix, codes, extras)
        with self._settings_blamed():
            estimator = self.recipe.estimator(name, seed=self.seed, threads=self.threads)
            return Member(name, _fitted(estimator, matrix, codes, extras), seen, chain)

    @contextmanager
    def _settings_blamed(self) -> Iterator[None]:
        """Raise SettingError where an estimator fails with settings that the user chose."""
        try:
            yield
        except GenrelabError:
            raise
        except _REFUSALS as error:
            if not self.recipe.settings:
                raise
            chosen = ", ".join(f"{name}={value!r}" for name, value in self.recipe.settings.items())
            reason = " ".join(str(error).split())
            raise SettingError(f"settings {chosen}: {reason}: give other values") from error

    def _sampled(
        self, matrix: Any, codes: Codes, extras: dict[str, Any]
    ) -> tuple[Any, Codes, dict[str, Any]]:
        matrix, codes, kept = sampling.sample(self.recipe.sampling or "", matrix, codes, self.seed)
        told = {name: values for name, values in extras.items() if values is not None}
        if kept is None and told:
            raise SettingError(
                f"sampling {self.recipe.sampling!r}: invents tracks, which have no {' and no '.join(told)}:"
                " choose under or over"
            )
        return matrix, codes, {name: values[kept] for name, values in told.items()}

    def _names(self, matrix: Any) -> tuple[str, ...]:
        """Name the columns of a matrix: features, then what the text says of each genre, if it is read."""
        said = matrix.shape[1] - len(self.features.names)
        return (*self.features.names, *said_by_text(said))

    def _shares(self) -> Any:
        """Build what says how frequent the genres are, where nothing else can be learned."""
        return DummyClassifier(strategy="prior")


def said_by_text(genres: int) -> list[str]:
    """Name what the text model says of each genre, as no header can be named: a table's own stay apart."""
    return [f"text\0{place}" for place in range(genres)]


def _learnable(matrix: Any, seen: Codes) -> bool:
    return len(seen) > 1 and _varies(matrix)


def _fitted(estimator: Any, matrix: Any, codes: Codes, extras: Mapping[str, Any]) -> Any:
    """Fit an estimator, or the pipeline that it ends, telling it what it may know beside the matrix."""
    step = f"{estimator.steps[-1][0]}__" if isinstance(estimator, Pipeline) else ""
    told = {f"{step}{name}": values for name, values in extras.items() if values is not None}
    with warnings.catch_warnings():
        # Of fewer tracks than quantiles or landmarks, a model takes as many as there are tracks.
        warnings.filterwarnings("ignore", "n_quantiles|n_components > n_samples", UserWarning)
        return estimator.fit(matrix, codes, **told)


def _stepped(chain: Pipeline, matrix: Any, codes: Codes) -> Any:
    """Fit the steps before a model, and take them."""
    try:
        return chain.fit_transform(matrix, codes)
    except ValueError as error:
        reason = " ".join(str(error).split())
        raise SettingError(f"steps: {reason}: give them other arguments, or leave one out") from error


def _varies(matrix: Any) -> bool:
    """Whether any column, dense with NaN for missing or sparse, holds two different numbers."""
    if isinstance(matrix, sparse.csr_matrix):
        return bool(matrix.nnz > 0)
    return bool((np.fmax.reduce(matrix) > np.fmin.reduce(matrix)).any())


def check_groups(dataset: Dataset, folds: int) -> None:
    """Raise SettingError where too few groups are left for folds inside folds."""
    groups = len(np.unique(dataset.groups))
    least = max(folds, TEXT_FOLDS + 1)
    if groups < least:
        raise SettingError(
            f"split by {dataset.split}: {groups} distinct {dataset.grouped_by}, at least {least} are needed"
            " to score on unheard ones: add tracks, ask for fewer folds, or split by track or row"
        )
