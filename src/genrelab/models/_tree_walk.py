"""The loops that walk tracks through packed trees, compiled by numba. Only `_packed_trees` imports this.

Nothing here checks bounds: trees must have passed `_packed_trees.check`, or come from `_packed_trees.pack`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from genrelab.models._packed_trees import LEAF

Words = NDArray[np.uint32]
Whole = NDArray[np.int64]

BLOCK = 1024
"""Tracks that take a step before any takes the next."""
LEAST_LEAF = np.uint32(LEAF)


@njit(nogil=True)
def count_votes(
    packed: tuple[Any, ...],
    first: int,
    last: int,
    bits: np.uint32,
    keys: Words,
    votes: NDArray[np.float64],
) -> None:
    """Add what the trees from `first` to before `last` say of each track, in the order of the trees."""
    nodes, roots, levels, mixtures, bounds, genres, shares = packed
    place = np.empty(BLOCK, np.uint32)
    going = np.empty(BLOCK, np.uint32)
    for tree in range(first, last):
        node = nodes[2 * roots[tree] : 2 * roots[tree + 1]]
        going[0] = _read_ahead(node)
        for begin in range(0, len(keys), BLOCK):
            part, counted = keys[begin : begin + BLOCK], votes[begin : begin + BLOCK]
            _descend(node, bits, part, levels[tree], place)
            _finish(node, bits, part, place, going)
            for row in range(len(part)):
                code = node[2 * place[row]] - LEAST_LEAF
                if code < votes.shape[1]:
                    counted[row, code] += 1.0
                else:
                    leaf = mixtures[tree] + code - votes.shape[1]
                    for i in range(bounds[leaf], bounds[leaf + 1]):
                        counted[row, genres[i]] += shares[i]


@njit(nogil=True)
def _read_ahead(node: Words) -> np.uint32:
    """Touch a tree line by line, in order, which is quicker than to wait for each node on the way."""
    total = np.uint32(0)
    for i in range(0, len(node), 16):
        total += node[i]
    return np.uint32(total)


@njit(nogil=True)
def _step(node: Words, bits: np.uint32, part: Words, row: int, at: np.uint32) -> np.uint32:
    link = node[2 * at + 1]
    column = link & np.uint32((1 << bits) - 1)
    return np.uint32(link >> bits) + np.uint32(part[row, column] > node[2 * at])


@njit(nogil=True)
def _descend(node: Words, bits: np.uint32, part: Words, levels: int, place: Words) -> None:
    """Take the first steps, twelve tracks side by side, so that none waits for the step before it."""
    whole = len(part) - len(part) % 12
    for i in range(0, whole, 12):
        a = b = c = d = e = f = g = h = j = k = m = n = np.uint32(0)
        for _ in range(levels):
            a = _step(node, bits, part, i, a)
            b = _step(node, bits, part, i + 1, b)
            c = _step(node, bits, part, i + 2, c)
            d = _step(node, bits, part, i + 3, d)
            e = _step(node, bits, part, i + 4, e)
            f = _step(node, bits, part, i + 5, f)
            g = _step(node, bits, part, i + 6, g)
            h = _step(node, bits, part, i + 7, h)
            j = _step(node, bits, part, i + 8, j)
            k = _step(node, bits, part, i + 9, k)
            m = _step(node, bits, part, i + 10, m)
            n = _step(node, bits, part, i + 11, n)
        place[i], place[i + 1], place[i + 2], place[i + 3] = a, b, c, d
        place[i + 4], place[i + 5], place[i + 6], place[i + 7] = e, f, g, h
        place[i + 8], place[i + 9], place[i + 10], place[i + 11] = j, k, m, n
    for i in range(whole, len(part)):
        at = np.uint32(0)
        for _ in range(levels):
            at = _step(node, bits, part, i, at)
        place[i] = at


@njit(nogil=True)
def _finish(node: Words, bits: np.uint32, part: Words, place: Words, going: Words) -> None:
    """Walk on with the tracks that are not in a leaf yet, two steps before each look at who is left."""
    left = 0
    for i in range(len(part)):
        going[left] = i
        left += node[2 * place[i]] < LEAST_LEAF
    while left:
        for _ in range(2):
            for i in range(left):
                row = going[i]
                place[row] = _step(node, bits, part, row, place[row])
        kept = 0
        for i in range(left):
            row = going[i]
            going[kept] = row
            kept += node[2 * place[row]] < LEAST_LEAF
        left = kept
