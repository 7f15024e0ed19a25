"""Gradient boosting by XGBoost (Chen and Guestrin 2016)."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted
from xgboost import XGBClassifier
from xgboost.core import XGBoostError

from genrelab.models import Model, Range
from genrelab.models._boosted_trees import LEFT, RIGHT, Boosted, Singles, Trees


class XGBoost(XGBClassifier, Boosted):  # XGBoost asks its first base for parameters
    """XGBoost's own classifier, which is quicker where many tracks are asked for.

    Examples
    --------
    >>> model = XGBoost(n_estimators=5, n_jobs=1).fit([[0.0], [0.1], [0.9], [1.0]] * 5, [0, 0, 1, 1] * 5)
    >>> model.predict([[0.05], [0.95]]).tolist()
    [0, 1]
    """

    def predict_proba(
        self,
        X: Any,
        validate_features: bool = True,
        base_margin: Any = None,
        iteration_range: Any = None,
    ) -> Any:
        """Give the probability of each genre; shape (rows, genres)."""
        check_is_fitted(self)
        usual = (
            isinstance(X, np.ndarray)
            and X.ndim == 2
            and X.shape[1] == self.n_features_in_
            and self.objective in _BASES
            and validate_features
            and base_margin is None
            and iteration_range is None
        )
        if not usual:
            return super().predict_proba(X, validate_features, base_margin, iteration_range)
        return self._probabilities(X.astype(np.float32, copy=False), self.n_jobs or 1)

    @classmethod
    def of(cls, content: bytes, genres: int, threads: int) -> XGBoost:
        """Make again what `written` told, for genres 0, 1, ...

        Raises
        ------
        ValueError, xgboost.core.XGBoostError
            When it is not that.
        """
        json.loads(content)  # XGBoost ends the process where its own format breaks off
        model = cls(n_jobs=threads)
        model.load_model(bytearray(content))
        if model.n_classes_ != genres:
            raise XGBoostError(f"it knows {model.n_classes_} genres, not {genres}")
        return model

    def written(self) -> bytes:
        """Tell the booster in XGBoost's own format, without what neither prediction nor explanation needs."""
        told = json.loads(bytes(self.get_booster().save_raw("json")))
        for tree in told["learner"]["gradient_booster"]["model"]["trees"]:
            tree["base_weights"] = [0.0] * len(tree["base_weights"])
        return json.dumps(told, separators=(",", ":")).encode()

    def _own_scores(self, X: Any) -> Any:
        margins = np.asarray(self.predict(X, output_margin=True))
        return margins if margins.ndim == 2 else margins[:, None]

    def _booster(self) -> Any:
        return self.get_booster()

    def _trees(self) -> Trees | None:
        try:
            return read(json.loads(bytes(self.get_booster().save_raw("json"))))
        except (KeyError, ValueError, TypeError, IndexError):
            return None  # a kind of model that is not known here


def _logits(shares: Singles) -> Singles:
    # In 32 bits, as XGBoost reckons.
    with np.errstate(divide="ignore"):
        logits: Singles = -np.log(1 / shares - 1)
    return logits


_BASES = {"multi:softprob": lambda base: base, "binary:logistic": _logits}
"""How scores begin, given the base score that the booster tells, by objective."""


def read(told: dict[str, Any]) -> Trees | None:
    """Read the trees of XGBoost's JSON; None where a booster is of another kind than we train.

    Raises
    ------
    KeyError, ValueError, TypeError, IndexError
        When it is no such JSON.
    """
    learner = told["learner"]
    booster, begins = learner["gradient_booster"], _BASES.get(learner["objective"]["name"])
    if booster["name"] != "gbtree" or begins is None or "best_iteration" in learner["attributes"]:
        return None
    trees, model = booster["model"]["trees"], learner["learner_model_param"]
    if any(t["categories"] or any(t["split_type"]) or _width(t) != 1 for t in trees):
        return None
    base = begins(np.array(json.loads(model["base_score"]), dtype=np.float32).reshape(-1))
    counts = np.array([len(tree["left_children"]) for tree in trees])
    roots = np.cumsum(counts) - counts
    left, right = (_children(trees, name, np.repeat(roots, counts)) for name in ("left", "right"))
    conditions = _joined(trees, "split_conditions", np.float32)
    gaps = np.where(_joined(trees, "default_left", np.int64) > 0, LEFT, RIGHT)
    return Trees(
        left,
        right,
        _joined(trees, "split_indices", np.int64),
        # What is less than a number of 32 bits is at most the one before it.
        np.nextafter(conditions, np.float32(-np.inf)).astype(np.float64),
        gaps,
        conditions.astype(np.float64),
        roots,
        np.array(booster["model"]["tree_info"], dtype=np.int64),
        base.astype(np.float32),
    )


def _width(tree: dict[str, Any]) -> int:
    return int(tree["tree_param"]["size_leaf_vector"])


def _joined(trees: list[dict[str, Any]], name: str, kind: Any) -> Any:
    return np.concatenate([np.array(tree[name], dtype=kind) for tree in trees])


def _children(trees: list[dict[str, Any]], side: str, roots: Any) -> Any:
    told = _joined(trees, f"{side}_children", np.int64)
    return np.where(told < 0, -1, told + roots)


def build(*, seed: int, threads: int, **settings: Any) -> Any:
    """Build the classifier; `settings` are XGBoost's own."""
    return XGBoost(
        tree_method="hist", importance_type="total_gain", n_jobs=threads, random_state=seed, **settings
    )


MODEL = Model(
    "gradient boosting by XGBoost",
    build,
    {
        "n_estimators": 400,
        "learning_rate": 0.05,
        "max_depth": 6,
        "min_child_weight": 10,
        "subsample": 0.7,
        "colsample_bytree": 0.5,
        "reg_lambda": 10.0,
    },
    {
        "n_estimators": Range(100, 800, log=True),
        "learning_rate": Range(0.01, 0.3, log=True),
        "max_depth": Range(3, 10),
        "min_child_weight": Range(1, 30, log=True),
        "subsample": Range(0.5, 1.0),
        "colsample_bytree": Range(0.3, 1.0),
        "reg_alpha": Range(0.001, 10.0, log=True),
        "reg_lambda": Range(0.1, 30.0, log=True),
    },
)
