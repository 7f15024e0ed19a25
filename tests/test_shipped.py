"""Shipped models: found by name, small, quick to load, with card, licence and honest scores."""

from __future__ import annotations

import time
from pathlib import Path

import polars as pl
import pytest

from genrelab import schema, shipped, store
from genrelab.errors import UnknownName

ALL = 10_000_000
"""Bytes that they may take together."""
SANE = {"fma_twelve": (0.60, 0.72), "playlist_six": (0.58, 0.75)}
"""Between what a forest on descriptors reaches, and what would be too good to be true."""
every_model = pytest.mark.parametrize("name", shipped.SHIPPED)


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package with one model in it."""
    (tmp_path / "package" / "loud_two").mkdir(parents=True)
    (tmp_path / "package" / "loud_two" / "card.json").write_text("{}", "utf-8")
    monkeypatch.setattr(shipped, "FOLDER", tmp_path / "package")
    monkeypatch.setattr(shipped, "SHIPPED", ("loud_two",))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "package"


def test_a_name_finds_its_folder(library: Path) -> None:
    assert shipped.find("loud_two") == library / "loud_two"
    assert shipped.resolve("loud_two") == library / "loud_two"
    assert shipped.size("loud_two") == 2
    assert shipped.card("loud_two") == {}


def test_a_folder_that_exists_wins(library: Path) -> None:
    Path("loud_two").mkdir()
    assert shipped.resolve("loud_two") == Path("loud_two")


@pytest.mark.parametrize("given", ["models/loud_two", "./models/x", "/no/such", "", "..", "/"])
def test_a_path_stays_a_path(library: Path, given: str) -> None:
    assert shipped.resolve(given) == Path(given)


def test_a_name_that_is_nearly_right_is_told(library: Path) -> None:
    message = "no folder or shipped model 'loud_too': did you mean 'loud_two'"
    with pytest.raises(UnknownName, match=message):
        shipped.resolve("loud_too")
    with pytest.raises(UnknownName, match="no shipped model"):
        shipped.find("models/loud_two")
    with pytest.raises(UnknownName, match=message):
        store.load("loud_too")


def test_together_they_are_small() -> None:
    assert sum(map(shipped.size, shipped.SHIPPED)) <= ALL


@every_model
def test_it_is_what_its_card_says(name: str) -> None:
    start = time.perf_counter()
    model = store.load(name)
    print(f"{name}: loaded in {time.perf_counter() - start:.2f} s, {shipped.size(name):,} bytes")
    card = model.card
    low, high = SANE[name]
    score = card.scores["accuracy"]
    assert low < score.low < score.value < score.high < high
    assert card.scores["calibration_error"].value < 0.03
    assert card.origin.licence
    assert card.origin.notes
    assert not card.origin.synthetic
    assert card.versions["genrelab"]
    for key, less in card.absent.items():
        assert set(key.split(",")) <= set(card.columns)
        assert less.value < score.value


@every_model
def test_it_labels_a_table(name: str) -> None:
    model = store.load(name)
    labels = model.predict(schema.sample(8, seed=0), probabilities=True)
    assert set(labels["genre"]) <= set(model.genres)
    assert (
        labels.select(pl.sum_horizontal(f"p_{genre}" for genre in model.genres))
        .to_series()
        .is_close(1.0)
        .all()
    )


@every_model
def test_what_may_be_absent_may_be_absent(name: str) -> None:
    model = store.load(name)
    tracks = schema.sample(8, seed=0)
    for key in model.card.absent:
        left = tracks.drop(key.split(","))
        assert model.lacking(left.columns)[1] == model.card.absent[key]
        assert model.predict_proba(left).shape == (8, len(model.genres))
