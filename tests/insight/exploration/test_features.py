"""Scores of features, and principal components."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy.stats import f_oneway

from genrelab.identity import vector_columns
from genrelab.insight.exploration import Exploration, explore


def test_f_and_p_are_those_of_scipy(songs: pl.DataFrame, found: Exploration) -> None:
    once = songs.unique([*vector_columns(songs), "genre"], maintain_order=True).drop_nulls("genre")
    parts = [part["valence"].to_numpy() for _, part in once.group_by("genre")]
    expected = f_oneway(*parts)
    row = found.scores.filter(column="valence").row(0, named=True)
    assert row["f"] == pytest.approx(expected.statistic)
    assert row["p"] == pytest.approx(expected.pvalue)
    assert found.scores["f"].is_sorted(descending=True)


def test_what_tells_genres_apart_scores_best() -> None:
    rng = np.random.default_rng(0)
    genre = rng.integers(0, 2, 600)
    away = np.where(genre == 1, rng.choice([-1, 1], 600) * 0.3 + 0.5, 0.5) + rng.normal(0, 0.02, 600)
    table = {
        "energy": genre * 0.5 + rng.normal(0, 0.1, 600),
        "valence": away,
        "liveness": rng.uniform(size=600),
    }
    seen = explore(pl.DataFrame({**table, "genre": [f"g{g}" for g in genre]}), "genre")
    scores = {row["column"]: row for row in seen.scores.iter_rows(named=True)}
    assert seen.scores["column"][0] == "energy"
    assert scores["energy"]["p"] < 1e-100
    # Averages are the same, but knowing the value tells the genre.
    assert scores["valence"]["p"] > 1e-4
    assert scores["valence"]["mutual_information"] > 0.5
    assert scores["liveness"]["mutual_information"] < 0.1


def test_gaps_do_not_tell_genres() -> None:
    """A column that two of three genres have is scored over the tracks of these two alone."""
    rng = np.random.default_rng(0)
    table = pl.DataFrame(
        {"genre": ["a", "b", "c"] * 200, "energy": rng.uniform(size=600), "duration": rng.uniform(size=600)}
    )
    gone = table.with_columns(
        duration=pl.when(pl.col("genre") != "c").then("duration"),
        tempo=pl.when(pl.col("genre") == "a").then("energy"),
    )
    scores = explore(gone, "genre").scores.sort("column")
    assert scores.select("column", "tracks").rows() == [("duration", 400), ("energy", 600)]
    row = scores.row(0, named=True)
    filled = gone.drop_nulls("duration")
    expected = f_oneway(*(part["duration"].to_numpy() for _, part in filled.group_by("genre")))
    assert (row["f"], row["p"]) == (pytest.approx(expected.statistic), pytest.approx(expected.pvalue))
    assert row["mutual_information"] < 0.1
    alone = explore(filled, "genre", ["duration"]).scores
    assert alone["mutual_information"][0] == row["mutual_information"]


def test_repeated_tracks_do_not_look_like_information() -> None:
    rng = np.random.default_rng(0)
    once = pl.DataFrame(
        rng.uniform(size=(300, 7)),
        ["energy", "valence", "liveness", "danceability", "tempo", "mode", "speechiness"],
    )
    once = once.with_columns(genre=pl.Series(rng.choice(["a", "b", "c"], 300)))
    alone, repeated = (explore(table, "genre").scores for table in (once, pl.concat([once] * 5)))
    assert repeated["mutual_information"].max() == alone["mutual_information"].max()


def test_components_explain_everything_together(found: Exploration) -> None:
    assert found.components is not None
    variance = found.components.variance
    assert variance["cumulative"][-1] == pytest.approx(1)
    assert variance["share"].is_sorted(descending=True)
    enough = found.components.explaining()
    assert variance["cumulative"][enough - 1] >= 0.9 > variance["cumulative"][enough - 2]


def test_loadings_are_correlations(found: Exploration) -> None:
    """The squares of a column's correlations with all components add up to its variance, 1."""
    assert found.components is not None
    squares = found.components.loadings.group_by("column").agg(pl.col("loading").pow(2).sum())
    assert squares["loading"].to_list() == pytest.approx([1.0] * squares.height)


def test_columns_that_say_the_same_are_one_component() -> None:
    a = np.random.default_rng(0).normal(size=50)
    seen = explore(pl.DataFrame({"x": a, "y": 2 * a + 1}))
    assert seen.components is not None
    assert seen.components.explaining() == 1
    assert seen.components.loadings["loading"].abs().to_list() == pytest.approx([1, 0, 1, 0], abs=1e-7)
