"""Probabilities for classifiers that only say how far a track lies from their borders."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_expit, softmax
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.linear_model import SGDClassifier
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data


class Margins(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Turn a classifier's decision values into probabilities, without changing which genre comes first.

    How sure they are is not calibrated here: the pool's weight, found on out-of-fold predictions, is the
    temperature of Guo et al. 2017.

    Parameters
    ----------
    estimator : classifier with ``decision_function``, or None for a linear one
    one_by_one : bool
        Whether each genre's value is a log-odds of its own, as of models fitted genre against the rest, so
        that probabilities are proportional to its logistic function; else to its exponential.

    Attributes
    ----------
    classes_ : (genres,)
    estimator_ : the fitted classifier

    Examples
    --------
    >>> model = Margins().fit([[0.0], [0.1], [0.9], [1.0]], ["pop", "pop", "rock", "rock"])
    >>> model.predict([[-1.0], [2.0]]).tolist()
    ['pop', 'rock']
    """

    def __init__(self, estimator: Any = None, *, one_by_one: bool = False) -> None:
        self.estimator = estimator
        self.one_by_one = one_by_one

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Margins:
        """Fit the classifier to X, shape (rows, columns), and genres y, shape (rows,)."""
        X, y = validate_data(self, X, y)
        check_classification_targets(y)
        given = SGDClassifier(random_state=0) if self.estimator is None else self.estimator
        told = {} if sample_weight is None else {"sample_weight": sample_weight}
        self.estimator_ = clone(given).fit(X, y, **told)
        self.classes_ = self.estimator_.classes_
        return self

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Give the probability of each genre; shape (rows, genres)."""
        check_is_fitted(self)
        values = self.estimator_.decision_function(validate_data(self, X, reset=False))
        if values.ndim == 1:
            values = np.stack([-values, values], axis=1)
        probabilities: NDArray[np.float64] = softmax(log_expit(values) if self.one_by_one else values, axis=1)
        return probabilities

    def predict(self, X: Any) -> Any:
        """Give the genre with the largest decision value."""
        likeliest = self.predict_proba(X).argmax(axis=1)
        return self.classes_[likeliest]
