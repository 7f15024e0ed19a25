"""scikit-learn's own checks, on every estimator that genrelab defines."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from importlib import import_module
from pkgutil import walk_packages
from typing import Any

import pytest
from sklearn.base import BaseEstimator
from sklearn.utils.estimator_checks import parametrize_with_checks

import genrelab
from genrelab.features.selection import Best
from genrelab.features.text import FrequentOnly
from genrelab.models._margins import Margins
from genrelab.models.artist_majority import ArtistMajority
from genrelab.models.catboost import CatBoost
from genrelab.models.large_forest import LargeForest
from genrelab.models.lightgbm import LightGBM
from genrelab.models.lstm import Recurrent
from genrelab.models.mlp import Perceptron
from genrelab.models.one_vs_rest import OneVsRest
from genrelab.models.splines import Splines
from genrelab.models.tabm import TabM
from genrelab.models.xgboost import XGBoost

CHECKED: Mapping[type, Any] = {
    ArtistMajority: ArtistMajority(),
    Best: Best(keep=2),
    CatBoost: CatBoost(iterations=20, threads=1),
    FrequentOnly: FrequentOnly(least=1),
    LargeForest: LargeForest(n_estimators=10, threads=1),
    LightGBM: LightGBM(rounds=20, min_leaf=1, threads=1),
    Margins: Margins(),
    OneVsRest: OneVsRest(),
    Perceptron: Perceptron((16,), epochs=15),
    Recurrent: Recurrent(frames=1, hidden=8, epochs=15, learning_rate=0.03),
    Splines: Splines(parts=2),
    TabM: TabM(networks=4, width=16, epochs=15, learning_rate=0.03),
}
BY_ROW = "batches and the part held out are drawn by row, however much a row weighs"
EXPECTED: Mapping[type, Mapping[str, str]] = {
    CatBoost: {
        "check_sample_weight_equivalence_on_dense_data": "it bins and draws rows, however much they weigh"
    },
    LargeForest: {
        "check_sample_weight_equivalence_on_dense_data": "each tree draws rows, however much they weigh"
    },
    LightGBM: {
        "check_sample_weight_equivalence_on_dense_data": "it bins and bags rows, however much they weigh"
    },
    Margins: {
        "check_sample_weight_equivalence_on_dense_data": "descent visits rows, however much they weigh"
    },
    Splines: {
        "check_sample_weight_equivalence_on_dense_data": "knots are quantiles of rows, whatever they weigh"
    },
    **{
        net: {"check_sample_weight_equivalence_on_dense_data": BY_ROW}
        for net in (Perceptron, Recurrent, TabM)
    },
}

EXEMPT: Mapping[type, str] = {
    XGBoost: "XGBoost's own classifier, which takes codes of genres and no more of the contract"
}


def defined() -> set[type]:
    """Find every estimator class in the package, private modules and all."""
    names = (
        module.name
        for module in walk_packages(genrelab.__path__, "genrelab.")
        if "__main__" not in module.name
    )
    found = (
        member for name in names for _, member in inspect.getmembers(import_module(name), inspect.isclass)
    )
    return {m for m in found if issubclass(m, BaseEstimator) and m.__module__.startswith("genrelab.")}


def test_no_estimator_is_forgotten() -> None:
    assert defined() == {*CHECKED, *EXEMPT}


@parametrize_with_checks(  # type: ignore[untyped-decorator]  # scikit-learn has no types
    list(CHECKED.values()), expected_failed_checks=lambda estimator: dict(EXPECTED.get(type(estimator), {}))
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
def test_it_keeps_the_contract(estimator: Any, check: Callable[[Any], None]) -> None:
    check(estimator)
