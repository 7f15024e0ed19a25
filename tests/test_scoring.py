"""Scores against scikit-learn and plain loops; intervals against what clustering does to them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score
from sklearn.metrics import log_loss as sklearn_log_loss

from genrelab import scoring
from genrelab.scoring import (
    Coverage,
    Score,
    calibration_error_by_chance,
    find_coverage,
    measure_coverage,
    score,
)

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


def drawn(seed: int, rows: int = 200, genres: int = 4, skill: float = 1.0) -> tuple[Floats, Codes]:
    """Probabilities that know something of the truth."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, genres, rows)
    strength = np.exp(rng.normal(size=(rows, genres)) + skill * np.eye(genres)[truth])
    return strength / strength.sum(axis=1, keepdims=True), truth


def values(probabilities: Floats, truth: Codes) -> dict[str, float]:
    return {n: s.value for n, s in score(probabilities, truth, np.arange(len(truth))).items()}


def calibration_error(probabilities: Floats, truth: Codes, bins: int = 15) -> float:
    """The definition, one bin after the other."""
    error = 0.0
    for i in range(bins):
        inside = [
            (max(p), int(np.argmax(p) == t))
            for p, t in zip(probabilities, truth, strict=True)
            if i / bins <= max(p) < (i + 1) / bins or (i == bins - 1 and max(p) == 1)
        ]
        if inside:
            confidence, right = np.mean(inside, axis=0)
            error += len(inside) / len(truth) * abs(right - confidence)
    return error


@pytest.mark.parametrize("rows", [200, 2000])
def test_true_confidence_has_the_error_that_chance_leaves(rows: int) -> None:
    """Truths are drawn from the probabilities themselves, so that these are as true as can be."""
    p, _ = drawn(0, rows)
    rng = np.random.default_rng(1)
    truths = ((rng.random((rows, 1)) > p.cumsum(axis=1)[:, :-1]).sum(axis=1) for _ in range(200))
    found = np.mean([calibration_error(p, truth) for truth in truths])
    assert calibration_error_by_chance(p.max(axis=1)) == pytest.approx(found, rel=0.04)


def test_chance_leaves_as_much_of_bins_as_of_their_tracks() -> None:
    sure, counts = np.array([0.31, 0.52, 0.97]), np.array([40.0, 200.0, 3.0])
    each = np.repeat(sure, counts.astype(int))
    assert calibration_error_by_chance(sure, counts) == pytest.approx(calibration_error_by_chance(each))


@pytest.mark.filterwarnings("ignore:A single label was found:UserWarning")
@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), rows=st.integers(1, 80), genres=st.integers(2, 7), skill=st.floats(-2, 4))
def test_values_are_scikit_learns(seed: int, rows: int, genres: int, skill: float) -> None:
    p, truth = drawn(seed, rows, genres, skill)
    guess, found = p.argmax(axis=1), values(p, truth)
    occurring = sorted(set(truth) | set(guess))
    assert found["accuracy"] == pytest.approx(accuracy_score(truth, guess), abs=1e-12)
    assert found["macro_f1"] == pytest.approx(
        f1_score(truth, guess, average="macro", labels=occurring), abs=1e-12
    )
    assert found["log_loss"] == pytest.approx(sklearn_log_loss(truth, p, labels=range(genres)), abs=1e-9)
    assert found["calibration_error"] == pytest.approx(calibration_error(p, truth), abs=1e-12)
    if set(guess) <= set(truth):  # scikit-learn warns of labels that never occur
        assert found["balanced_accuracy"] == pytest.approx(balanced_accuracy_score(truth, guess), abs=1e-12)


def test_a_genre_that_never_occurs_has_no_recall() -> None:
    p = np.array([[0.8, 0.1, 0.1], [0.1, 0.1, 0.8], [0.2, 0.7, 0.1]])
    assert values(p, np.array([0, 1, 1]))["balanced_accuracy"] == pytest.approx((1 + 0.5) / 2)


def test_certainty_that_is_wrong_costs_much_but_not_everything() -> None:
    found = values(np.array([[1.0, 0.0]]), np.array([1]))
    assert 30 < found["log_loss"] < 40
    assert found["calibration_error"] == 1


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), artists=st.integers(1, 60))
def test_the_order_of_rows_and_the_names_of_artists_do_not_matter(seed: int, artists: int) -> None:
    p, truth = drawn(seed, rows=80)
    rng = np.random.default_rng(seed)
    groups = rng.integers(0, artists, 80)
    order = rng.permutation(80)
    first = score(p, truth, groups, seed=seed, new_share=0.2)
    second = score(p[order], truth[order], groups[order] * 7 + 3, seed=seed, new_share=0.2)
    for name, found in first.items():
        other = second[name]
        np.testing.assert_allclose(
            (found.value, found.low, found.high), (other.value, other.low, other.high), atol=1e-9
        )


def test_the_same_seed_draws_the_same_interval() -> None:
    p, truth = drawn(0)
    first, second, other = (score(p, truth, truth, seed=seed)["accuracy"] for seed in (1, 1, 2))
    assert first == second
    assert first != other


