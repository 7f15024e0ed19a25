"""How names are written, as numbers: length, capitals, digits, script. Nothing here is fitted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from genrelab.features.numbers import Named


def expressions(columns: Sequence[str]) -> Iterator[Named]:
    """Name and read how text columns are written; a missing text reads as an empty one.

    So that the mere absence of a name, which often tells where a row came from, tells no more than that.

    Examples
    --------
    >>> from genrelab.features import numbers
    >>> numbers.matrix(pl.DataFrame({"title": ["Ab 1", None]}), expressions(["title"])).tolist()
    [[4.0, 2.0, 0.25, 0.25, 0.0], [0.0, 0.0, 0.0, 0.0, 0.0]]
    """
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
