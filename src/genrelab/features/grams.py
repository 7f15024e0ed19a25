"""Hashed n-grams of many texts at once: every step is one numpy operation over all their characters.

Hashing (Weinberger et al. 2009, "Feature Hashing for Large Scale Multitask Learning") has no vocabulary, so
nothing is fitted. The hash of a stretch is a polynomial in its characters, or in its words, modulo 2**64
(Karp and Rabin 1987, "Efficient randomized pattern-matching algorithms"): a stretch of one more takes one
step more, and one of any length is the difference of two running sums.

Everywhere, text is normalised to NFKC and lower case, as the Unicode of this Python has them, and a word is a
run of letters, digits and underscores of any script.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse

Hashes = NDArray[np.uint64]
Keys = NDArray[np.uint32]
Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]

BITS = 18
"""262,144 places for words, and as many for characters: few collisions among a million titles."""
SHORTEST, LONGEST = 3, 5
"""Characters of a string inside a word."""
RUNS = 2**31 - 1
"""Places of runs of words: so many that two names hardly ever share one."""

_ROWS, _CHARACTERS = 1 << (31 - BITS), 1 << 16  # of a chunk: its keys have 32 bits, its arrays fit in caches
_MIX, _LETTER, _NEIGHBOUR = 0x9E3779B97F4A7C15, 0xD1342543DE82EF95, 0xAEF17502108EF2D9
_SPACE, _WORD = 1, 2
_BREAK = "\n"  # between texts: a space like any other within one


class _Chunk(NamedTuple):
    """Characters of a few texts, each text between two spaces: mixed numbers, rows, and kinds."""

    mixed: Hashes
    rows: Codes
    kinds: NDArray[np.uint8]


class _Words(NamedTuple):
    """Words of a few texts: hashes, rows and lengths."""

    hashes: Hashes
    rows: Codes
    lengths: Codes


def count(texts: pl.Series, *, pairs: bool = True, characters: bool = True) -> sparse.csr_matrix:
    """Count the n-grams of texts: words and, where asked for, pairs of neighbours and strings inside words.

    A string of characters belongs to what stands between spaces, with one space before and one behind.

    Parameters
    ----------
    texts
        Strings; null counts nothing.
    pairs
        Whether two neighbouring words count as well.
    characters
        Whether strings of `SHORTEST` to `LONGEST` characters count as well.

    Returns
    -------
    Shape (rows, 2**BITS), or twice as wide with characters, whose places come after those of words; float32,
    each row's places in order.

    Examples
    --------
    >>> count(pl.Series(["One more", "more", None])).sum(axis=1).tolist()
    [[18.0], [10.0], [0.0]]
    """
    chunks = [_counted(chunk, pairs=pairs, characters=characters) for chunk in _chunks(texts)]
    nothing = np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.float32), np.zeros(0, dtype=np.int64)
    places, counts, each = (np.concatenate(parts) for parts in zip(nothing, *chunks, strict=True))
    bounds = np.concatenate([[0], np.cumsum(each)])
    shape = len(texts), 1 << (BITS + characters)
    matrix: sparse.csr_matrix = sparse.csr_matrix((counts, places, bounds), shape=shape)
    matrix.has_canonical_format = True
    return matrix


def runs(texts: pl.Series, longest: int, *, least: int = 1) -> tuple[Codes, Codes]:
    """Find every run of 1 to `longest` neighbouring words within a text.

    Parameters
    ----------
    texts
        Strings; null has no words.
    longest
        Words of the longest run.
    least
        Letters and digits that the words of a run must have together.

    Returns
    -------
    Row and place, from 0 to `RUNS` - 1, of each run, in no order.

    Examples
    --------
    >>> rows, places = runs(pl.Series(["Hey Daddy Yankee", "hey"]), 2)
    >>> np.bincount(rows).tolist(), whole(pl.Series(["daddy yankee"]))[0] in places
    ([5, 1], True)
    """
    found = [(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))]
    start = 0
    for chunk in _chunks(texts):
        words = _words(_characters(chunk))
        letters = np.concatenate([[0], np.cumsum(words.lengths)])
        for size in range(1, longest + 1):
            at = _neighbours(words.rows, size)
            at = at[letters[at + size] - letters[at] >= least]
            hashes = _stretches(words.hashes, at, at + size, _NEIGHBOUR)
            found.append((words.rows[at] + start, _run(hashes)))
        start += len(chunk)
    rows, places = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return rows, places


def whole(texts: pl.Series) -> Codes:
    """Find the place, as in `runs`, of the run of all words of each text; -1 where it has none.

    Examples
    --------
    >>> one, other, none = whole(pl.Series(["Blue", " blue!", "?"]))
    >>> bool(one == other), int(none)
    (True, -1)
    """
    places, start = np.full(len(texts), -1, dtype=np.int64), 0
    for chunk in _chunks(texts):
        words = _words(_characters(chunk))
        rows, first, each = np.unique(words.rows, return_index=True, return_counts=True)
        hashes = _stretches(words.hashes, first, first + each, _NEIGHBOUR)
        places[start + rows] = _run(hashes)
        start += len(chunk)
    return places


def _chunks(texts: pl.Series) -> Iterator[list[str]]:
    """Give texts by and by, so many characters at a time that memory stays bounded."""
    values = [text or "" for text in texts.cast(pl.String).to_list()]
    past = np.cumsum(np.fromiter(map(len, values), dtype=np.int64, count=len(values))) // _CHARACTERS
    start = 0
    while start < len(values):
        end = max(start + 1, int(np.searchsorted(past, past[start], side="right")))
        end = min(end, start + _ROWS)
        yield values[start:end]
        start = end


def _characters(texts: list[str]) -> _Chunk:
    # Normalised together, since a call takes longer than a name does: a break keeps apart what is around it.
    joined = _BREAK.join(texts)
    if joined.count(_BREAK) >= len(texts):
        joined = _BREAK.join(text.replace(_BREAK, " ") for text in texts)
    joined = unicodedata.normalize("NFKC", joined).lower()
    codes = np.frombuffer(f"{_BREAK}{joined}{_BREAK}".encode("utf-32-le"), dtype="<u4")
    breaks = codes == ord(_BREAK)
    rows = np.maximum(np.cumsum(breaks) - breaks - 1, 0)
    kinds = _kinds(codes)
    mixed = np.where(kinds == _SPACE, np.uint64(33), codes + np.uint64(1)) * np.uint64(_MIX)
    return _Chunk(mixed ^ (mixed >> np.uint64(29)), rows, kinds)


def _words(chunk: _Chunk) -> _Words:
    inside = chunk.kinds == _WORD
    edges = np.flatnonzero(inside[1:] != inside[:-1]) + 1
    starts, ends = edges[::2], edges[1::2]
    return _Words(_stretches(chunk.mixed, starts, ends, _LETTER), chunk.rows[starts], ends - starts)


def _stretches(values: Hashes, starts: Codes, ends: Codes, base: int) -> Hashes:
    """Return the polynomial ``sum(values[start + i] * base**i)`` of each stretch, modulo 2**64."""
    sums = np.zeros(len(values) + 1, dtype=np.uint64)
    np.cumsum(values * _powers(base, len(values)), out=sums[1:])
    inverse = pow(base, -1, 1 << 64)
    return (sums[ends] - sums[starts]) * _powers(inverse, len(values))[starts]


def _neighbours(rows: Codes, size: int) -> Codes:
    """Return where so many neighbouring words of one row begin."""
    return np.flatnonzero(rows[size - 1 :] == rows[: len(rows) - size + 1]) if len(rows) >= size else rows[:0]


def _counted(
    texts: list[str], *, pairs: bool, characters: bool
) -> tuple[NDArray[np.int32], NDArray[np.float32], Codes]:
    """Count the n-grams of a few texts: places and counts, row by row, and how many places each row has."""
    chunk = _characters(texts)
    words = _words(chunk)
    keys = [_keys(words.rows, words.hashes)]
    if pairs:
        at = _neighbours(words.rows, 2)
        keys.append(_keys(words.rows[at], _stretches(words.hashes, at, at + 2, _NEIGHBOUR)))
    if characters:
        keys += [key | np.uint32(1 << BITS) for key in _strings(chunk)]
    return _summed(np.concatenate(keys), len(texts))


def _strings(chunk: _Chunk) -> Iterator[Keys]:
    """Give row and place of each string of characters: only its ends may be spaces."""
    mixed, inside = chunk.mixed, chunk.kinds != _SPACE
    hashes, valid = mixed, np.ones(len(mixed), dtype=np.bool_)
    for size in range(2, LONGEST + 1):
        hashes = hashes[:-1] * np.uint64(_LETTER) + mixed[size - 1 :]
        valid = valid[:-1] & inside[size - 2 : -1] if size > 2 else valid[:-1]
        if size >= SHORTEST:
            at = np.flatnonzero(valid)
            yield _keys(chunk.rows[at + 1], hashes[at])


def _keys(rows: Codes, hashes: Hashes) -> Keys:
    """Put row and place into one number: places are the highest bits of mixed hashes."""
    places = _spread(hashes) >> np.uint64(64 - BITS)
    return (rows.astype(np.uint32) << np.uint32(BITS + 1)) | places.astype(np.uint32)


def _run(hashes: Hashes) -> Codes:
    places: Codes = np.minimum(_spread(hashes) >> np.uint64(33), RUNS - 1).astype(np.int64)
    return places


def _spread(hashes: Hashes) -> Hashes:
    """Let every bit of a hash weigh on the highest ones (Dietzfelbinger et al. 1997)."""
    return (hashes ^ (hashes >> np.uint64(32))) * np.uint64(_MIX)


def _summed(keys: Keys, rows: int) -> tuple[NDArray[np.int32], NDArray[np.float32], Codes]:
    keys.sort()
    first = np.flatnonzero(np.diff(keys, prepend=keys[:1] + np.uint32(1)))
    counts = np.diff(first, append=len(keys)).astype(np.float32)
    kept = keys[first]
    each = np.bincount(kept >> np.uint32(BITS + 1), minlength=rows)
    return (kept & np.uint32((2 << BITS) - 1)).astype(np.int32), counts, each


def _kinds(codes: Keys) -> NDArray[np.uint8]:
    """Tell spaces and characters of words from others, shape as `codes`."""
    table = _table()
    kinds = table[np.minimum(codes, len(table) - 1)]
    rare = np.flatnonzero(codes >= len(table))
    own, which = np.unique(codes[rare], return_inverse=True)
    kinds[rare] = np.array([_kind(chr(code)) for code in own], dtype=np.uint8)[which]
    return kinds


@cache
def _table() -> NDArray[np.uint8]:
    """Return the kind of each character of the basic plane."""
    return np.array([_kind(chr(code)) for code in range(1 << 16)], dtype=np.uint8)


def _kind(character: str) -> int:
    if character.isspace():
        return _SPACE
    return _WORD if character.isalnum() or character == "_" else 0


def _powers(base: int, length: int) -> Hashes:
    """Return the first powers of a number, modulo 2**64."""
    return _many_powers(base, 1 << length.bit_length())[:length]


@lru_cache(maxsize=16)
def _many_powers(base: int, length: int) -> Hashes:
    steps = np.full(length, base, dtype=np.uint64)
    steps[0] = 1
    return np.multiply.accumulate(steps)
