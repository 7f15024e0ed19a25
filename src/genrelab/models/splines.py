"""Logistic regression on splines, for few examples; its penalty is chosen on folds of other artists."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import QuantileTransformer, StandardScaler
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from genrelab.grouping import deal, sides
from genrelab.models import Model

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

QUANTILES = 50
PENALTIES = (0.001, 0.003, 0.01, 0.03, 0.1)
"""Values of C that are tried: the inverse of the penalty's strength."""


class Splines(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Multinomial logistic regression on splines of each column's ranks, its penalty chosen by log loss.

    Ranks make outliers harmless, and a smooth curve for each column follows what no straight line can, as in
    generalised additive models (Hastie and Tibshirani 1986); the basis is of quadratic B-splines.

    Where no penalty can be tried, for want of artists or examples, the strongest but one is taken.

    Parameters
    ----------
    penalties : sequence of float > 0
        Values of C to choose from.
    parts : int >= 2
        Folds in which they are tried.
    seed : int

    Attributes
    ----------
    classes_ : (genres,)
    C_ : the value chosen
    ranks_ : fitted Pipeline that fills gaps and ranks
    logistic_ : fitted Pipeline of standardised splines

    Examples
    --------
    >>> model = Splines(parts=2).fit([[0.0], [0.1], [0.9], [1.0]] * 5, ["pop", "pop", "rock", "rock"] * 5)
    >>> model.predict([[0.05], [0.95]]).tolist()
    ['pop', 'rock']
    """

    def __init__(self, *, penalties: Sequence[float] = PENALTIES, parts: int = 3, seed: int = 0) -> None:
        self.penalties = penalties
        self.parts = parts
        self.seed = seed

    def fit(self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None) -> Splines:
        """Fit to X, shape (rows, columns), and genres y, shape (rows,); groups are artists, shape (rows,)."""
        X, y = validate_data(self, X, y, ensure_all_finite="allow-nan", dtype=np.float64)
        check_classification_targets(y)
        weight = _check_sample_weight(sample_weight, X)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"classifier needs at least two classes, got one class: {self.classes_[0]!r}")
        self.C_ = self._chosen(X, codes, weight, groups)
        self.ranks_ = self._ranks(len(X)).fit(X)
        self.logistic_ = _logistic(self.C_, splines(self.ranks_.transform(X)), codes, weight)
        return self

    def _chosen(self, X: Any, codes: Codes, weight: Floats, groups: Any) -> float:
        """Find the penalty with the least log loss on tracks of artists that it has not met."""
        losses = np.zeros(len(self.penalties))
        tried = 0.0
        for train, test in self._folds(codes, groups):
            ranks = self._ranks(len(train)).fit(X[train])
            seen, unseen = splines(ranks.transform(X[train])), splines(ranks.transform(X[test]))
            for place, penalty in enumerate(self.penalties):
                model = _logistic(penalty, seen, codes[train], weight[train])
                own = model.predict_proba(unseen)[np.arange(len(test)), codes[test]]
                losses[place] += weight[test] @ -np.log(np.maximum(own, 1e-12))
            tried += weight[test].sum()
        if not tried:
            return float(sorted(self.penalties)[min(1, len(self.penalties) - 1)])
        return float(self.penalties[int(losses.argmin())])

    def _ranks(self, rows: int) -> Pipeline:
        """Build what fills gaps, and puts a column's quantile, 0 to 1, in place of each number."""
        imputer = SimpleImputer(strategy="median", keep_empty_features=True)
        quantiles = QuantileTransformer(n_quantiles=min(QUANTILES, rows), random_state=self.seed)
        return make_pipeline(imputer, quantiles)

    def _folds(self, codes: Codes, groups: Any) -> Iterator[tuple[Codes, Codes]]:
        """Yield (train, test) rows in which every genre is to be learned and no group is on both sides."""
        groups = np.arange(len(codes)) if groups is None else np.asarray(groups)
        parts = min(self.parts, len(np.unique(groups)), int(np.bincount(codes).max()))
        if parts < 2:
            return
        genres = len(np.unique(codes))
        parted = sides(deal(codes, groups, parts, seed=self.seed))
        yield from ((a, b) for a, b in parted if len(np.unique(codes[a])) == genres)

    def predict_proba(self, X: Any) -> Any:
        """Give the probability of each genre; shape (rows, genres)."""
        check_is_fitted(self)
        X = validate_data(self, X, ensure_all_finite="allow-nan", dtype=[np.float32, np.float64], reset=False)
        return self.logistic_.predict_proba(splines(self.ranks_.transform(X)))

    def predict(self, X: Any) -> Any:
        """Give the most probable genre."""
        likeliest = self.predict_proba(X).argmax(axis=1)
        return self.classes_[likeliest]

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn that NaN is welcome."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags


def splines(ranks: Floats) -> Floats:
    """Spread each column of ranks over five quadratic B-splines with knots at thirds.

    Returns
    -------
    Shape (rows, 5 columns); the five of a column sum to 1.

    Examples
    --------
    >>> splines(np.array([[0.0], [0.5], [1.0]])).round(3).tolist()
    [[0.5, 0.5, 0.0, 0.0, 0.0], [0.0, 0.125, 0.75, 0.125, 0.0], [0.0, 0.0, 0.0, 0.5, 0.5]]
    """
    place = 3 * ranks[:, :, None] - np.arange(-2, 3)
    rising, middle, falling = place**2 / 2, (-2 * place**2 + 6 * place - 3) / 2, (3 - place) ** 2 / 2
    inside = [(place >= n) & (place < n + 1) for n in range(3)]
    spread: Floats = np.select(inside, [rising, middle, falling], 0.0)
    return spread.reshape(len(ranks), -1)


def _logistic(penalty: float, X: Floats, codes: Codes, weight: Floats) -> Pipeline:
    model = make_pipeline(StandardScaler(), LogisticRegression(C=penalty, max_iter=300, tol=1e-3))
    fitted: Pipeline = model.fit(X, codes, logisticregression__sample_weight=weight)
    return fitted


def build(*, seed: int, threads: int, parts: int = 3) -> Any:  # noqa: ARG001 - the shape of every build
    """Build the classifier; `parts` is the number of folds in which penalties are tried."""
    return Splines(parts=parts, seed=seed)


MODEL = Model(
    "logistic regression on splines, for few examples",
    build,
    {"parts": 3},
    {"parts": (3, 5)},
    grouped=True,
)
