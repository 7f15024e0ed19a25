"""Trees of scikit-learn in a file: they check no link when they are read, and a walk goes where links lead.

`checked` looks at all that a file brought before anything is asked of it. Trees that find neighbours are left
out of the file by `without_search_trees`, and built anew from the tracks in it, which gives the same trees.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from functools import partial
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.ensemble import BaseEnsemble
from sklearn.ensemble._forest import BaseForest
from sklearn.neighbors import BallTree, KDTree
from sklearn.neighbors._base import NeighborsBase
from sklearn.tree import BaseDecisionTree
from sklearn.tree._tree import TREE_LEAF, Tree

from genrelab.errors import ModelError

_PLAIN = (str, bytes, int, float, complex, np.generic, type, ModuleType, FunctionType, type(None))


def without_search_trees(thing: Any) -> Any:
    """Return a fitted thing, or a copy of it without the trees in which it searches for neighbours."""
    trees = [one for one in _inside(thing) if isinstance(one, KDTree | BallTree)]
    return deepcopy(thing, {id(tree): None for tree in trees}) if trees else thing


def checked(thing: Any, where: Path) -> Any:
    """Return what a file brought, with trees that were looked at and search trees that were built anew.

    Raises
    ------
    ModelError
        When a walk through a tree might leave it, or a tree is where none belongs.
    """
    found = list(_inside(thing))
    if not all(_is_sound(one) for one in found):
        raise ModelError(f"{where}: its trees are damaged: copy it anew, or train it again")
    for one in found:
        if isinstance(one, NeighborsBase) and "_fit_X" in vars(one):
            one.fit(one._fit_X, one.classes_[one._y])
    return thing


def _inside(thing: Any) -> Iterator[Any]:
    """Give a thing and all that can be reached from it, each once."""
    waiting, seen = [thing], {}
    while waiting:
        one = waiting.pop()
        if id(one) not in seen and not isinstance(one, _PLAIN):
            seen[id(one)] = one
            yield one
            waiting.extend(_held(one))


def _held(thing: Any) -> list[Any]:
    held: Iterable[Any] = ()
    if isinstance(thing, Mapping):
        held = thing.values()
    elif isinstance(thing, list | tuple | set | frozenset):
        held = thing
    elif isinstance(thing, np.ndarray):
        held = np.asarray(thing).ravel().tolist() if thing.dtype.hasobject else ()
    elif isinstance(thing, partial):
        held = (thing.func, thing.args, thing.keywords)
    # A method holds the thing that it belongs to.
    return [*held, getattr(thing, "__self__", None), *getattr(thing, "__dict__", {}).values()]


def _is_sound(one: Any) -> bool:
    if isinstance(one, BaseEstimator) and _is_disguised(one):
        return False
    if isinstance(one, BaseDecisionTree):
        return "tree_" not in vars(one) or _is_sound_tree(one)
    if isinstance(one, BaseEnsemble):
        return isinstance(one, BaseForest) and _is_sound_forest(one)
    if isinstance(one, NeighborsBase):
        # Those of sparse tracks would be links as well.
        return type(vars(one).get("_fit_X", np.empty(0))) is np.ndarray
    return not any(isinstance(held, Tree | KDTree | BallTree) for held in _held(one))


def _is_disguised(estimator: Any) -> bool:
    """Tell whether an attribute hides a method, such as one that counts columns before a walk."""
    return any(callable(getattr(type(estimator), name, None)) for name in vars(estimator))


def _is_sound_forest(forest: Any) -> bool:
    """Tell whether all trees read the columns that the forest was given: it does not look when it asks."""
    trees = vars(forest).get("estimators_", [])
    return type(trees) is list and all(
        isinstance(tree, BaseDecisionTree)
        and "tree_" in vars(tree)
        and tree.n_features_in_ == forest.n_features_in_
        for tree in trees
    )


def _is_sound_tree(estimator: Any) -> bool:
    tree, columns = estimator.tree_, estimator.n_features_in_
    # Before its tables are read: their length is what it says.
    if type(tree) is not Tree or type(columns) is not int or not 0 < tree.node_count <= tree.capacity:
        return False
    return (
        tree.n_features == columns
        and tree.value.shape[1:] == (1, int(estimator.n_classes_))
        and bool(np.isfinite(tree.value).all() and np.isfinite(tree.weighted_n_node_samples).all())
        and bool((tree.n_node_samples > 0).all())
        and _is_walkable(tree)
    )


def _is_walkable(tree: Any) -> bool:
    """Tell whether links lead onwards inside the tree, and columns exist."""
    at, left, right = np.arange(tree.node_count), tree.children_left, tree.children_right
    leaf = (left == TREE_LEAF) & (right == TREE_LEAF)
    onwards = (np.minimum(left, right) > at) & (np.maximum(left, right) < tree.node_count)
    reads = (tree.feature >= 0) & (tree.feature < tree.n_features)
    return bool((leaf | (onwards & reads)).all())
