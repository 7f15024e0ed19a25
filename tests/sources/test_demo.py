"""The demo catalogue: synthetic, repeatable, and worth learning from."""

from __future__ import annotations

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import StratifiedGroupKFold, cross_val_score

from genrelab import schema
from genrelab.errors import SettingError
from genrelab.sources import Reading, demo, table


@pytest.fixture(scope="module")
def reading() -> Reading:
    return demo.read()


def test_it_says_that_it_is_synthetic(reading: Reading) -> None:
    assert reading.notes[0] == demo.SYNTHETIC
    assert "synthetic" in demo.SYNTHETIC


def test_it_keeps_the_contract(reading: Reading) -> None:
    assert reading.tracks.height == 6_000
    assert set(reading.tracks.columns) < set(schema.CONTRACT)
    assert schema.validate(reading.tracks).rejected.is_empty()
    for name in reading.tracks.columns:
        assert reading.tracks.schema[name] == schema.CONTRACT[name].dtype


def test_a_seed_gives_one_catalogue() -> None:
    assert_frame_equal(demo.read(300, seed=4).tracks, demo.read(300, seed=4).tracks)
    assert not demo.read(300, seed=4).tracks.equals(demo.read(300, seed=5).tracks)


@pytest.mark.parametrize("rows", [1, 2, 7, 100])
def test_it_gives_as_many_rows_as_asked_for(rows: int) -> None:
    assert demo.read(rows).tracks.height == rows


def test_no_rows_is_refused() -> None:
    with pytest.raises(SettingError, match="rows: 0 is not positive"):
        demo.read(0)


def test_the_audit_has_something_to_find(reading: Reading) -> None:
    tracks = reading.tracks
    genres_of_id = tracks.group_by("track_id").agg(pl.col("genre").n_unique())
    ids_of_song = tracks.group_by("title", "artist", "tempo").agg(pl.col("track_id").n_unique())
    assert tracks.height - tracks.unique().height > 100
    assert genres_of_id.filter(pl.col("genre") > 1).height > 100
    assert ids_of_song.filter(pl.col("track_id") > 1).height > 100
    assert tracks.filter(pl.col("tempo") == 0).height >= 1


def test_artists_are_as_uneven_as_real_ones(reading: Reading) -> None:
    """Of the real table: 2.65 tracks an artist, 0.86 of an artist's tracks in the main genre."""
    tracks = reading.tracks.unique("track_id", keep="first", maintain_order=True)
    counts = tracks.group_by("artist").agg(pl.len(), pl.col("genre").unique_counts().max().alias("main"))
    several = counts.filter(pl.col("len") > 1)
    assert 2 < tracks.height / counts.height < 4
    assert counts.filter(pl.col("len") > 20).height
    assert 0.8 < several.select(pl.col("main").sum() / pl.col("len").sum()).item() < 0.92


def test_its_genres_can_be_learned_about_as_well_as_real_ones(reading: Reading) -> None:
    tracks = reading.tracks.unique("track_id", keep="first", maintain_order=True)
    features = tracks.select(n for n in schema.DESCRIPTORS if n in tracks.columns).to_numpy()
    forest = RandomForestClassifier(100, min_samples_leaf=3, n_jobs=2, random_state=0)
    folds = StratifiedGroupKFold(3, shuffle=True, random_state=7)
    scores = cross_val_score(forest, features, tracks["genre"].to_numpy(), groups=tracks["artist"], cv=folds)
    assert 0.48 < scores.mean() < 0.65


@pytest.mark.data("spotify_30k")
def test_its_numbers_are_those_of_the_real_table(data: object) -> None:
    real = table.read(f"{data}/spotify_30k/spotify_songs.csv").tracks.unique("track_id", keep="first")
    drawn = demo.read(20_000).tracks
    for name in ("danceability", "energy", "valence", "tempo", "duration", "release_year"):
        columns = pl.col(name).median().alias(name)
        for genre, median in real.drop_nulls(["genre", name]).group_by("genre").agg(columns).iter_rows():
            theirs = drawn.filter(pl.col("genre") == genre)[name].median()
            spread = real[name].std()
            assert isinstance(theirs, float)
            assert isinstance(spread, float)
            assert abs(theirs - median) < 0.25 * spread, (genre, name)


@pytest.mark.data("spotify_30k")
def test_no_real_name_is_in_it(data: object, reading: Reading) -> None:
    real = table.read(f"{data}/spotify_30k/spotify_songs.csv").tracks
    for name in ("artist", "track_id"):
        assert not set(real[name].drop_nulls().str.to_lowercase()) & set(
            reading.tracks[name].str.to_lowercase()
        )
