"""A report for people and programs: on the terminal, as JSON, as one page of HTML."""

from __future__ import annotations

import dataclasses
import math
import numbers
from collections.abc import Mapping, Sequence
from pathlib import Path

import rich.table
from rich.console import Console
from rich.text import Text

from genrelab import files
from genrelab.insight import confidence_tables, page, several_tables, tables
from genrelab.insight.document import Card
from genrelab.insight.results import Report
from genrelab.insight.tables import Table
from genrelab.insight.terminal import clean, marked, show

MOST_GENRES_IN_MATRIX = 12
MOST_CONFUSIONS = 12
BAR_CELLS = 20


def as_dict(report: Report) -> dict[str, object]:
    """Return a report as JSON takes it: plain numbers, lists and text; None where a figure is not finite."""
    return {field.name: plain(getattr(report, field.name)) for field in dataclasses.fields(report)}


def plain(value: object) -> object:
    """Return dataclasses, mappings, sequences and numpy's numbers as JSON takes them."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if value is None or isinstance(value, str | bool):
        return value
    return _plain_number(value)


def _plain_number(value: object) -> int | float | None:
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        return float(value) if math.isfinite(value) else None
    raise TypeError(f"report: JSON has no {type(value).__name__}")


def write_html(
    reports: Report | Sequence[Report],
    path: Path | str,
    title: str = "How good is it?",
    seconds: Mapping[str, float] | None = None,
    more: Sequence[Card] = (),
) -> None:
    """Write one or several reports as one HTML file that needs no network; about 4.9 MB, mostly plotly.js.

    Several reports, such as the announced and the held-out one, become tabs below a table that compares
    them. `seconds` maps a model's name to its fitting time. The cards `more` follow the first report's.

    Raises
    ------
    MissingExtra
        When plotly is not installed.
    SettingError
        When there is no report.
    OutputError
        When the file cannot be written.
    """
    several = [reports] if isinstance(reports, Report) else list(reports)
    told = [*(several_tables.cards(several[0]) if several else ()), *more]
    document = page.compose(several, title, seconds, told)
    with files.written_aside(path) as partial:
        partial.write_text(document, encoding="utf-8")


def render(report: Report, console: Console) -> None:
    """Print what a stranger must know, on one screen of 80 columns or more."""
    with marked(console, synthetic=report.synthetic):
        console.print(Text(clean(tables.headline(report)), style="bold"))
        console.print(Text(clean(f"{report.model}: {tables.source(report)}"), style="dim"))
        _print_limits(report, console)
        console.print(Text(clean(_other_scores(report))))
        show(_without_rows(tables.tabulate_honesty(report)), console)
        show(tables.tabulate_genres(report), console)
        show(_matrix(report), console)
        show(tables.tabulate_coverage(report), console)
        show(confidence_tables.tabulate_sets(report), console)
        show(confidence_tables.tabulate_kept(report), console)
        for table in several_tables.tabulate(report):
            show(table, console)
        show(tables.tabulate_importance(report, top=5), console)
        _print_notes(report, console)


def compare_table(
    reports: Sequence[Report], console: Console, seconds: Mapping[str, float] | None = None
) -> None:
    """Print one row a report, best accuracy first; `seconds` maps a model's name to its fitting time."""
    with marked(console, synthetic=any(report.synthetic for report in reports)):
        show(tables.tabulate_comparison(reports, seconds), console)


def _print_notes(report: Report, console: Console) -> None:
    if report.notes:
        console.print()
    for note in report.notes:
        console.print(Text(clean(f"note: {note}"), style="yellow"))


def _print_limits(report: Report, console: Console) -> None:
    """Print floors, accuracy and ceiling as bars."""
    full, empty = "#." if console.options.ascii_only else "█░"
    shown = rich.table.Table.grid(padding=(0, 2))
    for limit in tables.limits(report):
        value = limit.accuracy.value
        cells = round(BAR_CELLS * value) if math.isfinite(value) else 0
        style = "bold green" if limit.role == "model" else "dim"
        shown.add_row(
            Text(clean(limit.name), style),
            Text(tables.figure(value), style),
            Text(full * cells + empty * (BAR_CELLS - cells), style),
        )
    console.print()
    console.print(shown)


def _other_scores(report: Report) -> str:
    """Say every score but accuracy in one sentence."""
    said = (
        f"{tables.SCORE_NAMES.get(name, name)} {tables.figure(score.value)} ({tables.interval(score)})"
        for name, score in report.scores.items()
        if name != "accuracy"
    )
    return "\n" + ", ".join(said)


def _without_rows(table: Table) -> Table:
    """Leave out how many rows were learned from and scored, for which a terminal has no room."""
    return dataclasses.replace(table, headers=table.headers[:-2], rows=tuple(row[:-2] for row in table.rows))


def _matrix(report: Report) -> Table:
    """Return the confusion matrix in percent, or the commonest confusions where there are many genres."""
    if len(report.genres) > MOST_GENRES_IN_MATRIX:
        return _commonest(report)
    letters = [chr(ord("a") + place) for place in range(len(report.genres))]
    rows = tuple(
        (f"{letter} {genre}", *(f"{100 * n / max(1, sum(counts)):.0f}" for n in counts))
        for letter, genre, counts in zip(letters, report.genres, report.confusion, strict=True)
    )
    tells = "Percent of the true genre (rows) that was given each genre (columns)."
    return Table("Which genres are taken for which", tells, ("true genre", *letters), rows)


def _commonest(report: Report) -> Table:
    """Return the confusions that take the largest share of a genre."""
    found = tables.confusions(report)
    rows = tuple(
        (genre, other, tables.percent(share), f"{count:,}")
        for share, genre, other, count in found[:MOST_CONFUSIONS]
    )
    tells = f"The commonest of {len(found)} confusions; JSON and HTML have the whole matrix."
    headers = ("true genre", "taken for", "share", "tracks")
    return Table("Which genres are taken for which", tells, headers, rows, names=2)
