"""Tags that say nothing of one artist: its own name, what a taxonomy lists for it, and titles of tracks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import polars as pl

from genrelab.taxonomy.folding import named
from genrelab.taxonomy.space import Taxonomy, ignored_of
from genrelab.taxonomy.tag_texts import SEPARATOR


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


def titles(texts: pl.Series, tracks: pl.DataFrame, tags: pl.Series) -> pl.DataFrame:
    r"""Count the rows in which one of `tags` is the track's own title: ``tag``, ``rows``.

    Case, spaces and punctuation do not count.

    Examples
    --------
    >>> table = pl.DataFrame({"title": ["Creep", "Creep", "Fake Plastic Trees"]})
    >>> titles(pl.Series(["rock\x1fcreep", "creep", "creep"]), table, pl.Series(["creep"])).rows()
    [('creep', 2)]
    """
    if "title" not in tracks.columns or tracks["title"].dtype.is_nested():
        return pl.DataFrame(schema={"tag": pl.String, "rows": pl.UInt32})
    known = tags.to_frame("tag").with_columns(_bare("tag").alias("bare")).filter(pl.col("bare") != "")
    table = pl.DataFrame({"text": texts, "title": tracks["title"].cast(pl.String)})
    lists = texts.drop_nulls().unique().to_frame("text")
    held = lists.with_columns(pl.col("text").str.split(SEPARATOR).list.unique().alias("tag")).explode("tag")
    # The titles of the few rows alone that have such a tag are looked at.
    each = table.join(held.join(known, on="tag"), on="text").with_columns(_bare("title").alias("title"))
    own = each.filter(pl.col("title") == pl.col("bare"))
    return own.group_by("tag").agg(pl.len().alias("rows"))


def _bare(name: str) -> pl.Expr:
    return pl.col(name).str.to_lowercase().str.replace_all(r"[^\p{L}\p{N}]", "")
