"""One search: trials on the folds of some tracks, the best of them, and all that was seen on the way."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from lightgbm.basic import LightGBMError

from genrelab.dataset import Dataset
from genrelab.errors import GenrelabError, SettingError
from genrelab.models import Range, Space
from genrelab.progress import Progress
from genrelab.tuning import draws
from genrelab.tuning import space as spaces
from genrelab.tuning.objective import Objective
from genrelab.tuning.plan import Plan
from genrelab.tuning.studies import Studies

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import FrozenTrial, Trial

REASON = "reason"
"""Attribute of a failed trial; one that lacks it was interrupted."""
FAILURES = (
    ValueError, TypeError, ArithmeticError, LookupError, AttributeError, AssertionError, RuntimeError,
    MemoryError, LightGBMError,
)  # fmt: skip
"""What estimators raise on settings that they cannot take."""
LEAST_TRIALS = 8
"""Complete trials below which nothing is said of the importance of settings."""


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What a search found.

    Attributes
    ----------
    settings, score
        Of its best trial.
    history
        One row per trial: see `genrelab.tuning.Tuned`.
    importance
        Share of the score's variation that each setting explains, largest first; empty where unknown.
    repeated
        Whether it ended because nothing new was drawn any more.
    """

    settings: Mapping[str, Any]
    score: float
    history: pl.DataFrame
    importance: Mapping[str, float]
    repeated: bool


def search(dataset: Dataset, plan: Plan, studies: Studies, name: str, progress: Progress) -> Found:
    """Search the best settings on the folds of a dataset.

    Raises
    ------
    SettingError
        When no trial could be fitted, or a study of this name was begun for something else.
    """
    study = studies.get(name, plan.asked(dataset), maximise=plan.maximise)
    objective = Objective.of(dataset, plan)
    while (share := _share_done(study, plan)) < 1 and not _repeated(study, plan):
        done = len(_finished(study))
        best = _best(study, plan)
        of = f" of {plan.most}" if plan.most else ""
        so_far = f", best {best.value:.3f}" if best and best.value is not None else ""
        stage = f"{name}: trial {done + 1}{of}{so_far}"

        def within(fold: int, stage: str = stage, share: float = share) -> None:
            progress(f"{stage}, fold {fold + 1} of {plan.folds}", share)

        with studies.blamed():
            _try(study, plan, objective, within)
    best = _best(study, plan)
    if best is None or best.value is None:
        reasons = [trial.user_attrs[REASON] for trial in _finished(study)]
        raise SettingError(f"{name}: none of {len(reasons)} trials could be fitted, the first: {reasons[0]}")
    settings, history = _settings(best, plan.space), _history(study, plan)
    return Found(settings, best.value, history, _importance(study), _repeated(study, plan))


def _try(study: Study, plan: Plan, objective: Objective, before: Callable[[int], None]) -> None:
    """Run one trial to its end, good or bad."""
    import optuna  # noqa: PLC0415 - an extra

    trial = _ask(study, plan)

    def after(value: float, fold: int) -> None:
        trial.report(value, fold)
        if fold + 1 < len(objective.parted) and trial.should_prune():
            raise optuna.TrialPruned

    settings = _settings(trial, plan.space)
    try:
        known = _known(study, plan, trial.params)
        recipe = plan.with_settings(settings)
        value = known if known is not None else objective.score(recipe, before, after)
    except optuna.TrialPruned:
        study.tell(trial, state=optuna.trial.TrialState.PRUNED)
    except optuna.exceptions.OptunaError:
        raise
    except FAILURES as error:
        trial.set_user_attr(REASON, _reason(error, settings))
        study.tell(trial, state=optuna.trial.TrialState.FAIL)
    else:
        study.tell(trial, value)


def _reason(error: BaseException, settings: Mapping[str, Any]) -> str:
    """Say why a trial failed, and with which settings."""
    reason = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, GenrelabError):  # says so itself
        return reason
    return f"settings {', '.join(f'{name}={value!r}' for name, value in settings.items())}: {reason}"


def _ask(study: Study, plan: Plan) -> Trial:
    """Draw the settings of the next trial, from its number and what the trials before it found alone.

    So a search that was interrupted goes on as it would have gone on.
    """
    import optuna  # noqa: PLC0415 - an extra

    tried = [draws.key(plan.space, trial.params) for trial in _finished(study)]
    done = len(tried)
    seed = int(np.random.SeedSequence([plan.seed, done]).generate_state(1)[0])
    study.sampler = draws.sampler(plan, seed, set(tried))
    waiting = study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.WAITING,))
    if plan.search == "grid" and not waiting:
        study.enqueue_trial(_point(plan, done))
    return study.ask({name: spaces.distribution(choice) for name, choice in plan.space.items()})


