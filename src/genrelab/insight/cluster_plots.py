"""Figures of clusters."""

from __future__ import annotations

import polars as pl

from genrelab.insight import cluster_tables
from genrelab.insight.cluster_choice import Choice
from genrelab.insight.clustering import Clusters
from genrelab.insight.drawing import (
    END,
    PALETTE,
    Figure,
    axis,
    colour,
    css,
    framed,
    label,
    names,
    number,
)
from genrelab.insight.tables import percent

ROW = 26
"""Height of a cluster's row, in pixels."""


def draw_sizes(found: Clusters) -> Figure:
    """Draw the share of the tracks that is in each cluster."""
    shares = found.sizes["share"].to_list()
    trace = {
        "type": "bar", "orientation": "h", "x": shares, "y": list(range(found.k)),
        "marker": {"color": [colour(place) for place in range(found.k)]},
        "text": [percent(share, 1) for share in shares], "textposition": "outside", "cliponaxis": False,
        "customdata": [
            [label(row["traits"], 60, 2), f"{row['tracks']:,}"] for row in found.sizes.iter_rows(named=True)
        ],
        "hovertemplate": "%{customdata[1]} tracks<br>%{customdata[0]}" + END,
    }  # fmt: skip
    across = axis("share of the tracks", range=[0, 1.2 * max(shares)], tickformat=".0%", nticks=6)
    return framed([trace], ROW * found.k + 70, xaxis=across, yaxis=_clusters(found))


def _clusters(found: Clusters) -> Figure:
    return names([f"cluster {place}" for place in range(1, found.k + 1)])


def draw_importance(found: Clusters) -> Figure:
    """Draw the features by the share of the forest's work that they do."""
    importance = found.forest.importance
    shares = [number(share) for share in importance.values()]
    trace = {
        "type": "bar", "orientation": "h", "x": shares, "y": list(range(len(shares))),
        "marker": {"color": css("--accent")}, "text": [percent(share, 1) for share in importance.values()],
        "textposition": "outside", "cliponaxis": False, "hovertemplate": "%{x:.1%}" + END,
    }  # fmt: skip
    furthest = 1.25 * max(0.01, *importance.values())
    across = axis("share of the work", range=[0, furthest], tickformat=".0%", nticks=5)
    return framed([trace], ROW * len(shares) + 70, xaxis=across, yaxis=names(list(importance), width=24))


def draw_genres(found: Clusters) -> Figure:
    """Draw the share of each genre in each cluster, with counts where one points."""
    genres, counts, shares = cluster_tables.cross_table(found)
    small = len(genres) <= 16
    told = [
        [[label(name, 60, 1), f"{n:,}", f"cluster {place + 1}"] for name, n in zip(genres, row, strict=True)]
        for place, row in enumerate(counts)
    ]
    words = [["" if not share else f"{100 * share:.0f}" for share in row] for row in shares]
    trace = {
        "type": "heatmap", "z": shares, "zmin": 0, "xgap": 1, "ygap": 1, "customdata": told,
        "colorscale": [[0, css("--surface-low")], [1, css("--heat")]],
        "text": words if small else None, "texttemplate": "%{text}" if small else None,
        "showscale": not small, "colorbar": {"thickness": 10, "tickformat": ".0%", "outlinewidth": 0},
        "hovertemplate": "%{customdata[2]}, %{customdata[0]}<br>%{z:.1%}: %{customdata[1]} tracks" + END,
        "textfont": {"color": css("--text")},
    }  # fmt: skip
    across = names(genres, width=16, lines=1) | {"tickangle": -50, "range": [-0.5, len(genres) - 0.5]}
    return framed([trace], ROW * found.k + 150, xaxis=across, yaxis=_clusters(found))


def draw_map(found: Clusters, by: str) -> Figure:
    """Draw tracks on a plane, coloured by "cluster" or by "genre"; a click on a name hides or shows it."""
    points = _named(found, by)
    order = points.group_by("name").len().sort("len", "name", descending=[True, False])["name"].to_list()
    if by == "cluster":
        order = sorted(order, key=int)
    groups = points.partition_by("name", as_dict=True)
    traces = [_dots(by, name, place, groups[(name,)]) for place, name in enumerate(order)]
    legend = {
        "orientation": "h", "y": -0.14, "yanchor": "top", "x": 0, "itemsizing": "constant",
        "bgcolor": "rgba(0,0,0,0)",
    }  # fmt: skip
    first, second = ("component 1", "component 2") if found.map.explained else ("", "")
    if found.map.explained:
        one, two = found.map.explained
        first, second = f"{first} ({percent(one)} of the variance)", f"{second} ({percent(two)})"
    axes = {
        "xaxis": axis(first, fixedrange=False),
        "yaxis": axis(second, fixedrange=False, automargin=True),
    }
    shown = framed(traces, 620, showlegend=True, legend=legend, dragmode="zoom", hovermode="closest", **axes)
    shown["layout"]["margin"]["b"] = 150
    return shown


def _named(found: Clusters, by: str) -> pl.DataFrame:
    """Return the points with the ``name`` of their group; there are no more groups than colours."""
    points = found.map.points.with_columns(pl.col(by).cast(pl.String).alias("name"))
    if by == "cluster":
        return points
    kept = cluster_tables.genre_names(found, len(PALETTE))
    known = pl.when(pl.col("name").is_in(kept)).then("name").otherwise(pl.lit(cluster_tables.OTHERS))
    return points.with_columns(
        pl.when(pl.col("name").is_null()).then(pl.lit("no genre")).otherwise(known).alias("name")
    )


