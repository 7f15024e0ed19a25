"""Plots of an exploration for papers and slides; matplotlib draws them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from genrelab.errors import MissingExtra
from genrelab.insight import terminal
from genrelab.insight.drawing import colour
from genrelab.insight.exploration import tables
from genrelab.insight.exploration.faults import IN_COLUMNS
from genrelab.insight.exploration.findings import ENOUGH, Exploration
from genrelab.insight.exploration.tables import amount, cut, hundredths, named, of
from genrelab.insight.tables import percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ACROSS = 3
ACCENT, SOFT, GOOD, WARN, LINE = "#4453d6", "#aab3f2", "#2c9a6b", "#d9622b", "#dfe3ea"


def draw_shares(found: Exploration) -> Figure:
    """Draw how many tracks each genre has."""
    rows = found.shares.filter(pl.col("genre").is_in(found.genres)).rows()
    figure = blank(8, 1.2 + 0.3 * len(rows))
    axes = figure.subplots()
    bars = axes.barh(range(len(rows)), [row[1] for row in rows], color=ACCENT)
    axes.bar_label(bars, [percent(row[2], 1) for row in rows], padding=3, fontsize=8)
    axes.margins(x=0.1)
    _name_rows(axes, [row[0] for row in rows], "tracks")
    return figure


def draw_means(found: Exploration) -> Figure:
    """Draw averages in each genre, coloured by how far they lie from that of all tracks."""
    overall = of(found.ranges, None)
    means = found.means.filter(pl.col("genre").is_not_null())
    values = means.select(found.columns).cast(pl.Float64).to_numpy()
    spread = overall["deviation"].cast(pl.Float64).to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        far = (values - overall["mean"].cast(pl.Float64).to_numpy()) / np.where(spread > 0, spread, np.nan)
    words = [[amount(value) for value in row[1:]] for row in means.iter_rows()]
    return _heat(far, words, list(means["genre"]), found.columns, 1.5)


def draw_overlaid(found: Exploration) -> Figure:
    """Draw the histograms of all genres over each other, a panel for each column."""

    def draw(axes: Axes, column: str, genre: str | None, place: int) -> None:
        bins = of(found.histograms.filter(pl.col("column") == column), genre)
        total = bins["tracks"].sum()
        if total:
            limits = [*bins["low"], bins["high"][-1]]
            axes.stairs(
                bins["tracks"].to_numpy() / total, limits, label=_text(named(genre)), **_stroke(place)
            )

    return _panels(found, draw, "share of the genre")


def draw_densities(found: Exploration) -> Figure:
    """Draw the densities of all genres over each other, a panel for each column."""

    def draw(axes: Axes, column: str, genre: str | None, place: int) -> None:
        curve = of(found.densities.filter(pl.col("column") == column), genre)
        if curve.height:
            axes.plot(curve["value"], curve["density"], label=_text(named(genre)), **_stroke(place))

    return _panels(found, draw, "density")


def draw_boxes(found: Exploration) -> Figure:
    """Draw boxes with Tukey's whiskers for every genre, a panel for each column."""
    parts = {"q1": "q1", "med": "median", "q3": "q3", "mean": "mean", "whislo": "lower", "whishi": "upper"}
    groups = found.groups
    figure, panels = _grid(len(found.columns), 0.7 + 0.17 * len(groups))
    for number, (column, axes) in enumerate(zip(found.columns, panels, strict=True)):
        ranges = found.ranges.filter(pl.col("column") == column, pl.col("tracks") > 0)
        rows = {row["genre"]: row for row in ranges.iter_rows(named=True)}
        there = [place for place, genre in enumerate(groups) if genre in rows]
        boxes = [{name: rows[groups[place]][ours] for name, ours in parts.items()} for place in there]
        axes.bxp(
            boxes,
            positions=there,
            orientation="horizontal",
            showfliers=False,
            showmeans=True,
            patch_artist=True,
            boxprops={"facecolor": SOFT, "edgecolor": ACCENT, "linewidth": 0.8},
            medianprops={"color": ACCENT},
            meanprops={"marker": "D", "markersize": 3, "markerfacecolor": WARN, "markeredgewidth": 0},
            whiskerprops={"linewidth": 0.8},
        )
        labels = [] if number % ACROSS else [_text(named(genre)) for genre in groups]
        axes.set_yticks(range(len(groups)) if labels else [], labels, fontsize=7)
        axes.set_ylim(len(groups) - 0.5, -0.5)
        axes.set_xlabel(_text(tables.titled(column), 40), fontsize=9)
    return figure


