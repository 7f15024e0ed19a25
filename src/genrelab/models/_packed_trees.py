"""Fitted trees of scikit-learn in eight bytes a node, whose votes are the same to the last bit.

scikit-learn keeps 64 bytes a node and eight more for each genre. Here a node is two words of 32 bits, a
threshold and a link, so that one step, ``at = first_child + (value > threshold)``, has no branch:

* Numbers become whole ones in the same order (`keys`), of tracks and of thresholds, which are rounded down to
  32 bits; numbers of tracks have 32 bits as well, so none changes sides.
* A link names a column in its lowest bits, and above them the first of two children, which are neighbours.
* A missing value is less than all others, so it goes to the first child. Where it must go right, the
  children change places and the negative is compared: tracks are read beside their negatives.
* A leaf links to itself, and its threshold exceeds every number. Counted from the least such threshold, it
  says the genre or, from the number of genres on, the place among the tree's leaves of several genres.

Nodes stand level by level, so that the upper ones, which every track passes, stay in the first cache. Two
leaves below one node are shared with every other such two that say the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from genrelab.errors import MissingExtra, ModelError, SettingError

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Whole = NDArray[np.int64]
Words = NDArray[np.uint32]
Flags = NDArray[np.bool_]

LEAF = 0xFF800001
"""The least key above that of infinity: what exceeds no number."""
CODES = 0xFFFFFFFF - LEAF


class Packed(NamedTuple):
    """Some trees, one after the other.

    Attributes
    ----------
    nodes
        Threshold and link of each node, shape (2 * nodes,). A tree's root comes first, then an unused leaf.
    roots
        At which node each tree begins, and where the last ends; shape (trees + 1,).
    levels
        How many steps to take in each tree before looking who is in a leaf; shape (trees,).
    mixtures
        How many leaves of several genres come before each tree's; shape (trees + 1,).
    bounds
        Where each such leaf's genres begin, and where the last's end; shape (leaves + 1,).
    genres, shares
        Codes and shares of the genres in these leaves.
    """

    nodes: Words
    roots: Whole
    levels: Whole
    mixtures: Whole
    bounds: Whole
    genres: NDArray[np.uint16]
    shares: Floats


def pack(trees: Sequence[Any], columns: int) -> Packed:
    """Pack fitted trees, each the ``tree_`` of a scikit-learn classifier, that read so many columns.

    Raises
    ------
    SettingError
        When a tree is too large for its links.
    """
    nodes = [_nodes(tree, columns) for tree in trees]
    leaves = [_mixed_leaves(tree) for tree in trees]
    shares = np.concatenate(leaves)
    rows, genres = np.nonzero(shares)
    return Packed(
        np.concatenate(nodes).ravel(),
        _starts([len(part) for part in nodes]),
        np.array([_usual_depth(tree) for tree in trees], dtype=np.int64),
        _starts([len(part) for part in leaves]),
        _starts(np.bincount(rows, minlength=len(shares))),
        genres.astype(np.uint16),
        shares[rows, genres],
    )


def check(packed: Packed, columns: int, genres: int) -> None:
    """Check trees from a file: a walk that starts at a root must end, and read and count inside its tables.

    Raises
    ------
    ModelError
        When it might not.
    """
    if not (_is_shaped(packed) and _is_walkable(packed, columns, genres)):
        raise ModelError("forest: its trees are damaged: copy the model anew, or train it again")


def keys(X: Singles) -> Words:
    """Map values, and their negatives beside them, to whole numbers in the same order; missing is least.

    Returns
    -------
    Shape (rows, 2 * columns).

    Examples
    --------
    >>> keys(np.array([[0.0], [-2.5], [7.0], [np.nan]], dtype=np.float32))[:, 0].argsort().tolist()
    [3, 1, 0, 2]
    """
    return np.ascontiguousarray(np.hstack([_ordered(X), _ordered(-X)]))


def column_bits(columns: int) -> int:
    """Return how many bits name one of the columns or their negatives.

    Examples
    --------
    >>> column_bits(11)
    5
    """
    return (2 * columns - 1).bit_length()


def add_votes(packed: Packed, rows: Words, votes: Floats, trees: range | None = None) -> None:
    """Add to `votes`, shape (rows, genres), what the trees say of rows that `keys` made.

    Raises
    ------
    MissingExtra
        When numba is not installed.
    """
    chosen = range(len(packed.levels)) if trees is None else trees
    bits = np.uint32(column_bits(rows.shape[1] // 2))
    walk()(tuple(packed), chosen.start, chosen.stop, bits, rows, votes)


def walk() -> Callable[..., None]:
    """Return what walks the trees.

    Raises
    ------
    MissingExtra
        When numba is not installed.
    """
    try:
        from genrelab.models._tree_walk import count_votes  # noqa: PLC0415 - numba is heavy and optional
    except ImportError as error:
        raise MissingExtra("numba", "fast") from error
    count: Callable[..., None] = count_votes
    return count


def _starts(lengths: Any) -> Whole:
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def _ordered(values: Singles) -> Words:
    # Adding nought makes minus nought plus nought, which is equal to it.
    bits = (values + np.float32(0)).view(np.uint32)
    turned = np.where(bits >> 31, ~bits, bits | np.uint32(1 << 31))
    return np.where(np.isnan(values), 0, turned).astype(np.uint32)


def _nodes(tree: Any, columns: int) -> Words:
    """Lay out one tree, shape (nodes, 2): the root, an unused leaf, then children of inner nodes."""
    bits, leaf = column_bits(columns), np.flatnonzero(tree.children_left < 0)
    codes = _leaf_codes(tree)
    if tree.node_count + 1 >> (32 - bits) or codes.max() > CODES:
        raise SettingError(
            f"forest: a tree of {tree.node_count:,} nodes over {columns:,} columns is too large:"
            " raise min_samples_leaf, or select fewer columns"
        )
    inner = _by_level(tree)
    swapped = ~tree.missing_go_to_left[inner].astype(bool)
    left, right = tree.children_left[inner], tree.children_right[inner]
    children = np.where(swapped, right, left), np.where(swapped, left, right)
    said = np.full(tree.node_count, -1)
    said[leaf] = codes
    pairs = _pairs(said[children[0]], said[children[1]])
    place = np.zeros(tree.node_count, dtype=np.int64)
    place[children[0]], place[children[1]] = pairs, pairs + 1
    packed = np.empty((max(pairs, default=0) + 2, 2), dtype=np.uint32)
    packed[1] = LEAF, 1 << bits
    packed[place[inner], 0] = _thresholds(tree.threshold[inner], swapped)
    packed[place[inner], 1] = pairs << bits | (tree.feature[inner] + columns * swapped)
    packed[place[leaf], 0] = LEAF + codes
    packed[place[leaf], 1] = place[leaf] << bits
    return packed


def _pairs(first: Whole, second: Whole) -> Whole:
    """Place the children of inner nodes, given what they say, or -1: the same two leaves need one place."""
    leaves = (first >= 0) & (second >= 0)
    _, shared = np.unique(first[leaves] * (CODES + 1) + second[leaves], return_inverse=True)
    places = np.cumsum(~leaves) - 1
    places[leaves] = (~leaves).sum() + shared
    pairs: Whole = 2 + 2 * places
    return pairs


def _by_level(tree: Any) -> Whole:
    """List the nodes that split, those near the root first."""
    inner = np.flatnonzero(tree.children_left >= 0)
    order = np.argsort(tree.compute_node_depths()[inner], kind="stable")
    return inner[order]


def _usual_depth(tree: Any) -> int:
    """Return the steps that most tracks take at least: somewhat fewer than the mean of those it grew on."""
    sizes = tree.n_node_samples
    return int(0.85 * sizes[tree.children_left >= 0].sum() / sizes[0])


def _thresholds(exact: Floats, swapped: Flags) -> Words:
    """Round down to 32 bits; for swapped children, take the number below the negative."""
    rounded = exact.astype(np.float32)
    low = np.float32(-np.inf)
    rounded = np.where(rounded > exact, np.nextafter(rounded, low), rounded)
    # -x > next below -t, just when x <= t.
    return _ordered(np.where(swapped, np.nextafter(-rounded, low), rounded).astype(np.float32))


def _is_mixed(shares: Floats) -> Flags:
    mixed: Flags = (shares == 1).sum(axis=1) != 1
    return mixed


def _leaf_shares(tree: Any) -> Floats:
    shares: Floats = tree.value[tree.children_left < 0, 0, :]
    return shares


def _leaf_codes(tree: Any) -> Whole:
    """Give each leaf its genre, or its place among the mixed ones, counted after the genres."""
    shares = _leaf_shares(tree)
    mixed = _is_mixed(shares)
    codes: Whole = np.where(mixed, shares.shape[1] + np.cumsum(mixed) - 1, shares.argmax(axis=1))
    return codes


def _mixed_leaves(tree: Any) -> Floats:
    shares = _leaf_shares(tree)
    return shares[_is_mixed(shares)]


def _is_shaped(packed: Packed) -> bool:
    """Tell whether the tables have the right types, and their starts and ends fit."""
    kinds = (np.uint32, np.int64, np.int64, np.int64, np.int64, np.uint16, np.float64)
    tables: tuple[Any, ...] = packed
    # A masked array would hide numbers from the looks below.
    if any(
        type(t) not in (np.ndarray, np.memmap) or t.ndim != 1 or t.dtype != kind
        for t, kind in zip(tables, kinds, strict=True)
    ):
        return False
    trees = len(packed.levels)
    return (
        len(packed.roots) == len(packed.mixtures) == trees + 1
        and len(packed.nodes) % 2 == 0
        and _covers(packed.roots, len(packed.nodes) // 2)
        and bool((np.diff(packed.roots) >= 2).all())
        and bool(((packed.levels >= 0) & (packed.levels <= np.diff(packed.roots))).all())
        and _covers(packed.mixtures, len(packed.bounds) - 1)
        and _covers(packed.bounds, len(packed.genres))
        and len(packed.genres) == len(packed.shares)
    )


def _covers(starts: Whole, length: int) -> bool:
    """Tell whether starts go from nought to a length and never back."""
    if not len(starts) or starts[0] != 0 or starts[-1] != length:
        return False
    # Differences of numbers as large as any overflow, so the numbers themselves are compared.
    inside = (starts >= 0) & (starts <= length)
    return bool(inside.all() and (starts[1:] >= starts[:-1]).all())


def _is_walkable(packed: Packed, columns: int, genres: int) -> bool:
    """Tell whether links lead onwards inside their tree, and leaves and columns exist."""
    bits = column_bits(columns)
    if columns < 1 or bits >= 32:
        return False
    sizes, mixed = np.diff(packed.roots), np.diff(packed.mixtures)
    threshold, link = packed.nodes[::2], packed.nodes[1::2]
    at = np.arange(len(link)) - np.repeat(packed.roots[:-1], sizes)
    to = (link >> np.uint32(bits)).astype(np.int64)
    leaf = threshold >= LEAF
    inner_fits = (to > at) & (to + 1 < np.repeat(sizes, sizes))
    leaf_fits = (to == at) & (threshold.astype(np.int64) - LEAF < genres + np.repeat(mixed, sizes))
    columns_fit = (link & np.uint32((1 << bits) - 1)) < 2 * columns
    genres_fit = (packed.genres < genres).all()
    return bool(np.where(leaf, leaf_fits, inner_fits).all() and columns_fit.all() and genres_fit)
