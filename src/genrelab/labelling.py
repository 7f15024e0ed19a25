"""Labelling tables of any size: read in batches, labelled, and written as they come, in the input's order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from genrelab import writing
from genrelab.classifier import UNKNOWN, Classifier
from genrelab.errors import OutputError
from genrelab.progress import Progress, silent
from genrelab.schema import COLUMNS
from genrelab.sources import msd, table

IDENTITY = tuple(column.name for column in COLUMNS if column.kind == "identity")


@dataclass(frozen=True, slots=True)
class Labelled:
    """What was written.

    Attributes
    ----------
    path
        The file.
    rows
        Number of tracks.
    genres
        Tracks of each genre, "unknown" among them, the most frequent first.
    """

    path: Path
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
    min_confidence: float = 0.0,
    probabilities: bool = False,
    rows: int = 100_000,
    progress: Progress = silent,
) -> Labelled:
    """Label the tracks of a table and write them with their identity columns, ``genre`` and ``confidence``.

    Parameters
    ----------
    classifier
        A fitted classifier.
    paths
        A table, a folder of parts, or several.
    out
        Where to write: ``.csv``, ``.parquet`` or ``.json``; written aside and renamed when complete.
    min_confidence
        Below this confidence the genre is "unknown".
    probabilities
        Whether to add ``p_<genre>`` for every genre.
    rows
        Tracks held in memory at once.
    progress
        Called after each batch; the share done is not known beforehand, so the stage tells the rows.

    Raises
    ------
    OutputError
        When the output's name has another ending, cannot be written, or is one of the tables or lies in a
        folder of them.
    ReadError, SchemaError
        When the table cannot be read, or lacks what the classifier reads. Values in columns that it does not
        read stop nothing.
    """
    if table.is_read(Path(out), paths):
        raise OutputError(f"{out}: is among the tables that are read: choose another name or folder")
    wanted = {*IDENTITY, *classifier.card.columns}
    counts: Counter[str] = Counter()

    def batches() -> Iterator[pl.DataFrame]:
        for batch in _read(paths, rows, wanted):
            labels = classifier.predict(batch, min_confidence=min_confidence, probabilities=probabilities)
            counts.update(labels["genre"].to_list())
            progress(f"{counts.total():,} tracks labelled", 0.0)
            yield pl.concat(
                [batch.select(c for c in IDENTITY if c in batch.columns), labels], how="horizontal"
            )

    path = writing.write(batches(), out)
    progress(f"{counts.total():,} tracks labelled", 1.0)
    return Labelled(path, counts.total(), dict(counts.most_common()))


def _read(paths: table.Paths, rows: int, wanted: Collection[str]) -> Iterator[pl.DataFrame]:
    """Yield tracks in batches; songs of the Million Song Dataset are read at once, a file being one song."""
    if msd.recognised(paths):
        songs = msd.read(paths, segments=msd.holds_segments(wanted), strict=True)
        yield from songs.tracks.iter_slices(rows)
    else:
        yield from table.batches(paths, rows=rows, columns=wanted)
