"""Recipes: what may be chosen, what is refused, and that every choice survives the disk."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.feature_selection import f_classif
from sklearn.linear_model import LogisticRegression

from genrelab import dataset, schema, store
from genrelab.dataset import Dataset
from genrelab.errors import SettingError, UnknownName
from genrelab.models import MODELS
from genrelab.models.one_vs_rest import OneVsRest
from genrelab.recipe import Recipe, parse_settings, settable
from genrelab.training import train

GENRES = ("jazz", "pop", "rock")


@cache
def songs(n: int = 150) -> Dataset:
    """Tracks of which energy tells the genre."""
    tracks = schema.sample(n, 0, GENRES)
    code = pl.col("genre").replace_strict(GENRES, range(3), return_dtype=pl.Int64)
    return dataset.make(tracks.with_columns(energy=(code + pl.col("energy")) / 3))


# --- settings -----------------------------------------------------------------------------------------------


def test_settings_stand_in_place_of_the_models_own() -> None:
    recipe = Recipe("random_forest", {"n_estimators": 7, "max_depth": 3})
    forest = recipe.estimator("random_forest", seed=5, threads=1)
    assert (forest.n_estimators, forest.max_depth, forest.random_state, forest.n_jobs) == (7, 3, 5, 1)
    assert forest.min_samples_leaf == MODELS["random_forest"].settings["min_samples_leaf"]


def test_settings_of_a_member_of_a_blend() -> None:
    recipe = Recipe("best", {"lightgbm.rounds": 3})
    assert recipe.settings_of("lightgbm")["rounds"] == 3
    assert recipe.settings_of("random_boosting") == MODELS["random_boosting"].settings


@pytest.mark.parametrize(
    ("model", "name", "message"),
    [
        ("logistic", "c", r"no setting of 'logistic' 'c': .*known: C, l1_ratio"),
        ("random_forest", "n_estimator", r"did you mean 'n_estimators'\?"),
        ("random_forest", "seed", "no setting of 'random_forest' 'seed'"),
        ("random_forest", "threads", "no setting of 'random_forest' 'threads'"),
        ("best", "rounds", r"no setting of 'best' 'rounds': .*known: .*lightgbm.rounds"),
        ("best", "lightgbm.round", r"no setting of 'lightgbm' 'round': did you mean 'rounds'"),
        ("best", "logistic.C", "no setting of 'best' 'logistic.C'"),
        ("logistic", "logistic.C", "no setting of 'logistic' 'logistic.C'"),
        ("majority", "C", "no setting of 'majority' 'C'"),
        ("one_vs_rest", "max_depth", "no setting of 'one_vs_rest' 'max_depth'"),
    ],
)
def test_an_unknown_setting(model: str, name: str, message: str) -> None:
    with pytest.raises(UnknownName, match=message):
        Recipe(model, {name: 1})


@pytest.mark.parametrize("name", list(MODELS))
def test_what_tuning_may_try_can_be_set(name: str) -> None:
    assert set(MODELS[name].space) <= set(settable(name))
    assert set(MODELS[name].settings) <= set(settable(name))


@pytest.mark.parametrize(
    ("model", "settings"),
    [
        ("random_forest", {"n_estimators": 0}),
        ("random_forest", {"max_features": "most"}),
        ("decision_tree", {"min_samples_leaf": "some"}),
        ("logistic", {"C": -1}),
        ("logistic", {"C": "one"}),
        ("lightgbm", {"num_leaves": 1}),
        ("lightgbm", {"rounds": 0}),
        ("xgboost", {"n_estimators": 5, "max_depth": -2}),
        ("xgboost", {"n_estimators": "many"}),
        ("nearest_neighbours", {"n_neighbors": 5000}),
        ("nearest_neighbours", {"weights": "age"}),
        ("sgd", {"loss": "huber"}),
        ("sgd", {"penalty": "l3"}),
        ("svm", {"C": 0}),
        ("svm", {"landmarks": 0}),
        ("one_vs_rest", {"C": -1}),
    ],
)
def test_a_value_that_is_none(model: str, settings: dict[str, Any]) -> None:
    with pytest.raises(SettingError, match=r"(settings|loss).*: ") as raised:
        train(songs(), Recipe(model, settings), folds=3, threads=1)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "value",
    [object(), float("nan"), float("inf"), {1, 2}, b"x"],
    ids=["object", "nan", "inf", "set", "bytes"],
)
def test_a_value_that_cannot_be_kept(value: Any) -> None:
    with pytest.raises(SettingError, match=r"setting 'C': .* is no number"):
        Recipe("logistic", {"C": value})


def test_an_error_that_is_ours_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ValueError("a bug")

    monkeypatch.setattr(LogisticRegression, "fit", broken)
    with pytest.raises(ValueError, match=r"^a bug$") as raised:
        train(songs(), "logistic", folds=3, threads=1)
    assert not isinstance(raised.value, SettingError)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ([], {}),
        (["a=1", "b=1e-3", "c=true", "d=null"], {"a": 1, "b": 1e-3, "c": True, "d": None}),
        (["a=sqrt", 'b="1"', "c=x=y"], {"a": "sqrt", "b": "1", "c": "x=y"}),
        ([" a = 3 ", "b=[1,2]"], {"a": 3, "b": [1, 2]}),
    ],
)
def test_settings_as_they_are_written(written: list[str], read: dict[str, Any]) -> None:
    assert parse_settings(written) == read


@pytest.mark.parametrize("written", ["C", "=1", " =1", "C=", ""])
def test_a_setting_written_otherwise(written: str) -> None:
    with pytest.raises(SettingError, match="is not written as NAME=VALUE"):
        parse_settings([written])


def test_a_setting_given_twice() -> None:
    with pytest.raises(SettingError, match="C is given twice"):
        parse_settings(["C=1", "C=2"])


# --- what does not fit together -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"model": "majority", "steps": ("standardise",)}, "a baseline takes no features, steps or sampling"),
        ({"model": "majority", "sampling": "under"}, "a baseline takes no"),
        ({"model": "artist_majority", "features": "plain"}, "a baseline takes no"),
        (
            {"model": "logistic", "features": "words"},
            "'logistic' cannot count words: choose from .*random_forest",
        ),
        ({"model": "best", "features": "words"}, "'best' cannot count words"),
        ({"model": "random_forest", "features": "words", "steps": ("pca",)}, "leave --steps and --sampl"),
        ({"model": "random_forest", "features": "words", "sampling": "over"}, "leave --steps and --sampl"),
        ({"model": "nearest_neighbours", "class_weights": "balanced"}, "'nearest_neighbours' cannot weigh"),
        ({"model": "logistic", "sampling": "smote", "class_weights": "balanced"}, "leave class weights out"),
        ({"model": "mlp", "sampling": "smote"}, "have no artist, whom 'mlp' must know"),
        ({"model": "one_vs_rest", "settings": {"over": "best"}}, "cannot be made of 'best'"),
        ({"model": "one_vs_rest", "settings": {"over": "one_vs_rest"}}, "cannot be made of 'one_vs_rest'"),
        ({"model": "one_vs_rest", "settings": {"over": "majority"}}, "cannot be made of 'majority'"),
        (
            {"model": "one_vs_rest", "settings": {"over": "nearest_neighbours"}, "class_weights": "balanced"},
            "'nearest_neighbours' cannot weigh genres",
        ),
    ],
)
def test_choices_that_do_not_fit_together(choices: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        Recipe(**choices)


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"model": "logistics"}, "no model 'logistics': did you mean 'logistic'"),
        ({"features": "plane"}, "no kind of features 'plane': did you mean 'plain'"),
        ({"steps": ("standardize",)}, "no step 'standardize': did you mean 'standardise'"),
        ({"sampling": "smot"}, "no sampling 'smot': did you mean 'smote'"),
        ({"model": "one_vs_rest", "settings": {"over": "logistics"}}, "no model 'logistics'"),
        ({"model": "one_vs_rest", "settings": {"over": 5}}, "no model '5'"),
    ],
)
def test_names_that_are_none(choices: dict[str, Any], message: str) -> None:
    with pytest.raises(UnknownName, match=message):
        Recipe(**choices)


# --- one model over another ---------------------------------------------------------------------------------


def test_one_vs_rest_takes_the_settings_of_the_model_that_it_is_over() -> None:
    recipe = Recipe("one_vs_rest", {"over": "logistic", "C": 10, "l1_ratio": 1.0})
    inner = recipe.estimator("one_vs_rest", seed=0, threads=1).estimator
    assert (inner[-1].C, inner[-1].l1_ratio) == (10, 1.0)
    trees = Recipe("one_vs_rest", {"over": "decision_tree"})
    assert trees.settings_of("one_vs_rest") == {"over": "decision_tree", "min_samples_leaf": 50}


@pytest.mark.parametrize(
    "over", ["lightgbm", "xgboost", "random_forest", "nearest_neighbours", "svm", "mlp_small"]
)
def test_one_vs_rest_over_other_models_survives_the_disk(over: str, tmp_path: Path) -> None:
    few: dict[str, dict[str, int]] = {
        "lightgbm": {"rounds": 8},
        "xgboost": {"n_estimators": 8},
        "random_forest": {"n_estimators": 8},
        "mlp_small": {"epochs": 2},
    }
    recipe = Recipe("one_vs_rest", {"over": over, **few.get(over, {})})
    classifier = train(songs(), recipe, folds=2, threads=1)
    loaded = store.load(store.save(classifier, tmp_path / "model"))
    assert loaded.card == classifier.card
    tracks = schema.sample(30, seed=1)
    np.testing.assert_array_equal(loaded.predict_proba(tracks), classifier.predict_proba(tracks))


def test_weights_reach_every_genres_model() -> None:
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(90, 2)), np.repeat([0, 1, 2], 30)
    weights = np.where(y == 2, 50.0, 1.0)
    plain, weighed = OneVsRest().fit(X, y), OneVsRest().fit(X, y, sample_weight=weights)
    assert weighed.predict_proba(X)[:, 2].mean() > plain.predict_proba(X)[:, 2].mean() + 0.2


# --- the disk -----------------------------------------------------------------------------------------------

KEPT = (
    Recipe("logistic", {"C": 10, "l1_ratio": 0.5}, steps=("standardise", "anova:5", "pca:0.9")),
    Recipe("logistic", features="plain", steps=("one_hot", "mutual_information:9", "polynomial:2")),
    Recipe("decision_tree", {"max_depth": None}, "plain", ("label", "min_max")),
    Recipe("random_forest", {"n_estimators": 9, "max_features": 0.5}, "words"),
    Recipe("extra_trees", {"n_estimators": 9}, "words", class_weights={"jazz": 3, "pop": 1.5, "rock": 1}),
    Recipe("lightgbm", {"rounds": 5}, steps=("interactions",), sampling="over", class_weights="balanced"),
    Recipe("naive_bayes", sampling="under"),
    Recipe("nearest_neighbours", sampling="smote"),
    Recipe("sgd", {"loss": "hinge", "scale": False}, steps=("standardise",)),
    Recipe("svm", {"landmarks": None}, steps=("pca:4",), sampling="smote"),
    Recipe("best", {"lightgbm.rounds": 4, "random_boosting.rounds": 4, "xgboost.n_estimators": 4}, "plain"),
)  # fmt: skip


@pytest.mark.parametrize("recipe", KEPT, ids=lambda recipe: recipe.model)
def test_a_recipe_survives_the_disk(recipe: Recipe, tmp_path: Path) -> None:
    classifier = train(songs(), recipe, folds=2, threads=1)
    loaded = store.load(store.save(classifier, tmp_path / "model"))
    assert loaded.card == classifier.card
    assert loaded.card.recipe == recipe
    tracks = schema.sample(30, seed=1)
    np.testing.assert_array_equal(loaded.predict_proba(tracks), classifier.predict_proba(tracks))


@pytest.mark.parametrize("recipe", KEPT, ids=lambda recipe: recipe.model)
def test_a_recipe_is_made_again_of_its_plain_values(recipe: Recipe) -> None:
    assert Recipe(**recipe.as_dict()) == recipe


def test_lists_and_tuples_are_the_same() -> None:
    made = Recipe("logistic", steps=["standardise"])  # type: ignore[arg-type]  # as JSON gives it
    assert made == Recipe("logistic", steps=("standardise",)) == Recipe("logistic", steps="standardise")  # type: ignore[arg-type]


# --- what is fitted inside the fold -------------------------------------------------------------------------


def noisy(columns: int = 1000, rows: int = 120) -> Dataset:
    """Tracks of which many columns and none tells the genre."""
    rng = np.random.default_rng(0)
    noise = pl.DataFrame(rng.normal(size=(rows, columns)), [f"noise_{i}" for i in range(columns)])
    tracks = schema.sample(rows, 0, GENRES).select("genre", "artist").hstack(noise)
    return dataset.make(tracks, columns=noise.columns)


def test_features_are_chosen_inside_the_fold() -> None:
    """Among columns of noise some fit the whole table by chance: who chooses before splitting is misled."""
    made = noisy()
    inside = Recipe("logistic", features="plain", steps=("anova:10",))
    honest = train(made, inside, folds=4, threads=1).card.scores["accuracy"]
    f, _ = f_classif(made.tracks.select(made.columns).to_numpy(), made.truth)
    best = [made.columns[place] for place in np.argsort(-f)[:10]]
    misled = train(
        dataset.make(made.tracks, columns=best), Recipe("logistic", features="plain"), folds=4, threads=1
    )
    chance = np.bincount(made.truth).max() / len(made)
    assert honest.low < chance
    assert honest.value < chance + 0.1
    assert misled.card.scores["accuracy"].low > chance
    assert misled.card.scores["accuracy"].value > honest.value + 0.1
