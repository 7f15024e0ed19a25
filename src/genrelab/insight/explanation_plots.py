"""Figures of an explanation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from genrelab.insight.drawing import END, Figure, axis, colour, css, framed, label, names, number
from genrelab.insight.explanation import Explanation
from genrelab.insight.explanation_song import Song
from genrelab.insight.explanation_summary import CONFIDENCE
from genrelab.insight.explanation_tables import SHORT_UNITS, TOP, TOP_OF_GENRE, largest_coefficients
from genrelab.insight.explanation_tree import Tree

DOTS = 150
"""Tracks that are drawn for each feature and genre."""
_BIN, _SPREAD = 60, 0.38
_STEPS = 10
GROUPS = {
    "right": "--good",
    "of the genre": "--accent",
    "all": "--accent",
    "wrong": "--warn",
    "of others": "--muted",
}


def draw_bars(
    rows: Sequence[tuple[str, float]], title: str, spreads: Sequence[float] | None = None
) -> Figure:
    """Draw one bar for each row from zero, those below zero in another colour, with spreads where given."""
    shades = [css("--accent") if value >= 0 else css("--warn") for _, value in rows]
    trace: Figure = {
        "type": "bar", "orientation": "h", "x": [number(value) for _, value in rows],
        "y": list(range(len(rows))), "marker": {"color": shades}, "hovertemplate": "%{x:.3f}" + END,
    }  # fmt: skip
    if spreads is not None:
        error = {
            "type": "data",
            "array": [number(s) for s in spreads],
            "color": css("--text"),
            "thickness": 1.5,
        }
        trace["error_x"] = error | {"width": 4}
    across = axis(title, nticks=6, zeroline=True, automargin=True)
    return framed(
        [trace], 26 * len(rows) + 70, xaxis=across, yaxis=names([name for name, _ in rows], width=26)
    )


def draw_importance(found: Explanation) -> Figure:
    """Draw the shares of the gain."""
    shown = draw_bars(list(found.importance.head(TOP).iter_rows()), "share of the gain")
    shown["layout"]["xaxis"]["tickformat"] = ".0%"
    return shown


def draw_permutation(found: Explanation, measure: str, spread: str, title: str) -> Figure:
    """Draw what is lost when each column is shuffled, with the spread over the repeats."""
    best = found.permutation.sort(measure, descending=True).head(TOP)
    return draw_bars(list(best["column", measure].iter_rows()), title, best[spread].to_list())


def draw_shap(found: Explanation) -> Figure:
    """Draw mean absolute SHAP values."""
    return draw_bars(list(found.shap.head(TOP).iter_rows()), f"mean |SHAP|, {SHORT_UNITS[found.scale]}")


def draw_coefficients(found: Explanation, member: str, genre: str) -> Figure:
    """Draw the largest weights of a linear model for one genre."""
    return draw_bars(largest_coefficients(found, member, genre), "coefficient")


def draw_swarm(found: Explanation, genre: str) -> Figure:
    """Draw a dot for each track: its SHAP value across, the feature's value as a colour."""
    best = found.shap_per_genre.filter(pl.col("genre") == genre).head(TOP_OF_GENRE)["feature"].to_list()
    own = found.points.filter(pl.col("genre") == genre)
    x, y, ranks = [], [], []
    for place, name in enumerate(best):
        drawn = own.filter(pl.col("feature") == name).head(DOTS)
        x += [round(value, 4) for value in drawn["shap"]]
        y += [round(place + offset, 3) for offset in _offsets(drawn["shap"].to_numpy())]
        ranks += [0.5 if value is None else round(value, 2) for value in drawn["rank"]]
    bar = {
        "thickness": 8, "outlinewidth": 0, "len": 0.6, "tickvals": [0, 1], "ticktext": ["low", "high"],
        "title": {"text": "value", "side": "right"},
    }  # fmt: skip
    marker = {
        "size": 5, "color": ranks, "cmin": 0, "cmax": 1,
        "colorscale": [[0, colour(5)], [0.5, css("--muted")], [1, colour(1)]], "colorbar": bar,
        "opacity": 0.75,
    }  # fmt: skip
    dots = {
        "type": "scatter",
        "mode": "markers",
        "x": x,
        "y": y,
        "marker": marker,
        "hovertemplate": "%{x:.3f}" + END,
    }
    across = axis(f"SHAP value, {SHORT_UNITS[found.scale]}", zeroline=True, automargin=True)
    across["zerolinecolor"] = css("--muted")
    return framed([dots], 36 * len(best) + 70, xaxis=across, yaxis=names(best, width=26))


