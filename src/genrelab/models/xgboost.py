"""Gradient boosting by XGBoost (Chen and Guestrin 2016)."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted
from xgboost import XGBClassifier
from xgboost.core import XGBoostError

from genrelab.models import Model, Range, _one_track
from genrelab.models._boosted_trees import LEFT, RIGHT, Boosted, Singles, Trees, is_sound
from genrelab.models._checks import FEW


class XGBoost(XGBClassifier, Boosted):  # XGBoost asks its first base for parameters
    """XGBoost's own classifier, which is quicker where many tracks are asked for.

    Examples
    --------
    >>> model = XGBoost(n_estimators=5, n_jobs=1).fit([[0.0], [0.1], [0.9], [1.0]] * 5, [0, 0, 1, 1] * 5)
    >>> model.predict([[0.05], [0.95]]).tolist()
    [0, 1]
    """

    _walk: _one_track.Walk | None = None

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
            and self.booster in (None, "gbtree", "dart")
            and self.early_stopping_rounds is None
            and validate_features
            and base_margin is None
            and iteration_range is None
            and np.isnan(self.missing)
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
        trees = _checked(content, genres)  # XGBoost ends the process where its own format breaks off
        model = cls(n_jobs=threads)
        model.load_model(bytearray(content))
        if model.n_classes_ != genres:
            raise XGBoostError(f"it knows {model.n_classes_} genres, not {genres}")
        model._walk = _one_track.Walk(model.get_booster(), trees)
        return model

    def load_model(self, fname: Any) -> None:
        """Read another model in XGBoost's own formats."""
        self._walk = None  # its trees were those of the model before
        super().load_model(fname)

    def written(self) -> bytes:
        """Tell the booster in XGBoost's own format, without what neither prediction nor explanation needs."""
        told = json.loads(bytes(self.get_booster().save_raw("json")))
        for tree in told["learner"]["gradient_booster"]["model"]["trees"]:
            tree["base_weights"] = [0.0] * len(tree["base_weights"])
        return json.dumps(told, separators=(",", ":")).encode()

    def _own_scores(self, X: Any) -> Any:
        if self._walk is not None and self._walk.booster is not self.get_booster():
            self._walk = None  # it was fitted anew
        if self._walk is None or len(X) > 1:
            return self._boosters_scores(X)
        return self._walk.scores(X, self._boosters_scores)

    def _boosters_scores(self, X: Any) -> Any:
        # As XGBoost's classifier does, without looks at the table that take as long as a single track.
        booster = self.get_booster()
        # On a busy machine, a few tracks would wait for another thread many times as long as they take.
        threads = (self.n_jobs or 0) if len(X) >= FEW else 1  # 0 is all
        booster.set_param("nthread", str(threads))
        margins = booster.inplace_predict(
            X, predict_type="margin", missing=self.missing, validate_features=False
        )
        return margins if margins.ndim == 2 else margins[:, None]

    def _booster(self) -> Any:
        return self.get_booster()

    def _trees(self) -> Trees | None:
        try:
            return read(json.loads(bytes(self.get_booster().save_raw("json"))))
        except (KeyError, ValueError, TypeError, IndexError):
            return None  # a kind of model that is not known here


def _checked(content: bytes, genres: int) -> Trees:
    """Return the trees; ValueError where XGBoost would follow its JSON out of its memory and end the process.

    What it and `read` might understand differently is refused too.
    """
    if not content.startswith(b'{"'):
        raise ValueError("it does not begin as XGBoost's JSON")
    told = json.loads(content.decode("utf-8"), object_pairs_hook=_once)
    try:
        trees, learner = read(told), told["learner"]
        columns = int(learner["learner_model_param"]["num_feature"])
        if not _fits(learner, genres):
            raise ValueError(f"it does not know {genres} genres")
        if trees is None:
            raise ValueError("its trees are of a kind that is not known here")
        trees = _with_bases(trees, learner, genres)
        sound = _is_whole(learner["gradient_booster"]["model"], trees, columns)
    except (AttributeError, IndexError, KeyError, OverflowError, TypeError) as error:
        raise ValueError(f"it is no booster of XGBoost ({error!r})") from error
    if not sound:
        raise ValueError("its nodes make no trees")
    return trees


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object of JSON; ValueError where a name is there twice."""
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a name in it is there twice")
    return dict(pairs)


def _fits(learner: dict[str, Any], genres: int) -> bool:
    """Tell whether the numbers of genres that a booster tells agree."""
    objective, model = learner["objective"], learner["learner_model_param"]
    if objective["name"] == "binary:logistic":
        return bool(genres == 2 and model["num_class"] in {"0", "1"})
    counts = (model["num_class"], objective["softmax_multiclass_param"]["num_class"])
    return counts == (str(genres), str(genres))


_NOBODY = 2**31 - 1  # a root's parent
_PER_NODE = (
    "base_weights", "default_left", "left_children", "loss_changes", "parents", "right_children",
    "split_conditions", "split_indices", "split_type", "sum_hessian",
)  # fmt: skip


def _is_whole(model: dict[str, Any], trees: Trees, columns: int) -> bool:
    """Tell whether trees are sound, are as many as told, and have as much of each kind as they have nodes."""
    layers, count = model.get("iteration_indptr", [0]), len(model["trees"])
    return (
        is_sound(trees, columns)
        and model["gbtree_model_param"]["num_trees"] == str(count)
        and len(trees.genres) == count
        and [tree["id"] for tree in model["trees"]] == list(range(count))
        and layers[0] == 0
        and all(type(at) is int and 0 <= at <= count for at in layers)
        and layers == sorted(layers)
        and not any(model.get("cats", {}).values())
        and all(_has_all(tree, columns) for tree in model["trees"])
    )


def _with_bases(trees: Trees, learner: dict[str, Any], genres: int) -> Trees:
    """Give each genre a base score where one is told for all; ValueError where there are others."""
    width = 1 if learner["objective"]["name"] == "binary:logistic" else genres
    if len(trees.base) not in {1, width}:
        raise ValueError(f"it does not know {genres} genres")
    base: Singles = np.resize(trees.base, width)
    return trees._replace(base=base)


def _has_all(tree: dict[str, Any], columns: int) -> bool:
    count, param = len(tree["left_children"]), tree["tree_param"]
    told = (param["num_nodes"], param["num_feature"])
    return (
        told == (str(count), str(columns))
        and {len(tree[name]) for name in _PER_NODE} == {count}
        and tree["parents"] == _parents(tree)
    )


def _parents(tree: dict[str, Any]) -> list[int]:
    """Name each node's parent, of a tree whose links are sound."""
    parents = [_NOBODY] * len(tree["left_children"])
    for node, children in enumerate(zip(tree["left_children"], tree["right_children"], strict=True)):
        for child in children:
            if child >= 0:
                parents[child] = node
    return parents


def _logits(shares: Singles) -> Singles:
    # XGBoost's logarithm of 32 bits is rounded rightly, NumPy's is not always.
    with np.errstate(divide="ignore"):
        logits: Singles = -np.log((1 / shares - 1).astype(np.float64)).astype(np.float32)
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
    counts = np.array([len(tree["left_children"]) for tree in trees])
    if ((told < -1) | (told >= np.repeat(counts, counts))).any():
        raise ValueError("a node of it has a child in another tree")
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
    kinds=32,
)
