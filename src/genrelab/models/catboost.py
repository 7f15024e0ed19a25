"""Gradient boosting on symmetric trees by CatBoost (Prokhorenkova et al. 2018), where it is installed."""

from __future__ import annotations

import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from genrelab.errors import MissingExtra
from genrelab.models import Model, Range
from genrelab.models._booster import Booster


class CatBoost(Booster, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Boosted symmetric trees over a matrix of numbers in which NaN means missing.

    Parameters
    ----------
    iterations : int >= 1
        Boosting rounds.
    learning_rate : float > 0
    depth : int from 1 to 16
        Of every tree.
    l2 : float >= 0
        Penalty on leaf values.
    row_share : float in (0, 1]
        Share of the tracks that each tree learns from.
    threads : int >= 1
    seed : int

    Attributes
    ----------
    classes_ : (genres,)
    booster_ : catboost.CatBoostClassifier

    Examples
    --------
    >>> model = CatBoost(iterations=20, threads=1).fit([[0.0], [0.1], [0.9], [1.0]] * 5, [0, 0, 1, 1] * 5)
    >>> model.predict([[0.05], [0.95]]).tolist()
    [0, 1]
    """

    def __init__(
        self,
        *,
        iterations: int = 500,
        learning_rate: float = 0.08,
        depth: int = 6,
        l2: float = 6.0,
        row_share: float = 0.8,
        threads: int = 2,
        seed: int = 0,
    ) -> None:
        self.iterations = iterations
        self.learning_rate = learning_rate
        self.depth = depth
        self.l2 = l2
        self.row_share = row_share
        self.threads = threads
        self.seed = seed

    def _boost(self, X: Any, codes: Any, weight: Any) -> None:
        self.booster_ = _needed().CatBoostClassifier(
            loss_function="MultiClass",
            iterations=self.iterations,
            learning_rate=self.learning_rate,
            depth=self.depth,
            l2_leaf_reg=self.l2,
            bootstrap_type="Bernoulli",
            subsample=self.row_share,
            thread_count=self.threads,
            random_seed=self.seed,
            allow_writing_files=False,
            verbose=False,
        )
        self.booster_.fit(X, codes, sample_weight=weight)

    def _probabilities_of(self, X: Any) -> Any:
        return self.booster_.predict_proba(X, thread_count=self.threads)

    @property
    def feature_importances_(self) -> Any:
        """Share of the change of predictions that each column brought, shape (columns,)."""
        check_is_fitted(self)
        return self.booster_.feature_importances_

    def written(self) -> bytes:
        """Tell the booster in CatBoost's own format."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "booster.cbm")
            self.booster_.save_model(str(path), format="cbm")
            return path.read_bytes()

    @classmethod
    def of(cls, content: bytes, genres: int, threads: int) -> CatBoost:
        """Make again what `written` told, for genres 0, 1, ...

        Raises
        ------
        ValueError
            When it is not that.
        MissingExtra
            When CatBoost is not installed.
        """
        package = _needed()
        model = cls(threads=threads)
        model.booster_ = package.CatBoostClassifier()
        try:
            model.booster_.load_model(blob=content)
        except package.CatBoostError as error:
            raise ValueError(f"it is no booster of CatBoost: {error}") from error
        if len(model.booster_.classes_) != genres:
            raise ValueError(f"it knows {len(model.booster_.classes_)} genres, not {genres}")
        model.classes_ = np.arange(genres)
        model.n_features_in_ = len(model.booster_.feature_names_)
        return model


def _needed() -> Any:
    try:
        return import_module("catboost")
    except ImportError as error:
        raise MissingExtra("catboost", "boost") from error


MODEL = Model(
    "gradient boosting on symmetric trees by CatBoost",
    CatBoost,
    {"iterations": 500, "learning_rate": 0.08, "depth": 6, "l2": 6.0, "row_share": 0.8},
    {
        "iterations": Range(100, 1000, log=True),
        "learning_rate": Range(0.02, 0.3, log=True),
        "depth": Range(4, 8),
        "l2": Range(1.0, 30.0, log=True),
        "row_share": Range(0.5, 1.0),
    },
    needs="catboost",
)
