"""The members of a blend tried in turn, as far as a budget reaches."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count

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


class _LateError(Exception):
    """What was begun would not be done in time."""

    def __init__(self, needed: float) -> None:
        super().__init__(needed)
        self.needed = needed


@dataclass(slots=True)
class _Watch:
    """Tells from what was spent how long the rest takes."""

    budget: Budget
    started: float = field(default_factory=time.monotonic)
    reading: float = 0.0
    kept: float = 0.0

    def spent(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.started

    def left(self) -> float:
        """Seconds that are left for members when the tracks are read once more and fitted as a whole."""
        if self.budget.seconds is None:
            return float("inf")
        return self.budget.seconds - self.spent() - self.reading - self.kept

    def pace(self, folds: int, threads: int) -> Callable[[], None]:
        """Build what is asked before each of some folds: it raises where they would not be done in time.

        It is asked by the threads that do the work, so that none begins a fold in vain. Of the first folds,
        which are done side by side, nothing is known yet.
        """
        started, begun, beside = time.monotonic(), count(), min(folds, threads)

        def check() -> None:
            place = next(begun)
            if place < beside:
                return
            # One more than are left: the last fit is of every track.
            needed = (time.monotonic() - started) / place * (folds - place + 1)
            if self.left() < needed:
                raise _LateError(self.spent() + self.reading + needed)

        return check

    def too_short(self, tracks: int, needed: float, what: str = "") -> SettingError:
        """Say how much time would do."""
        return SettingError(
            f"budget: {self.budget.seconds:g} s is too short for {tracks:,} tracks, about"
            f" {needed:.0f} s are needed{what}: give more time, or choose a quicker model such as logistic"
        )


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
    folds = _read(fitting, parted, watch, _scaled(progress, 0.0, 1 / stages))
    # Where nothing may be late, no member need wait for the folds of another.
    turns = [names] if budget.seconds is None else [(name,) for name in names]
    found: dict[str, Floats] = {}
    short: list[float] = []
    for turn in turns:
        if watch.left() <= 0:
            break
        told = _scaled(progress, (names.index(turn[0]) + 1) / stages, len(turn) / stages)
        try:
            found |= _try(fitting, turn, folds, watch, told)
        except _LateError as late:
            short.append(late.needed)
    if not found:
        raise watch.too_short(len(fitting.dataset), min(short))
    return Tried(tuple(found), np.stack(list(found.values())))


def _scaled(progress: Progress, start: float, share: float) -> Progress:
    return lambda stage, done: progress(stage, start + share * done)


def _read(
    fitting: Fitting, parted: Sequence[tuple[Codes, Codes]], watch: _Watch, progress: Progress
) -> list[Fold]:
    """Read the tracks fold by fold, unless that leaves no time for members."""
    alone = " to read them alone"
    try:
        folds = fitting.folds(parted, progress, watch.pace(len(parted), fitting.threads))
    except _LateError as late:
        raise watch.too_short(len(fitting.dataset), late.needed, alone) from None
    watch.reading = watch.spent() / len(parted)
    if watch.left() <= 0:
        raise watch.too_short(len(fitting.dataset), watch.spent() + watch.reading, alone)
    return folds


def _try(
    fitting: Fitting, names: Sequence[str], folds: Sequence[Fold], watch: _Watch, progress: Progress
) -> dict[str, Floats]:
    """Fit members fold by fold; raise where they would not be done in time."""
    shape, fits = (len(fitting.dataset), len(fitting.dataset.genres)), len(names) * len(folds)
    logs = {name: np.zeros(shape) for name in names}
    started = time.monotonic()
    judged = fitting.out_of_fold(names, folds, watch.pace(fits, fitting.threads))
    for done, (name, rows, said) in enumerate(judged, 1):
        logs[name][rows] = said
        progress(f"{name}: fold {-(-done // len(names))} of {len(folds)}", done / fits)
    watch.kept += (time.monotonic() - started) / len(folds)
    return logs
