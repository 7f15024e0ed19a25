"""A made-up Spotify for `misbehaving.Server`: every value of a track or an artist follows from its id.

So a test can tell from any row alone whether a value stands in it that is another's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.services.misbehaving import Asked, Reply, refused

GENRES = ("jazz", "soul", "rock", "pop")


def track_id(number: int) -> str:
    """Id of a track."""
    return f"T{number:021d}"


def artist_id(number: int) -> str:
    """Id of an artist."""
    return f"A{number:021d}"


def number_of(identifier: str) -> int:
    """Number in an id."""
    return int(identifier[1:])


def artist_name(number: int) -> str:
    """Name of an artist; the last two share one."""
    return f"Artist {min(number, 8)}"


def genres(number: int) -> list[str]:
    """Genres of an artist."""
    return [GENRES[number % 4], f"genre of {number}"]


def features(number: int) -> dict[str, Any]:
    """Audio features of a track."""
    share = (number % 97) / 97
    shares = dict.fromkeys(
        ("danceability", "energy", "speechiness", "acousticness", "instrumentalness", "liveness", "valence"),
        share,
    )
    more = {
        "loudness": -share,
        "tempo": 60 + number % 100,
        "key": number % 12,
        "mode": number % 2,
        "time_signature": 4,
    }
    return {"type": "audio_features", "id": track_id(number), **shares, **more, "duration_ms": 1000}


@dataclass
class Catalogue:
    """Answers as Spotify does.

    Tracks are numbered, and so are artists: track n is by artist n % artists, every fifth with the next too.
    """

    tracks: int = 40
    artists: int = 10
    batches: bool = True
    sound: bool = True
    linked: Mapping[str, str] = field(default_factory=dict)
    full: bool = True

    def __call__(self, asked: Asked) -> Any:
        """Answer."""
        place = asked.path.removeprefix("/v1/").split("/")
        if place[0] == "search":
            return self._search(asked.parameters)
        if place[0] == "audio-features" and not self.sound:
            return refused()
        made = {"tracks": self.track, "artists": self.artist, "audio-features": self.features}[place[0]]
        if len(place) == 2:
            found = made(place[1])
            return refused("Resource not found", 404) if found is None else found
        if not self.batches:
            return refused()
        name = place[0].replace("-", "_")
        return {name: [made(one) for one in asked.parameters["ids"].split(",")]}

    def track(self, identifier: str) -> dict[str, Any] | None:
        """Describe a track; where another took its place, that one."""
        if identifier in self.linked:
            return {**self.describe(number_of(self.linked[identifier])), "linked_from": {"id": identifier}}
        known = identifier.startswith("T") and number_of(identifier) < self.tracks
        return self.describe(number_of(identifier)) if known else None

    def describe(self, number: int) -> dict[str, Any]:
        """Describe a track that is there."""
        by = [number % self.artists] + ([(number + 1) % self.artists] if number % 5 == 0 else [])
        told = {
            "type": "track", "id": track_id(number), "name": f"Song {number}",
            "duration_ms": 1000 * (number + 1), "explicit": number % 2 == 0,
            "artists": [{"type": "artist", "id": artist_id(one), "name": artist_name(one)} for one in by],
            "album": {"name": f"Album {number}", "release_date": f"{1950 + number % 60}-01-02"},
        }  # fmt: skip
        return {**told, "popularity": number % 100} if self.full else told

    def artist(self, identifier: str) -> dict[str, Any] | None:
        """Describe an artist."""
        if not identifier.startswith("A") or number_of(identifier) >= self.artists:
            return None
        number = number_of(identifier)
        told: dict[str, Any] = {"type": "artist", "id": identifier, "name": artist_name(number)}
        return {**told, "genres": genres(number)} if self.full else told

    def features(self, identifier: str) -> dict[str, Any] | None:
        """Tell the audio features of a track; every seventh has none."""
        known = identifier.startswith("T") and number_of(identifier) % 7 != 6
        return features(number_of(identifier)) if known else None

    def _search(self, asked: Mapping[str, str]) -> Any:
        """Search as loosely as Spotify does: by parts of names."""
        limit, offset = int(asked["limit"]), int(asked["offset"])
        if limit > 10:
            return Reply({"error": {"status": 400, "message": "Invalid limit"}}, 400)
        fields = asked["q"].split('"')
        if asked["type"] == "artist":
            found: Iterable[Any] = (
                self.artist(artist_id(n))
                for n in range(self.artists)
                if fields[1].lower() in artist_name(n).lower()
            )
        else:
            found = self._found(dict(zip(map(str.strip, fields[::2]), fields[1::2], strict=False)))
        hits = list(found)
        page = {"items": hits[offset : offset + limit], "total": len(hits), "offset": offset, "limit": limit}
        return {f"{asked['type']}s": {**page, "next": "more" if offset + limit < len(hits) else None}}

    def _found(self, words: Mapping[str, str]) -> Iterable[Any]:
        title, artist = words.get("track:", "").lower(), words["artist:"].lower()
        told = (self.describe(number) for number in range(self.tracks))
        named = (one for one in told if title in one["name"].lower())
        return (one for one in named if any(artist in by["name"].lower() for by in one["artists"]))
