"""Tracks, artists and audio features that Spotify told, put together into a table that keeps the contract."""

from __future__ import annotations

import polars as pl

from genrelab.schema import CONTRACT, DESCRIPTORS, REAL
from genrelab.sources._spotify_answers import ARTIST, FEATURES, TRACK

MAPPED = {
    "id": "track_id", "name": "title", "artists": "artist", "album": "album", "release_date": "release_year",
    "duration_ms": "duration", "popularity": "popularity", "genres": "tags",
    **{name: name for name in DESCRIPTORS},
}  # fmt: skip
"""Their name of a field to ours."""
KEPT = ("artist_id", "explicit", "isrc")
"""Columns that the contract does not know: the first artist's id, explicit words, the recording's code."""
BETWEEN = "; "
"""Between the artists of a track, so that each of them is known as its artist."""


def frame(bodies: pl.Series, kind: pl.Struct) -> pl.DataFrame:
    """Return what was kept, one column a field, from its JSON."""
    return bodies.str.json_decode(kind).struct.unnest()


def empty(kind: pl.Struct) -> pl.DataFrame:
    """Return no rows of a kind."""
    return pl.DataFrame(schema={field.name: field.dtype for field in kind.fields})


def table(tracks: pl.DataFrame, artists: pl.DataFrame, features: pl.DataFrame) -> pl.DataFrame:
    """Give tracks the genres of their artists as tags, and the descriptors that have their id.

    Parameters
    ----------
    tracks, artists, features
        Columns as the fields of `TRACK`, `ARTIST` and `FEATURES`.

    Returns
    -------
    DataFrame
        A row a track, in their order: the contract's columns in its order, without ``genre``, and `KEPT`.
    """
    described = tracks.join(features.unique("id", keep="first"), on="id", how="left", maintain_order="left")
    known = described.with_columns(_tags(tracks, artists.unique("id", keep="first"))["tags"])
    names = pl.col("artists").list.eval(pl.element().struct.field("name")).list.drop_nulls()
    year = pl.col("release_date").str.extract(r"^(\d{4})").cast(pl.Int64)
    bounds = CONTRACT["release_year"]
    return known.select(
        track_id="id",
        title="name",
        artist=_nonempty(names.list.join(BETWEEN)),
        album="album",
        release_year=pl.when(year.is_between(bounds.low, bounds.high)).then(year),
        duration=pl.col("duration_ms").cast(REAL) / 1000,
        popularity=pl.col("popularity").cast(REAL),
        tags="tags",
        **{name: pl.col(name) for name in DESCRIPTORS},
        artist_id=pl.col("artists").list.first().struct.field("id"),
        explicit="explicit",
        isrc="isrc",
    )


def _tags(tracks: pl.DataFrame, artists: pl.DataFrame) -> pl.DataFrame:
    """Return the genres of each track's artists in order, each once; null where there are none."""
    rows = tracks.select(pl.int_range(pl.len()).alias("row"), "artists")
    credited = rows.select("row", pl.col("artists").list.eval(pl.element().struct.field("id")).alias("id"))
    genres = (
        credited.explode("id")
        .drop_nulls()
        .join(artists.select("id", "genres"), on="id", maintain_order="left")
    )
    each = (
        genres.explode("genres")
        .drop_nulls("genres")
        .unique(["row", "genres"], keep="first", maintain_order=True)
    )
    tags = each.group_by("row", maintain_order=True).agg(pl.col("genres").alias("tags"))
    return rows.select("row").join(tags, on="row", how="left", maintain_order="left")


def _nonempty(values: pl.Expr) -> pl.Expr:
    return pl.when(values != "").then(values)


SCHEMA: dict[str, pl.DataType] = dict(table(empty(TRACK), empty(ARTIST), empty(FEATURES)).schema)
"""Columns of `table` with their types."""
