"""Collections: what ``genrelab collect`` kept of the answers of a web service, as tracks."""

from __future__ import annotations

from collections.abc import Collection as Names
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import polars as pl

from genrelab import collection as collections
from genrelab.collection import Collection, Count
from genrelab.errors import GenrelabError, ReadError
from genrelab.progress import Progress, silent
from genrelab.schema import CONTRACT
from genrelab.sources._reading import Fault, Reading, rejected_table
from genrelab.sources._terms import OF_SERVICES
from genrelab.sources.table import Paths

ROWS = 50_000
"""Rows held in memory at once."""


def recognised(paths: Paths) -> bool:
    """Tell whether `read` is for these paths: a collection, by what stands in the file, not by its name.

    Examples
    --------
    >>> recognised("songs.csv"), recognised([])
    (False, False)
    """
    given = [paths] if isinstance(paths, str | Path) else paths
    return any(collections.recognised(path) for path in given)


def read(
    paths: Paths,
    *,
    service: str | None = None,
    min_count: int = 10,
    strict: bool = False,
    progress: Progress = silent,
) -> Reading:
    """Read the tracks of a collection.

    Parameters
    ----------
    paths
        One collection.
    service
        Whose answers; may be left out where the collection holds only one service's.
    min_count
        Tags that were given less often are left out, where the service tells how often.
    strict
        Raise at the first row of the user's file that got no answer, where otherwise it goes to ``rejected``.
    progress
        Called after each batch; the share is not known.

    Returns
    -------
    Reading
        First the tracks that were asked for, in their order, then those that were found through artists. The
        column ``collected_from`` names the service. ``rejected`` has the position of each row without an
        answer, and why. The notes say what the service's terms ask to be said, and how far the collection is.

    Raises
    ------
    MissingFile
        When the file is not there.
    ReadError
        When it is no collection, holds no track yet, or holds several services' answers and none is named.
    """
    path = _only(paths)
    tables: list[pl.DataFrame] = []
    with Collection(path, service) as opened:
        source = _source(opened)
        if strict:
            _check(opened, source)
        lacking = [] if source.KEEPS_EVERY_ROW else list(_lacking(opened))
        for batch in _tracks(opened, source, min_count, ROWS):
            tables.append(batch)
            progress(f"{sum(table.height for table in tables):,} tracks read", 0.0)
        notes = [_note(opened.meaning(count.kind), count) for count in opened.counts()]
        notes += [_unasked(count, reason) for reason, count in opened.count_unasked().items()]
        terms = [OF_SERVICES[opened.service]] if opened.service in OF_SERVICES else []
    if not sum(table.height for table in tables):
        raise ReadError(f"{path}: holds no track yet: give the command that collects again")
    tracks = pl.concat(tables)
    progress(f"{tracks.height:,} tracks read", 1.0)
    mapped = {name: name for name in tracks.columns if name in CONTRACT}
    kept = tuple(name for name in tracks.columns if name not in CONTRACT)
    rejected = rejected_table((path.name, fault) for fault in lacking)
    return Reading(tracks, mapped, kept, {}, rejected, (*terms, *notes))


def batches(
    paths: Paths,
    *,
    service: str | None = None,
    min_count: int = 10,
    rows: int = ROWS,
    columns: Names[str] | None = None,
    strict: bool = True,
) -> Iterator[pl.DataFrame]:
    """Yield the same tracks as `read`, in the same order, in bounded memory.

    Every batch has the same columns and types; `columns` names those to yield, where they are there. Where
    not `strict`, rows that got no answer are left out; a collection without tracks yields nothing.

    Raises
    ------
    MissingFile, ReadError
        As `read`, before the first batch, but for a collection that holds no track yet.
    """
    with Collection(_only(paths), service) as opened:
        source = _source(opened)
        if strict:
            _check(opened, source)
        for batch in _tracks(opened, source, min_count, rows):
            yield (
                batch if columns is None else batch.select(name for name in batch.columns if name in columns)
            )


def _only(paths: Paths) -> Path:
    given = [paths] if isinstance(paths, str | Path) else list(paths)
    if len(given) != 1:
        raise ReadError(f"{len(given)} files were given: read one collection at a time")
    return Path(given[0])


def _source(opened: Collection) -> Any:
    """Return the module that makes tracks of a service's answers."""
    from genrelab.sources import SOURCES  # noqa: PLC0415 - the drawer that this module lies in

    module = import_module(f"genrelab.sources.{opened.service}") if opened.service in SOURCES else None
    if not hasattr(module, "collected"):
        raise ReadError(
            f"{opened.path}: holds answers of {opened.service!r}, which is not known: update genrelab"
        )
    return module


def _check(opened: Collection, source: Any) -> None:
    """Raise at the first row of the user's file that got no answer."""
    fault = None if source.KEEPS_EVERY_ROW else next(_lacking(opened), None)
    if fault is not None:
        raise ReadError(f"{opened.path}: row {fault.row}: {fault.reason}: collect again, or leave it out")


def _tracks(opened: Collection, source: Any, min_count: int, rows: int) -> Iterator[pl.DataFrame]:
    """Yield what a source makes of the answers; raise where one is not what this version keeps."""
    made = iter(source.collected(opened, min_count=min_count, rows=rows))
    while True:
        try:
            batch = next(made)
        except StopIteration:
            return
        except GenrelabError:
            raise
        except (pl.exceptions.PolarsError, ValueError, TypeError, AttributeError) as error:
            what = str(error).partition("\n")[0][:200]
            raise ReadError(
                f"{opened.path}: is damaged: holds an answer that cannot be read ({what}): collect anew"
            ) from error
        yield batch


def _note(meaning: str, count: Count) -> str:
    states = ("answered", "absent", "failed", "open")
    return f"{meaning}: " + ", ".join(f"{getattr(count, state):,} {state}" for state in states)


def _unasked(count: int, reason: str) -> str:
    return f"{count:,} {'row' if count == 1 else 'rows'} could not be asked: {reason}"


def _lacking(opened: Collection) -> Iterator[Fault]:
    """Yield the rows of the user's file that got no answer, by their position from 1."""
    row = 0
    for page in opened.each_wanted(ROWS):
        for wanted, state, reason in page:
            row += 1
            if state != "answered":
                name = ", ".join(said for said in (wanted.track_id, wanted.artist, wanted.title) if said)
                what = reason or "not asked yet"
                yield Fault(
                    row, f"{state}: {name or wanted.question.key}: {what}" if reason else f"{name}: {what}"
                )
