"""A table as an audit looks at it: the label as text, and the keys by which tracks are known again."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from genrelab.errors import SchemaError
from genrelab.identity import IDENTITIES, key, vector_columns
from genrelab.schema import check_types

PLAIN = {
    "track_id": "track id",
    "title_artist": "title and artist",
    "vector": "descriptors",
    "artist": "artist",
}
"""The keys in words."""

SHORT = {"track_id": "id", "title_artist": "title_artist", "vector": "vector", "artist": "artist"}
"""The keys in the names of findings."""


@dataclass(frozen=True, slots=True)
class View:
    """A table with what every check needs.

    Attributes
    ----------
    tracks
        The table, untouched.
    label
        Name of the label column.
    keys
        One column per key that the table has (``track_id``, ``title_artist``, ``vector``, ``artist``), equal
        where rows are the same track or artist and null where that is unknown; and ``genre``, the label as
        text.
    seed
        For random draws.
    """

    tracks: pl.DataFrame
    label: str
    keys: pl.DataFrame
    seed: int

    @property
    def identities(self) -> list[str]:
        """Ways to know a track again that this table has, the surest first."""
        return [name for name in IDENTITIES if name in self.keys.columns]

    @property
    def has_artist(self) -> bool:
        """Whether any artist is named."""
        return "artist" in self.keys.columns

    def columns_of(self, name: str) -> tuple[str, ...]:
        """Columns that make a key."""
        if name == "vector":
            return vector_columns(self.tracks.drop(self.label))
        return ("title", "artist") if name == "title_artist" else (name,)

    def unique(self) -> pl.Series:
        """Mark the first row of every track; a row of unknown identity is a track of its own."""
        if not self.identities:
            return pl.repeat(value=True, n=self.tracks.height, dtype=pl.Boolean, eager=True)
        keys = self.keys[self.identities[0]]
        return keys.is_null() | keys.is_first_distinct()

    def maker(self) -> pl.Series:
        """Who made each row, as well as the table tells: artist, else album, title, or the row itself."""
        own = pl.int_range(-self.tracks.height, 0, dtype=pl.Int64).cast(pl.String)
        known = self.keys.select("artist") if self.has_artist else self.tracks
        for name in ("artist", "album", "title"):
            if name in known.columns and name != self.label:
                return known.select(pl.col(name).cast(pl.String).fill_null(own)).to_series()
        return self.tracks.select(own.alias("row")).to_series()


def look(tracks: pl.DataFrame, label: str, seed: int) -> View:
    """Make a view of the table; see `View`."""
    if label not in tracks.columns:
        raise SchemaError(f"column {label!r}: is not there: name the column that holds the genre")
    features = tracks.drop(label)
    check_types(features)
    found = {name: key(features, name) for name in (*IDENTITIES, "artist")}
    # A key that is null in every row is no key.
    keys = {
        name: values
        for name, values in found.items()
        if values is not None and values.null_count() < values.len()
    }
    return View(tracks, label, pl.DataFrame(keys | {"genre": tracks[label].cast(pl.String)}), seed)
