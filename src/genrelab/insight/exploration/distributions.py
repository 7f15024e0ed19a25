"""How the values of each column are distributed, in all tracks and in every genre."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import polars as pl
from numpy.typing import NDArray

from genrelab.insight.exploration.view import Floats, View
from genrelab.schema import CONTRACT

MOST_BINS = 32
EXACT = 2.0**50
"""Beyond it, whole numbers and their halves are no longer told apart."""
ENDS = (0.001, 0.999)
"""Quantiles between which histograms are drawn: one wrong value shall not squeeze all the others."""
GRID, FINE = 128, 512
"""Points of a density curve, and places at which values are gathered before they are smoothed."""
NARROWEST = 0.01
"""Least width of a kernel, as a share of what is drawn: a spike of equal values shall not hide the rest."""
FENCE = 1.5
"""Interquartile ranges from the quartiles to the fences (Tukey 1977, Exploratory Data Analysis)."""

RANGES = pl.Schema(
    {"column": pl.String(), "genre": pl.String(), "tracks": pl.Int64()}
    | dict.fromkeys(("min", "q1", "median", "q3", "max", "mean", "deviation", "lower", "upper"), pl.Float64())
    | {"beyond": pl.Int64()}
)
HISTOGRAMS = pl.Schema(
    {
        "column": pl.String(),
        "genre": pl.String(),
        "low": pl.Float64(),
        "high": pl.Float64(),
        "tracks": pl.Int64(),
    }
)
DENSITIES = pl.Schema(
    {"column": pl.String(), "genre": pl.String(), "value": pl.Float64(), "density": pl.Float64()}
)


def ranges(view: View) -> pl.DataFrame:
    """Tabulate minimum, quartiles, maximum, mean and Tukey's whiskers of every column in every genre."""
    rows = [
        (column, genre, *_summary(_there(view.values[marks, place])))
        for genre, marks in view.parts()
        for place, column in enumerate(view.columns)
    ]
    return pl.DataFrame(rows, RANGES, orient="row")


def _there(values: Floats) -> Floats:
    return values[~np.isnan(values)]


def _summary(known: Floats) -> tuple[float | None, ...]:
    if not len(known):
        return (0, *[None] * 9, 0)
    least, q1, median, q3, most = np.quantile(known, (0, 0.25, 0.5, 0.75, 1)).tolist()
    low, high = fences(q1, q3)
    inside = known[(known >= low) & (known <= high)]
    # Quartiles are drawn between values, so that rarely no value lies between them and a fence.
    lower, upper = min(q1, float(inside.min())), max(q3, float(inside.max()))
    mean, deviation = float(known.mean()), float(known.std())
    beyond = len(known) - len(inside)
    return len(known), least, q1, median, q3, most, mean, deviation, lower, upper, beyond


def fences(q1: float, q3: float) -> tuple[float, float]:
    """Return Tukey's fences: values beyond them are outliers.

    Examples
    --------
    >>> fences(1.0, 3.0)
    (-2.0, 6.0)
    """
    return q1 - FENCE * (q3 - q1), q3 + FENCE * (q3 - q1)


def histograms(view: View) -> pl.DataFrame:
    """Count the values of every column in bins that are the same for all genres."""
    found = [pl.DataFrame(schema=HISTOGRAMS)]
    for place, column in enumerate(view.columns):
        known = view.known(column)
        if not len(known):
            continue
        limits = edges(known)
        for genre, marks in view.parts():
            counts = _counted(_there(view.values[marks, place]), limits)
            table = {"column": column, "genre": genre, "low": limits[:-1], "high": limits[1:]}
            found.append(pl.DataFrame({**table, "tracks": counts}, HISTOGRAMS))
    return pl.concat(found)


def _counted(known: Floats, limits: Floats) -> NDArray[np.int64]:
    """Count values in bins that include their lower limit; those beyond the ends go into the end bins."""
    places = np.searchsorted(limits, known, side="right") - 1
    counts = np.bincount(np.clip(places, 0, len(limits) - 2), minlength=len(limits) - 1)
    return counts.astype(np.int64)


