"""Fitting the parts of a model, on all tracks or fold by fold.

The whole recipe - reader of text, members - is fitted once per fold on the other folds' artists; what it
then says of the fold's tracks is out-of-fold. Inside each fit, members learn from what the text model says
out-of-fold of their own training tracks, since that is how it will speak of tracks that it has not read.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from genrelab.classifier import Member, Parts, with_text
from genrelab.dataset import Dataset
from genrelab.errors import SettingError
from genrelab.features import text
from genrelab.features.inputs import Inputs
from genrelab.models import MODELS
from genrelab.progress import Progress

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

TEXT_FOLDS = 3


@dataclass(frozen=True, slots=True, eq=False)
class Fitting:
    """A recipe, and the tracks to fit it to.

    Attributes
    ----------
    dataset
        Tracks with genres and groups.
    features
        What the members read, one row per track.
    members
        Names of models that have an estimator.
    row_weights
        How much each track counts, shape (rows,), or None.
    seed, threads
        Of every estimator.
    """

    dataset: Dataset
    features: Inputs
    members: tuple[str, ...]
    row_weights: Floats | None
    seed: int
    threads: int

    def fit(self, rows: Codes) -> Parts:
        """Fit text model and members to some rows."""
        # BLAS threads wait for each other on matrices this small; only the boosters gain from several.
        with threadpool_limits(self.threads, "openmp"), threadpool_limits(1, "blas"):
            matrix, reader = self.features.fixed[rows], None
            counts = self.features.counts
            if counts is not None:
                reader = self._text(counts, rows)
                matrix = with_text(matrix, self._text_out_of_fold(counts, rows))
            members = tuple(self._member(name, matrix, rows) for name in self.members)
            return Parts(len(self.dataset.genres), reader, members)

    def out_of_fold(self, folds: Sequence[tuple[Codes, Codes]], progress: Progress) -> Floats:
        """Give each member's log probabilities by parts that never met the track's group.

        Returns
        -------
        Shape (members, rows, genres).
        """
        logs = np.zeros((len(self.members), len(self.dataset), len(self.dataset.genres)))
        for done, (train, test) in enumerate(folds):
            progress(f"fold {done + 1} of {len(folds)}", done / (len(folds) + 1))
            logs[:, test] = self.fit(train).log_probabilities(self.features.take(test))
        return logs

    def _text(self, counts: sparse.csr_matrix, rows: Codes) -> Member:
        return self._fitted("text", text.model(self.seed), counts[rows], rows)

    def _text_out_of_fold(self, counts: sparse.csr_matrix, rows: Codes) -> Floats:
        genres = len(self.dataset.genres)
        logs = np.zeros((len(rows), genres))
        part = self.dataset.take(rows)
        # A part of few groups is too small for all the folds, but not for some.
        for train, test in part.folds(min(TEXT_FOLDS, max(2, part.most_folds)), seed=self.seed):
            reader = self._text(counts, rows[train])
            logs[test] = reader.log_probabilities(counts[rows[test]], genres)
        return logs

    def _member(self, name: str, matrix: NDArray[np.float32], rows: Codes) -> Member:
        estimator = MODELS[name].estimator(seed=self.seed, threads=self.threads)
        return self._fitted(name, estimator, matrix, rows)

    def _fitted(self, name: str, estimator: Any, matrix: Any, rows: Codes) -> Member:
        """Fit an estimator to the genres that occur among the rows, numbered without gaps."""
        seen, codes = np.unique(self.dataset.truth[rows], return_inverse=True)
        if len(seen) == 1 or not _varies(matrix):  # nothing to learn: what the genres' shares say
            estimator = MODELS["majority"].estimator(seed=self.seed, threads=self.threads)
        arguments = {}
        if self.row_weights is not None:
            step = f"{estimator.steps[-1][0]}__" if isinstance(estimator, Pipeline) else ""
            arguments[f"{step}sample_weight"] = self.row_weights[rows]
        with warnings.catch_warnings():
            # Of fewer tracks than quantiles, naive Bayes takes as many quantiles as there are tracks.
            warnings.filterwarnings("ignore", "n_quantiles", UserWarning)
            estimator.fit(matrix, codes, **arguments)
        return Member(name, estimator, seen)


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
