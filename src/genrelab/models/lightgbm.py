"""Gradient boosting by LightGBM (Ke et al. 2017); its file is plain text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import lightgbm
import numpy as np
from lightgbm.basic import LightGBMError
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from genrelab.models import Model, Range, Space
from genrelab.models._boosted_trees import LEFT, NOUGHT, RIGHT, Asked, Boosted, Trees, is_sound
from genrelab.models._booster import Booster
from genrelab.models._checks import FEW


class LightGBM(Boosted, Booster, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Boosted trees over a matrix of numbers in which NaN means missing.

    Parameters
    ----------
    rounds : int >= 1
        Boosting rounds, of one tree per genre each.
    learning_rate : float > 0
    num_leaves : int >= 2
        Largest number of leaves of a tree.
    min_leaf : int >= 1
        Least number of tracks in a leaf.
    feature_share : float in (0, 1]
        Share of the columns that each tree may read.
    l2 : float >= 0
        Penalty on leaf values.
    random_cuts : bool
        Whether each column's threshold is drawn rather than searched (Geurts et al. 2006).
    threads : int >= 1
    seed : int

    Attributes
    ----------
    classes_ : (genres,)
    booster_ : lightgbm.Booster

    Examples
    --------
    >>> model = LightGBM(rounds=5, min_leaf=1).fit([[0.0], [0.1], [0.9], [1.0]] * 5, [0, 0, 1, 1] * 5)
    >>> model.predict([[0.05], [0.95]]).tolist()
    [0, 1]
    """

    def __init__(
        self,
        *,
        rounds: int = 400,
        learning_rate: float = 0.05,
        num_leaves: int = 24,
        min_leaf: int = 30,
        feature_share: float = 0.4,
        l2: float = 5.0,
        random_cuts: bool = False,
        threads: int = 2,
        seed: int = 0,
    ) -> None:
        self.rounds = rounds
        self.learning_rate = learning_rate
        self.num_leaves = num_leaves
        self.min_leaf = min_leaf
        self.feature_share = feature_share
        self.l2 = l2
        self.random_cuts = random_cuts
        self.threads = threads
        self.seed = seed

    def _boost(self, X: Any, codes: Any, weight: Any) -> None:
        data = lightgbm.Dataset(X, codes, weight=weight, free_raw_data=True)
        self.booster_ = lightgbm.train(self._parameters(), data, num_boost_round=self.rounds)
        self._asked = Asked()

    def _probabilities_of(self, X: Any) -> Any:
        return self._probabilities(X, self.threads)

    @property
    def feature_importances_(self) -> Any:
        """Gain that each column brought, shape (columns,)."""
        check_is_fitted(self)
        return self.booster_.feature_importance("gain")

    @classmethod
    def of(cls, content: bytes, genres: int, threads: int) -> LightGBM:
        """Make again what `written` told, for genres 0, 1, ...

        Raises
        ------
        ValueError, lightgbm.basic.LightGBMError
            When it is not that.
        """
        if b"\nend of trees\n" not in content:
            raise LightGBMError("it ends before its last tree")
        text = content.decode("utf-8")
        _check(text, genres)
        model = cls(threads=threads)
        model.booster_ = lightgbm.Booster(model_str=text)
        if model.booster_.num_model_per_iteration() != genres:
            raise LightGBMError(f"it does not know {genres} genres")
        model.classes_ = np.arange(genres)
        model.n_features_in_ = model.booster_.num_feature()
        return model

    def written(self) -> bytes:
        """Tell the booster in LightGBM's text, without what neither predictions nor explanations need."""
        return "".join(_shortened(self.booster_.model_to_string())).encode()

    def _own_scores(self, X: Any) -> Any:
        threads = self.threads if len(X) >= FEW else 1  # to wake another takes longer
        return self.booster_.predict(X, raw_score=True, num_threads=threads)

    def _booster(self) -> Any:
        return self.booster_

    def _trees(self) -> Trees | None:
        try:
            return read(self.booster_.model_to_string())
        except (KeyError, ValueError, IndexError):
            return None  # a kind of model that is not known here

    def _parameters(self) -> dict[str, Any]:
        return {
            "objective": "multiclass",
            "num_class": len(self.classes_),
            "learning_rate": self.learning_rate,
            "num_leaves": self.num_leaves,
            "min_data_in_leaf": self.min_leaf,
            "bagging_fraction": 0.8,
            "bagging_freq": 1,
            "feature_fraction": self.feature_share,
            "lambda_l2": self.l2,
            "extra_trees": self.random_cuts,
            "num_threads": self.threads,
            "seed": self.seed,
            "deterministic": True,
            "force_row_wise": True,
            "verbosity": -1,
        }


