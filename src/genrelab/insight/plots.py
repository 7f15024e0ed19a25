"""Figures of a report."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

from genrelab.insight.drawing import (
    END,
    Figure,
    axis,
    css,
    framed,
    height_for,
    label,
    names,
    number,
    unit_axis,
)
from genrelab.insight.results import Report, Score
from genrelab.insight.tables import best_epoch, figure, limits, percent, ranked

Bar: TypeAlias = tuple[str, Score, str]
"""A name, a figure with its interval, and the name of a colour."""

ROLE_COLOURS = {"floor": "--muted", "model": "--accent", "ceiling": "--good"}
SPLIT_COLOURS = {"row": "--warn", "track": "--middle", "artist": "--accent"}
MOST_CELLS_WITH_TEXT = 16
GAP = "\N{NO-BREAK SPACE}" * 2


def draw_limits(report: Report) -> Figure:
    """Draw accuracy with its interval between floors and ceiling."""
    return _bars([(x.name, x.accuracy, ROLE_COLOURS[x.role]) for x in limits(report)], "accuracy")


def draw_honesty(report: Report) -> Figure:
    """Draw the accuracy that each kind of split announces."""
    rows = [
        (f"split by {row.split}", row.accuracy, SPLIT_COLOURS.get(row.split, "--muted"))
        for row in report.honesty
    ]
    return _bars(rows, "accuracy")


def draw_comparison(reports: Sequence[Report]) -> Figure:
    """Draw the accuracy of several reports with intervals, on an axis that shows small differences."""
    origins = {report.origin for report in reports}
    scored = [report for report in ranked(reports) if "accuracy" in report.scores]
    said = [r.model if len(origins) == 1 else f"{r.model}: {r.origin}" for r in scored]
    scores = [report.scores["accuracy"] for report in scored]
    trace = {
        **_spread(scores, "--accent"),
        "type": "scatter",
        "mode": "markers",
        "marker": {"size": 11, "color": css("--accent")},
        "x": [number(score.value) for score in scores],
        "y": list(range(len(scores))),
    }
    axes = {"xaxis": axis("accuracy", automargin=True), "yaxis": names(said, width=26)}
    return framed([trace], height_for(len(scores)), **axes)


def draw_genres(report: Report) -> Figure:
    """Draw F1 of each genre as a bar, precision and recall as marks on it."""
    best = sorted(report.per_genre, key=lambda g: -g.f1 if math.isfinite(g.f1) else math.inf)
    places = list(range(len(best)))
    f1, precision, recall = (
        [number(getattr(genre, name)) for genre in best] for name in ("f1", "precision", "recall")
    )
    tracks = [f"{genre.support:,}" for genre in best]
    bar = {
        "type": "bar", "orientation": "h", "name": "F1", "x": f1, "y": places, "width": 0.6,
        "marker": {"color": css("--accent-soft")}, "customdata": tracks,
        "hovertemplate": "F1 %{x:.3f}, %{customdata} tracks<extra></extra>",
    }  # fmt: skip
    marks = [
        _mark("precision", precision, places, "diamond", "--warn"),
        _mark("recall", recall, places, "circle", "--accent"),
    ]
    axes = {"xaxis": unit_axis("F1, precision, recall"), "yaxis": names([genre.genre for genre in best])}
    legend = {"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0, "bgcolor": "rgba(0,0,0,0)"}
    shown = framed([bar, *marks], 28 * len(best) + 110, showlegend=True, legend=legend, **axes)
    shown["layout"]["margin"]["t"] = 36
    return shown


def draw_confusion(report: Report) -> Figure:
    """Draw the confusion matrix as shares of the true genre, with counts where one points."""
    counts = [list(row) for row in report.confusion]
    shares = [[count / sum(row) if sum(row) else None for count in row] for row in counts]
    small = len(counts) <= MOST_CELLS_WITH_TEXT
    words = [[_cell(share) for share in row] for row in shares]
    genres = [label(genre, 60, lines=1) for genre in report.genres]
    told = [
        [[a, b, f"{n:,}"] for b, n in zip(genres, row, strict=True)]
        for a, row in zip(genres, counts, strict=True)
    ]
    trace = {
        "type": "heatmap", "z": shares, "zmin": 0, "zmax": 1, "xgap": 1, "ygap": 1, "showscale": not small,
        "colorscale": [[0, css("--surface-low")], [1, css("--heat")]],
        "text": words if small else None, "texttemplate": "%{text}" if small else None, "customdata": told,
        "colorbar": {"thickness": 10, "tickformat": ".0%", "outlinewidth": 0},
        "hovertemplate": "%{customdata[0]} → %{customdata[1]}<br>%{z:.1%}: %{customdata[2]} tracks" + END,
        "textfont": {"color": css("--text")},
    }  # fmt: skip
    across = names(report.genres, width=14, lines=1 if len(counts) > 4 else 2)
    across |= {
        "tickangle": 0 if len(counts) <= 4 else -50,
        "title": {"text": "predicted genre"},
        "range": [-0.5, len(counts) - 0.5],
    }
    down = names(report.genres, width=14) | {"title": {"text": "true genre", "standoff": 6}}
    return framed([trace], max(340, 32 * len(counts) + 150), xaxis=across, yaxis=down)


def draw_calibration(report: Report) -> Figure:
    """Draw confidence against accuracy over the diagonal, with the number of tracks below."""
    bins = report.calibration
    confidence = [number(part.confidence) for part in bins]
    tracks = [part.tracks for part in bins]
    sizes = [5 + 9 * math.sqrt(n / max(1, *tracks)) for n in tracks]
    diagonal = {
        "type": "scatter", "mode": "lines", "x": [0, 1], "y": [0, 1], "hoverinfo": "skip",
        "line": {"dash": "dot", "color": css("--muted")},
    }  # fmt: skip
    curve = {
        "type": "scatter", "mode": "lines+markers", "x": confidence, "customdata": [f"{n:,}" for n in tracks],
        "y": [number(part.accuracy) for part in bins],
        "marker": {"size": sizes}, "line": {"color": css("--accent")},
        "hovertemplate": "confidence %{x:.2f}<br>right %{y:.2f}<br>%{customdata} tracks<extra></extra>",
    }  # fmt: skip
    histogram = {
        "type": "bar", "x": confidence, "y": tracks, "yaxis": "y2", "width": 0.7 / max(len(bins), 10),
        "marker": {"color": css("--accent-soft")}, "hovertemplate": "%{y:,} tracks<extra></extra>",
    }  # fmt: skip
    right = axis("labelled rightly", range=[0, 1.02], domain=[0.34, 1], automargin=True)
    below = axis("tracks", domain=[0, 0.22], nticks=3, automargin=True)
    axes = {"xaxis": axis("confidence", range=[0, 1.02], anchor="y2"), "yaxis": right, "yaxis2": below}
    return framed([diagonal, curve, histogram], 420, **axes)


def draw_coverage(report: Report) -> Figure:
    """Draw the share of tracks that get a genre at each promised precision."""
    rows = report.confidence.coverage if report.confidence else report.coverage
    kept = [f"confidence {figure(c.threshold)} or more<br>precision kept {percent(c.kept, 1)}" for c in rows]
    trace = {
        "type": "bar", "x": list(range(len(rows))), "y": [number(c.share) for c in rows], "customdata": kept,
        "text": [percent(c.share) if c.threshold is not None else "none" for c in rows],
        "textposition": "outside", "cliponaxis": False, "marker": {"color": css("--accent")}, "width": 0.6,
        "hovertemplate": "%{y:.1%} of tracks<br>%{customdata}<extra></extra>",
    }  # fmt: skip
    promised = [percent(c.promised) for c in rows]
    across = axis("promised precision", tickvals=trace["x"], ticktext=promised, showgrid=False)
    axes = {
        "xaxis": across,
        "yaxis": axis("tracks labelled", range=[0, 1.08], tickformat=".0%", automargin=True),
    }
    return framed([trace], 270, **axes)


def draw_importance(report: Report, top: int = 20) -> Figure:
    """Draw the `top` features by the share of the model's work that they do."""
    best = sorted(report.importance.items(), key=lambda item: -item[1])[:top]
    shares = [number(share) for _, share in best]
    trace = {
        "type": "bar", "orientation": "h", "x": shares, "y": list(range(len(best))),
        "marker": {"color": css("--accent")}, "text": [percent(share, 1) for share in shares],
        "textposition": "outside", "cliponaxis": False, "hovertemplate": "%{x:.1%}<extra></extra>",
    }  # fmt: skip
    furthest = 1.3 * max((share for share in shares if share is not None), default=1.0)
    across = axis("share of the work", range=[0, furthest], tickformat=".0%", nticks=5)
    return framed([trace], 24 * len(best) + 60, xaxis=across, yaxis=names([n for n, _ in best], width=24))


