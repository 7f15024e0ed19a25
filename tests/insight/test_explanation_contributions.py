"""What features add must sum to what the model says: that is all that makes it an explanation."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from scipy.special import softmax
from xgboost import XGBClassifier

from genrelab import dataset
from genrelab.classifier import Classifier
from genrelab.errors import MissingExtra
from genrelab.insight.explanation_contributions import (
    Contributions,
    affordable,
    of_classifier,
    read,
)
from genrelab.insight.explanation_estimators import Seen, explain, linear, see
from genrelab.models import MODELS
from genrelab.models.catboost import CatBoost
from genrelab.models.lightgbm import LightGBM
from genrelab.recipe import Recipe
from genrelab.sources import demo
from genrelab.training import train

Floats = NDArray[np.float64]
SMALL: dict[str, dict[str, Any]] = {
    "lightgbm": {"rounds": 12},
    "xgboost": {"n_estimators": 12},
    "random_forest": {"n_estimators": 12},
    "extra_trees": {"n_estimators": 12},
    "catboost": {"iterations": 12},
    "best": {
        "lightgbm.rounds": 8,
        "random_boosting.rounds": 8,
        "xgboost.n_estimators": 8,
        "catboost.iterations": 8,
    },
}


@pytest.fixture(autouse=True)
def _boosters_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the network out of the blend: no exact contributions are known of one."""
    members = {name: MODELS[name].members or (name,) for name in MODELS}
    boosters = {name: tuple(one for one in own if one != "mlp") or own for name, own in members.items()}
    monkeypatch.setattr(Recipe, "present", property(lambda recipe: boosters[recipe.model]))


@cache
def songs(genres: int = 6) -> pl.DataFrame:
    """Tracks whose genres can be heard, with gaps."""
    drawn = demo.read(rows=260, seed=1).tracks
    kept = sorted(drawn["genre"].unique())[:genres]
    gaps = pl.when(pl.int_range(pl.len()) % 7 > 0).then("energy").alias("energy")
    return drawn.filter(pl.col("genre").is_in(kept)).with_columns(gaps)


@cache
def fitted(name: str, genres: int = 6, steps: tuple[str, ...] = ()) -> Classifier:
    recipe = Recipe(name, SMALL.get(name, {}), steps=steps)
    return train(dataset.make(songs(genres)), recipe, folds=2, threads=1)


def explained(classifier: Classifier, genres: int = 6) -> Contributions:
    features = classifier.card.recipe.read(songs(genres), classifier.card.columns)
    found, _ = of_classifier(classifier, features)
    assert found is not None
    return found


def last_step(classifier: Classifier, rows: pl.DataFrame) -> Seen:
    (member,) = classifier.parts.members
    given = read(classifier, classifier.card.recipe.read(rows, classifier.card.columns))
    assert given is not None
    seen = see([], member.estimator, *given)
    assert seen is not None
    return seen


def raw(classifier: Classifier, rows: pl.DataFrame) -> Floats:
    """Return the only member's own raw scores, found by another way than its contributions."""
    seen = last_step(classifier, rows)
    if isinstance(seen.estimator, LightGBM):
        scores = seen.estimator.booster_.predict(seen.matrix, raw_score=True)
    elif isinstance(seen.estimator, CatBoost):
        scores = seen.estimator.booster_.predict(seen.matrix)
    elif isinstance(seen.estimator, XGBClassifier):
        scores = seen.estimator.predict(seen.matrix, output_margin=True)
    elif hasattr(seen.estimator, "decision_function"):
        scores = seen.estimator.decision_function(seen.matrix)
    else:
        scores = seen.estimator.predict_proba(seen.matrix)
    return np.asarray(scores, dtype=np.float64)


@pytest.mark.parametrize(
    "name",
    [
        "lightgbm",
        "xgboost",
        "catboost",
        "random_boosting",
        "random_forest",
        "extra_trees",
        "decision_tree",
        "logistic",
    ],
)
def test_shap_values_and_base_sum_to_the_raw_score(name: str) -> None:
    classifier = fitted(name)
    parted = explain(last_step(classifier, songs()))
    assert parted is not None
    values, base = parted
    np.testing.assert_allclose(values.sum(axis=1) + base, raw(classifier, songs()), atol=1e-4)
    assert np.abs(values).sum() > 1