def _offsets(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> list[float]:
    """Move dots that would lie on each other apart, up and down in turn."""
    width = max(float(np.ptp(values)), 1e-12) / _BIN
    bins = np.floor((values - values.min()) / width).astype(int)
    seen = np.zeros(bins.max() + 1, dtype=int)
    offsets = []
    for place in bins:
        count = seen[place]
        seen[place] += 1
        offsets.append((1 if count % 2 else -1) * min(_SPREAD, 0.045 * ((count + 1) // 2)))
    return offsets


def draw_density(found: Explanation, of: str) -> Figure:
    """Draw a histogram of confidence or of a genre's probability, one outline for each group."""
    own = found.densities.filter(pl.col("of") == of)
    traces = []
    for group in own["group"].unique(maintain_order=True):
        part = own.filter(pl.col("group") == group)
        shares = (part["tracks"] / max(1, part["tracks"].sum())).to_list()
        traces.append(
            {
                "type": "scatter", "mode": "lines", "name": group, "fill": "tozeroy", "line": {
                    "shape": "hv", "color": css(GROUPS[group]), "width": 2},
                "x": [*part["low"].to_list(), 1.0], "y": [*shares, shares[-1]],
                "hovertemplate": f"{group}: %{{y:.1%}} of {part['tracks'].sum():,} tracks" + END,
            }
        )  # fmt: skip
    across = axis("confidence" if of == CONFIDENCE else "probability", range=[0, 1], automargin=True)
    upward = axis("share of tracks", tickformat=".0%", rangemode="tozero", automargin=True)
    legend = {"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0, "bgcolor": "rgba(0,0,0,0)"}
    shown = framed(traces, 300, showlegend=len(traces) > 1, legend=legend, xaxis=across, yaxis=upward)
    shown["layout"]["margin"]["t"] = 36
    return shown


def draw_tree(tree: Tree, genres: Sequence[str]) -> Figure:
    """Draw the questions of a tree from left to right, "yes" above "no"."""
    nodes = {node["node"]: node for node in tree.nodes.iter_rows(named=True)}
    xs: list[float | None] = []
    ys: list[float | None] = []
    for node in nodes.values():
        if node["parent"] is not None:
            parent = nodes[node["parent"]]
            middle = (parent["depth"] + node["depth"]) / 2
            xs += [parent["depth"], middle, middle, node["depth"], None]
            ys += [parent["place"], parent["place"], node["place"], node["place"], None]
    lines = {
        "type": "scatter", "mode": "lines", "x": xs, "y": ys, "hoverinfo": "skip",
        "line": {"color": css("--muted")},
    }  # fmt: skip
    boxes = [_box(node, colour(list(genres).index(node["genre"]))) for node in nodes.values()]
    deepest, lowest = max(n["depth"] for n in nodes.values()), max(n["place"] for n in nodes.values())
    across = axis("", range=[-0.45, deepest + 0.45], visible=False)
    down = axis("", range=[lowest + 0.6, -0.6], visible=False)
    return framed([lines], int(74 * (lowest + 1)) + 60, xaxis=across, yaxis=down, annotations=boxes)


def _box(node: dict[str, object], shade: str) -> Figure:
    """Return one node: the answer that leads to it, its question, its genre."""
    answer = f"<i>{node['answer']}:</i> " if node["answer"] else ""
    genre = f"{label(str(node['genre']), 16, 1)} {node['share']:.0%} of {node['tracks']:,}"
    question = f"<b>{label(str(node['question']), 40, 1)}</b><br>" if node["question"] else ""
    return {
        "x": node["depth"], "y": node["place"], "text": f"{answer}{question}{genre}", "showarrow": False,
        "bgcolor": css("--surface"), "bordercolor": shade, "borderwidth": 2, "borderpad": 4,
        "font": {"size": 12},
    }  # fmt: skip


def draw_waterfall(song: Song) -> Figure:
    """Draw how columns add up from what the model says of any song to what it says of this one."""
    kept = list(song.contributions.iter_rows())
    steps = [(f"{column} {value}".strip(), added) for column, value, _, added in kept[:_STEPS]]
    if len(kept) > _STEPS:
        steps.append((f"{len(kept) - _STEPS} others", sum(added for *_, added in kept[_STEPS:])))
    sums = np.cumsum([song.base, *(added for _, added in steps)])
    rows = ["before anything is known", *(name for name, _ in steps), f"together: {song.genre}"]
    lengths = [song.base, *(added for _, added in steps), song.score]
    starts = [0.0, *sums[:-1].tolist(), 0.0]
    shades = [
        css("--accent-soft"),
        *(css("--accent" if a >= 0 else "--warn") for _, a in steps),
        css("--accent-soft"),
    ]
    trace = {
        "type": "bar", "orientation": "h", "x": [number(v) for v in lengths], "width": 0.7,
        "base": [number(v) for v in starts], "y": list(range(len(rows))), "marker": {"color": shades},
        "hovertemplate": "%{text}" + END,
        "text": [f"{lengths[0]:.2f}", *(f"{added:+.2f}" for _, added in steps), f"{song.score:.2f}"],
        "textposition": "outside", "cliponaxis": False,
    }  # fmt: skip
    reached = [0.0, *sums.tolist()]
    room = 0.12 * (max(reached) - min(reached) or 1.0)
    across = axis(
        SHORT_UNITS.get(song.scale, ""), range=[min(reached) - room, max(reached) + room], zeroline=True
    )
    return framed([trace], 34 * len(rows) + 70, xaxis=across, yaxis=names(rows, width=30))
