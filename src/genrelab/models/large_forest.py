"""Random forest of thousands of trees (Breiman 2001): scikit-learn's own, in a twentieth of the memory.

scikit-learn grows the trees a few at a time; each lot is packed (`_packed_trees`) and thrown away. The same
seed gives the same trees as its ``RandomForestClassifier``, and probabilities equal to the last bit.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, InvalidParameterError
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from genrelab.errors import ModelError
from genrelab.models import Model, Range, Space
from genrelab.models._packed_trees import Packed, add_votes, check, keys, pack, walk

Floats = NDArray[np.float64]

BATCH_BYTES = 128 * 2**20
"""What scikit-learn's trees may take before they are packed; at least one tree a thread."""
SLAB = 16_384
"""Tracks that each thread reads at once."""
CHECK_EVERY = 100
"""Trees between two looks whether the forest has settled."""


class LargeForest(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Random forest over a matrix of numbers in which NaN means missing.

    Growth may stop early, by `tolerance`: the votes of one more tree have a known variance, so the trees that
    left a track out tell how likely an endless forest is to give it another genre (a normal approximation).
    Growth stops once that is expected of no more than a share `tolerance` of tracks.

    Parameters
    ----------
    n_estimators : int >= 1
        Trees to grow.
    max_features : float, int, "sqrt", "log2" or None
        Columns that each split may choose from.
    min_samples_leaf : int >= 1 or share
        Least number of tracks in a leaf.
    max_depth : int >= 1 or None
    tolerance : float in [0, 1)
        Share of tracks that more trees may still be expected to give another genre; 0 grows all trees.
    oob_score : bool
        Whether tracks are scored by the trees that left them out; implied by a `tolerance` over 0.
    threads : int from 1 to 1024
    seed : int

    Attributes
    ----------
    classes_ : (genres,)
    n_estimators_ : int
        Trees grown.
    trees_ : list of tuples of arrays, each a `genrelab.models._packed_trees.Packed`
    feature_importances_ : (columns,)
        Mean decrease in impurity that each column brought, as shares.
    oob_decision_function_ : (rows, genres)
        Out-of-bag probabilities; NaN where every tree has seen the track.
    oob_score_ : float
        Out-of-bag accuracy.

    Examples
    --------
    >>> model = LargeForest(n_estimators=20).fit([[0.0], [0.1], [0.9], [1.0]] * 5, [0, 0, 1, 1] * 5)
    >>> model.predict([[0.05], [0.95]]).tolist()
    [0, 1]
    """

    # What scikit-learn's forest is told, it checks itself.
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "tolerance": [Interval(Real, 0, 1, closed="left")],
        "threads": [Interval(Integral, 1, 1024, closed="both")],
    }

    def __init__(
        self,
        *,
        n_estimators: int = 5000,
        max_features: float | str | None = "sqrt",
        min_samples_leaf: float = 1,
        max_depth: int | None = None,
        tolerance: float = 0.0,
        oob_score: bool = False,
        threads: int = 2,
        seed: int = 0,
    ) -> None:
        self.n_estimators = n_estimators
        self.max_features = max_features
        self.min_samples_leaf = min_samples_leaf
        self.max_depth = max_depth
        self.tolerance = tolerance
        self.oob_score = oob_score
        self.threads = threads
        self.seed = seed

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> LargeForest:
        """Fit to X, shape (rows, columns), and genres y, shape (rows,).

        Raises
        ------
        MissingExtra
            When numba is not installed.
        SettingError
            When a tree is too large to be packed.
        ValueError
            When a setting is out of its range.
        """
        self._validate_params()
        walk()  # hours of growing would be lost where the trees could not be asked afterwards
        X, y = validate_data(self, X, y, ensure_all_finite="allow-nan", dtype=np.float32)
        check_classification_targets(y)
        weight = None if sample_weight is None else _check_sample_weight(sample_weight, X)
        self.classes_, codes = np.unique(y, return_inverse=True)
        heard = _OutOfBag(X, codes) if self.oob_score or self.tolerance > 0 else None
        self.trees_: list[tuple[Any, ...]] = []
        self.n_estimators_, gains = 0, np.zeros(X.shape[1])
        for forest in self._batches(len(X)):
            forest.fit(X, codes, weight)
            packed = pack([tree.tree_ for tree in forest.estimators_], X.shape[1])
            self.trees_.append(tuple(packed))
            self.n_estimators_ += len(forest.estimators_)
            gains += _gains(forest)
            if heard is not None:
                heard.add(packed, forest.estimators_samples_)
                if self._is_settled(heard):
                    break
        self.feature_importances_ = gains / gains.sum() if gains.any() else gains
        if heard is not None:
            self.oob_decision_function_, self.oob_score_ = heard.probabilities, heard.score
        return self

    def predict_proba(self, X: Any) -> Any:
        """Give the mean of the trees' shares of genres; shape (rows, genres)."""
        check_is_fitted(self)
        X = validate_data(self, X, ensure_all_finite="allow-nan", dtype=np.float32, reset=False)
        votes = np.zeros((len(X), len(self.classes_)))
        starts = range(0, len(X), min(SLAB, max(1, -(-len(X) // self.threads))))
        with ThreadPoolExecutor(self.threads) as pool:
            list(pool.map(lambda start: self._vote(X, votes, slice(start, start + starts.step)), starts))
        votes /= self.n_estimators_
        return votes

    def predict(self, X: Any) -> Any:
        """Give the most probable genre."""
        likeliest = self.predict_proba(X).argmax(axis=1)
        return self.classes_[likeliest]

    def _vote(self, X: Any, votes: Floats, part: slice) -> None:
        rows = keys(X[part])
        for trees in self.trees_:
            add_votes(Packed(*trees), rows, votes[part])

    def _batches(self, rows: int) -> Iterator[Any]:
        """Build unfitted forests of a few trees, which draw their seeds one after the other."""
        draws = check_random_state(self.seed)
        # A tree to purity has some 1.3 nodes a row, half of them leaves.
        room = max(self.threads, BATCH_BYTES // (rows * (85 + 11 * len(self.classes_))))
        grown = 0
        while grown == 0 or grown < self.n_estimators:
            count = min(room, self.n_estimators - grown, CHECK_EVERY - grown % CHECK_EVERY)
            grown += count
            yield RandomForestClassifier(
                count,
                max_features=self.max_features,
                min_samples_leaf=self.min_samples_leaf,
                max_depth=self.max_depth,
                n_jobs=self.threads,
                random_state=draws,
            )

    def _is_settled(self, heard: _OutOfBag) -> bool:
        if self.tolerance <= 0 or self.n_estimators_ % CHECK_EVERY:
            return False
        return unsettled(heard.probabilities, self.n_estimators_) <= self.tolerance

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take over what was saved, after a look that its trees lead nowhere else."""
        super().__setstate__(state)
        try:
            self._validate_params()
        except InvalidParameterError as error:
            raise ModelError(f"forest: {error}: copy the model anew, or train it again") from error
        for trees in state.get("trees_", ()):
            check(Packed(*trees), self.n_features_in_, len(self.classes_))

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn that NaN is welcome."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags


class _OutOfBag:
    """What trees say of the tracks that they have not seen."""

    def __init__(self, X: NDArray[np.float32], codes: NDArray[np.int64]) -> None:
        self._rows, self._codes = keys(X), codes
        self._votes = np.zeros((len(X), codes.max() + 1))
        self._trees = np.zeros((len(X), 1), dtype=np.int64)

    def add(self, packed: Packed, samples: list[NDArray[np.int32]]) -> None:
        """Count the votes of trees, each on the tracks that are not among its samples."""
        for tree, seen in enumerate(samples):
            unseen = np.flatnonzero(np.bincount(seen, minlength=len(self._rows)) == 0)
            votes = np.zeros((len(unseen), self._votes.shape[1]))
            add_votes(packed, self._rows[unseen], votes, range(tree, tree + 1))
            self._votes[unseen] += votes
            self._trees[unseen] += 1

    @property
    def probabilities(self) -> Floats:
        """Mean of the votes, NaN where no tree could vote; shape (rows, genres)."""
        never = np.full_like(self._votes, np.nan)
        return np.divide(self._votes, self._trees, out=never, where=self._trees > 0)

    @property
    def score(self) -> float:
        """Accuracy on the tracks that some tree has not seen; NaN where there are none."""
        heard = self._trees[:, 0] > 0
        right = self._votes[heard].argmax(axis=1) == self._codes[heard]
        return float(right.mean()) if heard.any() else float("nan")


def unsettled(probabilities: Floats, trees: int) -> float:
    """Estimate in which share of tracks an endless forest names another genre than so many trees do.

    Of the two likeliest genres, one tree's votes differ by their margin on average, with a variance of at
    most the sum of both less the margin squared. The mean over trees is taken to be normal.

    Examples
    --------
    >>> unsettled(np.array([[0.9, 0.1], [0.5, 0.5]]), 100)
    0.25
    """
    heard = probabilities[np.isfinite(probabilities).all(axis=1)]
    if heard.shape[1] < 2 or not len(heard):
        return 0.0 if len(heard) else 1.0
    second, first = np.sort(heard, axis=1)[:, -2:].T
    margin = first - second
    deviation = np.sqrt(np.maximum(first + second - margin**2, 1e-12) / trees)
    return float(ndtr(-margin / deviation).mean())


def _gains(forest: Any) -> Floats:
    """Add up the shares of decrease in impurity of the trees that split at all."""
    parts = [tree.feature_importances_ for tree in forest.estimators_ if tree.tree_.node_count > 1]
    total: Floats = np.sum(parts, axis=0) if parts else np.zeros(forest.n_features_in_)
    return total


SPACE: Space = {
    "min_samples_leaf": Range(1, 30, log=True),
    "max_features": ("sqrt", 0.3, 0.5, 0.8),
}
MODEL = Model(
    "random forest of thousands of trees in little memory",
    LargeForest,
    {"n_estimators": 5000, "max_features": "sqrt", "min_samples_leaf": 1, "tolerance": 0.03},
    SPACE,
)
