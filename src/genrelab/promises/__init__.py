"""What a confidence promises on artists never heard: a precision, or that the true genre is in a set.

A threshold is found on out-of-fold predictions. It is the most generous one of which it is 95 % sure that the
promise holds among all artists like those learned from: on average a promise would be broken every other
time. As many thresholds are tried, a precision is kept in about 90 of 100 tables. To stop at the first that
fails would be surer by little, and cost most of the coverage where the surest tracks are few. How sure one
may be is told by Wilson's lower bound, for as many independent tracks as the tracks of these artists are
worth (Korn and Graubard 1998, "Confidence Intervals for Proportions With Small Expected Number of Positive
Counts Estimated From Survey Data"; Franco et al. 2019, "Comparative Study of Confidence Intervals for
Proportions in Complex Sample Surveys"). For sets, whose coverage can only grow as the threshold falls, this
controls the risk of a conformal prediction set (Bates et al. 2021, "Distribution-Free, Risk-Controlling
Prediction Sets").

What to expect of a new collection is found by a bootstrap over artists in which each replicate finds the
threshold anew and measures it on other artists, so that the luck of the search is taken off (Efron 1983,
"Estimating the Error Rate of a Prediction Rule").
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genrelab.promises._ranked import LEAST_TRACKS, Ranked, by_confidence, by_likelihood
from genrelab.scoring import NEW_SHARE, PROMISES, Coverage, Score

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Marks = NDArray[np.bool_]
Measure = Callable[[Floats, float], tuple[float, float]]
"""Of artists counted so often, and a threshold: the two figures that are promised."""

SETS = (0.8, 0.9, 0.95)
"""Shares of tracks with the true genre in the set that reports speak of."""
REPLICATES = 500


@dataclass(frozen=True, slots=True)
class Sets:
    """At a promised coverage: the probability that lets a genre into the set of a track.

    Attributes
    ----------
    promised
        Share of tracks whose set must hold the true genre.
    threshold
        The likeliest genre is always in the set; others with this probability or more.
    coverage, size
        Share of tracks whose set holds the true genre, and mean number of genres in a set. Where announced,
        with the 95 % interval for a new collection of a fifth as many artists; where measured, with the
        interval of the figure itself.
    """

    promised: float
    threshold: float
    coverage: Score
    size: Score


def find_precisions(
    probabilities: Floats,
    truth: Codes,
    groups: Codes,
    promised: Sequence[float] = PROMISES,
    *,
    seed: int = 0,
    new_share: float = NEW_SHARE,
) -> tuple[Coverage, ...]:
    """Find the lowest confidence that keeps each promised precision, and what to expect of it.

    Parameters
    ----------
    probabilities
        Out-of-fold, shape (rows, genres).
    truth, groups
        Codes of the true genres and of the artists, shape (rows,).
    promised
        Precisions above 0 and below 1.
    seed
        Of the bootstrap.
    new_share
        Artists of the new collection that the intervals speak of, beside those learned from.

    Returns
    -------
    One row for each precision, without a threshold where the promise cannot be kept.

    Examples
    --------
    >>> p = np.array([[0.9, 0.1]] * 400 + [[0.6, 0.4]] * 400)
    >>> truth = np.array([0] * 400 + [0, 1] * 200)
    >>> (found,) = find_precisions(p, truth, np.arange(800), [0.9])
    >>> found.threshold, found.share
    (0.9, 0.5)
    """
    ranked = by_confidence(probabilities, truth, groups)

    def measured(counts: Floats, threshold: float) -> tuple[float, float]:
        here, end = counts[ranked.artists], ranked.down_to(threshold)
        tracks = here[:end].sum()
        kept = float(here[:end] @ ranked.right[:end] / tracks) if tracks else np.nan
        return kept, float(tracks / here.sum())

    spreads = _spreads(ranked, promised, measured, seed, new_share)
    rows = []
    for one, threshold, spread in zip(promised, ranked.find(promised), spreads, strict=True):
        if threshold is None:
            rows.append(Coverage(one, None, 0.0, None))
            continue
        kept, share = measured(ranked.once, threshold)
        precision, coverage = _scores((kept, share), spread, (1.0, 1.0))
        rows.append(Coverage(one, threshold, share, kept, precision, coverage))
    return tuple(rows)


def find_sets(
    probabilities: Floats,
    truth: Codes,
    groups: Codes,
    promised: Sequence[float] = SETS,
    *,
    seed: int = 0,
    new_share: float = NEW_SHARE,
) -> tuple[Sets, ...]:
    """Find how likely a genre must be to enter a track's set, so that the true one is in as many as promised.

    A genre enters by its own probability: of all sets these are on average the smallest (Sadinle, Lei and
    Wasserman 2019, "Least Ambiguous Set-Valued Classifiers With Bounded Error Levels"). The likeliest genre
    is always in. Parameters as for `find_precisions`.

    Examples
    --------
    >>> p = np.array([[0.6, 0.3, 0.1]] * 400)
    >>> truth = np.array([0, 0, 0, 1] * 100)
    >>> (found,) = find_sets(p, truth, np.arange(400), [0.9])
    >>> found.threshold, found.size.value
    (0.3, 2.0)
    """
    ranked = by_likelihood(probabilities, truth, groups)
    others, owners = _others(probabilities, ranked.codes)

    def measured(counts: Floats, threshold: float) -> tuple[float, float]:
        here = counts[ranked.artists]
        extra = counts[owners[: np.searchsorted(-others, -threshold, side="right")]].sum()
        held = here[: ranked.down_to(threshold)].sum()
        return float(held / here.sum()), float(1 + extra / here.sum())

    spreads = _spreads(ranked, promised, measured, seed, new_share)
    most = (1.0, float(probabilities.shape[1]))
    rows = []
    for one, found, spread in zip(promised, ranked.find(promised), spreads, strict=True):
        threshold = found or 0.0
        rows.append(Sets(one, threshold, *_scores(measured(ranked.once, threshold), spread, most)))
    return tuple(rows)


def precision_threshold(probabilities: Floats, truth: Codes, groups: Codes, promised: float) -> float | None:
    """Find the threshold of `find_precisions` alone; None where the promise cannot be kept."""
    return by_confidence(probabilities, truth, groups).find([promised])[0]


def most_precise(probabilities: Floats, truth: Codes, groups: Codes) -> float:
    """Return the highest precision that any threshold keeps; 0 where there are too few tracks.

    Examples
    --------
    >>> p = np.full((100, 2), [0.9, 0.1])
    >>> round(most_precise(p, np.zeros(100, dtype=np.int64), np.arange(100)), 3)
    0.974
    """
    ranked = by_confidence(probabilities, truth, groups)
    return float(ranked.lower(ranked.once)[ranked.usable].max(initial=0.0))


def set_threshold(probabilities: Floats, truth: Codes, groups: Codes, promised: float) -> float:
    """Find the threshold of `find_sets` alone."""
    return by_likelihood(probabilities, truth, groups).find([promised])[0] or 0.0


def sets(probabilities: Floats, threshold: float) -> Marks:
    """Mark the genres in each track's set, shape (rows, genres): the likeliest one, and all likely enough.

    Examples
    --------
    >>> sets(np.array([[0.5, 0.3, 0.2], [0.2, 0.1, 0.7]]), 0.3).tolist()
    [[True, True, False], [False, False, True]]
    """
    chosen: Marks = probabilities >= threshold
    if len(chosen):
        chosen[np.arange(len(chosen)), probabilities.argmax(axis=1)] = True
    return chosen


def measure_precision(
    probabilities: Floats, truth: Codes, groups: Codes, announced: Coverage, *, seed: int = 0
) -> Coverage:
    """Measure what a threshold found elsewhere keeps and covers here, with intervals over artists.

    Without tracks above the threshold there is no precision.
    """
    if announced.threshold is None:
        return Coverage(announced.promised, None, 0.0, None)
    sure = (probabilities.max(axis=1) >= announced.threshold).astype(np.float64)
    right = sure * (probabilities.argmax(axis=1) == truth)
    coverage = _ratio(sure, np.ones(len(sure)), groups, seed)
    assert coverage is not None
    precision = _ratio(right, sure, groups, seed)
    kept = None if precision is None else precision.value
    return Coverage(announced.promised, announced.threshold, coverage.value, kept, precision, coverage)


def measure_sets(
    probabilities: Floats, truth: Codes, groups: Codes, announced: Sets, *, seed: int = 0
) -> Sets:
    """Measure what sets of a threshold found elsewhere cover here, and how large they are."""
    chosen = sets(probabilities, announced.threshold)
    rows = np.ones(len(truth))
    held = chosen[np.arange(len(truth)), truth].astype(np.float64)
    coverage, size = (_ratio(part, rows, groups, seed) for part in (held, chosen.sum(axis=1).astype(float)))
    assert coverage is not None
    assert size is not None
    return Sets(announced.promised, announced.threshold, coverage, size)


def curve(probabilities: Floats, truth: Codes, points: int = 100) -> tuple[tuple[float, float, float], ...]:
    """Give (coverage, precision, confidence) of the surest tracks, from a few to all.

    Examples
    --------
    >>> curve(np.array([[0.9, 0.1]] * 30 + [[0.6, 0.4]] * 30), np.array([0, 1]).repeat(30))
    ((0.5, 1.0, 0.9), (1.0, 0.5, 0.6))
    """
    ranked = by_confidence(probabilities, truth, np.arange(len(truth)))
    precision = np.cumsum(ranked.right) / np.arange(1, len(truth) + 1)
    ends = np.flatnonzero(np.append(ranked.values[1:] < ranked.values[:-1], True))
    ends = ends[ends + 1 >= min(LEAST_TRACKS, len(truth))]  # the precision of fewer is luck
    kept = np.unique(np.linspace(0, len(ends) - 1, min(points, len(ends))).round().astype(int))
    return tuple(
        (float((e + 1) / len(truth)), float(precision[e]), float(ranked.values[e])) for e in ends[kept]
    )


def _others(probabilities: Floats, codes: Codes) -> tuple[Floats, Codes]:
    """List the probabilities of all genres but the likeliest, the largest first, and their artists."""
    rest = np.ones(probabilities.shape, dtype=np.bool_)
    rest[np.arange(len(rest)), probabilities.argmax(axis=1)] = False
    values, owners = probabilities[rest], np.repeat(codes, rest.sum(axis=1))
    order = np.argsort(-values, kind="stable")
    return values[order], owners[order]


def _spreads(
    ranked: Ranked, promised: Sequence[float], measured: Measure, seed: int, new_share: float
) -> list[Floats]:
    """Give, for each promise, how far a new collection fell from what its replicate had found.

    Returns
    -------
    One array a promise, shape (replicates that keep it, 2).
    """
    rng, artists = np.random.default_rng(seed), ranked.count
    size = max(1, round(new_share * artists))
    spreads: list[list[tuple[float, float]]] = [[] for _ in promised]
    for _ in range(REPLICATES):
        drawn, fresh = (
            np.bincount(rng.integers(0, artists, count), minlength=artists).astype(np.float64)
            for count in (artists, size)
        )
        for place, threshold in enumerate(ranked.find(promised, drawn)):
            if threshold is not None:
                found, new = measured(drawn, threshold), measured(fresh, threshold)
                spreads[place].append((new[0] - found[0], new[1] - found[1]))
    return [np.array(spread).reshape(-1, 2) for spread in spreads]


def _scores(found: tuple[float, float], spread: Floats, most: tuple[float, float]) -> list[Score]:
    """Turn two figures and how far new collections fall from them into what to expect."""
    scores = []
    for value, fell, top in zip(found, spread.T, most, strict=True):
        known = fell[np.isfinite(fell)]
        if not len(known):
            scores.append(Score(value, 0.0, top))
            continue
        middle, low, high = np.clip(
            value + np.array([known.mean(), *np.quantile(known, [0.025, 0.975])]), 0, top
        )
        scores.append(Score(float(middle), float(min(low, middle)), float(max(high, middle))))
    return scores


def _ratio(part: Floats, whole: Floats, groups: Codes, seed: int) -> Score | None:
    """Divide two sums, with the 95 % interval of a bootstrap over artists; None where there is no whole."""
    if not whole.sum():
        return None
    _, codes = np.unique(groups, return_inverse=True)
    sums = np.stack([np.bincount(codes, part), np.bincount(codes, whole)])
    rng, artists = np.random.default_rng(seed), sums.shape[1]
    drawn = (np.bincount(rng.integers(0, artists, artists), minlength=artists) for _ in range(REPLICATES))
    parts, wholes = sums @ np.stack(list(drawn), axis=1)
    value = float(part.sum() / whole.sum())
    low, high = np.quantile(parts[wholes > 0] / wholes[wholes > 0], [0.025, 0.975])
    return Score(value, min(value, float(low)), max(value, float(high)))
