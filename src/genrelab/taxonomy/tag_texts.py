"""Tags of a row as one text, so that equal lists are looked at once; and one text that is a list of tags."""

from __future__ import annotations

import polars as pl

from genrelab.errors import SchemaError
from genrelab.taxonomy.space import Taxonomy

SEPARATOR = "\x1f"
"""Stands between the tags of a list written as one text: ASCII's unit separator, which no tag holds."""

AT_COMMAS = 0.5
"""Where a larger share of a column's values hold commas, these part tags."""

_COMMA = r"\s*,\s*"
_BRACKETS = r"[\[\x1f]"


def tag_texts(tracks: pl.DataFrame, column: str, taxonomy: Taxonomy) -> tuple[pl.Series, bool]:
    """Return each row's tags as one text, null where there are none; and whether commas parted some.

    They do where most values are no lists but one text with commas; what is the name or alias of a genre of
    the taxonomy as a whole is not parted, and counts as text without commas does.

    Raises
    ------
    SchemaError
        When there is no such column.

    Examples
    --------
    >>> from genrelab.taxonomy.reading import load
    >>> table = pl.DataFrame({"tags": ["r&b, soul", "country, folk", "house,dance"]})
    >>> texts, parted = tag_texts(table, "tags", load("capstone12"))
    >>> texts.str.split(SEPARATOR).to_list(), parted
    ([['r&b', 'soul'], ['country, folk'], ['house', 'dance']], True)
    """
    if column not in tracks.columns:
        raise SchemaError(f"column {column!r}: is not there: name the column that holds the tags")
    texts = _joined(tracks[column].alias("text"))
    commas = texts.str.contains(",", literal=True)
    least = AT_COMMAS * int(texts.str.contains(r"\S").sum())
    if int(commas.sum()) <= least:
        return texts, False
    listed = commas & ~texts.str.contains(_BRACKETS) & ~_whole(texts, taxonomy)
    if int(listed.sum()) <= least:
        return texts, False
    at_commas = texts.str.strip_chars().str.replace_all(_COMMA, SEPARATOR)
    return at_commas.zip_with(listed.fill_null(value=False), texts), True


def _joined(values: pl.Series) -> pl.Series:
    if isinstance(values.dtype, pl.List | pl.Array):
        return values.cast(pl.List(pl.String)).list.drop_nulls().list.join(SEPARATOR)
    return values.cast(pl.String)


def _whole(texts: pl.Series, taxonomy: Taxonomy) -> pl.Series:
    """Mark the texts that are the name of a genre, or an alias."""
    known = {name.lower() for genre in taxonomy.genres for name in (genre.name, *genre.aliases)}
    return texts.str.strip_chars().str.to_lowercase().is_in([name for name in known if "," in name])
