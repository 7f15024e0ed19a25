"""What makes two rows the same track, or the work of the same artist."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from genrelab.schema import CONTRACT, DESCRIPTORS

VECTOR = (*DESCRIPTORS, "duration")
"""What a track is like, whatever it is called: its descriptors and its length."""

FEWEST = 6
"""Fewer numbers than this agree by chance, so they do not name a track."""

FEW_NULLS = 0.01
"""A column with a larger share of nulls is left out of the vector: half-blank, it would hide repeats."""

CREDIT = r"\s(?:feat\.?|ft\.?|featuring)\s|\s*;\s*"
"""What parts the artists that a credit names; commas and ampersands stand in the names of bands too."""

PARTS = r"\s*[,&;/+]\s*|\s(?:and|x|with|feat\.?|ft\.?|featuring)\s"
"""What may part the names in a credit, or stand in the name of a band."""

_PART = "part of a credit: "
IDENTITIES = ("track_id", "title_artist", "vector")
"""Ways to know a track again, the surest first."""


def folded(name: str) -> pl.Expr:
    """Text of a column without case and spare spaces; null where nothing is left.

    Examples
    --------
    >>> pl.DataFrame({"artist": ["The  Cure ", " "]}).select(folded("artist"))["artist"].to_list()
    ['the cure', None]
    """
    spaced = (
        pl.col(name)
        .cast(pl.String)
        .str.normalize("NFKC")
        .str.to_lowercase()
        .str.replace_all(r"\s+", " ")
        .str.strip_chars()
    )
    return pl.when(spaced != "").then(spaced).alias(name)


def credited(name: str) -> pl.Expr:
    """List the artists that a credit names, folded: "A feat. B" and "A;B" are both by A and by B.

    Commas and ampersands are left alone: they stand in the names of bands too.

    Examples
    --------
    >>> pl.DataFrame({"artist": ["Air feat. Beck", None]}).select(credited("artist"))["artist"].to_list()
    [['air', 'beck'], None]
    """
    parts = folded(name).str.replace_all(CREDIT, ";").str.split(";")
    return parts.list.eval(pl.element().filter(pl.element() != "")).alias(name)


def possibly_credited(name: str) -> pl.Expr:
    """List what may be names in a credit, folded: the parts of "A & B, C", even where it is a band's name.

    Examples
    --------
    >>> table = pl.DataFrame({"artist": ["Earth, Wind & Fire"]})
    >>> table.select(possibly_credited("artist"))["artist"].to_list()
    [['earth', 'wind', 'fire']]
    """
    parts = folded(name).str.replace_all(PARTS, ";").str.split(";")
    return parts.list.eval(pl.element().filter(pl.element() != "")).alias(name)


def vector_columns(tracks: pl.DataFrame) -> tuple[str, ...]:
    """Return the columns whose values together name a track; none where there are too few.

    They are those of `VECTOR`; where the table has fewer than `FEWEST` of them, all its columns of real
    numbers that the contract does not know. Columns with many nulls are left out if enough others remain.

    Examples
    --------
    >>> from genrelab import schema
    >>> vector_columns(schema.sample(5, seed=0))[:3], vector_columns(pl.DataFrame({"energy": [0.5]}))
    (('danceability', 'energy', 'loudness'), ())
    """
    named = [name for name in VECTOR if name in tracks.columns]
    if len(named) < FEWEST:
        real = [name for name, dtype in tracks.schema.items() if dtype.is_float() and name not in CONTRACT]
        named += real
    filled = [name for name in named if tracks[name].null_count() <= FEW_NULLS * tracks.height]
    chosen = filled if len(filled) >= FEWEST else named
    return tuple(chosen) if len(chosen) >= FEWEST else ()


def key(tracks: pl.DataFrame, identity: str, vector: Sequence[str] | None = None) -> pl.Series | None:
    """Return a number per row that is equal where rows are the same track; null where that is unknown.

    Parameters
    ----------
    tracks
        A track table.
    identity
        ``"track_id"``; ``"title_artist"``, folded; ``"vector"``; or ``"artist"``, folded.
    vector
        Columns that make the vector; None takes `vector_columns`.

    Returns
    -------
    Series of UInt64, or None where the table lacks the columns.

    Examples
    --------
    >>> table = pl.DataFrame({"title": ["One", "one "], "artist": ["U2", "u2"]})
    >>> key(table, "title_artist").n_unique(), key(table, "track_id")
    (1, None)
    """
    parts = _parts(tracks, identity, vector)
    if not parts:
        return None
    blank = pl.all_horizontal if identity == "vector" else pl.any_horizontal
    unknown = blank(part.is_null() for part in parts)
    # A hash of 64 bits: two of a million different tracks meet with a chance of 3 in 100 million.
    return tracks.select(pl.when(~unknown).then(pl.struct(parts).hash()).alias(identity)).to_series()


def _parts(tracks: pl.DataFrame, identity: str, vector: Sequence[str] | None) -> list[pl.Expr]:
    """Return the expressions that name a row; none where the table lacks them."""
    if identity == "vector":
        return [pl.col(name) for name in (vector_columns(tracks) if vector is None else vector)]
    names = {"title_artist": ["title", "artist"]}.get(identity, [identity])
    if not set(names) <= set(tracks.columns):
        return []
    return [pl.col(name) if name == "track_id" else folded(name) for name in names]


def artist_hashes(tracks: pl.DataFrame) -> NDArray[np.uint64]:
    """Hash the artists that a table credits, sorted and distinct; empty where there is no artist column.

    A model keeps them, to tell later whether a table holds artists that it learned from. Parts of a credit
    that may be names of their own have hashes of another kind.

    Examples
    --------
    >>> artist_hashes(pl.DataFrame({"artist": ["Air", "air", "Air feat. Beck", None]})).shape
    (2,)
    """
    if "artist" not in tracks.columns:
        return np.zeros(0, dtype=np.uint64)
    named, parts = (set(lists.explode().drop_nulls()) for lists in _credits(tracks))
    hashes = [*map(_hash, named), *(_hash(_PART + name) for name in parts - named)]
    return np.unique(np.array(hashes, dtype=np.uint64))


def already_met(tracks: pl.DataFrame, artists: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Mark the tracks by an artist whose hash is among `artists`, shape (rows,).

    As in folds by artist, a part of a credit is an artist where it is credited alone, here or there.
    """
    known = set(artists.tolist())

    def met(named: list[str] | None, parts: list[str] | None) -> bool:
        credited = [*(named or ()), *(_PART + name for name in named or ()), *(parts or ())]
        return any(_hash(name) in known for name in credited)

    lists = (column.to_list() for column in _credits(tracks))
    return np.array([met(*both) for both in zip(*lists, strict=True)], dtype=np.bool_)


def _credits(tracks: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    """Return the lists of artists that are credited, and of those that may be."""
    return (
        tracks.select(credited("artist"))["artist"],
        tracks.select(possibly_credited("artist"))["artist"],
    )


def _hash(name: str) -> int:
    """Hash a folded name to 64 bits, the same on every machine."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest())
