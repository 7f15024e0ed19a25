"""Which rows of a table must stay on one side of a split, what names them, and folds that keep them whole."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from genrelab.identity import credited, folded, possibly_credited, vector_columns

Codes = NDArray[np.int64]
Floats = NDArray[np.float64]

# What names one artist, and one recording, from the surest to the poorest proxy.
_ALBUM = ("album",)
_TRACK = (("track_id",), ("title", "artist"))
_ALIKE, _ALIKE_SHARE = 1e-8, 1e-5  # by how much, and by which share, spreads may differ that count as equal


def group(tracks: pl.DataFrame, split: str) -> tuple[Codes, str]:
    """Code the rows that must stay together by artist, track or row, and say what names them.

    A row without a name is a group of its own. Names are compared as by `genrelab.identity.folded`.

    Returns
    -------
    Codes of shape (rows,), and the name of what was used: "artist", "album", "track_id", "title+artist",
    "descriptors" or "row".

    Examples
    --------
    >>> codes, name = group(pl.DataFrame({"artist": ["Air", "air ", None]}), "artist")
    >>> name, bool(codes[0] == codes[1]), bool(codes[0] == codes[2])
    ('artist', True, False)
    """
    rows = np.arange(tracks.height)
    if split == "row":
        return rows, "row"
    if (
        split == "artist"
        and "artist" in tracks.columns
        and tracks.select(folded("artist"))["artist"].null_count() < tracks.height
    ):
        return _artist_codes(tracks), "artist"
    for proxy in (_ALBUM, *_TRACK) if split == "artist" else _TRACK:
        if set(proxy) <= set(tracks.columns):
            named = tracks.select(map(folded, proxy))
            if all(column.null_count() < tracks.height for column in named):
                return _codes(named, rows), "+".join(proxy)
    vector = vector_columns(tracks)
    if vector:
        return _codes(tracks.select(vector), rows), "descriptors"
    return rows, "row"


def _artist_codes(tracks: pl.DataFrame) -> Codes:
    """Number the rows so that all that share an artist, by whatever chain of credits, have one number.

    A part of a credit such as "A & B" is an artist where it is credited alone elsewhere, else it may be half
    of a band's name. Rows without an artist get numbers of their own, from the number of rows up.
    """
    rows = tracks.height
    numbered = pl.int_range(rows).alias("row")
    named = tracks.select(numbered, credited("artist")).explode("artist").drop_nulls()
    parts = tracks.select(numbered, possibly_credited("artist")).explode("artist").drop_nulls()
    named = pl.concat([named, parts.join(named.select("artist").unique(), on="artist", how="semi")]).unique(
        maintain_order=True
    )
    ranks = named["artist"].rank("dense").cast(pl.Int64).to_numpy() - 1
    places = named["row"].to_numpy()
    names = int(ranks.max(initial=-1)) + 1
    linked = coo_array((np.ones(len(ranks)), (places, rows + ranks)), shape=(rows + names, rows + names))
    _, component = connected_components(linked, directed=False)
    # The first of its names stands for a component, so that equal tables get equal codes.
    first = np.full(component.max(initial=0) + 1, -1)
    first[component[rows:][::-1]] = np.arange(names)[::-1]
    codes = first[component[:rows]]
    return np.where(codes < 0, rows + names + np.arange(rows), codes).astype(np.int64)


def _codes(names: pl.DataFrame, rows: Codes) -> Codes:
    """Number the distinct rows of a table; one with a null in it is like no other."""
    # Ranks depend on the values alone, so that equal tables get equal codes.
    codes = names.select(pl.struct(pl.all()).rank("dense").alias("code"))["code"].to_numpy()
    nameless = names.select(pl.all_horizontal(pl.all().is_null()))[:, 0].to_numpy()
    return np.where(nameless, codes.max(initial=0) + 1 + rows, codes).astype(np.int64)


def deal(truth: Codes, groups: Codes, count: int, *, seed: int) -> Codes:
    """Deal whole groups out to folds, so that each has about as many tracks of every genre.

    Groups of many tracks of a genre come first, each to the fold that leaves the genres spread most evenly.
    The folds are those of scikit-learn's ``StratifiedGroupKFold(count, shuffle=True, random_state=seed)``,
    which takes several times as long: that is felt where there are artists by the ten thousand.

    Parameters
    ----------
    truth, groups
        Of each row, shape (rows,).
    count
        Folds, at most as many as groups.
    seed
        Of the order in which groups that are alike come.

    Returns
    -------
    The fold of each row, shape (rows,). Where groups differ much in size, a fold may be left empty.

    Examples
    --------
    >>> deal(np.array([0, 0, 1, 1, 0, 1]), np.array([7, 7, 7, 8, 9, 9]), 2, seed=0).tolist()
    [1, 1, 1, 0, 0, 0]
    """
    genres = np.unique(truth, return_inverse=True)[1]
    places = np.unique(groups, return_inverse=True)[1]
    tracks = np.zeros((places.max() + 1, genres.max() + 1))
    np.add.at(tracks, (places, genres), 1)
    order = np.arange(len(tracks))
    np.random.RandomState(seed).shuffle(order)
    order = order[np.argsort(-tracks[order].std(axis=1), kind="stable")]
    fold, held, total = np.zeros_like(order), np.zeros((count, tracks.shape[1])), tracks.sum(axis=0)
    for one in order:
        fold[one] = _evenest(held, tracks[one], total)
        held[fold[one]] += tracks[one]
    return fold[places]


def sides(dealt: Codes) -> Iterator[tuple[Codes, Codes]]:
    """Yield (train rows, test rows) for each fold that has any, given the fold of each row.

    Examples
    --------
    >>> [(train.tolist(), test.tolist()) for train, test in sides(np.array([0, 2, 0]))]
    [([1], [0, 2]), ([0, 2], [1])]
    """
    for fold in np.unique(dealt):
        yield np.flatnonzero(dealt != fold), np.flatnonzero(dealt == fold)


def _evenest(held: Floats, given: Floats, total: Floats) -> int:
    """Find the fold that may take a group: where genres are then spread most evenly, or else the smallest."""
    count, genres = held.shape
    tried = np.repeat(held[None], count, axis=0)
    tried[np.arange(count), np.arange(count)] += given
    shares = tried / total
    shares -= np.add.reduce(shares, axis=1, keepdims=True) / count
    spread = np.sqrt(np.add.reduce(shares * shares, axis=1) / count)
    unevenness, sizes = (np.add.reduce(spread, axis=1) / genres).tolist(), held.sum(axis=1).tolist()
    best, least = 0, unevenness[0]
    for place in range(1, count):
        found = unevenness[place]
        alike = abs(found - least) <= _ALIKE + _ALIKE_SHARE * abs(least)
        if found < least or (alike and sizes[place] < sizes[best]):
            best, least = place, found
    return best
