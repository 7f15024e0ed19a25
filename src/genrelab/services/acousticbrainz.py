"""AcousticBrainz: descriptors and models of mood and genre, by MusicBrainz recording; free of rights (CC0).

References
----------
https://acousticbrainz.readthedocs.io/api.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from genrelab.collection import Answer, Question, Unasked, Wanted
from genrelab.errors import SchemaError
from genrelab.services._rows import identified, texts
from genrelab.services._service import Kind, Request, Rows, Service, What
from genrelab.sources._acousticbrainz_documents import MBID, parts

COLUMNS = (
    "track_id", "mbid", "recording_mbid", "recording_id", "musicbrainz_recordingid",
    "musicbrainz_recording_id", "musicbrainz_trackid", "musicbrainz_id",
)  # fmt: skip
BATCH = 25


def kinds(tracks_per_artist: int) -> tuple[Kind, ...]:
    """Return the kinds of questions; both wait from the start, and those of low level go first."""
    del tracks_per_artist
    return (
        Kind("high_level", "high-level models", BATCH, _request("high-level"), _reader("high")),
        Kind("low_level", "low-level descriptors", BATCH, _request("low-level"), _reader("low")),
    )


def _request(level: str) -> Callable[[Sequence[str]], Request]:
    return lambda keys: Request(f"/api/v1/{level}", {"recording_ids": ";".join(keys)})


def _reader(part: str) -> Callable[[Sequence[str], Any], Iterator[Answer]]:
    def read(keys: Sequence[str], value: Any) -> Iterator[Answer]:
        """Take the analysis that was submitted first; a recording that is left out has none."""
        if not isinstance(value, Mapping) or not ("mbid_mapping" in value or any(map(MBID.fullmatch, value))):
            raise ValueError("it is no answer about recordings")
        submitted = {key.lower(): numbered for key, numbered in value.items() if MBID.fullmatch(key)}
        for key in keys:
            asked = Question(f"{part}_level", key)
            if key not in submitted:
                yield Answer(asked, None, "nobody submitted this recording")
                continue
            kept = dict(parts(submitted[key][min(submitted[key], key=int)]))
            if part in kept:
                yield Answer(asked, kept[part])

    return read


def wanted(tracks: pl.DataFrame, what: What) -> Rows:
    """Return what each row is asked by: its MusicBrainz recording."""
    if what == "artists":
        raise SchemaError("artists: AcousticBrainz knows recordings only: give tracks with MusicBrainz ids")
    ids = identified(tracks, COLUMNS, lambda text: text.lower() if MBID.fullmatch(text) else None)
    given = identified(tracks, COLUMNS, lambda text: text or None)
    names = (texts(tracks, name) for name in ("title", "artist"))
    rows = Rows([], [])
    for row, (mbid, said, title, artist) in enumerate(zip(ids, given, *names, strict=True), 1):
        if mbid:
            also = (Question("high_level", mbid),)
            rows.wanted.append(Wanted(Question("low_level", mbid), said or mbid, title, artist, also))
        else:
            rows.unasked.append(Unasked(row, "no MusicBrainz recording id", said or "", title, artist))
    if not rows.wanted:
        raise SchemaError(
            "tracks: no column of MusicBrainz recording ids: add one called track_id or recording_mbid"
        )
    return rows


def authorise(environment: Mapping[str, str], address: str) -> None:
    """Sign nothing: everybody may ask."""


def judge(body: Any) -> None:
    """Leave it to the status."""


SERVICE = Service(
    name="acousticbrainz",
    meaning="descriptors and models of mood and genre, by MusicBrainz recording (CC0)",
    address="https://acousticbrainz.org",
    pace=1.0,
    terms="",
    kinds=kinds,
    wanted=wanted,
    authorise=authorise,
    judge=judge,
    asked_by={"tracks": "MusicBrainz recording ids"},
)
