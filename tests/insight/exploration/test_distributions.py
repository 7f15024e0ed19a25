"""Ranges, histograms and densities."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from genrelab.insight.exploration import Exploration, distributions
from genrelab.insight.exploration.distributions import density, edges


def test_ranges_are_those_of_numpy(songs: pl.DataFrame, found: Exploration) -> None:
    known = songs["loudness"].drop_nulls().to_numpy()
    row = found.ranges.filter(column="loudness").row(0, named=True)
    quartiles = np.quantile(known, (0, 0.25, 0.5, 0.75, 1))
    assert [row[name] for name in ("min", "q1", "median", "q3", "max")] == pytest.approx(quartiles)
    assert (row["genre"], row["tracks"]) == (None, 496)
    assert row["mean"] == pytest.approx(known.mean())
    width = 1.5 * (row["q3"] - row["q1"])
    inside = known[(known >= row["q1"] - width) & (known <= row["q3"] + width)]
    assert (row["lower"], row["upper"], row["beyond"]) == (inside.min(), inside.max(), 496 - len(inside))


def test_every_value_is_in_one_bin_of_its_genre(found: Exploration) -> None:
    binned = found.histograms.group_by("column", "genre").agg(pl.col("tracks").sum().alias("binned"))
    joined = found.ranges.join(binned, on=["column", "genre"], nulls_equal=True)
    assert joined.height == found.ranges.height
    assert joined["tracks"].to_list() == joined["binned"].to_list()


def test_bins_are_the_same_for_all_genres(found: Exploration) -> None:
    limits = found.histograms.group_by("column", "low", "high").len()
    assert set(limits["len"]) == {len(found.genres) + 1}


@pytest.mark.parametrize("scale", [1e-9, 1, 1e9])
def test_bins_end_at_round_numbers(scale: float) -> None:
    limits = edges(scale * np.random.default_rng(0).uniform(0.013, 0.987, 5000))
    assert 16 <= len(limits) - 1 <= 33
    assert np.diff(limits) == pytest.approx(np.diff(limits)[0])


def test_one_wrong_value_does_not_squeeze_the_others() -> None:
    limits = edges(np.append(np.random.default_rng(0).uniform(0, 1, 5000), 1e6))
    assert limits[-1] <= 1.05


@pytest.mark.parametrize(
    "known", [[0.3], [0.3, 0.3], [1e300, 1e300], [1e15, 1e15 + 1], [-5.0, 5.0], [0.1] * 5000 + [9.0]]
)
def test_bins_of_few_values_hold_them(known: list[float]) -> None:
    limits = edges(np.array(known))
    assert (np.diff(limits) > 0).all() or max(known) > 1e14
    assert limits[0] <= known[0] <= limits[-1]


def test_a_density_stays_inside_its_bounds() -> None:
    known = np.abs(np.random.default_rng(0).normal(0, 0.1, 20_000))
    grid = np.linspace(0, 1, 128)
    leaking, kept = density(known, grid), density(known, grid, (0.0, 1.0))
    assert leaking is not None
    assert kept is not None
    assert kept.sum() * grid[1] > leaking.sum() * grid[1]
    assert kept[0] == pytest.approx(2 * 1 / (0.1 * np.sqrt(2 * np.pi)), rel=0.05)


def test_densities_integrate_to_one(found: Exploration) -> None:
    curve = found.densities.filter(column="valence").filter(pl.col("genre").is_null())
    area = np.trapezoid(curve["density"], curve["value"])
    assert area == pytest.approx(1, abs=0.03)


def test_equal_values_have_no_density() -> None:
    assert density(np.full(9, 0.5), np.linspace(0, 1, 9)) is None
    assert density(np.zeros(0), np.linspace(0, 1, 9)) is None
    assert distributions.fences(0.0, 0.0) == (0.0, 0.0)
