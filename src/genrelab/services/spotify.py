"""Spotify's Web API, asked with an application's own credentials.

References
----------
https://developer.spotify.com/documentation/web-api; on audio features, its note of 2024-11-27; on batches and
searches of applications in development mode, its notes of February 2026.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import polars as pl

from genrelab.collection import Answer, Question, Unasked, Wanted
from genrelab.errors import SchemaError
from genrelab.services._rows import credential, identified, texts
from genrelab.services._service import Kind, Request, Rows, Service, What
from genrelab.sources import _spotify_answers as answers
from genrelab.sources._names import credited, folded, is_credited, tidy
from genrelab.sources._terms import SPOTIFY
from genrelab.sources._values import at, text

if TYPE_CHECKING:
    import httpx2

ADDRESS = "https://api.spotify.com"
TOKENS = "https://accounts.spotify.com/api/token"
WHERE = "https://developer.spotify.com/dashboard"
HITS = 10
"""Hits of one search; applications in development mode get no more."""
FARTHEST = 1_000
"""Hits of a search beyond this one are not given."""
AT_LEAST = 50
"""Hits looked through for an artist's own tracks where namesakes stand before them."""
PROBE = "11dFghVXANMlKmJXsNCbNl"
REFUSED = (
    "not for applications registered since 2024-11-27: describe your own audio files, take a published table"
    " ('genrelab data list'), or ask AcousticBrainz"
)

TRACK_COLUMNS = (
    "track_id", "spotify_id", "spotify_track_id", "track_uri", "track_url", "spotify_uri",
    "spotify_url", "uri", "url",
)  # fmt: skip
ARTIST_COLUMNS = (
    "artist_id", "artist_uri", "artist_url", "spotify_artist_id", "spotify_artist_uri", "spotify_artist_url",
    "artist_spotify_id", "artist_href",
)  # fmt: skip
VARIABLES = ("SPOTIFY_CLIENT_ID", "SPOTIFY_CLIENT_SECRET")


def kinds(tracks_per_artist: int) -> tuple[Kind, ...]:
    """Return the kinds of questions in the order in which answers lead from one to the next."""

    def page(keys: Sequence[str]) -> Request:
        _, offset, taken, name = _parted(keys[0])
        limit = min(HITS, tracks_per_artist - taken)
        return _search("track", f'artist:"{_quotable(name)}"', max(1, limit), offset)

    def onwards(key: str, body: Any) -> Iterator[Question]:
        identifier, _, taken, name = _parted(key)
        taken += len(body["tracks"])
        if body["next"] is not None and taken < tracks_per_artist:
            yield _page(identifier, body["next"], taken, name)

    return (
        Kind("artist_search", "artists by name", 1, _artist_search, _read_artist_search, _to_artist),
        Kind("artist_lookup", "artists by id", 50, _several("artists"), _read_artist_lookup, _to_artist),
        Kind("artist_tracks", "tracks of artists", 1, page, _read_page, onwards),
        Kind("track_search", "tracks by title and artist", 1, _track_search, _read_track_search, _to_track),
        Kind("track", "tracks", 50, _several("tracks"), _read_tracks, _to_artists_and_features),
        Kind("artist", "genres of artists", 50, _several("artists"), _read_artists),
        Kind(
            "features", "audio features", 100, _several("audio-features"), _read_features,
            probe=Request(f"/v1/audio-features/{PROBE}", {}), refused=REFUSED,
        ),
    )  # fmt: skip


# Several ids at once, or one -------------------------------------------------------------------------------


def _several(place: str) -> Callable[[Sequence[str]], Request]:
    """Return what makes the request for some ids; for one, where applications without batches may ask too."""

    def request(keys: Sequence[str]) -> Request:
        if len(keys) == 1:
            return Request(f"/v1/{place}/{keys[0]}", {})
        return Request(f"/v1/{place}", {"ids": ",".join(keys)})

    return request


def _read_several(
    kind: str,
    keys: Sequence[str],
    entries: Sequence[Any],
    kept: Callable[[Mapping[str, Any]], answers.Kept | None],
) -> Iterator[Answer]:
    """Yield an answer for each key that an entry names, and for those that only the nulls can mean."""
    left = dict.fromkeys(keys)
    for entry in entries:
        if entry is None:
            continue
        body = kept(entry)
        # Where Spotify puts one track in the place of another, it says in whose.
        named = [key for key in (answers.linked_from(entry), text(entry.get("id"))) if key in left]
        if body is not None and named:
            del left[named[0]]
            yield Answer(Question(kind, named[0]), body)
    if len(entries) == len(keys) and len(left) == sum(entry is None for entry in entries):
        for key in left:
            yield Answer(Question(kind, key), None, "Spotify has nothing under this id")


