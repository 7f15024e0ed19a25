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
