"""Sampling: genres become equally frequent, inside the training part of a fold and nowhere else."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from genrelab import dataset, sampling, schema
from genrelab.dataset import Codes, Dataset
from genrelab.errors import MissingExtra, SettingError, UnknownName
from genrelab.recipe import Recipe
from genrelab.sampling import SAMPLINGS, sample
from genrelab.training import train

TRUTH = np.repeat([0, 1, 2], [4, 10, 30])
every_way = pytest.mark.parametrize("name", list(SAMPLINGS))


def matrix(truth: Codes = TRUTH, seed: int = 0) -> NDArray[np.float64]:
    """Distinct rows, those of a genre beside each other."""
    return np.random.default_rng(seed).normal(size=(len(truth), 2)) + 100 * truth[:, None]


@pytest.mark.parametrize(("name", "each"), [("under", 4), ("over", 30), ("smote", 30)])
def test_genres_become_equally_frequent(name: str, each: int) -> None:
    made, codes, _ = sample(name, matrix(), TRUTH, seed=0)
    assert np.bincount(codes).tolist() == [each] * 3
    assert len(made) == len(codes)
    assert (np.round(made.mean(axis=1) / 100) == codes).all()


@every_way
def test_rows_are_those_that_were_given(name: str) -> None:
    given = matrix()
    made, codes, rows = sample(name, given, TRUTH, seed=0)
    assert (rows is None) == SAMPLINGS[name].invents
    if rows is not None:
        np.testing.assert_array_equal(made, given[rows])
        np.testing.assert_array_equal(codes, TRUTH[rows])
        assert (len(np.unique(rows)) == len(codes)) == (name == "under")
        assert (set(np.unique(rows)) == set(range(len(TRUTH)))) == (name == "over")


def test_what_is_invented_lies_between_tracks_of_its_genre() -> None:
    given = matrix()
    made, codes, _ = sample("smote", given, TRUTH, seed=0)
    for genre in range(3):
        low, high = given[genre == TRUTH].min(axis=0), given[genre == TRUTH].max(axis=0)
        own = made[codes == genre]
        assert ((own >= low) & (own <= high)).all()


@every_way
def test_the_same_seed_gives_the_same_rows(name: str) -> None:
    first, again, other = (sample(name, matrix(), TRUTH, seed=seed)[0] for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@every_way
def test_nothing_global_is_drawn_from(name: str) -> None:
    np.random.seed(5)  # noqa: NPY002 - the state that must not be touched
    before = np.random.get_state(legacy=False)["state"]["key"].copy()  # noqa: NPY002
    sample(name, matrix(), TRUTH, seed=0)
    after = np.random.get_state(legacy=False)["state"]["key"]  # noqa: NPY002
    np.testing.assert_array_equal(before, after)


def test_a_genre_of_one_track_has_no_neighbours() -> None:
    with pytest.raises(SettingError, match="a genre has one track in a fold: choose over"):
        sample("smote", matrix(np.array([0, 1, 1])), np.array([0, 1, 1]), seed=0)


def test_a_genre_of_two_tracks_has_one_neighbour() -> None:
    truth = np.array([0, 0, 1, 1, 1, 1])
    _, codes, _ = sample("smote", matrix(truth), truth, seed=0)
    assert np.bincount(codes).tolist() == [4, 4]


def test_an_unknown_way() -> None:
    with pytest.raises(UnknownName, match="did you mean 'under'"):
        sampling.check("unders")


@every_way
def test_without_the_extra_it_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("imblearn", "imblearn.under_sampling", "imblearn.over_sampling"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtra, match=r"pip install 'genrelab\[sampling\]'"):
        sample(name, matrix(), TRUTH, seed=0)


# --- inside training ----------------------------------------------------------------------------------------


def songs() -> Dataset:
    """Tracks of unequal genres, each of which its duration numbers, with gaps."""
    drawn = schema.sample(160, seed=0).filter((pl.col("genre") != "jazz") | (pl.int_range(pl.len()) % 4 == 0))
    rows = pl.int_range(pl.len())
    return dataset.make(
        drawn.with_columns(
            duration=rows.cast(pl.Float64), energy=pl.when(rows % 7 != 0).then("energy"), title=pl.lit("x")
        )
    )


@every_way
def test_only_tracks_of_the_training_part_are_sampled(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made, given = songs(), []
    place = Recipe("logistic").read(made.tracks, made.columns).names.index("duration")

    def watched(*arguments: Any) -> Any:
        given.append(arguments[1][:, place].astype(int))
        return sample(*arguments)

    monkeypatch.setattr(sampling, "sample", watched)
    heard = train(made, Recipe("logistic", sampling=name), folds=4, threads=1).out_of_fold
    folds = list(made.folds(4))
    assert len(given) == len(folds) + 1
    for (training, test), rows in zip(folds, given, strict=False):
        assert sorted(rows) == sorted(training)
        assert not set(made.groups[rows]) & set(made.groups[test])
    assert heard is not None
    assert heard.probabilities.shape == (len(made), 3)


@every_way
def test_it_makes_the_rare_genre_likelier(name: str) -> None:
    made = songs()
    plain, even = (train(made, Recipe("logistic", sampling=way), folds=3, threads=1) for way in (None, name))
    shares = [classifier.predict_proba(made.tracks)[:, 0].mean() for classifier in (plain, even)]
    assert shares[1] > shares[0] + 0.03


@pytest.mark.parametrize("name", ["under", "over"])
def test_class_weights_go_with_their_rows(name: str) -> None:
    made = songs()
    weights = {"jazz": 1.0, "pop": 30.0, "rock": 1.0}
    plain, heavy = (
        train(made, Recipe("logistic", sampling=name, class_weights=w), folds=3, threads=1)
        for w in (None, weights)
    )
    shares = [classifier.predict_proba(made.tracks)[:, 1].mean() for classifier in (plain, heavy)]
    assert shares[1] > shares[0] + 0.1