def _dots(by: str, name: str, place: int, points: pl.DataFrame) -> Figure:
    """Return the dots of one cluster or genre."""
    if by == "cluster":
        place, name = int(name) - 1, f"cluster {name}"
    said = [_said(row) for row in points.iter_rows(named=True)]
    return {
        "type": "scatter", "mode": "markers", "name": label(name, 30, 1),
        "x": points["x"].round(4).to_list(), "y": points["y"].round(4).to_list(), "customdata": said,
        "marker": {"size": 5, "opacity": 0.65, "color": colour(place)},
        "hovertemplate": "%{customdata}" + END,
    }  # fmt: skip


def _said(row: dict[str, object]) -> str:
    known = [row[name] for name in ("title", "artist", "genre") if row.get(name)]
    return "<br>".join(label(str(fact), 40, 1) for fact in [*known, f"cluster {row['cluster']}"])


def draw_ranges(found: Clusters, feature: str) -> Figure:
    """Draw the range of a feature in every cluster: all tracks, the middle 90 %, the median."""
    own = found.ranges.filter(pl.col("feature") == feature).drop_nulls("minimum")
    rows = [place - 1 for place in own["cluster"]]
    colours = [colour(row) for row in rows]
    told = [
        f"5 %: {cluster_tables.number(r['p5'])}, median {cluster_tables.number(r['median'])},"
        f" 95 %: {cluster_tables.number(r['p95'])}"
        for r in own.iter_rows(named=True)
    ]
    line = {
        "type": "bar", "orientation": "h", "width": 0.06, "base": own["minimum"].to_list(), "y": rows,
        "x": (own["maximum"] - own["minimum"]).to_list(), "marker": {"color": css("--muted")},
        "hoverinfo": "skip",
    }  # fmt: skip
    bar = {
        "type": "bar", "orientation": "h", "width": 0.56, "base": own["p5"].to_list(), "y": rows,
        "x": (own["p95"] - own["p5"]).to_list(), "marker": {"color": colours}, "customdata": told,
        "hovertemplate": "%{customdata}" + END,
    }  # fmt: skip
    mark = {
        "type": "scatter", "mode": "markers", "x": own["median"].to_list(), "y": rows, "hoverinfo": "skip",
        "marker": {"symbol": "line-ns", "size": 14, "line": {"width": 3, "color": css("--text")}},
    }  # fmt: skip
    axes = {"xaxis": axis(label(feature, 60, 1)), "yaxis": _clusters(found)}
    return framed([line, bar, mark], ROW * found.k + 70, barmode="overlay", **axes)


def draw_histogram(found: Clusters, feature: str) -> Figure:
    """Draw a histogram of a feature for every cluster, one above the other, each on its own scale."""
    own = found.histograms.filter(pl.col("feature") == feature)
    traces = []
    for place in range(found.k):
        part = own.filter(pl.col("cluster") == place + 1)
        highest = max(1, *part["tracks"].to_list())
        middle = ((part["low"] + part["high"]) / 2).to_list()
        said = [
            f"{cluster_tables.part(low, high)}: {n:,} tracks"
            for low, high, n in part.select("low", "high", "tracks").iter_rows()
        ]
        traces.append(
            {
                "type": "bar", "x": middle, "base": [place + 0.45] * part.height,
                "y": [-0.9 * n / highest for n in part["tracks"]],
                "width": (part["high"] - part["low"]).to_list(), "customdata": said,
                "marker": {"color": colour(place), "line": {"width": 0}},
                "hovertemplate": f"cluster {place + 1}<br>%{{customdata}}" + END,
            }
        )  # fmt: skip
    axes = {"xaxis": axis(label(feature, 60, 1)), "yaxis": _clusters(found)}
    return framed(traces, ROW * found.k + 70, barmode="overlay", bargap=0, **axes)


def draw_choice(choice: Choice) -> Figure:
    """Draw silhouette, stability and inertia over the number of clusters; the recommended one is marked."""
    ks = choice.table["k"].to_list()
    panels = (("silhouette", "y", 1.0), ("stability", "y2", 0.64), ("inertia", "y3", 0.28))
    traces = [_line(choice, name, below) for name, below, _ in panels]
    sides = {
        f"yaxis{below[1:]}": axis(name, domain=[top - 0.28, top], automargin=True, nticks=4)
        for name, below, top in panels
    }
    across = axis("clusters", anchor="y3", dtick=max(1, len(ks) // 20), tick0=ks[0])
    mark = {
        "type": "line", "x0": choice.k, "x1": choice.k, "yref": "paper", "y0": 0, "y1": 1,
        "line": {"color": css("--warn"), "width": 1.5, "dash": "dot"},
    }  # fmt: skip
    return framed(traces, 560, xaxis=across, shapes=[mark], **sides)


def _line(choice: Choice, name: str, below: str) -> Figure:
    chosen = [css("--warn") if k == choice.k else css("--accent") for k in choice.table["k"]]
    return {
        "type": "scatter", "mode": "lines+markers", "x": choice.table["k"].to_list(), "yaxis": below,
        "y": [number(value) for value in choice.table[name]], "line": {"color": css("--accent")},
        "marker": {"size": 8, "color": chosen},
        "hovertemplate": f"%{{x}} clusters<br>{name} %{{y:,.3~f}}" + END,
    }  # fmt: skip