@pytest.mark.parametrize("new_share", [None, 0.2, 1.0])
def test_intervals_hold_their_value(new_share: float | None) -> None:
    p, truth = drawn(0, rows=300)
    for found in score(p, truth, np.arange(300) // 3, new_share=new_share).values():
        assert found.low < found.value < found.high
        assert found.holds(found.value)
        assert not found.holds(found.high + 1e-9)


def test_tracks_that_hang_together_widen_the_interval() -> None:
    """Ten tracks an artist that are right or wrong together tell no more than one."""
    right = np.random.default_rng(0).random(60) < 0.6
    p = np.where(np.repeat(right, 10)[:, None], [0.9, 0.1], [0.1, 0.9])
    truth = np.zeros(600, dtype=np.int64)
    together = score(p, truth, np.repeat(np.arange(60), 10))["accuracy"]
    apart = score(p, truth, np.arange(600))["accuracy"]
    assert together.value == apart.value
    assert (together.high - together.low) / (apart.high - apart.low) == pytest.approx(np.sqrt(10), rel=0.15)


def test_the_interval_is_that_of_the_binomial_where_tracks_are_independent() -> None:
    p = np.where(np.arange(1000)[:, None] < 700, [0.9, 0.1], [0.1, 0.9])
    found = score(p, np.zeros(1000, dtype=np.int64), np.arange(1000))["accuracy"]
    assert found.value == 0.7
    assert found.high - found.low == pytest.approx(2 * 1.96 * np.sqrt(0.7 * 0.3 / 1000), rel=0.1)


def test_a_new_collection_is_less_sure_the_smaller_it_is() -> None:
    p, truth = drawn(0, rows=600)
    widths = []
    for share in (None, 1.0, 0.2, 0.05):
        found = score(p, truth, np.arange(600), new_share=share)["accuracy"]
        widths.append(found.high - found.low)
    # Variances add: that of the estimate, and that of the collection, which grows as it shrinks.
    np.testing.assert_allclose(np.square(widths) / widths[0] ** 2, [1, 2, 6, 21], rtol=0.3)


def test_one_artist_alone_says_nothing_of_others() -> None:
    found = score(*drawn(0, rows=20), np.zeros(20, dtype=np.int64))["accuracy"]
    assert found.low == pytest.approx(found.value)
    assert found.high == pytest.approx(found.value)


def test_bins_of_confidence() -> None:
    confidence = np.array([0.0, 1 / 15 - 1e-9, 0.5, 1 - 1e-9, 1.0])
    assert scoring.confidence_bins(confidence).tolist() == [0, 0, 7, 14, 14]


def coverage(probabilities: Floats, truth: Codes, promised: float) -> Coverage:
    """The lowest threshold that keeps the promise on thirty tracks or more, by trying each."""
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == truth
    for threshold in np.unique(confidence):
        kept = right[confidence >= threshold]
        if len(kept) >= 30 and kept.mean() >= promised:
            return Coverage(promised, float(threshold), len(kept) / len(truth), float(kept.mean()))
    return Coverage(promised, None, 0.0, None)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    rows=st.integers(1, 150),
    digits=st.integers(1, 4),
    promised=st.sampled_from([0.5, *scoring.PROMISES, 1.0]),
)
def test_coverage_is_the_lowest_threshold_that_keeps_the_promise(
    seed: int, rows: int, digits: int, promised: float
) -> None:
    p, truth = drawn(seed, rows, genres=3, skill=2)
    p = p.round(digits)
    found, expected = find_coverage(p, truth, promised), coverage(p, truth, promised)
    assert found.threshold == expected.threshold
    assert found.share == pytest.approx(expected.share)
    assert found.kept == pytest.approx(expected.kept)


def test_luck_keeps_no_promise() -> None:
    p = np.full((29, 2), [0.9, 0.1])
    assert find_coverage(p, np.zeros(29, dtype=np.int64), 0.7) == Coverage(0.7, None, 0.0, None)
    p = np.full((30, 2), [0.9, 0.1])
    assert find_coverage(p, np.zeros(30, dtype=np.int64), 0.7) == Coverage(0.7, 0.9, 1.0, 1.0)


def test_a_threshold_is_measured_elsewhere() -> None:
    announced = Coverage(0.9, 0.7, 0.5, 0.95)
    p = np.array([[0.7, 0.3], [0.8, 0.2], [0.6, 0.4], [0.2, 0.8]])
    assert measure_coverage(p, np.array([0, 1, 0, 1]), announced) == Coverage(0.9, 0.7, 0.75, 2 / 3)


def test_a_threshold_that_nothing_reaches_keeps_nothing() -> None:
    announced = Coverage(0.9, 0.99, 0.1, 0.95)
    assert measure_coverage(np.array([[0.7, 0.3]]), np.array([0]), announced) == Coverage(
        0.9, 0.99, 0.0, None
    )
    none = Coverage(0.9, None, 0.0, None)
    assert measure_coverage(np.array([[1.0, 0.0]]), np.array([0]), none) == none


def test_found_and_measured_on_the_same_tracks_agree() -> None:
    p, truth = drawn(0, rows=500, skill=2)
    for promised in scoring.PROMISES:
        found = find_coverage(p, truth, promised)
        again = measure_coverage(p, truth, found)
        assert again.share == pytest.approx(found.share)
        assert again.kept == pytest.approx(found.kept)


def test_score_holds_its_ends() -> None:
    assert Score(0.5, 0.4, 0.6).holds(0.4)
    assert Score(0.5, 0.4, 0.6).holds(0.6)
    assert not Score(0.5, 0.4, 0.6).holds(0.39)


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 10_000), rows=st.integers(1, 60), genres=st.integers(3, 6), digits=st.integers(1, 9)
)
def test_top_2_accuracy_counts_the_two_that_come_first(
    seed: int, rows: int, genres: int, digits: int
) -> None:
    p, truth = drawn(seed, rows, genres)
    p = p.round(digits)
    first = np.argsort(-p, axis=1, kind="stable")[:, :2]
    expected = np.mean([t in two for t, two in zip(truth, first, strict=True)])
    assert values(p, truth)["top_2_accuracy"] == pytest.approx(expected)
