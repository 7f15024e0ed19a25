"""A tree is shown to a readable depth, and truly."""

from __future__ import annotations

import builtins
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from genrelab import dataset, schema
from genrelab.classifier import Classifier
from genrelab.errors import MissingExtra, OutputError, SettingError
from genrelab.insight.explanation_contributions import read
from genrelab.insight.explanation_tree import DEPTH, Tree, check_png, grow, write_png
from genrelab.recipe import Recipe
from genrelab.training import train


@cache
def songs() -> pl.DataFrame:
    drawn = schema.sample(300, seed=0)
    genre = pl.when(pl.col("energy") > 0.6).then(pl.lit("$rock$"))
    named = genre.when(pl.col("valence") > 0.5).then(pl.lit("pop")).otherwise(pl.lit("jazz"))
    return drawn.with_columns(named.alias("genre"))


@cache
def fitted(name: str = "decision_tree", leaf: int = 10, *, noise: bool = False) -> Classifier:
    settings = {"min_samples_leaf": leaf} if name == "decision_tree" else {}
    shuffled = songs().with_columns(pl.col("genre").shuffle(seed=0))
    made = dataset.make(shuffled if noise else songs(), columns=["energy", "valence", "tempo"])
    return train(made, Recipe(name, settings, features="plain"), folds=2, threads=1)


def grown(classifier: Classifier) -> Tree | None:
    given = read(classifier, classifier.card.recipe.read(songs().head(1), classifier.card.columns))
    assert given is not None
    return grow(classifier, *given)


def test_the_planted_questions_come_first() -> None:
    tree = grown(fitted())
    assert tree is not None
    first = tree.nodes.row(0, named=True)
    assert first["question"].startswith("energy ≤ 0.6")
    assert first["tracks"] == 300
    assert tree.nodes["depth"].max() == DEPTH or tree.depth < DEPTH
    assert "energy <= 0.6" in tree.rules
    questions = set(tree.nodes["question"].drop_nulls().str.split(" ").list.first())
    assert {"energy", "valence"} <= questions


def test_children_share_the_tracks_of_their_parent() -> None:
    tree = grown(fitted(leaf=2, noise=True))
    assert tree is not None
    below = tree.nodes.filter(pl.col("parent").is_not_null()).group_by("parent").agg(pl.col("tracks").sum())
    whole = dict(tree.nodes.select("node", "tracks").iter_rows())
    assert below.height > 0
    assert all(whole[parent] == tracks for parent, tracks in below.iter_rows())
    ends = tree.nodes.filter(pl.col("question").is_null())
    assert sorted(ends["place"]) == list(range(ends.height))
    assert tree.leaves > ends.height  # not all of it is shown


def test_other_models_have_no_tree(tmp_path: Path) -> None:
    assert grown(fitted("logistic")) is None
    with pytest.raises(SettingError, match="'logistic' is no decision tree"):
        check_png(fitted("logistic"), tmp_path)


def test_the_picture(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    tree = grown(fitted())
    assert tree is not None
    path = write_png(tree, tmp_path / "pictures")
    assert path.name == "tree.png"
    assert path.read_bytes().startswith(b"\x89PNG")
    with pytest.raises(OutputError, match="exists already"):
        check_png(fitted(), tmp_path / "pictures")
    check_png(fitted(), tmp_path / "pictures", overwrite=True)


def test_without_matplotlib_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = builtins.__import__

    def absent(name: str, *rest: Any) -> Any:
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return found(name, *rest)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(MissingExtra, match=r"genrelab\[report\]"):
        check_png(fitted(), tmp_path)
