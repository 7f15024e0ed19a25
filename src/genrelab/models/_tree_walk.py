"""The loops that walk tracks through packed trees, compiled by numba. Only `_packed_trees` imports this.

Nothing here checks bounds: trees must have passed `_packed_trees.check`, or come from `_packed_trees.pack`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Words = NDArray[np.uint32]
Whole = NDArray[np.int64]

BLOCK = 1024
LEAF = np.uint32(0xFF800001)
"""What exceeds it is no number; the genre is counted from it."""


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
        for begin in range(0, len(keys), BLOCK):
            part, counted = keys[begin : begin + BLOCK], votes[begin : begin + BLOCK]
            _descend(node, bits, part, levels[tree], place)
            _finish(node, bits, part, place, going)
            for row in range(len(part)):
                code = node[2 * place[row]] - LEAF
                if code < votes.shape[1]:
                    counted[row, code] += 1.0
                else:
                    leaf = mixtures[tree] + code - votes.shape[1]
                    for i in range(bounds[leaf], bounds[leaf + 1]):
                        counted[row, genres[i]] += shares[i]


@njit(nogil=True)
def _step(node: Words, bits: np.uint32, part: Words, row: int, at: np.uint32) -> np.uint32:
    link = node[2 * at + 1]
    column = link & np.uint32((1 << bits) - 1)
    return np.uint32(link >> bits) + np.uint32(part[row, column] > node[2 * at])


@njit(nogil=True)
def _descend(node: Words, bits: np.uint32, part: Words, levels: int, place: Words) -> None:
    """Take the first steps, eight tracks side by side, so that none waits for the step before it."""
    whole = len(part) - len(part) % 8
    for i in range(0, whole, 8):
        a = b = c = d = e = f = g = h = np.uint32(0)
        for _ in range(levels):
            a = _step(node, bits, part, i, a)
            b = _step(node, bits, part, i + 1, b)
            c = _step(node, bits, part, i + 2, c)
            d = _step(node, bits, part, i + 3, d)
            e = _step(node, bits, part, i + 4, e)
            f = _step(node, bits, part, i + 5, f)
            g = _step(node, bits, part, i + 6, g)
            h = _step(node, bits, part, i + 7, h)
        place[i], place[i + 1], place[i + 2], place[i + 3] = a, b, c, d
        place[i + 4], place[i + 5], place[i + 6], place[i + 7] = e, f, g, h
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
        left += node[2 * place[i]] < LEAF
    while left:
        for _ in range(2):
            for i in range(left):
                row = going[i]
                place[row] = _step(node, bits, part, row, place[row])
        kept = 0
        for i in range(left):
            row = going[i]
            going[kept] = row
            kept += node[2 * place[row]] < LEAF
        left = kept
