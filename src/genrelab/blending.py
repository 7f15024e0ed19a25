"""Several models' probabilities made one, and made true: a logarithmic opinion pool.

The pooled probability is proportional to the product of the members' probabilities, each raised to its weight
(Genest and Zidek 1986, "Combining Probability Distributions"). Weights that minimise log loss on out-of-fold
predictions blend and calibrate at once: for a single member this is temperature scaling (Guo et al. 2017).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

EARNS = 5e-4
"""Nats by which a member must lower the log loss of a blend: less is not worth its time and its megabytes."""
_LEAST = 1e-6  # no member may veto a genre
_BOUNDS = (1e-3, 10.0)  # not quite 0: where nothing can be learned, the likeliest genre still comes first


def logarithms(probabilities: Floats) -> Floats:
    """Take the logarithm of probabilities, none of which may be a veto."""
    logs: Floats = np.log(np.maximum(probabilities, _LEAST))
    return logs


def pool(logs: Floats, weights: Floats) -> Floats:
    """Pool members' log probabilities, shape (members, rows, genres), into probabilities.

    Examples
    --------
    >>> logs = logarithms(np.array([[[0.8, 0.2]], [[0.5, 0.5]]]))
    >>> pool(logs, np.array([1.0, 0.0])).round(2).tolist()
    [[0.8, 0.2]]
    """
    pooled: Floats = softmax(np.tensordot(weights, logs, axes=1), axis=1)
    return pooled


def weigh(logs: Floats, truth: Codes, row_weights: Floats | None = None) -> Floats:
    """Find the positive weights whose pool has the least log loss.

    The problem is convex, so the answer does not depend on where the search starts.

    Parameters
    ----------
    logs
        Out-of-fold log probabilities, shape (members, rows, genres).
    truth
        Codes of the true genres, shape (rows,).
    row_weights
        How much each row counts, shape (rows,).

    Returns
    -------
    Shape (members,).

    Examples
    --------
    >>> good = logarithms(np.array([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6]]))
    >>> noise = logarithms(np.array([[0.1, 0.9], [0.6, 0.4], [0.5, 0.5]]))
    >>> first, second = weigh(np.stack([good, noise]), np.array([0, 1, 0]))
    >>> bool(first > second)
    True
    """
    rows = np.arange(len(truth))
    share = np.full(len(truth), 1.0) if row_weights is None else row_weights
    share = share / share.sum()
    own = logs[:, rows, truth]

    def loss(weights: Floats) -> tuple[float, Floats]:
        log_p = log_softmax(np.tensordot(weights, logs, axes=1), axis=1)
        expected = np.einsum("rk,mrk->mr", np.exp(log_p), logs)
        return -float(share @ log_p[rows, truth]), (expected - own) @ share

    members = len(logs)
    found = minimize(
        loss, np.full(members, 1 / members), jac=True, method="L-BFGS-B", bounds=[_BOUNDS] * members
    )
    weights: Floats = found.x
    return weights


def select(
    logs: Floats, truth: Codes, row_weights: Floats | None = None, *, earns: float = EARNS
) -> tuple[int, ...]:
    """Choose the members that earn their cost, by leaving out the least useful while that costs little.

    Backward selection, each step with the best weights for the members that are left; log loss on the rows
    given decides, so that rows which judge the blend must not be among them.

    Parameters
    ----------
    logs, truth, row_weights
        As for `weigh`.
    earns
        By how much a member must lower the log loss, in nats.

    Returns
    -------
    Places of the members kept, in order; at least one.

    Examples
    --------
    >>> good = logarithms(np.array([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6]]))
    >>> idle = logarithms(np.full((3, 2), 0.5))
    >>> select(np.stack([idle, good]), np.array([0, 1, 1]))
    (1,)
    """
    kept = tuple(range(len(logs)))
    level = _loss(logs, kept, truth, row_weights)
    while len(kept) > 1:
        fewer = [tuple(m for m in kept if m != one) for one in kept]
        losses = [_loss(logs, each, truth, row_weights) for each in fewer]
        least = int(np.argmin(losses))
        if losses[least] - level >= earns:
            break
        kept, level = fewer[least], losses[least]
    return kept


def _loss(logs: Floats, kept: tuple[int, ...], truth: Codes, row_weights: Floats | None) -> float:
    """Return the log loss of some members under their best weights."""
    pooled = pool(logs[list(kept)], weigh(logs[list(kept)], truth, row_weights))
    own = np.maximum(pooled[np.arange(len(truth)), truth], _LEAST)
    return -float(np.average(np.log(own), weights=row_weights))
