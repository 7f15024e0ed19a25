"""Which columns and genres are looked at."""

from __future__ import annotations

import polars as pl
import pytest

from genrelab import schema
from genrelab.insight.exploration import explore, view
from genrelab.insight.exploration.view import look


def test_blank_genres_are_none() -> None:
    seen = look(pl.DataFrame({"genre": ["a", " ", None, "b", "b"], "energy": [0.1] * 5}), "genre")
    assert seen.names == ("b", "a")
    assert seen.codes.tolist() == [1, -1, -1, 0, 0]


def test_columns_are_those_that_describe_a_track() -> None:
    assert look(schema.sample(9, seed=0), "genre").columns[-3:] == ("release_year", "duration", "popularity")
    assert look(schema.sample(9, seed=0), "genre", ["tempo", "tempo"]).columns == ("tempo",)


def test_other_real_numbers_count_where_descriptors_are_few() -> None:
    features = pl.DataFrame({"tempo": [90.0], "mfcc_1": [0.1], "listens": [7], "genre": ["a"]})
    assert look(features, "genre").columns == ("tempo", "mfcc_1")
    assert look(features.select("listens"), None).columns == ("listens",)


def test_too_many_genres_and_columns_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view, "MOST_GENRES", 2)
    monkeypatch.setattr(view, "MOST_COLUMNS", 5)
    seen = explore(schema.sample(90, seed=0), "genre")
    assert (len(seen.genres), seen.shares.height, len(seen.columns)) == (2, 3, 5)
    assert "1 more have their share only" in seen.notes[0]
    assert "The first 5 columns" in seen.notes[1]
    assert seen.pairs == () or seen.pairs[0].points["genre"].null_count() > 0
