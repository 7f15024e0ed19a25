"""Explanations of whole models: which tracks they use, what shuffling costs, what speaks for a genre."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import genrelab
from genrelab import dataset, schema
from genrelab.classifier import Classifier
from genrelab.errors import LabelError, SchemaError, SettingError
from genrelab.insight.explanation import Explanation, explain
from genrelab.insight.explanation_song import explain_song
from genrelab.recipe import Recipe
from genrelab.training import train

SMALL = {"lightgbm": {"rounds": 20}}


@cache
def planted(rows: int = 300, seed: int = 0) -> pl.DataFrame:
    """Tracks of which energy alone tells the genre: jazz is low, rock is high."""
    songs = schema.sample(rows, seed=seed)
    genre = pl.when(pl.col("energy") > 0.66).then(pl.lit("rock")).when(pl.col("energy") > 0.33)
    named = genre.then(pl.lit("pop")).otherwise(pl.lit("jazz"))
    return songs.with_columns(named.alias("genre"), artist=pl.lit(f"{seed} ") + pl.col("artist"))


@cache
def fitted(name: str = "lightgbm", features: str = "plain") -> Classifier:
    recipe = Recipe(name, SMALL.get(name, {}), features=features)  # type: ignore[arg-type]
    return train(dataset.make(planted(), columns=["energy", "valence", "tempo"]), recipe, folds=2, threads=1)


@cache
def found(name: str = "lightgbm") -> Explanation:
    return explain(fitted(name), planted(200, 1), repeats=2)


def test_the_column_that_tells_the_genre_is_missed_most() -> None:
    lost = found().permutation
    assert lost["column"][0] == "energy"
    assert lost["accuracy_drop"][0] > 0.4
    assert lost["log_loss_rise"][0] > 0.5
    assert lost["accuracy_drop"][1:].abs().max() < 0.1  # type: ignore[operator]
    assert (lost["accuracy_spread"] >= 0).all()


def test_columns_that_are_not_read_are_not_shuffled() -> None:
    assert set(found().permutation["column"]) == {"energy", "valence", "tempo"}


def test_features_speak_in_the_direction_in_which_they_were_planted() -> None:
    toward = {(genre, name): d for genre, name, _, d in found().shap_per_genre.iter_rows()}
    assert toward["rock", "energy"] > 0.6
    assert toward["jazz", "energy"] < -0.6
    assert found().shap["feature"][0] == "energy"
    logistic = found("logistic").coefficients
    weights = {(genre, name): w for _, name, genre, w in logistic.iter_rows()}
    assert weights["rock", "energy"] > 1 > -1 > weights["jazz", "energy"]
    assert found("logistic").standardised


def test_points_are_the_tracks_with_ranks() -> None:
    points = found().points
    assert points.height == 200 * 3 * 3
    assert points["rank"].drop_nulls().is_between(0, 1).all()


def test_unheard_artists_are_used_where_they_are_enough() -> None:
    both = pl.concat([planted(), planted(200, 1)])
    chosen = explain(fitted(), both, repeats=1)
    assert chosen.rows == 200
    assert "200 of 500 tracks were used, all by artists that the model has not heard" in chosen.notes
    few = explain(fitted(), pl.concat([planted(), planted(60, 1)]), repeats=1)
    assert few.rows == 360
    assert any("83 % of them by artists that the model learned from" in note for note in few.notes)
    nameless = explain(fitted(), planted().drop("artist"), repeats=1)
    assert any("cannot be told" in note for note in nameless.notes)


def test_without_genres_the_model_is_compared_with_itself() -> None:
    alone = explain(fitted(), planted(200, 1).drop("genre"), repeats=1)
    assert any("what the model itself says" in note for note in alone.notes)
    assert alone.permutation["column"][0] == "energy"
    assert alone.densities["group"].unique().to_list() == ["all"]
    assert alone.densities.filter(pl.col("of") == "confidence")["tracks"].sum() == 200


def test_densities_count_every_track() -> None:
    counted = found().densities
    sums = counted.group_by("of", maintain_order=True).agg(pl.col("tracks").sum())
    assert sums["of"].to_list() == ["confidence", "jazz", "pop", "rock"]
    assert set(sums["tracks"]) == {200}
    truth = planted(200, 1)["genre"]
    of_rock = counted.filter(pl.col("of") == "rock", pl.col("group") == "of the genre")["tracks"].sum()
    assert of_rock == (truth == "rock").sum()


def test_the_same_seed_gives_the_same_explanation() -> None:
    first, second = (explain(fitted(), planted(200, 1), repeats=1, most=80, seed=5) for _ in range(2))
    assert first.permutation.equals(second.permutation)
    assert first.points.equals(second.points)
    other = explain(fitted(), planted(200, 1), repeats=1, most=80, seed=6)
    assert first.rows == other.rows == 80
    assert not first.permutation.equals(other.permutation)


@pytest.mark.parametrize("name", ["naive_bayes", "nearest_neighbours", "majority", "artist_majority"])
def test_models_that_tell_nothing_still_get_permutation_and_densities(name: str) -> None:
    classifier = train(dataset.make(planted()), Recipe(name), folds=2, threads=1)
    told = explain(classifier, planted(100, 1), repeats=1)
    assert told.shap.is_empty()
    assert told.scale == ""
    assert told.densities.height > 0
    assert any("no SHAP values" in note for note in told.notes)
    assert explain_song(classifier, planted(), 3).sentence.endswith(")")


def test_counts_of_words_have_no_names() -> None:
    songs = planted().with_columns(title=pl.col("genre") + " song")
    classifier = train(
        dataset.make(songs), Recipe("random_forest", {"n_estimators": 5}, features="words"), folds=2
    )
    told = explain(classifier, songs, repeats=1)
    assert any("counts of words" in note for note in told.notes)
    assert "title" in told.permutation["column"]


def test_bad_input_has_one_clear_line() -> None:
    with pytest.raises(LabelError, match="no such column"):
        explain(fitted(), planted(), label="mood")
    with pytest.raises(LabelError, match="none of its genres is known to the model"):
        explain(fitted(), planted(), label="title")
    with pytest.raises(SchemaError, match="holds no tracks"):
        explain(fitted(), planted().head(0))
    with pytest.raises(SchemaError, match="energy"):
        explain(fitted(), planted().drop("energy"))
    with pytest.raises(SettingError, match="must be 1 or more"):
        explain(fitted(), planted(), repeats=0)


def test_few_tracks_are_not_shuffled() -> None:
    told = explain(fitted(), planted().head(5))
    assert told.permutation.is_empty()
    assert any("20 tracks or more are needed" in note for note in told.notes)


def test_a_column_of_nulls_is_no_obstacle() -> None:
    songs = planted(200, 1).with_columns(valence=pl.lit(None, dtype=pl.Float64))
    told = explain(fitted(), songs, repeats=1)
    assert "valence" not in told.permutation["column"]
    assert np.isnan(told.shap_per_genre.filter(pl.col("feature") == "valence")["direction"].to_numpy()).all()


@pytest.mark.data("spotify_30k")
def test_real_tracks_of_unheard_artists(data: Path) -> None:
    songs = genrelab.prepare(genrelab.read([data / "spotify_30k" / "spotify_songs.csv"]).tracks).dataset
    part = songs.take(np.sort(np.random.default_rng(0).permutation(len(songs))[:2500]))
    learned, held = part.hold_out(0.3)
    classifier = train(learned, Recipe("lightgbm", {"rounds": 40}), folds=2, threads=1)
    told = explain(classifier, held.tracks, repeats=2)
    assert any("all by artists that the model has not heard" in note for note in told.notes)
    toward = {(genre, name): d for genre, name, _, d in told.shap_per_genre.iter_rows()}
    assert toward["rap", "speechiness"] > 0.5
    assert toward["rock", "danceability"] < -0.5
    assert set(told.permutation["column"][:5]) & {
        "danceability",
        "speechiness",
        "tempo",
        "energy",
        "release_year",
    }
