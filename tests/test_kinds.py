"""Kinds of genres, found in finer words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy.sparse import csr_matrix

from genrelab import dataset, kinds, preparation, store
from genrelab.errors import SchemaError, SettingError
from genrelab.fitting import Fitting
from genrelab.insight import evaluation
from genrelab.recipe import Recipe
from genrelab.sources import table
from genrelab.training import train

XGBOOST, MLP = Recipe("xgboost", {"n_estimators": 30}), Recipe("mlp", {"epochs": 30})
AUDIO = (
    "danceability", "energy", "loudness", "speechiness", "acousticness", "instrumentalness", "liveness",
    "valence", "tempo", "duration",
)  # fmt: skip


def _within(values: Any) -> Any:
    """Bring places into the range of a descriptor, or cleaning drops them."""
    return 1 / (1 + np.exp(1 - values))


def songs(rows: int = 800, seed: int = 0) -> pl.DataFrame:
    """Draw two genres of two kinds each."""
    draw = np.random.default_rng(seed)
    kind = draw.integers(0, 4, rows)
    names = np.array(["dub", "ska", "house", "techno"])[kind]
    genre = np.array(["reggae", "reggae", "electronic", "electronic"])[kind]
    places = np.array([[0, 0], [2, 2], [0, 2], [2, 0]])[kind] + draw.normal(0, 0.8, (rows, 2))
    return pl.DataFrame(
        {
            "track_id": [f"t{i}" for i in range(rows)],
            "artist": [f"a{i // 3}" for i in range(rows)],
            "energy": _within(places[:, 0]),
            "valence": _within(places[:, 1]),
            "genre": genre,
            "subgenre": names,
            "tags": [[name, "live"] for name in names],
        }
    )


@pytest.mark.parametrize("column", ["subgenre", "tags"])
def test_kinds_are_those_of_the_words_each_within_one_genre(column: str) -> None:
    drawn = songs()
    truth = (drawn["genre"] == "reggae").cast(pl.Int64).to_numpy()
    codes, genres = kinds.find(kinds.words(drawn, [column]), truth, most=4, seed=0)
    found = drawn.select("subgenre", kind=pl.Series(codes)).unique()
    assert found.height == 4
    assert genres.tolist() == [0, 0, 1, 1]
    assert (genres[codes] == truth).all()


def test_a_kind_has_tracks_enough_and_a_genre_without_words_is_one() -> None:
    drawn = songs(220).with_columns(
        tags=pl.when(pl.col("genre") == "reggae").then(pl.concat_list("track_id")).otherwise("tags")
    )
    truth = (drawn["genre"] == "reggae").cast(pl.Int64).to_numpy()
    codes, genres = kinds.find(kinds.words(drawn, ["tags"]), truth, most=400, seed=0)
    assert genres.tolist() == [0, 0, 1]
    assert np.bincount(codes).min() > 0
    none = kinds.words(drawn.with_columns(tags=pl.lit(None, pl.List(pl.String))), ["tags"])
    assert kinds.find(none, truth, most=400, seed=0)[1].tolist() == [0, 1]


def test_kinds_know_nothing_of_rows_that_are_held_out(monkeypatch: pytest.MonkeyPatch) -> None:
    data = dataset.make(songs(), columns=["energy", "valence"], finer=["subgenre"])
    assert data.finer is not None
    seen: list[Any] = []
    find = kinds.find

    def watched(marks: csr_matrix, truth: dataset.Codes, most: int, seed: int) -> Any:
        seen.append(marks.toarray())
        return find(marks, truth, most, seed)

    monkeypatch.setattr(kinds, "find", watched)
    fitting = Fitting(data, XGBOOST, XGBOOST.read(data.tracks, data.columns), 0, 1)
    train_rows = next(data.folds(4))[0]
    fitting.fit(train_rows)
    assert len(seen) == 1
    np.testing.assert_array_equal(seen[0], data.finer[train_rows].toarray())


def test_they_help_on_songs_of_real_playlists(data: Path) -> None:
    """By the loss on artists not heard: six genres of 24 subgenres."""
    tracks = table.read(data / "spotify_30k").tracks.unique("track_id", keep="first", maintain_order=True)
    tracks = tracks.sample(6000, seed=0)
    losses = {}
    for finer in ((), ("playlist_subgenre",)):
        songs = dataset.make(tracks, columns=AUDIO, finer=finer)
        fitting = Fitting(songs, MLP, MLP.read(songs.tracks, songs.columns), 0, 2)
        learned, heard = next(songs.folds(3))
        parts = fitting.fit(learned)
        logs = parts.log_probabilities(fitting.features.take(heard))[0]
        losses[finer] = -logs[np.arange(len(heard)), songs.truth[heard]].mean()
        told = parts.members[0].seen
        assert len(told) == (24 if finer else 6)
    assert losses["playlist_subgenre",] < losses[()] - 0.005, losses


def test_a_model_of_kinds_is_saved_and_says_so(tmp_path: Path) -> None:
    drawn = songs()
    made = preparation.prepare(drawn, columns=["energy", "valence"], finer=["subgenre"])
    model = train(made.dataset, XGBOOST, folds=3)
    loaded = store.load(store.save(model, tmp_path / "model"))
    assert loaded.card.origin.finer == ("subgenre",)
    assert loaded.predict(drawn.drop("subgenre", "tags")).equals(model.predict(drawn))
    assert (
        "kinds of each genre were learned from subgenre, which new songs need not have"
        in evaluation.announce(model).notes
    )
    drawn = drawn.with_columns(subgenre=pl.lit(" "))
    made = preparation.prepare(drawn, columns=["energy", "valence"], finer=["subgenre", "subgenre"])
    notes = evaluation.announce(train(made.dataset, XGBOOST, folds=3)).notes
    assert any(note.startswith("subgenre: told no kinds of genres") for note in notes)


def test_tags_of_which_the_genre_was_made_are_finer_words() -> None:
    drawn = songs().drop("genre").with_columns(tags=pl.col("subgenre").reshape((-1, 1)).arr.to_list())
    made = preparation.prepare(drawn, "tags", taxonomy="broad", columns=["energy"], finer=["tags"])
    assert made.dataset.label == "genre"
    assert made.dataset.finer is not None
    assert made.dataset.finer.shape[1] == 4


@pytest.mark.parametrize(
    ("finer", "error", "told"),
    [
        ("genre", SettingError, "is the label"),
        ("energy", SettingError, "is read of new songs as well"),
        ("duration", SchemaError, "no such column"),
        ("valence", SchemaError, "holds Float64, not words"),
    ],
)
def test_columns_that_are_no_finer_words(finer: str, error: type[Exception], told: str) -> None:
    with pytest.raises(error, match=told):
        dataset.make(songs(60), columns=["energy"], finer=[finer])


def test_a_recipe_that_learns_no_kinds_is_refused() -> None:
    data = dataset.make(songs(60), columns=["energy"], finer=["subgenre"])
    with pytest.raises(SettingError, match="sampling 'over' would make kinds equally frequent"):
        train(data, Recipe("xgboost", sampling="over"))
    with pytest.raises(SettingError, match="'logistic' learns no kinds of genres: choose from best"):
        train(data, "logistic")
