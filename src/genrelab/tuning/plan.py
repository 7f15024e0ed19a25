"""What to search, and how: checked before anything is fitted."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import Any

from genrelab.dataset import Dataset
from genrelab.errors import SettingError, UnknownName
from genrelab.models import Range, Space
from genrelab.recipe import Recipe
from genrelab.tuning import space as spaces

METRICS = ("accuracy", "macro_f1", "balanced_accuracy", "log_loss")
SEARCHES = ("bayes", "random", "grid")
MOST_POINTS = 1_000_000


@dataclass(frozen=True, slots=True)
class Plan:
    """What to search, and how: see `genrelab.tuning.tune`."""

    recipe: Recipe
    space: Space
    search: str = "bayes"
    metric: str = "accuracy"
    trials: int | None = 50
    seconds: float | None = None
    folds: int = 5
    points: int = 5
    seed: int = 0
    threads: int = 2

    def __post_init__(self) -> None:
        for what, name, known in (("search", self.search, SEARCHES), ("metric", self.metric, METRICS)):
            if name not in known:
                raise UnknownName(what, name, known)
        for what, number, least in (("trials", self.trials, 1), ("points", self.points, 2)):
            if number is not None and number < least:
                raise SettingError(f"{what}: {number} is too few: give {least} or more")
        if self.seconds is not None and not self.seconds > 0:
            raise SettingError(f"seconds: {self.seconds} is no time: give more than 0")
        if self.search != "grid" and self.trials is None and self.seconds is None:
            raise SettingError("tuning: would never end: give a number of trials, or of seconds")
        if self.search == "grid" and self.size > MOST_POINTS:
            raise SettingError(
                f"search 'grid': {self.size:,} points: give fewer values, or choose random or bayes"
            )

    @property
    def maximise(self) -> bool:
        """Whether more is better."""
        return self.metric != "log_loss"

    @property
    def grid(self) -> dict[str, tuple[Any, ...]]:
        """What each setting may be in a grid."""
        return {name: spaces.points(choice, self.points) for name, choice in self.space.items()}

    @property
    def size(self) -> int:
        """Number of points of the grid."""
        return prod(map(len, self.grid.values()))

    @property
    def count(self) -> int | None:
        """Number of points of the space, or None where a range has no end of them."""
        every = [spaces.every(choice) for choice in self.space.values()]
        return prod(len(values) for values in every if values is not None) if None not in every else None

    @property
    def most(self) -> int | None:
        """Number of trials after which it ends, or None where only time ends it."""
        whole = self.size if self.search == "grid" else self.count
        return min((n for n in (self.trials, whole) if n is not None), default=None)

    def with_settings(self, settings: Mapping[str, Any]) -> Recipe:
        """Return the recipe with settings that were found."""
        return replace(self.recipe, settings={**self.recipe.settings, **settings})

    def asked(self, dataset: Dataset) -> dict[str, str]:
        """Say what makes a study the same: all but its budget."""
        search = (self.search, self.metric, self.folds, self.points, self.seed)
        told = {name: _told(choice) for name, choice in self.space.items()}
        return {
            "table": table_of(dataset),
            "model": json.dumps(self.recipe.as_dict(), sort_keys=True, default=str),
            "space": json.dumps(told, sort_keys=True),
            "search, metric, number of folds or seed": json.dumps(search),
        }


def table_of(dataset: Dataset) -> str:
    """Hash what a score depends on beside the recipe: the tracks, and what keeps folds apart."""
    rows = f"{dataset.fingerprint()} {dataset.split}".encode() + dataset.groups.tobytes()
    return hashlib.sha256(rows).hexdigest()


def _told(choice: spaces.Choice) -> list[Any]:
    if isinstance(choice, Range):
        return [choice.low, choice.high, choice.log, spaces.is_whole(choice)]
    return [spaces.as_written(value) for value in choice]
