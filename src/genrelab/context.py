"""What an artist's other tracks say of a track: a second look at a whole table.

Tracks of one artist mostly share a genre. Where a table holds several, what a model says of each, from its
own sound and text, is evidence for the others, though nobody has named a genre. A track's log probabilities
and the mean of its companions' are pooled with weights that minimise log loss on out-of-fold predictions, in
which an artist's tracks stand together as they will in a new table: a logarithmic opinion pool, as in
`genrelab.blending`, for collective classification (Sen et al. 2008, "Collective Classification in
Network Data").
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genrelab import blending

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

HALVES = (0.0, 0.5, 1.0, 2.0, 4.0)
"""Numbers of companions tried, at which their mean counts half of what it may."""


@dataclass(frozen=True, slots=True)
class Context:
    """How much a track and its companions count where there are any; alone, a track is as it was.

    Attributes
    ----------
    own, others
        Exponents of the track's probabilities, and of its companions' geometric mean.
    half
        Number of companions at which `others` counts half.
    """

    own: float
    others: float
    half: float

    def pool(self, probabilities: Floats, groups: Codes) -> Floats:
        """Pool each track's probabilities, shape (rows, genres), with those of the others of its group.

        Examples
        --------
        >>> alone = np.array([[0.6, 0.4], [0.1, 0.9], [0.6, 0.4]])
        >>> Context(1.0, 1.0, 0.0).pool(alone, np.array([0, 0, 1])).round(2).tolist()
        [[0.14, 0.86], [0.14, 0.86], [0.6, 0.4]]
        """
        logs, companions = blending.logarithms(probabilities), companies(groups)
        means = others_mean(logs, groups)
        own = np.where(companions > 0, self.own, 1.0)
        others = self.others * _share(companions, self.half)
        return blending.pool(np.stack([own[:, None] * logs, others[:, None] * means]), np.ones(2))


def find(
    probabilities: Floats, groups: Codes, truth: Codes, row_weights: Floats | None = None
) -> Context | None:
    """Find the context with the least log loss; None where no track has companions.

    Parameters
    ----------
    probabilities
        Out-of-fold, shape (rows, genres).
    groups, truth
        Codes of artists and of true genres, shape (rows,).
    row_weights
        How much each row counts, shape (rows,).
    """
    companions = companies(groups)
    rows = np.flatnonzero(companions)
    if not len(rows):
        return None
    logs = blending.logarithms(probabilities)
    means, truth = others_mean(logs, groups)[rows], truth[rows]
    weights = None if row_weights is None else row_weights[rows]
    best: tuple[float, Context] | None = None
    for half in HALVES:
        members = np.stack([logs[rows], _share(companions[rows], half)[:, None] * means])
        own, others = blending.weigh(members, truth, weights)
        pooled = blending.pool(members, np.array([own, others]))
        loss = float(np.average(-np.log(pooled[np.arange(len(rows)), truth]), weights=weights))
        if best is None or loss < best[0]:
            best = loss, Context(float(own), float(others), half)
    return None if best is None else best[1]


def companies(groups: Codes) -> Codes:
    """Count the other rows of each row's group.

    Examples
    --------
    >>> companies(np.array([5, 7, 5])).tolist()
    [1, 0, 1]
    """
    _, places, counts = np.unique(groups, return_inverse=True, return_counts=True)
    others: Codes = counts[places] - 1
    return others


def others_mean(logs: Floats, groups: Codes) -> Floats:
    """Take the mean of the other rows of each row's group, 0 where there are none.

    Examples
    --------
    >>> others_mean(np.array([[1.0], [2.0], [4.0]]), np.array([0, 0, 1])).tolist()
    [[2.0], [1.0], [0.0]]
    """
    names, places = np.unique(groups, return_inverse=True)
    sums = np.stack([np.bincount(places, column, len(names)) for column in logs.T], axis=1)
    means: Floats = (sums[places] - logs) / np.maximum(companies(groups), 1)[:, None]
    return means


def _share(companions: Codes, half: float) -> Floats:
    """Say how much of its weight a mean of so many companions has."""
    share: Floats = companions / np.maximum(companions + half, 1)
    return share
