"""Recordings that stand under different genres: the rows of each, and what most of them say."""

from __future__ import annotations

import polars as pl

from genrelab.audit.view import View, look
from genrelab.schema import COLUMNS

SHOWN = tuple(column.name for column in COLUMNS if column.kind == "identity")
"""What tells a release from another."""


def conflicts(tracks: pl.DataFrame, label: str = "genre") -> pl.DataFrame:
    """List the rows of every recording that stands under several genres, on one release or on several.

    Rows are of one recording when title and artist are the same but for case and spaces; where the table
    has none, when their ids are, or else their descriptors. Rows without a genre are not looked at.

    Parameters
    ----------
    tracks
        A track table.
    label
        Name of the column that holds the genre.

    Returns
    -------
    The rows of a recording together, the recordings with most rows first: ``recording`` (a number from 0),
    ``row`` (position in `tracks`), the identity columns that the table has, ``genre``, ``majority`` (genre of
    most rows; null where several are as frequent), ``share`` (of the rows that have the most frequent genre,
    0..1) and ``releases`` (distinct track ids of the recording; without ids, albums; null without both).

    Raises
    ------
    SchemaError
        When there is no such label column, or a column has a type that the contract does not allow.

    Examples
    --------
    >>> songs = pl.DataFrame({"title": ["One", "one", "ONE", "Two"], "artist": ["U2"] * 4})
    >>> songs = songs.with_columns(genre=pl.Series(["rock", "pop", "rock", "pop"]))
    >>> conflicts(songs).select("recording", "row", "genre", "majority").rows()
    [(0, 0, 'rock', 'rock'), (0, 1, 'pop', 'rock'), (0, 2, 'rock', 'rock')]
    """
    view = look(tracks, label, seed=0)
    rows = _contradicting(view)
    votes = rows.group_by("key", "genre").len("votes").with_columns(most=pl.col("votes").max().over("key"))
    first = votes.filter(pl.col("votes") == pl.col("most")).group_by("key")
    won = first.agg(pl.col("genre").unique().sort().alias("won"), pl.col("most").first())
    size = rows.group_by("key").agg(
        pl.len().alias("rows"),
        pl.col("row").min().alias("first"),
        pl.col("release").drop_nulls().n_unique().alias("releases"),
    )
    ranked = size.join(won, on="key").sort("rows", "first", descending=[True, False])
    listed = rows.join(ranked.with_row_index("recording"), on="key").sort("recording", "row")
    told = pl.when(pl.col("releases") > 0).then("releases")
    agreed = pl.when(pl.col("won").list.len() == 1).then(pl.col("won").list.first())
    shown = [name for name in SHOWN if name in tracks.columns and name != label]
    return listed.select(
        "recording",
        "row",
        *(tracks[name].gather(listed["row"]) for name in shown),
        "genre",
        agreed.alias("majority"),
        (pl.col("most") / pl.col("rows")).alias("share"),
        told.alias("releases"),
    )


def _contradicting(view: View) -> pl.DataFrame:
    """Return key, row, genre and release of the rows whose recording stands under several genres."""
    by = "title_artist" if "title_artist" in view.identities else next(iter(view.identities), None)
    key = view.keys[by] if by else pl.Series([None] * view.tracks.height, dtype=pl.UInt64)
    named = (name for name in ("track_id", "album") if name in view.tracks.columns and name != view.label)
    release = next(
        (view.tracks[name].cast(pl.String) for name in named), pl.Series([None] * key.len(), dtype=pl.String)
    )
    rows = pl.DataFrame({"key": key, "genre": view.keys["genre"], "release": release}).with_row_index("row")
    known = rows.drop_nulls(["key", "genre"])
    return known.filter(pl.col("genre").n_unique().over("key") > 1)