def draw_small_multiples(found: Exploration, columns: Sequence[str]) -> Figure:
    """Draw a small histogram of every genre (rows) in each of some columns, each to its own height."""
    from matplotlib.collections import PolyCollection  # noqa: PLC0415 - an extra

    groups = found.groups
    figure = blank(1.6 + 1.5 * len(columns), 0.8 + 0.5 * len(groups))
    axes = figure.subplots()
    for place, genre in enumerate(groups):
        corners = np.array(list(_corners(found, columns, genre, place))).reshape(-1, 4, 2)
        axes.add_collection(PolyCollection(list(corners), facecolors=colour(place), edgecolors="none"))
    for at, column in enumerate(columns):
        bins = of(found.histograms.filter(pl.col("column") == column), None)
        for value, x, side in ((bins["low"].min(), at, "left"), (bins["high"].max(), at + 0.9, "right")):
            said = amount(value) if isinstance(value, float) else ""
            axes.text(x, len(groups) + 0.05, said, ha=side, va="top", fontsize=7, color="0.35")
    titles = [_text(tables.titled(column), 18) for column in columns]
    axes.set_xticks(np.arange(len(columns)) + 0.45, titles, fontsize=9)
    axes.set_yticks(np.arange(len(groups)) + 0.6, [_text(named(genre)) for genre in groups])
    axes.set(xlim=(-0.05, len(columns)), ylim=(len(groups) + 0.3, 0))
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.grid(visible=False)
    return figure


def _corners(
    found: Exploration, columns: Sequence[str], genre: str | None, place: int
) -> Iterator[list[tuple[float, float]]]:
    """Yield the corners of every bar of a genre."""
    foot = place + 0.98
    for at, column in enumerate(columns):
        counts = of(found.histograms.filter(pl.col("column") == column), genre)["tracks"].to_numpy()
        for number in np.flatnonzero(counts):
            left, right = (at + 0.9 * (number + side) / len(counts) for side in (0, 1))
            top = foot - 0.85 * counts[number] / counts.max()
            yield [(left, foot), (left, top), (right, top), (right, foot)]


def draw_correlations(found: Exploration) -> Figure:
    """Draw the correlation matrix."""
    count = len(found.columns)
    values = found.correlations["correlation"].cast(pl.Float64).to_numpy().reshape(count, count)
    words = [[hundredths(value) for value in row] for row in values.tolist()]
    return _heat(values, words, found.columns, found.columns, 1)


def draw_pairs(found: Exploration) -> Figure:
    """Draw tracks by two of their numbers, a panel for each pair."""
    figure = blank(4.2 * len(found.pairs), 4.6)
    panels = np.atleast_1d(figure.subplots(1, len(found.pairs)))
    for pair, axes in zip(found.pairs, panels, strict=True):
        # Tracks whose genre is not shown are grey, below the others.
        for place, genre in (*((-1, None),) * bool(found.genres), *enumerate(found.groups)):
            points = of(pair.points, genre)
            shade, said = ("0.6", "other") if place < 0 else (colour(place), _text(named(genre)))
            if points.height:
                axes.scatter(points["x"], points["y"], s=5, alpha=0.6, color=shade, label=said)
        axes.set_title(f"{pair.points.height:,} of {pair.of:,} tracks", fontsize=9)
        axes.set(xlabel=_text(tables.titled(pair.x), 40), ylabel=_text(tables.titled(pair.y), 40))
    _legend(figure, panels[0])
    return figure


def draw_scores(found: Exploration) -> Figure:
    """Draw F and mutual information of each feature beside each other."""
    figure = blank(9, 1 + 0.28 * found.scores.height)
    panels = figure.subplots(1, 2, sharey=True)
    places = range(found.scores.height)
    panels[0].barh(places, found.scores["f"].to_list(), color=ACCENT)
    panels[1].barh(places, found.scores["mutual_information"].to_list(), color=GOOD)
    panels[1].set_xlabel("mutual information (nats)")
    _name_rows(panels[0], found.scores["column"].to_list(), "F")
    return figure


def draw_components(found: Exploration) -> Figure:
    """Draw the scree plot, and the cumulative share with a line at 0.90."""
    figure = blank(9, 3.6)
    scree, together = figure.subplots(1, 2)
    if found.components is None:
        return figure
    variance = found.components.variance
    count = found.components.explaining()
    numbers = variance["component"].to_list()
    scree.bar(numbers, variance["share"], color=[ACCENT if n <= count else SOFT for n in numbers])
    scree.set(xlabel="component", ylabel="share of the variance")
    together.plot(numbers, variance["cumulative"], marker="o", color=ACCENT)
    together.axhline(ENOUGH, color=WARN, linestyle=":")
    together.set(xlabel="components together", ylabel="cumulative share", ylim=(0, 1.05))
    together.set_title(tables.explained(found.components), fontsize=9)
    return figure


def draw_loadings(found: Exploration) -> Figure:
    """Draw the correlation of each column with each component."""
    if found.components is None:
        return blank(1, 1)
    wide = found.components.loadings.pivot(on="component", index="column", values="loading")
    values = wide.drop("column").to_numpy()
    words = [[hundredths(value) for value in row] for row in values.tolist()]
    return _heat(values, words, list(wide["column"]), wide.columns[1:], 1, "component")


