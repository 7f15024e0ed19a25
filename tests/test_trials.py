"""Trials: members in their order, as far as a budget reaches; such as do not earn their cost are dropped."""

from __future__ import annotations

import re
import time
from typing import Any

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier

import genrelab
from genrelab import dataset, fitting, recipe, schema, trials
from genrelab.budget import Budget
from genrelab.errors import SettingError
from genrelab.models import MODELS
from genrelab.progress import silent
from genrelab.recipe import Recipe


class Shares(DummyClassifier):  # type: ignore[misc]  # scikit-learn has no types
    """Shares of genres, which may be told groups, as networks are."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None) -> Any:
        return super().fit(X, y, sample_weight)


SONGS = dataset.make(schema.sample(240, seed=0))


def attempted(budget: Budget, threads: int = 1) -> trials.Tried:
    best = Recipe("best")
    fit = fitting.Fitting(SONGS, best, best.read(SONGS.tracks, SONGS.columns), 0, threads)
    return trials.attempt(fit, list(SONGS.folds(3, seed=0)), budget, silent)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put shares in the members' place: what is tried, and when, is looked at here."""
    monkeypatch.setattr(Recipe, "estimator", lambda *_, **__: Shares())


def slow(seconds: dict[str, float], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let some members take their time, and note whose folds are begun."""
    begun: list[str] = []

    def estimator(_recipe: Recipe, name: str, **_: Any) -> Any:
        begun.append(name)
        time.sleep(seconds.get(name, 0.0))
        return Shares()

    monkeypatch.setattr(Recipe, "estimator", estimator)
    return begun


def test_without_a_bound_every_member_is_tried() -> None:
    assert attempted(Budget()).names == Recipe("best").present


@pytest.mark.parametrize(
    ("budget", "waiting"), [(Budget(), False), (Budget(trials=2), False), (Budget(seconds=60), True)]
)
def test_members_wait_for_each_other_only_where_one_may_be_late(
    budget: Budget, waiting: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a bound of time, all members of a fold come before any of the next."""
    begun, names = slow({}, monkeypatch), attempted(budget).names
    assert begun == ([name for name in names for _ in range(3)] if waiting else [*names] * 3)


@pytest.mark.parametrize("count", [1, 2])
def test_so_many_trials_are_the_first_members(count: int) -> None:
    assert attempted(Budget(trials=count)).names == MODELS["best"].members[:count]


def test_a_member_that_would_be_late_is_left_out_and_a_quicker_one_follows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second, *rest = Recipe("best").present
    slow({second: 3.0}, monkeypatch)
    names = attempted(Budget(seconds=6)).names
    assert names[0] == first
    assert second not in names
    assert set(rest) <= set(names)


def test_no_time_for_a_single_member_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    slow(dict.fromkeys(MODELS["best"].members, 1.0), monkeypatch)
    with pytest.raises(SettingError, match=r"budget: 1 s is too short for \d+ tracks, about \d+ s"):
        attempted(Budget(seconds=1))


@pytest.mark.parametrize("threads", [1, 2])
def test_no_member_is_begun_once_time_is_up(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """One fold a thread, of one member, tells that no other has time; folds that wait are not begun."""
    begun = slow(dict.fromkeys(MODELS["best"].members, 1.5), monkeypatch)
    with pytest.raises(SettingError, match="too short"):
        attempted(Budget(seconds=1), threads)
    assert begun == [Recipe("best").present[0]] * threads


def test_a_member_that_is_done_is_kept_however_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many threads as folds: nothing is known of the time before all are done."""
    first = Recipe("best").present[0]
    begun = slow({first: 2.0}, monkeypatch)
    assert attempted(Budget(seconds=1.5), 3).names == (first,)
    assert begun == [first] * 3


def test_reading_that_cannot_be_done_stops_and_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    read, begun = fitting.Fitting._read, []

    def reading(fit: fitting.Fitting, *given: Any) -> Any:
        begun.append(given)
        time.sleep(1.0)
        return read(fit, *given)

    monkeypatch.setattr(fitting.Fitting, "_read", reading)
    with pytest.raises(SettingError, match=r"about [45] s are needed to read them alone: give more time"):
        attempted(Budget(seconds=1.5))
    assert len(begun) == 1


def test_the_time_that_is_said_to_be_needed_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    slow(dict.fromkeys(MODELS["best"].members, 0.7), monkeypatch)
    with pytest.raises(SettingError) as told:
        attempted(Budget(seconds=1.5))
    needed = re.findall(r"about (\d+) s", str(told.value))
    assert attempted(Budget(seconds=float(needed[0]) + 1)).names


def test_members_whose_package_is_missing_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recipe, "find_spec", lambda _: None)
    present = Recipe("best").present
    assert "lightgbm" in present
    assert all(not MODELS[name].needs for name in present)


def test_a_member_is_spared_where_the_other_is_installed() -> None:
    present = Recipe("best").present
    assert "catboost" in present
    assert "lightgbm" not in present
    named = Recipe("best", {"lightgbm.rounds": 9}).present
    assert {"catboost", "lightgbm"} <= set(named)


def test_the_card_lists_who_was_kept_and_weighs() -> None:
    classifier = genrelab.train(SONGS, "best", budget="2", folds=3)
    card = classifier.card
    assert set(card.members) <= set(MODELS["best"].members[:2])
    assert tuple(card.members) == tuple(card.settings) == tuple(m.name for m in classifier.parts.members)


def test_threads_change_nothing() -> None:
    np.testing.assert_array_equal(attempted(Budget(), 1).logs, attempted(Budget(), 2).logs)
