"""Out-of-fold predictions, and what can be promised because of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genrelab import promises
from genrelab.errors import SettingError
from genrelab.promises import Sets
from genrelab.scoring import Coverage

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

MOST_KEPT = 50_000
"""Tracks whose predictions are kept with a model."""


@dataclass(frozen=True, slots=True, eq=False)
class OutOfFold:
    """Predictions for the training tracks, each by a model that never met its artist.

    Attributes
    ----------
    probabilities
        Shape (rows, genres).
    truth, groups
        Codes, shape (rows,).
    together
        As `probabilities`, with the other tracks of the artist in view; None where there is no such thing.
    """

    probabilities: Floats
    truth: Codes
    groups: Codes
    together: Floats | None = None

    def kept(self, seed: int) -> OutOfFold:
        """Return what is kept with a model: whole artists, drawn where there are too many tracks.

        Of an artist with more tracks than are kept at all, as large a share is kept as of all tracks.
        Probabilities are rounded to 32 bits, so that a model promises the same before it is saved and after.
        """
        rows = np.arange(len(self.truth))
        if len(rows) > MOST_KEPT:
            rows = _drawn(self.groups, seed)
        alone, together = (
            None if part is None else part[rows].astype(np.float32).astype(np.float64)
            for part in (self.probabilities, self.together)
        )
        assert alone is not None
        return OutOfFold(alone, self.truth[rows], self.groups[rows], together)

    def promise_precision(self, precision: float, seed: int) -> Coverage:
        """Find the confidence that keeps a precision, and what to expect of it; SettingError if none does."""
        _check("precision", precision)
        (found,) = promises.find_precisions(
            self.probabilities, self.truth, self.groups, [precision], seed=seed
        )
        if found.threshold is None:
            raise self._broken(precision)
        return found

    def promise_coverage(self, coverage: float, seed: int) -> Sets:
        """Find how likely genres must be for the true one to be among them so often, and what to expect."""
        _check("coverage", coverage)
        return promises.find_sets(self.probabilities, self.truth, self.groups, [coverage], seed=seed)[0]

    def precision_threshold(self, precision: float) -> float:
        """Find the confidence that keeps a precision; SettingError if none does."""
        _check("precision", precision)
        found = promises.precision_threshold(self.probabilities, self.truth, self.groups, precision)
        if found is None:
            raise self._broken(precision)
        return found

    def set_threshold(self, coverage: float) -> float:
        """Find how likely genres must be for the true one to be among them so often."""
        _check("coverage", coverage)
        return promises.set_threshold(self.probabilities, self.truth, self.groups, coverage)

    def _broken(self, precision: float) -> SettingError:
        """Say that a promise cannot be kept, and what can."""
        most = promises.most_precise(self.probabilities, self.truth, self.groups)
        best = (
            f"at most {int(1000 * most) / 1000:.3f} can be"
            if most >= 0.001
            else "of so few tracks nothing can"
        )
        return SettingError(
            f"precision: {precision:g} cannot be promised on artists that the model has not heard, {best}:"
            " ask for less, or train on more tracks"
        )


def _drawn(groups: Codes, seed: int) -> Codes:
    """Draw the rows of as many whole groups as fit, and a share of those that never would."""
    rng = np.random.default_rng(seed)
    _, places, counts = np.unique(groups, return_inverse=True, return_counts=True)
    order = rng.permutation(len(counts))
    parts = [
        rng.choice(np.flatnonzero(places == one), int(counts[one]) * MOST_KEPT // len(groups), replace=False)
        for one in np.flatnonzero(counts > MOST_KEPT)
    ]
    room, whole = MOST_KEPT - sum(map(len, parts)), np.zeros(len(counts), dtype=np.bool_)
    for one in order:
        if counts[one] <= room:
            whole[one], room = True, room - counts[one]
    return np.sort(np.concatenate([*parts, np.flatnonzero(whole[places])]))


def _check(what: str, promised: float) -> None:
    if not 0 < promised < 1:
        raise SettingError(f"{what}: {promised:g} is not above 0 and below 1: give a share, such as 0.9")
