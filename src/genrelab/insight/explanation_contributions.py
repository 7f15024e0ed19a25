"""What each feature adds to what a model says of a track, members of a blend together.

SHAP values (Lundberg and Lee 2017, "A Unified Approach to Interpreting Model Predictions") share the distance
between what a model says of a track and what it says on average among the features.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_expit, log_softmax, softmax

from genrelab import blending
from genrelab.classifier import Classifier, Member, said_by_text
from genrelab.errors import MissingExtra
from genrelab.features.inputs import Inputs
from genrelab.insight.explanation_estimators import FORESTS, Parted, dense, explain, last, see

Floats: TypeAlias = NDArray[np.float64]
Scale = Literal["log-probability", "probability", "score"]

TEXT = "text"
"""What the text model says of all genres counts as one feature."""

_CLOSE = 1e-3
_LONG = 3e10  # visits of leaves by which exact values of a forest take most of a minute
_FEWEST = 50


@dataclass(frozen=True, slots=True, eq=False)
class Contributions:
    """What each feature adds to what a model says of each genre.

    Attributes
    ----------
    names
        Of the features.
    values
        Shape (rows, features, genres); with `base` they sum to what the model says.
    base
        What the model says before it knows anything of a track, shape (genres,).
    inputs
        Value of each feature, shape (rows, features); NaN where it is missing, or differs by genre.
    scale
        What sums: logarithms of probabilities up to a constant per track, probabilities, or plain scores.
    said
        What the text model says of each genre, shape (rows, genres): the values of the feature "text".
    """

    names: tuple[str, ...]
    values: Floats
    base: Floats
    inputs: Floats
    scale: Scale
    said: Floats | None = None

    @property
    def totals(self) -> Floats:
        """What the model says of each genre, shape (rows, genres)."""
        said: Floats = self.values.sum(axis=1) + self.base
        return said


def read(classifier: Classifier, features: Inputs) -> tuple[Any, tuple[str, ...]] | None:
    """Return the matrix that members read, and its names; None for counts of words, which have no names."""
    if features.words is not None:
        return None
    matrix, names = classifier.parts.matrix(features), features.names
    if classifier.parts.readers is not None:
        names = (*names, *said_by_text(matrix.shape[1] - len(names)))
    return matrix, names


def affordable(classifier: Classifier, most: int) -> int:
    """Return how many tracks can be explained within a minute or so: fewer than `most` for large forests.

    The work grows with the leaves of all trees and the square of their depth.
    """
    visits = 0
    for member in classifier.parts.members:
        estimator = last(member.estimator)
        if isinstance(estimator, FORESTS):
            trees = getattr(estimator, "estimators_", [estimator])
            visits += sum(int(tree.get_n_leaves()) * int(tree.get_depth()) ** 2 for tree in trees)
    return most if not visits else min(most, max(_FEWEST, int(_LONG / visits)))


def of_classifier(
    classifier: Classifier, features: Inputs, *, rows: int | None = None
) -> tuple[Contributions | None, tuple[str, ...]]:
    """Explain what a classifier says of some tracks: of the first `rows`, or of all.

    A blend adds up its members' contributions by their weights, on the scale of the logarithm of the
    probability: there its own probabilities are such a sum. A forest's contributions to a probability are
    first stretched to the logarithm, each by the same factor, so that they still sum. Of the tracks that are
    not explained, linear models whose features have no mean of 0 take the average.

    Returns
    -------
    Contributions, or None where no member can be explained; and sentences on what is missing.

    Raises
    ------
    MissingExtra
        When no member can be explained without shap, and it is not installed.
    """
    matrix = read(classifier, features)
    if matrix is None:
        return None, ("no SHAP values: counts of words have no names",)
    found, missing, absent = [], [], None
    weights = classifier.card.members
    for member in classifier.parts.members:
        try:
            one = of_member(member, *matrix, len(classifier.genres), rows=rows)
        except MissingExtra as error:
            absent, one = error, None
        if one is not None and len(weights) > 1:
            one = on_logarithms(one)
        if one is None:
            missing.append(f"{member.name}'s sums of kinds" if member.tells_kinds else member.name)
        else:
            found.append((one, weights[member.name]))
    if not found and absent is not None:
        raise absent
    if not found:
        return None, (f"no SHAP values: none are known for {', '.join(missing)}",)
    said = f"SHAP values leave out {', '.join(missing)}: none are known for it"
    return _with_one_text(_summed(found)), (said,) if missing else ()


def of_member(
    member: Member, matrix: Any, names: Sequence[str], genres: int, *, rows: int | None = None
) -> Contributions | None:
    """Explain one estimator; None where no exact way is known.

    Parameters
    ----------
    member
        A fitted member.
    matrix
        What it reads before its own steps, shape (rows, columns).
    names
        Of the columns.
    genres
        Number of genres; to those that it has not seen nothing is added.
    rows
        How many of the first rows are explained; all by default.

    Raises
    ------
    MissingExtra
        When it is a tree or forest of scikit-learn, and shap is not installed.
    """
    if member.tells_kinds:  # what its kinds add up to is no sum of features
        return None
    seen = see([] if member.steps is None else [member.steps], member.estimator, matrix, names)
    if seen is None:
        return None
    seen = replace(seen, rows=matrix.shape[0] if rows is None else rows)
    parted = explain(seen)
    if parted is None:
        return None
    values, base = _spread(parted, member.seen, genres)
    made = Contributions(seen.names, values, base, dense(seen.explained), "score")
    logs = member.log_probabilities(matrix[: seen.rows], genres)
    return _raised(_scaled(made, np.exp(logs), member.seen), logs)


def _spread(parted: Parted, seen: NDArray[np.int64], genres: int) -> Parted:
    """Put the genres that an estimator has seen at their places among all."""
    values, base = parted
    wide, level = np.zeros((*values.shape[:2], genres)), np.zeros(genres)
    wide[:, :, seen], level[seen] = values, base
    return wide, level


def _scaled(made: Contributions, told: Floats, seen: NDArray[np.int64]) -> Contributions:
    """Find out what sums, by comparing it with the probabilities.

    Models that stand one for each genre give log-odds or probabilities of each, which then are divided by
    their sum: on the scale of the logarithm, that is a constant for each track.
    """
    totals, told = made.totals[:, seen], told[:, seen]
    if np.allclose(softmax(totals, axis=1), told, atol=_CLOSE):
        return replace(made, scale="log-probability")
    if np.allclose(totals, told, atol=_CLOSE):
        return replace(made, scale="probability")
    for link in (log_expit, blending.logarithms):
        if np.allclose(softmax(link(totals), axis=1), told, atol=_CLOSE):
            return _stretched(made, link)
    return made


def _raised(one: Contributions, logs: Floats) -> Contributions:
    """Weaken what makes a genre less likely than a pool takes any to be: sums end at that least."""
    if one.scale != "log-probability":
        return one
    totals = one.totals
    step = totals - one.base
    least = logs <= blending.logarithms(np.zeros(1)) + 1e-9
    missing = np.where(least, logs - log_softmax(totals, axis=1), 0)
    factor = 1 + missing / np.where(np.abs(step) < 1e-9, np.inf, step)
    return replace(one, values=one.values * factor[:, None, :])


def on_logarithms(one: Contributions) -> Contributions | None:
    """Bring contributions to the scale of the log-probability; None for scores, which cannot be brought.

    Examples
    --------
    >>> added, base, inputs = np.full((1, 1, 1), 0.5), np.array([0.25]), np.zeros((1, 1))
    >>> half = Contributions(("tempo",), added, base, inputs, "probability")
    >>> bool(np.isclose(on_logarithms(half).totals[0, 0], np.log(0.75)))
    True
    """
    if one.scale == "probability":
        return _stretched(one, blending.logarithms)
    return one if one.scale == "log-probability" else None


def _stretched(one: Contributions, link: Callable[[Floats], Floats]) -> Contributions:
    """Bring contributions to the scale of a link, all of a track to a genre by one factor: so they sum."""
    base, ends = link(one.base), link(one.totals)
    step = one.totals - one.base
    even = np.abs(step) < 1e-9
    # Where nothing is added in all, the factor is the link's slope.
    slope = (link(one.base + 1e-6) - base) / 1e-6
    factor = np.where(even, slope, (ends - base) / np.where(even, 1.0, step))
    return replace(one, values=one.values * factor[:, None, :], base=base, scale="log-probability")


def _summed(found: Sequence[tuple[Contributions, float]]) -> Contributions:
    """Add up members by weight; on the scale of logarithms, against the mean of the genres."""
    first, weight = found[0]
    names = tuple(dict.fromkeys(name for one, _ in found for name in one.names))
    if first.scale != "log-probability":
        return first
    rows, _, genres = first.values.shape
    values, base, inputs = (
        np.zeros((rows, len(names), genres)),
        np.zeros(genres),
        np.zeros((rows, len(names))),
    )
    for one, weight in found:
        places = [names.index(name) for name in one.names]
        values[:, places] += weight * one.values
        base += weight * one.base
        inputs[:, places] = one.inputs
    values -= values.mean(axis=2, keepdims=True)
    return Contributions(names, values, base - base.mean(), inputs, "log-probability")


def _with_one_text(one: Contributions) -> Contributions:
    """Make one feature of what the text model says of each genre."""
    said = np.array([bool(re.fullmatch(rf"{TEXT}\0\d+", name)) for name in one.names])
    if not said.any():
        return one
    names = (*(name for name, part in zip(one.names, said, strict=True) if not part), TEXT)
    text = one.values[:, said].sum(axis=1, keepdims=True)
    values = np.concatenate([one.values[:, ~said], text], axis=1)
    blank = np.full((len(values), 1), np.nan)
    inputs = np.hstack([one.inputs[:, ~said], blank])
    # Of what is said, the n-grams' word on each genre comes first, then that of the names mentioned.
    told = one.inputs[:, said][:, : one.values.shape[2]]
    return replace(one, names=names, values=values, inputs=inputs, said=told)