_UNREAD = ("internal_value=", "internal_weight=", "leaf_weight=", "tree_sizes=")
_LONG = ("threshold=", "leaf_value=")


def _shortened(text: str) -> Iterator[str]:
    """Give the lines that are needed; numbers in the fewest digits that mean the same."""
    for line in text.splitlines():
        name, equals, values = line.partition("=")
        if line.startswith(_LONG):
            yield f"{name}{equals}{' '.join(repr(float(value)) for value in values.split())}\n"
        elif not line.startswith(_UNREAD):
            yield f"{line}\n"


_WHOLE = frozenset(
    ("num_class", "num_tree_per_iteration", "max_feature_idx", "num_leaves", "num_cat", "is_linear",
     "split_feature", "decision_type", "left_child", "right_child")
)  # fmt: skip
_SPLIT = ("split_feature", "threshold", "decision_type", "left_child", "right_child")
_NAME, _NUMBERS, _WORDS = re.compile("[a-z_]+"), re.compile("[-0-9 ]*"), re.compile("[ -<>-~]*")


def _check(text: str, genres: int) -> None:
    """Raise ValueError where LightGBM would follow a text out of its memory, which ends the process.

    What it and `read` might understand differently is refused too.
    """
    whole, _, rest = text.partition("\nend of trees\n")
    _check_parameters(rest)
    head, *blocks = filter(None, (block.strip("\n") for block in whole.split("\n\n")))
    told = _told(head.removeprefix("tree\n"))
    try:
        known = told["num_class"], told["num_tree_per_iteration"], told["objective"]
        if known != (str(genres), str(genres), f"multiclass num_class:{genres}"):
            raise ValueError(f"it does not know {genres} genres")
        if not all(_is_whole(block) for block in blocks):
            raise ValueError("a tree of it is not whole")
        trees = read(whole)
        sound = trees is not None and is_sound(trees, int(told["max_feature_idx"]) + 1)
    except (KeyError, IndexError) as error:
        raise ValueError(f"it lacks {error}") from error
    if not sound:
        raise ValueError("its nodes make no trees")


def _is_whole(block: str) -> bool:
    """Tell whether a tree has as many numbers of each kind as it has nodes."""
    first, _, rest = block.partition("\n")
    told = _told(rest)
    leaves = int(told["num_leaves"])
    splits = {len(told[name].split()) for name in _SPLIT}
    return first.startswith("Tree=") and splits == {leaves - 1} and len(told["leaf_value"].split()) == leaves


_PARAMETER = re.compile(r"\[[a-z0-9_]+: [ -Z^-~]*\]")


def _check_parameters(text: str) -> None:
    """Raise ValueError where lines after the trees, parameters above all, are not as LightGBM writes them."""
    before, _, rest = text.partition("\nparameters:\n")
    inside, end, after = rest.partition("\nend of parameters\n")
    lines = [line for line in inside.split("\n") if line]
    others = [line for part in (before, after) for line in part.split("\n")]
    if (
        not end
        or not all(_PARAMETER.fullmatch(line) for line in lines)
        or any(line.startswith("parameters:") or not line.isprintable() for line in others)
    ):
        raise ValueError("its parameters are none of LightGBM's")


def _told(lines: str) -> dict[str, str]:
    """Read lines of a name and a value; ValueError for any others, or a name that is there twice."""
    found: dict[str, str] = {}
    for line in lines.split("\n"):
        name, equals, value = line.partition("=")
        allowed = _NUMBERS if name in _WHOLE else _WORDS
        if not equals or name in found or not _NAME.fullmatch(name) or not allowed.fullmatch(value):
            raise ValueError("a line of it is none of LightGBM's")
        found[name] = value
    if "tree_sizes" in found:  # by which LightGBM would find the trees elsewhere
        raise ValueError("it tells the sizes of its trees")
    return found


