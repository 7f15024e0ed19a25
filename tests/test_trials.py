"""Trials: members in their order, as far as a budget reaches; such as do not earn their cost are dropped."""

from __future__ import annotations

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


def slow(seconds: dict[str, float], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let some members take their time."""

    def estimator(_recipe: Recipe, name: str, **_: Any) -> Any:
        time.sleep(seconds.get(name, 0.0))
        return Shares()

    monkeypatch.setattr(Recipe, "estimator", estimator)


def test_without_a_bound_every_member_is_tried() -> None:
    assert attempted(Budget()).names == Recipe("best").present


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


def test_members_whose_package_is_missing_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recipe, "find_spec", lambda _: None)
    present = Recipe("best").present
    assert present
    assert all(not MODELS[name].needs for name in present)


def test_the_card_lists_who_was_kept_and_weighs() -> None:
    classifier = genrelab.train(SONGS, "best", budget="2", folds=3)
    card = classifier.card
    assert set(card.members) <= set(MODELS["best"].members[:2])
    assert tuple(card.members) == tuple(card.settings) == tuple(m.name for m in classifier.parts.members)


def test_threads_change_nothing() -> None:
    np.testing.assert_array_equal(attempted(Budget(), 1).logs, attempted(Budget(), 2).logs)
