"""Own genres from few examples, started from a model of other genres."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import genrelab
from genrelab import dataset, few, scoring, shipped, sources, store
from genrelab.classifier import Classifier
from genrelab.dataset import Dataset
from genrelab.errors import ModelError, SchemaError, SettingError, UnknownName
from genrelab.files import check_folder
from genrelab.insight.learning import Contender, learn
from genrelab.recipe import Recipe
from genrelab.training import train

OWN = {"rock": "for the road", "classical": "for the evening", "electronic": "for the morning run"}
SOUND = ("danceability", "energy", "speechiness", "acousticness", "instrumentalness", "valence", "tempo")


def read(data: Path) -> pl.DataFrame:
    return sources.read([data / "spotify_114k" / "eight_genres.csv"]).tracks


def drawn(tracks: pl.DataFrame, size: int, seed: int) -> pl.DataFrame:
    return tracks.filter(pl.int_range(pl.len()).shuffle(seed).over("genre") < size)


@pytest.fixture(scope="module")
def base(data: Path) -> Classifier:
    """A model of five other genres."""
    others = drawn(read(data).filter(~pl.col("genre").is_in(list(OWN))), 120, 0)
    recipe = Recipe("lightgbm", {"rounds": 20, "num_leaves": 8})
    return train(dataset.make(others, columns=SOUND), recipe, folds=2, threads=1)


@pytest.fixture(scope="module")
def mine(data: Path) -> Dataset:
    """Twenty-four examples of each of three own genres."""
    own = read(data).filter(pl.col("genre").is_in(list(OWN))).unique(SOUND, keep="none", maintain_order=True)
    named = own.with_columns(my_genre=pl.col("genre").replace_strict(OWN))
    return dataset.make(drawn(named, 24, 1).drop("genre"), "my_genre")


@pytest.fixture(autouse=True)
def _few_replicates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "REPLICATES", 100)


@pytest.mark.data("spotify_114k")
def test_it_learns_own_words_and_comes_back_from_disk(
    base: Classifier, mine: Dataset, tmp_path: Path
) -> None:
    made = few.train_few(mine, {"base": base}, folds=4, threads=1)
    assert set(made.genres) == set(OWN.values())
    assert made.card.scores["accuracy"].value > 0.6
    assert made.card.model == "few"
    folder = store.save(made, tmp_path / "model")
    assert sorted(p.suffix for p in folder.rglob("*") if p.is_file() and "pickle" in p.name) == []
    loaded = store.load(folder)
    assert list(loaded.bases) == ["base"]
    tracks = mine.tracks.drop("my_genre")
    np.testing.assert_array_equal(loaded.predict_proba(tracks), made.predict_proba(tracks))
    assert any(note.startswith("Starts from base") for note in loaded.card.origin.notes)
    check_folder(folder, overwrite=True, ours=store.is_model)


@pytest.mark.data("spotify_114k")
def test_a_base_that_was_changed_is_refused(base: Classifier, mine: Dataset, tmp_path: Path) -> None:
    folder = store.save(few.train_few(mine, {"base": base}, folds=2, threads=1), tmp_path / "model")
    card = folder / "base" / "card.json"
    card.write_text(card.read_text("utf-8") + " ", "utf-8")
    with pytest.raises(ModelError, match=r"card.json: was changed"):
        store.load(folder)
    card.unlink()
    with pytest.raises(ModelError, match="part 'base' is missing"):
        store.load(folder)


@pytest.mark.data("spotify_114k")
def test_the_same_seed_gives_the_same_model(base: Classifier, mine: Dataset) -> None:
    one, two = (few.train_few(mine, {"base": base}, folds=2, threads=1, seed=4) for _ in range(2))
    np.testing.assert_array_equal(one.predict_proba(mine.tracks), two.predict_proba(mine.tracks))
    assert one.card.scores == two.card.scores


@pytest.mark.data("spotify_114k")
def test_a_start_is_worth_something_where_examples_are_few(base: Classifier, data: Path) -> None:
    others = read(data).filter(pl.col("genre").is_in(list(OWN)))
    contenders = {"few": Contender(few.RECIPE, {"base": base}), "chance": Contender(Recipe("majority"))}
    found = learn(dataset.make(others), contenders, sizes=(5,), draws=2, threads=1)
    started, chance = (curve.points[0].accuracy.value for curve in found.curves)
    assert started > chance + 0.2


@pytest.mark.data("spotify_114k")
def test_wrong_input_is_told(base: Classifier, mine: Dataset) -> None:
    rare = mine.take(np.flatnonzero((mine.truth > 0) | (np.cumsum(mine.truth == 0) < 4)))
    with pytest.raises(SettingError, match=rf"{mine.genres[0]}.: 3 examples, at least 5 are needed"):
        few.train_few(rare, {"base": base})
    deaf = dataset.make(mine.tracks, "my_genre", columns=["key", "mode"])
    with pytest.raises(SchemaError, match="no shipped model can read these: base needs danceability"):
        few.train_few(deaf, {"base": base})
    with pytest.raises(UnknownName, match="shipped model 'bass'"):
        few.train_few(mine, ["bass"])


@pytest.mark.data("spotify_114k")
def test_the_command_shows_what_more_examples_bring(
    base: Classifier, mine: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Callable[..., Any]
) -> None:
    store.save(base, tmp_path / "package" / "base")
    for room in (shipped, few):
        monkeypatch.setattr(room, "SHIPPED", ("base",))
    monkeypatch.setattr(shipped, "FOLDER", tmp_path / "package")
    monkeypatch.setattr(few.train_few, "__defaults__", (("base",),))
    mine.tracks.write_csv(tmp_path / "mine.csv")
    given = ("train", tmp_path / "mine.csv", "--label", "my_genre", "--few", "--threads", 1, "-o")
    told = run(*given, tmp_path / "model", "--report", tmp_path / "page.html", "--json").json
    assert [curve["name"] for curve in told["learning"]["curves"]] == [
        "starting from shipped models",
        "from scratch",
    ]
    assert "What more examples bring" in (tmp_path / "page.html").read_text("utf-8")
    assert run("predict", tmp_path / "model", tmp_path / "mine.csv", "-o", tmp_path / "l.csv").code == 0
    refused = run(*given, tmp_path / "other", "--model", "logistic")
    assert (refused.code, refused.err.count("\n")) == (2, 1)
    assert "--few: chooses model" in refused.err
    assert genrelab.load(tmp_path / "model").card.model == "few"


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Run a command in this process."""
    import json
    from types import SimpleNamespace

    from genrelab import cli

    def ran(*arguments: object) -> Any:
        with pytest.raises(SystemExit) as ended:
            cli.main([str(argument) for argument in arguments])
        captured = capfd.readouterr()
        told = json.loads(captured.out) if "--json" in arguments and ended.value.code == 0 else None
        return SimpleNamespace(code=ended.value.code, out=captured.out, err=captured.err, json=told)

    return ran


def test_a_base_that_met_the_artists_is_left_out_and_told() -> None:
    songs = dataset.make(genrelab.schema.sample(200, seed=0))
    base = train(songs, "logistic", folds=2, threads=1)
    made = few.train_few(songs, {"known": base}, folds=2, threads=1)
    assert not made.bases
    assert any(
        "known was left out: it has met the artists of 100%" in note for note in made.card.origin.notes
    )


def test_artists_of_a_base_count_as_met() -> None:
    base = train(dataset.make(genrelab.schema.sample(120, seed=0)), "logistic", folds=2, threads=1)
    others = genrelab.schema.sample(120, seed=1).with_columns(artist=pl.format("other {}", pl.int_range(120)))
    made = few.train_few(dataset.make(others), {"base": base}, folds=2, threads=1)
    assert made.bases
    assert set(base.artists.tolist()) <= set(made.artists.tolist())
