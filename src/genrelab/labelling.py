"""Labelling tables of any size: read in batches, labelled, and written as they come, in the input's order."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from genrelab import sources, writing
from genrelab.classifier import Classifier
from genrelab.classifier import artists as artists_of
from genrelab.errors import OutputError, SettingError
from genrelab.labels import UNKNOWN, decide
from genrelab.progress import Progress, silent
from genrelab.schema import COLUMNS
from genrelab.sources import sql
from genrelab.sources.table import is_read

Floats = NDArray[np.float64]

IDENTITY = tuple(column.name for column in COLUMNS if column.kind == "identity")

ROWS = 100_000
"""Tracks held in memory at once."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """What was written.

    Attributes
    ----------
    path
        The file; of a database its table, in words that hold no password.
    rows
        Number of tracks.
    genres
        Tracks of each genre, "unknown" among them, the most frequent first.
    """

    path: Path | str
    rows: int
    genres: dict[str, int]

    @property
    def unknown(self) -> int:
        """Number of tracks whose confidence was too low."""
        return self.genres.get(UNKNOWN, 0)


def label(
    classifier: Classifier,
    paths: Path | str | Sequence[Path | str],
    out: Path | str,
    *,
    into: str | None = None,
    overwrite: bool = False,
    query: str | None = None,
    table: str | None = None,
    min_confidence: float = 0.0,
    precision: float | None = None,
    coverage: float | None = None,
    multi: bool = False,
    probabilities: bool = False,
    together: bool = False,
    rows: int = ROWS,
    progress: Progress = silent,
) -> Labelled:
    """Label the tracks of a table and write them with identity columns, ``genre`` and ``confidence``.

    Parameters
    ----------
    classifier
        A fitted classifier.
    paths
        A table, a folder of parts, or several; or a database.
    out
        Where to write: ``.csv``, ``.parquet`` or ``.json``, written aside and renamed when complete; or a
        database, which is changed in one transaction after the last track is labelled.
    into
        Name of the table to write in a database, also as ``schema.name``.
    overwrite
        Whether a table of that name in a database is replaced; a file always is.
    query, table
        Which tracks of a database to read: see `genrelab.sources.sql.read`.
    min_confidence
        Below this confidence the genre is "unknown".
    precision, coverage, multi
        As for `Classifier.predict`.
    probabilities
        Whether to add ``p_<genre>`` for every genre.
    together
        Whether tracks of one artist, wherever they stand in the table, are seen in the light of each other,
        as by `Classifier.predict`. Artists and probabilities of all tracks are then kept in memory.
    rows
        Tracks held in memory at once.
    progress
        Called after each batch; the share done is not known beforehand, so the stage tells the rows.

    Raises
    ------
    OutputError
        When the output's name has another ending, cannot be written, or is one of the tables or lies in a
        folder of them; when a database has the table already and `overwrite` is false, or it is the table
        that is read, or is named in the query.
    SettingError
        When `out` is a database and `into` names no table in it, or the other way round; when `together` is
        asked for, and the classifier or the table does not know artists; as `Classifier.predict`.
    ReadError, SchemaError
        When the table cannot be read, or lacks what the classifier reads. Values in columns that it does not
        read stop nothing.
    """
    check(paths, out, into=into, overwrite=overwrite or into is None, query=query, table=table)
    labelled = stream(
        classifier,
        paths,
        query=query,
        table=table,
        min_confidence=min_confidence,
        precision=precision,
        coverage=coverage,
        multi=multi,
        probabilities=probabilities,
        together=together,
        rows=rows,
        progress=progress,
    )
    counts: Counter[str] = Counter()

    def counted() -> Iterator[pl.DataFrame]:
        for batch in labelled:
            counts.update(batch["genre"].to_list())
            progress(f"{counts.total():,} tracks labelled", 0.0)
            yield batch

    path = _write(counted(), out, into, overwrite=overwrite)
    progress(f"{counts.total():,} tracks labelled", 1.0)
    return Labelled(path, counts.total(), dict(counts.most_common()))


def stream(
    classifier: Classifier,
    paths: Path | str | Sequence[Path | str],
    *,
    query: str | None = None,
    table: str | None = None,
    min_confidence: float = 0.0,
    precision: float | None = None,
    coverage: float | None = None,
    multi: bool = False,
    probabilities: bool = False,
    together: bool = False,
    rows: int = ROWS,
    progress: Progress = silent,
) -> Iterator[pl.DataFrame]:
    """Label the tracks of a table and give them batch by batch, as `label` would write them.

    Parameters and errors are those of `label`; settings that do not fit are told before anything is read.
    """
    least = classifier.least_confidence(min_confidence, precision, together=together)
    choose = classifier.chooser(coverage, multi=multi, together=together)
    wanted = {*IDENTITY, *classifier.card.columns}

    def batches() -> Iterator[pl.DataFrame]:
        read = sources.batches(paths, query=query, table=table, rows=rows, columns=wanted)
        if multi or precision is not None or coverage is not None:
            read = _whole(classifier, read)
        seen = _seen_together(classifier, read, progress) if together else _seen_alone(classifier, read)
        for names, found in seen:
            chosen = None if choose is None else choose(found)
            labels = decide(found, classifier.genres, least, probabilities_too=probabilities, chosen=chosen)
            yield pl.concat([names, labels], how="horizontal")

    return batches()


def _whole(classifier: Classifier, batches: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """Yield batches of which the classifier's promises hold; SettingError at one of which they do not."""
    for batch in batches:
        classifier.check_whole(batch.columns)
        yield batch


