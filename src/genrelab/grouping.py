"""Which rows of a table must stay on one side of a split, and what names them."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from genrelab.identity import credited, folded, possibly_credited, vector_columns

Codes = NDArray[np.int64]

# What names one artist, and one recording, from the surest to the poorest proxy.
_ALBUM = ("album",)
_TRACK = (("track_id",), ("title", "artist"))


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
