"""The battery: every model of the drawer learns, repeats itself, copes with gaps, and survives the disk."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from importlib import import_module
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from genrelab import dataset, schema, scoring, store
from genrelab.classifier import Classifier
from genrelab.errors import SettingError, UnknownName
from genrelab.models import MODELS
from genrelab.recipe import ClassWeights, Recipe
from genrelab.training import train

FOUND = (
    "artist_majority", "best", "catboost", "compact", "decision_tree", "extra_trees", "few", "large_forest",
    "lightgbm", "logistic", "lstm", "majority", "mlp", "mlp_deep", "mlp_small", "naive_bayes",
    "nearest_neighbours", "one_vs_rest", "random_boosting", "random_forest", "sgd", "splines", "svm", "tabm",
    "xgboost",
)  # fmt: skip
DEAF = {
    "majority": "reads nothing: it is the floor",
    "artist_majority": "reads the artist alone, whom it never knows under an honest split",
}
UNWEIGHTED = {"nearest_neighbours": "neighbours vote by distance, whatever their genre weighs"}
SIZES = {"iterations": 15, "rounds": 15, "n_estimators": 15, "epochs": 30, "networks": 4, "width": 32}
OF_SEQUENCES = ("lstm",)
"""Models that read no table of numbers; they have tests of their own."""

# Naive Bayes maps fewer tracks to fewer quantiles.
pytestmark = pytest.mark.filterwarnings("ignore:n_quantiles:UserWarning")
every_model = pytest.mark.parametrize("name", [name for name in FOUND if name not in OF_SEQUENCES])


def planted(n: int = 240, seed: int = 0, genres: tuple[str, ...] = ("jazz", "pop", "rock")) -> pl.DataFrame:
    """Tracks of which energy and valence tell the genre nine times in ten."""
    tracks = schema.sample(n, seed, genres)
    code = tracks["genre"].replace_strict(genres, range(len(genres)), return_dtype=pl.Int64).to_numpy()
    rng = np.random.default_rng(seed)
    told = np.where(rng.random(n) < 0.9, code, rng.integers(0, len(genres), n))
    energy, valence = ((told + rng.random(n)) / len(genres) for _ in range(2))
    return tracks.with_columns(energy=pl.Series(energy), valence=pl.Series(valence))


def fitted(
    name: str, tracks: pl.DataFrame, *, seed: int = 0, class_weights: ClassWeights = None
) -> Classifier:
    recipe = Recipe(name, class_weights=class_weights)
    return train(dataset.make(tracks), recipe, folds=3, threads=1, seed=seed)


@cache
def usual(name: str) -> Classifier:
    return fitted(name, planted())


def assert_probabilities(probabilities: NDArray[np.float64], genres: int) -> None:
    assert probabilities.shape[1] == genres
    assert np.isfinite(probabilities).all()
    assert (probabilities >= 0).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-12)


@pytest.fixture(autouse=True)
def _few_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the models few trees and the intervals few replicates, so that the battery is quick."""
    monkeypatch.setattr(scoring, "REPLICATES", 100)
    for name, model in MODELS.items():
        few = {k: SIZES.get(k, v) for k, v in model.settings.items()}
        monkeypatch.setattr(import_module(f"genrelab.models.{name}"), "MODEL", replace(model, settings=few))


def test_the_battery_misses_no_model() -> None:
    assert tuple(MODELS) == FOUND
    assert len(FOUND) == 25
    assert tuple(name for name in FOUND if MODELS[name].reads_sequences) == OF_SEQUENCES


def test_an_unknown_model() -> None:
    with pytest.raises(UnknownName, match="did you mean 'lightgbm'"):
        MODELS["lightgbn"]


@every_model
def test_the_recipe_says_what_it_is(name: str) -> None:
    model = MODELS[name]
    assert model.meaning
    assert (model.build is None) == bool(model.members)
    assert all(MODELS[member].build is not None for member in model.members)
    assert model.baseline == (name in DEAF)
    assert model.weighted == (name not in UNWEIGHTED)
    if model.members:
        with pytest.raises(TypeError):
            Recipe(name).estimator(name, seed=0, threads=1)


