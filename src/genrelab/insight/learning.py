"""Learning curves: how accurate a model is by the number of examples of each genre that it learned from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from genrelab import few, opinions
from genrelab.classifier import Classifier
from genrelab.dataset import Dataset
from genrelab.errors import SettingError
from genrelab.fitting import Fitting
from genrelab.insight import drawing
from genrelab.insight.document import Card
from genrelab.insight.drawing import Figure
from genrelab.insight.tables import Table, figure, interval
from genrelab.progress import Progress, silent
from genrelab.recipe import Recipe
from genrelab.scoring import Score

Codes = NDArray[np.int64]
Floats = NDArray[np.float64]

SIZES = (5, 10, 20, 40, 80, 160, 320)
"""Examples of each genre at which accuracy is measured, as far as the tracks reach."""
DRAWS = 5
STARTED, SCRATCH = "starting from shipped models", "from scratch"
FROM_SCRATCH = Recipe("lightgbm", {"rounds": 100, "min_leaf": 5})
"""A booster for few tracks: leaves of 30, as by default, would leave it nothing to part."""
PARTS = 4
LEAST = 3
"""Examples that every genre must have left for the smallest size, so that a curve has a beginning."""


@dataclass(frozen=True, slots=True, eq=False)
class Contender:
    """A recipe, and the classifiers that it starts from."""

    recipe: Recipe
    bases: Mapping[str, Classifier] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Point:
    """Accuracy at a number of examples of each genre.

    Attributes
    ----------
    examples
        Examples of each genre; of a rarer genre all that there are.
    tracks
        Tracks learned from in all.
    accuracy
        Mean over the draws, with its 95 % interval by Student's t.
    each
        Accuracy in each draw.
    """

    examples: int
    tracks: int
    accuracy: Score
    each: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Curve:
    """What one contender learned from more and more examples."""

    name: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Learned:
    """Learning curves of several contenders, on the same draws.

    Attributes
    ----------
    curves
        One for each contender.
    draws
        How often examples were drawn; each time other artists were held out.
    genres
        Number of genres.
    grouped_by
        What kept tracks learned from and tracks scored apart.
    """

    curves: tuple[Curve, ...]
    draws: int
    genres: int
    grouped_by: str


def learn(
    dataset: Dataset,
    contenders: Mapping[str, Contender],
    *,
    sizes: Sequence[int] = SIZES,
    draws: int = DRAWS,
    seed: int = 0,
    threads: int = 2,
    progress: Progress = silent,
) -> Learned:
    """Measure learning curves: in each draw a quarter of the artists is held out, and examples are drawn.

    Parameters
    ----------
    dataset
        Tracks with genres.
    contenders
        What to fit, by the name that is shown.
    sizes
        Examples of each genre; those that half of the genres do not reach are left out.
    draws
        How often to draw, at least 2.
    seed
        The same seed gives the same curves.
    threads, progress
        As for `genrelab.training.train`.

    Raises
    ------
    SettingError
        When there are fewer than 2 draws, or too few tracks for the smallest size.

    Examples
    --------
    >>> from genrelab import dataset, schema
    >>> songs = dataset.make(schema.sample(120, seed=0))
    >>> found = learn(songs, {"logistic": Contender(Recipe("logistic"))}, sizes=(5, 10), draws=2)
    >>> [point.examples for point in found.curves[0].points]
    [5, 10]
    """
    if draws < 2:
        raise SettingError(f"draws: {draws} tells nothing of how sure the curve is: draw at least twice")
    parted = [next(dataset.folds(min(PARTS, dataset.most_folds), seed=seed + n)) for n in range(draws)]
    reached = _reached(dataset, sizes, [train for train, _ in parted])
    fittings = {name: _fitting(dataset, each, seed, threads) for name, each in contenders.items()}
    found: dict[tuple[str, int], list[float]] = {(n, s): [] for n in contenders for s in reached}
    counts: dict[int, int] = {}
    for draw, (train, test) in enumerate(parted):
        for size in reached:
            progress(f"learning curve: draw {draw + 1}, {size} examples", draw / draws)
            rows = drawn(dataset.truth, train, size, seed + draw)
            counts[size] = len(rows)
            for name, fitting in fittings.items():
                found[name, size].append(_accuracy(fitting, rows, test))
    curves = (
        Curve(name, tuple(_point(size, counts[size], found[name, size]) for size in reached))
        for name in contenders
    )
    return Learned(tuple(curves), draws, len(dataset.genres), dataset.grouped_by)


def learn_few(
    dataset: Dataset,
    bases: Mapping[str, Classifier],
    *,
    draws: int = DRAWS,
    seed: int = 0,
    threads: int = 2,
    progress: Progress = silent,
) -> Learned | None:
    """Measure what starting from other classifiers is worth, against the same tracks learned from scratch.

    Returns
    -------
    Two curves; None where there are too few tracks to hold any out.
    """
    contenders = {STARTED: Contender(few.RECIPE, bases), SCRATCH: Contender(FROM_SCRATCH)}
    try:
        return learn(dataset, contenders, draws=draws, seed=seed, threads=threads, progress=progress)
    except SettingError:
        return None


def drawn(truth: Codes, rows: Codes, size: int, seed: int) -> Codes:
    """Draw so many rows of each genre, all of a rarer one; a larger size has a smaller one's rows in it.

    Examples
    --------
    >>> truth = np.array([0, 0, 0, 1, 1, 1])
    >>> drawn(truth, np.arange(6), 2, seed=0).shape
    (4,)
    """
    mixed = np.random.default_rng(seed).permutation(rows)
    kept = [mixed[truth[mixed] == genre][:size] for genre in np.unique(truth[rows])]
    return np.sort(np.concatenate(kept))


def _reached(dataset: Dataset, sizes: Sequence[int], parts: Sequence[Codes]) -> list[int]:
    """Return the sizes that half of the genres reach in every draw."""
    counts = np.array([np.bincount(dataset.truth[rows], minlength=len(dataset.genres)) for rows in parts])
    half = int(np.median(counts, axis=1).min())
    reached = [size for size in sorted(sizes) if size <= half]
    if not reached or counts.min() < min(LEAST, *reached):
        rarest = dataset.genres[int(counts.min(axis=0).argmin())]
        raise SettingError(
            f"learning curve: {rarest!r} has {counts.min()} tracks where others are held out, at least"
            f" {LEAST} are needed, and {min(sizes)} of most genres: add examples, or leave the genre out with"
            " --min-tracks"
        )
    return reached


def _fitting(dataset: Dataset, contender: Contender, seed: int, threads: int) -> Fitting:
    given = opinions.beside(dataset.tracks, dataset.columns, contender.bases)
    return Fitting(dataset, contender.recipe, contender.recipe.read(*given), seed, threads)


def _accuracy(fitting: Fitting, rows: Codes, test: Codes) -> float:
    """Fit to some rows, and return the share of others that are labelled rightly."""
    logs = fitting.fit(rows).log_probabilities(fitting.features.take(test))
    return float((logs.sum(axis=0).argmax(axis=1) == fitting.dataset.truth[test]).mean())


def _point(size: int, tracks: int, each: Sequence[float]) -> Point:
    return Point(size, tracks, mean(each), tuple(each))


def mean(each: Sequence[float]) -> Score:
    """Return the mean of some shares with its 95 % interval by Student's t, which ends at 0 and 1.

    Examples
    --------
    >>> mean([0.5, 0.6, 0.7])
    Score(value=0.6, low=0.35..., high=0.84...)
    """
    values = np.array(each)
    half = stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    value = float(values.mean())
    return Score(value, max(value - float(half), 0.0), min(value + float(half), 1.0))


def tabulate(learned: Learned) -> Table:
    """Return a row for each number of examples, and two columns for each contender."""
    first = learned.curves[0]
    headers = ("examples a genre", *(head for c in learned.curves for head in (c.name, "95 % interval")))
    rows = tuple(
        (
            f"{point.examples}",
            *(
                cell
                for curve in learned.curves
                for cell in (figure(curve.points[n].accuracy.value), interval(curve.points[n].accuracy))
            ),
        )
        for n, point in enumerate(first.points)
    )
    return Table("What more examples bring", _tells(learned), headers, rows)


def _tells(learned: Learned) -> str:
    return (
        f"Accuracy by examples of each of {learned.genres} genres, mean of {learned.draws} draws; each holds"
        f" out others by {learned.grouped_by.replace('_', ' ')}."
    )


def draw(learned: Learned) -> Figure:
    """Draw a line for each contender, its interval behind it."""
    traces = [trace for n, curve in enumerate(learned.curves) for trace in _traces(curve, drawing.colour(n))]
    sizes = [point.examples for point in learned.curves[0].points]
    across = drawing.axis(
        "examples of each genre", type="log", tickvals=sizes, ticktext=[str(size) for size in sizes]
    )
    legend = {"orientation": "h", "y": 1.12, "x": 0}
    up = drawing.axis("accuracy", automargin=True)
    return drawing.framed(traces, 380, xaxis=across, yaxis=up, showlegend=True, legend=legend)


def _traces(curve: Curve, colour: str) -> list[Figure]:
    sizes = [point.examples for point in curve.points]
    scores = [point.accuracy for point in curve.points]
    low, high = [one.low for one in scores], [one.high for one in scores]
    band = {
        "type": "scatter", "x": [*sizes, *sizes[::-1]], "y": [*high, *low[::-1]], "fill": "toself",
        "mode": "none", "fillcolor": colour, "opacity": 0.18, "hoverinfo": "skip", "showlegend": False,
    }  # fmt: skip
    line = {
        "type": "scatter", "mode": "lines+markers", "name": drawing.label(curve.name, 40), "x": sizes,
        "y": [one.value for one in scores], "line": {"color": colour, "width": 2.5},
        "marker": {"color": colour, "size": 7},
        "hovertemplate": f"%{{x}} examples: %{{y:.3f}}{drawing.END}",
    }  # fmt: skip
    return [band, line]


def card(learned: Learned) -> Card:
    """Return the curves as a card of a page."""
    return Card(tabulate(learned), draw(learned), opened=True, wide=True)
