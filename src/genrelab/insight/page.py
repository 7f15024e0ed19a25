"""The page of a report: one HTML document that holds its style, its script and its figures."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from html import escape
from importlib import resources
from string import Template

from genrelab.errors import SettingError
from genrelab.insight import plots, tables
from genrelab.insight.plots import Figure
from genrelab.insight.results import Report, Score
from genrelab.insight.tables import Table

CARDS: tuple[tuple[Callable[[Report], Table], Callable[[Report], Figure]], ...] = (
    (tables.tabulate_limits, plots.draw_limits),
    (tables.tabulate_honesty, plots.draw_honesty),
    (tables.tabulate_genres, plots.draw_genres),
    (tables.tabulate_confusion, plots.draw_confusion),
    (tables.tabulate_calibration, plots.draw_calibration),
    (tables.tabulate_coverage, plots.draw_coverage),
    (tables.tabulate_importance, plots.draw_importance),
)
TILES: Mapping[str, str] = {
    "macro_f1": "mean of the genres' F1; small genres count as much as large ones",
    "balanced_accuracy": "mean of the genres' recall",
    "log_loss": "lower is better; guessing evenly among the genres gives {even}",
    "calibration_error": "mean gap between confidence and accuracy; 0 is perfect",
}
GLOSSARY: Mapping[str, str] = {
    "accuracy": "Share of tracks that got their true genre.",
    "95 % interval": "Where the figure lies with 95 % certainty, from redrawing the artists many times. An "
    "announced interval is for the score on a new collection of a fifth as many artists; the interval of a "
    "model evaluated on a table is for that score itself.",
    "floor": "What can be had without listening. Always answering the most frequent genre is one; giving a "
    "track the genre of the artist's other tracks is another, which needs artists that are labelled already "
    "and counts only tracks that have such others.",
    "ceiling": "The best any model could do on the table as read, where a track carries several genres. "
    "Scores are measured on cleaned tracks, and may pass it.",
    "split": "What keeps the tracks learned from apart from those scored. By artist: no artist is on both "
    "sides. By track: no track is. By row: a track listed twice may be on both.",
    "out-of-fold": "Every track is scored by a model that did not learn from it.",
    "precision": "Of the tracks given a genre, the share that have it.",
    "recall": "Of the tracks that have a genre, the share that were given it.",
    "F1": "Harmonic mean of precision and recall. Macro-F1 is its mean over genres.",
    "balanced accuracy": "Mean recall over genres.",
    "log loss": "Mean of -ln(probability given to the true genre). Lower is better.",
    "calibration error": "Mean distance between confidence and accuracy, weighted by tracks.",
    "confidence": "Probability that the model gives to the genre it names.",
    "coverage": "Share of tracks that get a genre when only those above a minimum confidence do.",
}


def compose(reports: Sequence[Report], title: str, seconds: Mapping[str, float] | None = None) -> str:
    """Return the whole HTML document.

    Raises
    ------
    MissingExtra
        When plotly is not installed.
    SettingError
        When there is no report.
    """
    if not reports:
        raise SettingError("reports: none given: hand in one at least")
    figures: dict[str, Figure] = {}
    body = [_section(report, place, figures) for place, report in enumerate(reports)]
    if len(reports) > 1:
        body = [_comparison(reports, seconds, figures), _tabs(reports), *body]
    return Template(_part("page.html")).substitute(
        title=escape(title),
        style=_part("page.css"),
        banner=_banner(reports),
        body="\n".join(body),
        glossary=_glossary(),
        plotly=plots.javascript(),
        figures=_json(figures),
        script=_part("page.js"),
    )


def _banner(reports: Sequence[Report]) -> str:
    mark = _mark(*reports)
    return f'<p class="banner" role="note">{mark} {escape(tables.UNREAL)}</p>' if mark else ""


def _mark(*reports: Report) -> str:
    """Return the mark that stands beside every score of synthetic tracks; nothing for real ones."""
    synthetic = any(report.synthetic for report in reports)
    return f'<span class="mark">{tables.SYNTHETIC}</span>' if synthetic else ""


def _part(name: str) -> str:
    return (resources.files(__package__) / name).read_text(encoding="utf-8")


def _json(figures: Mapping[str, Figure]) -> str:
    """Return JSON that cannot end the script tag it stands in."""
    text = json.dumps(figures, allow_nan=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _comparison(
    reports: Sequence[Report], seconds: Mapping[str, float] | None, figures: dict[str, Figure]
) -> str:
    """Return the card that sets the reports side by side."""
    figures["comparison"] = plots.draw_comparison(reports)
    table = tables.tabulate_comparison(reports, seconds)
    return f'<div class="cards first">{_card("comparison", table, _mark(*reports), opened=True)}</div>'


def _tabs(reports: Sequence[Report]) -> str:
    differ = len({report.origin for report in reports}) > 1
    buttons = "".join(
        f'<button role="tab" id="tab-{place}" aria-controls="report-{place}">'
        f"<b>{escape(report.model)}</b>{f' <span>{escape(report.origin)}</span>' if differ else ''}"
        f"{_mark(report)}</button>"
        for place, report in enumerate(reports)
    )
    return f'<div role="tablist" aria-label="Reports">{buttons}</div>'


def _section(report: Report, place: int, figures: dict[str, Figure]) -> str:
    """Return one report, and put its figures among `figures`."""
    cards, mark = [], _mark(report)
    for number, (tabulate, draw) in enumerate(CARDS):
        table, name = tabulate(report), f"plot-{place}-{number}"
        if table.rows:
            figures[name] = draw(report)
            cards.append(_card(name, table, mark, opened=tabulate is tables.tabulate_coverage))
    notes = _notes(report.notes)
    cards.append(_plain_card(tables.tabulate_scores(report), mark))
    name = escape(f"{report.model}: {report.origin}")
    return (
        f'<section class="report" id="report-{place}" aria-label="{name}">'
        f'{_hero(report)}{notes}<div class="cards">{"".join(cards)}</div></section>'
    )


def _hero(report: Report) -> str:
    """Return the headline and the tiles of the other scores."""
    accuracy = report.scores.get("accuracy")
    value = tables.figure(accuracy.value if accuracy else None)
    tiles = "".join(_tile(name, report) for name in TILES if name in report.scores)
    return (
        f'<div class="hero"><div class="headline"><p class="value">{value}{_mark(report)}</p>'
        f"<p><b>accuracy {escape(tables.heard(report))}</b><br>95 % interval {tables.interval(accuracy)}</p>"
        f'<p class="quiet"><b>{escape(report.model)}</b>: {escape(tables.source(report))}</p></div>'
        f'<div class="tiles">{tiles}</div></div>'
    )


def _tile(name: str, report: Report) -> str:
    score: Score = report.scores[name]
    even = tables.figure(_even_log_loss(len(report.genres)))
    return (
        f'<div class="tile"><p class="name">{tables.SCORE_NAMES[name]}</p>'
        f'<p class="value">{tables.figure(score.value)}{_mark(report)}</p>'
        f'<p class="quiet">{tables.interval(score)}</p>'
        f'<p class="quiet">{TILES[name].format(even=even)}</p></div>'
    )


def _even_log_loss(genres: int) -> float:
    """Return the log loss of giving every genre the same probability."""
    return math.log(genres) if genres else math.nan


def _card(name: str, table: Table, mark: str, *, opened: bool = False) -> str:
    """Return a figure with its words, and its table for those who cannot see it or want to copy."""
    alternative = escape(f"{table.title}. {table.tells} The table below has the same figures.")
    return (
        f'<article class="card">{_title(table, mark)}'
        f'<div class="plot" id="{name}" role="img" aria-label="{alternative}"></div>'
        f"<details{' open' if opened else ''}><summary>As a table"
        f'<span class="unseen">: {escape(table.title)}</span></summary>{_table(table)}</details></article>'
    )


def _plain_card(table: Table, mark: str) -> str:
    """Return a card that is only a table."""
    return f'<article class="card">{_title(table, mark)}{_table(table)}</article>'


def _title(table: Table, mark: str) -> str:
    return f'<h2>{escape(table.title)}{mark}</h2><p class="quiet">{escape(table.tells)}</p>'


def _table(table: Table) -> str:
    head = "".join(f'<th scope="col">{escape(header)}</th>' for header in table.headers)
    rows = "".join(_row(row, table.names) for row in table.rows)
    words = ' class="two"' if table.names > 1 else ""
    return (
        f'<div class="scroll" tabindex="0"><table{words}>'
        f'<caption class="unseen">{escape(table.title)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _row(row: Sequence[str], names: int) -> str:
    first = f'<th scope="row">{escape(row[0])}</th>'
    words = "".join(f'<td class="words">{escape(cell)}</td>' for cell in row[1:names])
    return f"<tr>{first}{words}{''.join(f'<td>{escape(cell)}</td>' for cell in row[names:])}</tr>"


def _notes(notes: Sequence[str]) -> str:
    items = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return f'<aside class="notes"><h2>To know</h2><ul>{items}</ul></aside>' if notes else ""


def _glossary() -> str:
    return "".join(f"<dt>{escape(word)}</dt><dd>{escape(meaning)}</dd>" for word, meaning in GLOSSARY.items())
