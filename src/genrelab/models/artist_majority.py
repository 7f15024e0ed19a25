"""The genre that most of the artist's other tracks have: what memory alone achieves."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from genrelab.models import Model


class ArtistMajority(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Give the shares of genres among the tracks with the same first column; else those of all tracks.

    NaN is an artist without a name, and like no other.

    Attributes
    ----------
    classes_ : (genres,)
    artists_ : (artists,) sorted distinct values of the first column
    shares_ : (artists, genres) shares of genres for each
    prior_ : (genres,) shares of genres over all

    Examples
    --------
    >>> model = ArtistMajority().fit([[7], [7], [8]], ["pop", "pop", "rock"])
    >>> model.predict([[8], [99]]).tolist()
    ['rock', 'pop']
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> ArtistMajority:
        """Count genres per artist in X, shape (rows, columns), of which the first names the artist."""
        X, y = validate_data(self, X, y, ensure_all_finite="allow-nan")
        check_classification_targets(y)
        weight = _check_sample_weight(sample_weight, X)
        self.classes_, codes = np.unique(y, return_inverse=True)
        self.artists_, places = np.unique(X[:, 0], return_inverse=True)
        counts = np.zeros((len(self.artists_), len(self.classes_)))
        np.add.at(counts, (places, codes), weight)
        self.prior_ = counts.sum(axis=0) / counts.sum()
        totals = counts.sum(axis=1, keepdims=True)
        self.shares_ = np.where(totals > 0, counts / np.maximum(totals, 1e-12), self.prior_)
        return self

    def predict_proba(self, X: Any) -> Any:
        """Look up each row's artist; shape (rows, genres)."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, ensure_all_finite="allow-nan")
        places = np.searchsorted(self.artists_, X[:, 0]).clip(max=len(self.artists_) - 1)
        known = self.artists_[places] == X[:, 0]
        return np.where(known[:, None], self.shares_[places], self.prior_)

    def predict(self, X: Any) -> Any:
        """Give the genre with the largest share."""
        likeliest = self.predict_proba(X).argmax(axis=1)
        return self.classes_[likeliest]

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn that NaN is welcome, and not to expect it to learn from more than one column."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.classifier_tags.poor_score = True
        return tags


def build(*, seed: int, threads: int) -> Any:  # noqa: ARG001 - the shape of every build
    """Build the classifier."""
    return ArtistMajority()


MODEL = Model("majority genre of the artist's other tracks", build, reads_artist=True, baseline=True)
