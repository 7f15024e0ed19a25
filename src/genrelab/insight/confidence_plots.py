"""Figures of what a confidence promises."""

from __future__ import annotations

from genrelab.insight.drawing import END, Figure, axis, css, framed, number
from genrelab.insight.results import Report, Sets
from genrelab.insight.tables import figure, interval, percent


def draw_curve(report: Report) -> Figure:
    """Draw precision over the share of tracks that get a genre, and the thresholds that are promised."""
    confidence = report.confidence
    points = confidence.curve if confidence else ()
    line = {
        "type": "scatter", "mode": "lines", "x": [number(p.coverage) for p in points],
        "y": [number(p.precision) for p in points], "line": {"color": css("--accent"), "width": 2},
        "customdata": [figure(p.confidence) for p in points],
        "hovertemplate": "%{x:.1%} of tracks<br>precision %{y:.1%}<br>confidence %{customdata} or more" + END,
    }  # fmt: skip
    promised = [c for c in (confidence.coverage if confidence else ()) if c.threshold is not None]
    marks = {
        "type": "scatter", "mode": "markers+text", "x": [number(c.share) for c in promised],
        "y": [None if c.kept is None else number(c.kept) for c in promised],
        "text": [percent(c.promised) for c in promised], "cliponaxis": False,
        "textposition": ["top right" if c.share < 0.5 else "bottom left" for c in promised],
        "marker": {"size": 10, "color": css("--good")},
        "hovertemplate": "promised %{text}<br>%{x:.1%} of tracks<br>precision %{y:.1%}" + END,
    }  # fmt: skip
    lowest = min((p.precision for p in points), default=0.0)
    axes = {
        "xaxis": axis("tracks that get a genre", range=[0, 1.02], tickformat=".0%", automargin=True),
        "yaxis": axis("precision", range=[max(0.0, lowest - 0.05), 1.02], tickformat=".0%", automargin=True),
    }
    return framed([line, marks], 320, **axes)


def draw_sets(report: Report) -> Figure:
    """Draw the mean number of genres that a track gets at each promised coverage."""
    sets = report.confidence.sets if report.confidence else ()
    trace = {
        "type": "bar", "x": list(range(len(sets))), "y": [number(s.size.value) for s in sets], "width": 0.6,
        "marker": {"color": css("--accent")}, "text": [figure(s.size.value, 1) for s in sets],
        "textposition": "inside", "insidetextanchor": "start", "error_y": _spread(sets),
        "customdata": [f"{percent(s.coverage.value, 1)} ({interval(s.coverage)})" for s in sets],
        "hovertemplate": "%{y:.2f} genres a track<br>true one among them: %{customdata}" + END,
    }  # fmt: skip
    promised = [percent(s.promised) for s in sets]
    across = axis("true genre among them", tickvals=trace["x"], ticktext=promised, showgrid=False)
    most = max((s.size.high for s in sets), default=1.0)
    down = axis("genres a track", range=[0, 1.1 * most], automargin=True)
    return framed([trace], 270, xaxis=across, yaxis=down)


def _spread(sets: tuple[Sets, ...]) -> Figure:
    return {
        "type": "data", "symmetric": False, "thickness": 2, "width": 5, "color": css("--text"),
        "array": [number(s.size.high - s.size.value) for s in sets],
        "arrayminus": [number(s.size.value - s.size.low) for s in sets],
    }  # fmt: skip