@pytest.mark.parametrize(
    "name", ["lightgbm", "xgboost", "catboost", "logistic", "best", "sgd", "one_vs_rest"]
)
@pytest.mark.parametrize("genres", [2, 6])
def test_on_the_log_scale_they_sum_to_the_announced_probability(name: str, genres: int) -> None:
    classifier = fitted(name, genres)
    found = explained(classifier, genres)
    assert found.scale == "log-probability"
    told = classifier.predict_proba(songs(genres))
    np.testing.assert_allclose(softmax(found.totals, axis=1), told, atol=2e-3)


def test_a_forest_sums_to_its_own_probability() -> None:
    found = explained(fitted("random_forest"))
    assert found.scale == "probability"
    np.testing.assert_allclose(found.totals.sum(axis=1), 1, atol=1e-6)


def test_a_forest_in_a_blend_sums_on_the_log_scale() -> None:
    forest, booster = fitted("random_forest"), fitted("lightgbm")
    parts = type(forest.parts)(6, None, (*forest.parts.members, *booster.parts.members))
    card = type(forest.card)(**{
        **{name: getattr(forest.card, name) for name in forest.card.__dataclass_fields__},
        "members": {"random_forest": 0.3, "lightgbm": 0.9},
    })  # fmt: skip
    blend = Classifier(card, parts, forest.artists)
    found = explained(blend)
    np.testing.assert_allclose(softmax(found.totals, axis=1), blend.predict_proba(songs()), atol=2e-3)


@pytest.mark.parametrize(
    "steps", [("standardise", "pca:3"), ("one_hot", "standardise"), ("interactions:2", "anova:8")]
)
def test_steps_rename_features(steps: tuple[str, ...]) -> None:
    found = explained(fitted("logistic", 2, steps), 2)
    assert len(set(found.names)) == found.values.shape[1] == found.inputs.shape[1]
    assert "feature 0" not in found.names
    assert (found.names == ("pca0", "pca1", "pca2")) == ("pca:3" in steps)
    told = fitted("logistic", 2, steps).predict_proba(songs(2))
    np.testing.assert_allclose(softmax(found.totals, axis=1), told, atol=2e-3)


def test_text_is_one_feature() -> None:
    found = explained(fitted("best"))
    assert found.names.count("text") == 1
    assert not any(name.startswith("text_") for name in found.names)
    assert found.said is not None
    assert found.said.shape == (songs().height, 6)


def test_a_tree_for_each_genre() -> None:
    made = dataset.make(songs())
    classifier = train(made, Recipe("one_vs_rest", {"over": "decision_tree"}), folds=2, threads=1)
    found = explained(classifier)
    np.testing.assert_allclose(softmax(found.totals, axis=1), classifier.predict_proba(songs()), atol=2e-3)


@pytest.mark.parametrize("name", ["naive_bayes", "nearest_neighbours", "majority", "svm"])
def test_others_are_left_out_with_a_reason(name: str) -> None:
    classifier = fitted(name, 2)
    features = classifier.card.recipe.read(songs(2), classifier.card.columns)
    assert of_classifier(classifier, features) == (None, (f"no SHAP values: none are known for {name}",))


def test_without_shap_forests_say_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    found: Callable[..., Any] = builtins.__import__

    def absent(name: str, *rest: Any) -> Any:
        if name == "shap":
            raise ImportError(name)
        return found(name, *rest)

    classifier = fitted("random_forest")
    features = classifier.card.recipe.read(songs(), classifier.card.columns)
    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(MissingExtra, match=r"genrelab\[explain\]"):
        of_classifier(classifier, features)


def test_large_forests_are_explained_on_fewer_tracks(monkeypatch: pytest.MonkeyPatch) -> None:
    assert affordable(fitted("random_forest"), 500) == 500
    assert affordable(fitted("lightgbm"), 500) == 500
    monkeypatch.setattr("genrelab.insight.explanation_contributions._LONG", 10.0)
    assert affordable(fitted("random_forest"), 500) == 50


def test_weights_of_pairs_of_genres_are_none_of_genres() -> None:
    from sklearn.svm import SVC

    pairs = SVC(kernel="linear").fit([[0.0], [0.1], [1.0], [1.1], [2.0], [2.1]], [0, 0, 1, 1, 2, 2])
    assert pairs.coef_.shape[0] == 3
    assert linear(pairs) is None
