"""Columns that give the label away: planted ones are found, honest ones are let alone."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genrelab import schema
from genrelab.audit import audit

CODE = pl.col("genre").replace_strict({"jazz": 0, "pop": 1, "rock": 2}, return_dtype=pl.Int64)
ROW = pl.int_range(pl.len())


def sound(n: int = 300, seed: int = 0) -> pl.DataFrame:
    return schema.sample(n, seed).drop("tags")


@pytest.mark.parametrize(
    "planted",
    [
        pl.col("genre"),
        pl.format("{} playlist {}", "genre", ROW % 5),
        CODE,
        CODE == 1,
        CODE * 10 + pl.col("energy"),
        pl.concat_list("genre"),
        pl.when(pl.int_range(pl.len()) % 3 == 0).then("genre"),
        pl.col("genre").cast(pl.Categorical),
    ],
    ids=["copy", "playlist", "code", "flag", "noisy code", "list", "a third filled", "categorical"],
)
@pytest.mark.parametrize("drop", [[], ["artist"], ["artist", "album", "title", "track_id"]])
def test_a_copy_of_the_label_is_found(planted: pl.Expr, drop: list[str]) -> None:
    genres = ("jazz", "pop", "rock")
    tracks = sound().with_columns(hidden=planted).drop(drop)
    if tracks.schema["hidden"] == pl.Boolean:
        tracks = tracks.filter(pl.col("genre") != genres[0])
    found = audit(tracks)
    assert set(found.leaking) == {"hidden"}
    assert found.find("gives_label_away")[0].columns == ("hidden",)


def by_artist(count: int) -> pl.DataFrame:
    """Every artist has a label, albums and tracks; the genre belongs to the artist."""
    tracks = sound(count).with_columns(genre=pl.col("genre").first().over("artist"))
    return tracks.with_columns(
        artist_uri=pl.format("uri {}", "artist"),
        album_id=pl.format("{} {}", "artist", ROW % 2),
        song_uri=pl.format("song {}", ROW),
        born=pl.col("artist").hash(seed=3) % 10_007,
    )


def test_names_of_artists_albums_and_tracks_are_identities_and_no_leaks() -> None:
    assert audit(by_artist(600)).leaking == {}


def test_a_repeated_track_is_no_proof_of_a_leak() -> None:
    tracks = by_artist(300).drop("artist")
    again = pl.concat([tracks, tracks, tracks])
    assert "song_uri" not in audit(again).leaking


def test_a_helpful_column_is_no_leak() -> None:
    rng = np.random.default_rng(0)
    honest = pl.Series("mood", rng.random(300) < 0.6)
    tracks = sound().with_columns(mood=pl.when(honest).then("genre").otherwise(pl.lit("jazz")))
    assert audit(tracks).leaking == {}


def test_descriptors_and_names_are_never_leaks_by_value() -> None:
    tracks = sound().with_columns(
        title="genre", album="genre", energy=CODE / 2, mode=(CODE == 1).cast(pl.Int64)
    )
    assert audit(tracks).leaking == {}


def test_the_name_of_the_genre_in_a_file_name() -> None:
    tracks = sound().with_columns(path=pl.format("music/{}/{}.mp3", pl.col("genre").str.to_uppercase(), ROW))
    found = audit(tracks)
    assert found.find("genre_in_text")[0].columns == ("path",)
    assert set(found.leaking) == {"path"}
    shuffled = tracks.with_columns(pl.col("path").shuffle(seed=1))
    assert audit(shuffled).leaking == {}


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 99), column=st.sampled_from(["title", "album", "energy", "release_year", "tempo"]))
def test_where_a_column_is_empty(seed: int, column: str) -> None:
    tracks = sound(seed=seed)
    filled = tracks.with_columns(pl.when(pl.col("genre") != "pop").then(column).alias(column))
    found = audit(filled)
    assert set(found.leaking) == {column}
    assert found.find("emptiness_gives_label_away")[0].columns == (column,)
    by_chance = tracks.with_columns(pl.when(ROW % 3 > 0).then(column).alias(column))
    assert audit(by_chance).leaking == {}


def test_an_artist_whose_albums_are_empty_is_no_leak() -> None:
    tracks = sound(600).with_columns(artist=pl.when(ROW < 40).then(pl.lit("one")).otherwise("artist"))
    tracks = tracks.with_columns(genre=pl.when(ROW < 40).then(pl.lit("pop")).otherwise("genre"))
    assert audit(tracks.with_columns(album=pl.when(ROW >= 40).then("album"))).leaking == {}


def test_rare_empty_cells_beside_a_frequent_genre_are_chance() -> None:
    tracks = sound(600).with_columns(
        genre=pl.when(ROW % 20 > 0).then(pl.lit("pop")).otherwise(pl.lit("jazz"))
    )
    gaps = (ROW % 20 == 7) & (ROW < 300)
    assert audit(tracks.with_columns(title=pl.when(~gaps).then("title"))).leaking == {}


def test_a_few_empty_cells_that_are_all_of_one_genre() -> None:
    tenth = (pl.col("genre") == "pop") & (ROW % 3 == 0)
    tracks = sound(600).with_columns(title=pl.when(~tenth).then("title"))
    assert set(audit(tracks).leaking) == {"title"}
