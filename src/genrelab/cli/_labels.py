"""Labels that nobody asked to write: shown on a terminal, or given to whoever reads our output."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from rich.text import Text

from genrelab.cli._console import ERR, OUT, emit, printable, progress_shown, say

if TYPE_CHECKING:
    import polars as pl

    from genrelab.classifier import Classifier
    from genrelab.insight.results import Score
    from genrelab.insight.tables import Table

SHOWN = 20
"""Tracks that a terminal shows."""
_TERMS = ("spotify", "last.fm", "research", "private study", "commercial")
"""Words of notes that say what a model may be used for."""


@dataclass(frozen=True, slots=True)
class Asked:
    """How tracks are to be labelled: see `genrelab.label`."""

    query: str | None
    table: str | None
    min_confidence: float
    precision: float | None
    coverage: float | None
    multi: bool
    probabilities: bool
    together: bool

    def given(self) -> dict[str, Any]:
        """Return it as `genrelab.label` takes it."""
        return asdict(self)


def notes(
    classifier: Classifier, tables: Sequence[str], *, query: str | None, table: str | None, together: bool
) -> list[str]:
    """Say what a model may be used for, and what to expect where that is not what its card says first."""
    from genrelab import sources
    from genrelab.insight import evaluation

    told = [note for note in classifier.card.origin.notes if any(word in note.lower() for word in _TERMS)]
    if not (classifier.card.absent or together):
        return list(dict.fromkeys(told))
    first = next(
        sources.batches(tables, query=query, table=table, rows=1, columns=classifier.card.columns), None
    )
    columns = () if first is None else first.columns
    absent, _ = classifier.lacking(columns)
    reasons = [f"the table lacks {', '.join(absent)}"] if absent else []
    reasons += ["an artist's tracks are labelled together"] if together else []
    if reasons:
        expected = evaluation.expected(classifier, columns, together=together)
        told.append(f"{', and '.join(reasons)}: {_expectation(expected)}")
    return list(dict.fromkeys(told))


def _expectation(expected: Score | None) -> str:
    if expected is None:
        return "what to expect then was not measured"
    return f"expect an accuracy of {expected.value:.3f} ({expected.low:.3f}-{expected.high:.3f})"


def warn(lines: Sequence[str]) -> None:
    """Print notes on stderr, one line each."""
    for line in lines:
        ERR.print(Text(f"note: {printable(line)}", "yellow"), soft_wrap=True)


def give(
    classifier: Classifier,
    tables: Sequence[str],
    asked: Mapping[str, Any],
    told: Mapping[str, Any],
    promises: Sequence[str],
    *,
    json: bool,
) -> None:
    """Print labels: as JSON, as a table of the first on a terminal, else as CSV rows of all."""
    from genrelab import labelling
    from genrelab.insight import terminal

    shown = not json and _on_terminal()
    rows = SHOWN if shown and not asked["together"] else labelling.ROWS
    with progress_shown() as progress:
        batches = labelling.stream(classifier, list(tables), rows=rows, progress=progress, **asked)
        if json:
            emit(_collected(batches) | dict(told))
        elif not shown:
            _write_rows(batches)
        else:
            first = next(batches, None)
    if shown and first is not None:
        with terminal.marked(OUT, synthetic=bool(told["synthetic"])):
            terminal.show(_tabulate(first.head(SHOWN)), OUT)
        for line in promises:
            say(line)
        say("write all of them with -o labels.csv", "dim")


def _on_terminal() -> bool:
    return sys.stdout.isatty()


def _collected(batches: Iterator[pl.DataFrame]) -> dict[str, Any]:
    from genrelab.labels import UNKNOWN

    labels = [record for batch in batches for record in batch.to_dicts()]
    counts = Counter(record["genre"] for record in labels)
    return {
        "output": None,
        "rows": len(labels),
        "unknown": counts.get(UNKNOWN, 0),
        "genres": dict(counts.most_common()),
        "labels": labels,
    }


def _write_rows(batches: Iterator[pl.DataFrame]) -> None:
    from genrelab.writing import cells

    for number, batch in enumerate(batches):
        sys.stdout.write(cells(batch).write_csv(include_header=number == 0))
    sys.stdout.flush()


def _tabulate(labels: pl.DataFrame) -> Table:
    """Tabulate who the tracks are, and their genres."""
    from genrelab.insight.tables import Table, figure

    named: list[str] = [name for name in ("title", "artist") if name in labels.columns]
    several = "genres" in labels.columns
    rows = []
    for place, track in enumerate(labels.to_dicts(), 1):
        who = [track[name] or "" for name in named] or [f"{place}"]
        said = ", ".join(track["genres"]) if several else track["genre"]
        rows.append((*who, said, figure(track["confidence"])))
    headers = (*(named or ["row"]), "genres" if several else "genre", "confidence")
    tells = f"The first {labels.height} tracks." if labels.height == SHOWN else f"{labels.height} tracks."
    return Table("Labels", tells, headers, tuple(rows), names=len(headers) - 1)