@every_model
def test_it_learns_what_can_be_learned(name: str) -> None:
    announced = usual(name).card.scores["accuracy"]
    floor = usual("majority").card.scores["accuracy"].value
    if name in DEAF:
        assert announced.value <= floor + 0.05
    else:
        assert announced.low > floor
        tracks = planted(seed=1)
        right = (usual(name).predict(tracks)["genre"] == tracks["genre"]).to_numpy()
        assert right.mean() > 0.7


@every_model
def test_probabilities_are_probabilities(name: str) -> None:
    heard = usual(name).out_of_fold
    assert heard is not None
    assert_probabilities(heard.probabilities, 3)
    assert_probabilities(usual(name).predict_proba(planted(seed=1)), 3)


@every_model
def test_the_same_seed_gives_the_same_classifier(name: str) -> None:
    tracks = planted(n=120)
    first, second = (fitted(name, tracks, seed=3) for _ in range(2))
    assert first.card == second.card
    np.testing.assert_array_equal(first.predict_proba(planted(seed=1)), second.predict_proba(planted(seed=1)))
    assert first.out_of_fold is not None
    assert second.out_of_fold is not None
    np.testing.assert_array_equal(first.out_of_fold.probabilities, second.out_of_fold.probabilities)


@every_model
def test_a_row_is_labelled_the_same_alone(name: str) -> None:
    tracks = planted(n=40, seed=1)
    whole = usual(name).predict_proba(tracks)
    parts = [usual(name).predict_proba(part) for part in (tracks[:1], tracks[1:])]
    # Linear algebra may sum in another order for one row than for many.
    np.testing.assert_allclose(np.vstack(parts), whole, atol=1e-6)


@every_model
def test_it_labels_tracks_without_descriptors(name: str) -> None:
    tracks = planted(n=30, seed=1)
    numbers = [c for c in tracks.columns if tracks.schema[c].is_numeric()]
    for nothing in (None, float("nan"), float("inf"), -1e38):
        blank = tracks.with_columns(pl.lit(nothing, pl.Float64).alias(c) for c in numbers)
        assert_probabilities(usual(name).predict_proba(blank), 3)
    nameless = tracks.with_columns(pl.lit(None, pl.String).alias(c) for c in schema.TEXT_COLUMNS)
    assert_probabilities(usual(name).predict_proba(nameless), 3)


@every_model
def test_it_learns_from_tracks_with_gaps(name: str) -> None:
    tracks = planted()
    rng = np.random.default_rng(0)
    numbers = [c for c in tracks.columns if tracks.schema[c].is_numeric()]
    holes = {c: pl.Series(rng.random(tracks.height) < 0.2) for c in [*numbers, *schema.TEXT_COLUMNS]}
    gaps = tracks.with_columns(pl.when(~hole).then(pl.col(c)).alias(c) for c, hole in holes.items())
    nearly_empty = gaps.with_columns(
        tempo=pl.when(pl.int_range(pl.len()) == 5).then("tempo"),
        loudness=pl.when(pl.int_range(pl.len()) == 6).then(float("inf")).otherwise("loudness"),
    )
    classifier = fitted(name, nearly_empty)
    assert_probabilities(classifier.predict_proba(nearly_empty), 3)
    floor = usual("majority").card.scores["accuracy"].value
    assert name in DEAF or classifier.card.scores["accuracy"].value > floor


@every_model
def test_columns_that_tell_nothing(name: str) -> None:
    one_value = planted(n=60).with_columns(energy=pl.when(pl.int_range(pl.len()) == 7).then("energy"))
    classifier = train(dataset.make(one_value, columns=["energy"]), name, folds=3, threads=1)
    assert_probabilities(classifier.predict_proba(one_value), 3)


@every_model
def test_it_survives_the_disk(name: str, tmp_path: Path) -> None:
    classifier = usual(name)
    loaded = store.load(store.save(classifier, tmp_path / "model"))
    assert loaded.card == classifier.card
    tracks = planted(seed=1)
    np.testing.assert_array_equal(loaded.predict_proba(tracks), classifier.predict_proba(tracks))


@every_model
def test_it_survives_the_disk_with_few_columns(name: str, tmp_path: Path) -> None:
    tracks = planted(n=60)
    classifier = train(dataset.make(tracks, columns=["energy", "valence"]), name, folds=3, threads=1)
    loaded = store.load(store.save(classifier, tmp_path / "model"))
    np.testing.assert_array_equal(loaded.predict_proba(tracks), classifier.predict_proba(tracks))