def _entries(value: Any, name: str) -> list[Any]:
    """Return the entries of an answer about several; the answer itself where it is about one."""
    return value[name] if isinstance(value.get(name), list) and "id" not in value else [value]


def _read_tracks(keys: Sequence[str], value: Any) -> Iterable[Answer]:
    return _read_several("track", keys, _entries(value, "tracks"), answers.track)


def _read_artists(keys: Sequence[str], value: Any) -> Iterable[Answer]:
    return _read_several("artist", keys, _entries(value, "artists"), answers.artist)


def _read_features(keys: Sequence[str], value: Any) -> Iterable[Answer]:
    return _read_several("features", keys, _entries(value, "audio_features"), answers.features)


def _read_artist_lookup(keys: Sequence[str], value: Any) -> Iterator[Answer]:
    for answer in _read_several("artist_lookup", keys, _entries(value, "artists"), answers.artist):
        yield answer
        if answer.body is not None:
            yield Answer(Question("artist", answer.question.key), answer.body)


# Searches --------------------------------------------------------------------------------------------------


def _search(kind: str, words: str, limit: int = HITS, offset: int = 0) -> Request:
    return Request("/v1/search", {"q": words, "type": kind, "limit": str(limit), "offset": str(offset)})


def _artist_search(keys: Sequence[str]) -> Request:
    return _search("artist", f'artist:"{_quotable(keys[0])}"')


def _read_artist_search(keys: Sequence[str], value: Any) -> Iterator[Answer]:
    """Take the artist of exactly this name before one that differs in case only; none that is only near."""
    asked, hits = Question("artist_search", keys[0]), _hits(value, "artists")
    same = [hit for hit in hits if folded(hit["name"]) == folded(asked.key)]
    same.sort(key=lambda hit: hit["name"] != asked.key)
    if not same:
        yield Answer(asked, None, _nearest("artist of this name", asked.key, [hit["name"] for hit in hits]))
        return
    found = answers.artist(same[0])
    if found is None:
        return
    yield Answer(asked, {"id": found["id"], "name": found["name"], "namesakes": len(same) - 1})
    if "genres" in found:
        yield Answer(Question("artist", found["id"]), found)


def _track_search(keys: Sequence[str]) -> Request:
    title, artist = json.loads(keys[0])
    first = next(iter(credited(artist)), artist)
    return _search("track", f'track:"{_quotable(title)}" artist:"{_quotable(first)}"')


def _read_track_search(keys: Sequence[str], value: Any) -> Iterator[Answer]:
    """Take the track of exactly this title by exactly this artist before one that differs in case only."""
    asked, hits = Question("track_search", keys[0]), _hits(value, "tracks")
    title, artist = json.loads(asked.key)
    same = [hit for hit in hits if folded(hit["name"]) == folded(title) and is_credited(artist, _names(hit))]
    same.sort(key=lambda hit: (hit["name"] != title, not is_credited(artist, _names(hit), tidy)))
    for hit in same:
        body = answers.track(hit)
        if body is not None:
            yield Answer(asked, {"id": body["id"]})
            yield Answer(Question("track", body["id"]), body)
            return
    shown = [f"{hit['name']} by {', '.join(_names(hit))}" for hit in hits]
    yield Answer(asked, None, _nearest("track of this title and artist", f"{title} by {artist}", shown))


def _read_page(keys: Sequence[str], value: Any) -> Iterator[Answer]:
    """Take the tracks that credit the artist of this id: the search goes by name, which others may share."""
    identifier, offset, _, _ = _parted(keys[0])
    found = value["tracks"]
    bodies = {
        body["id"]: body
        for hit in _hits(value, "tracks")
        if (body := answers.track(hit)) and any(one.get("id") == identifier for one in body["artists"])
    }
    after = offset + len(found["items"])
    more = bool(found.get("next")) and after < (FARTHEST if bodies else AT_LEAST)
    yield Answer(
        Question("artist_tracks", keys[0]), {"tracks": list(bodies), "next": after if more else None}
    )
    for key, body in bodies.items():
        yield Answer(Question("track", key), body)


def _hits(value: Any, name: str) -> list[Mapping[str, Any]]:
    """Return the hits of a search that have a name."""
    return [hit for hit in value[name]["items"] if hit is not None and isinstance(hit.get("name"), str)]


def _names(hit: Mapping[str, Any]) -> list[str]:
    return [name for one in hit.get("artists") or [] if (name := text(at(one, "name")))]


def _nearest(what: str, asked: str, found: Sequence[str]) -> str:
    if not found:
        return f"no {what}"
    near = get_close_matches(folded(asked), [folded(name) for name in found], n=1, cutoff=0.0)
    name = next((name for name in found if near and folded(name) == near[0]), found[0])
    return f"no {what}; the nearest is {name[:100]!r}"


