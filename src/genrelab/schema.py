"""The data contract: what every column of a track table is called, means, and may hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from genrelab.errors import SchemaError

Kind = Literal["identity", "metadata", "label", "descriptor"]


@dataclass(frozen=True, slots=True)
class Column:
    """One row of the contract.

    Attributes
    ----------
    name
        What genrelab calls it.
    dtype
        Its polars type.
    kind
        What it is for: naming a track, describing its release, its genre, or its sound.
    meaning
        One phrase, with the unit where there is one; it becomes axis labels and documentation.
    low, high
        Closed range of valid numbers; None where there is no bound.
    unit
        Unit of measurement, empty for a pure number.
    aliases
        Other people's headers for it, folded as by `fold`.
    """

    name: str
    dtype: pl.DataType
    kind: Kind
    meaning: str
    low: float | None = None
    high: float | None = None
    unit: str = ""
    aliases: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Axis label: the name with its unit."""
        return f"{self.name} ({self.unit})" if self.unit else self.name


TEXT, REAL, WHOLE, TEXTS = pl.String(), pl.Float64(), pl.Int64(), pl.List(pl.String)

COLUMNS: tuple[Column, ...] = (
    Column("track_id", TEXT, "identity", "identifier of the recording",
           aliases=("id", "trackid", "song_id", "songid", "spotify_id", "spotify_track_id", "song.id",
                    "track_uri", "uri")),
    Column("title", TEXT, "identity", "title of the track",
           aliases=("track_name", "trackname", "song_name", "song_title", "track_title", "track.title",
                    "song.title", "song", "track", "name")),
    Column("artist", TEXT, "identity", "name of the performing artist",
           aliases=("track_artist", "artist_name", "artistname", "artists", "artist.name", "performer",
                    "artist_names")),
    Column("album", TEXT, "identity", "title of the release",
           aliases=("track_album_name", "album_name", "albumname", "album_title", "album.title",
                    "release", "release.name")),
    Column("release_year", WHOLE, "metadata", "year of release", 1860, 2100, "year",
           aliases=("year", "track_album_release_date", "album_release_date", "release_date",
                    "album_date_released", "album.date_released", "song.year")),
    Column("duration", REAL, "metadata", "length of the track", 0, 86_400, "s",
           aliases=("length", "duration_ms", "duration_s", "track_duration", "track.duration",
                    "song.duration")),
    Column("popularity", REAL, "metadata", "popularity on the service it came from", 0, 100,
           aliases=("track_popularity", "song_popularity")),
    Column("tags", TEXTS, "metadata", "free genre tags of the track or its artist",
           aliases=("genres", "artist_genres", "track_tags", "lastfm_tags", "terms", "artist.terms")),
    Column("genre", TEXT, "label", "genre of the track",
           aliases=("playlist_genre", "track_genre", "genre_top", "top_genre", "track.genre_top", "label",
                    "music_genre")),
    Column("danceability", REAL, "descriptor", "how well it suits dancing", 0, 1,
           aliases=("dance",)),
    Column("energy", REAL, "descriptor", "perceived intensity", 0, 1),
    Column("loudness", REAL, "descriptor", "mean loudness", -60, 5, "dBFS",
           aliases=("loudness_db", "song.loudness")),
    Column("speechiness", REAL, "descriptor", "presence of spoken words", 0, 1),
    Column("acousticness", REAL, "descriptor", "confidence that it is acoustic", 0, 1),
    Column("instrumentalness", REAL, "descriptor", "likelihood that it has no vocals", 0, 1),
    Column("liveness", REAL, "descriptor", "presence of an audience", 0, 1),
    Column("valence", REAL, "descriptor", "musical positiveness", 0, 1),
    Column("tempo", REAL, "descriptor", "tempo; 0 means that none was found", 0, 300, "BPM",
           aliases=("bpm", "tempo_bpm", "song.tempo")),
    Column("key", WHOLE, "descriptor", "pitch class of the key; -1 means unknown", -1, 11,
           aliases=("key_signature", "keysignature", "song.key")),
    Column("mode", WHOLE, "descriptor", "1 major, 0 minor", 0, 1, aliases=("song.mode",)),
    Column("time_signature", WHOLE, "descriptor", "beats in a bar", 0, 7, "beats",
           aliases=("timesignature", "meter", "song.time_signature")),
)  # fmt: skip

CONTRACT: Mapping[str, Column] = {column.name: column for column in COLUMNS}
DESCRIPTORS: tuple[str, ...] = tuple(c.name for c in COLUMNS if c.kind == "descriptor")
TEXT_COLUMNS: tuple[str, ...] = ("title", "artist", "album")


def fold(header: str) -> str:
    """Fold case, spaces and hyphens of a header, so that ``Track Name`` is ``track_name``.

    Examples
    --------
    >>> fold(" Track-Name ")
    'track_name'
    """
    return re.sub(r"[\s\-]+", "_", header.strip()).lower()


_BY_ALIAS: Mapping[str, str] = {
    alias: column.name for column in COLUMNS for alias in (column.name, *column.aliases)
}