_CATEGORIES, _GAP_LEFT = 1, 2
_GAP_TYPES = {0: NOUGHT, 2: LEFT}  # as LightGBM numbers them: there is no gap; a gap is one
_PLAIN = {"num_cat": 0, "is_linear": 0}


def read(text: str) -> Trees | None:
    """Read the trees of LightGBM's text; None where a leaf is a line, or a node asks for categories.

    Raises
    ------
    KeyError, ValueError, IndexError
        When it is no such text.
    """
    told: dict[str, list[str]] = {}
    for line in text.splitlines():
        name, equals, values = line.partition("=")
        if equals:
            told.setdefault(name, []).append(values)
    numbers = {name: _joined(told.get(name, [])) for name in (*_TABLES, *_PLAIN)}
    kinds = numbers["decision_type"].astype(int)
    gaps = kinds >> 2
    if (
        any((numbers[name] != plain).any() for name, plain in _PLAIN.items())
        or "average_output" in text.partition("Tree=0")[0]
        or not set(np.unique(gaps)) <= set(_GAP_TYPES)
        or (kinds & _CATEGORIES).any()
    ):
        return None
    genres = int(told["num_tree_per_iteration"][0])
    goes = np.where(gaps == 0, NOUGHT, np.where(kinds & _GAP_LEFT, LEFT, RIGHT))
    return _numbered(numbers, goes, genres)


_TABLES = (
    "num_leaves",
    "split_feature",
    "threshold",
    "decision_type",
    "left_child",
    "right_child",
    "leaf_value",
)


def _joined(lines: list[str]) -> Any:
    return np.fromiter(map(float, " ".join(lines).split()), dtype=np.float64)


def _numbered(numbers: dict[str, Any], goes: Any, genres: int) -> Trees:
    """Number the nodes of all trees: those of a tree that split, then its leaves."""
    leaves = numbers["num_leaves"].astype(int)
    splits = leaves - 1
    begins = np.concatenate([[0], np.cumsum(leaves + splits)])
    tree = np.repeat(np.arange(len(leaves)), splits)
    of_leaf = np.repeat(np.arange(len(leaves)), leaves)
    inner = np.arange(len(tree)) + begins[tree] - (np.cumsum(splits) - splits)[tree]
    leaf = np.arange(len(of_leaf)) + (begins[:-1] + splits - np.cumsum(leaves) + leaves)[of_leaf]

    def placed(at: Any, values: Any, other: float, kind: Any) -> Any:
        table = np.full(begins[-1], other, dtype=kind)
        table[at] = values
        return table

    def child(name: str) -> Any:
        told = numbers[name].astype(int)
        if ((told >= splits[tree]) | (~told >= leaves[tree])).any():
            raise ValueError("a node of it has a child in another tree")
        number = begins[tree] + np.where(told >= 0, told, splits[tree] + ~told)
        return placed(inner, number, -1, np.int64)

    return Trees(
        child("left_child"),
        child("right_child"),
        placed(inner, numbers["split_feature"], -1, np.int64),
        placed(inner, numbers["threshold"], 0, np.float64),
        placed(inner, goes, LEFT, np.int64),
        placed(leaf, numbers["leaf_value"], 0, np.float64),
        begins[:-1],
        np.arange(len(leaves)) % genres,
        np.zeros(genres),
    )


SPACE: Space = {
    "rounds": Range(100, 800, log=True),
    "learning_rate": Range(0.01, 0.2, log=True),
    "num_leaves": Range(8, 64, log=True),
    "min_leaf": Range(5, 100, log=True),
    "feature_share": Range(0.3, 1.0),
    "l2": Range(0.01, 30.0, log=True),
}
MODEL = Model(
    "gradient boosting by LightGBM",
    LightGBM,
    {"rounds": 350, "learning_rate": 0.04, "num_leaves": 24, "min_leaf": 30, "feature_share": 0.7, "l2": 5.0},
    SPACE,
)
