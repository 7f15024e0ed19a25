"""How many clusters: the right number where there is one, and a plain word where there is none."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from genrelab.errors import SettingError
from genrelab.insight import cluster_choice
from genrelab.insight.cluster_choice import choose_k


@pytest.fixture(scope="module")
def four() -> pl.DataFrame:
    rng = np.random.default_rng(0)
    tempo = np.concatenate([rng.normal(at, 1, 40) for at in (60, 90, 120, 150)])
    return pl.DataFrame({"tempo": tempo, "energy": rng.uniform(0, 1, 160) * 0.01})


def test_four_heaps_are_found(four: pl.DataFrame) -> None:
    choice = choose_k(four, low=2, high=7, scaled=False, threads=1)
    assert choice.k == 4
    assert "The silhouette recommends 4 clusters" in choice.said
    assert "clear clusters" in choice.said
    assert choice.table["k"].to_list() == [2, 3, 4, 5, 6, 7]
    assert choice.table["stability"][2] == 1
    assert choice.table["stability"][5] < 1
    assert choice.table["inertia"].is_sorted(descending=True)
    assert choice.rows == choice.silhouette_rows == 160


def test_noise_has_no_clusters() -> None:
    noise = pl.DataFrame(np.random.default_rng(0).normal(size=(300, 8)), schema=[f"f{i}" for i in range(8)])
    choice = choose_k(noise, noise.columns, low=2, high=4, seeds=2, threads=1)
    assert "no clear clusters for any number tried" in choice.said


def test_large_tables_are_sampled_and_it_is_told(four: pl.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_choice, "STABILITY_ROWS", 50)
    assert choose_k(four, low=2, high=3, seeds=2, threads=1).rows == 50


def test_a_number_is_recommended_where_no_silhouette_is_defined() -> None:
    choice = choose_k(pl.DataFrame({"tempo": [60.0, 90.0]}), low=2, high=2, threads=1)
    assert (choice.k, choice.said) == (
        2,
        "The silhouette is not defined here; 2 clusters is the least that was tried.",
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"low": 1}, "range 1-20: is none"),
        ({"low": 9, "high": 8}, "range 9-8: is none"),
        ({"high": 500}, "range: 500 clusters asked for, of 160 different tracks"),
        ({"seeds": 1}, "seeds: 1 cannot be compared"),
    ],
)
def test_ranges_that_are_none(four: pl.DataFrame, given: dict[str, int], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        choose_k(four, threads=1, **given)  # type: ignore[arg-type]  # numbers by name
