"""The loops that ask boosted trees, compiled by numba. Only `_boosted_trees` imports this.

Nothing here checks bounds: tables must come from `_boosted_trees.tabled`. Each inner loop goes over a block
of tracks, byte by byte, and has no branch, so that a processor takes 16 to 64 tracks in one step.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Whole = NDArray[np.int64]

BLOCK = 256
"""Tracks that pass a cut side by side: their codes fit into the first cache."""
NONE = np.uint8(0)
ALL = np.uint8(0xFF)


def kept(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function once for all processes, where there is a place to keep what was compiled."""
    compiled: Callable[..., Any]
    try:
        compiled = njit(function, nogil=True, cache=True, error_model="numpy")
    except RuntimeError:  # neither the package nor the home directory can be written
        compiled = njit(function, nogil=True, error_model="numpy")
    return compiled


@kept
def add_leaves(columns: Any, first: int, last: int, tables: tuple[Any, ...], most: int, scores: Any) -> None:
    """Add what the trees say of the tracks from `first` to before `last`.

    `columns` has the shape (columns, rows), `scores` (rows, genres); no tree has more than `most` words.
    Leaves are added in the order of the trees.
    """
    reads, cuts, gaps, codes_of, places, masks, words, trees, genres, leaves, values = tables
    codes = np.zeros((len(reads), BLOCK), np.uint8)
    word = np.empty((most, BLOCK), np.uint8)
    leaf = np.empty(BLOCK, np.uint8)
    sums = np.zeros((scores.shape[1], BLOCK), scores.dtype)
    values_read = np.zeros(BLOCK, columns.dtype)
    for begin in range(first, last, BLOCK):
        count = min(BLOCK, last - begin)
        for place in range(len(reads)):
            column = columns[reads[place]]
            for row in range(count):
                values_read[row] = column[begin + row]
            find_codes(values_read, cuts[place], gaps[place], codes[place])
        for genre in range(len(sums)):
            for row in range(count):
                sums[genre, row] = scores[begin + row, genre]
        for tree in range(len(genres)):
            start, stop = trees[tree], trees[tree + 1]
            for at in range(start, stop):
                cross_out(codes, codes_of, places, masks, words[at], words[at + 1], word[at - start])
            find_leaves(word, stop - start, leaf)
            said, total = values[leaves[tree] : leaves[tree + 1]], sums[genres[tree]]
            for row in range(BLOCK):
                total[row] += said[leaf[row]]
        for genre in range(len(sums)):
            for row in range(count):
                scores[begin + row, genre] = sums[genre, row]


@kept
def find_codes(values: Any, cuts: Any, gap: np.uint8, codes: Bytes) -> None:
    """Count the cuts below each value by bisection; a gap has a code of its own."""
    for row in range(BLOCK):
        value = values[row]
        at = 0
        for step in (128, 64, 32, 16, 8, 4, 2, 1):
            at += step * (value > cuts[at + step - 1])
        codes[row] = gap if np.isnan(value) else np.uint8(at)


@kept
def cross_out(
    codes: Bytes, codes_of: Whole, places: Bytes, masks: Bytes, first: int, last: int, word: Bytes
) -> None:
    """Leave in a word of each track the leaves that no cut, from `first` to before `last`, crosses out."""
    for row in range(BLOCK):
        word[row] = ALL
    at = first
    while at + 4 <= last:
        a, b, c, d = (
            codes[codes_of[at]], codes[codes_of[at + 1]], codes[codes_of[at + 2]], codes[codes_of[at + 3]],
        )  # fmt: skip
        p, q, r, s = places[at], places[at + 1], places[at + 2], places[at + 3]
        k, m, n, o = masks[at], masks[at + 1], masks[at + 2], masks[at + 3]
        for row in range(BLOCK):
            word[row] &= (
                (k if a[row] > p else ALL)
                & (m if b[row] > q else ALL)
                & (n if c[row] > r else ALL)
                & (o if d[row] > s else ALL)
            )
        at += 4
    while at < last:
        a, p, k = codes[codes_of[at]], places[at], masks[at]
        for row in range(BLOCK):
            word[row] &= k if a[row] > p else ALL
        at += 1


@kept
def find_leaves(word: Bytes, words: int, leaf: Bytes) -> None:
    """Find the first leaf of each track that was not crossed out; the last word is overwritten."""
    held = word[words - 1]
    for row in range(BLOCK):
        leaf[row] = np.uint8(8 * (words - 1))
    for at in range(words - 2, -1, -1):
        earlier, base = word[at], np.uint8(8 * at)
        for row in range(BLOCK):
            if earlier[row] != NONE:
                held[row] = earlier[row]
                leaf[row] = base
    # Without the conversions bytes become words of 64 bits on the way, an eighth as many to a step.
    for row in range(BLOCK):
        lowest = np.uint8(held[row] & np.uint8(-held[row]))
        four = np.uint8(4) if np.uint8(lowest & np.uint8(0xF0)) != NONE else NONE
        two = np.uint8(2) if np.uint8(lowest & np.uint8(0xCC)) != NONE else NONE
        one = np.uint8(1) if np.uint8(lowest & np.uint8(0xAA)) != NONE else NONE
        leaf[row] = np.uint8(leaf[row] | four | two | one)
