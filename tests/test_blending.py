"""The pool of probabilities: its algebra, and weights against a search by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from genrelab.blending import logarithms, pool, weigh

Floats = NDArray[np.float64]


def members(seed: int, count: int = 2, rows: int = 120, genres: int = 3) -> tuple[Floats, NDArray[np.int64]]:
    """Log probabilities of members of falling skill."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, genres, rows)
    skills = np.linspace(1.5, 0.5, count)[:, None, None]
    strength = np.exp(rng.normal(size=(count, rows, genres)) + skills * np.eye(genres)[truth])
    return logarithms(strength / strength.sum(axis=2, keepdims=True)), truth


def loss(logs: Floats, truth: NDArray[np.int64], weights: Floats, shares: Floats | None = None) -> float:
    own = pool(logs, weights)[np.arange(len(truth)), truth]
    return float(np.average(-np.log(own), weights=shares))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 999), count=st.integers(1, 4))
def test_a_pool_is_a_probability(seed: int, count: int) -> None:
    logs, _ = members(seed, count)
    pooled = pool(logs, np.random.default_rng(seed).random(count) * 3)
    assert (pooled >= 0).all()
    np.testing.assert_allclose(pooled.sum(axis=1), 1, atol=1e-12)


def test_one_member_of_weight_one_speaks_for_itself() -> None:
    logs, _ = members(0, 1)
    np.testing.assert_allclose(pool(logs, np.array([1.0])), np.exp(logs[0]), atol=1e-9)


def test_a_weight_sharpens_and_changes_no_label() -> None:
    logs, _ = members(0, 1)
    flat, sharp = (pool(logs, np.array([w])) for w in (0.3, 3.0))
    assert (flat.argmax(axis=1) == sharp.argmax(axis=1)).all()
    assert (flat.max(axis=1) < sharp.max(axis=1)).all()


def test_no_member_may_veto() -> None:
    logs = logarithms(np.array([[[1.0, 0.0]], [[0.4, 0.6]]]))
    assert np.isfinite(logs).all()
    assert pool(logs, np.array([0.01, 1.0])).argmax() == 1


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 999), shares=st.booleans())
def test_no_other_weights_do_better(seed: int, shares: bool) -> None:
    logs, truth = members(seed)
    counts = np.random.default_rng(seed).uniform(0.1, 5, len(truth)) if shares else None
    found = weigh(logs, truth, counts)
    assert (found >= 0).all()
    best = loss(logs, truth, found, counts)
    grid = np.linspace(0, 3, 13)
    others = [loss(logs, truth, np.array([a, b]), counts) for a in grid for b in grid]
    assert best <= min(others) + 1e-6


def test_overconfidence_is_cooled_and_modesty_sharpened() -> None:
    rng = np.random.default_rng(0)
    honest = rng.dirichlet([1, 1, 1], 4000)
    truth = np.array([rng.choice(3, p=p) for p in honest])
    for power in (0.5, 1.0, 2.0):
        bent = honest**power / (honest**power).sum(axis=1, keepdims=True)
        assert weigh(logarithms(bent[None]), truth)[0] == pytest.approx(1 / power, rel=0.1)


def test_rows_count_as_often_as_they_weigh() -> None:
    logs, truth = members(0)
    times = np.random.default_rng(1).integers(1, 4, len(truth))
    repeated = weigh(np.repeat(logs, times, axis=1), np.repeat(truth, times))
    np.testing.assert_allclose(weigh(logs, truth, times.astype(np.float64)), repeated, atol=1e-4)


def test_a_member_that_knows_nothing_gets_next_to_nothing() -> None:
    logs, truth = members(0, rows=2000)
    noise = logarithms(np.random.default_rng(1).dirichlet([1, 1, 1], 2000))
    weights = weigh(np.stack([logs[0], noise]), truth)
    assert weights[1] < 0.1 * weights[0]
