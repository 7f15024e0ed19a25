"""What our boosters share: what they are given is looked at, and genres are numbered."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from genrelab.models._checks import looked_at


class Booster(ClassifierMixin, ABC):  # type: ignore[misc]  # scikit-learn has no types
    """Boosted trees as a scikit-learn classifier over numbers in which NaN means missing."""

    classes_: Any

    @abstractmethod
    def _boost(self, X: Any, codes: Any, weight: Any) -> None:
        """Learn from X, shape (rows, columns), and codes of genres and weights of rows, shape (rows,)."""

    @abstractmethod
    def _probabilities_of(self, X: Any) -> Any:
        """Give the probability of each genre; shape (rows, genres)."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Fit to X, shape (rows, columns), and genres y, shape (rows,)."""
        X, y = validate_data(self, X, y, ensure_all_finite="allow-nan", dtype=[np.float32, np.float64])
        check_classification_targets(y)
        weight = None if sample_weight is None else _check_sample_weight(sample_weight, X)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"classifier needs at least two classes, got one class: {self.classes_[0]!r}")
        self._boost(X, codes, weight)
        return self

    def predict_proba(self, X: Any) -> Any:
        """Give the probability of each genre; shape (rows, genres)."""
        check_is_fitted(self)
        return self._probabilities_of(looked_at(self, X))

    def predict(self, X: Any) -> Any:
        """Give the most probable genre."""
        likeliest = self.predict_proba(X).argmax(axis=1)
        return self.classes_[likeliest]

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn that NaN is welcome."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags
