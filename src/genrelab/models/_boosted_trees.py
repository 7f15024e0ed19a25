"""Boosted trees asked many tracks at once; each score is the booster's own, to the last bit.

A tree is not walked (Lucchese et al. 2015, "QuickScorer"). Its leaves are bits, in their order from left to
right. Each node whose answer is "right" crosses out the leaves on its left, whichever way leads to that node;
of the leaves that remain, the first is the track's. So all nodes are asked, in any order and with no branch,
for many tracks side by side. What makes this quick is that everything is a byte:

* Of a number, trees know only between which of their thresholds it lies. These are counted once, and nodes
  compare counts. More than 254 thresholds of a feature need two columns of counts, which say the same.
* A gap goes left or right by a count less or greater than all others, so that a feature on whose gaps nodes
  disagree is counted twice.
* The leaves of a tree stand in words of eight. A node touches only the words in which it crosses out.

The tables come from the booster, which stays the model: they are made when many tracks have been asked for,
are compared with the booster, and are never written.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from genrelab.models._checks import FEW

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Whole = NDArray[np.int64]
Bytes = NDArray[np.uint8]

MANY = 10_000
"""Tracks asked for, all together, that are worth a second to load numba and make the tables."""
PLACES = 254
LEAVES = 256
WORD = 8
LEFT, RIGHT, NOUGHT = range(3)
"""Where a gap goes: to one side, or where nought does."""


class Trees(NamedTuple):
    """The nodes of all trees of a booster, as the booster has them.

    Attributes
    ----------
    left, right
        Numbers of a node's children; -1 in a leaf. Shape (nodes,), as all below.
    feature
        Which feature a node reads.
    threshold
        The largest number that goes left.
    gap
        Where a gap goes: `LEFT`, `RIGHT` or `NOUGHT`.
    value
        What a leaf adds.
    roots, genres
        Number of each tree's root, and the genre of which it speaks; shape (trees,).
    base
        Scores before the first tree, shape (genres,), of the type in which the booster adds.
    """

    left: Whole
    right: Whole
    feature: Whole
    threshold: Floats
    gap: Whole
    value: Floats
    roots: Whole
    genres: Whole
    base: Floats | Singles


class Tables(NamedTuple):
    """Trees as bytes.

    Attributes
    ----------
    reads, gaps
        Which feature each column of codes reads, and the code of its gaps; shape (columns,).
    cuts
        Its thresholds, rising, and then infinity; shape (columns, 255).
    codes_of, places, masks
        Of each node, once for each word it crosses out in: the column of codes; the greatest code that goes
        left; the leaves that remain where it is exceeded.
    words
        Where the nodes of each word begin, and those of the last end; shape (words + 1,).
    trees, leaves
        Where the words and the leaves of each tree begin, and those of the last end; shape (trees + 1,).
    genres
        Of which genre each tree speaks.
    values
        What the leaves add.
    """

    reads: Whole
    cuts: Any
    gaps: Bytes
    codes_of: Whole
    places: Bytes
    masks: Bytes
    words: Whole
    trees: Whole
    genres: Whole
    leaves: Whole
    values: Any


class _Order(NamedTuple):
    """Where nodes stand: the first leaf below each, how many leaves, and the tree; shape (nodes,)."""

    first: Whole
    size: Whole
    tree: Whole


@dataclass(slots=True, eq=False)
class Asked:
    """How many tracks were asked for, and the tables that were made of a booster."""

    rows: int = 0
    booster: Any = None
    made: tuple[Trees, Tables] | None = None


class Boosted(ABC):
    """What estimators share that a booster stands behind: scores, by its own means or by tables."""

    @abstractmethod
    def _own_scores(self, X: Any) -> Any:
        """Give the booster's scores before they become probabilities; shape (rows, genres)."""

    @abstractmethod
    def _booster(self) -> Any:
        """Return the booster."""

    @abstractmethod
    def _trees(self) -> Trees | None:
        """Read its trees; None where they have something that tables cannot say."""

    def _probabilities(self, X: Any, threads: int) -> Floats:
        """Give the probability of each genre; shape (rows, genres)."""
        state: Asked = self.__dict__.setdefault("_asked", Asked())
        state.rows += len(X)
        if len(X) < FEW or state.rows < MANY:
            return _shares(self._own_scores(X))
        booster = self._booster()
        if state.booster is not booster:
            state.booster, state.made = booster, self._compared(X)
        if state.made is None:
            return _shares(self._own_scores(X))
        return _shares(scores(*state.made, X, threads))

    def _compared(self, X: Any) -> tuple[Trees, Tables] | None:
        """Make tables; None where they cannot be made, or say anything else than the booster."""
        trees = self._trees() if walk() else None
        tables = None if trees is None else tabled(trees, X.shape[1])
        if trees is None or tables is None:
            return None
        some = X[:FEW]
        same = np.allclose(scores(trees, tables, some, 1), self._own_scores(some), rtol=1e-6, atol=1e-6)
        return (trees, tables) if same else None


def scores(trees: Trees, tables: Tables, X: Any, threads: int) -> Any:
    """Give the scores of tracks, shape (rows, genres), given X of float32 or float64."""
    add, rows, most = walk(), len(X), int(np.diff(tables.trees).max())
    if add is None:
        raise TypeError("numba is not installed")
    if X.dtype == np.float32:
        tables = tables._replace(cuts=_rounded_down(tables.cuts))
    found = np.tile(trees.base, (rows, 1))
    flat = X.flags.f_contiguous
    bounds = np.linspace(0, rows, max(1, threads) + 1).astype(int)

    def part(first: int, last: int) -> None:
        # A table in columns is read where it lies; of one in rows, a slab is turned at a time.
        step = last - first if flat else 16_384
        for begin in range(first, last, max(1, step)):
            end = min(begin + step, last)
            columns, at = (X.T, begin) if flat else (np.ascontiguousarray(X[begin:end].T), 0)
            add(columns, at, at + end - begin, tuple(tables), most, found if flat else found[begin:end])

    with ThreadPoolExecutor(max(1, threads)) as pool:
        list(pool.map(lambda pair: part(*pair), pairwise(bounds)))
    return found


def walk() -> Callable[..., None] | None:
    """Return what asks the tables; None where numba is not installed."""
    try:
        from genrelab.models._boosted_walk import add_leaves  # noqa: PLC0415 - numba is heavy and optional
    except ImportError:
        return None
    add: Callable[..., None] = add_leaves
    return add


