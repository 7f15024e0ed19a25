"""Steps between the columns and a model: scaling, coding, expansion, selection, projection.

A step is fitted on the training part of each fold, like the model that follows it. It is written as a name,
or as ``name:argument``: ``standardise``, ``polynomial:2``, ``pca:0.9``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import comb
from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import (
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    StandardScaler,
)

from genrelab.errors import SettingError, UnknownName
from genrelab.features.selection import Best
from genrelab.features.text import FrequentOnly

CATEGORIES = ("key", "mode", "time_signature")
"""Descriptors whose numbers are names: what lies between two of them means nothing."""
CODINGS = ("one_hot", "label")
"""The steps that code them."""
MOST_COLUMNS = 10_000
"""More columns than any chain of steps may make."""


@dataclass(frozen=True, slots=True)
class Step:
    """A kind of step.

    Attributes
    ----------
    meaning
        One phrase that says what it does.
    build
        ``build(argument, seed)`` makes an unfitted scikit-learn transformer.
    argument
        What is meant when the step is written without one; None where it takes none.
    least
        Least argument that makes sense; whole numbers only, unless `shares` too.
    shares
        Whether an argument between 0 and 1 makes sense.
    """

    meaning: str
    build: Callable[[float, int], Any]
    argument: float | None = None
    least: int = 1
    shares: bool = False


def _whole(argument: float) -> float:
    """Give scikit-learn a count as an int, and a share as a float."""
    return int(argument) if argument >= 1 else argument


STEPS: Mapping[str, Step] = {
    "standardise": Step("mean 0, standard deviation 1", lambda _, __: StandardScaler()),
    "min_max": Step("from 0 to 1", lambda _, __: MinMaxScaler()),
    "one_hot": Step(
        "a column of 0 and 1 for each key, mode and time signature",
        lambda _, __: OneHotEncoder(handle_unknown="ignore", sparse_output=False, dtype=np.float32),
    ),
    "label": Step(
        "keys, modes and time signatures numbered without gaps; -1 for one never seen",
        lambda _, __: OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, dtype=np.float32),
    ),
    "polynomial": Step(
        "powers and products of features, up to a degree",
        lambda degree, _: PolynomialFeatures(int(degree), include_bias=False),
        2,
    ),
    "interactions": Step(
        "products of so many different features",
        lambda degree, _: PolynomialFeatures(int(degree), interaction_only=True, include_bias=False),
        2,
    ),
    "anova": Step(
        "the so many features with the largest F of an analysis of variance",
        lambda keep, seed: Best("anova", int(keep), seed=seed),
        10,
    ),
    "mutual_information": Step(
        "the so many features with the most mutual information with the genre",
        lambda keep, seed: Best("mutual_information", int(keep), seed=seed),
        10,
    ),
    "pca": Step(
        "principal components: so many, or as many as explain a share of the variance",
        lambda kept, seed: PCA(_whole(kept), svd_solver="full", random_state=seed),
        0.9,
        shares=True,
    ),
}
"""The steps there are, by name."""


def check(steps: Sequence[str]) -> None:
    """Raise where a step is written wrongly.

    Raises
    ------
    UnknownName
        When there is no such step.
    SettingError
        When its argument makes no sense.
    """
    for written in steps:
        parse(written)


def parse(written: str) -> tuple[str, float | None]:
    """Part a step into its name and its argument.

    Examples
    --------
    >>> parse("pca:0.9"), parse("polynomial"), parse("standardise")
    (('pca', 0.9), ('polynomial', 2), ('standardise', None))
    """
    name, colon, text = written.strip().partition(":")
    if name not in STEPS:
        raise UnknownName("step", name, STEPS)
    step = STEPS[name]
    if not colon:
        return name, step.argument
    if step.argument is None:
        raise SettingError(f"step {written!r}: {name} takes no argument: write {name}")
    try:
        argument = float(text)
    except ValueError:
        argument = -1.0
    whole = argument >= step.least and argument.is_integer()
    if not (whole or (step.shares and 0 < argument < 1)):
        also = " or a share between 0 and 1" if step.shares else ""
        raise SettingError(
            f"step {written!r}: {text!r} is no number from {step.least} up{also}:"
            f" write for example {name}:{step.argument:g}"
        )
    return name, argument


def build(steps: Sequence[str], names: Sequence[str], *, seed: int) -> Pipeline | None:
    """Build the unfitted chain of steps; None where there are none.

    What is missing is first put at the column's median, a missing category at the most frequent one: no step
    knows what to do with a gap.

    Parameters
    ----------
    steps
        As written: ``standardise``, ``pca:0.9``.
    names
        Names of the columns of the matrix that the chain will be fitted to.
    seed
        Of what is drawn at random.

    Raises
    ------
    SettingError
        When categories are to be coded but there are none, or after another step; when the steps would make
        more than `MOST_COLUMNS`.

    Examples
    --------
    >>> import numpy as np
    >>> chain = build(["standardise", "pca:1"], ["energy", "valence"], seed=0)
    >>> chain.fit_transform(np.array([[0.1, 0.2], [0.5, np.nan], [0.9, 0.8]])).shape
    (3, 1)
    """
    if not steps:
        return None
    _check_width(steps, len(names))
    coded = [place for place, name in enumerate(names) if name in CATEGORIES]
    chain: list[tuple[str, Any]] = []
    for number, written in enumerate(steps):
        name, argument = parse(written)
        transformer = STEPS[name].build(argument or 0, seed)
        if name in CODINGS:
            _check_coding(steps, number, coded)
            transformer = _coding(transformer, coded)
        elif not number:
            chain.append(_median())
        chain.append((f"{number}_{name}", transformer))
    return Pipeline(chain)


def gaps_filled() -> Pipeline:
    """Build the chain of no step at all, after which nothing is missing."""
    return Pipeline([_median()])


def words_seen() -> Pipeline:
    """Build what stands between counts of words and a model: words of the training part alone are kept."""
    return Pipeline([("seen", FrequentOnly(1)), _median()])


def _median() -> tuple[str, Any]:
    return "impute", SimpleImputer(strategy="median", keep_empty_features=True)


def _coding(transformer: Any, coded: Sequence[int]) -> ColumnTransformer:
    """Code some columns, and fill the gaps of all: half-way between two keys there is none."""
    commonest = SimpleImputer(strategy="most_frequent", keep_empty_features=True)
    coding = Pipeline([("impute", commonest), ("code", transformer)])
    _, median = _median()
    return ColumnTransformer(
        [("coded", coding, list(coded))], remainder=median, verbose_feature_names_out=False
    )


def _check_coding(steps: Sequence[str], number: int, coded: Sequence[int]) -> None:
    """Raise where columns cannot be coded: there are none, or an earlier step has moved them."""
    if number:
        raise SettingError(f"step {steps[number]!r}: comes after {steps[number - 1]!r}: write it first")
    if not coded:
        raise SettingError(
            f"step {steps[number]!r}: none of {', '.join(CATEGORIES)} is among the columns: leave it out"
        )


def _check_width(steps: Sequence[str], width: int) -> None:
    """Raise where so many columns would be made that they fit into no memory."""
    for written in steps:
        name, argument = parse(written)
        count = int(argument or 0)
        if name == "polynomial":
            width = comb(width + count, count) - 1
        elif name == "interactions":
            width = sum(comb(width, size) for size in range(1, min(count, width) + 1))
        elif count and STEPS[name].argument is not None:
            width = min(width, count)
        if width > MOST_COLUMNS:
            raise SettingError(
                f"step {written!r}: makes {width:,} columns: lower its argument, or choose features before it"
            )


def names_after(chain: Pipeline | None, names: Sequence[str]) -> tuple[str, ...]:
    """Name the columns that a fitted chain makes of the named ones.

    Examples
    --------
    >>> names_after(None, ["energy"])
    ('energy',)
    """
    if chain is None:
        return tuple(names)
    return tuple(map(str, chain.get_feature_names_out(list(names))))
