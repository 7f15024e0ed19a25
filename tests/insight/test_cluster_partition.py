"""Partitions: sizes in order, nearest centres, silhouettes and agreement."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import silhouette_score

from genrelab.insight import cluster_partition
from genrelab.insight.cluster_points import Values


@pytest.fixture
def heaps() -> Values:
    """Three heaps of 60, 30 and 10 points, far apart."""
    rng = np.random.default_rng(0)
    return np.vstack([rng.normal(at, 0.2, (n, 2)) for at, n in ((0, 30), (5, 60), (9, 10))])


def test_heaps_are_found_the_largest_first(heaps: Values) -> None:
    found = cluster_partition.partition(heaps, 3, seed=0)
    assert np.bincount(found.codes).tolist() == [60, 30, 10]
    assert np.allclose(found.centres, [[5, 5], [0, 0], [9, 9]], atol=0.3)
    inside = sum(((heaps[found.codes == c] - found.centres[c]) ** 2).sum() for c in range(3))
    assert found.inertia == pytest.approx(inside)


def test_the_nearest_centre_is_the_cluster(heaps: Values) -> None:
    found = cluster_partition.partition(heaps, 7, seed=0)
    assert (cluster_partition.nearest(heaps, found.centres) == found.codes).all()


def test_silhouette_is_that_of_scikit_learn_and_counts_its_sample(
    heaps: Values, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = cluster_partition.partition(heaps, 3, seed=0).codes
    value, rows = cluster_partition.silhouette(heaps, codes, seed=0)
    assert value == pytest.approx(silhouette_score(heaps, codes))
    assert rows == 100
    monkeypatch.setattr(cluster_partition, "SILHOUETTE_ROWS", 40)
    sampled, rows = cluster_partition.silhouette(heaps, codes, seed=0)
    assert sampled == pytest.approx(value, abs=0.1)
    assert rows == 40


def test_silhouette_of_one_cluster_is_none(heaps: Values) -> None:
    value, _ = cluster_partition.silhouette(heaps, np.zeros(100, dtype=np.int64), seed=0)
    assert math.isnan(value)


def test_agreement_is_about_0_by_chance() -> None:
    rng = np.random.default_rng(1)
    assert abs(cluster_partition.agreement([rng.integers(0, 5, 3000) for _ in range(4)])) < 0.01
