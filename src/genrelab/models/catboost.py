"""Gradient boosting on symmetric trees by CatBoost (Prokhorenkova et al. 2018), where it is installed."""

from __future__ import annotations

import json
import re
import tempfile
from importlib import import_module
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import softmax
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from genrelab.errors import MissingExtra
from genrelab.models import Model, Range
from genrelab.models._booster import Booster
from genrelab.models._checks import FEW

DEEPEST = 16
"""CatBoost's own bound on the depth of a tree."""
_SETTINGS = {"loss_function": {"type": "MultiClass", "params": {}}, "flat_params": {}}
"""What CatBoost looks for in a file, and prints when it finds it not."""
_KEPT = ("features_info", "oblivious_trees", "scale_and_bias")
_OF_FEATURES = {
    "borders", "feature_id", "feature_index", "flat_feature_index", "has_nans", "nan_value_treatment",
}  # fmt: skip
_OF_TREES = {"leaf_values", "leaf_weights", "splits"}
_OF_SPLITS = {"border", "float_feature_index", "split_index", "split_type"}


class CatBoost(Booster, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Boosted symmetric trees over a matrix of numbers in which NaN means missing.

    Parameters
    ----------
    iterations : int >= 1
        Boosting rounds, of one tree for all genres each.
    learning_rate : float > 0
    depth : int from 1 to 16
        Of every tree.
    l2 : float >= 0
        Penalty on leaf values.
    row_share : float in (0, 1]
        Share of the tracks that each tree learns from: those that still teach most are likeliest (Ibragimov
        and Gusev 2019, "Minimal variance sampling").
    feature_share : float in (0, 1]
        Share of the columns that each level of a tree may read.
    threads : int >= 1
    seed : int

    Attributes
    ----------
    classes_ : (genres,)
    booster_ : catboost.CatBoost
    told_ : bytes
        The booster in CatBoost's JSON, without what neither prediction nor explanation needs.

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
        learning_rate: float = 0.12,
        depth: int = 5,
        l2: float = 6.0,
        row_share: float = 0.5,
        feature_share: float = 0.25,
        threads: int = 2,
        seed: int = 0,
    ) -> None:
        self.iterations = iterations
        self.learning_rate = learning_rate
        self.depth = depth
        self.l2 = l2
        self.row_share = row_share
        self.feature_share = feature_share
        self.threads = threads
        self.seed = seed

    def _boost(self, X: Any, codes: Any, weight: Any) -> None:
        package = _needed()
        learner = package.CatBoost(
            {
                "loss_function": "MultiClass",
                "iterations": self.iterations,
                "learning_rate": self.learning_rate,
                "depth": self.depth,
                "l2_leaf_reg": self.l2,
                "bootstrap_type": "MVS",
                "subsample": self.row_share,
                "rsm": self.feature_share,
                "thread_count": self.threads,
                "random_seed": self.seed,
                "allow_writing_files": False,
                "logging_level": "Silent",
            }
        )
        try:
            learner.fit(X, codes, sample_weight=weight)
        except package.CatBoostError as error:
            raise ValueError(_reason(error)) from error
        told = _told(learner)
        # CatBoost reads numbers to the last digit but one: what a file will say is what is said now.
        self.told_, self.booster_ = _dumped(told), _booster(told)

    def _probabilities_of(self, X: Any) -> Any:
        threads = self.threads if len(X) >= FEW else 1  # to wake another takes longer
        scores = self.booster_.predict(X, prediction_type="RawFormulaVal", thread_count=threads)
        return softmax(scores, axis=1)

    @property
    def feature_importances_(self) -> Any:
        """Share of the change of predictions that each column brought, in percent, shape (columns,)."""
        check_is_fitted(self)
        return self.booster_.get_feature_importance()

    def written(self) -> bytes:
        """Tell the booster in CatBoost's JSON."""
        return self.told_

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
        _needed()
        told = _checked(content, genres)
        model = cls(threads=threads)
        # What was looked at is read, not what another reader might make of the same bytes.
        model.told_, model.booster_ = content, _booster(told)
        model.classes_, model.n_features_in_ = np.arange(genres), len(told["features_info"]["float_features"])
        return model

    def contributions(self, X: Any) -> Any:
        """Share the scores of X among its columns, shape (rows, genres, columns + 1), the rest in the last.

        They are SHAP values (Lundberg et al. 2020).
        """
        check_is_fitted(self)
        rows = _needed().Pool(np.asarray(X))
        return self.booster_.get_feature_importance(rows, type="ShapValues", thread_count=self.threads)


def _needed() -> Any:
    try:
        return import_module("catboost")
    except ImportError as error:
        raise MissingExtra("catboost", "boost") from error


