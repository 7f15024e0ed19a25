"""Last.fm's web service: top tags of tracks and of artists.

References
----------
https://www.last.fm/api
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from genrelab.collection import Answer, Question, Unasked, Wanted
from genrelab.errors import SchemaError
from genrelab.services._rows import credential, texts
from genrelab.services._service import (
    Busy,
    Denied,
    Kind,
    NotKnown,
    Request,
    Rows,
    Service,
    Unauthorised,
    What,
)
from genrelab.sources._lastfm_answers import Tagged, parsed, tagged
from genrelab.sources._names import folded
from genrelab.sources._terms import LASTFM
from genrelab.sources._values import at, text, whole
from genrelab.sources.lastfm import artist_key, track_key

if TYPE_CHECKING:
    import httpx2

NOT_KNOWN = frozenset({6, 7})
UNAUTHORISED = frozenset({4, 10, 26})
DENIED = frozenset({2, 3, 5, 9, 12, 13, 14, 17})
"""Errors that every further question would meet, as it would those of a wrong or locked key."""
VARIABLE = "LASTFM_API_KEY"


def kinds(tracks_per_artist: int) -> tuple[Kind, ...]:
    """Return the kinds of questions; both wait from the start, and those of tracks go first."""
    del tracks_per_artist
    return (
        Kind("artist_tags", "tags of artists", 1, _artist_request, _read_artist),
        Kind("track_tags", "tags of tracks", 1, _track_request, _read_track),
    )


def _track_request(keys: Sequence[str]) -> Request:
    artist, title = json.loads(keys[0])
    return _request("track.gettoptags", artist=artist, track=title)


def _artist_request(keys: Sequence[str]) -> Request:
    return _request("artist.gettoptags", artist=keys[0])


def _request(method: str, **names: str) -> Request:
    return Request("", {"method": method, "format": "json", "autocorrect": "0", **names})


def _read_track(keys: Sequence[str], value: Any) -> Iterator[Answer]:
    artist, title = json.loads(keys[0])
    yield from _read(Question("track_tags", keys[0]), tagged(value), artist, title)


def _read_artist(keys: Sequence[str], value: Any) -> Iterator[Answer]:
    yield from _read(Question("artist_tags", keys[0]), tagged(value), keys[0], None)


def _read(asked: Question, found: Tagged | None, artist: str, title: str | None) -> Iterator[Answer]:
    """Take the tags where they are of whom was asked for; an answer that does not say of whom is none."""
    if found is None or found.artist is None or (title is not None and found.title is None):
        return
    if folded(found.artist) != folded(artist) or folded(found.title or "") != folded(title or ""):
        about = " - ".join(name for name in (found.artist, found.title) if name)
        yield Answer(asked, None, f"Last.fm answered for {about[:100]!r}")
        return
    by_count = sorted(found.tags, key=lambda tag: -1 if tag.count is None else tag.count, reverse=True)
    tags = [{"name": tag.name} | ({} if tag.count is None else {"count": tag.count}) for tag in by_count]
    yield Answer(asked, {"artist": found.artist, "title": found.title, "tags": tags})


def wanted(tracks: pl.DataFrame, what: What) -> Rows:
    """Return what each row is asked by: artist and title, else the artist alone."""
    columns = [texts(tracks, name) for name in ("track_id", "title", "artist")]
    if what == "artists":
        nothing = [""] * tracks.height
        columns = [nothing, nothing, columns[2] if "artist" in tracks.columns else columns[1]]
    rows = Rows([], [])
    for row, (track_id, title, artist) in enumerate(zip(*columns, strict=True), 1):
        if artist_key(artist):
            of = _of_track if title else _of_artist
            rows.wanted.append(of(track_id, title, artist))
        else:
            rows.unasked.append(Unasked(row, "no artist", track_id, title, artist))
    if not rows.wanted:
        needed = "artist" if what == "artists" else "title and artist"
        raise SchemaError(f"{what}: no names to ask Last.fm by: add columns called {needed}")
    return rows


def _of_artist(track_id: str, title: str, artist: str) -> Wanted:
    return Wanted(Question("artist_tags", artist_key(artist)), track_id, title, artist)


def _of_track(track_id: str, title: str, artist: str) -> Wanted:
    also = (Question("artist_tags", artist_key(artist)),)
    return Wanted(Question("track_tags", track_key(artist, title)), track_id, title, artist, also)


def authorise(environment: Mapping[str, str], address: str) -> httpx2.Auth:
    """Return what signs requests, with a key."""
    from genrelab.services._signing import KeyInQuery  # noqa: PLC0415 - of the extra `collect`

    del address
    return KeyInQuery(
        "api_key", credential(environment, (VARIABLE,), "https://www.last.fm/api/account/create")
    )


def judge(body: Any) -> None:
    """Raise what an error means by its number, whatever the status beside it."""
    code = whole(at(body, "error"))
    if code is None:
        return
    words = f"{text(at(body, 'message')) or 'no message'} (error {code})"
    if code in NOT_KNOWN:
        raise NotKnown(words)
    if code in UNAUTHORISED:
        raise Unauthorised(words)
    raise Denied(words) if code in DENIED else Busy(words)


SERVICE = Service(
    name="lastfm",
    meaning="tags of tracks and artists, with counts",
    address="https://ws.audioscrobbler.com/2.0/",
    pace=4.0,
    terms=LASTFM,
    kinds=kinds,
    wanted=wanted,
    authorise=authorise,
    judge=judge,
    parse=parsed,
    asked_by={"artists": "names", "tracks": "titles with artists"},
    variables=(VARIABLE,),
)
