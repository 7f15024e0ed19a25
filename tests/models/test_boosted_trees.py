"""Boosted trees as tables: each score is the booster's own, whatever the numbers are."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pytest
import xgboost
from numpy.typing import NDArray
from sklearn.base import clone

from genrelab import cleaning
from genrelab.models import _boosted_trees as boosted
from genrelab.models import _one_track
from genrelab.models.lightgbm import LightGBM
from genrelab.models.lightgbm import read as read_text
from genrelab.models.one_vs_rest import OneVsRest
from genrelab.models.xgboost import XGBoost
from genrelab.sources import table

Floats = NDArray[Any]
COLUMNS = ("danceability", "energy", "loudness", "speechiness", "tempo", "mode", "instrumentalness")
KINDS: dict[str, Callable[[], Any]] = {
    "lightgbm": lambda: LightGBM(rounds=25, min_leaf=5, num_leaves=40, threads=1),
    "random cuts": lambda: LightGBM(rounds=25, min_leaf=5, random_cuts=True, threads=1),
    "xgboost": lambda: XGBoost(n_estimators=25, max_depth=6, n_jobs=1),
}
every_kind = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture(autouse=True)
def _numba() -> None:
    pytest.importorskip("numba", reason="numba is not installed")


@pytest.fixture(scope="module")
def songs(data: Path) -> tuple[Floats, NDArray[np.int64]]:
    """Real descriptors with gaps, and the codes of six genres."""
    tracks = cleaning.clean(table.read(data / "spotify_30k").tracks, ["repeated_id"]).tracks.sample(
        3000, seed=0
    )
    X = tracks.select(COLUMNS).to_numpy().astype(np.float32)
    X[np.random.default_rng(0).random(X.shape) < 0.1] = np.nan
    X[:, 3] = np.nan_to_num(X[:, 3])  # a feature that has no gap while learning
    return X, np.unique(tracks["genre"].to_list(), return_inverse=True)[1]


def made(model: Any) -> Any:
    return model._asked.made


def odd(X: Floats, trees: boosted.Trees) -> Floats:
    """Make tracks of the worst numbers: thresholds and their neighbours, gaps, both noughts, huge ones."""
    rng = np.random.default_rng(1)
    at = trees.threshold[trees.left >= 0].astype(X.dtype)
    near = [at, np.nextafter(at, X.dtype.type(np.inf)), np.nextafter(at, X.dtype.type(-np.inf))]
    worst = np.array([0.0, -0.0, np.nan, 1e30, -1e30, np.finfo(X.dtype).max, 1e-36, -1e-36], dtype=X.dtype)
    numbers = np.concatenate([*near, *[np.repeat(one, 300) for one in worst]])
    return np.vstack([X[:500], rng.choice(numbers, (2500, X.shape[1]))])


def tables_of(model: Any, X: Floats) -> tuple[boosted.Trees, boosted.Tables]:
    trees = model._trees()
    tables = boosted.tabled(trees, X.shape[1])
    assert tables is not None
    return trees, tables


@pytest.mark.data("spotify_30k")
@every_kind
def test_scores_are_the_boosters_to_the_last_bit(kind: str, songs: tuple[Floats, Any]) -> None:
    X, y = songs
    model = KINDS[kind]().fit(X, y)
    trees, tables = tables_of(model, X)
    some = odd(X, trees)
    own = model._own_scores(some)
    for layout in (np.ascontiguousarray, np.asfortranarray):
        for threads in (1, 2):
            np.testing.assert_array_equal(boosted.scores(trees, tables, layout(some), threads), own)


@pytest.mark.data("spotify_30k")
def test_numbers_of_64_bits_are_not_rounded(songs: tuple[Floats, Any]) -> None:
    X, y = songs[0].astype(np.float64) / 3, songs[1]
    model = LightGBM(rounds=20, min_leaf=5, threads=1).fit(X, y)
    trees, tables = tables_of(model, X)
    some = odd(X, trees)
    np.testing.assert_array_equal(boosted.scores(trees, tables, some, 1), model._own_scores(some))


@pytest.mark.data("spotify_30k")
@every_kind
def test_many_tracks_are_labelled_as_few(
    kind: str, songs: tuple[Floats, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    X, y = songs
    model = KINDS[kind]().fit(X, y)
    few = model.predict_proba(X)
    assert made(model) is None
    monkeypatch.setattr(boosted, "MANY", len(X))
    many = model.predict_proba(X)
    assert made(model) is not None
    np.testing.assert_array_equal(many, few)
    np.testing.assert_array_equal(model.predict(X), few.argmax(axis=1))
    model.fit(X, (y + 1) % 6)
    np.testing.assert_array_equal(model.predict_proba(X[:100]), model.predict_proba(X)[:100])
    assert (model.predict_proba(X) != few).any()


@pytest.mark.data("spotify_30k")
@every_kind
@pytest.mark.parametrize("genres", [2, 6])
def test_probabilities_are_the_boosters(
    kind: str, genres: int, songs: tuple[Floats, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    X, y = songs[0], songs[1] % genres
    monkeypatch.setattr(boosted, "MANY", 1)
    model = KINDS[kind]().fit(X, y, sample_weight=1.0 + y)
    if isinstance(model, XGBoost):
        own = xgboost.XGBClassifier.predict_proba(model, X)
    else:
        own = model.booster_.predict(X, num_threads=1)
    np.testing.assert_allclose(model.predict_proba(X), own, atol=1e-6)
    assert model._asked.made is not None
    assert (model.predict_proba(X).argmax(axis=1) == own.argmax(axis=1)).all()


def test_one_track_wakes_no_second_thread_of_xgboost() -> None:
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(200, 3)).astype(np.float32), rng.integers(0, 3, 200)
    model = XGBoost(n_estimators=5, n_jobs=2).fit(X, y)

    def threads() -> int:
        told = json.loads(model.get_booster().save_config())
        return int(told["learner"]["generic_param"]["nthread"])

    many = model.predict_proba(X)
    assert threads() == 2
    np.testing.assert_array_equal(model.predict_proba(X[:1]), many[:1])
    assert threads() == 1
    np.testing.assert_array_equal(model.predict_proba(X), many)
    assert threads() == 2


@pytest.mark.data("spotify_30k")
@pytest.mark.parametrize("genres", [2, 6])
def test_one_track_is_walked_through_the_trees_of_a_file(
    genres: int, songs: tuple[Floats, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """XGBoost looks through all its trees at every call: a single track goes without, and hears the same."""
    X, y = songs[0], songs[1] % genres
    fitted = KINDS["xgboost"]().fit(X, y)
    tracks = odd(X, fitted._trees())[::5]
    said = fitted.predict_proba(tracks)
    again = XGBoost.of(fitted.written(), genres, 1)
    assert walked_alone(again, tracks, monkeypatch).tolist() == said.tolist()


def walked_alone(model: XGBoost, tracks: Floats, monkeypatch: pytest.MonkeyPatch) -> Floats:
    """Ask of each track alone; the booster is asked of the first ones only."""
    first = [model.predict_proba(tracks[i : i + 1]) for i in range(_one_track.TRIED)]
    with monkeypatch.context() as silent:
        silent.setattr(XGBoost, "_boosters_scores", lambda *_: pytest.fail("the booster was asked"))
        rest = [model.predict_proba(tracks[i : i + 1]) for i in range(_one_track.TRIED, len(tracks))]
    return np.vstack([*first, *rest])


@pytest.mark.parametrize("share", np.linspace(0.03, 0.97, 24).tolist())
def test_two_genres_begin_where_the_booster_begins(share: float, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(300, 3)).astype(np.float32), np.arange(300) < 300 * share
    fitted = XGBoost(n_estimators=5, n_jobs=1).fit(X, y.astype(int))
    again = XGBoost.of(fitted.written(), 2, 1)
    assert walked_alone(again, X[:60], monkeypatch).tolist() == fitted.predict_proba(X[:60]).tolist()


@pytest.mark.parametrize("change", ["fit", "load", "missing"])
def test_what_is_no_longer_the_model_is_not_walked(change: str) -> None:
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(200, 3)).astype(np.float32), rng.integers(0, 3, 200)
    X[:20, 0] = 0.0
    model = XGBoost.of(XGBoost(n_estimators=5, n_jobs=1).fit(X, y).written(), 3, 1)
    for i in range(_one_track.TRIED + 1):
        model.predict_proba(X[i : i + 1])
    if change == "fit":
        model.fit(-X, (y + 1) % 3)
    elif change == "load":
        other = XGBoost(n_estimators=5, n_jobs=1).fit(-X, (y + 1) % 3)
        model.load_model(other.get_booster().save_raw("json"))
    else:
        model.set_params(missing=0.0)
    alone = np.vstack([model.predict_proba(X[i : i + 1]) for i in range(30)])
    assert alone.tolist() == model.predict_proba(X)[:30].tolist()


def test_trees_that_say_anything_else_than_their_booster_are_not_walked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(200, 3)).astype(np.float32), rng.integers(0, 3, 200)
    fitted = XGBoost(n_estimators=5, n_jobs=1).fit(X, y)
    told, bend = _one_track.scores, np.array([0.1, 0.0, 0.0], dtype=np.float32)
    monkeypatch.setattr(_one_track, "scores", lambda *asked: told(*asked) + bend)
    model = XGBoost.of(fitted.written(), 3, 1)
    alone = np.vstack([model.predict_proba(X[i : i + 1]) for i in range(30)])
    assert alone.tolist() == fitted.predict_proba(X[:30]).tolist()


@pytest.mark.data("spotify_30k")
@every_kind
def test_one_against_the_rest(kind: str, songs: tuple[Floats, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    X, y = songs[0], songs[1] % 3
    model = OneVsRest(KINDS[kind]()).fit(X, y)
    few = model.predict_proba(X)
    monkeypatch.setattr(boosted, "MANY", 1)
    np.testing.assert_array_equal(model.predict_proba(X), few)
    assert all(one._asked.made is not None for one in model.estimators_)


@every_kind
def test_trees_that_learned_nothing(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boosted, "MANY", 1)
    X, y = np.zeros((90, 2), dtype=np.float32), np.arange(90) % 3
    model = KINDS[kind]().fit(X, y)
    np.testing.assert_allclose(model.predict_proba(X), 1 / 3, atol=1e-6)
    assert model._asked.made is not None


@every_kind
def test_without_numba_the_booster_answers(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(200, 3)).astype(np.float32), rng.integers(0, 3, 200)
    model = KINDS[kind]().fit(X, y)
    few = model.predict_proba(X)
    monkeypatch.setattr(boosted, "MANY", 1)
    monkeypatch.setitem(sys.modules, "genrelab.models._boosted_walk", None)
    np.testing.assert_array_equal(model.predict_proba(X), few)
    assert model._asked.made is None


# --- trees that no booster made -----------------------------------------------------------------------------


def grown(leaves: int, seed: int, values: Floats) -> boosted.Trees:
    """Grow trees by chance, of so many leaves at most, over three features."""
    rng = np.random.default_rng(seed)
    left: list[int] = []
    right: list[int] = []
    roots: list[int] = []
    for most in (leaves, 1, max(1, leaves // 2)):
        roots.append(len(left))
        left.append(-1)
        right.append(-1)
        tips = [roots[-1]]
        for _ in range(most - 1):
            node = tips.pop(rng.integers(len(tips)))
            left[node], right[node] = len(left), len(left) + 1
            tips += [len(left), len(left) + 1]
            left += [-1, -1]
            right += [-1, -1]
    count = len(left)
    return boosted.Trees(
        np.array(left),
        np.array(right),
        rng.integers(0, 3, count),
        rng.choice(values, count),
        rng.integers(0, 3, count),
        rng.normal(size=count),
        np.array(roots),
        np.array([0, 1, 0]),
        np.array([0.5, -1.0]),
    )


def walked(trees: boosted.Trees, row: Floats) -> Floats:
    found = trees.base.astype(np.float64).copy()
    for root, genre in zip(trees.roots, trees.genres, strict=True):
        node = root
        while trees.left[node] >= 0:
            value, gap = row[trees.feature[node]], trees.gap[node]
            value = 0.0 if np.isnan(value) and gap == boosted.NOUGHT else value
            goes_left = gap == boosted.LEFT if np.isnan(value) else value <= trees.threshold[node]
            node = trees.left[node] if goes_left else trees.right[node]
        found[genre] += trees.value[node]
    return found


@pytest.mark.parametrize("leaves", [1, 2, 8, 9, 33, 64, 256])
@pytest.mark.parametrize("distinct", [3, 2000])
def test_tables_say_what_a_walk_finds(leaves: int, distinct: int) -> None:
    rng = np.random.default_rng(leaves)
    values = np.concatenate([rng.normal(size=distinct), [0.0, np.inf, -1e300]])
    trees = grown(leaves, leaves, values)
    tables = boosted.tabled(trees, 3)
    assert tables is not None
    X = rng.choice(np.concatenate([values, rng.normal(size=50), [np.nan, np.inf]]), (300, 3))
    for kind in (np.float32, np.float64):
        made = X.clip(-1e30, np.inf).astype(kind)
        expected = np.array([walked(trees, row) for row in made])
        np.testing.assert_allclose(boosted.scores(trees, tables, made, 1), expected, atol=1e-12)


def test_a_feature_of_many_thresholds_is_counted_in_parts() -> None:
    chain, none = np.arange(255), np.full(511, -1)
    left, right, nought = none.copy(), none.copy(), np.zeros(511, dtype=int)
    left[chain], right[chain] = np.append(chain[1:], 255), 256 + chain
    thresholds = np.append(254.0 - chain, np.zeros(256))
    values, root = np.arange(511.0), np.array([0])
    trees = boosted.Trees(left, right, nought, thresholds, nought, values, root, root, np.zeros(1))
    tables = boosted.tabled(trees, 1)
    assert tables is not None
    assert len(tables.reads) == 2
    X = np.linspace(-1, 256, 600)[:, None]
    expected = np.array([walked(trees, row) for row in X])
    np.testing.assert_array_equal(boosted.scores(trees, tables, X, 1), expected)


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.left.__setitem__(0, 0),
        lambda t: t.left.__setitem__(0, 10**9),
        lambda t: t.right.__setitem__(0, t.left[0]),
        lambda t: t.roots.__setitem__(0, 1),
        lambda t: t.feature.__setitem__(0, 3),
        lambda t: t.feature.__setitem__(0, -1),
        lambda t: t.threshold.__setitem__(0, np.nan),
        lambda t: t.genres.__setitem__(0, 2),
    ],
)
def test_what_is_no_tree_has_no_tables(change: Callable[[boosted.Trees], None]) -> None:
    trees = grown(9, 0, np.arange(5.0))
    assert boosted.tabled(trees, 3) is not None
    change(trees)
    assert boosted.tabled(trees, 3) is None


def test_a_tree_may_be_too_large() -> None:
    assert boosted.tabled(grown(257, 0, np.arange(5.0)), 3) is None


@pytest.mark.parametrize(
    "settings",
    [
        {"linear_tree": True},
        {"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.5},
        {"categorical": 2},
    ],
    ids=str,
)
def test_a_lightgbm_of_another_kind_answers_itself(settings: dict[str, Any]) -> None:
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(300, 3)), rng.integers(0, 3, 300)
    X[:, 2] = rng.integers(0, 9, 300)
    categories: Any = [settings["categorical"]] if "categorical" in settings else "auto"
    told = {
        "objective": "multiclass",
        "num_class": 3,
        "verbosity": -1,
        "num_threads": 1,
        "min_data_per_group": 1,
    }
    data = lightgbm.Dataset(X, y, categorical_feature=categories, params={"verbosity": -1})
    more = {name: value for name, value in settings.items() if name != "categorical"}
    booster = lightgbm.train({**told, **more}, data, num_boost_round=3)
    assert read_text(booster.model_to_string()) is None


@pytest.mark.parametrize("kind", ["dart", "gblinear"])
def test_an_xgboost_of_another_kind_answers_itself(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boosted, "MANY", 1)
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(300, 3)).astype(np.float32), rng.integers(0, 3, 300)
    model = XGBoost(n_estimators=3, n_jobs=1, booster=kind).fit(X, y)
    own = xgboost.XGBClassifier.predict_proba(model, X)
    np.testing.assert_allclose(model.predict_proba(X), own, atol=1e-6)
    asked = model.__dict__.get("_asked")  # linear ones are never asked by our own means
    assert (asked is None) == (kind == "gblinear")
    assert asked is None or asked.made is None


def test_a_clone_of_ours_is_ours() -> None:
    model = clone(XGBoost(n_estimators=7, max_depth=2))
    assert type(model) is XGBoost
    assert (model.n_estimators, model.max_depth) == (7, 2)


@every_kind
@pytest.mark.parametrize("genres", [2, 3])
@pytest.mark.parametrize("learned", [True, False])
def test_what_was_trained_is_made_again(kind: str, genres: int, learned: bool) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 4)).astype(np.float32) * learned
    X[rng.random(X.shape) < 0.1 * learned] = np.nan
    y = np.arange(300) % genres
    model = KINDS[kind]().fit(X, y)
    again = type(model).of(model.written(), genres, 1)
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    with pytest.raises(ValueError, match="genres"):
        type(model).of(model.written(), genres + 1, 1)
