"""Several models on the same folds."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from sklearn.tree import DecisionTreeClassifier

from genrelab import dataset, schema
from genrelab.dataset import Dataset
from genrelab.errors import MissingExtra, SettingError, UnknownName
from genrelab.fitting import Fitting
from genrelab.insight import comparison
from genrelab.insight.comparison import compare
from genrelab.insight.evaluation import announce
from genrelab.models import MODELS
from genrelab.models._network import Network
from genrelab.recipe import Recipe
from genrelab.training import train


def songs() -> Dataset:
    tracks = schema.sample(120, seed=0)
    code = pl.col("genre").replace_strict(["jazz", "pop", "rock"], [0, 1, 2], return_dtype=pl.Int64)
    return dataset.make(tracks.with_columns(energy=(code + pl.col("energy")) / 3))


@pytest.fixture
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    class Tree(DecisionTreeClassifier):  # type: ignore[misc]  # scikit-learn has no types
        def fit(self, X: Any, y: Any, groups: Any = None, **told: Any) -> Any:
            return super().fit(X, y, **told)

    def tree(_recipe: Recipe, _member: str, *, seed: int, threads: int) -> Any:
        return Tree(max_depth=2, random_state=seed)

    monkeypatch.setattr(Recipe, "estimator", tree)


def test_each_report_is_what_training_alone_announces() -> None:
    compared = compare(songs(), ["majority", "logistic", "decision_tree"], seed=3, threads=1)
    for report in compared.reports:
        assert report == announce(train(songs(), report.model, seed=3, threads=1))


def test_the_best_comes_first() -> None:
    reports = compare(songs(), ["majority", "logistic"], threads=1).reports
    assert [report.model for report in reports] == ["logistic", "majority"]
    assert reports[0].scores["accuracy"].value > reports[1].scores["accuracy"].value


@pytest.mark.usefixtures("_quick")
def test_all_means_all() -> None:
    compared = compare(songs(), ["all"], threads=1)
    of_sequences = {name for name, model in MODELS.items() if model.reads_sequences}
    assert {report.model for report in compared.reports} == set(MODELS) - of_sequences
    assert set(compared.seconds) == set(MODELS) - of_sequences
    assert all(seconds > 0 for seconds in compared.seconds.values())


@pytest.mark.usefixtures("_quick")
def test_without_artists_nobody_remembers_them() -> None:
    nameless = dataset.make(songs().tracks.drop("artist"))
    everybody, unnamed = (compare(made, threads=1).seconds for made in (songs(), nameless))
    assert set(everybody) - set(unnamed) == {"artist_majority"}


@pytest.mark.usefixtures("_quick")
def test_with_text_alone_all_are_those_that_read_text() -> None:
    texts = dataset.make(songs().tracks, columns=["title", "album"])
    compared = compare(texts, threads=1).seconds
    assert "artist_majority" in compared
    assert all(MODELS[name].reads_text or MODELS[name].reads_artist for name in compared)
    assert {name for name in MODELS if MODELS[name].reads_text} <= set(compared)


@pytest.mark.usefixtures("_quick")
def test_a_name_given_twice_is_trained_once() -> None:
    assert len(compare(songs(), ["logistic", "majority", "logistic"], threads=1).reports) == 2


@pytest.mark.usefixtures("_quick")
def test_the_folds_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    parted: list[list[tuple[NDArray[np.int64], NDArray[np.int64]]]] = []
    inner = Fitting.folds

    def watched(fitting: Fitting, folds: Any, *others: Any, **named: Any) -> Any:
        parted.append(folds)
        return inner(fitting, folds, *others, **named)

    monkeypatch.setattr(Fitting, "folds", watched)
    compare(songs(), ["logistic", "best"], seed=5, threads=1)
    for first, second in zip(*parted, strict=True):
        np.testing.assert_array_equal(first[1], second[1])


def test_an_unknown_name_is_told_before_anything_is_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any, **__: Any) -> None:
        pytest.fail("trained")

    monkeypatch.setattr(Fitting, "fit", never)
    with pytest.raises(UnknownName, match="did you mean 'xgboost'"):
        compare(songs(), ["logistic", "xgbost"])


@pytest.mark.usefixtures("_quick")
def test_progress_goes_from_nought_to_one() -> None:
    told: list[tuple[str, float]] = []
    compare(songs(), ["logistic", "majority"], threads=1, progress=lambda *said: told.append(said))
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 1)
    assert {stage.split(":")[0] for stage, _ in told} == {"logistic", "majority"}


def test_all_leaves_out_what_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    given = dataset.make(schema.sample(90, seed=0))

    def absent(*_: object, **__: object) -> None:
        raise MissingExtra("torch", "nets")

    few = {name: MODELS[name] for name in ("majority", "mlp_small")}
    monkeypatch.setattr(comparison, "MODELS", few)
    monkeypatch.setattr(Network, "fit", absent)
    compared = compare(given, ["all"], threads=1)
    assert [report.model for report in compared.reports] == ["majority"]
    assert compared.left_out == {"mlp_small": "torch is not installed: pip install 'genrelab[nets]'"}
    with pytest.raises(MissingExtra):
        compare(given, ["mlp_small"], threads=1)


def test_a_model_that_reads_nothing_of_the_table_is_named_before_work() -> None:
    with pytest.raises(SettingError, match="model 'lstm': the table has nothing that it reads"):
        compare(dataset.make(schema.sample(90, seed=0)), ["majority", "lstm"], threads=1)
