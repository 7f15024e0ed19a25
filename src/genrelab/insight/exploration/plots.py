"""Figures of an exploration, as plotly draws them. Histograms are sent as counts, never as tracks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

import polars as pl

from genrelab.insight.drawing import END, Figure, axis, colour, css, framed, label, names
from genrelab.insight.exploration import tables
from genrelab.insight.exploration.faults import IN_COLUMNS
from genrelab.insight.exploration.findings import ENOUGH, Components, Exploration, Pair
from genrelab.insight.exploration.tables import amount, cut, hundredths, named, of
from genrelab.insight.tables import percent

Trace: TypeAlias = Callable[[str, str | None, int], Figure | None]
"""Draws a column of a genre in its colour's place."""

ACROSS = 3
PANEL, TITLE = 190, 56
"""Pixels of a panel, and those below it that hold its numbers and title."""
FURTHEST = 1.5
"""Standard deviations at which the colour of an average is full."""
LEGEND = {"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0, "bgcolor": "rgba(0,0,0,0)"}
BOX = {
    "type": "box", "orientation": "h", "name": "", "line": {"width": 1.4, "color": css("--accent")},
    "fillcolor": css("--accent-soft"), "whiskerwidth": 0.5, "boxmean": True, "hoverinfo": "x",
}  # fmt: skip
LEGEND_ROW = 8
"""About so many genres stand in a row of a legend."""


def short(value: float | None) -> float | None:
    """Return a number with as many digits as a plot can show; None where there is none."""
    return None if value is None else float(f"{value:.5g}")


def _word(name: str) -> str:
    """Return a name as plotly may show it, on one short line."""
    return label(cut(name, 30), 30, lines=1)


def draw_shares(found: Exploration) -> Figure:
    """Draw how many tracks each genre has."""
    rows = found.shares.head(len(found.genres) + 1).rows()
    told = [f"{n:,} tracks<br>{percent(share, 1)}" for _, n, share, _, _ in rows]
    bar = {
        "type": "bar", "orientation": "h", "x": [n for _, n, *_ in rows], "y": list(range(len(rows))),
        "text": [percent(share, 1) for _, _, share, *_ in rows], "textposition": "outside",
        "cliponaxis": False, "marker": {"color": css("--accent")}, "customdata": told,
        "hovertemplate": "%{customdata}" + END,
    }  # fmt: skip
    said = [tables.NO_GENRE if genre is None else genre for genre, *_ in rows]
    across = axis("tracks", range=[0, 1.15 * max((row[1] for row in rows), default=1)])
    return framed([bar], 28 * len(rows) + 70, xaxis=across, yaxis=names(said))


def draw_overlaid(found: Exploration) -> Figure:
    """Draw the histograms of all genres over each other, a panel for each column."""

    def trace(column: str, genre: str | None, place: int) -> Figure | None:
        bins = of(found.histograms.filter(pl.col("column") == column), genre)
        total = bins["tracks"].sum()
        if not total:
            return None
        shares = [short(n / total) for n in bins["tracks"]]
        told = "%{y:.1%} from %{x}"
        ends = [*bins["low"], bins["high"][-1]]
        return _line(ends, [*shares, shares[-1]], genre, place, told) | {"line": _stroke(place, "hv")}

    return _panels(found, trace, ".0%")


def draw_densities(found: Exploration) -> Figure:
    """Draw the densities of all genres over each other, a panel for each column."""

    def trace(column: str, genre: str | None, place: int) -> Figure | None:
        curve = of(found.densities.filter(pl.col("column") == column), genre)
        if not curve.height:
            return None
        x, y = ([short(value) for value in curve[name]] for name in ("value", "density"))
        return _line(x, y, genre, place, "%{x}: %{y:.3g}") | {"line": _stroke(place, "linear")}

    return _panels(found, trace, "")


def _line(x: Sequence[object], y: Sequence[object], genre: str | None, place: int, told: str) -> Figure:
    """Return a curve of a genre; `told` says what is under the pointer."""
    said = _word(named(genre))
    return {
        "type": "scatter", "mode": "lines", "x": list(x), "y": list(y), "name": said,
        "legendgroup": str(place), "hovertemplate": f"<b>{said.replace('%', '&#37;')}</b> {told}{END}",
    }  # fmt: skip


def _stroke(place: int, shape: str) -> Figure:
    dash = ("solid", "dash", "dot")[place // 16 % 3]
    return {"color": colour(place), "width": 1.6, "shape": shape, "dash": dash}


def _panels(found: Exploration, trace: Trace, ticks: str) -> Figure:
    """Draw one trace for each genre in each column's panel, with one legend for all."""
    traces, shown = [], set()
    for number, column in enumerate(found.columns, start=1):
        for place, genre in enumerate(found.groups):
            drawn = trace(column, genre, place)
            if drawn is not None:
                traces.append(
                    drawn | {"xaxis": f"x{number}", "yaxis": f"y{number}", "showlegend": place not in shown}
                )
                shown.add(place)
    axes = _grid(found.columns, PANEL, {"tickformat": ticks, "rangemode": "tozero", "fixedrange": False})
    rows = -(-len(found.columns) // ACROSS)
    top = 16 + 24 * -(-len(found.groups) // LEGEND_ROW)
    legend = {**LEGEND, "yref": "paper"}
    whole = framed(traces, PANEL * rows + top, showlegend=True, legend=legend, dragmode="zoom", **axes)
    whole["layout"]["margin"] |= {"t": top, "b": 0}
    return whole


def _grid(columns: Sequence[str], panel: int, upright: Figure) -> Figure:
    """Return the axes of a grid of panels, `panel` pixels high with their titles, one for each column."""
    rows = -(-len(columns) // ACROSS)
    axes: Figure = {}
    for number, column in enumerate(columns, start=1):
        row, place = divmod(number - 1, ACROSS)
        left, top = place / ACROSS, 1 - row / rows
        across = axis(label(tables.titled(column), 40), domain=[left + 0.035, left + 0.95 / ACROSS], nticks=6)
        domain = [max(0.0, top - (1 - TITLE / panel) / rows), top - 8 / panel / rows]
        axes[f"xaxis{number}"] = across | {"anchor": f"y{number}", "fixedrange": False}
        axes[f"yaxis{number}"] = axis("", domain=domain, anchor=f"x{number}", nticks=4) | upright
    return axes


def draw_small_multiples(found: Exploration, columns: Sequence[str]) -> Figure:
    """Draw a small histogram of every genre (rows) in each of some columns, each to its own height."""
    groups = found.groups
    traces = [_small(found, columns, genre, place) for place, genre in enumerate(groups)]
    middle = [place + 0.45 for place in range(len(columns))]
    titles = [label(tables.titled(column), 20) for column in columns]
    across = axis(
        "", tickvals=middle, ticktext=titles, side="top", showgrid=False, range=[-0.03, len(columns)]
    )
    down = names([named(genre) for genre in groups]) | {
        "tickvals": [0.55 + place for place in range(len(groups))],
        "range": [len(groups) + 0.02, -0.02],
    }
    whole = framed(traces, 58 * len(groups) + 90, xaxis=across, yaxis=down, barmode="overlay", bargap=0)
    whole["layout"]["annotations"] = list(_ends(found, columns, len(groups)))
    whole["layout"]["margin"] |= {"t": 44, "b": 30}
    return whole


def _small(found: Exploration, columns: Sequence[str], genre: str | None, place: int) -> Figure:
    """Return the small histograms of one genre: bars that hang down from their row's foot."""
    x, y, width, told = [], [], [], []
    for at, column in enumerate(columns):
        bins = of(found.histograms.filter(pl.col("column") == column), genre)
        most = max(bins["tracks"].max() or 1, 1) if bins.height else 1
        for number, (low, high, n) in enumerate(bins.select("low", "high", "tracks").iter_rows()):
            if n:
                x.append(short(at + 0.9 * (number + 0.5) / bins.height))
                y.append(short(-0.85 * n / most))
                width.append(short(0.905 / bins.height))
                told.append(f"{amount(low)} to {amount(high)}: {n:,}")
    return {
        "type": "bar", "x": x, "y": y, "width": width, "base": place + 0.98, "customdata": told,
        "marker": {"color": colour(place), "line": {"width": 0}},
        "hovertemplate": "%{customdata} tracks" + END,
    }  # fmt: skip


def _ends(found: Exploration, columns: Sequence[str], rows: int) -> Iterator[Figure]:
    """Yield the numbers at which the small histograms begin and end."""
    for place, column in enumerate(columns):
        bins = of(found.histograms.filter(pl.col("column") == column), None)
        if not bins.height:
            continue
        for value, x, side in ((bins["low"][0], place, "left"), (bins["high"][-1], place + 0.9, "right")):
            yield {
                "x": x, "y": rows, "text": amount(value), "showarrow": False, "xanchor": side,
                "yanchor": "top", "font": {"size": 11, "color": css("--quiet")},
            }  # fmt: skip


def draw_boxes(found: Exploration) -> Figure:
    """Draw boxes with Tukey's whiskers for every genre, a panel for each column."""
    traces = []
    places = {genre: place for place, genre in enumerate(found.groups)}
    for number, column in enumerate(found.columns, start=1):
        rows = found.ranges.filter(pl.col("column") == column, pl.col("tracks") > 0).rows(named=True)
        rows = [row for row in rows if row["genre"] in places]
        parts = ("lower", "q1", "median", "mean", "q3", "upper")
        numbers = {part: [short(row[part]) for row in rows] for part in parts}
        place = {"y": [places[row["genre"]] for row in rows], "xaxis": f"x{number}", "yaxis": f"y{number}"}
        ends = {"lowerfence": numbers["lower"], "upperfence": numbers["upper"]}
        traces.append(BOX | place | ends | {part: numbers[part] for part in ("q1", "median", "mean", "q3")})
    panel = 20 * len(found.groups) + 24 + TITLE
    axes = _grid(found.columns, panel, {})
    for number in range(1, len(found.columns) + 1):
        upright = names([cut(named(genre)) for genre in found.groups], lines=1) | {"automargin": False}
        hidden = {"showticklabels": False} if (number - 1) % ACROSS else {}
        axes[f"yaxis{number}"] |= {key: upright[key] for key in ("tickvals", "ticktext", "range")} | hidden
    whole = framed(traces, -(-len(found.columns) // ACROSS) * panel, **axes)
    whole["layout"]["margin"] |= {"l": 120, "t": 0, "b": 0}
    return whole


def draw_means(found: Exploration) -> Figure:
    """Draw averages in each genre, coloured by how far they lie from that of all tracks."""
    overall = {row["column"]: row for row in of(found.ranges, None).iter_rows(named=True)}
    rows = {genre: values for genre, *values in found.means.iter_rows()}
    far = [
        [_far(value, overall[column]) for value, column in zip(rows[genre], found.columns, strict=True)]
        for genre in found.groups
    ]
    words = [[amount(value) for value in rows[genre]] for genre in found.groups]
    return _heat(far, words, [named(genre) for genre in found.groups], found.columns, FURTHEST)


def _far(value: float | None, overall: dict[str, float | None]) -> float | None:
    mean, deviation = overall["mean"], overall["deviation"]
    return None if value is None or mean is None or not deviation else short((value - mean) / deviation)


def draw_correlations(found: Exploration) -> Figure:
    """Draw the correlation matrix."""
    values = {(a, b): value for a, b, _, value in found.correlations.iter_rows()}
    z = [[short(values[a, b]) for b in found.columns] for a in found.columns]
    return _heat(z, [[hundredths(value) for value in row] for row in z], found.columns, found.columns, 1)


def draw_loadings(components: Components) -> Figure:
    """Draw the correlation of each column with each component."""
    wide = components.loadings.pivot(on="component", index="column", values="loading")
    z = [[short(value) for value in row[1:]] for row in wide.iter_rows()]
    words = [[hundredths(value) for value in row] for row in z]
    return _heat(z, words, list(wide["column"]), [f"component {n}" for n in wide.columns[1:]], 1)


def draw_missing(found: Exploration) -> Figure | None:
    """Draw the share that is missing in each genre, of columns with gaps; None where there are none."""
    holed = of(found.missing, None).filter(pl.col("missing") > 0)["column"].to_list()
    if not holed:
        return None
    shares = {(column, genre): share for column, genre, _, share in found.missing.iter_rows()}
    groups = (None, *found.genres)
    z = [[short(shares[column, genre]) for column in holed] for genre in groups]
    words = [[percent(v) if v else "" for v in row] for row in z]
    return _heat(z, words, [named(genre) for genre in groups], holed, 1)


def draw_impossible(found: Exploration) -> Figure | None:
    """Draw in which genres the values sit that cannot be; None where there are none."""
    impossible = found.fault_genres.filter(
        pl.col("fault").is_in(IN_COLUMNS), pl.col("genre").is_in(found.genres)
    )
    if not impossible.height:
        return None
    genres = impossible["genre"].unique(maintain_order=True).to_list()
    traces = [
        {
            "type": "bar", "orientation": "h", "name": f"{_word(column)} {fault}",
            "y": [genres.index(genre) for genre in part["genre"]], "x": part["rows"].to_list(),
            "marker": {"color": colour(place)}, "hovertemplate": "%{x:,} rows" + END,
        }
        for place, ((column, fault), part) in enumerate(
            impossible.group_by("column", "fault", maintain_order=True)
        )
    ]  # fmt: skip
    height = (16 + 14 * len(traces)) * len(genres) + 110
    axes = {"xaxis": axis("rows"), "yaxis": names(genres)}
    whole = framed(traces, height, showlegend=True, legend=LEGEND, **axes)
    whole["layout"]["margin"]["t"] = 40
    return whole


def _heat(
    z: Sequence[Sequence[float | None]],
    words: Sequence[Sequence[str]],
    down: Sequence[str],
    across: Sequence[str],
    limit: float,
) -> Figure:
    """Draw a table whose cells are coloured from -limit to limit."""
    told = [[f"{_word(a)}, {_word(b)}" for b in across] for a in down]
    small = len(across) <= 20
    trace = {
        "type": "heatmap", "z": z, "zmin": -limit, "zmax": limit, "xgap": 1, "ygap": 1, "showscale": False,
        "colorscale": [[0, css("--warn")], [0.5, css("--surface-low")], [1, css("--heat")]],
        "text": words, "texttemplate": "%{text}" if small else None, "customdata": told,
        "textfont": {"color": css("--text"), "size": 12}, "hovertemplate": "%{customdata}: %{text}" + END,
    }  # fmt: skip
    bottom = names([cut(name) for name in across], lines=1) | {
        "tickangle": -50,
        "range": [-0.5, len(across) - 0.5],
    }
    return framed([trace], max(200, 30 * len(down) + 130), xaxis=bottom, yaxis=names(down))


def draw_pair(found: Exploration, pair: Pair) -> Figure:
    """Draw some tracks by two of their numbers, coloured by genre."""
    traces = [
        {
            "type": "scatter", "mode": "markers",
            "name": _word("other" if place < 0 else named(genre)),
            "x": [short(v) for v in part["x"]], "y": [short(v) for v in part["y"]],
            "marker": {"size": 5, "opacity": 0.6, "color": css("--muted") if place < 0 else colour(place)},
        }
        for place, genre in (*((-1, None),) * bool(found.genres), *enumerate(found.groups))
        if (part := of(pair.points, genre)).height
    ]  # fmt: skip
    axes = {"xaxis": axis(tables.titled(pair.x)), "yaxis": axis(tables.titled(pair.y), automargin=True)}
    for one in axes.values():
        one["fixedrange"] = False
    top = 16 + 24 * -(-len(traces) // (LEGEND_ROW // 2))
    whole = framed(traces, 400 + top, showlegend=True, legend=LEGEND, dragmode="zoom", **axes)
    whole["layout"]["margin"]["t"] = top
    return whole


def draw_scores(found: Exploration) -> Figure:
    """Draw F and mutual information of each feature beside each other."""
    places = list(range(found.scores.height))
    traces = [
        {
            "type": "bar", "orientation": "h", "x": [short(v) for v in found.scores[name]], "y": places,
            "xaxis": f"x{number}", "marker": {"color": css(shade)}, "hovertemplate": "%{x}" + END,
        }
        for number, (name, shade) in enumerate((("f", "--accent"), ("mutual_information", "--good")), start=1)
    ]  # fmt: skip
    axes = {
        "xaxis1": axis("F", domain=[0, 0.48], nticks=5),
        "xaxis2": axis("mutual information (nats)", domain=[0.52, 1], nticks=5),
        "yaxis": names(list(found.scores["column"]), width=24),
    }
    return framed(traces, 26 * len(places) + 70, **axes)


def draw_components(components: Components) -> Figure:
    """Draw the scree plot, and the cumulative share with a line at 0.90."""
    numbers = components.variance["component"].to_list()
    count = components.explaining()
    shades = [css("--accent") if number <= count else css("--accent-soft") for number in numbers]
    scree = {
        "type": "bar", "x": numbers, "y": [short(v) for v in components.variance["share"]],
        "marker": {"color": shades}, "hovertemplate": "component %{x}: %{y:.1%}" + END,
    }  # fmt: skip
    together = {
        "type": "scatter", "mode": "lines+markers", "x": numbers, "xaxis": "x2", "yaxis": "y2",
        "y": [short(v) for v in components.variance["cumulative"]], "line": {"color": css("--accent")},
        "marker": {"size": 8, "color": shades}, "hovertemplate": "first %{x}: %{y:.1%}" + END,
    }  # fmt: skip
    line = {
        "type": "line", "xref": "x2 domain", "yref": "y2", "x0": 0, "x1": 1, "y0": ENOUGH, "y1": ENOUGH,
        "line": {"dash": "dot", "width": 1.5, "color": css("--warn")},
    }  # fmt: skip
    said = {
        "xref": "x2 domain", "yref": "y2", "x": 0.02, "y": ENOUGH, "text": f"{ENOUGH:.2f}",
        "showarrow": False, "yanchor": "bottom", "font": {"color": css("--warn")},
    }  # fmt: skip
    axes = {
        "xaxis": axis("component", domain=[0, 0.46], dtick=1 if len(numbers) < 20 else None),
        "xaxis2": axis(
            "components together", domain=[0.56, 1], anchor="y2", dtick=1 if len(numbers) < 20 else None
        ),
        "yaxis": axis("share of the variance", tickformat=".0%", rangemode="tozero", automargin=True),
        "yaxis2": axis("cumulative share", tickformat=".0%", range=[0, 1.05], anchor="x2"),
    }
    return framed([scree, together], 340, shapes=[line], annotations=[said], **axes)
