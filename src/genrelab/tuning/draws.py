"""What is tried next: drawn by Optuna, but never what was tried before, as long as anything else is left."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from math import prod
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from genrelab.models import Space
from genrelab.tuning import space as spaces
from genrelab.tuning.plan import MOST_POINTS, Plan

if TYPE_CHECKING:
    from optuna import Study
    from optuna.distributions import BaseDistribution
    from optuna.samplers import BaseSampler
    from optuna.trial import FrozenTrial

Params: TypeAlias = dict[str, Any]
Key: TypeAlias = tuple[str, ...]

REPEATS = 100
"""Draws in a row that were all tried before, after which another way is taken."""


def key(space: Space, params: Mapping[str, Any]) -> Key:
    """Return settings as they are printed: two draws that round to the same settings are the same."""
    return tuple(spaces.as_written(spaces.value_of(choice, params[name])) for name, choice in space.items())


def sampler(plan: Plan, seed: int, tried: Collection[Key]) -> BaseSampler:
    """Return a sampler that draws settings anew until they are none of those tried.

    After `REPEATS` draws of a space that can be listed it takes a point that is left; of any other it gives
    what was drawn last, which is then a repeat.
    """
    from optuna import samplers  # noqa: PLC0415 - an extra

    kind = samplers.TPESampler if plan.search == "bayes" else samplers.RandomSampler
    asked = {name: spaces.distribution(choice) for name, choice in plan.space.items()}

    class Unrepeated(samplers.BaseSampler):
        def __init__(self) -> None:
            self.inner = kind(seed=seed)

        def infer_relative_search_space(
            self, study: Study, trial: FrozenTrial
        ) -> dict[str, BaseDistribution]:
            return dict(asked)

        def sample_relative(
            self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
        ) -> Params:
            params: Params = {}
            for _ in range(REPEATS):
                params = {n: self.sample_independent(study, trial, n, d) for n, d in search_space.items()}
                if key(plan.space, params) not in tried:
                    return params
            return next((left for left in _points(plan, seed) if key(plan.space, left) not in tried), params)

        def sample_independent(
            self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
        ) -> Any:
            return self.inner.sample_independent(study, trial, param_name, param_distribution)

    return Unrepeated()


def _points(plan: Plan, seed: int) -> Iterator[Params]:
    """Yield every point of a space in random order; none where it cannot be listed."""
    if plan.count is None or plan.count > MOST_POINTS:
        return
    every = {name: spaces.every(choice) or () for name, choice in plan.space.items()}
    sizes = [len(values) for values in every.values()]
    for place in np.random.default_rng(seed).permutation(prod(sizes)):
        at = np.unravel_index(place, sizes)
        yield {name: values[int(i)] for (name, values), i in zip(every.items(), at, strict=True)}