def edges(known: Floats) -> Floats:
    """Return limits of bins at round numbers; whole numbers of a short range have a bin each.

    Examples
    --------
    >>> edges(np.array([0.0, 1.0])).tolist()
    [-0.5, 0.5, 1.5]
    >>> edges(np.linspace(0, 1, 1001))[:3].tolist()
    [0.0, 0.05, 0.1]
    """
    least, most = float(known.min()), float(known.max())
    whole = bool((known == np.round(known)).all()) and max(-least, most) < EXACT
    if whole and most - least < MOST_BINS:
        return np.arange(least, most + 2) - 0.5
    low, high = np.quantile(known, ENDS).tolist()
    if high <= low:
        low, high = least, most
    if high <= low:
        return np.array([least - 0.5, most + 0.5])
    step = _round_step((high - low) / MOST_BINS, whole=whole)
    first, last = math.floor(low / step), max(math.ceil(high / step), math.floor(low / step) + 1)
    return np.round(step * np.arange(first, last + 1), 12)


def _round_step(least: float, *, whole: bool) -> float:
    """Return the smallest round number that is at least so large."""
    scale = 10.0 ** math.floor(math.log10(least))
    step = next(
        scale * part for part in ((1, 2, 5, 10) if whole else (1, 2, 2.5, 5, 10)) if scale * part >= least
    )
    return max(1.0, step) if whole else step


def densities(view: View) -> pl.DataFrame:
    """Estimate the density of every column in every genre; a group without two values has no curve."""
    found = [pl.DataFrame(schema=DENSITIES)]
    for place, column in enumerate(view.columns):
        known = view.known(column)
        if not len(known):
            continue
        limits = edges(known)
        grid = np.linspace(limits[0], limits[-1], GRID)
        bounds = tuple(_bounds(column, limits))
        for genre, marks in view.parts():
            curve = density(_there(view.values[marks, place]), grid, bounds)
            if curve is not None:
                table = {"column": column, "genre": genre, "value": grid, "density": curve}
                found.append(pl.DataFrame(table, DENSITIES))
    return pl.concat(found)


def _bounds(column: str, limits: Floats) -> Iterator[float]:
    """Yield the ends of the contract's range that the curve does not pass."""
    known = CONTRACT.get(column)
    if known is None or known.low is None or known.high is None:
        return
    if limits[0] >= known.low:
        yield known.low
    if limits[-1] <= known.high:
        yield known.high


def density(known: Floats, grid: Floats, bounds: tuple[float, ...] = ()) -> Floats | None:
    """Estimate a density by Gaussian kernels, reflected at the bounds (Silverman 1986, Density Estimation).

    Parameters
    ----------
    known
        Values, shape (tracks,).
    grid
        Where the density is wanted, evenly spaced, shape (points,).
    bounds
        Values that cannot be passed.

    Returns
    -------
    Shape (points,), per unit of the values; None where all values are the same.

    Examples
    --------
    >>> grid = np.linspace(-4, 4, 81)
    >>> curve = density(np.random.default_rng(0).normal(size=5000), grid)
    >>> bool(abs(curve.max() - 0.4) < 0.03), bool(abs(curve.sum() * 0.1 - 1) < 0.01)
    (True, True)
    """
    deviation = float(known.std()) if len(known) else 0.0
    if deviation == 0 or grid[-1] <= grid[0]:
        return None
    counts, limits = np.histogram(known, FINE, (grid[0], grid[-1]))
    places = (limits[:-1] + limits[1:]) / 2
    width = max(_silverman(known, deviation), NARROWEST * float(grid[-1] - grid[0]))
    centres = np.concatenate([places, *(2 * bound - places for bound in bounds)])
    kernels = np.exp(-0.5 * ((grid[:, None] - centres) / width) ** 2)
    curve: Floats = kernels @ np.tile(counts, 1 + len(bounds)) / (len(known) * width * math.sqrt(2 * math.pi))
    return curve


def _silverman(known: Floats, deviation: float) -> float:
    q1, q3 = np.quantile(known, (0.25, 0.75)).tolist()
    spread = min(deviation, (q3 - q1) / 1.34) if q3 > q1 else deviation
    return float(0.9 * spread * len(known) ** -0.2)
