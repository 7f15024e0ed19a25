"""Doing again what others did: their rows, their leaks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from sklearn.model_selection import train_test_split

from genrelab import dataset, schema
from genrelab.errors import SettingError
from genrelab.insight.repetition import Protocol, balanced, part_rows, repeat
from genrelab.recipe import Recipe

ROWS = Protocol((("test", 0.25, 24), ("validation", 0.25, 24)), stratified=True)


def songs(n: int = 240) -> dataset.Dataset:
    tracks = schema.sample(n, 0, ("jazz", "pop", "rock")).with_columns(
        energy=pl.when(pl.col("genre") == "rock").then(0.9).otherwise(pl.col("energy") / 2)
    )
    return dataset.make(tracks, split="row")


def test_the_parts_are_scikit_learns() -> None:
    whole = songs()
    rows = np.arange(len(whole))
    left, test = train_test_split(rows, test_size=0.25, random_state=24, stratify=whole.truth)
    left, validation = train_test_split(left, test_size=0.25, random_state=24, stratify=whole.truth[left])
    train, parts = part_rows(whole, ROWS)
    np.testing.assert_array_equal(train, left)
    np.testing.assert_array_equal(parts["test"], test)
    np.testing.assert_array_equal(parts["validation"], validation)


def test_every_part_is_scored() -> None:
    found = repeat(songs(), Recipe("decision_tree", {"min_samples_leaf": 5}), ROWS, threads=1)
    assert sum(found[f"test support {genre}"] for genre in ("jazz", "pop", "rock")) == 60
    assert found["test recall rock"] == 1.0
    assert 0.3 < found["validation accuracy"] < 1
    assert found["test macro_f1"] == pytest.approx(
        np.mean([found[f"test f1 {genre}"] for genre in ("jazz", "pop", "rock")])
    )


def test_genres_are_cut_down_to_the_rarest_as_pandas_draws() -> None:
    tracks = schema.sample(300, 0, ("jazz", "pop")).with_row_index("place")
    rare = tracks.filter((pl.col("genre") == "pop") | (pl.col("place") % 3 == 0))
    whole = dataset.make(rare, split="row")
    counts = np.bincount(whole.truth)
    cut = balanced(whole, 10)
    assert np.bincount(cut.truth).tolist() == [counts.min()] * 2
    drawn = rare.to_pandas().query("genre == 'pop'").sample(n=int(counts.min()), random_state=10)
    assert cut.tracks.filter(pl.col("genre") == "pop")["place"].to_list() == drawn["place"].to_list()


def test_selection_before_the_split_leaks_and_inside_it_does_not() -> None:
    """The leak that is repeated on purpose must be one: columns of noise, the best chosen on all rows."""
    rng = np.random.default_rng(0)
    noise = {f"noise_{i}": rng.normal(size=160) for i in range(600)}
    tracks = pl.DataFrame({**noise, "genre": ["jazz", "pop"] * 80})
    whole = dataset.make(tracks, columns=tuple(noise), split="row")
    recipe = Recipe("logistic", {}, "plain", ("anova:20",))
    inside = Protocol(folds=4)
    before = replace(inside, steps_first=True)
    leaked, fair = (repeat(whole, recipe, p, threads=1)["cv accuracy"] for p in (before, inside))
    assert leaked > 0.7
    assert abs(fair - 0.5) < 0.12


def test_a_protocol_needs_parts_or_folds() -> None:
    with pytest.raises(SettingError, match="neither parts nor folds"):
        repeat(songs(), Recipe("majority"), Protocol())