def _point(plan: Plan, place: int) -> dict[str, Any]:
    """Return a point of the grid; they stand in random order, so that a part of them is a fair part."""
    sizes = [len(values) for values in plan.grid.values()]
    order = np.random.default_rng(plan.seed).permutation(prod(sizes))
    at = np.unravel_index(order[place], sizes)
    return {name: values[int(i)] for (name, values), i in zip(plan.grid.items(), at, strict=True)}


def _known(study: Study, plan: Plan, params: Mapping[str, Any]) -> float | None:
    """Return the score of an earlier trial of the same settings, if there is one."""
    drawn = draws.key(plan.space, params)
    return next((t.value for t in _complete(study) if draws.key(plan.space, t.params) == drawn), None)


def _repeated(study: Study, plan: Plan) -> bool:
    """Tell whether the last trial is one that was made before: so nothing new was drawn many times."""
    if plan.search == "grid":
        return False  # points that round to the same settings are points of it all the same
    *before, last = [(), *(draws.key(plan.space, trial.params) for trial in _finished(study))]
    return last in before


def _settings(trial: Trial | FrozenTrial, space: Space) -> dict[str, Any]:
    return {name: spaces.value_of(choice, trial.params[name]) for name, choice in space.items()}


def _finished(study: Study) -> list[FrozenTrial]:
    """Return the trials that count: those that were interrupted do not."""
    return [
        t for t in study.get_trials(deepcopy=False) if t.state.is_finished() and _state(t) != "interrupted"
    ]


def _complete(study: Study) -> list[FrozenTrial]:
    return [trial for trial in _finished(study) if _state(trial) == "complete"]


def _state(trial: FrozenTrial) -> str:
    name = trial.state.name.lower()
    if name != "fail":
        return name
    return "failed" if REASON in trial.user_attrs else "interrupted"


def _best(study: Study, plan: Plan) -> FrozenTrial | None:
    """Return the best trial, the first of equals."""
    sign = -1 if plan.maximise else 1
    return min(_complete(study), key=lambda trial: sign * (trial.value or 0.0), default=None)


def _share_done(study: Study, plan: Plan) -> float:
    """Return how much of the budget is used; the time of trials counts, whenever they ran."""
    finished = _finished(study)
    shares = [0.0]
    if plan.most is not None:
        shares.append(len(finished) / plan.most)
    if plan.seconds is not None and finished:
        shares.append(sum(map(_seconds, finished)) / plan.seconds)
    return max(shares)


def _seconds(trial: FrozenTrial) -> float:
    return trial.duration.total_seconds() if trial.duration else 0.0


def _history(study: Study, plan: Plan) -> pl.DataFrame:
    trials = [t for t in study.get_trials(deepcopy=False) if t.state.is_finished()]
    states = [_state(trial) for trial in trials]
    columns: dict[str, pl.Series] = {
        "trial": pl.Series(range(1, len(trials) + 1), dtype=pl.Int64),
        "state": pl.Series(states, dtype=pl.String),
        "score": pl.Series([trial.value for trial in trials], dtype=pl.Float64),
        "seconds": pl.Series([
            _seconds(t) if state != "interrupted" else None for t, state in zip(trials, states, strict=True)
        ], dtype=pl.Float64),
        "reason": pl.Series([trial.user_attrs.get(REASON) for trial in trials], dtype=pl.String),
    }  # fmt: skip
    for name, choice in plan.space.items():
        columns[name] = _column([trial.params.get(name) for trial in trials], choice)
    return pl.DataFrame(columns)


def _column(drawn: list[Any], choice: spaces.Choice) -> pl.Series:
    """Return a column of numbers, or of words as ``--set`` takes them where there is anything else."""
    values = [None if d is None else spaces.value_of(choice, d) for d in drawn]
    listed = (choice.low, choice.high) if isinstance(choice, Range) else choice
    if all(type(value) is int for value in listed):
        return pl.Series(values, dtype=pl.Int64)
    if all(type(value) in {int, float} for value in listed):
        return pl.Series(values, dtype=pl.Float64)
    return pl.Series(drawn, dtype=pl.String)


def _importance(study: Study) -> dict[str, float]:
    """Share out what it took to be among the best trials (Watanabe et al. 2023, "PED-ANOVA")."""
    from optuna import importance  # noqa: PLC0415 - an extra

    scores = [trial.value for trial in _complete(study)]
    if len(scores) < LEAST_TRIALS or len(set(scores)) < 3:
        return {}
    # The method wants five trials or more among the best.
    best = importance.PedAnovaImportanceEvaluator(target_quantile=max(0.1, 5 / len(scores)))
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        try:
            found = importance.get_param_importances(study, evaluator=best)
        except UserWarning:  # so many are equally good that none stand out
            return {}
    return {name: float(found[name]) for name in sorted(found, key=lambda name: -found[name])}
