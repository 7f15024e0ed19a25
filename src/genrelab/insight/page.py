"""The page of a report."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from html import escape

import numpy as np

from genrelab import scoring
from genrelab.errors import SettingError
from genrelab.insight import confidence_plots, confidence_tables, document, plots, tables
from genrelab.insight.document import Card
from genrelab.insight.drawing import Figure
from genrelab.insight.results import Report, Score
from genrelab.insight.tables import Table

CARDS: tuple[tuple[Callable[[Report], Table], Callable[[Report], Figure]], ...] = (
    (tables.tabulate_limits, plots.draw_limits),
    (tables.tabulate_honesty, plots.draw_honesty),
    (tables.tabulate_genres, plots.draw_genres),
    (tables.tabulate_confusion, plots.draw_confusion),
    (tables.tabulate_calibration, plots.draw_calibration),
    (tables.tabulate_coverage, plots.draw_coverage),
    (confidence_tables.tabulate_curve, confidence_plots.draw_curve),
    (confidence_tables.tabulate_sets, confidence_plots.draw_sets),
    (tables.tabulate_importance, plots.draw_importance),
)
TILES: Mapping[str, str] = {
    "macro_f1": "mean of the genres' F1; small genres count as much as large ones",
    "balanced_accuracy": "mean of the genres' recall",
    "log_loss": "lower is better; guessing evenly among the genres gives {even}",
    "calibration_error": "mean gap between confidence and accuracy; on {tracks} tracks, chance alone leaves"
    " {chance}",
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
    "calibration error": "Mean distance between confidence and accuracy, weighted by tracks. Chance alone "
    "keeps it from 0, and the more so the fewer the tracks.",
    "loss": "Mean of -ln(probability given to the true genre): what a network learns to lower.",
    "epoch": "One pass of a network over the tracks it learns from.",
    "confidence": "Probability that the model gives to the genre it names.",
    "coverage": "Share of tracks that get a genre when only those above a minimum confidence do. Of several "
    "genres: share of tracks whose true genre is among them.",
    "promised": "A minimum confidence is chosen so that one is 95 % sure that the promise holds on all "
    "artists like those learned from. A small collection may fall short of it by chance: see its interval.",
    "set": "The genres that a track gets where the true one must be among several (predict --coverage).",
    "top-2 accuracy": "Share of tracks whose true genre is one of the two likeliest.",
    "label-ranking average precision": "How high the true genres stand among all, ordered by probability: 1 "
    "where they come first. For tracks of one genre, the mean of 1 / its rank.",
}


def compose(
    reports: Sequence[Report],
    title: str,
    seconds: Mapping[str, float] | None = None,
    more: Sequence[Card] = (),
) -> str:
    """Return the whole HTML document; the cards `more` follow those of the first report.

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
    body = [_section(each, n, figures, () if n else more) for n, each in enumerate(reports)]
    if len(reports) > 1:
        body = [_comparison(reports, seconds, figures), _tabs(reports), *body]
    synthetic = any(report.synthetic for report in reports)
    return document.compose(title, body, figures, GLOSSARY, synthetic=synthetic)


def _mark(*reports: Report) -> str:
    return document.mark(synthetic=any(report.synthetic for report in reports))


def _comparison(
    reports: Sequence[Report], seconds: Mapping[str, float] | None, figures: dict[str, Figure]
) -> str:
    """Return the card that sets the reports side by side."""
    figures["comparison"] = plots.draw_comparison(reports)
    table = tables.tabulate_comparison(reports, seconds)
    shown = Card(table, figures["comparison"], opened=True)
    return f'<div class="cards first">{document.card("comparison", shown, _mark(*reports))}</div>'


def _tabs(reports: Sequence[Report]) -> str:
    differ = len({report.origin for report in reports}) > 1
    return document.tabs(
        [
            f"<b>{escape(report.model)}</b>{f' <span>{escape(report.origin)}</span>' if differ else ''}"
            f"{_mark(report)}"
            for report in reports
        ]
    )


def _section(report: Report, place: int, figures: dict[str, Figure], more: Sequence[Card]) -> str:
    """Return one report, and put its figures among `figures`."""
    cards, mark = [], _mark(report)
    for number, (tabulate, draw) in enumerate(CARDS):
        table, name = tabulate(report), f"plot-{place}-{number}"
        if table.rows:
            figures[name] = draw(report)
            shown = Card(table, figures[name], opened=tabulate is tables.tabulate_coverage)
            cards.append(document.card(name, shown, mark))
    for number, member in enumerate(report.curves):
        name = f"plot-{place}-curves-{number}"
        figures[name] = plots.draw_curves(report, member)
        cards.append(document.card(name, Card(tables.tabulate_curves(report, member), figures[name]), mark))
    kept = confidence_tables.tabulate_kept(report)
    if kept.rows:
        cards.append(document.card("", Card(kept, wide=True), mark))
    for number, one in enumerate(more):
        name = f"plot-{place}-more-{number}"
        if one.figure is not None:
            figures[name] = one.figure
        cards.append(document.card(name, one, mark))
    notes = document.notes(report.notes)
    cards.append(document.card("", Card(tables.tabulate_scores(report)), mark))
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
    chance, tracks = tables.figure(_calibration_by_chance(report)), f"{report.rows:,}"
    return (
        f'<div class="tile"><p class="name">{tables.SCORE_NAMES[name]}</p>'
        f'<p class="value">{tables.figure(score.value)}{_mark(report)}</p>'
        f'<p class="quiet">{tables.interval(score)}</p>'
        f'<p class="quiet">{TILES[name].format(even=even, chance=chance, tracks=tracks)}</p></div>'
    )


def _even_log_loss(genres: int) -> float:
    """Return the log loss of giving every genre the same probability."""
    return math.log(genres) if genres else math.nan


def _calibration_by_chance(report: Report) -> float | None:
    """Return the calibration error that true confidence would have; None where none is known."""
    if not report.calibration:
        return None
    confidence, tracks = np.array([(b.confidence, b.tracks) for b in report.calibration]).T
    return scoring.calibration_error_by_chance(confidence, tracks)
