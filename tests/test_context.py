"""An artist's other tracks: what they add, and that they add nothing where there are none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

import genrelab
from genrelab import context, schema, store
from genrelab.context import Context
from genrelab.errors import ModelError, SettingError
from genrelab.training import train

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


def artists(seed: int, likeness: float, tracks: int = 4) -> tuple[Floats, Codes, Codes]:
    """Noisy probabilities of tracks by 200 artists, whose tracks share a genre so often."""
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(200), tracks)
    truth = np.where(rng.random(len(groups)) < likeness, (groups * 7) % 3, rng.integers(0, 3, len(groups)))
    strength = np.exp(rng.normal(size=(len(groups), 3)) + np.eye(3)[truth])
    return strength / strength.sum(axis=1, keepdims=True), groups, truth


def accuracy(probabilities: Floats, truth: Codes) -> float:
    return float((probabilities.argmax(axis=1) == truth).mean())


def test_artists_of_one_genre_are_known_better_together() -> None:
    probabilities, groups, truth = artists(0, likeness=0.9)
    found = context.find(probabilities, groups, truth)
    assert found is not None
    assert found.others > 0.5
    fresh, _, unseen = artists(1, likeness=0.9)
    assert accuracy(found.pool(fresh, groups), unseen) > accuracy(fresh, unseen) + 0.1


def test_artists_without_a_style_are_left_alone() -> None:
    probabilities, groups, truth = artists(0, likeness=0.0)
    found = context.find(probabilities, groups, truth)
    assert found is not None
    assert found.others < 0.1
    assert accuracy(found.pool(probabilities, groups), truth) == pytest.approx(
        accuracy(probabilities, truth), abs=0.01
    )


def test_a_track_without_companions_is_as_it_was() -> None:
    probabilities, _, truth = artists(0, likeness=0.9)
    alone = np.arange(len(truth))
    assert context.find(probabilities, alone, truth) is None
    np.testing.assert_allclose(Context(0.5, 2.0, 1.0).pool(probabilities, alone), probabilities)


def test_neither_order_nor_names_of_groups_matter() -> None:
    probabilities, groups, truth = artists(3, likeness=0.7)
    order = np.random.default_rng(0).permutation(len(truth))
    found = context.find(probabilities, groups, truth)
    assert found is not None
    again = context.find(probabilities[order], 1000 - groups[order], truth[order])
    assert again is not None
    assert (again.own, again.others, again.half) == pytest.approx(
        (found.own, found.others, found.half), rel=1e-3
    )
    np.testing.assert_allclose(
        found.pool(probabilities, groups)[order], found.pool(probabilities[order], groups[order])
    )


def test_the_label_of_a_track_scored_never_weighs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The context that pools a fold's tracks is found on the other folds."""
    songs = genrelab.dataset.make(catalogue())
    seen: list[int] = []
    find = context.find

    def watched(probabilities: Floats, *rest: Any) -> Context | None:
        seen.append(len(probabilities))
        return find(probabilities, *rest)

    monkeypatch.setattr(context, "find", watched)
    train(songs, "logistic", folds=4, threads=1)
    assert len(seen) == 5
    assert sum(seen[:4]) == 3 * len(songs)
    assert seen[4] == len(songs)


def catalogue(rows: int = 600) -> pl.DataFrame:
    return genrelab.SOURCES["demo"](rows=rows, seed=0).tracks


@pytest.fixture(scope="module")
def fitted() -> tuple[genrelab.Classifier, pl.DataFrame]:
    known, new = genrelab.dataset.make(catalogue(2000)).hold_out(0.3)
    return train(known, "logistic", folds=4, threads=1), new.tracks


def test_a_whole_table_is_labelled_better_than_its_tracks_alone(
    fitted: tuple[genrelab.Classifier, pl.DataFrame],
) -> None:
    classifier, new = fitted
    true = new["genre"].to_numpy()
    alone, together = (
        float((classifier.predict(new, together=way)["genre"].to_numpy() == true).mean())
        for way in (False, True)
    )
    assert together > alone
    assert classifier.card.together is not None
    announced = classifier.card.together.scores["accuracy"]
    assert announced.value > classifier.card.scores["accuracy"].value
    assert announced.holds(together)


def test_one_song_alone_is_as_it_was(fitted: tuple[genrelab.Classifier, pl.DataFrame]) -> None:
    classifier, new = fitted
    one = new.head(1)
    np.testing.assert_allclose(classifier.predict_proba(one, together=True), classifier.predict_proba(one))


def test_it_is_saved_with_the_model(fitted: tuple[genrelab.Classifier, pl.DataFrame], tmp_path: Path) -> None:
    classifier, new = fitted
    loaded = store.load(store.save(classifier, tmp_path / "model"))
    assert loaded.card.together == classifier.card.together
    np.testing.assert_array_equal(
        loaded.predict_proba(new, together=True), classifier.predict_proba(new, together=True)
    )


def test_a_card_with_weights_that_make_no_sense(
    fitted: tuple[genrelab.Classifier, pl.DataFrame], tmp_path: Path
) -> None:
    classifier, _ = fitted
    assert classifier.card.together is not None
    wrong = replace(classifier.card.together, context=Context(1.0, -1.0, 0.0))
    place = store.save(replace(classifier, card=replace(classifier.card, together=wrong)), tmp_path / "model")
    with pytest.raises(ModelError, match="context: its weights"):
        store.load(place)


def test_a_model_and_a_table_without_artists(fitted: tuple[genrelab.Classifier, pl.DataFrame]) -> None:
    classifier, new = fitted
    with pytest.raises(SettingError, match="together: no artist is named"):
        classifier.predict(new.with_columns(artist=pl.lit(None, pl.String)), together=True)
    songs = genrelab.dataset.make(schema.sample(90, seed=0).drop("artist"))
    nameless = train(songs, "logistic", folds=2, threads=1)
    assert nameless.card.together is None
    with pytest.raises(SettingError, match="together: the model has not learned"):
        nameless.predict(songs.tracks, together=True)
