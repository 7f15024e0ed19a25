"""Tracks from the surest down, and how sure one may be of the share of right ones among those above.

The lower bound is Wilson's, for as many independent tracks as the tracks of these artists are worth: between
one an artist, were all of an artist's tracks right or wrong together, and one a track.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

LEAST_TRACKS = 30
_ROUNDED = 1e-12  # a spread that is only what rounding left
_SURE = 1.6448536269514722  # standard deviations below which 5 % lie


@dataclass(frozen=True, slots=True, eq=False)
class Ranked:
    """Tracks from the highest value down, and what each adds to the sums of its artist.

    Attributes
    ----------
    values, right
        What was ranked by, and 1 where a track counts as right, shape (rows,).
    artists
        Place of each track's artist among the distinct ones, `count` of them.
    codes
        The same, in the order in which the tracks were given.
    added
        Per track, what it adds to the sums of tracks, right ones, squared tracks, tracks times right ones and
        squared right ones of artists, shape (5, rows).
    usable
        Places where a threshold may lie: the last of equal values, and for a precision not among the first
        few tracks, where luck cannot be told from it.
    whole
        Whether all tracks are the denominator, or those from the top down to here.
    """

    values: Floats
    right: Floats
    artists: Codes
    codes: Codes
    count: int
    added: Floats
    usable: Codes
    whole: bool

    @property
    def once(self) -> Floats:
        """Count every artist once."""
        return np.ones(self.count)

    def lower(self, counts: Floats) -> Floats:
        """Give the lower bound of the share of right tracks down to each, artists counted so often."""
        tracks, right, squares, cross, right_squares = np.cumsum(self.added * counts[self.artists], axis=1)
        if self.whole:
            tracks, squares = tracks[-1:], squares[-1:]
        with np.errstate(invalid="ignore", divide="ignore"):
            share = right / tracks
            artists = tracks**2 / squares
            spread = (right_squares - 2 * share * cross + share**2 * squares) / tracks**2
            worth = share * (1 - share) / spread * (artists - 1) / artists
        worth = np.clip(np.where(spread > _ROUNDED, worth, 0.0), artists, tracks)
        return _wilson(share, worth)

    def down_to(self, threshold: float) -> int:
        """Count the tracks of this value or more."""
        return int(np.searchsorted(-self.values, -threshold, side="right"))

    def find(self, promised: Sequence[float], counts: Floats | None = None) -> list[float | None]:
        """Return the threshold that keeps each promise, artists counted so often, if any does.

        A precision is kept as far down as may be. A set is as small as may be; 0 lets every genre in.
        """
        bounds = self.lower(self.once if counts is None else counts)[self.usable]
        values = self.values[self.usable]
        return [self._threshold(values[bounds >= one]) for one in promised]

    def _threshold(self, keeps: Floats) -> float | None:
        if self.whole:
            return float(keeps[0]) if len(keeps) else 0.0
        return float(keeps[-1]) if len(keeps) else None


def by_confidence(probabilities: Floats, truth: Codes, groups: Codes) -> Ranked:
    """Rank tracks by confidence; right is the genre that is likeliest."""
    right = (probabilities.argmax(axis=1) == truth).astype(np.float64)
    return _ranked(probabilities.max(axis=1), right, groups, whole=False)


def by_likelihood(probabilities: Floats, truth: Codes, groups: Codes) -> Ranked:
    """Rank tracks by the probability of the true genre, 1 where it is the likeliest: it is always in."""
    rows = np.arange(len(truth))
    own = np.where(probabilities.argmax(axis=1) == truth, 1.0, probabilities[rows, truth])
    return _ranked(own, np.ones(len(truth)), groups, whole=True)


def _ranked(values: Floats, right: Floats, groups: Codes, *, whole: bool) -> Ranked:
    order = np.argsort(-values, kind="stable")
    _, codes = np.unique(groups, return_inverse=True)
    artists, right = codes[order], right[order]
    tracks_before, right_before = _before(artists, np.ones(len(right))), _before(artists, right)
    cross = right_before + right * (tracks_before + 1)
    if whole:
        cross = right * np.bincount(artists)[artists]
    added = np.stack(
        [np.ones(len(right)), right, 2 * tracks_before + 1, cross, right * (2 * right_before + 1)]
    )
    values = values[order]
    ends = np.flatnonzero(np.append(values[1:] < values[:-1], True))
    usable = ends if whole else ends[ends + 1 >= LEAST_TRACKS]
    return Ranked(values, right, artists, codes, int(codes.max(initial=-1)) + 1, added, usable, whole)


def _before(artists: Codes, values: Floats) -> Floats:
    """Sum the values of the tracks of the same artist that stand above each."""
    order = np.argsort(artists, kind="stable")
    running = np.cumsum(values[order]) - values[order]
    starts = np.flatnonzero(np.diff(artists[order], prepend=-1))
    lengths = np.diff(np.append(starts, len(artists)))
    sums = np.empty(len(values))
    sums[order] = running - np.repeat(running[starts], lengths)
    return sums


def _wilson(share: Floats, worth: Floats) -> Floats:
    """Give Wilson's lower bound, 95 % sure on one side, of a share of so many independent tracks."""
    square = _SURE**2
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = _SURE * np.sqrt(np.maximum(share * (1 - share) / worth + square / (4 * worth**2), 0.0))
        bound: Floats = (share + square / (2 * worth) - spread) / (1 + square / worth)
    return np.nan_to_num(bound)