def draw_missing(found: Exploration) -> Figure:
    """Draw the share that is missing in each genre, of columns with gaps."""
    holed = of(found.missing, None).filter(pl.col("missing") > 0)["column"].to_list()
    groups = (None, *found.genres)
    shares = {(column, genre): share for column, genre, _, share in found.missing.iter_rows()}
    values = np.array([[shares[column, genre] for column in holed] for genre in groups])
    words = [[percent(value) if value else "" for value in row] for row in values.tolist()]
    return _heat(values, words, [named(genre) for genre in groups], holed, 1)


def draw_impossible(found: Exploration) -> Figure:
    """Draw in which genres the values sit that cannot be."""
    impossible = found.fault_genres.filter(pl.col("fault").is_in(IN_COLUMNS))
    genres = impossible["genre"].unique(maintain_order=True).to_list()
    kinds = impossible.select("column", "fault").unique(maintain_order=True).rows()
    figure = blank(8, 1.3 + (0.12 + 0.14 * len(kinds)) * len(genres))
    axes = figure.subplots()
    height = 0.8 / len(kinds)
    for place, (column, fault) in enumerate(kinds):
        part = impossible.filter(pl.col("column") == column, pl.col("fault") == fault)
        at = [genres.index(genre) + height * (place - (len(kinds) - 1) / 2) for genre in part["genre"]]
        axes.barh(
            at, part["rows"].to_list(), height, color=colour(place), label=_text(f"{column} {fault}", 60)
        )
    _name_rows(axes, genres, "rows")
    _legend(figure, axes)
    return figure


def _panels(found: Exploration, draw: Callable[[Axes, str, str | None, int], None], upright: str) -> Figure:
    """Draw a panel for each column, with one legend for all."""
    figure, panels = _grid(len(found.columns), 2.1)
    for number, (column, axes) in enumerate(zip(found.columns, panels, strict=True)):
        for place, genre in enumerate(found.groups):
            draw(axes, column, genre, place)
        axes.set_xlabel(_text(tables.titled(column), 40), fontsize=9)
        axes.set_ylabel("" if number % ACROSS else upright, fontsize=8)
        axes.set_ylim(bottom=0)
    _legend(figure, panels[0])
    return figure


def _heat(
    values: np.ndarray,
    words: Sequence[Sequence[str]],
    down: Sequence[str],
    across: Sequence[str],
    limit: float,
    title: str = "",
) -> Figure:
    """Draw a table whose cells are coloured from -limit to limit."""
    from matplotlib.colors import LinearSegmentedColormap  # noqa: PLC0415 - an extra

    figure = blank(2.2 + 0.62 * len(across), 1.8 + 0.3 * len(down))
    axes = figure.subplots()
    shades = LinearSegmentedColormap.from_list("shades", ["#e58a5e", "#f4f5f8", "#8794f5"])
    axes.imshow(values, cmap=shades, vmin=-limit, vmax=limit, aspect="auto")
    for row, said in enumerate(words):
        for place, word in enumerate(said):
            axes.text(place, row, word, ha="center", va="center", fontsize=7)
    axes.set_xticks(range(len(across)), [_text(name, 24) for name in across], rotation=50, ha="right")
    axes.set_xlabel(title)
    axes.set_yticks(range(len(down)), [_text(name, 24) for name in down])
    axes.grid(visible=False)
    return figure


def _grid(count: int, height: float) -> tuple[Figure, list[Axes]]:
    """Return a figure of panels, `height` inches each, and the panels that are wanted."""
    rows = -(-count // ACROSS)
    figure = blank(11, 0.9 + height * rows)
    panels = figure.subplots(rows, ACROSS, squeeze=False).ravel().tolist()
    for spare in panels[count:]:
        spare.set_visible(False)
    for axes in panels[:count]:
        axes.tick_params(labelsize=8)
        axes.grid(color=LINE, linewidth=0.6)
        axes.set_axisbelow(True)
    return figure, panels[:count]


def _legend(figure: Figure, axes: Axes) -> None:
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside upper center", ncols=min(8, len(labels)), fontsize=8, frameon=False
    )


def _name_rows(axes: Axes, names: Sequence[str], title: str) -> None:
    """Name the rows of a bar chart, the first on top; by their places, since short names may be the same."""
    axes.set_yticks(range(len(names)), [_text(name, 24) for name in names])
    axes.invert_yaxis()
    axes.set_xlabel(title)


def _stroke(place: int) -> dict[str, Any]:
    return {"color": colour(place), "linewidth": 1.1, "linestyle": ("-", "--", ":")[place // 16 % 3]}


def blank(width: float, height: float) -> Figure:
    """Return an empty figure of so many inches."""
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415 - an extra, wanted for pictures only
    except ImportError as error:
        raise MissingExtra("matplotlib", "report") from error
    return Figure(figsize=(width, height), layout="constrained")


def _text(name: str, width: int = 20) -> str:
    """Return a name as matplotlib may show it: on one line, and no dollar sign begins a formula."""
    return cut(" ".join(terminal.clean(name).split()), width).replace("$", r"\$")
