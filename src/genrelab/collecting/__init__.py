"""Asking a service about artists or tracks, keeping every answer, and writing the tracks as a table."""

from __future__ import annotations

import json
import math
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from genrelab import writing
from genrelab.collecting._run import Run
from genrelab.collecting._watch import Watch
from genrelab.collection import Collection, Count, Unanswered
from genrelab.errors import FetchError, OutputError, ReadError, SettingError, UnknownName
from genrelab.files import written_aside
from genrelab.progress import Progress, silent
from genrelab.schema import DESCRIPTORS
from genrelab.services import SERVICES
from genrelab.services._service import Kind, Service, What
from genrelab.sources import collected

PER_ARTIST = "tracks_per_artist"
REASONS = 3
"""Reasons why there is no answer that are told."""
ROWS = 20_000
"""Rows of a table held in memory at once."""
MISSING = pl.Schema(dict.fromkeys(("track_id", "title", "artist", "state", "reason"), pl.String()))
"""Columns of the table of rows that got no answer."""
LACKING = {"audio features": DESCRIPTORS, "tags": ("tags",)}
"""Columns that a service may leave empty, and what they are together."""


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
    unasked
        How many rows of the table could not be asked, by the reason.
    repeated
        How many come to the same as another.
    unanswered
        The commonest reasons why questions have no answer, those that failed first.
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
    unasked: Mapping[str, int]
    repeated: int
    unanswered: tuple[Unanswered, ...]
    requests: int
    seconds: float

    def check(self) -> None:
        """Raise FetchError where all that was asked failed, and nothing is kept of any run."""
        failed = any(count.failed for count in self.counts)
        if self.requests and failed and not any(count.answered or count.absent for count in self.counts):
            raise FetchError(
                f"{self.service}: no question got an answer ({self.unanswered[0].reason}): see that it is up"
                " and its address right: the same command asks again"
            )


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written.

    Attributes
    ----------
    path
        The file.
    rows
        How many rows it has.
    missing
        How many rows of the user's file got no answer, or could not be asked.
    unasked
        How many of these could not be asked, by the reason.
    service
        Whose answers they are.
    what
        What the rows are: artists where none has a title.
    lacking
        In how many rows the service gave nothing of a sort, such as audio features.
    """

    path: Path
    rows: int
    missing: int
    unasked: Mapping[str, int]
    service: str
    what: What
    lacking: Mapping[str, int]


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
        collection.want(rows.wanted, rows.unasked)
        kinds = asked.kinds(tracks_per_artist)
        collection.call({kind.name: kind.meaning for kind in kinds})
        _follow_anew(collection, kinds, tracks_per_artist)
        collection.reopen()
        run = Run(asked, tracks_per_artist, collection, client, watch, noted)
        run.finish()
        return Collected(
            Path(path),
            asked.name,
            collection.counts(),
            collection.count_wanted(),
            tuple(run.notes),
            dict(Counter(row.reason for row in rows.unasked)),
            len(rows.wanted) - len(set(rows.wanted)),
            collection.unanswered(REASONS),
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
        Where to write the rows of the user's file that have no answer, with ``state`` and ``reason``; those
        that could not be asked are ``"not asked"``. Both files are written, or neither.
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
    told = _Told()

    def batches() -> Iterator[pl.DataFrame]:
        for batch in collected.batches(path, service=service, min_count=min_count, rows=ROWS, strict=False):
            told.look(batch)
            yield batch
            progress(f"{told.rows:,} {told.what} written", 0.0)
        if not told.rows:
            raise ReadError(f"{path}: holds no track yet: give the command that collects again")

    with Collection(path, service) as collection:
        wanted, unasked, name = collection.count_wanted(), collection.count_unasked(), collection.service
        if missing is None:
            written = writing.write(batches(), out)
        else:
            writing.check(missing, overwrite=True)
            with written_aside(missing) as aside:
                writing.WRITERS[aside.suffix](_missing(collection), aside)
                written = writing.write(batches(), out)
    lost = wanted.asked - wanted.answered + sum(unasked.values())
    return Exported(written, told.rows, lost, unasked, name, told.what, dict(told.lacking))


@dataclass
class _Told:
    """What the rows that were written are, and what they lack."""

    rows: int = 0
    titled: bool = False
    lacking: Counter[str] = field(default_factory=Counter)

    @property
    def what(self) -> What:
        return "tracks" if self.titled else "artists"

    def look(self, batch: pl.DataFrame) -> None:
        """Count what is in a batch."""
        self.rows += batch.height
        self.titled = self.titled or batch["title"].count() > 0 or batch["artist"].count() == 0
        for what, names in LACKING.items():
            columns = [pl.col(name).is_null() for name in names if name in batch.columns]
            if columns:
                self.lacking[what] += batch.select(pl.all_horizontal(columns).sum()).item()


def _missing(collection: Collection) -> Iterator[pl.DataFrame]:
    yield pl.DataFrame(schema=MISSING)
    for page in collection.each_wanted(ROWS):
        lacking = [
            tuple(said or None for said in (row.track_id, row.title, row.artist, state, reason))
            for row, state, reason in page
            if state != "answered"
        ]
        yield pl.DataFrame(lacking, MISSING, orient="row")
    for unasked in collection.each_unasked(ROWS):
        told = [(row.track_id or None, row.title or None, row.artist or None, row.reason) for row in unasked]
        yield pl.DataFrame([(*named, "not asked", reason) for *named, reason in told], MISSING, orient="row")
