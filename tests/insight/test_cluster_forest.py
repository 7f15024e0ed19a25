"""The forest that learns to find clusters."""

from __future__ import annotations

import numpy as np
import pytest

from genrelab.insight import cluster_forest


def test_the_feature_that_makes_the_clusters_does_the_work() -> None:
    values = np.random.default_rng(0).uniform(size=(400, 3))
    codes = (values[:, 1] > 0.3).astype(np.int64)
    forest = cluster_forest.learn(values, codes, ["a", "b", "c"], trees=20, seed=0, threads=1)
    assert forest.accuracy > 0.97
    assert forest.floor == pytest.approx(0.7, abs=0.05)
    assert next(iter(forest.importance)) == "b"
    assert (forest.trees, forest.train_rows, forest.test_rows) == (20, 300, 100)


def test_clusters_by_chance_cannot_be_found() -> None:
    rng = np.random.default_rng(0)
    values, codes = rng.uniform(size=(400, 3)), rng.integers(0, 4, 400)
    assert cluster_forest.learn(values, codes, list("abc"), trees=20, seed=0, threads=1).accuracy < 0.4


def test_large_tables_are_sampled_and_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_forest, "MOST_ROWS", 80)
    values = np.random.default_rng(0).uniform(size=(400, 1))
    forest = cluster_forest.learn(
        values, np.where(values[:, 0] > 0.5, 1, 0), ["a"], trees=2, seed=0, threads=1
    )
    assert (forest.train_rows, forest.test_rows) == (60, 20)


def test_a_cluster_of_one_track_does_not_stop_it() -> None:
    values = np.arange(9.0)[:, None]
    forest = cluster_forest.learn(values, np.array([0] * 8 + [1]), ["a"], trees=2, seed=0, threads=1)
    assert 0 <= forest.accuracy <= 1
