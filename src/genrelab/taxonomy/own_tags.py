"""Tags that say nothing of one artist: its own name, and what a taxonomy lists for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import polars as pl

from genrelab.taxonomy.folding import named
from genrelab.taxonomy.space import Taxonomy, ignored_of

SEPARATOR = "\x1f"
"""Stands between the tags of a list written as one text: ASCII's unit separator, which no tag holds."""


def removed(
    texts: pl.Series, tracks: pl.DataFrame, artist: str, taxonomy: Taxonomy
) -> tuple[pl.Series, pl.DataFrame]:
    """Take such tags out of every row's list.

    Parameters
    ----------
    texts
        Each row's tags as one text, null where there are none.
    tracks
        The rows, with the artist's name where it is known.
    artist
        Column of that name.
    taxonomy
        Says what is ignored.

    Returns
    -------
    texts, pl.DataFrame
        The texts without those tags; and ``tag`` with the ``rows`` that it was taken out of.
    """
    nothing = pl.DataFrame(schema={"tag": pl.String, "rows": pl.Int64})
    asked = taxonomy.ignore_artist_name or taxonomy.artist_ignore
    if not asked or artist not in tracks.columns or tracks[artist].dtype.is_nested():
        return texts, nothing
    table = pl.DataFrame({"text": texts, "artist": tracks[artist].cast(pl.String)})
    said = _said(table, taxonomy)
    pairs = (
        table.filter(pl.col("artist").is_in(list(said))).drop_nulls().group_by("text", "artist").len("rows")
    )
    kept, counts = [], Counter[str]()
    for text, name, rows in pairs.rows():
        tags = text.split(SEPARATOR)
        own = {tag for tag in tags if named(tag) in said[name]}
        counts.update(dict.fromkeys(own, rows))
        kept.append(SEPARATOR.join(tag for tag in tags if tag not in own))
    changed = pairs.select("text", "artist").with_columns(pl.Series("kept", kept, dtype=pl.String))
    joined = table.join(changed, on=["text", "artist"], how="left", maintain_order="left")
    ignored = pl.DataFrame({"tag": list(counts), "rows": list(counts.values())}, schema=nothing.schema)
    return joined.select(pl.coalesce("kept", "text").alias("text")).to_series(), ignored


def _said(table: pl.DataFrame, taxonomy: Taxonomy) -> Mapping[str, frozenset[str]]:
    """Return, for the artists that carry such a tag, what says nothing of them."""
    texts = table["text"].drop_nulls().unique()
    tags = {named(tag) for tag in texts.str.split(SEPARATOR).explode().unique() if tag}
    ignored = ignored_of(taxonomy)
    found = {name: ignored(name) & tags for name in table["artist"].drop_nulls().unique()}
    return {name: own for name, own in found.items() if own}
