"""Answers of the Spotify Web API: the objects in them, and what is kept of each.

What is kept is a small mapping with the fields of `TRACK`, `ARTIST` or `FEATURES`; a field that the answer
leaves out is absent or None.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal, TypeAlias

import polars as pl

from genrelab.schema import CONTRACT, DESCRIPTORS, TEXT, TEXTS, WHOLE
from genrelab.sources._values import at, items, number, text, whole

Kept: TypeAlias = dict[str, Any]
Object: TypeAlias = Literal["track", "artist", "features", "nothing"]

TRACK = pl.Struct({
    "id": TEXT, "name": TEXT, "artists": pl.List(pl.Struct({"id": TEXT, "name": TEXT})), "album": TEXT,
    "release_date": TEXT, "duration_ms": WHOLE, "popularity": WHOLE, "explicit": pl.Boolean(), "isrc": TEXT,
})  # fmt: skip
ARTIST = pl.Struct({"id": TEXT, "name": TEXT, "genres": TEXTS})
FEATURES = pl.Struct({"id": TEXT, **{name: CONTRACT[name].dtype for name in DESCRIPTORS}})

_PLACE = r"(?:spotify:{0}:|(?:https?://)?(?:open|play|api)\.spotify\.com/(?:[\w-]+/)*?{0}s?/)"
_IDENTIFIER = {
    kind: re.compile(rf"\s*(?:{_PLACE.format(kind)})?([0-9A-Za-z]{{22}})(?:[?#/]\S*)?\s*")
    for kind in ("track", "artist")
}


def identifier(value: str | None, kind: Literal["track", "artist"]) -> str | None:
    """Return the id of a track or an artist out of an id, a URI or an address; None where it is none.

    Examples
    --------
    >>> identifier("spotify:track:3n3Ppam7vgaVa1iaRUc9Lp", "track")
    '3n3Ppam7vgaVa1iaRUc9Lp'
    >>> identifier("https://open.spotify.com/intl-de/artist/12Chz98pHFMPJEknJQMWvI?si=1", "artist")
    '12Chz98pHFMPJEknJQMWvI'
    >>> identifier("spotify:artist:12Chz98pHFMPJEknJQMWvI", "track") is None
    True
    """
    found = _IDENTIFIER[kind].fullmatch(value or "")
    return found[1] if found else None


def objects(answer: Any) -> Iterator[tuple[Object, Mapping[str, Any]]]:
    """Yield every track, artist and set of audio features in an answer, in order, and "nothing" for nulls.

    What stands inside a track (its artists, its album) is part of it and does not come by itself.

    Examples
    --------
    >>> answer = {"tracks": [{"type": "track", "id": "1", "artists": [{"type": "artist"}]}, None]}
    >>> [kind for kind, _ in objects(answer)]
    ['track', 'nothing']
    """
    left = [answer]
    while left:
        one = left.pop()
        if isinstance(one, list):
            left.extend(reversed(one))
        elif isinstance(one, Mapping):
            kind = _kind(one)
            if kind is not None:
                yield kind, one
                continue
            left.extend(reversed([v for k, v in one.items() if v is not None or k in ("track", "item")]))
        elif one is None:
            yield "nothing", {}


def _kind(one: Mapping[str, Any]) -> Object | None:
    named = one.get("type")
    if named == "audio_features" or {"danceability", "energy", "id"} <= one.keys():
        return "features"
    if named in ("track", "artist"):
        return "track" if named == "track" else "artist"
    if {"artists", "duration_ms", "name"} <= one.keys():
        return "track"
    return "artist" if {"genres", "name", "id"} <= one.keys() and "artists" not in one else None


def track(given: Mapping[str, Any]) -> Kept | None:
    """Return what is kept of a track; None where it has no id, as files on a user's own disk have none.

    A track that was put in the place of another has its own id; the other's is in ``linked_from``.
    """
    artists = [one for one in items(given.get("artists")) if isinstance(one, Mapping)]
    kept = {
        "id": text(given.get("id")),
        "name": text(given.get("name")),
        "artists": [{"id": text(one.get("id")), "name": text(one.get("name"))} for one in artists],
        "album": text(at(given, "album", "name")),
        "release_date": text(at(given, "album", "release_date")),
        "duration_ms": whole(given.get("duration_ms")),
        "popularity": whole(given.get("popularity")),
        "explicit": given.get("explicit") if isinstance(given.get("explicit"), bool) else None,
        "isrc": text(at(given, "external_ids", "isrc")),
    }
    return _filled(kept) if kept["id"] else None


def artist(given: Mapping[str, Any]) -> Kept | None:
    """Return what is kept of an artist; None where it has no id. Newer answers may leave genres out."""
    genres = given.get("genres")
    kept = {
        "id": text(given.get("id")),
        "name": text(given.get("name")),
        "genres": [name for one in genres if (name := text(one))] if isinstance(genres, list) else None,
    }
    return _filled(kept) if kept["id"] else None


def features(given: Mapping[str, Any]) -> Kept | None:
    """Return what is kept of audio features; None where they have no id or are none."""
    numbers = {
        name: whole(given.get(name)) if CONTRACT[name].dtype == WHOLE else number(given.get(name))
        for name in DESCRIPTORS
    }
    found = text(given.get("id"))
    return (
        _filled({"id": found, **numbers}) if found and any(v is not None for v in numbers.values()) else None
    )


def linked_from(given: Mapping[str, Any]) -> str | None:
    """Return the id that was asked for where another track was put in its place."""
    return text(at(given, "linked_from", "id"))


def _filled(kept: Kept) -> Kept:
    return {name: value for name, value in kept.items() if value is not None}