def canonical(headers: Iterable[str]) -> dict[str, str]:
    """Map other people's headers to the contract's names.

    A header that is the contract's own name wins over an alias; among aliases, the one that the contract
    names first wins. The losers, and headers that the contract does not know, are not in the result.

    Examples
    --------
    >>> canonical(["track_name", "song_name", "Danceability", "mood"])
    {'track_name': 'title', 'Danceability': 'danceability'}
    """
    claims: dict[str, list[str]] = {}
    headers = list(headers)
    for header in headers:
        name = _BY_ALIAS.get(fold(header))
        if name is not None:
            claims.setdefault(name, []).append(header)
    winners = {min(rivals, key=_rank): name for name, rivals in claims.items()}
    return {h: winners[h] for h in headers if h in winners}


def _rank(header: str) -> tuple[int, bool]:
    """Place of a header among its column's names: ours first, and exact before folded."""
    name = _BY_ALIAS[fold(header)]
    return (name, *CONTRACT[name].aliases).index(fold(header)), header != name


@dataclass(frozen=True, slots=True)
class Validated:
    """Rows that keep the contract, and those that do not.

    Attributes
    ----------
    tracks
        Valid rows, in their order.
    rejected
        The other rows, with ``row`` (position in the input) and ``reason`` in front; the table's own columns
        of these names are ``row_`` and ``reason_`` here.
    """

    tracks: pl.DataFrame
    rejected: pl.DataFrame


def validate(tracks: pl.DataFrame) -> Validated:
    """Part the rows whose numbers lie in the contract's ranges from those whose do not.

    Nulls are valid: whether a null may stay is a matter of cleaning. NaN and infinity are not.

    Raises
    ------
    SchemaError
        When a column has a type that the contract does not allow.

    Examples
    --------
    >>> table = pl.DataFrame({"tempo": [120.0, 900.0, None]})
    >>> checked = validate(table)
    >>> checked.tracks.height, checked.rejected["reason"].to_list()
    (2, ['tempo out of range'])
    """
    check_types(tracks)
    others = made_free(tracks, ("row", "reason"))
    faults = [pl.when(fault).then(pl.lit(f"{name} out of range")) for name, fault in _faults(tracks).items()]
    reason = pl.concat_str(faults, separator="; ", ignore_nulls=True) if faults else pl.lit("")
    marked = others.with_row_index("row").with_columns(reason.alias("reason"))
    good = marked["reason"] == ""
    return Validated(tracks.filter(good), marked.filter(~good).select("row", "reason", *others.columns))


def made_free(tracks: pl.DataFrame, names: Iterable[str]) -> pl.DataFrame:
    """Rename the columns that have one of `names`, so that a report can use the name itself.

    Examples
    --------
    >>> made_free(pl.DataFrame({"row": [1], "row_": [2], "tempo": [90.0]}), ("row", "rule")).columns
    ['row__', 'row_', 'tempo']
    """
    renamed: dict[str, str] = {}
    for name in set(names) & set(tracks.columns):
        renamed[name] = f"{name}_"
        while renamed[name] in tracks.columns:
            renamed[name] += "_"
    return tracks.rename(renamed)


def _faults(tracks: pl.DataFrame) -> dict[str, pl.Expr]:
    """For each bounded column of the table, an expression that is true where a value is out of range."""
    bounded = (c for c in COLUMNS if c.low is not None and c.name in tracks.columns)
    return {c.name: (~pl.col(c.name).is_between(c.low, c.high)).fill_null(value=False) for c in bounded}


def check_types(tracks: pl.DataFrame) -> None:
    """Raise SchemaError at the first column of the contract that has another type.

    Any number will do where the contract asks for one.
    """
    for name in tracks.columns:
        column = CONTRACT.get(name)
        if column is None:
            continue
        found = tracks.schema[name]
        if column.dtype.is_numeric() and found.is_numeric():
            continue
        if found not in (column.dtype, pl.Null()):
            raise SchemaError(
                f"column {name!r}: holds {found}, not {column.dtype}: read it with genrelab.read"
            )


def sample(n: int, seed: int, genres: Iterable[str] = ("jazz", "pop", "rock")) -> pl.DataFrame:
    """Draw a table of `n` tracks that keeps the contract: every column, uniform over its range.

    For tests: the values carry no sign of the genre.

    Examples
    --------
    >>> sample(3, seed=0).shape
    (3, 21)
    >>> validate(sample(50, seed=1)).rejected.height
    0
    """
    rng = np.random.default_rng(seed)
    names = sorted(genres)
    numbers = rng.integers(0, max(1, n // 3), size=n)
    table: dict[str, pl.Series] = {
        "track_id": pl.Series([f"t{i}" for i in range(n)], dtype=pl.String),
        "title": pl.Series([f"song {i}" for i in range(n)], dtype=pl.String),
        "artist": pl.Series([f"artist {i}" for i in numbers], dtype=pl.String),
        "album": pl.Series([f"album {i}" for i in numbers], dtype=pl.String),
        "genre": pl.Series(rng.choice(names, size=n).tolist(), dtype=pl.String),
    }
    table["tags"] = pl.Series([[g] for g in table["genre"]], dtype=TEXTS)
    for column in COLUMNS:
        if column.low is not None and column.high is not None:
            values = rng.uniform(column.low, column.high, size=n)
            whole = rng.integers(int(column.low), int(column.high), size=n, endpoint=True)
            table[column.name] = pl.Series(whole if column.dtype.is_integer() else values).cast(column.dtype)
    return pl.DataFrame({c.name: table[c.name] for c in COLUMNS})
