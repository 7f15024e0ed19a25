"""A small table with faults that were put into it, and what an exploration finds in it."""

from __future__ import annotations

import polars as pl
import pytest

from genrelab.insight.exploration import Exploration, explore
from genrelab.sources import demo

NASTY = "<script>alert(1)</script> 100% $x$ \x1b[31m"


@pytest.fixture(scope="session")
def songs() -> pl.DataFrame:
    """600 songs of six genres and one row twice: 3 without tempo, 2 too energetic, 5 without loudness."""
    row = pl.int_range(pl.len())
    drawn = demo.read(rows=600, seed=3).tracks.unique("track_id", maintain_order=True).head(500)
    planted = drawn.with_columns(
        tempo=pl.when(row < 3).then(0.0).otherwise(pl.col("tempo").clip(60)),
        energy=pl.when(row.is_between(3, 4)).then(1.5).otherwise("energy"),
        loudness=pl.when(row.is_between(10, 14)).then(None).otherwise("loudness"),
        genre=pl.when(row == 20).then(None).otherwise(pl.col("genre").replace({"rock": NASTY})),
    )
    return pl.concat([planted, planted.tail(1)])


@pytest.fixture(scope="session")
def found(songs: pl.DataFrame) -> Exploration:
    return explore(songs, "genre")


@pytest.fixture(scope="session")
def small(songs: pl.DataFrame) -> Exploration:
    """Three columns of it: quick to draw."""
    return explore(songs, "genre", ["energy", "tempo", "loudness"])


@pytest.fixture(scope="session")
def whole(songs: pl.DataFrame) -> Exploration:
    """The same without a label."""
    return explore(songs)
