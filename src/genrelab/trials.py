"""The members of a blend tried in turn, as far as a budget reaches."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from genrelab.budget import Budget
from genrelab.errors import SettingError
from genrelab.fitting import Fitting, Fold
from genrelab.progress import Progress

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Tried:
    """Members and what they say of every track out-of-fold.

    Attributes
    ----------
    names
        Of the members.
    logs
        Log probabilities, shape (members, rows, genres).
    """

    names: tuple[str, ...]
    logs: Floats


@dataclass(slots=True)
class _Watch:
    """Tells from what was spent how long the rest takes."""

    budget: Budget
    started: float = field(default_factory=time.monotonic)
    reading: float = 0.0
    kept: float = 0.0

    def left(self) -> float:
        """Seconds that are left for members when the tracks are read once more and fitted as a whole."""
        if self.budget.seconds is None:
            return float("inf")
        return self.started + self.budget.seconds - time.monotonic() - self.reading - self.kept


def attempt(
    fitting: Fitting, parted: Sequence[tuple[Codes, Codes]], budget: Budget, progress: Progress
) -> Tried:
    """Let each member speak of every track out-of-fold, as far as the budget reaches.

    A member that would not be done in time is left out, and a quicker one may follow.

    Raises
    ------
    SettingError
        When there is not time enough for a single member.
    """
    names = fitting.recipe.present[: budget.trials]
    progress("reading the tracks", 0.0)
    watch = _Watch(budget)
    stages = len(names) + 2
    folds = fitting.folds(parted, _scaled(progress, 0.0, 1 / stages))
    watch.reading = (time.monotonic() - watch.started) / len(parted)
    found: dict[str, Floats] = {}
    short = 0.0
    for place, name in enumerate(names):
        told = _scaled(progress, (place + 1) / stages, 1 / stages)
        logs, lacking = _try(fitting, name, folds, watch, told)
        if logs is not None:
            found[name] = logs
        else:
            short = lacking if not short else min(short, lacking)
    if not found:
        spent = time.monotonic() - watch.started
        raise SettingError(
            f"budget: {budget.seconds:g} s is too short for {len(fitting.dataset):,} tracks, about"
            f" {spent + short:.0f} s are needed: give more time, or choose a quicker model such as logistic"
        )
    return Tried(tuple(found), np.stack(list(found.values())))


def _scaled(progress: Progress, start: float, share: float) -> Progress:
    return lambda stage, done: progress(stage, start + share * done)


def _try(
    fitting: Fitting, name: str, folds: Sequence[Fold], watch: _Watch, progress: Progress
) -> tuple[Floats | None, float]:
    """Fit a member fold by fold; None where it would not be done in time, and the seconds it lacks."""
    logs = np.zeros((len(fitting.dataset), len(fitting.dataset.genres)))
    started, judged = time.monotonic(), fitting.out_of_fold(name, folds)
    for done, (rows, said) in enumerate(judged, 1):
        logs[rows] = said
        progress(f"{name}: fold {done} of {len(folds)}", done / len(folds))
        spent = time.monotonic() - started
        # Folds are fitted side by side: the first to be done says little of the rate.
        needed = spent / done * (len(folds) - done + 1)
        if watch.left() < needed and (done >= fitting.threads or watch.left() < 0):
            return None, needed
    watch.kept += (time.monotonic() - started) / len(folds)
    return logs, 0.0
