"""One track walked through all trees of a booster at once; each score is the booster's own, to the last bit.

XGBoost looks through all of its trees before it answers, however few tracks are asked for: of a single track,
that takes several times as long as a walk from the roots, a level of every tree at a time
(``benchmarks/predicting.py``). The booster stays the model: the first tracks are asked of both.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from genrelab.models._boosted_trees import LEFT, Trees

Numbers = NDArray[np.int32]
TRIED = 8
"""Single tracks that are asked of the booster as well."""


class Steps(NamedTuple):
    """Trees whose leaves lead to themselves: a walk that came to one early may go on with the others.

    Attributes
    ----------
    onward
        Where each node leads: to the right at twice its number, to the left one after; shape (2 nodes,).
    feature, threshold, gap_left
        Which feature each node reads, the largest number that goes left, and whether a gap does; shape
        (nodes,).
    value
        What each node adds, where a walk ends there.
    roots, genres
        Number of each tree's root, and the genre of which it speaks; shape (trees,).
    base
        Scores before the first tree, shape (genres,).
    levels
        Steps from a root to the deepest leaf.
    """

    onward: Numbers
    feature: Numbers
    threshold: NDArray[np.float64]
    gap_left: NDArray[np.bool_]
    value: Any
    roots: Numbers
    genres: Numbers
    base: Any
    levels: int


class Walk:
    """A booster's trees, walked for single tracks as long as they say what the booster says."""

    def __init__(self, booster: Any, trees: Trees) -> None:
        self.booster = booster
        self._steps: Steps | None = steps(trees)
        self._left = TRIED

    def scores(self, X: Any, own_scores: Callable[[Any], Any]) -> Any:
        """Give the scores of one track, shape (1, genres), given X of shape (1, columns).

        The first are asked of the booster, by `own_scores`; where it says anything else, it is asked ever
        after.
        """
        walk = self._steps  # another thread may give it up meanwhile
        if walk is None:
            return own_scores(X)
        found = scores(walk, X[0])[None]
        if self._left:
            own = own_scores(X)
            self._left -= 1
            if not np.array_equal(found, own):
                self._steps = None
            return own
        return found


def steps(trees: Trees) -> Steps:
    """Make steps of trees whose links are sound, and whose gaps go to one side."""
    itself, inner = np.arange(len(trees.left)), trees.left >= 0
    onward = np.stack([np.where(inner, side, itself) for side in (trees.right, trees.left)], axis=1)
    return Steps(
        onward.ravel().astype(np.int32),
        np.where(inner, trees.feature, 0).astype(np.int32),
        trees.threshold,
        trees.gap == LEFT,
        trees.value.astype(trees.base.dtype),
        trees.roots.astype(np.int32),
        trees.genres.astype(np.int32),
        trees.base,
        _levels(trees),
    )


def scores(walk: Steps, track: Any) -> Any:
    """Give the scores of one track, shape (genres,), given its features, shape (columns,)."""
    at, has_gaps = walk.roots, bool(np.isnan(track).any())
    for _ in range(walk.levels):
        read = track[walk.feature[at]]
        left = read <= walk.threshold[at]
        if has_gaps:
            left |= np.isnan(read) & walk.gap_left[at]
        at = walk.onward[2 * at + left]
    found = walk.base.copy()
    np.add.at(found, walk.genres, walk.value[at])  # tree by tree, as the booster adds
    return found


def _levels(trees: Trees) -> int:
    count, front = 0, trees.roots
    while len(front := front[trees.left[front] >= 0]):
        front = np.concatenate([trees.left[front], trees.right[front]])
        count += 1
    return count