@every_model
def test_class_weights(name: str) -> None:
    rare = planted(n=200, seed=2).filter((pl.col("genre") != "jazz") | (pl.int_range(pl.len()) % 4 == 0))
    weights = {"jazz": 50.0, "pop": 1.0, "rock": 1.0}
    if name in UNWEIGHTED:
        for refused in ("balanced", weights):
            with pytest.raises(SettingError, match="cannot weigh genres"):
                fitted(name, rare, class_weights=refused)
        return
    plain, weighed = fitted(name, rare), fitted(name, rare, class_weights=weights)
    assert weighed.card.recipe.class_weights == weights
    shares = [classifier.predict_proba(rare)[:, 0].mean() for classifier in (plain, weighed)]
    assert shares[1] > shares[0]


def test_balanced_weights_are_those_that_make_genres_equal() -> None:
    tracks = planted(n=200, seed=2).filter((pl.col("genre") != "jazz") | (pl.int_range(pl.len()) % 4 == 0))
    counts = dict(tracks["genre"].value_counts().rows())
    table = {genre: 1 / count for genre, count in counts.items()}
    first, second = (fitted("logistic", tracks, class_weights=weights) for weights in ("balanced", table))
    # The pool is not compared: in a fold, balanced weights count the genres of that fold alone.
    features = first.card.recipe.read(tracks, first.card.columns)
    logs = [classifier.parts.log_probabilities(features) for classifier in (first, second)]
    np.testing.assert_allclose(logs[0], logs[1], atol=1e-6)
    plain = fitted("logistic", tracks).predict_proba(tracks)
    assert first.predict_proba(tracks)[:, 0].mean() > plain[:, 0].mean()


@every_model
def test_a_genre_that_a_fold_has_never_seen(name: str, tmp_path: Path) -> None:
    one_artist = pl.int_range(pl.len()) < 6
    tracks = planted(n=150).with_columns(
        genre=pl.when(one_artist).then(pl.lit("fado")).otherwise("genre"),
        artist=pl.when(one_artist).then(pl.lit("Amália")).otherwise("artist"),
    )
    classifier = fitted(name, tracks)
    assert classifier.genres == ("fado", "jazz", "pop", "rock")
    heard = classifier.out_of_fold
    assert heard is not None
    assert_probabilities(heard.probabilities, 4)
    assert (heard.probabilities[:6].argmax(axis=1) != 0).all()
    loaded = store.load(store.save(classifier, tmp_path / "model"))
    np.testing.assert_array_equal(loaded.predict_proba(tracks), classifier.predict_proba(tracks))


@every_model
def test_a_part_of_one_genre(name: str) -> None:
    """Where all tracks of a genre are by one artist, the fold that tests them learns from the other alone."""
    tracks = planted(n=60, genres=("fado", "pop")).with_columns(
        artist=pl.when(pl.col("genre") == "fado").then(pl.lit("Amália")).otherwise("artist")
    )
    classifier = fitted(name, tracks)
    assert classifier.out_of_fold is not None
    assert_probabilities(classifier.out_of_fold.probabilities, 2)
    assert_probabilities(classifier.predict_proba(tracks), 2)


@every_model
def test_two_genres(name: str) -> None:
    tracks = planted(n=200, genres=("pop", "rock"))
    classifier = fitted(name, tracks)
    assert_probabilities(classifier.predict_proba(tracks), 2)
    assert name in DEAF or classifier.card.scores["accuracy"].value > 0.7


@every_model
def test_many_genres(name: str) -> None:
    tracks = planted(n=200, genres=tuple(f"genre {i:02}" for i in range(20)))
    assert_probabilities(fitted(name, tracks).predict_proba(tracks), 20)


def test_only_the_baseline_may_know_the_artist() -> None:
    assert [name for name, model in MODELS.items() if model.reads_artist] == ["artist_majority"]
    tracks = planted(n=120).with_columns(genre=pl.col("genre").first().over("artist"))
    by_row = train(dataset.make(tracks, split="row"), "artist_majority", folds=3, threads=1)
    by_artist = train(dataset.make(tracks), "artist_majority", folds=3, threads=1)
    assert by_row.card.scores["accuracy"].value > by_artist.card.scores["accuracy"].value + 0.2
