"""Asking a service about artists or tracks, keeping every answer, and writing the tracks as a table."""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from genrelab import writing
from genrelab.collecting._run import Run
from genrelab.collecting._watch import Watch
from genrelab.collection import Collection, Count
from genrelab.errors import OutputError, ReadError, SettingError, UnknownName
from genrelab.progress import Progress, silent
from genrelab.services import SERVICES
from genrelab.services._service import Kind, Service, What
from genrelab.sources import collected

PER_ARTIST = "tracks_per_artist"
ROWS = 20_000
"""Rows of a table held in memory at once."""
MISSING = pl.Schema(dict.fromkeys(("track_id", "title", "artist", "state", "reason"), pl.String()))
"""Columns of the table of rows that got no answer."""


def _unheard(words: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Collected:
    """What came of collecting.

    Attributes
    ----------
    path
        The collection.
    service
        Name of the service.
    counts
        How far the questions of each kind have come.
    wanted
        How far the rows of the user's file have come.
    notes
        Sentences on what the service refuses, and how it was asked instead.
    requests
        Requests that were sent in this run.
    seconds
        What the run took.
    """

    path: Path
    service: str
    counts: tuple[Count, ...]
    wanted: Count
    notes: tuple[str, ...]
    requests: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: the file, its number of tracks, and the number of rows that got no answer."""

    path: Path
    rows: int
    missing: int


def collect(
    service: str | Service,
    tracks: pl.DataFrame,
    what: What,
    path: Path | str,
    *,
    tracks_per_artist: int = 50,
    address: str | None = None,
    longest_wait: float = 60.0,
    tries: int = 5,
    environment: Mapping[str, str] = os.environ,
    progress: Progress = silent,
    noted: Callable[[str], None] = _unheard,
) -> Collected:
    """Ask a service about artists or tracks, and keep its answers in a collection.

    A collection that is there goes on from where it was: what has an answer is not asked again. Questions
    that got none, although tried again and again, are asked again in the next run.

    Parameters
    ----------
    service
        Its name in `genrelab.services`, or one of your own.
    tracks
        A table with ids or names of artists or of tracks, as `genrelab.read` gives it.
    what
        Whether its rows are ``"artists"`` or ``"tracks"``.
    path
        The collection; it is made where it is not there.
    tracks_per_artist
        How many tracks of each artist are wanted. Where it is more than in an earlier run, the others are
        asked for.
    address
        Where the service is, if not where it usually is.
    longest_wait
        Seconds that may be waited when the service asks to wait.
    tries
        How often a request is sent before it is given up.
    environment
        Where the credentials stand.
    progress
        Called about once a second.
    noted
        Called with each note at once.

    Raises
    ------
    FetchError
        When the service lets us in no longer, asks to wait too long, or fails five times in a row.
    UnknownName, SettingError, SchemaError
        When there is no such service, a setting is wrong or a credential missing, or the table has neither
        ids nor names.
    ReadError, OutputError
        When the file is no collection, cannot be written, or is being written.
    MissingExtra
        When httpx2 or stamina is not installed.

    Examples
    --------
    >>> songs = pl.DataFrame({"title": ["Feeling Good"], "artist": ["Nina Simone"]})
    >>> collect("lastfm", songs, "tracks", "collection.db", environment={})
    Traceback (most recent call last):
        ...
    genrelab.errors.SettingError: LASTFM_API_KEY: not set in the environment: get one at ...
    """
    from genrelab.services._client import Client  # noqa: PLC0415 - an extra

    asked = SERVICES[service] if isinstance(service, str) else service
    _check(what, tracks_per_artist, longest_wait, tries)
    rows = asked.wanted(tracks, what)
    auth = asked.authorise(environment, address or asked.address)
    watch = Watch(asked.name, progress)
    begun = time.monotonic()
    with (
        Client(asked, auth, address, longest_wait, tries, watch.trouble) as client,
        Collection(path, asked.name, writing=True) as collection,
    ):
        collection.want(rows)
        kinds = asked.kinds(tracks_per_artist)
        _follow_anew(collection, kinds, tracks_per_artist)
        collection.reopen()
        run = Run(asked.name, kinds, collection, client, watch, noted)
        run.finish()
        return Collected(
            Path(path),
            asked.name,
            collection.counts(),
            collection.count_wanted(),
            tuple(run.notes),
            client.requests,
            time.monotonic() - begun,
        )


def _check(what: str, tracks_per_artist: int, longest_wait: float, tries: int) -> None:
    if what not in ("artists", "tracks"):
        raise UnknownName("kind of rows", what, ("artists", "tracks"))
    if tracks_per_artist < 1:
        raise SettingError(f"tracks per artist: {tracks_per_artist} is none: ask for one or more")
    if tries < 1:
        raise SettingError(f"tries: {tries} is none: allow one or more")
    if not 0 <= longest_wait < math.inf:
        raise SettingError(f"longest wait: {longest_wait} is no time: give seconds, 0 or more")


def _follow_anew(collection: Collection, kinds: Sequence[Kind], tracks_per_artist: int) -> None:
    """Ask what the answers of earlier runs lead to, where more tracks of each artist are wanted now."""
    before = collection.setting(PER_ARTIST)
    if before is not None and tracks_per_artist > int(before):
        for kind in kinds:
            if kind.follow is None:
                continue
            for page in collection.each_answer(kind.name, 1000):
                collection.ask(q for key, body in page for q in kind.follow(key, json.loads(body)))
    if before != str(tracks_per_artist):
        collection.note(PER_ARTIST, str(tracks_per_artist))


def export(
    path: Path | str,
    out: Path | str,
    *,
    service: str | None = None,
    min_count: int = 10,
    missing: Path | str | None = None,
    progress: Progress = silent,
) -> Exported:
    """Write the tracks of a collection as a table that keeps the contract.

    Parameters
    ----------
    path
        The collection.
    out
        Where to write: ``.csv``, ``.parquet`` or ``.json``; written aside and renamed when complete.
    service
        Which service's tracks; may be left out where the collection holds only one service's.
    min_count
        Tags that were given less often are left out, where the service tells how often.
    missing
        Where to write the rows of the user's file that have no answer, with ``state`` and ``reason``.
    progress
        Called after each batch; the share is not known.

    Raises
    ------
    ReadError
        When the file is no collection, or holds no track yet.
    OutputError
        When an output cannot be written, or both are the same file.

    Examples
    --------
    >>> import tempfile
    >>> from genrelab.collection import Answer, Question, Wanted
    >>> folder = Path(tempfile.mkdtemp())
    >>> blue, red = (Question("track", letter * 22) for letter in "br")
    >>> with Collection(folder / "collection.db", "spotify", writing=True) as collection:
    ...     _ = collection.want([Wanted(blue, title="Blue"), Wanted(red, title="Red")])
    ...     collection.keep([Answer(blue, {"id": blue.key, "name": "Blue"})])
    >>> exported = export(folder / "collection.db", folder / "tracks.csv")
    >>> exported.rows, exported.missing
    (1, 1)
    """
    if missing is not None and Path(missing).absolute() == Path(out).absolute():
        raise OutputError(f"{missing}: is the output already: name another file for the missing rows")
    rows = 0

    def batches() -> Iterator[pl.DataFrame]:
        nonlocal rows
        for batch in collected.batches(path, service=service, min_count=min_count, rows=ROWS):
            rows += batch.height
            yield batch
            progress(f"{rows:,} tracks written", 0.0)
        if not rows:
            raise ReadError(f"{path}: holds no track yet: give the command that collects again")

    lacking = _write_missing(path, service, missing)
    written = writing.write(batches(), out)
    return Exported(written, rows, lacking)


def _write_missing(path: Path | str, service: str | None, out: Path | str | None) -> int:
    """Write the rows without an answer where they are asked for; return how many there are."""
    with Collection(path, service) as collection:
        wanted = collection.count_wanted()
        if out is not None:
            writing.write(_missing(collection), out)
    return wanted.asked - wanted.answered


def _missing(collection: Collection) -> Iterator[pl.DataFrame]:
    yield pl.DataFrame(schema=MISSING)
    for page in collection.each_wanted(ROWS):
        lacking = [
            tuple(said or None for said in (row.track_id, row.title, row.artist, state, reason))
            for row, state, reason in page
            if state != "answered"
        ]
        yield pl.DataFrame(lacking, MISSING, orient="row")
