"""Figures of a search for settings."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import polars as pl

from genrelab.insight.drawing import END, Figure, axis, css, framed, height_for, label, names, number
from genrelab.insight.tables import SCORE_NAMES, figure, percent
from genrelab.models import Range
from genrelab.scoring import Score
from genrelab.tuning import Tuned
from genrelab.tuning.space import as_written

HEIGHT = 320


def draw_scores(tuned: Tuned) -> Figure:
    """Draw the best score of the search beside what is announced, with its interval."""
    rows = [("best of the search", Score(tuned.best_score, tuned.best_score, tuned.best_score))]
    if tuned.announced is not None:
        rows.append(("announced", tuned.announced[tuned.metric]))
    colours = [css("--warn"), css("--accent")]
    trace = {
        "type": "scatter", "mode": "markers+text", "y": list(range(len(rows))),
        "x": [number(score.value) for _, score in rows],
        "text": [figure(score.value) for _, score in rows], "textposition": "top center",
        "marker": {"size": 13, "color": colours[: len(rows)]}, "cliponaxis": False, "hoverinfo": "skip",
        "error_x": {
            "type": "data", "symmetric": False, "thickness": 2, "width": 5, "color": css("--accent"),
            "array": [number(score.high - score.value) for _, score in rows],
            "arrayminus": [number(score.value - score.low) for _, score in rows],
        },
    }  # fmt: skip
    low, high = min(score.low for _, score in rows), max(score.high for _, score in rows)
    room = max(0.02, 0.2 * (high - low))
    across = axis(score_name(tuned), range=[low - room, high + room], automargin=True)
    axes = {"xaxis": across, "yaxis": names([name for name, _ in rows])}
    return framed([trace], height_for(len(rows)) + 20, **axes)


def draw_history(tuned: Tuned) -> Figure:
    """Draw the score of each trial, and the best so far."""
    complete, pruned = (tuned.history.filter(pl.col("state") == state) for state in ("complete", "pruned"))
    best = complete.select("trial", best=_best_so_far(tuned))
    line = {
        "type": "scatter", "mode": "lines", "name": "best so far", "hoverinfo": "skip",
        "x": best["trial"].to_list(), "y": best["best"].to_list(),
        "line": {"shape": "hv", "color": css("--accent")},
    }  # fmt: skip
    marks = [
        _trials(tuned, complete, "complete", {"size": 9, "color": css("--accent")}),
        _trials(
            tuned,
            pruned,
            "pruned, over fewer folds",
            {"size": 8, "symbol": "circle-open", "color": css("--muted")},
        ),
    ]
    shown = framed(
        [line, *(trace for trace in marks if trace["x"])],
        HEIGHT,
        showlegend=True,
        legend={"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0, "bgcolor": "rgba(0,0,0,0)"},
        xaxis=axis("trial", automargin=True, tickformat="d"),
        yaxis=axis(score_name(tuned), automargin=True),
    )
    shown["layout"]["margin"]["t"] = 36
    return shown


def draw_importance(tuned: Tuned) -> Figure:
    """Draw the share of each setting in what parted the best trials from the others."""
    shares = list(tuned.importance.values())
    trace = {
        "type": "bar", "orientation": "h", "x": [number(share) for share in shares],
        "y": list(range(len(shares))), "marker": {"color": css("--accent")},
        "text": [percent(share) for share in shares], "textposition": "outside", "cliponaxis": False,
        "hoverinfo": "skip", "width": 0.6,
    }  # fmt: skip
    across = axis("share", range=[0, 1.2 * max(shares, default=1.0)], tickformat=".0%", nticks=5)
    return framed([trace], 34 * len(shares) + 70, xaxis=across, yaxis=names(list(tuned.importance), width=26))


def draw_slice(tuned: Tuned, setting: str) -> Figure:
    """Draw the score of each complete trial against one setting; the best one stands out."""
    complete = tuned.history.filter(pl.col("state") == "complete")
    choice = tuned.space[setting]
    across = axis(label(setting, 40), automargin=True)
    places: Sequence[Any] = complete[setting].to_list()
    if not isinstance(choice, Range):
        words = list(dict.fromkeys(str(value) for value in _in_order(tuned, setting)))
        places = [words.index(str(value)) for value in places]
        across |= {"tickvals": list(range(len(words))), "ticktext": [label(word, 14) for word in words]}
        across |= {"range": [-0.5, len(words) - 0.5], "showgrid": False}
    elif choice.log:
        ticks = _ticks(choice)
        across |= {"type": "log", "tickvals": ticks, "ticktext": [f"{tick:g}" for tick in ticks]}
    trace = _trials(tuned, complete, "trial", {"size": 9, "color": css("--accent"), "opacity": 0.75})
    place = complete["score"].arg_max() if tuned.metric != "log_loss" else complete["score"].arg_min()
    best = {
        "type": "scatter", "mode": "markers", "hoverinfo": "skip",
        "x": [places[place or 0]], "y": [complete["score"][place or 0]],
        "marker": {"size": 15, "symbol": "circle-open", "color": css("--warn"), "line": {"width": 3}},
    }  # fmt: skip
    axes = {"xaxis": across, "yaxis": axis(score_name(tuned), automargin=True)}
    return framed([trace | {"x": list(places)}, best], HEIGHT, **axes)


def score_name(tuned: Tuned) -> str:
    """Name the score that was searched, and say where less of it is better."""
    return SCORE_NAMES[tuned.metric] + (" (less is better)" if tuned.metric == "log_loss" else "")


def _best_so_far(tuned: Tuned) -> pl.Expr:
    return pl.col("score").cum_min() if tuned.metric == "log_loss" else pl.col("score").cum_max()


def _in_order(tuned: Tuned, setting: str) -> list[Any]:
    """Return the values of a setting that were tried, in the order in which they were given."""
    choice = tuned.space[setting]
    tried = {str(value) for value in tuned.history[setting].to_list()}
    given = [] if isinstance(choice, Range) else [as_written(value) for value in choice]
    return [value for value in given if value in tried]


def _ticks(ends: Range) -> list[float]:
    """Return the numbers on an axis of logarithms: 1, 2, 5 of each power of ten, or 1 where it is long."""
    powers = range(math.floor(math.log10(ends.low)), math.ceil(math.log10(ends.high)) + 1)
    steps = (1, 2, 5) if len(powers) <= 4 else (1,)
    ticks = [float(f"{step}e{power}") for power in powers for step in steps]
    return [tick for tick in ticks if ends.low <= tick <= ends.high]


def _trials(tuned: Tuned, rows: pl.DataFrame, name: str, marker: Figure) -> Figure:
    """Return a mark for each trial, with its settings where one points."""
    settings = rows.select(list(tuned.space)).rows()
    told = [
        "<br>".join(label(f"{n}={v}", 60, 1) for n, v in zip(tuned.space, row, strict=True))
        for row in settings
    ]
    return {
        "type": "scatter", "mode": "markers", "name": name, "x": rows["trial"].to_list(),
        "y": rows["score"].to_list(), "marker": marker, "text": told,
        "customdata": rows["trial"].to_list(),
        "hovertemplate": "trial %{customdata}: %{y:.3f}<br>%{text}" + END,
    }  # fmt: skip
