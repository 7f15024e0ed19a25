"""What a search may try: for each setting, a range or a few values."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from genrelab.errors import SettingError
from genrelab.models import MODELS, Range, Space
from genrelab.recipe import Recipe

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

Choice: TypeAlias = "Range | tuple[Any, ...]"

DIGITS = 4
"""Significant digits of a number between two others: what is tried is what is printed."""
_NUMBER = r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?"
_RANGE = re.compile(rf"\s*({_NUMBER})\.\.({_NUMBER})(:log)?\s*")


def of(recipe: Recipe) -> Space:
    """Return what the drawer holds worth trying for a recipe's model, but for settings that the recipe fixes.

    Settings of a blend's members are written ``member.setting``.

    Raises
    ------
    SettingError
        When that is nothing.

    Examples
    --------
    >>> sorted(of(Recipe("decision_tree", {"max_depth": 4})))
    ['min_samples_leaf']
    """
    found: dict[str, Choice] = {}
    for member in recipe.present:
        prefix = "" if member == recipe.model else f"{member}."
        found |= {f"{prefix}{name}": choice for name, choice in MODELS[member].space.items()}
    left = {name: choice for name, choice in found.items() if name not in recipe.settings}
    if not left:
        raise SettingError(
            f"model {recipe.model!r}: has no settings left to try: name some with --try,"
            " or choose another model"
        )
    return left


def parse(written: Iterable[str]) -> Space:
    """Read what to try, written as ``name=a,b,c``, ``name=low..high`` or ``name=low..high:log``.

    A value is JSON, or else text.

    Raises
    ------
    SettingError
        When one is written otherwise, or a setting twice.

    Examples
    --------
    >>> parse(["max_features=sqrt,0.3", "max_depth=3..9", "C=0.001..100:log"])
    {'max_features': ('sqrt', 0.3), 'max_depth': Range(low=3, high=9, log=False), 'C': Range(low=0.001, ...)}
    """
    found: dict[str, Choice] = {}
    for one in written:
        name, equals, text = one.partition("=")
        name = name.strip()
        if not (equals and name and text.strip()):
            raise _malformed(one)
        if name in found:
            raise SettingError(f"try {name!r}: stands twice: put its values into one")
        found[name] = _choice(one, text)
    return found


def _choice(whole: str, text: str) -> Choice:
    ends = _RANGE.fullmatch(text)
    if ends:
        low, high = (float(n) if re.search(r"[.eE]", n) else int(n) for n in ends.group(1, 2))
        return Range(low, high, log=bool(ends.group(3)))
    if ".." in text or text.rstrip().endswith(":log"):
        raise _malformed(whole)
    try:
        return tuple(json.loads(f"[{text}]"))
    except ValueError:
        return tuple(_value(part) for part in text.split(","))


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text.strip()


def _malformed(written: str) -> SettingError:
    return SettingError(
        f"try {written!r}: cannot be read: write NAME=A,B,C, NAME=LOW..HIGH or NAME=LOW..HIGH:log"
    )


def checked(space: Mapping[str, Any], recipe: Recipe) -> Space:
    """Return a space with its lists made tuples without repeats, each setting one that a recipe can take.

    Raises
    ------
    UnknownName
        When the model has no such setting.
    SettingError
        When a setting is fixed already, has no values, or a range that is none.
    """
    if not space:
        raise SettingError("space: names nothing to try: give a range or values for a setting")
    return {name: _checked(name, choice, recipe) for name, choice in space.items()}


def _checked(name: str, choice: Range | Iterable[Any], recipe: Recipe) -> Choice:
    if name in recipe.settings:
        raise SettingError(f"try {name!r}: is fixed at {recipe.settings[name]!r}: leave one of the two out")
    if isinstance(choice, Range):
        _check_range(name, choice)
    else:
        plain = [v.item() if isinstance(v, np.generic) else v for v in choice]
        kept = tuple({as_written(value): value for value in plain}.values())
        if not kept:
            raise SettingError(f"try {name!r}: has no values: give one at least")
        choice = kept
    first = choice.low if isinstance(choice, Range) else choice[0]
    replace(recipe, settings={**recipe.settings, name: first})
    return choice


def _check_range(name: str, ends: Range) -> None:
    if not (math.isfinite(ends.low) and math.isfinite(ends.high) and ends.low < ends.high):
        raise SettingError(f"try {name!r}: {ends.low}..{ends.high} is no range: put the lower number first")
    if ends.log and ends.low <= 0:
        raise SettingError(
            f"try {name!r}: a range from {ends.low} cannot be tried by its logarithm: start above 0,"
            " or leave :log out"
        )


def is_whole(ends: Range) -> bool:
    """Tell whether only whole numbers of a range are tried."""
    return isinstance(ends.low, int) and isinstance(ends.high, int)


def as_written(value: Any) -> str:
    """Write a value as ``--set NAME=VALUE`` reads it.

    Examples
    --------
    >>> as_written("sqrt"), as_written(None), as_written(0.3), as_written("null")
    ('sqrt', 'null', '0.3', '"null"')
    """
    if isinstance(value, str) and _value(value) == value:
        return value
    return json.dumps(value)


def distribution(choice: Choice) -> BaseDistribution:
    """Return what Optuna draws from; values among others go by how they are written."""
    from optuna import distributions  # noqa: PLC0415 - an extra

    if not isinstance(choice, Range):
        return distributions.CategoricalDistribution([as_written(value) for value in choice])
    if is_whole(choice):
        return distributions.IntDistribution(int(choice.low), int(choice.high), log=choice.log)
    return distributions.FloatDistribution(choice.low, choice.high, log=choice.log)


def every(choice: Choice) -> Sequence[Any] | None:
    """Return all that can be drawn, or None where that has no end.

    Examples
    --------
    >>> every(Range(2, 5)), every((None, 4)), every(Range(0.0, 1.0))
    (range(2, 6), ('null', '4'), None)
    """
    if not isinstance(choice, Range):
        return tuple(as_written(value) for value in choice)
    return range(int(choice.low), int(choice.high) + 1) if is_whole(choice) else None


def value_of(choice: Choice, drawn: Any) -> Any:
    """Return the value of a setting that was drawn."""
    if not isinstance(choice, Range):
        return next(value for value in choice if as_written(value) == drawn)
    if is_whole(choice):
        return int(drawn)
    return min(max(float(f"{drawn:.{DIGITS}g}"), choice.low), choice.high)


def points(choice: Choice, count: int) -> tuple[Any, ...]:
    """Return what a grid tries: every value, or so many points of a range, spread as the range asks.

    Examples
    --------
    >>> points(Range(1, 100, log=True), 3), points(Range(0.0, 1.0), 3), points(Range(1, 3), 5)
    ((1, 10, 100), (0.0, 0.5, 1.0), (1, 2, 3))
    >>> points((None, 4), 3)
    ('null', '4')
    """
    if not isinstance(choice, Range):
        return tuple(as_written(value) for value in choice)
    spaced = (np.geomspace if choice.log else np.linspace)(choice.low, choice.high, count)
    if is_whole(choice):
        return tuple(dict.fromkeys(round(point) for point in spaced.tolist()))
    return tuple(value_of(choice, point) for point in spaced.tolist())
