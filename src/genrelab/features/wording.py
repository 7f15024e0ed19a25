"""How names are written, as numbers: length, capitals, digits, script. Nothing here is fitted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

Matrix = NDArray[np.float32]


def names(columns: Sequence[str]) -> tuple[str, ...]:
    """Name the columns of `matrix`.

    Examples
    --------
    >>> names(["title"])
    ('title_length', 'title_words', 'title_capitals', 'title_digits', 'title_foreign')
    """
    return tuple(name for name, _ in _expressions(columns))


def matrix(tracks: pl.DataFrame, columns: Sequence[str]) -> Matrix:
    """Describe how text columns are written; a missing text reads as an empty one.

    So that the mere absence of a name, which often tells where a row came from, tells no more than that.

    Parameters
    ----------
    tracks
        A table that keeps the schema.
    columns
        Text columns of it.

    Returns
    -------
    Shape (rows, len(names(columns))).

    Examples
    --------
    >>> matrix(pl.DataFrame({"title": ["Ab 1", None]}), ["title"]).tolist()
    [[4.0, 2.0, 0.25, 0.25, 0.0], [0.0, 0.0, 0.0, 0.0, 0.0]]
    """
    if not columns:
        return np.zeros((tracks.height, 0), dtype=np.float32)
    table = tracks.select(expr.cast(pl.Float32).alias(name) for name, expr in _expressions(columns))
    return table.to_numpy().astype(np.float32)


def _expressions(columns: Sequence[str]) -> Iterator[tuple[str, pl.Expr]]:
    for name in columns:
        text = pl.col(name).fill_null("")
        length = text.str.len_chars()
        share = pl.max_horizontal(length, 1)
        yield f"{name}_length", length
        yield f"{name}_words", text.str.count_matches(r"\S+")
        yield f"{name}_capitals", text.str.count_matches(r"\p{Lu}") / share
        yield f"{name}_digits", text.str.count_matches(r"\d") / share
        yield f"{name}_foreign", text.str.count_matches(r"[^\x00-\x7F]") / share
    if "title" in columns and "album" in columns:
        yield "title_is_album", pl.col("title").fill_null("") == pl.col("album").fill_null("")
