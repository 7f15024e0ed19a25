"""Classifiers: tracks in, labels out, in order; what is unsure is unknown."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from genrelab import dataset, schema
from genrelab.classifier import UNKNOWN, Classifier, Member, Parts, decide
from genrelab.errors import SchemaError, SettingError
from genrelab.features.inputs import Inputs
from genrelab.training import train

GENRES = ("jazz", "pop", "rock")


class Says:
    """An estimator that says the same whatever it is asked."""

    def __init__(self, *probabilities: float) -> None:
        self.said = probabilities

    def predict_proba(self, X: NDArray[np.float32]) -> NDArray[np.float64]:
        return np.tile(self.said, (X.shape[0], 1))


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return train(dataset.make(schema.sample(120, seed=0)), "logistic", folds=2, threads=1)


# --- deciding -----------------------------------------------------------------------------------------------


def test_the_likeliest_genre_and_its_probability() -> None:
    labels = decide(np.array([[0.2, 0.5, 0.3], [0.7, 0.1, 0.2]]), GENRES, 0)
    assert labels.rows() == [("pop", 0.5), ("jazz", 0.7)]


def test_below_the_confidence_asked_for_the_genre_is_unknown() -> None:
    said = np.array([[0.5, 0.3, 0.2], [0.49, 0.3, 0.21]])
    assert decide(said, GENRES, 0.5)["genre"].to_list() == ["jazz", UNKNOWN]
    assert decide(said, GENRES, 0.5)["confidence"].to_list() == [0.5, 0.49]
    assert decide(said, GENRES, 1.0)["genre"].to_list() == [UNKNOWN] * 2


def test_of_equals_the_first_genre() -> None:
    assert decide(np.full((1, 3), 1 / 3), GENRES, 0)["genre"].to_list() == ["jazz"]


def test_probabilities_get_a_column_each() -> None:
    labels = decide(np.array([[0.2, 0.5, 0.3]]), GENRES, 0.9, probabilities_too=True)
    assert labels.columns == ["genre", "confidence", "p_jazz", "p_pop", "p_rock"]
    assert labels.row(0) == (UNKNOWN, 0.5, 0.2, 0.5, 0.3)


def test_no_rows() -> None:
    labels = decide(np.zeros((0, 3)), GENRES, 0.5, probabilities_too=True)
    assert labels.height == 0
    assert labels.schema["genre"] == pl.String
    assert labels.schema["p_pop"] == pl.Float64


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 999), least=st.floats(0, 1))
def test_raising_the_bar_only_takes_labels_away(seed: int, least: float) -> None:
    said = np.random.default_rng(seed).dirichlet([1, 1, 1], 20)
    free, barred = decide(said, GENRES, 0), decide(said, GENRES, least)
    known = barred["genre"] != UNKNOWN
    assert (known == (free["confidence"] >= least)).all()
    assert barred.filter(known).equals(free.filter(known))


# --- members and parts --------------------------------------------------------------------------------------


def test_a_member_speaks_of_all_genres() -> None:
    logs = Member("m", Says(0.9, 0.1), np.array([2, 0])).log_probabilities(np.zeros((2, 1)), 3)
    np.testing.assert_allclose(np.exp(logs), [[0.1, 1e-6, 0.9]] * 2)


def test_a_part_gives_one_layer_a_member() -> None:
    members = tuple(Member(str(i), Says(p, 1 - p), np.array([0, 1])) for i, p in enumerate((0.9, 0.2)))
    logs = Parts(2, None, members).log_probabilities(Inputs(("x",), np.zeros((5, 1), np.float32), None))
    assert logs.shape == (2, 5, 2)
    np.testing.assert_allclose(np.exp(logs[:, 0, 0]), [0.9, 0.2])


# --- predicting ---------------------------------------------------------------------------------------------


def test_labels_are_those_of_the_probabilities_in_the_order_of_the_rows(classifier: Classifier) -> None:
    tracks = schema.sample(40, seed=1)
    said = classifier.predict_proba(tracks)
    labels = classifier.predict(tracks, probabilities=True)
    np.testing.assert_array_equal(labels.select("p_jazz", "p_pop", "p_rock").to_numpy(), said)
    assert labels["genre"].to_list() == [GENRES[i] for i in said.argmax(axis=1)]
    backwards = classifier.predict(tracks[::-1], probabilities=True)
    np.testing.assert_allclose(backwards[::-1]["confidence"], labels["confidence"], atol=1e-12)


def test_only_what_the_model_reads_matters(classifier: Classifier) -> None:
    tracks = schema.sample(40, seed=1)
    needed = [c for c in classifier.card.columns if c not in schema.TEXT_COLUMNS]
    bare = tracks.select(reversed(needed)).with_columns(noise=pl.lit("x"))
    np.testing.assert_array_equal(classifier.predict_proba(bare), classifier.predict_proba(tracks))


def test_whole_numbers_and_real_ones_are_the_same(classifier: Classifier) -> None:
    tracks = schema.sample(40, seed=1)
    cast = tracks.with_columns(pl.col("key", "mode").cast(pl.Float32), pl.col("release_year").cast(pl.Int16))
    np.testing.assert_array_equal(classifier.predict_proba(cast), classifier.predict_proba(tracks))


@pytest.mark.parametrize("n", [40, 0])
def test_a_table_that_lacks_columns(classifier: Classifier, n: int) -> None:
    with pytest.raises(SchemaError, match="columns energy, tempo: not in the table"):
        classifier.predict(schema.sample(40, seed=1).head(n).drop("energy", "tempo"))


def test_text_where_numbers_belong(classifier: Classifier) -> None:
    with pytest.raises(SchemaError, match="'energy': holds String, not numbers"):
        classifier.predict(schema.sample(40, seed=1).with_columns(energy=pl.lit("high")))


def test_a_table_without_rows(classifier: Classifier) -> None:
    nothing = schema.sample(1, seed=1).clear()
    assert classifier.predict_proba(nothing).shape == (0, 3)
    assert classifier.predict(nothing, probabilities=True).height == 0


@pytest.mark.parametrize("least", [-0.1, 1.1, float("nan"), float("inf")])
def test_a_confidence_that_is_no_probability(classifier: Classifier, least: float) -> None:
    with pytest.raises(SettingError, match=r"min_confidence: .* is not between 0 and 1"):
        classifier.predict(schema.sample(4, seed=1), min_confidence=least)


def test_it_knows_its_genres_and_artists(classifier: Classifier) -> None:
    assert classifier.genres == GENRES == classifier.card.genres
    assert (
        len(classifier.artists) == schema.sample(120, seed=0)["artist"].n_unique() == classifier.card.artists
    )
