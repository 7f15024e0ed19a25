"""Correlations and pairs."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from genrelab.insight.exploration import Exploration, explore, relations
from genrelab.insight.exploration.relations import pearson


def test_correlations_are_those_of_numpy_where_both_are_known() -> None:
    values = np.random.default_rng(0).normal(size=(200, 3)) @ np.array([[1, 0.5, 0], [0, 1, 0.3], [0, 0, 1]])
    values[:, 2] += 1e8  # a large mean must not eat the digits
    values[:20, 0], values[10:40, 1] = np.nan, np.nan
    tracks, found = pearson(values)
    for i, j in ((0, 1), (0, 2), (1, 2)):
        both = values[~np.isnan(values[:, [i, j]]).any(axis=1)]
        assert tracks[i, j] == len(both)
        assert found[i, j] == pytest.approx(np.corrcoef(both[:, i], both[:, j])[0, 1], abs=1e-6)


def test_a_constant_correlates_with_nothing() -> None:
    seen = explore(pl.DataFrame({"energy": [0.1, 0.2, 0.3], "mode": [1, 1, 1]}))
    assert seen.correlations.filter(column="energy", other="mode")["correlation"].to_list() == [None]


def test_points_say_how_many_of_how_many(
    songs: pl.DataFrame, found: Exploration, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [(pair.x, pair.y) for pair in found.pairs] == list(relations.PAIRS)
    loudness = found.pairs[1]
    assert (loudness.of, loudness.points.height) == (496, 496)
    monkeypatch.setattr(relations, "POINTS", 50)
    one, same, other = (
        explore(songs, "genre", ["tempo", "energy"], seed=seed).pairs[0] for seed in (0, 0, 1)
    )
    assert (one.of, one.points.height) == (501, 50)
    assert one.points.equals(same.points)
    assert not one.points.equals(other.points)


def test_points_keep_their_genre(songs: pl.DataFrame, found: Exploration) -> None:
    genre = found.genres[2]
    pair = found.pairs[0]
    expected = songs.filter(genre=genre).select(x="tempo", y="energy").sort("x", "y")
    drawn = pair.points.filter(genre=genre).select("x", "y").sort("x", "y")
    assert drawn.equals(expected)
    own = dict(pair.correlations.select("genre", "correlation").iter_rows())[genre]
    assert own == pytest.approx(np.corrcoef(expected["x"], expected["y"])[0, 1])


def test_without_the_usual_columns_the_strongest_pair_is_drawn() -> None:
    rng = np.random.default_rng(0)
    a = rng.normal(size=300)
    seen = explore(
        pl.DataFrame({"mfcc_1": a, "mfcc_2": rng.normal(size=300), "mfcc_3": a + 0.1 * rng.normal(size=300)})
    )
    assert seen.columns == ("mfcc_1", "mfcc_2", "mfcc_3")
    assert (seen.pairs[0].x, seen.pairs[0].y) == ("mfcc_1", "mfcc_3")
