"""Genres made equally frequent before a model learns; only ever within the training part of a fold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genrelab.errors import MissingExtra, SettingError, UnknownName

Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Sampling:
    """A way of making genres equally frequent.

    Attributes
    ----------
    meaning
        One phrase that says what it does.
    build
        ``build(truth, seed)`` makes an unfitted sampler of imbalanced-learn.
    invents
        Whether it makes tracks that nobody recorded.
    """

    meaning: str
    build: Callable[[Codes, int], Any]
    invents: bool = False


def _under(truth: Codes, seed: int) -> Any:  # noqa: ARG001 - the shape of every build
    from imblearn.under_sampling import RandomUnderSampler  # noqa: PLC0415 - an extra

    return RandomUnderSampler(random_state=seed)


def _over(truth: Codes, seed: int) -> Any:  # noqa: ARG001 - the shape of every build
    from imblearn.over_sampling import RandomOverSampler  # noqa: PLC0415 - an extra

    return RandomOverSampler(random_state=seed)


def _smote(truth: Codes, seed: int) -> Any:
    from imblearn.over_sampling import SMOTE  # noqa: PLC0415 - an extra

    rarest = int(np.bincount(truth)[np.unique(truth)].min())
    if rarest < 2:
        raise SettingError("sampling 'smote': a genre has one track in a fold: choose over, or add tracks")
    return SMOTE(k_neighbors=min(5, rarest - 1), random_state=seed)


SAMPLINGS: Mapping[str, Sampling] = {
    "under": Sampling("tracks of frequent genres are left out, at random", _under),
    "over": Sampling("tracks of rare genres are repeated, at random", _over),
    "smote": Sampling(
        "tracks are put between neighbours of rare genres (Chawla et al. 2002)", _smote, invents=True
    ),
}
"""The ways there are, by name."""


def check(name: str | None) -> None:
    """Raise UnknownName where there is no such way of sampling."""
    if name is not None and name not in SAMPLINGS:
        raise UnknownName("sampling", name, SAMPLINGS)


def sample(name: str, matrix: Any, truth: Codes, seed: int) -> tuple[Any, Codes, Codes | None]:
    """Make the genres of some tracks equally frequent.

    Parameters
    ----------
    name
        A name in `SAMPLINGS`.
    matrix
        Features, shape (rows, columns), without gaps where tracks are invented.
    truth
        Codes of the genres, shape (rows,).
    seed
        Of what is drawn at random.

    Returns
    -------
    The matrix and codes of as many tracks of every genre, and which rows they were, or None where some were
    never there.

    Raises
    ------
    MissingExtra
        When imbalanced-learn is not installed.

    Examples
    --------
    >>> matrix, codes, rows = sample("under", np.eye(4), np.array([0, 1, 1, 1]), seed=0)
    >>> np.bincount(codes).tolist()
    [1, 1]
    """
    way = SAMPLINGS[name]
    try:
        sampler = way.build(truth, seed)
    except ImportError as error:
        raise MissingExtra("imbalanced-learn", "sampling") from error
    if way.invents:
        made, codes = sampler.fit_resample(matrix, truth)
        return made, codes, None
    # Random samplers look at nothing but the row's number.
    rows, codes = sampler.fit_resample(np.arange(len(truth))[:, None], truth)
    return matrix[rows[:, 0]], codes, rows[:, 0]
