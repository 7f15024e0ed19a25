"""Tracks as points: which columns, what is done to gaps and scales."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from genrelab import schema
from genrelab.errors import SchemaError
from genrelab.insight import cluster_points


def test_by_default_every_descriptor_but_the_key() -> None:
    points = cluster_points.read(schema.sample(50, seed=0))
    assert set(points.columns) == set(schema.DESCRIPTORS) - {"key"}


def test_scaled_points_have_mean_0_and_deviation_1() -> None:
    points = cluster_points.read(schema.sample(50, seed=0))
    assert np.allclose(points.places.mean(axis=0), 0)
    assert np.allclose(points.places.std(axis=0), 1)


def test_gaps_are_put_at_the_median_of_what_is_known() -> None:
    songs = pl.DataFrame(
        {
            "tempo": [0.0, 80.0, 100.0, 140.0],
            "energy": [0.1, None, float("nan"), 0.5],
            "plays": [1.0, 2.0, 3.0, 1e40],
        }
    )
    points = cluster_points.read(songs, ["tempo", "energy", "plays"], scaled=False)
    assert points.gaps == {"tempo": 1, "energy": 2, "plays": 1}
    assert points.places.tolist() == [[100, 0.1, 1], [80, 0.3, 2], [100, 0.3, 3], [140, 0.5, 2]]


def test_other_tracks_are_placed_by_the_same_scale() -> None:
    points = cluster_points.read(pl.DataFrame({"energy": [0.0, 0.5, 1.0]}))
    placed = points.place(pl.DataFrame({"energy": [0.5, None]}))
    assert placed.tolist() == [[0.0], [0.0]]
    with pytest.raises(SchemaError, match="column 'energy': not in the table"):
        points.place(pl.DataFrame({"tempo": [100.0]}))


@pytest.mark.parametrize(
    ("table", "columns", "message"),
    [
        ({"title": ["a", "b"]}, ["title"], "column 'title': holds String, not numbers: leave it out"),
        ({"tempo": [1.0, 2.0]}, ["energy"], "column 'energy': not in the table: choose from tempo"),
        ({"tempo": [90.0, 90.0]}, None, "columns: none is left that varies"),
        ({"title": ["a", "b"]}, None, "columns: none is left that varies"),
        ({"tempo": [None, None]}, ["tempo"], "columns: none is left that varies"),
        ({"tempo": []}, ["tempo"], "columns: none is left that varies"),
    ],
)
def test_columns_that_cannot_be_used(
    table: dict[str, list[object]], columns: list[str] | None, message: str
) -> None:
    with pytest.raises(SchemaError, match=message):
        cluster_points.read(pl.DataFrame(table), columns)
