"""What every table drawn from a service must say of it, and how such a table is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

import polars as pl

SPOTIFY = "Drawn from Spotify, whose terms forbid training on its content: for private study only."
LASTFM = "Tags from Last.fm (www.last.fm), whose terms allow no commercial use."

OF_SERVICES: Mapping[str, str] = {"spotify": SPOTIFY, "lastfm": LASTFM}
"""Sentence by the name of the service that a table was collected from."""

_ADDRESSES = (
    r"^(?:spotify:(?:track|artist|album|playlist|user|episode|show):"
    r"|(?:https?://)?(?:(?:api|open|play|embed)\.spotify\.com|[a-z0-9-]+\.scdn\.co)/"
    r"|audio_features$)"  # what its answers call themselves
)
_IDS = "^[0-9A-Za-z]{22}$"
_DESCRIPTORS = frozenset({"danceability", "energy", "speechiness", "valence"})


def terms(tracks: pl.DataFrame) -> tuple[str, ...]:
    """Return the sentences that every card made from a table must carry.

    They are told by the column ``collected_from``; by Spotify's URIs, addresses, and its name of audio
    features in any column of text, of categories, or of lists of either; and by ids of its form, 22 letters
    and digits in every row of some column, be it of tracks, albums or playlists, beside its descriptors. A
    table without any of these tells nothing: names of playlists and genres could be anybody's.

    Examples
    --------
    >>> terms(pl.DataFrame({"artist_uri": ["spotify:artist:12Chz98pHFMPJEknJQMWvI"]}))
    ('Drawn from Spotify, whose terms forbid training on its content: for private study only.',)
    >>> terms(pl.DataFrame({"title": ["Spotify"]}))
    ()
    """
    said = dict.fromkeys(OF_SERVICES[name] for name in _collected_from(tracks) if name in OF_SERVICES)
    if SPOTIFY not in said and (_holds_addresses(tracks) or _holds_ids(tracks)):
        said[SPOTIFY] = None
    return tuple(said)


def _collected_from(tracks: pl.DataFrame) -> list[str]:
    named = tracks.select(name for name in tracks.columns if name == "collected_from")
    return [name for text in _texts(named) for name in text.drop_nulls().unique().sort()]


def _texts(tracks: pl.DataFrame) -> Iterator[pl.Series]:
    """Yield the values of the columns of text, of categories, and of lists of either."""
    for column in tracks:
        values, kind = column, cast("object", column.dtype)
        while isinstance(kind, pl.List | pl.Array):
            kind = kind.inner
        if not isinstance(kind, pl.String | pl.Categorical | pl.Enum):
            continue
        while isinstance(values.dtype, pl.List | pl.Array):
            values = values.explode()
        yield values if isinstance(kind, pl.String) else values.unique().cast(pl.String)


def _holds_addresses(tracks: pl.DataFrame) -> bool:
    return any(text.str.contains(_ADDRESSES).any() for text in _texts(tracks))


def _holds_ids(tracks: pl.DataFrame) -> bool:
    if not _DESCRIPTORS.issubset(tracks.columns):
        return False
    texts = (series for series in tracks if series.dtype == pl.String)
    # Lengths first, which most columns fail at once.
    return any(
        text.count() > 0 and (text.str.len_bytes() == 22).all() and text.str.contains(_IDS).all()
        for text in texts
    )
