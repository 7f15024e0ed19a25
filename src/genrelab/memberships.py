"""Which genres a track belongs to, where it may have several: lists in a table, marks in a matrix."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from genrelab.cleaning import Cleaned

Marks = NDArray[np.bool_]


def seen_under(genres: pl.Series, cleaned: Cleaned) -> pl.Series:
    """Gather the genres under which each track that was kept had stood.

    Parameters
    ----------
    genres
        Lists of genres of the rows that were cleaned.
    cleaned
        What cleaning made of them.

    Returns
    -------
    Lists of distinct genres, its own first, one for each row of ``cleaned.tracks``.

    Examples
    --------
    >>> from genrelab.cleaning import clean
    >>> table = pl.DataFrame({"track_id": ["a", "b", "a"], "genre": ["pop", "rock", "r&b"]})
    >>> seen_under(pl.Series([["pop"], ["rock"], ["r&b"]]), clean(table)).to_list()
    [['pop', 'r&b'], ['rock']]
    """
    stands = dict(cleaned.repeats.rows())
    found: dict[int, dict[str, None]] = {}
    for row, names in enumerate(genres.to_list()):
        owner = row
        while owner in stands:  # a rule may drop what an earlier one had kept for a copy
            owner = stands[owner]
        found.setdefault(owner, {}).update(dict.fromkeys(names or ()))
    gone = set(cleaned.dropped["row"].to_list())
    kept = [list(found[row]) for row in range(genres.len()) if row not in gone]
    return pl.Series("genres", kept, dtype=pl.List(pl.String))


def mark(lists: pl.Series, genres: Sequence[str]) -> Marks:
    """Mark those of `genres` that stand in each list, shape (rows, genres); others are passed over.

    Examples
    --------
    >>> mark(pl.Series([["pop", "rock"], ["rap"]]), ["pop", "rap"]).tolist()
    [[True, False], [False, True]]
    """
    marks = np.zeros((lists.len(), len(genres)), dtype=np.bool_)
    table = pl.DataFrame({"row": range(lists.len()), "genre": lists}).explode("genre")
    known = table.filter(pl.col("genre").is_in(genres))
    codes = known["genre"].replace_strict(genres, range(len(genres)), return_dtype=pl.Int64)
    marks[known["row"].to_numpy(), codes.to_numpy()] = True
    return marks