def draw_curves(report: Report, member: str) -> Figure:
    """Draw loss above accuracy, epoch by epoch, with a line at the epoch whose weights were kept."""
    curves = report.curves[member]
    best = best_epoch(curves)
    traces = [
        _curve(curves[f"{part}_{measure}"], part, axis_of, first=measure == "loss")
        for measure, axis_of in (("loss", "y"), ("accuracy", "y2"))
        for part in ("train", "validation")
        if curves[f"{part}_{measure}"]
    ]
    line = {
        "type": "line", "x0": best, "x1": best, "yref": "paper", "y0": 0, "y1": 1, "layer": "below",
        "line": {"dash": "dot", "width": 2, "color": css("--good")},
    }  # fmt: skip
    said = {
        "text": f"kept: epoch {best}", "x": best, "y": 1, "yref": "paper", "yanchor": "bottom",
        "showarrow": False, "font": {"color": css("--good")},
    }  # fmt: skip
    axes = {
        "xaxis": axis("epoch", anchor="y2", range=[0.5, len(curves["train_loss"]) + 0.5]),
        "yaxis": axis("loss", domain=[0.54, 1], automargin=True),
        "yaxis2": axis("accuracy", domain=[0, 0.46], automargin=True),
    }
    legend = {"orientation": "h", "y": 1.08, "yanchor": "bottom", "x": 0, "bgcolor": "rgba(0,0,0,0)"}
    shown = framed(traces, 420, showlegend=True, legend=legend, shapes=[line], annotations=[said], **axes)
    shown["layout"]["margin"]["t"] = 56
    return shown


