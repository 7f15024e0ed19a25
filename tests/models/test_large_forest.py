"""Our large forest, against scikit-learn's: the same trees, the same votes to the last bit, less memory."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skops.io
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils._param_validation import InvalidParameterError

from genrelab import taxonomy
from genrelab.errors import MissingExtra, ModelError, SettingError
from genrelab.models import large_forest
from genrelab.models._packed_trees import Packed, check, keys, pack
from genrelab.models.large_forest import LargeForest, unsettled
from genrelab.sources import table

Matrix = NDArray[np.float32]
CLASS = "genrelab.models.large_forest.LargeForest"
DESCRIPTORS = ("danceability", "energy", "loudness", "mode", "tempo", "valence")


def tracks(rows: int = 400, genres: int = 4, seed: int = 0) -> tuple[Matrix, NDArray[np.int64]]:
    """Noisy tracks, a tenth of them twice, under whatever genre."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, 5)).astype(np.float32)
    X[:, 3] = rng.integers(0, 3, rows)
    X[: rows // 10] = X[rows // 2 : rows // 2 + rows // 10]
    edges = np.linspace(-1, 1, genres - 1)
    return X, np.digitize(X[:, 0] + rng.normal(size=rows), edges)


def with_gaps(X: Matrix, seed: int = 1) -> Matrix:
    return np.where(np.random.default_rng(seed).random(X.shape) < 0.2, np.float32(np.nan), X)


def both(
    X: Matrix, y: Any, n_estimators: int = 25, weight: Any = None, oob: bool = False, **settings: Any
) -> tuple[LargeForest, RandomForestClassifier]:
    """Ours and theirs of one seed."""
    ours = LargeForest(n_estimators=n_estimators, threads=1, seed=7, oob_score=oob, **settings)
    theirs = RandomForestClassifier(n_estimators, n_jobs=1, random_state=7, oob_score=oob, **settings)
    return ours.fit(X, y, weight), theirs.fit(X, y, weight)


@pytest.mark.parametrize(
    "settings",
    [{}, {"min_samples_leaf": 4}, {"max_depth": 3}, {"max_features": None}, {"max_features": 0.5}],
    ids=str,
)
@pytest.mark.parametrize("genres", [2, 4, 20])
def test_votes_are_those_of_scikit_learn(settings: dict[str, Any], genres: int) -> None:
    X, y = tracks(genres=genres)
    ours, theirs = both(X, y, **settings)
    unseen = tracks(rows=3000, seed=1)[0]
    for asked in (X, unseen, unseen[:1], with_gaps(unseen)):
        np.testing.assert_array_equal(ours.predict_proba(asked), theirs.predict_proba(asked))
    np.testing.assert_array_equal(ours.predict(unseen), theirs.predict(unseen))


def test_missing_values_are_learned_from_as_scikit_learn_does() -> None:
    X, y = tracks()
    X[np.random.default_rng(2).random(len(X)) < 0.3, 1] = np.nan
    X[y == 1, 2] = np.nan
    ours, theirs = both(with_gaps(X), y)
    thresholds = np.concatenate([tree.tree_.threshold for tree in theirs.estimators_])
    assert np.isinf(thresholds).any()
    for asked in (X, with_gaps(X, seed=3), np.full((1, 5), np.nan, dtype=np.float32)):
        np.testing.assert_array_equal(ours.predict_proba(asked), theirs.predict_proba(asked))


def test_values_at_thresholds_and_beside_them() -> None:
    """Thresholds have 64 bits in scikit-learn: rounding one up would send its neighbour the other way."""
    X, y = tracks()
    X *= np.float32(1e-3)
    ours, theirs = both(X, y, n_estimators=5)
    edges = np.concatenate([t.tree_.threshold[t.tree_.feature == 0] for t in theirs.estimators_])
    beside = np.concatenate([np.nextafter(edges.astype(np.float32), np.float32(way)) for way in (-1, 1)])
    at = np.concatenate([edges.astype(np.float32), beside, [-0.0, 0.0, -3e38, 3e38]])
    asked = np.repeat(X[:1], len(at), axis=0)
    asked[:, 0] = at
    for sign in (1, -1):
        np.testing.assert_array_equal(ours.predict_proba(sign * asked), theirs.predict_proba(sign * asked))


def test_weights_count_as_in_scikit_learn() -> None:
    X, y = tracks()
    weight = np.random.default_rng(3).random(len(X)) * (1 + 9 * (y == 3))
    ours, theirs = both(X, y, weight=weight)
    np.testing.assert_array_equal(ours.predict_proba(X), theirs.predict_proba(X))
    assert (ours.predict(X) == 3).sum() > (both(X, y)[0].predict(X) == 3).sum()


def test_importances_and_out_of_bag_votes_are_those_of_scikit_learn() -> None:
    X, y = tracks()
    ours, theirs = both(X, y, n_estimators=60, oob=True)
    np.testing.assert_allclose(ours.feature_importances_, theirs.feature_importances_, rtol=1e-12)
    np.testing.assert_array_equal(ours.oob_decision_function_, theirs.oob_decision_function_)
    assert ours.oob_score_ == theirs.oob_score_


def test_a_track_that_every_tree_has_seen_has_no_out_of_bag_votes() -> None:
    X, y = tracks(rows=50)
    ours = LargeForest(n_estimators=1, oob_score=True, threads=1).fit(X, y)
    never = np.isnan(ours.oob_decision_function_).all(axis=1)
    assert 0 < never.sum() < 50
    right = ours.oob_decision_function_[~never].argmax(axis=1) == y[~never]
    assert ours.oob_score_ == right.mean()


@pytest.mark.parametrize("threads", [1, 3])
def test_neither_batches_nor_threads_change_the_forest(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    X, y = tracks()
    whole = LargeForest(n_estimators=130, threads=1, seed=3).fit(X, y)
    monkeypatch.setattr(large_forest, "BATCH_BYTES", 0)
    monkeypatch.setattr(large_forest, "SLAB", 64)
    parts = LargeForest(n_estimators=130, threads=threads, seed=3).fit(X, y)
    assert len(parts.trees_) > len(whole.trees_)
    np.testing.assert_array_equal(parts.predict_proba(X), whole.predict_proba(X))


def test_another_seed_is_another_forest() -> None:
    X, y = tracks()
    first, second = (
        LargeForest(n_estimators=9, threads=1, seed=s).fit(X, y).predict_proba(X) for s in (1, 2)
    )
    assert not np.array_equal(first, second)


def test_columns_that_tell_nothing() -> None:
    ours = LargeForest(n_estimators=5, threads=1).fit(np.ones((6, 2)), [0, 0, 0, 0, 1, 1])
    assert ours.feature_importances_.tolist() == [0, 0]
    np.testing.assert_allclose(ours.predict_proba([[1.0, 1.0]]).sum(), 1)


def test_it_takes_a_tenth_of_the_memory() -> None:
    X, y = tracks(rows=2000, genres=12)
    ours, theirs = both(X, y, n_estimators=10)
    packed = sum(array.nbytes for trees in ours.trees_ for array in trees)
    trees = [tree.tree_ for tree in theirs.estimators_]
    assert packed < 0.1 * sum(tree.__getstate__()["nodes"].nbytes + tree.value.nbytes for tree in trees)


def test_growth_stops_once_settled() -> None:
    X, y = tracks(rows=150)
    settled = LargeForest(n_estimators=2000, tolerance=0.05, threads=1, seed=3).fit(X, y)
    count = settled.n_estimators_
    assert 0 < count < 2000
    assert count % large_forest.CHECK_EVERY == 0
    assert unsettled(settled.oob_decision_function_, count) <= 0.05
    plain = LargeForest(n_estimators=count, threads=1, seed=3).fit(X, y)
    np.testing.assert_array_equal(settled.predict_proba(X), plain.predict_proba(X))


def test_what_is_unsettled_is_what_more_trees_change() -> None:
    rng = np.random.default_rng(0)
    truth = rng.dirichlet(np.ones(4), size=4000)
    for trees in (50, 400):
        votes = np.array([rng.multinomial(trees, shares) for shares in truth]) / trees
        changed = (votes.argmax(axis=1) != truth.argmax(axis=1)).mean()
        assert unsettled(votes, trees) == pytest.approx(changed, rel=0.25)


def test_unsettled_without_votes_or_choice() -> None:
    assert unsettled(np.full((3, 2), np.nan), 100) == 1
    assert unsettled(np.ones((3, 1)), 100) == 0


@given(arrays(np.float32, 20, elements=st.floats(width=32, allow_infinity=False, allow_nan=False)))
def test_keys_keep_the_order(values: Matrix) -> None:
    mapped = keys(values[:, None]).astype(np.int64)
    for one, sign in ((mapped[:, 0], 1), (mapped[:, 1], -1)):
        np.testing.assert_array_equal(
            np.sign(np.subtract.outer(one, one)),
            sign * np.sign(np.subtract.outer(values.astype(float), values.astype(float))),
        )


def test_missing_is_least_on_both_sides() -> None:
    assert keys(np.array([[np.nan], [-3e38], [3e38]], dtype=np.float32)).argmin(axis=0).tolist() == [0, 0]


def test_it_survives_the_disk(tmp_path: Path) -> None:
    X, y = tracks()
    ours = both(X, y)[0]
    skops.io.dump(ours, tmp_path / "forest.skops")
    assert skops.io.get_untrusted_types(file=tmp_path / "forest.skops") == [CLASS]
    loaded = skops.io.load(tmp_path / "forest.skops", trusted=[CLASS])
    np.testing.assert_array_equal(loaded.predict_proba(X), ours.predict_proba(X))


def changed(packed: Packed, name: str, at: int, value: int) -> Packed:
    array = getattr(packed, name).copy()
    array[at] = value
    return packed._replace(**{name: array})


@pytest.mark.parametrize(
    ("name", "at", "value"),
    [
        ("nodes", 1, 0),  # the root leads to itself, but is no leaf
        ("nodes", 1, 2**32 - 1),  # out of the tree
        ("nodes", 1, 2 << 4 | 10),  # to a column that is not there
        ("nodes", 2, 2**32 - 1),  # a leaf of a genre that is not there
        ("roots", 1, 2**40),
        ("roots", 0, -2),
        ("levels", 0, 2**40),
        ("mixtures", -1, 2**40),
        ("bounds", -1, 2**40),
        ("genres", 0, 4),
    ],
)
def test_trees_that_lead_out_of_their_tables_are_refused(
    name: str, at: int, value: int, tmp_path: Path
) -> None:
    X, y = tracks()
    ours = both(X, y, n_estimators=3, min_samples_leaf=3)[0]
    packed = Packed(*ours.trees_[0])
    check(packed, 5, 4)
    ours.trees_[0] = tuple(changed(packed, name, at, value))
    skops.io.dump(ours, tmp_path / "forest.skops")
    with pytest.raises(ModelError, match="damaged: copy the model anew"):
        skops.io.load(tmp_path / "forest.skops", trusted=[CLASS])


@pytest.mark.parametrize("name", ["roots", "mixtures", "bounds"])
def test_starts_whose_differences_overflow_are_refused(name: str) -> None:
    X, y = tracks()
    packed = Packed(*both(X, y, n_estimators=4, min_samples_leaf=3)[0].trees_[0])
    starts = getattr(packed, name)
    wrapped: Any = np.zeros(len(starts), dtype=np.int64)
    wrapped[1:5] = 2**62 + 2**40, -(2**63), -(2**62), 0
    wrapped[-1] = starts[-1]
    with np.errstate(over="ignore"):
        assert (np.diff(wrapped) >= 0).all()  # what a look at differences would believe
    with pytest.raises(ModelError, match="forest: its trees are damaged"):
        check(packed._replace(**{name: wrapped}), 5, 4)


@pytest.mark.parametrize("name", ["nodes", "roots", "bounds", "genres"])
def test_tables_that_hide_numbers_are_refused(name: str) -> None:
    X, y = tracks()
    packed = Packed(*both(X, y, n_estimators=3, min_samples_leaf=3)[0].trees_[0])
    with pytest.raises(ModelError, match="forest: its trees are damaged"):
        check(packed._replace(**{name: np.ma.MaskedArray(getattr(packed, name), mask=False)}), 5, 4)


@pytest.mark.parametrize("columns", [0, -1, 2**40])
def test_columns_that_no_link_can_name_are_refused(columns: int) -> None:
    X, y = tracks()
    packed = Packed(*both(X, y, n_estimators=3)[0].trees_[0])
    with pytest.raises(ModelError, match="forest: its trees are damaged"):
        check(packed, columns, 4)


@pytest.mark.parametrize("name", ["nodes", "genres", "shares", "levels"])
def test_tables_of_another_length_or_type_are_refused(name: str) -> None:
    X, y = tracks()
    packed = Packed(*both(X, y, n_estimators=3, min_samples_leaf=3)[0].trees_[0])
    array = getattr(packed, name)
    for wrong in (array[:-1], array.astype(np.int8), array[None]):
        with pytest.raises(ModelError, match="forest: its trees are damaged"):
            check(packed._replace(**{name: wrong}), 5, 4)


def test_a_tree_too_large_for_its_links() -> None:
    X, y = tracks()
    tree = DecisionTreeClassifier().fit(X, y).tree_
    with pytest.raises(SettingError, match="too large: raise min_samples_leaf"):
        pack([tree], 2**27)


@pytest.mark.parametrize(
    "settings",
    [
        {"n_estimators": 0},
        {"max_features": 0},
        {"min_samples_leaf": "few"},
        {"tolerance": -0.1},
        {"tolerance": 1},
        {"tolerance": float("nan")},
        {"threads": 0},
        {"threads": -1},
        {"threads": 1.5},
        {"threads": 10**9},
    ],
    ids=str,
)
def test_settings_out_of_range(settings: dict[str, Any]) -> None:
    X, y = tracks(rows=40)
    with pytest.raises(InvalidParameterError, match="must be"):
        LargeForest(**{"n_estimators": 3, "threads": 1, **settings}).fit(X, y)


@pytest.mark.parametrize("setting", [{"threads": 0}, {"threads": None}, {"tolerance": 2.0}], ids=str)
def test_a_file_with_settings_out_of_range(setting: dict[str, Any], tmp_path: Path) -> None:
    X, y = tracks(rows=40)
    ours = LargeForest(n_estimators=3, threads=1).fit(X, y).set_params(**setting)
    skops.io.dump(ours, tmp_path / "forest.skops")
    with pytest.raises(ModelError, match=r"forest: The '\w+' parameter .* must be .*: copy the model anew"):
        skops.io.load(tmp_path / "forest.skops", trusted=[CLASS])


def test_without_numba(monkeypatch: pytest.MonkeyPatch) -> None:
    X, y = tracks(rows=40)
    ours = LargeForest(n_estimators=3, threads=1).fit(X, y)
    monkeypatch.setitem(sys.modules, "genrelab.models._tree_walk", None)
    with pytest.raises(MissingExtra, match=r"numba is not installed: pip install 'genrelab\[fast\]'"):
        ours.predict_proba(X)
    with pytest.raises(MissingExtra, match="numba is not installed"):  # before anything is grown
        LargeForest(n_estimators=3, threads=1).fit(X, y)


@pytest.mark.data("capstone12")
def test_on_real_tracks(data: Path) -> None:
    binned = taxonomy.bin(table.read(data / "capstone12").tracks[::8], "capstone12").tracks
    X = binned.select(DESCRIPTORS).to_numpy().astype(np.float32)
    y = np.array(binned["genre"].to_list())
    ours, theirs = both(X[::2], y[::2], n_estimators=20)
    np.testing.assert_array_equal(ours.predict_proba(X), theirs.predict_proba(X))
    assert 0.38 < (ours.predict(X[1::2]) == y[1::2]).mean() < 0.6
