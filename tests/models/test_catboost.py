"""CatBoost: what is written is what is asked, whatever the columns, and settings are blamed for errors."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from genrelab import dataset, schema
from genrelab.errors import MissingExtra, SettingError
from genrelab.models.catboost import CatBoost
from genrelab.recipe import Recipe
from genrelab.training import train

Floats = NDArray[np.float64]
ONES, GAPS = np.ones((200, 1)), np.full((200, 1), np.nan)


def heard(genres: int) -> tuple[Floats, NDArray[np.int64]]:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, genres, 200)
    return truth[:, None] + rng.normal(size=(200, 3)), truth


@pytest.mark.parametrize("genres", [2, 5])
@pytest.mark.parametrize("around", [(), (ONES,), (GAPS,)], ids=["plain", "constant", "empty"])
def test_what_is_written_is_what_is_asked(genres: int, around: tuple[Floats, ...]) -> None:
    X, truth = heard(genres)
    X = np.hstack([*around, X, *around])
    X[::7, X.shape[1] // 2] = np.nan
    model = CatBoost(iterations=20, threads=1).fit(X, truth)
    again = CatBoost.of(model.written(), genres, 1)
    assert again.n_features_in_ == X.shape[1]
    assert (model.predict(X) == truth).mean() > 0.5
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    np.testing.assert_array_equal(again.feature_importances_, model.feature_importances_)
    np.testing.assert_array_equal(again.contributions(X), model.contributions(X))
    assert again.written() == model.written()


def test_contributions_sum_to_the_score(capfd: pytest.CaptureFixture[str]) -> None:
    X, truth = heard(3)
    model = CatBoost(iterations=20, threads=1).fit(X, truth)
    shares = model.contributions(X)
    assert shares.shape == (200, 3, 4)
    np.testing.assert_allclose(shares.sum(axis=2), model.booster_.predict(X), atol=1e-9)
    assert capfd.readouterr() == ("", "")


def test_the_same_seed_writes_the_same_bytes() -> None:
    X, truth = heard(3)
    first, second, other = (
        CatBoost(iterations=20, threads=1, seed=seed).fit(X, truth).written() for seed in (1, 1, 2)
    )
    assert first == second != other


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"depth": 99}, "Maximum tree depth is 16"),
        ({"iterations": 0}, "Iterations count should be positive"),
        ({"row_share": 3}, r"Subsample should be in \(0,1\]"),
        ({"feature_share": 0}, r"Rsm should be in \(0, 1\]"),
        ({"l2": "much"}, "Can't parse parameter"),
    ],
)
def test_settings_are_blamed(wrong: dict[str, Any], why: str) -> None:
    songs = dataset.make(schema.sample(60, seed=0))
    with pytest.raises(SettingError, match=rf"settings {next(iter(wrong))}=.*: {why}.*: give other values"):
        train(songs, Recipe("catboost", wrong), folds=2, threads=1)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    X, truth = heard(2)
    content = CatBoost(iterations=2, threads=1).fit(X, truth).written()
    monkeypatch.setitem(sys.modules, "catboost", None)
    with pytest.raises(MissingExtra, match=r"genrelab\[boost\]"):
        CatBoost.of(content, 2, 1)
    with pytest.raises(MissingExtra, match=r"genrelab\[boost\]"):
        CatBoost().fit(X, truth)
