"""Sequences: read from columns, told apart by their order, learned from real spectrograms."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from genrelab import dataset, schema, scoring, store
from genrelab.errors import SchemaError, SettingError
from genrelab.features import inputs
from genrelab.models.lstm import Recurrent
from genrelab.recipe import Recipe
from genrelab.training import train

pytest.importorskip("torch", reason="torch is not installed")

TWO = pl.List(pl.Array(pl.Float32, 2))


def sequences(*lists: Any) -> pl.Series:
    return pl.Series("timbre", lists, dtype=TWO)


def waves(n: int = 120, seed: int = 0) -> pl.DataFrame:
    """Tracks whose genre is the direction in which their timbre moves; its mean says nothing."""
    rng = np.random.default_rng(seed)
    tracks = schema.sample(n, seed, genres=("falls", "rises"))
    made = []
    for genre in tracks["genre"]:
        frames = np.linspace(-1, 1, rng.integers(6, 14))[:, None] * [1, -1] + rng.normal(0, 0.2, 2)
        made.append((frames if genre == "rises" else frames[::-1]).tolist())
    return tracks.with_columns(timbre=pl.Series(made, dtype=TWO))


# --- reading ------------------------------------------------------------------------------------------------


def test_the_middle_of_a_longer_sequence_is_read_and_nan_is_beyond_the_end_of_a_shorter_one() -> None:
    long = [[float(i), -float(i)] for i in range(5)]
    tracks = pl.DataFrame({"timbre": sequences(long, [[7, 8]], [], None)})
    fixed = inputs.sequences(tracks, ["timbre"], 3).fixed
    assert fixed.dtype == np.float32
    assert fixed[0].tolist() == [1, -1, 2, -2, 3, -3]
    assert fixed[1, :2].tolist() == [7, 8]
    assert np.isnan(fixed[1, 2:]).all()
    assert np.isnan(fixed[2:]).all()


def test_columns_stand_side_by_side_in_each_frame() -> None:
    one = pl.Series([[[9], [10]]], dtype=pl.List(pl.Array(pl.Float64, 1)))
    tracks = pl.DataFrame({"timbre": sequences([[1, 2], [3, 4], [5, 6]]), "loud": one, "tempo": [120.0]})
    read = inputs.sequences(tracks, ["tempo", "timbre", "loud"], 2)
    assert read.fixed.tolist() == [[1, 2, 9, 3, 4, 10]]
    assert read.names == ("timbre_0_0", "timbre_0_1", "loud_0_0", "timbre_1_0", "timbre_1_1", "loud_1_0")


def test_numbers_that_are_none_are_missing() -> None:
    fixed = inputs.sequences(
        pl.DataFrame({"timbre": sequences([[1, None], [float("inf"), 1e35]])}), ["timbre"], 2
    ).fixed
    assert fixed[0, 0] == 1
    assert np.isnan(fixed[0, 1:]).all()


@pytest.mark.parametrize(
    ("columns", "frames", "error", "message"),
    [
        (["tempo", "title"], 5, SchemaError, "none holds sequences"),
        (["timbre", "pitches"], 5, SchemaError, "columns pitches: not in the table"),
        (["timbre"], 0, SettingError, "frames: 0 is no whole number above 0"),
        (["timbre"], "many", SettingError, "frames: 'many' is no whole number above 0"),
    ],
)
def test_what_cannot_be_read(columns: list[str], frames: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        inputs.sequences(waves(4), columns, frames)


def test_a_dataset_keeps_sequences_and_knows_them_by_their_content() -> None:
    tracks = waves(30)
    songs = dataset.make(tracks, columns=["timbre", "energy"])
    assert songs.columns == ("timbre", "energy")
    assert songs.fingerprint() == dataset.make(tracks, columns=["timbre", "energy"]).fingerprint()
    other = tracks.with_columns(timbre=pl.col("timbre").reverse())
    assert songs.fingerprint() != dataset.make(other, columns=["timbre", "energy"]).fingerprint()
    empty = tracks.with_columns(timbre=pl.lit(None, TWO))
    assert dataset.make(empty, columns=["timbre", "energy"]).columns == ("energy",)
    words = tracks.with_columns(timbre=pl.lit([["a"]], pl.List(pl.Array(pl.String, 1))))
    with pytest.raises(SchemaError, match=r"'timbre': holds List.*, not numbers"):
        dataset.make(words, columns=["timbre"])


# --- learning -----------------------------------------------------------------------------------------------


def test_it_hears_the_order_of_frames(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "REPLICATES", 100)
    recipe = Recipe("lstm", {"frames": 12, "hidden": 8, "epochs": 15, "learning_rate": 0.02})
    classifier = train(dataset.make(waves(), columns=["timbre"]), recipe, folds=2, threads=1)
    assert classifier.card.scores["accuracy"].value > 0.9
    loaded, new = store.load(store.save(classifier, tmp_path / "model")), waves(seed=1)
    np.testing.assert_array_equal(loaded.predict_proba(new), classifier.predict_proba(new))
    silent = new.with_columns(timbre=pl.lit(None, TWO))
    assert np.isfinite(loaded.predict_proba(silent)).all()
    for wrong in (new.drop("timbre"), new.with_columns(timbre=pl.lit(1.0))):
        with pytest.raises(SchemaError, match="timbre"):
            loaded.predict_proba(wrong)
    wider = new.with_columns(timbre=pl.lit([[1.0, 2.0, 3.0]], pl.List(pl.Array(pl.Float32, 3))))
    with pytest.raises(SchemaError, match="give 12 frames of 2 channels"):
        loaded.predict_proba(wider)


def test_what_comes_after_the_end_changes_nothing_and_a_gap_within_is_filled() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 12))
    X[::2, 6:] = np.nan
    model = Recurrent(frames=4, hidden=4, epochs=3).fit(X, np.arange(40) % 2)
    np.testing.assert_allclose(model.predict_proba(X[:1]), model.predict_proba(X[:6])[:1], atol=1e-12)
    gap = np.r_[X[1, :3], np.full(3, np.nan), X[1, 6:]][None]
    filled = np.where(np.isnan(gap), np.tile(model.median_, 4), gap)
    np.testing.assert_array_equal(model.predict_proba(gap), model.predict_proba(filled))
    assert model.mean_.shape == (3,)
    np.testing.assert_allclose(
        Recurrent(frames=4, epochs=1, validation=0.0).fit(X, np.arange(40) % 2).mean_,
        np.nanmean(X.reshape(-1, 3), axis=0),
    )


def test_columns_that_are_no_frames() -> None:
    with pytest.raises(SettingError, match="7 columns cannot be parted into 3 frames"):
        Recurrent(frames=3).fit(np.zeros((8, 7)), np.arange(8) % 2)


@pytest.mark.parametrize(
    "asked", [{"steps": ("standardise",)}, {"sampling": "over"}, {"features": "plain"}, {"features": "words"}]
)
def test_sequences_take_no_steps(asked: dict[str, Any]) -> None:
    with pytest.raises(SettingError, match="reads sequences, without features, steps or sampling"):
        Recipe("lstm", **asked)


def test_a_model_of_numbers_refuses_sequences() -> None:
    with pytest.raises(SchemaError, match="column 'timbre': holds List"):
        train(dataset.make(waves(30), columns=["timbre"]), "logistic", folds=2, threads=1)


def spectrograms(data: Path) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Every second clip of four genres, each fourth column of its spectrogram in 32 bands."""
    with np.load(data / "gtzan" / "gtzan_mel_128x130_f16.npz") as file:
        mel = next(file[name] for name in file.files if file[name].ndim == 3)
    kept = np.array([i for i in range(0, 1000, 2) if i // 100 in {0, 1, 5, 6}])
    bands = mel[kept].astype(np.float32).reshape(len(kept), 32, 4, 130).mean(axis=2)
    return bands.transpose(0, 2, 1)[:, ::4], kept // 100


@pytest.mark.data("gtzan")
def test_it_learns_from_real_spectrograms(data: Path) -> None:
    frames, genres = spectrograms(data)
    X = frames.reshape(len(frames), -1)
    rows = np.random.default_rng(0).permutation(len(X))
    train_rows, test_rows = rows[50:], rows[:50]
    model = Recurrent(frames.shape[1], hidden=24, epochs=20, learning_rate=0.01)
    model.fit(X[train_rows], genres[train_rows])
    assert (model.predict(X[test_rows]) == genres[test_rows]).mean() > 0.6