def tabled(trees: Trees, columns: int) -> Tables | None:
    """Put trees into tables; None where they are no trees over so many columns, or too large."""
    order = _order(trees)
    if order is None or not _is_readable(trees, columns) or order.size[trees.roots].max() > LEAVES:
        return None
    counts, leaf = order.size[trees.roots], np.flatnonzero(trees.left < 0)
    leaves = _starts(counts)
    values = np.zeros(leaves[-1], dtype=trees.base.dtype)
    values[leaves[order.tree[leaf]] + order.first[leaf]] = trees.value[leaf]
    reads, cuts, gaps, codes_of, places = _coded(trees)
    first_word = _starts(-(-counts // WORD))
    node, word, masks = _crossed(trees, order)
    key = first_word[order.tree[node]] + word
    by_word = np.lexsort((codes_of[node], key))
    node = node[by_word]
    return Tables(
        reads,
        cuts,
        gaps,
        codes_of[node],
        places[node].astype(np.uint8),
        masks[by_word],
        _starts(np.bincount(key, minlength=first_word[-1])),
        first_word,
        trees.genres,
        leaves,
        values,
    )


def is_sound(trees: Trees, columns: int) -> bool:
    """Tell whether nodes make trees, and read so many columns at most."""
    return _order(trees) is not None and _is_readable(trees, columns)


def _shares(said: Any) -> Floats:
    """Turn scores into probabilities; one column is what speaks for the second of two genres."""
    table = np.asarray(said, dtype=np.float64)
    if table.shape[1] == 1:
        table = np.hstack([np.zeros_like(table), table])
    probabilities: Floats = softmax(table, axis=1)
    return probabilities


def _starts(lengths: Any) -> Whole:
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def _rounded_down(cuts: Floats) -> Singles:
    """Round to 32 bits so that a number of 32 bits exceeds a cut where it did before."""
    with np.errstate(over="ignore"):
        low = cuts.astype(np.float32)
    down: Singles = np.where(low > cuts, np.nextafter(low, np.float32(-np.inf)), low)
    return down


def _is_readable(trees: Trees, columns: int) -> bool:
    inner = trees.left >= 0
    read = trees.feature[inner]
    return bool(
        (read >= 0).all()
        and (read < columns).all()
        and not np.isnan(trees.threshold[inner]).any()
        and len(trees.base)
        and ((trees.genres >= 0) & (trees.genres < len(trees.base))).all()
    )


def _order(trees: Trees) -> _Order | None:
    """Find the leaves below each node, level by level; None where links do not make trees."""
    count, inner = len(trees.left), np.flatnonzero(trees.left >= 0)
    children = np.concatenate([trees.left[inner], trees.right[inner], trees.roots])
    # Each node hangs on one other, or is a root: then a walk from the roots comes to none twice.
    if not len(trees.roots) or (np.sort(children) != np.arange(count)).any():
        return None
    tree, levels, front = np.full(count, -1), [], trees.roots
    tree[front] = np.arange(len(front))
    while len(front):
        split = front[trees.left[front] >= 0]
        levels.append(split)
        tree[trees.left[split]] = tree[trees.right[split]] = tree[split]
        front = np.concatenate([trees.left[split], trees.right[split]])
    if (tree < 0).any():
        return None
    first, size = np.zeros(count, dtype=np.int64), np.ones(count, dtype=np.int64)
    for split in reversed(levels):
        size[split] = size[trees.left[split]] + size[trees.right[split]]
    for split in levels:
        first[trees.left[split]] = first[split]
        first[trees.right[split]] = first[split] + size[trees.left[split]]
    return _Order(first, size, tree)


def _coded(trees: Trees) -> tuple[Whole, Floats, Bytes, Whole, Whole]:
    """Make columns of codes: what each reads, its cuts, its gaps; and each node's column and place in it."""
    inner = np.flatnonzero(trees.left >= 0)
    inner = inner[np.lexsort((trees.threshold[inner], trees.gap[inner], trees.feature[inner]))]
    feature, gap, threshold = trees.feature[inner], trees.gap[inner], trees.threshold[inner]
    fresh = _differs(feature) | _differs(gap)
    cut = fresh | _differs(threshold)
    number = np.cumsum(cut) - 1
    rank = number - number[fresh][np.cumsum(fresh) - 1]
    column_begins = fresh | _differs(rank // PLACES)
    column = np.cumsum(column_begins) - 1
    cuts = np.full((int(column_begins.sum()), PLACES + 1), np.inf)
    cuts[column[cut], rank[cut] % PLACES] = threshold[cut]
    goes = gap[column_begins]
    gaps = np.where(goes == RIGHT, PLACES + 1, np.where(goes == NOUGHT, (cuts < 0).sum(axis=1), 0))
    codes_of, places = np.zeros((2, len(trees.left)), dtype=np.int64)
    codes_of[inner], places[inner] = column, rank % PLACES
    return feature[column_begins], cuts, gaps.astype(np.uint8), codes_of, places


def _differs(values: Any) -> NDArray[np.bool_]:
    """Tell which values differ from the one before; the first does."""
    return np.concatenate([[True] * (len(values) > 0), values[1:] != values[:-1]]).astype(bool)


def _crossed(trees: Trees, order: _Order) -> tuple[Whole, Whole, Bytes]:
    """List nodes once for each word of their tree in which they cross out: node, word, what remains."""
    inner = np.flatnonzero(trees.left >= 0)
    first = order.first[inner]
    last = first + order.size[trees.left[inner]]
    repeats = (last - 1) // WORD - first // WORD + 1
    begins = np.repeat(np.cumsum(repeats) - repeats, repeats)
    word = np.repeat(first // WORD, repeats) + np.arange(repeats.sum()) - begins
    low = np.maximum(np.repeat(first, repeats) - WORD * word, 0)
    high = np.minimum(np.repeat(last, repeats) - WORD * word, WORD)
    masks = 0xFF & ~(((1 << (high - low)) - 1) << low)
    return np.repeat(inner, repeats), word, masks.astype(np.uint8)
