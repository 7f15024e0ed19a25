"""How well several genres of a track are given, in tables of words."""

from __future__ import annotations

from collections.abc import Mapping

from genrelab.insight.document import Card
from genrelab.insight.drawing import END, Figure, css, framed, height_for, names, number, unit_axis
from genrelab.insight.results import Report, Several
from genrelab.insight.tables import Table, figure, interval, percent, with_interval

NAMES: Mapping[str, str] = {
    "micro_f1": "micro-F1, over tracks and genres",
    "macro_f1": "macro-F1, mean over genres",
    "jaccard": "Jaccard: shared part of genres given and true",
    "exact": "just the true genres, no more and no less",
    "any_accuracy": "likeliest genre is any of the true ones",
    "genres_given": "genres given a track",
    "genres_seen": "true genres a track",
}
MOST_PAIRS = 10


def tabulate(report: Report) -> tuple[Table, ...]:
    """Tabulate scores, thresholds and pairs; nothing where the model learned one genre a track."""
    found = report.several
    if found is None:
        return ()
    return tuple(table for table in (_scores(found), _genres(found), _pairs(found)) if table.rows)


def cards(report: Report) -> tuple[Card, ...]:
    """Return the same as cards of a page."""
    if report.several is None:
        return ()
    scores, genres, *pairs = tabulate(report)
    drawn = Card(genres, _draw(report.several))
    return (Card(scores), drawn, *(Card(table) for table in pairs))


def tell(found: Several) -> str:
    """Say what to expect of tracks that were given several genres."""
    scores = found.scores
    given, micro, exact = scores["genres_given"], scores["micro_f1"], scores["exact"]
    return (
        f"of new artists, expect {given.value:.2f} genres a track (they have"
        f" {scores['genres_seen'].value:.2f}), micro-F1 {figure(micro.value)} ({interval(micro)}), just the"
        f" true genres {with_interval(exact.value, exact)} of the time"
    )


def _scores(found: Several) -> Table:
    rows = tuple((NAMES.get(n, n), figure(s.value), interval(s)) for n, s in found.scores.items())
    tells = (
        f"{percent(found.share, 1)} of the tracks have several genres. Each gets the likeliest, and all that"
        " reach thresholds found on other artists (predict --multi)."
    )
    return Table("Several genres a track", tells, ("score", "value", "95 % interval"), rows)


def _genres(found: Several) -> Table:
    best = sorted(found.genres, key=lambda one: -one.f1)
    rows = tuple(
        (g.genre, figure(g.threshold), figure(g.f1), figure(g.precision), figure(g.recall), f"{g.tracks:,}")
        for g in best
    )
    tells = "A genre is given from this probability on; at 1, only where it is the likeliest."
    headers = ("genre", "threshold", "F1", "precision", "recall", "tracks")
    return Table("Genre by genre, among several", tells, headers, rows)


def _pairs(found: Several) -> Table:
    shown = [pair for pair in found.pairs if pair.seen][:MOST_PAIRS]
    rows = tuple((p.genre, p.other, f"{p.seen:,}", f"{p.given:,}") for p in shown)
    tells = "Tracks that have both, and tracks that were given both."
    return Table("Genres that go together", tells, ("genre", "and", "have both", "given both"), rows, names=2)


def _draw(found: Several) -> Figure:
    """Draw each genre's F1, and the threshold from which it is given."""
    best = sorted(found.genres, key=lambda one: -one.f1)
    places = list(range(len(best)))
    bars = {
        "type": "bar", "orientation": "h", "x": [number(g.f1) for g in best], "y": places, "width": 0.6,
        "marker": {"color": css("--accent")}, "text": [figure(g.f1, 2) for g in best],
        "textposition": "inside", "insidetextanchor": "start",
        "customdata": [f"{figure(g.precision)}, recall {figure(g.recall)}" for g in best],
        "hovertemplate": "F1 %{x:.3f}<br>precision %{customdata}" + END,
    }  # fmt: skip
    marks = {
        "type": "scatter", "mode": "markers", "x": [number(g.threshold) for g in best], "y": places,
        "marker": {"size": 12, "symbol": "line-ns-open", "color": css("--text"), "line": {"width": 3}},
        "hovertemplate": "given from a probability of %{x:.3f}" + END,
    }  # fmt: skip
    axes = {
        "xaxis": unit_axis("F1 (bar); probability from which it is given (line)"),
        "yaxis": names([one.genre for one in best]),
    }
    return framed([bars, marks], height_for(len(best)), **axes)
