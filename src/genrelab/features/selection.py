"""Choosing features by how well each alone tells the genres apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.feature_selection import SelectorMixin, f_classif, mutual_info_classif
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from genrelab.errors import SettingError

Floats = NDArray[np.float64]


def anova(X: Floats, y: Any, seed: int = 0) -> Floats:  # noqa: ARG001 - the shape of every measure
    """Give the F statistic of a one-way analysis of variance for each column; 0 for a constant one."""
    scores, varies = np.zeros(X.shape[1]), X.min(axis=0) != X.max(axis=0)
    if varies.any():
        with np.errstate(divide="ignore", invalid="ignore"):
            f, _ = f_classif(X[:, varies], y)
        scores[varies] = np.nan_to_num(f, nan=0.0, posinf=np.finfo(np.float64).max)
    return scores


def mutual_information(X: Floats, y: Any, seed: int = 0) -> Floats:
    """Estimate the mutual information of each column with the genre, in nats (Ross 2014, by 3 neighbours)."""
    scores: Floats = mutual_info_classif(X, y, random_state=seed)
    # The noise that parts ties would make a constant column look as if it varied.
    return np.where(X.min(axis=0) == X.max(axis=0), 0.0, scores)


MEASURES: Mapping[str, Callable[[Floats, Any, int], Floats]] = {
    f.__name__: f for f in (anova, mutual_information)
}


class Best(SelectorMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Keep the features that score best by a measure.

    Parameters
    ----------
    measure : {"anova", "mutual_information"}
    keep : int >= 1
        Number of features kept; all where there are fewer.
    seed : int
        Of the noise by which mutual information breaks ties.

    Attributes
    ----------
    scores_ : (features,)

    Examples
    --------
    >>> Best(keep=1).fit_transform([[0, 5], [1, 6], [2, 5], [3, 6]], [0, 0, 1, 1]).tolist()
    [[0], [1], [2], [3]]
    """

    def __init__(self, measure: str = "anova", keep: int = 10, *, seed: int = 0) -> None:
        self.measure = measure
        self.keep = keep
        self.seed = seed

    def fit(self, X: Any, y: Any) -> Best:
        """Score every column of X, shape (rows, features), against genres y, shape (rows,)."""
        if self.measure not in MEASURES:
            raise SettingError(f"measure: {self.measure!r} is unknown: choose from {', '.join(MEASURES)}")
        X, y = validate_data(self, X, y)
        check_classification_targets(y)
        self.scores_ = MEASURES[self.measure](X, y, self.seed)
        order = np.argsort(-self.scores_, kind="stable")
        self.kept_ = np.zeros(X.shape[1], dtype=np.bool_)
        self.kept_[order[: self.keep]] = True
        return self

    def _get_support_mask(self) -> NDArray[np.bool_]:
        check_is_fitted(self)
        return self.kept_

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn that genres are needed."""
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags
