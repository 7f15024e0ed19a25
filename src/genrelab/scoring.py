"""Scores of probabilities against true genres; an artist's tracks are resampled together.

Every metric here is a function of sums over tracks, so a bootstrap replicate is a weighted sum of per-artist
sums: a thousand replicates cost one matrix product.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Marks = NDArray[np.bool_]

BINS = 15  # as in Guo et al. 2017, "On Calibration of Modern Neural Networks"
REPLICATES = 1000
_CHUNK = 4_000_000  # resampled artists held at once
NEW_SHARE = (
    0.2  # artists of the new collection that an announced interval speaks of, beside those learned from
)
PROMISES = (0.7, 0.8, 0.9, 0.95)
_LEAST_TRACKS = 30
_LEAST = 1e-15  # a probability of nought would make one track's log loss infinite


@dataclass(frozen=True, slots=True)
class Score:
    """A figure with its 95 % interval.

    Attributes
    ----------
    value
        The point estimate.
    low, high
        Ends of the interval.

    Examples
    --------
    >>> Score(0.60, 0.58, 0.62).holds(0.61)
    True
    """

    value: float
    low: float
    high: float

    def holds(self, other: float) -> bool:
        """Whether `other` lies inside the interval."""
        return self.low <= other <= self.high


@dataclass(frozen=True, slots=True)
class Sums:
    """Sums over tracks from which every metric follows; axis 0 is a set of tracks.

    Attributes
    ----------
    tracks, right, loss, near, ranking
        Number of tracks, of right labels, summed log loss in nats, number of tracks whose true genre is
        among the two likeliest, and summed average precision of the ranking of genres, shape (m,).
    hits, predicted, true
        Per genre: rightly labelled, labelled so, and truly so, shape (m, genres).
    bin_tracks, bin_right, bin_confidence
        Per confidence bin: tracks, right labels, summed confidence, shape (m, BINS).
    """

    tracks: Floats
    right: Floats
    loss: Floats
    near: Floats
    ranking: Floats
    hits: Floats
    predicted: Floats
    true: Floats
    bin_tracks: Floats
    bin_right: Floats
    bin_confidence: Floats


@dataclass(frozen=True, slots=True)
class Coverage:
    """At a promised precision: the confidence to ask for, and the share of tracks that have it.

    `threshold` is None, and `share` 0, where no threshold keeps the promise. `kept` is the precision
    that the tracks above the threshold really had. `precision` and `coverage` are the same two figures with
    95 % intervals: where announced, what to expect of a new collection of a fifth as many artists; where
    measured, with the interval of the figure itself.
    """

    promised: float
    threshold: float | None
    share: float
    kept: float | None
    precision: Score | None = None
    coverage: Score | None = None


def accuracy(s: Sums) -> Floats:
    """Share of tracks labelled rightly."""
    return s.right / s.tracks


def top_2_accuracy(s: Sums) -> Floats:
    """Share of tracks whose true genre is among the two likeliest."""
    return s.near / s.tracks


def label_ranking_average_precision(s: Sums) -> Floats:
    """Mean over a track's true genres of the share of true ones among those ranked as high or higher.

    For tracks of one genre this is the mean of 1 / rank (Schapire and Singer 2000, "BoosTexter").
    """
    return s.ranking / s.tracks


def balanced_accuracy(s: Sums) -> Floats:
    """Mean recall over the genres that occur."""
    return mean_where(s.hits, s.true)


def macro_f1(s: Sums) -> Floats:
    """Mean F1 over the genres that occur or were predicted."""
    return mean_where(2 * s.hits, s.predicted + s.true)


def log_loss(s: Sums) -> Floats:
    """Mean negative log probability of the true genre, in nats."""
    return s.loss / s.tracks


def calibration_error(s: Sums) -> Floats:
    """Mean distance of confidence from accuracy over 15 equal bins (Guo et al. 2017)."""
    error: Floats = np.abs(s.bin_right - s.bin_confidence).sum(axis=1) / s.tracks
    return error


def calibration_error_by_chance(confidence: Floats, tracks: Floats | None = None) -> float:
    """Expect the calibration error of confidence that is true: what chance leaves where tracks are few.

    The mean deviation of a normal variable, bin by bin; tracks count as independent, so that those of a few
    artists leave more.

    Parameters
    ----------
    confidence
        Of each track, or of several with the same confidence.
    tracks
        How many have it, shape as that of `confidence`; None means one each.

    Examples
    --------
    >>> round(calibration_error_by_chance(np.full(100, 0.5)), 3)
    0.04
    >>> round(calibration_error_by_chance(np.array([0.5]), np.array([10_000.0])), 3)
    0.004
    """
    count = np.ones(len(confidence)) if tracks is None else tracks
    variance = np.bincount(confidence_bins(confidence), count * confidence * (1 - confidence))
    return float(np.sqrt(2 / np.pi * variance).sum() / count.sum())


METRICS: Mapping[str, Callable[[Sums], Floats]] = {
    f.__name__: f
    for f in (
        accuracy,
        balanced_accuracy,
        macro_f1,
        log_loss,
        calibration_error,
        top_2_accuracy,
        label_ranking_average_precision,
    )
}


def mean_where(part: Floats, whole: Floats) -> Floats:
    """Mean over the columns of part / whole, leaving out those where whole is 0."""
    counted = whole > 0
    shares = np.divide(part, whole, out=np.zeros_like(part), where=counted)
    mean: Floats = shares.sum(axis=1) / np.maximum(counted.sum(axis=1), 1)
    return mean


@dataclass(frozen=True, slots=True, eq=False)
class Draws:
    """Sums over tracks, and over the tracks of artists drawn anew.

    Attributes
    ----------
    whole
        Over all tracks, shape (1, sums).
    drawn
        Of as many artists, drawn with replacement, shape (replicates, sums).
    fresh
        Of as many artists as a new collection has; None where none is spoken of.
    """

    whole: Floats
    drawn: Floats
    fresh: Floats | None


def score(
    probabilities: Floats,
    truth: Codes,
    groups: Codes,
    *,
    seed: int = 0,
    new_share: float | None = None,
    seen: Marks | None = None,
    named: int | None = None,
) -> dict[str, Score]:
    """Score predictions by every metric, with 95 % bootstrap intervals over artists.

    Parameters
    ----------
    probabilities
        Shape (tracks, genres); rows sum to 1.
    truth
        Codes of the true genres, shape (tracks,).
    groups
        Codes of the artists, shape (tracks,): whole artists are resampled (Field and Welsh 2007,
        "Bootstrapping clustered data").
    seed
        Of the resampling.
    new_share
        None for the interval of this score itself. Otherwise the interval in which the score on *another*
        collection falls, one with this share of the artists: both the estimate and the new collection are
        drawn anew, and the two deviations add.
    seen
        All genres of each track, shape (tracks, genres), where they are known: label-ranking average
        precision looks at them all, the other metrics at `truth` alone.
    named
        How many genres the means over genres are of, if not all: the columns beyond are none of the table's.

    Examples
    --------
    >>> p = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])
    >>> scores = score(p, np.array([0, 1, 1]), np.array([0, 1, 2]))
    >>> round(scores["accuracy"].value, 3)
    0.667
    """
    draws = draw(_statistics(probabilities, truth, seen), groups, seed=seed, new_share=new_share)
    genres = probabilities.shape[1]
    return {
        name: interval(_of_totals(metric, genres, named), draws, most=np.inf if metric is log_loss else 1.0)
        for name, metric in METRICS.items()
    }


def draw(statistics: Floats, groups: Codes, *, seed: int = 0, new_share: float | None = None) -> Draws:
    """Sum what each track adds, shape (tracks, sums), over all artists and over artists drawn anew.

    Parameters `groups`, `seed` and `new_share` are those of `score`.
    """
    per_artist = _per_artist(statistics, groups)
    rng = np.random.default_rng(seed)
    drawn = _resample(per_artist, len(per_artist), rng)
    fresh = None
    if new_share is not None:
        fresh = _resample(per_artist, max(1, round(new_share * len(per_artist))), rng)
    return Draws(per_artist.sum(axis=0, keepdims=True), drawn, fresh)


def interval(metric: Callable[[Floats], Floats], draws: Draws, *, most: float = 1.0) -> Score:
    """Turn a function of sums, shape (m, sums), into a score between 0 and `most` with its 95 % interval."""
    value = float(metric(draws.whole)[0])
    spread = _centred(metric(draws.drawn))
    if draws.fresh is not None:
        spread = spread + _centred(metric(draws.fresh))
    low, high = value + np.quantile(spread, [0.025, 0.975])
    # A few artists can spread a share beyond what a share may be.
    return Score(value, min(value, max(float(low), 0.0)), max(value, min(float(high), most)))


def _of_totals(
    metric: Callable[[Sums], Floats], genres: int, named: int | None
) -> Callable[[Floats], Floats]:
    return lambda totals: metric(_sums(totals, genres, named))


def find_coverage(probabilities: Floats, truth: Codes, promised: float) -> Coverage:
    """Find the lowest confidence above which labels are right as often as promised.

    Fewer than 30 tracks keep no promise: too few to tell luck from precision.

    Examples
    --------
    >>> p = np.array([[0.9, 0.1]] * 40 + [[0.6, 0.4]] * 40)
    >>> truth = np.array([0] * 40 + [0, 1] * 20)
    >>> found = find_coverage(p, truth, 0.9)
    >>> found.threshold, found.share, found.kept
    (0.9, 0.5, 1.0)
    """
    confidence = probabilities.max(axis=1)
    order = np.argsort(-confidence, kind="stable")
    right = probabilities.argmax(axis=1)[order] == truth[order]
    precision = np.cumsum(right) / np.arange(1, len(right) + 1)
    ranked = confidence[order]
    last_of_ties = np.append(ranked[1:] < ranked[:-1], True)
    keeps = np.flatnonzero((precision >= promised) & last_of_ties)
    keeps = keeps[keeps + 1 >= _LEAST_TRACKS]
    if len(keeps) == 0:
        return Coverage(promised, None, 0.0, None)
    end = keeps[-1]
    return Coverage(promised, float(ranked[end]), float((end + 1) / len(right)), float(precision[end]))


def measure_coverage(probabilities: Floats, truth: Codes, announced: Coverage) -> Coverage:
    """Measure what a threshold found elsewhere covers and keeps here."""
    if announced.threshold is None:
        return announced
    sure = probabilities.max(axis=1) >= announced.threshold
    right = probabilities.argmax(axis=1) == truth
    kept = float(right[sure].mean()) if sure.any() else None
    return Coverage(announced.promised, announced.threshold, float(sure.mean()), kept)


def _centred(replicates: Floats) -> Floats:
    """Take off the mean: a calibration error grows as artists repeat, which is no sign of a worse model."""
    centred: Floats = replicates - replicates.mean()
    return centred


def confidence_bins(confidence: Floats) -> Codes:
    """Number each track's bin of confidence, shape (tracks,)."""
    return np.minimum((confidence * BINS).astype(np.int64), BINS - 1)


_SINGLE = 5
"""Statistics of a track that stand before those of each genre."""


def _statistics(probabilities: Floats, truth: Codes, seen: Marks | None) -> Floats:
    """Per track, everything that is summed: shape (tracks, _SINGLE + 3 genres + 3 BINS)."""
    rows, genres = probabilities.shape
    each = np.arange(rows)
    guess, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    right = (guess == truth).astype(np.float64)
    places = confidence_bins(confidence)
    stats = np.zeros((rows, _SINGLE + 3 * genres + 3 * BINS))
    stats[:, 0] = 1
    stats[:, 1] = right
    stats[:, 2] = -np.log(np.maximum(probabilities[each, truth], _LEAST))
    stats[:, 3] = _ranks(probabilities, truth) < 2
    stats[:, 4] = _ranking(probabilities, truth[:, None] == np.arange(genres) if seen is None else seen)
    stats[each, _SINGLE + truth] = right
    stats[each, _SINGLE + genres + guess] = 1
    stats[each, _SINGLE + 2 * genres + truth] = 1
    start = _SINGLE + 3 * genres
    for i, values in enumerate((np.ones(rows), right, confidence)):
        stats[each, start + i * BINS + places] = values
    return stats


def _ranks(probabilities: Floats, truth: Codes) -> Codes:
    """Rank the true genre among all, the likeliest 0; of equally likely ones the first comes first."""
    own = probabilities[np.arange(len(truth)), truth][:, None]
    earlier = np.arange(probabilities.shape[1]) < truth[:, None]
    ahead: Codes = ((probabilities > own) | ((probabilities == own) & earlier)).sum(axis=1)
    return ahead


def _ranking(probabilities: Floats, seen: Marks) -> Floats:
    """Give the average precision of each track's ranking; genres as likely as a true one rank above it."""
    total = np.zeros(len(seen))
    for genre in np.flatnonzero(seen.any(axis=0)):
        rows = seen[:, genre]
        above = probabilities[rows] >= probabilities[rows, genre][:, None]
        total[rows] += (above & seen[rows]).sum(axis=1) / above.sum(axis=1)
    average: Floats = total / np.maximum(seen.sum(axis=1), 1)
    return average


def _per_artist(stats: Floats, groups: Codes) -> Floats:
    _, codes = np.unique(groups, return_inverse=True)
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    return np.add.reduceat(stats[order], starts, axis=0)


def _resample(per_artist: Floats, size: int, rng: np.random.Generator) -> Floats:
    """Draw REPLICATES sums, each of `size` artists with replacement."""
    artists = len(per_artist)
    at_once = max(1, _CHUNK // artists)
    totals = []
    for start in range(0, REPLICATES, at_once):
        count = min(at_once, REPLICATES - start)
        picks = (np.bincount(rng.integers(0, artists, size), minlength=artists) for _ in range(count))
        totals.append(np.stack(list(picks)).astype(np.float64) @ per_artist)
    return np.vstack(totals)


def _sums(totals: Floats, genres: int, named: int | None) -> Sums:
    parts = np.split(totals[:, _SINGLE:], np.cumsum([genres, genres, genres, BINS, BINS]), axis=1)
    return Sums(*totals[:, :_SINGLE].T, *(part[:, :named] for part in parts[:3]), *parts[3:])
