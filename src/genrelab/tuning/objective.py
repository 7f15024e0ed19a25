"""What a trial is worth: the score of its recipe over folds of the tracks that are searched."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import isfinite

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import f1_score, recall_score

from genrelab import blending
from genrelab.dataset import Dataset
from genrelab.errors import SettingError
from genrelab.fitting import Fitting
from genrelab.models import MODELS
from genrelab.recipe import Recipe
from genrelab.tuning.plan import Plan

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

_LEAST = 1e-15  # as in genrelab.scoring


@dataclass(frozen=True, slots=True, eq=False)
class Objective:
    """Folds on which every trial is scored.

    Attributes
    ----------
    fitting
        The tracks, and the recipe before it is tuned.
    parted
        Train rows and test rows of each fold.
    metric
        What is measured.
    """

    fitting: Fitting
    parted: Sequence[tuple[Codes, Codes]]
    metric: str

    @staticmethod
    def of(dataset: Dataset, plan: Plan) -> Objective:
        """Read the features once: no setting changes them, but of models that read sequences."""
        features = plan.recipe.read(dataset.tracks, dataset.columns)
        fitting = Fitting(dataset, plan.recipe, features, plan.seed, plan.threads)
        return Objective(fitting, list(dataset.folds(plan.folds, seed=plan.seed)), plan.metric)

    def score(
        self, recipe: Recipe, before: Callable[[int], None], after: Callable[[float, int], None]
    ) -> float:
        """Score a recipe over all tracks, each predicted by parts that never met its artist.

        Parameters
        ----------
        before
            Called with the number of each fold before it is fitted.
        after
            Called after each fold with the score over all folds so far, and its number.
        """
        data, features = self.fitting.dataset, self.fitting.features
        if MODELS[recipe.model].reads_sequences:  # their length is a setting
            features = recipe.read(data.tracks, data.columns)
        fitting = replace(self.fitting, recipe=recipe, features=features)
        logs = np.zeros((len(recipe.present), len(data), len(data.genres)))
        rows = np.zeros(0, dtype=np.int64)
        value = float("nan")
        for fold, (train, test) in enumerate(self.parted):
            before(fold)
            with warnings.catch_warnings():
                # What it costs not to converge is seen in the score.
                warnings.simplefilter("ignore", ConvergenceWarning)
                logs[:, test] = fitting.fit(train).log_probabilities(features.take(test))
            rows = np.concatenate([rows, test])
            value = self._measured(logs[:, rows], rows)
            after(value, fold)
        return value

    def _measured(self, logs: Floats, rows: Codes) -> float:
        """Pool the members as training does, and measure."""
        truth = self.fitting.dataset.truth[rows]
        weights = blending.weigh(logs, truth, self.fitting.row_weights(rows))
        value = measure(self.metric, blending.pool(logs, weights), truth)
        if not isfinite(value):
            raise SettingError(f"{self.metric} is {value}: the model's probabilities are no numbers")
        return value


def measure(metric: str, probabilities: Floats, truth: Codes) -> float:
    """Measure predictions as `genrelab.scoring` does, without an interval.

    Examples
    --------
    >>> measure("accuracy", np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]]), np.array([0, 1, 1])).__round__(3)
    0.667
    """
    guess = probabilities.argmax(axis=1)
    if metric == "accuracy":
        return float((guess == truth).mean())
    if metric == "log_loss":
        own = probabilities[np.arange(len(truth)), truth]
        return float(-np.log(np.maximum(own, _LEAST)).mean())
    if metric == "balanced_accuracy":
        return float(recall_score(truth, guess, labels=np.unique(truth), average="macro", zero_division=0))
    return float(f1_score(truth, guess, average="macro", zero_division=0))
