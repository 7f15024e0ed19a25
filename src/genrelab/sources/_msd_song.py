"""One song of the Million Song Dataset: its file is opened once, and each table in it is read at one go."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from genrelab.errors import MissingExtra
from genrelab.schema import CONTRACT, REAL, TEXT, TEXTS, WHOLE

PITCHES = 12
"""Numbers in one segment, of its pitches as of its timbre."""
SEGMENTS = pl.List(pl.Array(pl.Float32, PITCHES))
LONGEST = 100_000
"""More items than this in one list of a song are a damaged length, not a song."""


class Damaged(Exception):
    """A file is no song; its message says why, without the file's name."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of one of a song's three tables: its place, its type there, and our name for it."""

    table: str
    theirs: str
    kind: str
    ours: str

    @property
    def dtype(self) -> pl.DataType:
        """Its polars type."""
        known = CONTRACT.get(self.ours)
        return known.dtype if known else {"S": TEXT, "f": REAL, "i": WHOLE}[self.kind[0]]


FIELDS = (
    Field("analysis", "track_id", "S32", "track_id"),
    Field("analysis", "duration", "f8", "duration"),
    Field("analysis", "danceability", "f8", "danceability"),
    Field("analysis", "energy", "f8", "energy"),
    Field("analysis", "loudness", "f8", "loudness"),
    Field("analysis", "tempo", "f8", "tempo"),
    Field("analysis", "key", "i4", "key"),
    Field("analysis", "key_confidence", "f8", "key_confidence"),
    Field("analysis", "mode", "i4", "mode"),
    Field("analysis", "mode_confidence", "f8", "mode_confidence"),
    Field("analysis", "time_signature", "i4", "time_signature"),
    Field("analysis", "time_signature_confidence", "f8", "time_signature_confidence"),
    Field("analysis", "end_of_fade_in", "f8", "end_of_fade_in"),
    Field("analysis", "start_of_fade_out", "f8", "start_of_fade_out"),
    Field("metadata", "song_id", "S32", "song_id"),
    Field("metadata", "title", "S1024", "title"),
    Field("metadata", "artist_name", "S1024", "artist"),
    Field("metadata", "artist_id", "S32", "artist_id"),
    Field("metadata", "release", "S1024", "album"),
    Field("metadata", "song_hotttnesss", "f8", "song_hotttnesss"),
    Field("metadata", "artist_hotttnesss", "f8", "artist_hotttnesss"),
    Field("metadata", "artist_familiarity", "f8", "artist_familiarity"),
    Field("metadata", "artist_location", "S1024", "artist_location"),
    Field("metadata", "artist_latitude", "f8", "artist_latitude"),
    Field("metadata", "artist_longitude", "f8", "artist_longitude"),
    Field("musicbrainz", "year", "i4", "release_year"),
)  # fmt: skip
LISTS = {
    "tags": ("metadata/artist_terms", "metadata/artist_terms_freq"),
    "mbtags": ("musicbrainz/artist_mbtags", "musicbrainz/artist_mbtags_count"),
}
"""Our name of a list of tags, where its items are in the file, and where their weights are."""
SEQUENCES = {"timbre": "analysis/segments_timbre", "pitches": "analysis/segments_pitches"}


def columns(*, segments: bool) -> dict[str, pl.DataType]:
    """Names and types of what `Songs.read` returns, in its order."""
    fields: dict[str, pl.DataType] = {field.ours: field.dtype for field in FIELDS}
    lists: dict[str, pl.DataType] = dict.fromkeys(LISTS, TEXTS)
    return fields | lists | (dict.fromkeys(SEQUENCES, SEGMENTS) if segments else {})


class Songs:
    """Reads one song file after another.

    HDF5's own calls are used, with types that are made once: names of a field are looked up by the library in
    C, and a table's row is converted at one go. `h5py.File` would make Python objects of every group, table
    and type on the way, of every file anew.

    Parameters
    ----------
    segments
        How many segments of timbre and pitches to read: 0 for none, None for all.

    Raises
    ------
    MissingExtra
        When h5py is not installed.
    """

    def __init__(self, segments: int | None = 0) -> None:
        try:
            import h5py  # noqa: PLC0415 - of the extra `msd`
        except ImportError as error:
            raise MissingExtra("h5py", "msd") from error
        self._h5, self._segments = h5py, segments
        # As h5py opens files: HDF5 refuses one that is open elsewhere in another manner.
        self._access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
        tables = dict.fromkeys(field.table for field in FIELDS)
        self._records = {table: self._typed(_record_type(table)) for table in tables}
        self._text = self._typed(np.dtype("S256"))
        self._real = self._typed(np.dtype("f8"))
        self._single = self._typed(np.dtype("f4"))

    def read(self, file: Path) -> list[Any]:
        """Return the values of `columns`; text as it is meant, numbers as they stand.

        Raises
        ------
        Damaged
            When the file is not one song, whole.
        """
        with _damage_told(), self._opened(file) as opened:
            values = [_plain(value) for table in self._records for value in self._record(opened, table)]
            values += [self._tags(opened, *places) for places in LISTS.values()]
            if self._segments != 0:
                values += [self._sequence(opened, place) for place in SEQUENCES.values()]
        if not values[0]:
            raise Damaged("its track id is empty")
        return values

    def _typed(self, dtype: np.dtype[Any]) -> tuple[np.dtype[Any], Any]:
        """Return a numpy type with HDF5's own description of it."""
        return dtype, self._h5.h5t.py_create(dtype)

    @contextmanager
    def _opened(self, file: Path) -> Iterator[Any]:
        if file.stat().st_size == 0:
            raise Damaged("it is empty")
        opened = self._h5.h5f.open(os.fsencode(file), self._h5.h5f.ACC_RDONLY, self._access)
        try:
            yield opened
        finally:
            opened.close()

    def _found(self, opened: Any, place: str) -> Any:
        try:
            return self._h5.h5d.open(opened, place.encode())
        except (KeyError, TypeError, ValueError) as error:
            raise Damaged(f"it has no /{place}") from error

    def _record(self, opened: Any, table: str) -> tuple[Any, ...]:
        """Return the wanted fields of a table's one row."""
        found, (dtype, kind) = self._found(opened, f"{table}/songs"), self._records[table]
        if found.shape != (1,):
            raise Damaged(f"/{table}/songs holds {_songs(found.shape)}, not one: give a file for each song")
        theirs = found.get_type()
        if not isinstance(theirs, self._h5.h5t.TypeCompoundID):
            raise Damaged(f"/{table}/songs is no table")
        there = {theirs.get_member_name(place) for place in range(theirs.get_nmembers())}
        for name in dtype.names or ():
            if name.encode() not in there:
                raise Damaged(f"/{table}/songs has no field {name!r}")
        record: tuple[Any, ...] = self._filled(found, np.zeros(1, dtype), kind).tolist()[0]
        return record

    def _tags(self, opened: Any, items: str, weights: str) -> list[str]:
        """Return the tags, the heaviest first; those of one weight in the file's own order."""
        texts, numbers = self._flat(opened, items, self._text), self._flat(opened, weights, self._real)
        if len(texts) != len(numbers):
            raise Damaged(f"/{items} has {len(texts)} items and /{weights} {len(numbers)}")
        order = np.argsort(-numbers, kind="stable")
        named = (_plain(text) for text in texts[order].tolist())
        return [text for text in named if text]

    def _flat(self, opened: Any, place: str, kind: tuple[np.dtype[Any], Any]) -> np.ndarray[Any, Any]:
        """Return a list that a song has one of."""
        found = self._found(opened, place)
        if len(found.shape) != 1 or found.shape[0] > LONGEST:
            raise Damaged(f"/{place} is no list: its shape is {found.shape}")
        return self._filled(found, np.zeros(found.shape, kind[0]), kind[1])

    def _sequence(self, opened: Any, place: str) -> pl.Series:
        """Return one item a segment, each of twelve numbers."""
        found = self._found(opened, place)
        if len(found.shape) != 2 or found.shape[1] != PITCHES or found.shape[0] > LONGEST:
            raise Damaged(f"/{place} has no rows of {PITCHES} numbers: its shape is {found.shape}")
        rows = found.shape[0] if self._segments is None else min(self._segments, found.shape[0])
        numbers = np.zeros((rows, PITCHES), self._single[0])
        if rows:
            self._part(found, numbers)
        return pl.Series(numbers, dtype=pl.Array(pl.Float32, PITCHES))

    def _part(self, found: Any, numbers: np.ndarray[Any, Any]) -> None:
        """Read as many of the first rows as there is room for."""
        place = found.get_space()
        place.select_hyperslab((0, 0), numbers.shape)
        found.read(self._h5.h5s.create_simple(numbers.shape), place, numbers, self._single[1])

    def _filled(self, found: Any, into: np.ndarray[Any, Any], kind: Any) -> np.ndarray[Any, Any]:
        if into.size:
            found.read(self._h5.h5s.ALL, self._h5.h5s.ALL, into, kind)
        return into


def _record_type(table: str) -> np.dtype[Any]:
    return np.dtype([(field.theirs, field.kind) for field in FIELDS if field.table == table])


def _plain(value: Any) -> Any:
    """Return text as text; where it is damaged, with marks in its place."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _songs(shape: Sequence[int] | None) -> str:
    return f"{shape[0]:,} songs" if shape is not None and len(shape) == 1 else "no songs"


@contextmanager
def _damage_told() -> Iterator[None]:
    """Say what is wrong with a file in words, whichever of its parts HDF5 stumbles over."""
    try:
        yield
    except (OSError, KeyError, RuntimeError, TypeError, ValueError, MemoryError) as error:
        raise Damaged(_reason(error)) from error


def _reason(error: Exception) -> str:
    said = str(error)
    if "file signature not found" in said:
        return "it is no HDF5 file"
    if "truncated file" in said:
        return "it is cut short"
    if isinstance(error, OSError) and error.errno is not None and error.strerror:
        return f"it cannot be read ({error.strerror})"
    return f"it is damaged ({' '.join(said.split()) or type(error).__name__})"