def _seen_alone(
    classifier: Classifier, batches: Iterator[pl.DataFrame]
) -> Iterator[tuple[pl.DataFrame, Floats]]:
    """Yield the identity columns of each batch, and the probabilities of its tracks."""
    for batch in batches:
        yield batch.select(c for c in IDENTITY if c in batch.columns), classifier.predict_proba(batch)


def _seen_together(
    classifier: Classifier, batches: Iterator[pl.DataFrame], progress: Progress
) -> Iterator[tuple[pl.DataFrame, Floats]]:
    """Yield the same, each track in the light of its artist's others: the last is read before the first."""
    context, named, found = classifier.together.context, [], []
    with tempfile.TemporaryDirectory(prefix="genrelab-") as scratch:
        for number, (names, probabilities) in enumerate(_seen_alone(classifier, batches)):
            named.append(names.select("artist") if "artist" in names.columns else names.select())
            found.append(probabilities.astype(np.float32))
            progress(f"{sum(map(len, found)):,} tracks heard", 0.0)
            names.write_parquet(Path(scratch, str(number)))
        pooled = context.pool(np.concatenate(found), artists_of(pl.concat(named)))
        start = 0
        for number, part in enumerate(found):
            yield pl.read_parquet(Path(scratch, str(number))), pooled[start : start + len(part)]
            start += len(part)


def check(
    paths: Path | str | Sequence[Path | str],
    out: Path | str,
    *,
    into: str | None = None,
    overwrite: bool = False,
    query: str | None = None,
    table: str | None = None,
) -> None:
    """Raise at once where `label` could not write, before hours of work are lost.

    Raises
    ------
    OutputError, SettingError
        As `label`; and when a file exists and `overwrite` is false.
    """
    if sql.recognised(out):
        if into is None:
            raise SettingError(f"{sql.named(out)}: is a database: name a table in it with --into")
        if sql.is_read(out, into, paths, query=query, table=table):
            raise OutputError(
                f"{sql.named(out)}: table {into!r} is among the tables that are read: choose another name"
            )
        sql.check(out, into, overwrite=overwrite)
        return
    if into is not None:
        raise SettingError(f"{out}: is no database, so that --into means nothing: leave it out")
    if is_read(Path(out), paths):
        raise OutputError(f"{out}: is among the tables that are read: choose another name or folder")
    writing.check(out, overwrite=overwrite)


def _write(
    batches: Iterator[pl.DataFrame], out: Path | str, into: str | None, *, overwrite: bool
) -> Path | str:
    if into is None:
        return writing.write(batches, out)
    sql.write(batches, out, into, overwrite=overwrite)
    return sources.named(out, table=into)
