"""Shipped models can be made again: same seed, same files; and they know what may be absent."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from genrelab import scoring, store
from genrelab.classifier import Classifier
from genrelab.errors import MissingFile, SchemaError, SettingError, UnknownName
from genrelab.recipe import Recipe
from genrelab.studies import _shipped

SMALL = Recipe("compact", {"lightgbm.rounds": 10, "lightgbm.num_leaves": 8})


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def playlist(data: Path) -> Classifier:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scoring, "REPLICATES", 100)
        return _shipped.make("playlist_six", data, recipe=SMALL, sample=700, threads=1)


@pytest.mark.data("fma", "fma_rock_hiphop")
def test_the_same_seed_gives_the_same_files(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoring, "REPLICATES", 100)
    recipe = Recipe("lightgbm", {"rounds": 5})
    for place in ("one", "two"):
        made = _shipped.make("fma_twelve", data, recipe=recipe, sample=600, threads=1)
        _shipped.write(made, "fma_twelve", tmp_path / place)
    assert bytes_of(tmp_path / "one" / "fma_twelve") == bytes_of(tmp_path / "two" / "fma_twelve")
    card = store.load(tmp_path / "one" / "fma_twelve").card
    assert len(card.genres) == 12
    assert "CC BY 4.0" in card.origin.licence
    assert any("Echo Nest" in note for note in card.origin.notes)
    assert _shipped.BY_TRACK in card.origin.notes


@pytest.mark.data("spotify_30k")
def test_tracks_are_announced_once_and_on_whole_tracks(playlist: Classifier) -> None:
    heard = playlist.out_of_fold
    assert heard is not None
    assert playlist.card.rows == len(heard.truth) < 700
    right = (heard.probabilities.argmax(axis=1) == heard.truth).mean()
    assert playlist.card.scores["accuracy"].value == pytest.approx(right)
    assert playlist.card.together is not None
    assert any("Spotify" in note for note in playlist.card.origin.notes)


@pytest.mark.data("spotify_30k")
def test_what_was_taken_away_in_training_may_be_absent(
    playlist: Classifier, data: Path, tmp_path: Path
) -> None:
    loaded = store.load(_shipped.write(playlist, "playlist_six", tmp_path))
    tracks = _shipped.prepare("playlist_six", data, sample=300).dataset.tracks
    for key, score in loaded.card.absent.items():
        left = tracks.drop(key.split(","))
        assert loaded.lacking(left.columns) == (
            tuple(c for c in loaded.card.columns if c in key.split(",")),
            score,
        )
        assert loaded.predict(left)["confidence"].is_between(0, 1).all()
    nulls = tracks.with_columns(pl.lit(None, pl.String).alias(name) for name in ("title", "artist", "album"))
    absent = loaded.predict_proba(tracks.drop("title", "artist", "album"))
    assert (absent == loaded.predict_proba(nulls)).all()
    assert loaded.predict(tracks.drop("liveness")).height == tracks.height
    with pytest.raises(SchemaError, match="energy"):
        loaded.predict(tracks.drop("title", "energy"))


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="did you mean 'fma_twelve'"):
        _shipped.prepare("fma_twelf")
    with pytest.raises(MissingFile, match=r"tracks_genres_cleaned.csv: not there"):
        _shipped.prepare("fma_twelve", tmp_path)


@pytest.mark.data("spotify_30k")
def test_promises_hold_of_whole_tracks_together_too(playlist: Classifier, data: Path) -> None:
    tracks = _shipped.prepare("playlist_six", data, sample=300, seed=5).dataset.tracks
    assert playlist.heard(together=True).probabilities.shape == playlist.heard().probabilities.shape
    assert (playlist.predict(tracks, coverage=0.8, together=True)["genres"].list.len() >= 1).all()
    thin = tracks.drop("title", "artist", "album")
    assert len(playlist.predict(thin)) == len(thin)
    with pytest.raises(SettingError, match=r"the table lacks .*title.*hold of whole tracks"):
        playlist.predict(thin, coverage=0.8)
