"""Any other model, fitted once for each genre against all others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from genrelab.models import MODELS, Model


class OneVsRest(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Fit one classifier for each genre against the rest, and make their probabilities sum to 1.

    Parameters
    ----------
    estimator : classifier with ``predict_proba``, or None for logistic regression

    Attributes
    ----------
    classes_ : (genres,)
    estimators_ : fitted classifiers, one per genre

    Examples
    --------
    >>> model = OneVsRest().fit([[0.0], [0.1], [0.9], [1.0]], ["pop", "pop", "rock", "rock"])
    >>> model.predict([[-9.0], [9.0]]).tolist()
    ['pop', 'rock']
    """

    def __init__(self, estimator: Any = None) -> None:
        self.estimator = estimator

    def fit(self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None) -> OneVsRest:
        """Fit to X, shape (rows, columns), and genres y, shape (rows,)."""
        X, y = validate_data(self, X, y, ensure_all_finite="allow-nan")
        check_classification_targets(y)
        self.classes_ = np.unique(y)
        if len(self.classes_) < 2:
            raise ValueError(f"classifier needs at least two classes, got one class: {self.classes_[0]!r}")
        given = LogisticRegression() if self.estimator is None else self.estimator
        step = f"{given.steps[-1][0]}__" if isinstance(given, Pipeline) else ""
        told = {"sample_weight": sample_weight, "groups": groups}
        told = {f"{step}{name}": values for name, values in told.items() if values is not None}
        self.estimators_ = [clone(given).fit(X, (y == genre).astype(int), **told) for genre in self.classes_]
        return self

    @classmethod
    def of(cls, estimators: Sequence[Any]) -> OneVsRest:
        """Put fitted classifiers together, the first for genre 0."""
        model = cls(estimators[0])
        model.estimators_ = list(estimators)
        model.classes_ = np.arange(len(estimators))
        model.n_features_in_ = estimators[0].n_features_in_
        return model

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Give the probability of each genre; shape (rows, genres)."""
        check_is_fitted(self)
        X = validate_data(self, X, ensure_all_finite="allow-nan", reset=False)
        own = np.stack([one.predict_proba(X)[:, 1] for one in self.estimators_], axis=1)
        whole = own.sum(axis=1, keepdims=True)
        even = np.full_like(own, 1 / len(self.classes_))
        probabilities: NDArray[np.float64] = np.divide(own, whole, out=even, where=whole > 0)
        return probabilities

    def predict(self, X: Any) -> Any:
        """Give the most probable genre."""
        likeliest = self.predict_proba(X).argmax(axis=1)
        return self.classes_[likeliest]

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn that NaN is welcome where the classifier welcomes it."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self.estimator is not None
        return tags


def build(*, seed: int, threads: int, over: str, **settings: Any) -> Any:
    """Build the classifier over the model that `over` names; `settings` are that model's."""
    inner = MODELS[over].build
    if inner is None:
        raise TypeError(f"{over} has members, not an estimator")
    return OneVsRest(inner(seed=seed, threads=threads, **settings))


MODEL = Model(
    "another model, fitted for each genre against the rest",
    build,
    {"over": "logistic"},
    {"over": ("logistic", "sgd", "decision_tree")},
    wraps="over",
)
