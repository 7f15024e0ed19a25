"""Neural networks: they learn, repeat themselves, stop early on other artists, and leave torch as it was."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from sklearn.utils._param_validation import InvalidParameterError

from genrelab import dataset, schema, scoring, store
from genrelab.errors import MissingExtra, SettingError
from genrelab.models import MODELS
from genrelab.models._network import CURVES, Network, parted
from genrelab.models.lstm import Recurrent
from genrelab.models.mlp import Perceptron
from genrelab.models.tabm import TabM
from genrelab.recipe import Recipe
from genrelab.training import train

torch = pytest.importorskip("torch", reason="torch is not installed")

Table: TypeAlias = tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]
NAMES = ("mlp", "mlp_deep", "mlp_small", "tabm")
NETWORKS: dict[str, Any] = {
    "mlp": Perceptron((16, 8), epochs=20, batch_size=64),
    "tabm": TabM(networks=4, width=16, epochs=20, learning_rate=0.01),
    "lstm": Recurrent(frames=2, hidden=8, epochs=15, learning_rate=0.02),
}
every_network = pytest.mark.parametrize("name", NETWORKS)


def table(n: int = 200, seed: int = 0) -> Table:
    """Rows of which two columns tell one of three genres, and the artists of five rows each."""
    rng = np.random.default_rng(seed)
    groups = np.arange(n) // 5
    genres = rng.integers(0, 3, n // 5 + 1)[groups]
    X = rng.normal(size=(n, 4))
    X[:, :2] += np.array([[-2, 0], [0, 2], [2, 0]])[genres]
    return X, genres, groups


def network(name: str, **settings: Any) -> Any:
    return type(NETWORKS[name])(**(NETWORKS[name].get_params() | settings))


def planted(n: int = 240, seed: int = 0) -> pl.DataFrame:
    """Tracks of which energy and valence tell the genre nine times in ten."""
    tracks = schema.sample(n, seed)
    genres = sorted(tracks["genre"].unique())
    code = tracks["genre"].replace_strict(genres, range(3), return_dtype=pl.Int64).to_numpy()
    rng = np.random.default_rng(seed)
    told = np.where(rng.random(n) < 0.9, code, rng.integers(0, 3, n))
    energy, valence = ((told + rng.random(n)) / 3 for _ in range(2))
    return tracks.with_columns(energy=pl.Series(energy), valence=pl.Series(valence))


# --- learning -----------------------------------------------------------------------------------------------


@every_network
def test_it_learns(name: str) -> None:
    X, y, groups = table()
    model = network(name).fit(X, y, groups=groups)
    other, truth, _ = table(seed=1)
    assert (model.predict(other) == truth).mean() > 0.8
    probabilities = model.predict_proba(other)
    assert probabilities.dtype == np.float64
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-12)


@every_network
def test_a_row_is_labelled_the_same_alone(name: str) -> None:
    X, y, groups = table()
    model = network(name, epochs=3).fit(X, y, groups=groups)
    alone = np.vstack([model.predict_proba(row[None]) for row in X[:9]])
    np.testing.assert_allclose(alone, model.predict_proba(X)[:9], atol=1e-12)


@every_network
@pytest.mark.parametrize("rows", [2, 3, 8, 21])
def test_a_few_rows_are_enough(name: str, rows: int) -> None:
    X, _, groups = table(rows)
    y = np.arange(rows) % 2
    for told in (None, groups, np.zeros(rows)):
        model = network(name, epochs=3).fit(X, y, groups=told)
        assert np.isfinite(model.predict_proba(X)).all()


@every_network
def test_gaps_and_wild_numbers_and_constants(name: str) -> None:
    X, y, groups = table()
    X[::3, 1] = np.nan
    X[:, 2] = np.nan
    X[:, 3] = 7.0
    model = network(name, epochs=3).fit(X, y, groups=groups)
    for value in (np.nan, 1e29, -1e29, 0.0):
        assert np.isfinite(model.predict_proba(np.full((2, 4), value))).all()


def test_gaps_are_filled_with_the_median_of_the_tracks_learned_from() -> None:
    X, y, groups = table()
    X[::3, 1] = np.nan
    learned, held = parted(y, groups, 0.15, 0)
    model = network("mlp", epochs=2).fit(X, y, groups=groups)
    np.testing.assert_allclose(model.median_, np.nanmedian(X[learned], axis=0))
    np.testing.assert_allclose(model.mean_, np.nanmean(X[learned], axis=0))
    filled = np.where(np.isnan(X), model.median_, X)
    np.testing.assert_array_equal(model.predict_proba(X), model.predict_proba(filled))
    X[held] += 100.0
    np.testing.assert_array_equal(network("mlp", epochs=2).fit(X, y, groups=groups).mean_, model.mean_)


@every_network
def test_weights_weigh_the_loss(name: str) -> None:
    X, y, groups = table()
    X[:, :2] = 0.0  # nothing but the genres' shares can be learned
    weight = np.where(y == 0, 20.0, 1.0)
    plain, weighed = (
        network(name).fit(X, y, w, groups).predict_proba(X)[:, 0].mean() for w in (None, weight)
    )
    assert weighed > plain + 0.3
    scaled = network(name).fit(X, y, weight * 2.0, groups)  # a power of two is exact
    assert scaled.predict_proba(X)[:, 0].mean() == pytest.approx(weighed)
    assert weight.max() == 20.0


def test_one_genre_cannot_be_learned() -> None:
    with pytest.raises(ValueError, match="at least two classes"):
        Perceptron().fit([[0.0], [1.0]], ["pop", "pop"])


def test_a_loss_beyond_all_numbers_is_a_setting_to_lower() -> None:
    X, y, groups = table()
    with pytest.raises(SettingError, match=r"learning_rate 10.0: .*: lower it"):
        Perceptron((8,), batch_norm=False, learning_rate=10.0, weight_decay=100.0).fit(X, y, groups=groups)


@pytest.mark.parametrize(
    "wrong",
    [{"epochs": 0}, {"learning_rate": "fast"}, {"dropout": 1.0}, {"batch_size": 1}, {"validation": 0.9}],
)
def test_settings_out_of_range(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidParameterError, match=next(iter(wrong))):
        Perceptron(**wrong).fit(*table()[:2])


# --- stopping early -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_no_artist_is_learned_from_and_held_out(seed: int) -> None:
    rng = np.random.default_rng(seed)
    groups, codes = rng.integers(0, 60, 500), rng.integers(0, 4, 500)
    learned, held = parted(codes, groups, 0.2, seed)
    assert not set(groups[learned]) & set(groups[held])
    assert sorted([*learned, *held]) == list(range(500))
    assert 0.1 < len(held) / 500 < 0.3


def test_without_artists_each_genre_is_held_out_alike() -> None:
    codes = np.repeat([0, 1, 2], [700, 200, 100])
    _, held = parted(codes, None, 0.2, 0)
    assert np.bincount(codes[held]).tolist() == [140, 40, 20]


@pytest.mark.parametrize(
    ("rows", "groups", "share"),
    [(8, None, 0.2), (100, np.zeros(100), 0.2), (100, np.r_[np.zeros(99), 1], 0.5), (100, None, 0.0)],
)
def test_nothing_is_held_out_where_too_little_is_left(rows: int, groups: Any, share: float) -> None:
    learned, held = parted(np.arange(rows) % 2, groups, share, 0)
    assert len(learned) >= rows / 2
    assert share or not len(held)


@every_network
def test_the_weights_of_the_best_epoch_are_kept(name: str) -> None:
    X, y, groups = table()
    y = np.where(np.random.default_rng(0).random(len(y)) < 0.4, 0, y)
    model = network(name, epochs=40, patience=40).fit(X, y, groups=groups)
    _, held = parted(y, groups, 0.15, 0)
    given = model.predict_proba(X[held])[np.arange(len(held)), y[held]]
    losses = model.curves_["validation_loss"]
    if name != "tabm":  # whose networks' losses are averaged, not their votes
        assert -np.log(given).mean() == pytest.approx(min(losses), rel=1e-4)
    assert min(losses) < losses[-1]
    best = model.curves_["validation_accuracy"][int(np.argmin(losses))]
    assert (model.predict(X[held]) == y[held]).mean() == pytest.approx(best)


def test_it_stops_when_patience_ends_and_learns_slower_before() -> None:
    X, y, groups = table()
    y = np.random.default_rng(0).integers(0, 3, len(y))  # nothing to learn
    curves = network("mlp", epochs=100, patience=6).fit(X, y, groups=groups).curves_
    assert tuple(curves) == CURVES
    epochs = len(curves["train_loss"])
    assert epochs == int(np.argmin(curves["validation_loss"])) + 1 + 6
    assert epochs < 100
    assert all(len(values) == epochs for values in curves.values())
    assert curves["learning_rate"][-1] < curves["learning_rate"][0] == 0.05


def test_a_table_too_small_has_no_curve_of_a_held_out_part() -> None:
    X, _, groups = table(8)
    curves = network("mlp", epochs=4).fit(X, np.arange(8) % 2, groups=groups).curves_
    assert curves["validation_loss"] == curves["validation_accuracy"] == []
    assert len(curves["train_loss"]) == 4


# --- torch --------------------------------------------------------------------------------------------------


@every_network
def test_the_same_seed_gives_the_same_weights_whatever_torch_was_doing(name: str) -> None:
    X, y, groups = table()
    first = network(name, epochs=3, seed=5).fit(X, y, groups=groups)
    torch.manual_seed(99)
    torch.set_default_dtype(torch.float64)
    threads = torch.get_num_threads()
    torch.set_num_threads(3)
    state = torch.get_rng_state()
    try:
        with torch.no_grad():
            second = network(name, epochs=3, seed=5).fit(X, y, groups=groups)
            assert not torch.is_grad_enabled()
        said = second.predict_proba(X)
        assert torch.get_num_threads() == 3
        assert torch.get_default_dtype() == torch.float64
        assert torch.equal(torch.get_rng_state(), state)
    finally:
        torch.set_default_dtype(torch.float32)
        torch.set_num_threads(threads)
    np.testing.assert_array_equal(said, first.predict_proba(X))
    assert first.curves_ == second.curves_
    other = network(name, epochs=3, seed=6).fit(X, y, groups=groups)
    assert not np.array_equal(other.predict_proba(X), said)
    assert not torch.are_deterministic_algorithms_enabled()


def test_torch_is_not_imported_before_it_is_needed() -> None:
    code = (
        "import sys; from genrelab import MODELS, store; store._parts._skops()\n"
        "[MODELS[n] for n in ('mlp', 'mlp_small', 'mlp_deep', 'tabm', 'lstm')]\n"
        "assert not {'torch', 'tabm', 'safetensors'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_without_torch_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    X, y, _ = table(20)
    fitted = network("tabm", epochs=1).fit(X, y)
    monkeypatch.setitem(sys.modules, "torch", None)
    for ask in (partial(network("mlp").fit, X, y), partial(fitted.predict_proba, X)):
        with pytest.raises(MissingExtra, match=r"torch is not installed: pip install 'genrelab\[nets\]'"):
            ask()
    monkeypatch.undo()
    for package in ("tabm", "safetensors"):
        monkeypatch.setitem(sys.modules, package, None)
        with pytest.raises(MissingExtra, match=f"{package} is not installed"):
            network("tabm").fit(X, y)
        monkeypatch.undo()


def test_a_perceptron_predicts_without_torch_what_torch_computes(monkeypatch: pytest.MonkeyPatch) -> None:
    X, y, _ = table(60)
    for settings in ({}, {"batch_norm": False}, {"rectified": 1, "dropout": 0.0}):
        fitted = network("mlp", epochs=2, **settings).fit(X, y)
        by_torch = Network.predict_proba(fitted, X)
        monkeypatch.setitem(sys.modules, "torch", None)
        np.testing.assert_allclose(fitted.predict_proba(X), by_torch, atol=1e-9)
        monkeypatch.undo()


# --- layers -------------------------------------------------------------------------------------------------


def layers(name: str, columns: int = 11, genres: int = 12, **settings: Any) -> list[Any]:
    model = MODELS[name]
    assert model.build is not None
    made: Network = model.build(seed=0, threads=1, **{**model.settings, **settings})
    return list(made._network(torch, columns, genres))


def test_the_perceptron_has_two_hidden_layers() -> None:
    kinds = [type(layer).__name__ for layer in layers("mlp")]
    assert kinds == ["Linear", "BatchNorm1d", "ReLU", "Dropout"] * 2 + ["Linear"]


def test_the_small_network_is_the_published_one() -> None:
    sizes = [layer.out_features for layer in layers("mlp_small") if isinstance(layer, torch.nn.Linear)]
    assert sizes == [12, 14, 16, 12]


def test_the_deep_network_has_five_layers() -> None:
    kinds = [type(layer).__name__ for layer in layers("mlp_deep")]
    assert sorted(kinds) == ["Linear"] * 4 + ["ReLU"]


@pytest.mark.parametrize("name", [*NAMES, "lstm"])
def test_what_can_be_tuned_can_be_set(name: str) -> None:
    model = MODELS[name]
    assert model.build is not None
    assert set(model.space) <= set(model.settings)
    assert model.grouped
    assert isinstance(model.build(seed=0, threads=1, **model.settings), Network)


# --- as part of a classifier --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_classifier_announces_keeps_its_curves_and_survives_the_disk(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoring, "REPLICATES", 100)
    few = {"epochs": 15} | ({"networks": 4, "width": 32} if name == "tabm" else {})
    classifier = train(dataset.make(planted()), Recipe(name, few), folds=3, threads=1)
    floor = train(dataset.make(planted()), "majority", folds=3, threads=1).card.scores["accuracy"].value
    assert classifier.card.scores["accuracy"].low > floor
    assert tuple(classifier.card.curves[name]) == CURVES
    folder = store.save(classifier, tmp_path / "model")
    assert {path.name for path in folder.iterdir()} == {
        "artists.npy",
        "card.json",
        "out_of_fold.npy",
        f"{name}.safetensors",
    }
    loaded, tracks = store.load(folder), planted(seed=1)
    np.testing.assert_array_equal(loaded.predict_proba(tracks), classifier.predict_proba(tracks))
    assert loaded.card == classifier.card
    again = store.save(loaded, tmp_path / "again")
    for path in folder.iterdir():
        assert (again / path.name).read_bytes() == path.read_bytes()


def test_a_setting_out_of_range_is_the_users_error() -> None:
    for wrong in ({"epochs": 0}, {"dropout": 7}, {"learning_rate": "fast"}):
        with pytest.raises(SettingError, match=next(iter(wrong))):
            train(dataset.make(planted(60)), Recipe("mlp", wrong), folds=2, threads=1)


@pytest.mark.data("spotify_30k")
def test_on_real_songs_it_beats_logistic_regression(data: Path) -> None:
    import genrelab

    songs = genrelab.read(data / "spotify_30k" / "spotify_songs.csv").tracks
    columns = [c for c in (*schema.DESCRIPTORS, "duration") if c in songs.columns]
    whole = genrelab.prepare(songs, "genre", columns=columns).dataset
    part, test = whole.take(np.random.default_rng(0).permutation(len(whole))[:5000]).hold_out(0.3)
    truth = test.tracks["genre"]
    net, logistic = (
        (train(part, recipe, folds=2, threads=1).predict(test.tracks)["genre"] == truth).mean()
        for recipe in (Recipe("mlp", {"epochs": 25}), Recipe("logistic"))
    )
    assert isinstance(net, float)
    assert isinstance(logistic, float)
    assert logistic + 0.01 < net < 0.62