def _reason(error: Exception) -> str:
    """Tell what CatBoost says, without the line of its source that says it."""
    return re.sub(r"^\S+:\d+: ", "", str(error))


def _told(learner: Any) -> dict[str, Any]:
    """Tell a booster as CatBoost writes it, without its date, its settings and its name."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "booster.json")
        learner.save_model(str(path), format="json")
        told = json.loads(path.read_bytes())
    return {name: told[name] for name in _KEPT}


def _dumped(told: dict[str, Any]) -> bytes:
    return json.dumps(told, separators=(",", ":")).encode()


def _booster(told: dict[str, Any]) -> Any:
    """Make a booster of what `_told` told; CatBoost reads JSON from files only."""
    package = _needed()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "booster.json")
        path.write_bytes(_dumped(told | {"model_info": {"params": _SETTINGS}}))
        try:
            return package.CatBoost().load_model(str(path), format="json")
        except package.CatBoostError as error:
            raise ValueError(f"it is no booster of CatBoost: {_reason(error)}") from error


def _checked(content: bytes, genres: int) -> dict[str, Any]:
    """Return what `_told` wrote; ValueError where CatBoost would follow it out of its memory."""
    try:
        told: dict[str, Any] = json.loads(content)
        sound = _is_sound(told, genres)
    except (AttributeError, IndexError, KeyError, OverflowError, RecursionError, TypeError) as error:
        raise ValueError(f"it is no booster of CatBoost ({error!r})") from error
    if not sound:
        raise ValueError(f"its trees are not sound, or not of {genres} genres")
    return told


def _is_sound(told: dict[str, Any], genres: int) -> bool:
    features, trees = told["features_info"]["float_features"], told["oblivious_trees"]
    scale, bias = told["scale_and_bias"]
    borders = [one["borders"] or [] for one in features]
    begins = list(accumulate(map(len, borders), initial=0))
    return (
        set(told) == set(_KEPT)
        and set(told["features_info"]) == {"float_features"}
        and _are_numbers([scale, *bias], 1 + genres)
        and len(trees) > 0
        and all(_is_feature(one, place) for place, one in enumerate(features))
        and all(_is_tree(one, borders, begins, genres) for one in trees)
    )


def _is_feature(told: dict[str, Any], place: int) -> bool:
    borders = told["borders"] or []
    return (
        set(told) == _OF_FEATURES
        and type(told["feature_index"]) is type(told["flat_feature_index"]) is int
        and told["feature_index"] == told["flat_feature_index"] == place
        and told["feature_id"] == ""
        and told["nan_value_treatment"] in {"AsIs", "AsFalse", "AsTrue"}
        and type(told["has_nans"]) is bool
        and _are_numbers(borders, len(borders))
        and all(low < high for low, high in pairwise(borders))
    )


def _is_tree(told: dict[str, Any], borders: list[list[float]], begins: list[int], genres: int) -> bool:
    """Tell whether a tree asks at borders that there are, and has as many leaves as its depth makes."""
    splits = told["splits"] or []
    leaves = 2 ** min(len(splits), DEEPEST)
    return (
        set(told) == _OF_TREES
        and len(splits) <= DEEPEST
        and all(_is_split(one, borders, begins) for one in splits)
        and _are_numbers(told["leaf_values"], leaves * genres)
        and _are_numbers(told["leaf_weights"], leaves)
    )


def _is_split(told: dict[str, Any], borders: list[list[float]], begins: list[int]) -> bool:
    column, number = told["float_feature_index"], told["split_index"]
    return (
        set(told) == _OF_SPLITS
        and told["split_type"] == "FloatFeature"
        and type(column) is type(number) is int
        and 0 <= column < len(borders)
        and begins[column] <= number < begins[column + 1]
        and told["border"] == borders[column][number - begins[column]]
    )


def _are_numbers(told: list[Any], count: int) -> bool:
    return (
        len(told) == count
        and all(type(one) in {int, float} for one in told)
        and bool(np.isfinite(told).all())
    )


MODEL = Model(
    "gradient boosting on symmetric trees by CatBoost",
    CatBoost,
    {
        "iterations": 500,
        "learning_rate": 0.12,
        "depth": 5,
        "l2": 6.0,
        "row_share": 0.5,
        "feature_share": 0.25,
    },
    {
        "iterations": Range(100, 1000, log=True),
        "learning_rate": Range(0.02, 0.3, log=True),
        "depth": Range(4, 8),
        "l2": Range(1.0, 30.0, log=True),
        "row_share": Range(0.3, 1.0),
        "feature_share": Range(0.2, 1.0),
    },
    needs="catboost",
)