def _quotable(name: str) -> str:
    return name.replace('"', " ")


# What answers lead to --------------------------------------------------------------------------------------


def _page(identifier: str, offset: int, taken: int, name: str) -> Question:
    """Ask for tracks of an artist, from a hit of the search on, when so many of them have been taken."""
    return Question("artist_tracks", f"{identifier} {offset} {taken} {name}")


def _parted(key: str) -> tuple[str, int, int, str]:
    identifier, offset, taken, name = key.split(" ", 3)
    return identifier, int(offset), int(taken), name


def _to_artist(key: str, body: Any) -> Iterator[Question]:
    del key
    yield Question("artist", body["id"])
    if body.get("name"):
        yield _page(body["id"], 0, 0, body["name"])


def _to_track(key: str, body: Any) -> Iterator[Question]:
    del key
    yield Question("track", body["id"])


def _to_artists_and_features(key: str, body: Any) -> Iterator[Question]:
    del key
    for one in body.get("artists", []):
        if identifier := answers.identifier(one.get("id"), "artist"):
            yield Question("artist", identifier)
    yield Question("features", body["id"])


# The user's rows, and the service --------------------------------------------------------------------------


def wanted(tracks: pl.DataFrame, what: What) -> Rows:
    """Return what each row is asked by: its id where it has one, else its names."""
    rows = _wanted_artists(tracks) if what == "artists" else _wanted_tracks(tracks)
    if rows.wanted:
        return rows
    if what == "artists":
        raise SchemaError(
            "artists: no column of artists' names or Spotify ids: add one called artist or artist_id"
        )
    raise SchemaError(
        "tracks: no column of Spotify ids, nor titles with artists: add track_id, or title and artist"
    )


def _wanted_artists(tracks: pl.DataFrame) -> Rows:
    headers = ARTIST_COLUMNS if "artist" in tracks.columns else (*ARTIST_COLUMNS, "track_id")
    ids = identified(tracks, headers, lambda value: answers.identifier(value, "artist"))
    names = texts(tracks, "artist" if "artist" in tracks.columns else "title")
    rows = Rows([], [])
    for row, (identifier, name) in enumerate(zip(ids, names, strict=True), 1):
        if identifier:
            rows.wanted.append(Wanted(Question("artist_lookup", identifier), artist=name))
        elif named := credited(name):
            rows.wanted.extend(Wanted(Question("artist_search", one), artist=one) for one in named)
        else:
            rows.unasked.append(Unasked(row, "neither a name nor a Spotify id"))
    return rows


def _wanted_tracks(tracks: pl.DataFrame) -> Rows:
    ids = identified(tracks, TRACK_COLUMNS, lambda value: answers.identifier(value, "track"))
    columns = (texts(tracks, name) for name in ("track_id", "title", "artist"))
    rows = Rows([], [])
    for row, (identifier, *named) in enumerate(zip(ids, *columns, strict=True), 1):
        if identifier:
            rows.wanted.append(Wanted(Question("track", identifier), named[0] or identifier, *named[1:]))
        elif all(named[1:]):
            names = json.dumps(named[1:], ensure_ascii=False, separators=(",", ":"))
            rows.wanted.append(Wanted(Question("track_search", names), *named))
        else:
            rows.unasked.append(Unasked(row, "neither a Spotify id nor a title with its artist", *named))
    return rows


def authorise(environment: Mapping[str, str], address: str) -> httpx2.Auth:
    """Return what signs requests, with the credentials of an application."""
    from genrelab.services._signing import ClientCredentials  # noqa: PLC0415 - of the extra `collect`

    names = ((name, name.replace("SPOTIFY", "SPOTIPY")) for name in VARIABLES)
    identifier, secret = (credential(environment, either, WHERE) for either in names)
    tokens = TOKENS if address.rstrip("/") == ADDRESS else f"{address.rstrip('/')}/api/token"
    return ClientCredentials(identifier, secret, tokens)


def judge(body: Any) -> None:
    """Leave it to the status: what Spotify finds wrong, it says there."""


SERVICE = Service(
    name="spotify",
    meaning="tracks, artists with genres, and audio features where your application may ask for them",
    address=ADDRESS,
    pace=3.0,
    terms=SPOTIFY,
    kinds=kinds,
    wanted=wanted,
    authorise=authorise,
    judge=judge,
    asked_by={"artists": "names or Spotify ids", "tracks": "Spotify ids, or titles with artists"},
    variables=VARIABLES,
    moved="for the token, too: ADDRESS/api/token",
    per_artist=True,
)