def _curve(values: Sequence[float], part: str, axis_of: str, *, first: bool) -> Figure:
    """Return one line of a figure of learning; what a line stands for is said once."""
    held_out = part == "validation"
    name, colour = ("tracks held out", "--warn") if held_out else ("tracks learned from", "--accent")
    return {
        "type": "scatter", "mode": "lines+markers" if len(values) == 1 else "lines", "yaxis": axis_of,
        "x": list(range(1, len(values) + 1)), "y": [number(value) for value in values],
        "name": name, "legendgroup": part, "showlegend": first, "line": {"color": css(colour)},
        "hovertemplate": "epoch %{x}: %{y:.3f}<extra></extra>",
    }  # fmt: skip


def _bars(rows: Sequence[Bar], title: str) -> Figure:
    """Draw one bar per row from zero, its interval, and its figure to the right of both."""
    scores = [score for _, score, _ in rows]
    places = list(range(len(rows)))
    bar = {
        **_spread(scores, "--text"), "type": "bar", "orientation": "h", "width": 0.55,
        "x": [number(score.value) for score in scores], "y": places,
        "marker": {"color": [css(colour) for _, _, colour in rows]},
    }  # fmt: skip
    words = {
        "type": "scatter", "mode": "text", "x": [number(score.high) for score in scores], "y": places,
        "text": [GAP + figure(score.value) for score in scores], "textposition": "middle right",
        "cliponaxis": False, "hoverinfo": "skip", "textfont": {"color": css("--text")},
    }  # fmt: skip
    axes = {"xaxis": unit_axis(title, 1.2), "yaxis": names([name for name, _, _ in rows], width=22)}
    return framed([bar, words], height_for(len(rows)), **axes)


def _spread(scores: Sequence[Score], colour: str) -> Figure:
    """Return the parts of a trace that draw and tell intervals."""
    told = [f"{figure(s.value)}<br>95 % interval {figure(s.low)} to {figure(s.high)}" for s in scores]
    error = {
        "type": "data", "symmetric": False, "thickness": 2, "width": 5, "color": css(colour),
        "array": [number(score.high - score.value) for score in scores],
        "arrayminus": [number(score.value - score.low) for score in scores],
    }  # fmt: skip
    return {"error_x": error, "customdata": told, "hovertemplate": "%{customdata}<extra></extra>"}


def _mark(name: str, values: list[float | None], places: list[int], symbol: str, colour: str) -> Figure:
    """Return a trace of marks."""
    marker = {
        "symbol": symbol,
        "size": 9,
        "color": css(colour),
        "line": {"width": 1, "color": css("--surface")},
    }
    told = f"{name} %{{x:.3f}}<extra></extra>"
    place = {"x": values, "y": places}
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "marker": marker,
        "hovertemplate": told,
    } | place


def _cell(share: float | None) -> str:
    """Return the words of a cell; nothing where they would only be noise."""
    return "" if share is None or share < 0.005 else f"{100 * share:.0f}"
