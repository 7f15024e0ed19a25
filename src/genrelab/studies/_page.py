"""What a study found, in tables of words and on a page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from genrelab.insight import document
from genrelab.insight.document import Card, Section
from genrelab.insight.drawing import END, Figure, axis, css, framed, height_for, names
from genrelab.insight.tables import ABSENT, Table, figure, interval
from genrelab.studies._running import Row, StudyReport

HEADERS = ("figure", "published", "repeated", "landed", "honest", "95 % interval")


def tabulate(report: StudyReport) -> Table:
    """Set published, repeated and honest figures side by side."""
    rows = tuple(
        (
            row.what,
            _said(row.published),
            _said(row.repeated),
            _landed(row) if report.sample is None else "",
            figure(row.honest.value) if row.honest else "",
            interval(row.honest) if row.honest else "",
        )
        for row in report.rows
    )
    drawn = "" if report.sample is None else f"Drawn from {report.sample:,} rows only: figures mean little. "
    tells = drawn + (
        "Repeated: the same rows, split and model as published, leaks included. Honest: the same model and"
        f" columns on unique tracks, split by {report.split}; our own reads every column that does not leak."
    )
    return Table(f"{report.study}: {report.meaning}", tells, HEADERS, rows)


def tabulate_counts(report: StudyReport) -> Table:
    """Say how many rows were left after each step."""
    rows = tuple((name, f"{count:,}") for name, count in report.counts.items())
    return Table("Rows", "What was left of the table after each step.", ("step", "rows"), rows)


def tabulate_overview(reports: Sequence[StudyReport]) -> Table:
    """Say in one line a study what was published, what comes of repeating it, and what is honest."""
    rows = tuple(_line(report) for report in reports)
    tells = (
        "The best accuracy that each study published and that could be repeated, what comes of doing the same"
        " again, the same model on unheard artists, and our best model there."
    )
    headers = ("study", "model", "published", "repeated", "honest", "genrelab best, honest", "landed")
    return Table("The published systems, repeated", tells, headers, rows, names=2)


def _line(report: StudyReport) -> tuple[str, ...]:
    scored = [row for row in report.rows[:-1] if row.honest is not None and row.repeated is not None]
    known = [row for row in scored if row.published is not None] or scored
    top = max(known, key=lambda row: row.published or row.repeated or 0.0)
    judged = [row.within for row in report.rows if row.within is not None]
    best = report.rows[-1].honest
    return (
        report.study,
        top.what,
        _said(top.published),
        _said(top.repeated),
        figure(top.honest.value) if top.honest else ABSENT,
        figure(best.value) if best else ABSENT,
        f"{sum(judged)} of {len(judged)}" if judged else ABSENT,
    )


def write(reports: Sequence[StudyReport], path: Path | str) -> None:
    """Write one HTML page, a tab a study; an overview first where there are several.

    Raises
    ------
    OutputError
        When the file cannot be written.
    """
    sections = [_section(report) for report in reports]
    if len(reports) > 1:
        sections.insert(0, Section("overview", (Card(tabulate_overview(reports), wide=True),)))
    title = reports[0].study if len(reports) == 1 else "The published systems, repeated"
    document.write(path, title, sections)


def _section(report: StudyReport) -> Section:
    cards = [
        Card(tabulate(report), _draw(report), opened=True, wide=True),
        Card(tabulate_counts(report)),
        *report.cards,
    ]
    notes = [*report.notes, *dict.fromkeys(row.note for row in report.rows if row.note)]
    if report.sample is not None:
        notes.insert(0, f"Drawn from {report.sample:,} rows only: its figures mean little.")
    return Section(report.study, tuple(cards), tuple(notes))


def as_dict(report: StudyReport) -> dict[str, object]:
    """Return a report as plain values, without its cards."""
    rows = [{**asdict(row), "within": row.within} for row in report.rows]
    said = {name: getattr(report, name) for name in ("study", "meaning", "split", "sample")}
    return {**said, "rows": rows, "counts": dict(report.counts), "notes": list(report.notes)}


def _draw(report: StudyReport) -> Figure:
    """Draw accuracies: what was published, what was repeated, what is honest."""
    shown = [row for row in report.rows if row.honest is not None or "accuracy" in row.what]
    marks = [
        ("published", [row.published for row in shown], "diamond", "--warn"),
        ("repeated", [row.repeated for row in shown], "circle-open", "--middle"),
        ("honest", [row.honest.value if row.honest else None for row in shown], "circle", "--accent"),
    ]
    traces = [
        {
            "type": "scatter",
            "mode": "markers",
            "name": name,
            "x": values,
            "y": list(range(len(shown))),
            "marker": {"symbol": symbol, "size": 11, "color": css(colour)},
            "hovertemplate": f"{name} %{{x:.3f}}{END}",
        }
        for name, values, symbol, colour in marks
    ]
    legend = {"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0, "bgcolor": "rgba(0,0,0,0)"}
    down = names([row.what for row in shown], width=34)
    made = framed(
        traces,
        height_for(len(shown)) + 40,
        xaxis=axis("accuracy", automargin=True),
        yaxis=down,
        showlegend=True,
        legend=legend,
    )
    made["layout"]["margin"]["t"] = 36
    return made


def _said(value: float | None) -> str:
    if value is None or math.isnan(value):
        return ABSENT
    return f"{value:,.0f}" if float(value).is_integer() and abs(value) >= 1 else figure(value)


def _landed(row: Row) -> str:
    """Say whether a repetition landed within its tolerance."""
    if row.within is None or row.repeated is None or row.published is None:
        return ""
    if row.within:
        return "yes"
    return f"off by {_said(abs(row.repeated - row.published))}"
