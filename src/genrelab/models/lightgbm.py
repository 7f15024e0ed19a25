"""Gradient boosting by LightGBM (Ke et al. 2017); its file is plain text."""

from __future__ import annotations

from typing import Any

import lightgbm
import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from genrelab.models import Model, Range, Space


class LightGBM(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Boosted trees over a matrix of numbers in which NaN means missing.

    Parameters
    ----------
    rounds : int >= 1
        Boosting rounds, of one tree per genre each.
    learning_rate : float > 0
    num_leaves : int >= 2
        Largest number of leaves of a tree.
    min_leaf : int >= 1
        Least number of tracks in a leaf.
    feature_share : float in (0, 1]
        Share of the columns that each tree may read.
    l2 : float >= 0
        Penalty on leaf values.
    random_cuts : bool
        Whether each column's threshold is drawn rather than searched (Geurts et al. 2006).
    threads : int >= 1
    seed : int

    Attributes
    ----------
    classes_ : (genres,)
    booster_ : lightgbm.Booster

    Examples
    --------
    >>> model = LightGBM(rounds=5, min_leaf=1).fit([[0.0], [0.1], [0.9], [1.0]] * 5, [0, 0, 1, 1] * 5)
    >>> model.predict([[0.05], [0.95]]).tolist()
    [0, 1]
    """

    def __init__(
        self,
        *,
        rounds: int = 400,
        learning_rate: float = 0.05,
        num_leaves: int = 24,
        min_leaf: int = 30,
        feature_share: float = 0.4,
        l2: float = 5.0,
        random_cuts: bool = False,
        threads: int = 2,
        seed: int = 0,
    ) -> None:
        self.rounds = rounds
        self.learning_rate = learning_rate
        self.num_leaves = num_leaves
        self.min_leaf = min_leaf
        self.feature_share = feature_share
        self.l2 = l2
        self.random_cuts = random_cuts
        self.threads = threads
        self.seed = seed

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> LightGBM:
        """Fit to X, shape (rows, columns), and genres y, shape (rows,)."""
        X, y = validate_data(self, X, y, ensure_all_finite="allow-nan", dtype=[np.float32, np.float64])
        check_classification_targets(y)
        weight = None if sample_weight is None else _check_sample_weight(sample_weight, X)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"classifier needs at least two classes, got one class: {self.classes_[0]!r}")
        data = lightgbm.Dataset(X, codes, weight=weight, free_raw_data=True)
        self.booster_ = lightgbm.train(self._parameters(), data, num_boost_round=self.rounds)
        return self

    def predict_proba(self, X: Any) -> Any:
        """Give the probability of each genre; shape (rows, genres)."""
        check_is_fitted(self)
        X = validate_data(self, X, ensure_all_finite="allow-nan", dtype=[np.float32, np.float64], reset=False)
        return self.booster_.predict(X, num_threads=self.threads)

    def predict(self, X: Any) -> Any:
        """Give the most probable genre."""
        likeliest = self.predict_proba(X).argmax(axis=1)
        return self.classes_[likeliest]

    @property
    def feature_importances_(self) -> Any:
        """Gain that each column brought, shape (columns,)."""
        check_is_fitted(self)
        return self.booster_.feature_importance("gain")

    def _parameters(self) -> dict[str, Any]:
        return {
            "objective": "multiclass",
            "num_class": len(self.classes_),
            "learning_rate": self.learning_rate,
            "num_leaves": self.num_leaves,
            "min_data_in_leaf": self.min_leaf,
            "bagging_fraction": 0.8,
            "bagging_freq": 1,
            "feature_fraction": self.feature_share,
            "lambda_l2": self.l2,
            "extra_trees": self.random_cuts,
            "num_threads": self.threads,
            "seed": self.seed,
            "deterministic": True,
            "force_row_wise": True,
            "verbosity": -1,
        }

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn that NaN is welcome."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags


SPACE: Space = {
    "rounds": Range(100, 800, log=True),
    "learning_rate": Range(0.01, 0.2, log=True),
    "num_leaves": Range(8, 64, log=True),
    "min_leaf": Range(5, 100, log=True),
    "feature_share": Range(0.3, 1.0),
    "l2": Range(0.01, 30.0, log=True),
}
MODEL = Model(
    "gradient boosting by LightGBM",
    LightGBM,
    {"rounds": 350, "learning_rate": 0.04, "num_leaves": 24, "min_leaf": 30, "feature_share": 0.7, "l2": 5.0},
    SPACE,
)
