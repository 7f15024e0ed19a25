"""Out-of-fold predictions come back with a model; what was made up is refused."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from genrelab import dataset, schema, store
from genrelab.classifier import Classifier
from genrelab.errors import ModelError
from genrelab.insight.evaluation import announce
from genrelab.out_of_fold import OutOfFold
from genrelab.training import train

NAME = "out_of_fold.npy"


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    """One whose tracks have others by their artist."""
    artist = pl.format("artist {}", pl.int_range(pl.len()) // 3)
    tracks = schema.sample(240, seed=0).with_columns(artist=artist)
    return train(dataset.make(tracks), "logistic", folds=2, threads=1)


@pytest.fixture
def folder(classifier: Classifier, tmp_path: Path) -> Path:
    return store.save(classifier, tmp_path / "model")


def forge(folder: Path, records: NDArray[Any], *, pickled: bool = False) -> None:
    """Write other records, as one who wants to be believed."""
    np.save(folder / NAME, records, allow_pickle=pickled)
    card = json.loads((folder / "card.json").read_text("utf-8"))
    card["files"][NAME] = hashlib.sha256((folder / NAME).read_bytes()).hexdigest()
    (folder / "card.json").write_text(json.dumps(card), "utf-8")


@pytest.mark.parametrize("together", [False, True])
def test_a_loaded_model_announces_and_promises_what_it_did(
    classifier: Classifier, folder: Path, together: bool
) -> None:
    loaded = store.load(folder)
    first, second = (announce(one, together=together) for one in (classifier, loaded))
    assert first.confusion == second.confusion
    assert first.coverage == second.coverage
    assert first.confidence == second.confidence
    told = (one.promise_coverage(0.8, together=together) for one in (classifier, loaded))
    assert next(told) == next(told)


def test_it_is_listed_and_saved_again(folder: Path, tmp_path: Path) -> None:
    assert NAME in json.loads((folder / "card.json").read_text("utf-8"))["files"]
    again = store.save(store.load(folder), tmp_path / "again")
    assert (again / NAME).read_bytes() == (folder / NAME).read_bytes()


def test_of_very_many_tracks_whole_artists_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("genrelab.out_of_fold.MOST_KEPT", 50)
    groups = np.repeat(np.arange(40), 3)
    heard = OutOfFold(np.full((120, 4), 0.25), groups % 4, groups, np.full((120, 4), 0.25))
    kept, other = heard.kept(0), heard.kept(1)
    assert len(kept.truth) == 48
    assert (np.unique(kept.groups, return_counts=True)[1] == 3).all()
    assert kept.together is not None
    assert kept.together.shape == kept.probabilities.shape == (48, 4)
    assert (kept.groups == heard.kept(0).groups).all()
    assert set(kept.groups) != set(other.groups)


def kept_groups(monkeypatch: pytest.MonkeyPatch, groups: NDArray[Any], seed: int) -> NDArray[Any]:
    monkeypatch.setattr("genrelab.out_of_fold.MOST_KEPT", 50)
    rows = len(groups)
    heard = OutOfFold(np.full((rows, 2), 0.5), np.arange(rows) % 2, groups)
    kept = heard.kept(seed)
    assert 0 < len(kept.truth) <= 50
    assert (kept.groups == heard.kept(seed).groups).all()
    return kept.groups


@pytest.mark.parametrize("seed", range(5))
def test_of_an_artist_with_more_tracks_than_are_kept_a_share_is(
    monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    small = np.repeat(np.arange(1, 51), 2)
    kept = kept_groups(monkeypatch, np.concatenate([np.zeros(100, dtype=int), small]), seed)
    assert (kept == 0).sum() == 25
    assert (kept != 0).sum() == 24
    assert len(kept_groups(monkeypatch, np.zeros(200, dtype=int), seed)) == 50


@pytest.mark.parametrize("seed", range(5))
def test_an_artist_that_does_not_fit_keeps_none_out(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    large, small = np.repeat([0, 1, 2], 45), np.repeat(np.arange(3, 13), 1)
    kept = kept_groups(monkeypatch, np.concatenate([large, small]), seed)
    assert len(kept) == 50 or (kept > 2).sum() == 10


def broken(records: NDArray[Any], how: str) -> NDArray[Any]:
    """Make predictions up."""
    made = records.copy()
    if how == "truth":
        made["truth"][0] = 9
    elif how == "group":
        made["group"][0] = -1
    elif how == "sum":
        made["alone"][0] = 0.9
    elif how == "nan":
        made["together"][0] = np.nan
    elif how == "negative":
        made["alone"][0] = [1.5, -0.5, 0.0]
    elif how == "square":
        made = made[:100].reshape(10, 10)
    elif how == "none":
        made = made[:0]
    elif how == "floats":
        made = np.zeros((5, 3))
    return made


@pytest.mark.parametrize("how", ["truth", "group", "sum", "nan", "negative", "square", "none", "floats"])
def test_what_was_made_up_is_refused_in_one_line(folder: Path, how: str) -> None:
    forge(folder, broken(np.load(folder / NAME), how))
    with pytest.raises(
        ModelError, match=r"out_of_fold.npy: holds no predictions for 3 genres: .*again"
    ) as told:
        store.load(folder)
    assert "\n" not in str(told.value)


def test_a_pickle_is_not_opened(folder: Path) -> None:
    forge(folder, np.array([{"a": 1}], dtype=object), pickled=True)
    with pytest.raises(ModelError, match=r"out_of_fold.npy: is damaged .*allow_pickle"):
        store.load(folder)
