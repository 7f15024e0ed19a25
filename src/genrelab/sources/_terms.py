"""What every table drawn from a service must say of it, and how such a table is told."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

SPOTIFY = "Drawn from Spotify, whose terms forbid training on its content: for private study only."
LASTFM = "Tags from Last.fm (www.last.fm), whose terms allow no commercial use."

OF_SERVICES: Mapping[str, str] = {"spotify": SPOTIFY, "lastfm": LASTFM}
"""Sentence by the name of the service that a table was collected from."""

LOOKED_AT = 1_000
"""Rows in which addresses and ids are looked for, evenly spread over the table."""

_ADDRESSES = (
    "spotify:track:",
    "spotify:artist:",
    "https://api.spotify.com/",
    "https://open.spotify.com/",
    "audio_features",  # what its answers call themselves
)
_IDS = "^[0-9A-Za-z]{22}$"
_DESCRIPTORS = frozenset({"danceability", "energy", "speechiness", "valence"})


def terms(tracks: pl.DataFrame) -> tuple[str, ...]:
    """Return the sentences that every card made from a table must carry.

    They are told by the column ``collected_from``; by Spotify's URIs, addresses, and its name of audio
    features in any column of text; and by ids of its form, 22 letters and digits in every row of some column,
    be it of tracks, albums or playlists, beside its descriptors. A table without any of these tells nothing:
    names of playlists and genres could be anybody's.

    Examples
    --------
    >>> terms(pl.DataFrame({"artist_uri": ["spotify:artist:12Chz98pHFMPJEknJQMWvI"]}))
    ('Drawn from Spotify, whose terms forbid training on its content: for private study only.',)
    >>> terms(pl.DataFrame({"title": ["Spotify"]}))
    ()
    """
    said = dict.fromkeys(OF_SERVICES[name] for name in _collected_from(tracks) if name in OF_SERVICES)
    rows = tracks.gather_every(max(1, -(-tracks.height // LOOKED_AT)))
    if SPOTIFY not in said and (_holds_addresses(rows) or _holds_ids(rows)):
        said[SPOTIFY] = None
    return tuple(said)


def _collected_from(tracks: pl.DataFrame) -> list[str]:
    if tracks.schema.get("collected_from") != pl.String:
        return []
    return tracks["collected_from"].drop_nulls().unique().sort().to_list()


def _holds_addresses(rows: pl.DataFrame) -> bool:
    texts = (series.drop_nulls() for series in rows if series.dtype == pl.String)
    return any(text.str.starts_with(start).any() for text in texts for start in _ADDRESSES)


def _holds_ids(rows: pl.DataFrame) -> bool:
    if not _DESCRIPTORS.issubset(rows.columns):
        return False
    texts = (series.drop_nulls() for series in rows if series.dtype == pl.String)
    return any(text.len() > 0 and text.str.contains(_IDS).all() for text in texts)
