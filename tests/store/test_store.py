"""Models on disk: they come back as they went, and what was tampered with is refused before it is built."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import shutil
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import asdict, replace
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import polars as pl
import pytest
import skops.io
from scipy.sparse import csr_matrix
from sklearn.ensemble import BaggingClassifier
from sklearn.neighbors import KDTree
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from xgboost import DMatrix

from genrelab import blending, dataset, schema, store
from genrelab.classifier import Card, Classifier
from genrelab.dataset import Origin
from genrelab.errors import ModelError, OutputError
from genrelab.models import MODELS
from genrelab.models.catboost import CatBoost
from genrelab.recipe import Recipe
from genrelab.store import _parts
from genrelab.training import train

Content: TypeAlias = dict[str, Any]
RECIPE = ("model", "changed", "features", "steps", "sampling", "class_weights")
OWN = ("artists.npy", "out_of_fold.npy")
PARTS = (
    *OWN,
    "catboost.catboost.gz",
    "company.npz",
    "lightgbm.txt.gz",
    "random_boosting.txt.gz",
    "text.skops",
    "xgboost.json.gz",
)


@pytest.fixture(scope="module")
def best() -> Iterator[Classifier]:
    """A model of every kind of part, of few trees."""
    tracks = schema.sample(120, seed=0).with_columns(title=pl.format("a {} song", "genre"))
    origin = Origin("songs", "CC0", dropped={"repeated_id": 3}, left_out={"mood": "why"}, notes=("a note",))
    with pytest.MonkeyPatch.context() as patch:
        parts = ("lightgbm", "random_boosting", "xgboost", "catboost")
        patch.setattr("genrelab.models.best.MODEL", replace(MODELS["best"], members=parts, spared={}))
        patch.setattr(blending, "select", lambda logs, *_, **__: tuple(range(len(logs))))
        for name in parts:
            model = MODELS[name]
            few = {
                k: 5 if k in {"rounds", "n_estimators", "iterations"} else v
                for k, v in model.settings.items()
            }
            patch.setattr(import_module(f"genrelab.models.{name}"), "MODEL", replace(model, settings=few))
        yield train(dataset.make(tracks, origin=origin), "best", folds=2, threads=1)


@pytest.fixture(scope="module")
def logistic() -> Classifier:
    return train(dataset.make(schema.sample(60, seed=0)), "logistic", folds=2, threads=1)


@pytest.fixture
def folder(best: Classifier, tmp_path: Path) -> Path:
    return store.save(best, tmp_path / "model")


def card_of(folder: Path) -> Content:
    card: Content = json.loads((folder / "card.json").read_text("utf-8"))
    return card


def forge(folder: Path, **changes: Any) -> None:
    """Rewrite the card as one who wants to be believed: with the right checksums."""
    card = card_of(folder) | changes
    if "files" not in changes:
        files = (path for path in folder.iterdir() if path.name != "card.json")
        card["files"] = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    (folder / "card.json").write_text(json.dumps(card), "utf-8")


# --- there and back -----------------------------------------------------------------------------------------


def test_what_is_loaded_is_what_was_saved(best: Classifier, folder: Path) -> None:
    loaded = store.load(folder)
    assert loaded.card == best.card
    np.testing.assert_array_equal(loaded.artists, best.artists)
    tracks = schema.sample(50, seed=1)
    np.testing.assert_array_equal(loaded.predict_proba(tracks), best.predict_proba(tracks))


def test_what_is_loaded_can_be_saved_again(folder: Path, tmp_path: Path) -> None:
    again = store.save(store.load(folder), tmp_path / "again")
    assert sorted(path.name for path in again.iterdir()) == sorted([*PARTS, "card.json"])
    assert (again / "lightgbm.txt.gz").read_bytes() == (folder / "lightgbm.txt.gz").read_bytes()
    tracks = schema.sample(50, seed=1)
    expected = store.load(folder).predict_proba(tracks)
    np.testing.assert_array_equal(store.load(again).predict_proba(tracks), expected)


def test_the_folder_is_as_documented(folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == sorted([*PARTS, "card.json"])


def test_nothing_in_it_is_a_pickle(folder: Path) -> None:
    with ZipFile(folder / "text.skops") as archive:
        assert {Path(name).suffix for name in archive.namelist()} <= {".json", ".npy", ".npz"}
    for path in folder.iterdir():
        assert not path.read_bytes().startswith(b"\x80")


def test_the_card_can_be_read_by_others(best: Classifier, folder: Path) -> None:
    card = card_of(folder)
    assert card["format"] == store.FORMAT
    assert card["scores"]["accuracy"] == asdict(best.card.scores["accuracy"])
    assert set(card["scores"]["accuracy"]) == {"value", "low", "high"}
    assert card["genres"] == ["jazz", "pop", "rock"]
    assert (card["model"], card["rows"], card["label"], card["split"]) == ("best", 120, "genre", "artist")
    assert (card["origin"]["name"], card["origin"]["licence"]) == ("songs", "CC0")
    assert set(card["files"]) == set(PARTS)


# --- damage -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PARTS)
def test_a_missing_part(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(ModelError, match=f"part '{name}' is missing: copy the whole folder"):
        store.load(folder)


@pytest.mark.parametrize("name", PARTS)
def test_a_changed_byte(folder: Path, name: str) -> None:
    path = folder / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelError, match=f"{name}: was changed since it was written"):
        store.load(folder)


@pytest.mark.parametrize("name", PARTS)
@pytest.mark.parametrize(
    "content", [b"", b"not what it says", bytes(range(256)) * 9], ids=["empty", "text", "bytes"]
)
def test_a_part_that_is_no_part_with_the_right_checksum(folder: Path, name: str, content: bytes) -> None:
    (folder / name).write_bytes(content)
    forge(folder)
    with pytest.raises(ModelError):
        store.load(folder)


def test_a_truncated_part_with_the_right_checksum(folder: Path) -> None:
    path = folder / "text.skops"
    path.write_bytes(path.read_bytes()[:-100])
    forge(folder)
    with pytest.raises(ModelError, match=r"text.skops: is damaged"):
        store.load(folder)


BOOSTERS = ("lightgbm.txt.gz", "random_boosting.txt.gz", "xgboost.json.gz", "catboost.catboost.gz")
"""Files that are compressed."""


@pytest.mark.parametrize("name", BOOSTERS)
@pytest.mark.parametrize(
    "change",
    [
        lambda packed: packed[:-1],
        lambda packed: packed[: len(packed) // 2],
        lambda packed: packed[:200] + b"\xff" * 50 + packed[250:],
        lambda packed: packed + packed,
        lambda packed: packed + b"more",
        gzip.decompress,
        lambda packed: gzip.compress(b""),
        lambda packed: gzip.compress(b"\xff\xfe" * 99),
        lambda packed: gzip.compress(gzip.decompress(packed)[:900]),
        lambda packed: gzip.compress(gzip.decompress(packed)[: len(gzip.decompress(packed)) // 2]),
    ],
)
def test_a_damaged_booster(folder: Path, name: str, change: Callable[[bytes], bytes]) -> None:
    path = folder / name
    path.write_bytes(change(path.read_bytes()))
    forge(folder)
    with pytest.raises(ModelError, match=rf"{name}: is damaged \(.*\): copy it anew, or train") as caught:
        store.load(folder)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", BOOSTERS)
def test_a_file_that_grows_without_end(folder: Path, name: str) -> None:
    (folder / name).write_bytes(gzip.compress(bytes(200 * 2**20), 9))
    forge(folder)
    tracemalloc.start()
    try:
        with pytest.raises(ModelError, match=r"is damaged \(it holds more than a model"):
            store.load(folder)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 100 * 2**20


def test_names_that_grow_without_end(folder: Path) -> None:
    path = folder / "company.npz"
    with np.load(path) as file:
        arrays = dict(file)
    arrays["prior"] = np.zeros(25 * 2**20)
    np.savez_compressed(path, **arrays)
    forge(folder)
    with pytest.raises(ModelError, match=r"company.npz: is damaged \(it holds more than a model"):
        store.load(folder)


def test_text_that_grows_without_end(folder: Path) -> None:
    with ZipFile(folder / "text.skops", "a", ZIP_DEFLATED) as archive:
        archive.writestr("more.npy", bytes(200 * 2**20))
    forge(folder)
    with pytest.raises(ModelError, match=r"text.skops: is damaged \(it holds more than a model"):
        store.load(folder)


def first_line(content: bytes, name: str, change: Callable[[str], str]) -> bytes:
    """Change the first line of LightGBM's text that has a name and values."""
    return re.sub(rf"\n{name}=(\S.*)", lambda m: f"\n{change(m[0][1:])}", content.decode(), count=1).encode()


def as_nodes(children: str) -> str:
    """Name a leaf by the number that a node after the last would have."""
    return re.sub("=-1( |$)", rf"={children.count(' ') + 1}\1", children)


FAR = "50000000"
TEXTS: dict[str, Callable[[bytes], bytes]] = {
    "a child far away": lambda text: first_line(text, "left_child", lambda _: f"left_child={FAR}"),
    "a leaf taken for a node": lambda text: first_line(text, "left_child", as_nodes),
    "a leaf far away": lambda text: first_line(
        text, "left_child", lambda line: re.sub(r"(?<=[= ])-\d+", f"-{FAR}", line)
    ),
    "no number": lambda text: first_line(
        text, "left_child", lambda line: re.sub("=(-?[0-9]+)", f"={FAR}e-8", line)
    ),
    "a circle": lambda text: first_line(text, "left_child", lambda line: re.sub("=-?[0-9]+", "=0", line)),
    "another column": lambda text: first_line(
        text, "split_feature", lambda line: re.sub("=[0-9]+", f"={FAR}", line)
    ),
    "said twice": lambda text: first_line(text, "left_child", lambda line: f"left_child={FAR}\n{line}"),
    "said with a blank": lambda text: first_line(
        text, "left_child", lambda line: f"{line}\nleft_child ={FAR}"
    ),
    "a line of another end": lambda text: first_line(text, "left_child", lambda line: f"foo=\x0c{line}"),
    "too few": lambda text: first_line(text, "left_child", lambda line: line.rpartition(" ")[0]),
    "sizes": lambda text: text.replace(b"\n\nTree=0", b"\ntree_sizes=5000000 1\n\nTree=0"),
    "categories": lambda text: text.replace(b"num_cat=0", b"num_cat=9", 1),
    "no leaves": lambda text: text.replace(b"num_leaves", b"num_loaves", 1),
    "an average": lambda text: text.replace(b"\nversion", b"\naverage_output\nversion", 1),
    "a parameter": lambda text: text.replace(b"[pre_partition: 0]", b"[pre]"),
    "genres": lambda text: text.replace(b"num_class:3", b"num_class:30"),
}


@pytest.mark.parametrize("how", TEXTS)
def test_lightgbm_is_not_led_out_of_its_memory(folder: Path, how: str) -> None:
    path = folder / "lightgbm.txt.gz"
    text = gzip.decompress(path.read_bytes())
    path.write_bytes(gzip.compress(TEXTS[how](text)))
    assert gzip.decompress(path.read_bytes()) != text
    forge(folder)
    with pytest.raises(ModelError, match=r"lightgbm.txt.gz: is damaged \(.*\): copy it anew, or train"):
        store.load(folder)


def put(name: str, value: Any) -> Callable[[Content], None]:
    """Put a value into the first tree's root."""

    def change(told: Content) -> None:
        model(told)["trees"][0][name][0] = value

    return change


def model(told: Content) -> Content:
    content: Content = told["learner"]["gradient_booster"]["model"]
    return content


JSONS: dict[str, Callable[[Content], Any]] = {
    "a child far away": put("left_children", int(FAR)),
    "a circle": put("right_children", 0),
    "a child that is none": put("left_children", -2),
    "another column": put("split_indices", int(FAR)),
    "a parent far away": put("parents", int(FAR)),
    "a parent that is none": lambda told: model(told)["trees"][0]["parents"].__setitem__(1, 2**31 - 1),
    "categories": put("split_type", 1),
    "too few": lambda told: model(told)["trees"][0]["sum_hessian"].pop(),
    "fewer nodes": lambda told: model(told)["trees"][0]["tree_param"].update(num_nodes="90"),
    "fewer trees": lambda told: model(told)["gbtree_model_param"].update(num_trees="9000"),
    "another genre": lambda told: model(told)["tree_info"].__setitem__(0, int(FAR)),
    "a place taken twice": lambda told: model(told)["trees"][1].update(id=0),
    "layers": lambda told: model(told)["iteration_indptr"].__setitem__(-1, int(FAR)),
    "objective": lambda told: told["learner"]["objective"]["softmax_multiclass_param"].update(num_class="30"),
    "a list": lambda told: told.update(learner=[]),
    "nothing": lambda told: told.clear(),
}


def split(told: Content) -> Content:
    """Find the first question that a tree asks."""
    found: Content = next(tree for tree in told["oblivious_trees"] if tree["splits"])["splits"][0]
    return found


def asked(told: Content) -> Content:
    """Find the feature that it is asked of."""
    found: Content = told["features_info"]["float_features"][split(told)["float_feature_index"]]
    return found


SYMMETRIC: dict[str, Callable[[Content], Any]] = {
    "a border far away": lambda told: split(told).update(split_index=int(FAR)),
    "a border of another column": lambda told: split(told).update(
        float_feature_index=split(told)["float_feature_index"] + 1
    ),
    "another column": lambda told: split(told).update(float_feature_index=int(FAR)),
    "a column that is none": lambda told: split(told).update(float_feature_index=-1),
    "a border that is none": lambda told: split(told).update(border=-3.5),
    "no number": lambda told: split(told).update(split_index=0.0),
    "another kind of question": lambda told: split(told).update(split_type="OneHotFeature"),
    "more to a question": lambda told: split(told).update(cat_feature_index=3),
    "borders that fall": lambda told: asked(told)["borders"].append(-1e30),
    "borders without end": lambda told: asked(told)["borders"].append(float("inf")),
    "gaps that go nowhere": lambda told: asked(told).update(nan_value_treatment="Far"),
    "a place taken twice": lambda told: told["features_info"]["float_features"][1].update(
        flat_feature_index=0
    ),
    "categories": lambda told: told["features_info"].update(categorical_features=[{"feature_index": 0}]),
    "too few leaves": lambda told: told["oblivious_trees"][0]["leaf_values"].pop(),
    "too few weights": lambda told: told["oblivious_trees"][0]["leaf_weights"].pop(),
    "too deep": lambda told: told["oblivious_trees"][0].update(splits=[split(told)] * 70),
    "a word for a leaf": lambda told: told["oblivious_trees"][0]["leaf_values"].__setitem__(0, "much"),
    "no trees": lambda told: told.update(oblivious_trees=[]),
    "other trees": lambda told: told.update(trees=[]),
    "fewer genres": lambda told: told["scale_and_bias"][1].pop(),
    "no bias": lambda told: told.update(scale_and_bias=[1]),
    "a list": lambda told: told.update(features_info=[]),
    "nothing": lambda told: told.clear(),
}


@pytest.mark.parametrize("how", SYMMETRIC)
def test_catboost_is_not_led_out_of_its_memory(folder: Path, how: str) -> None:
    def changed(text: bytes) -> bytes:
        told = json.loads(text)
        SYMMETRIC[how](told)
        return json.dumps(told).encode()

    reforge(folder, changed, "catboost.catboost.gz")
    with pytest.raises(ModelError, match=r"catboost.catboost.gz: is damaged \(.*\): copy it anew, or train"):
        store.load(folder)


def test_catboost_reads_what_was_looked_at(folder: Path, best: Classifier) -> None:
    def twice(text: bytes) -> bytes:
        return text.replace(b'"split_index":', b'"split_index":50000000,"split_index":', 1)

    reforge(folder, twice, "catboost.catboost.gz")
    tracks = schema.sample(20, seed=1).with_columns(title=pl.lit("a song"))
    np.testing.assert_array_equal(store.load(folder).predict_proba(tracks), best.predict_proba(tracks))


def reforge(folder: Path, change: Callable[[bytes], bytes], name: str = "xgboost.json.gz") -> None:
    path = folder / name
    text = gzip.decompress(path.read_bytes())
    path.write_bytes(gzip.compress(change(text)))
    assert gzip.decompress(path.read_bytes()) != text
    forge(folder)


@pytest.mark.parametrize("how", JSONS)
def test_xgboost_is_not_led_out_of_its_memory(folder: Path, how: str) -> None:
    def changed(text: bytes) -> bytes:
        told = json.loads(text)
        JSONS[how](told)
        return json.dumps(told).encode()

    reforge(folder, changed)
    with pytest.raises(ModelError, match=r"xgboost.json.gz: is damaged \(.*\): copy it anew, or train"):
        store.load(folder)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: b" " + text,
        lambda text: text.decode().encode("utf-16"),
        lambda text: text.replace(b'"split_indices":[', b'"split_indices":[50000000],"split_indices":[', 1),
    ],
    ids=["another beginning", "another encoding", "said twice"],
)
def test_xgboost_reads_what_was_looked_at(folder: Path, change: Callable[[bytes], bytes]) -> None:
    reforge(folder, change)
    with pytest.raises(ModelError, match=r"xgboost.json.gz: is damaged"):
        store.load(folder)


@pytest.mark.parametrize(("told", "used"), [(300_000, 1024), (0, 1), (-3, 1), (2, 2)])
def test_threads_stay_within_reason(folder: Path, told: int, used: int) -> None:
    parts = card_of(folder)["parts"]
    assert _parts._threads(parts["members"][0] | {"threads": told}) == used


@pytest.mark.parametrize("told", [1e9, "9", None, True])
def test_threads_are_a_whole_number(folder: Path, told: Any) -> None:
    parts = card_of(folder)["parts"]
    parts["members"][0]["threads"] = told
    forge(folder, parts=parts)
    with pytest.raises(ModelError, match=r"threads: .* is no whole number"):
        store.load(folder)


def test_the_same_model_makes_the_same_files(best: Classifier, folder: Path, tmp_path: Path) -> None:
    again = store.save(best, tmp_path / "again")
    for name in BOOSTERS:
        assert (again / name).read_bytes() == (folder / name).read_bytes()


@pytest.mark.parametrize("name", ["lightgbm", "xgboost", "catboost"])
def test_a_booster_of_other_genres(folder: Path, name: str) -> None:
    two = train(dataset.make(schema.sample(60, seed=0, genres=("jazz", "pop"))), name, folds=2, threads=1)
    path = next(store.save(two, folder.parent / "two").glob(f"{name}*"))
    shutil.copy(path, folder)
    forge(folder)
    with pytest.raises(ModelError, match=rf"{path.name}: is damaged \(.*genres"):
        store.load(folder)


def test_explanations_survive_the_disk(best: Classifier, folder: Path) -> None:
    X = np.random.default_rng(0).random((20, best.parts.members[0].estimator.n_features_in_))
    for before, after in zip(best.parts.members, store.load(folder).parts.members, strict=True):
        assert before.name == after.name
        np.testing.assert_array_equal(shares(before.estimator, X), shares(after.estimator, X))
        np.testing.assert_array_equal(gains(before.estimator), gains(after.estimator))


def shares(estimator: Any, X: Any) -> Any:
    if isinstance(estimator, CatBoost):
        return estimator.contributions(X)
    if hasattr(estimator, "booster_"):
        return estimator.booster_.predict(X, pred_contrib=True)
    return estimator.get_booster().predict(DMatrix(X), pred_contribs=True)


def gains(estimator: Any) -> Any:
    if hasattr(estimator, "feature_importances_") and hasattr(estimator, "booster_"):
        return estimator.feature_importances_
    return sorted(estimator.get_booster().get_score(importance_type="total_gain").items())


def test_a_folder_without_a_card(folder: Path, tmp_path: Path) -> None:
    (folder / "card.json").unlink()
    for place in (folder, tmp_path / "absent", folder / "artists.npy"):
        with pytest.raises(ModelError, match=r"has no card.json: name a folder that"):
            store.load(place)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not JSON"),
        (b"{", "is not JSON"),
        (b"\xff\xfe\x00", "is not JSON"),
        (b"[1, 2]", "is not a card"),
        (b"null", "is not a card"),
        (b'"card"', "is not a card"),
        (b"{}", "is of format None, this genrelab reads format 4"),
        (b'{"format": 4}', "does not list its files"),
        (b'{"format": 4, "files": ["a"]}', "does not list its files"),
        (b'{"format": 4, "files": {}}', "does not fit this version"),
    ],
)
def test_a_card_that_is_none(folder: Path, content: bytes, message: str) -> None:
    (folder / "card.json").write_bytes(content)
    with pytest.raises(ModelError, match=message):
        store.load(folder)


@pytest.mark.parametrize("found", [0, 1, "2", None])
def test_a_model_of_another_format(folder: Path, found: Any) -> None:
    forge(folder, format=found)
    with pytest.raises(
        ModelError, match=f"is of format {found}, this genrelab reads format 4: train it again"
    ):
        store.load(folder)


def test_a_model_that_this_version_does_not_have(folder: Path) -> None:
    forge(folder, model="oracle")
    with pytest.raises(ModelError, match="no model 'oracle'"):
        store.load(folder)


@pytest.mark.parametrize(
    "name", [*(name for name in Card.__dataclass_fields__ if name != "recipe"), *RECIPE, "parts"]
)
def test_a_card_that_lacks_a_line(folder: Path, name: str) -> None:
    card = card_of(folder)
    del card[name]
    (folder / "card.json").write_text(json.dumps(card))
    with pytest.raises(ModelError, match=f"does not fit this version of genrelab .*{name}.*train it again"):
        store.load(folder)


@pytest.mark.parametrize(
    "name", ["members", "scores", "coverage", "genres", "columns", "origin", "parts", "files"]
)
@pytest.mark.parametrize("value", [None, 5, "x", [1], {"a": 1}], ids=repr)
def test_a_line_that_holds_something_else(folder: Path, name: str, value: Any) -> None:
    forge(folder, **{name: value})
    with pytest.raises(ModelError):
        store.load(folder)


def test_a_card_that_speaks_of_other_members(folder: Path) -> None:
    forge(folder, members={"lightgbm": 0.5, "xgboost": 0.5})
    with pytest.raises(ModelError, match="do not agree"):
        store.load(folder)


def test_a_card_that_speaks_of_fewer_genres(folder: Path) -> None:
    forge(folder, genres=["jazz", "pop"])
    with pytest.raises(ModelError, match=r"do not agree|is damaged"):
        store.load(folder)


@pytest.mark.parametrize("seen", [[0, -1, 0], [0, 0, 1], [2, 1, 0], [0, 1], []])
def test_a_card_that_speaks_of_other_genres_seen(folder: Path, seen: list[int]) -> None:
    parts = card_of(folder)["parts"]
    parts["members"][0]["seen"] = seen
    forge(folder, parts=parts)
    with pytest.raises(ModelError):
        store.load(folder)


def test_a_card_that_speaks_of_fewer_columns(folder: Path) -> None:
    forge(folder, columns=card_of(folder)["columns"][:3])
    with pytest.raises(ModelError, match=r"cannot label the columns that card\.json names"):
        store.load(folder)


def test_a_card_that_names_a_genre_twice(folder: Path) -> None:
    forge(folder, genres=["jazz", "pop", "pop"])
    with pytest.raises(ModelError, match="do not agree"):
        store.load(folder)


@pytest.mark.parametrize("weight", [0, -1, float("nan"), float("inf")])
def test_weights_that_are_none(folder: Path, weight: float) -> None:
    forge(folder, members=card_of(folder)["members"] | {"xgboost": weight})
    with pytest.raises(ModelError, match="do not agree"):
        store.load(folder)


# --- attacks ------------------------------------------------------------------------------------------------

EVIL = """
from pathlib import Path
from sklearn.base import BaseEstimator

class Evil(BaseEstimator):
    def __init__(self, marker=""):
        self.marker = marker

    def fit(self, X, y=None):
        return self

    def __getstate__(self):
        return {"marker": self.marker}

    def __setstate__(self, state):
        Path(state["marker"]).touch()

def strike(X):
    return X
"""


@pytest.fixture
def evil(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module on the victim's machine that does harm when it is loaded."""
    (tmp_path / "genrelab_evil.py").write_text(EVIL)
    monkeypatch.syspath_prepend(tmp_path)
    return import_module("genrelab_evil")


def planted(folder: Path, thing: Any) -> None:
    """Put a thing in the place of the reader of text."""
    skops.io.dump(thing, folder / "text.skops")
    forge(folder)


def test_code_in_a_part_does_not_run(folder: Path, tmp_path: Path, evil: ModuleType) -> None:
    marker = tmp_path / "marker"
    planted(folder, evil.Evil(str(marker)))
    with pytest.raises(ModelError, match=r"names untrusted types .*genrelab_evil.Evil.*do not use it"):
        store.load(folder)
    assert not marker.exists()
    skops.io.load(folder / "text.skops", trusted=["genrelab_evil.Evil"])
    assert marker.exists()  # the harm is real: who trusts the type is hit


def test_a_function_inside_a_trusted_estimator_is_refused(folder: Path, evil: ModuleType) -> None:
    planted(folder, make_pipeline(FunctionTransformer(evil.strike)))
    with pytest.raises(ModelError, match=r"genrelab_evil.strike"):
        store.load(folder)


def test_an_estimator_that_calls_the_system_is_refused(folder: Path) -> None:
    planted(folder, FunctionTransformer(os.system))
    with pytest.raises(ModelError, match="names untrusted types"):
        store.load(folder)


def test_a_pickle_is_not_read(folder: Path, tmp_path: Path) -> None:
    marker = tmp_path / "marker"

    class Bomb:
        def __reduce__(self) -> tuple[Callable[..., None], tuple[Path]]:
            return Path.touch, (marker,)

    np.save(folder / "artists.npy", np.array([Bomb()], dtype=object), allow_pickle=True)
    forge(folder)
    with pytest.raises(ModelError):
        store.load(folder)
    assert not marker.exists()


@pytest.mark.parametrize(
    "name", ["../secret", "/etc/hostname", "..", ".", "", "sub/part", "../model/text.skops"]
)
def test_a_listed_file_lies_in_the_folder(folder: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "secret").write_bytes(b"x")
    (folder / "sub").mkdir()
    (folder / "sub" / "part").write_bytes(b"x")
    forge(folder, files=card_of(folder)["files"] | {name: hashlib.sha256(b"x").hexdigest()})
    with pytest.raises(ModelError, match="is missing"):
        store.load(folder)


@pytest.mark.parametrize(
    "name", ["../lightgbm.txt.gz", "{outside}", "sub/lightgbm.txt.gz", "card.json", "", None, 5]
)
def test_a_part_lies_in_the_folder(folder: Path, tmp_path: Path, name: Any) -> None:
    outside = tmp_path / "lightgbm.txt.gz"
    shutil.copy(folder / "lightgbm.txt.gz", outside)
    parts = card_of(folder)["parts"]
    parts["members"][0]["file"] = str(outside) if name == "{outside}" else name
    forge(folder, parts=parts, files=card_of(folder)["files"])
    with pytest.raises(ModelError, match="is no part of this model"):
        store.load(folder)


def test_a_part_that_is_not_listed_is_not_read(folder: Path) -> None:
    files = card_of(folder)["files"]
    forge(folder, files={n: mark for n, mark in files.items() if n != "out_of_fold.npy"})
    assert store.load(folder).out_of_fold is None
    for name in set(PARTS) - {"out_of_fold.npy"}:
        forge(folder, files={n: mark for n, mark in files.items() if n != name})
        with pytest.raises(ModelError, match=f"'{name}' is no part of this model"):
            store.load(folder)


def test_a_part_of_another_kind_is_not_read(folder: Path) -> None:
    (folder / "lightgbm.pkl").write_bytes(b"\x80\x04N.")
    parts = card_of(folder)["parts"]
    parts["members"][0]["file"] = "lightgbm.pkl"
    forge(folder, parts=parts)
    with pytest.raises(ModelError, match=r"'lightgbm.pkl' is no part of a model"):
        store.load(folder)


@pytest.fixture(scope="module")
def shaped() -> Classifier:
    """A model of models, behind steps."""
    recipe = Recipe("one_vs_rest", {"over": "lightgbm", "rounds": 3}, steps=("standardise", "anova:4"))
    return train(dataset.make(schema.sample(60, seed=0)), recipe, folds=2, threads=1)


def test_a_model_of_models_lists_them_all(shaped: Classifier, tmp_path: Path) -> None:
    place = store.save(shaped, tmp_path / "model")
    parts = [f"one_vs_rest-{genre}.txt.gz" for genre in range(3)]
    assert set(card_of(place)["files"]) == {*OWN, "one_vs_rest-steps.skops", *parts}
    assert store.load(place).card == shaped.card


@pytest.mark.parametrize("name", ["../one_vs_rest-1.txt.gz", "card.json", "", None])
def test_a_model_of_a_model_lies_in_the_folder(shaped: Classifier, tmp_path: Path, name: Any) -> None:
    place = store.save(shaped, tmp_path / "model")
    shutil.copy(place / "one_vs_rest-1.txt.gz", tmp_path)
    parts = card_of(place)["parts"]
    parts["members"][0]["over"][1]["file"] = name
    forge(place, parts=parts, files=card_of(place)["files"])
    with pytest.raises(ModelError, match="is no part of this model"):
        store.load(place)


@pytest.mark.parametrize("over", [[], None, 5, "x", [{}], [{"over": []}]], ids=repr)
def test_a_model_of_models_that_are_none(shaped: Classifier, tmp_path: Path, over: Any) -> None:
    place = store.save(shaped, tmp_path / "model")
    parts = card_of(place)["parts"]
    parts["members"][0]["over"] = over
    forge(place, parts=parts)
    with pytest.raises(ModelError):
        store.load(place)


def test_code_in_the_steps_does_not_run(shaped: Classifier, tmp_path: Path, evil: ModuleType) -> None:
    place, marker = store.save(shaped, tmp_path / "model"), tmp_path / "marker"
    skops.io.dump(make_pipeline(evil.Evil(str(marker))), place / "one_vs_rest-steps.skops")
    forge(place)
    with pytest.raises(ModelError, match=r"names untrusted types .*genrelab_evil.Evil"):
        store.load(place)
    assert not marker.exists()


@pytest.mark.parametrize("error", [ZeroDivisionError, RuntimeError, MemoryError, OverflowError])
def test_a_trial_that_ends_badly_is_a_damaged_model(
    folder: Path, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def fail(*_: Any) -> None:
        raise error

    monkeypatch.setattr(store, "_tried", fail)
    with pytest.raises(ModelError, match=r"cannot label the columns that card\.json names"):
        store.load(folder)


def test_a_part_whose_bytes_cannot_be_unpacked(folder: Path) -> None:
    path = folder / "text.skops"
    content = bytearray(path.read_bytes())
    with ZipFile(path) as archive:
        begin = archive.getinfo("schema.json").header_offset + 30 + len("schema.json")
    content[begin : begin + 8] = b"\xff" * 8
    path.write_bytes(content)
    forge(folder)
    with pytest.raises(ModelError, match="is damaged"):
        store.load(folder)


def test_a_card_without_end(folder: Path) -> None:
    (folder / "card.json").write_text("[" * 10**5)
    with pytest.raises(ModelError, match="is not JSON"):
        store.load(folder)


# --- trees --------------------------------------------------------------------------------------------------


@cache
def grown(model: str) -> Classifier:
    settings: dict[str, Any] = (
        {"n_neighbors": 5} if model == "nearest_neighbours" else {"min_samples_leaf": 3}
    )
    if "tree" in model or "forest" in model:
        settings |= {} if model == "decision_tree" else {"n_estimators": 3}
    if model == "one_vs_rest":
        settings["over"] = "decision_tree"
    # Among more columns, neighbours are searched without a tree.
    columns = ["energy", "valence"] if model == "nearest_neighbours" else None
    songs = dataset.make(schema.sample(60, seed=0), columns=columns)
    return train(songs, Recipe(model, settings), folds=2, threads=1)


def kept(classifier: Classifier, place: Path, change: Callable[[Any], Any]) -> Path:
    """Save a model after a change of a copy of its first member's estimator."""
    first, *others = classifier.parts.members
    estimator = deepcopy(first.estimator)
    changed = change(estimator)
    member = replace(first, estimator=estimator if changed is None else changed)
    parts = replace(classifier.parts, members=(member, *others))
    return store.save(replace(classifier, parts=parts), place / "model")


def relinked(tree: Any, field: str, at: int, value: float) -> Any:
    """Change a tree in place."""
    state = tree.__getstate__()
    nodes = state["nodes"].copy()
    nodes[field][at] = value
    tree.__setstate__(state | {"nodes": nodes})


DAMAGE = [
    ("left_child", 0, 10**9),
    ("left_child", 0, -5),
    ("left_child", 0, 0),  # without end
    ("left_child", 0, -1),  # half a leaf
    ("right_child", 0, 10**9),
    ("right_child", 0, 0),
    ("feature", 0, 10**9),
    ("feature", 0, -3),
    ("n_node_samples", 0, 0),
    ("weighted_n_node_samples", 0, np.nan),
    ("left_child", -1, 0),  # a leaf that leads back
]


@pytest.mark.parametrize(("field", "at", "value"), DAMAGE)
def test_a_tree_that_leads_out_of_itself_is_refused(
    field: str, at: int, value: float, tmp_path: Path
) -> None:
    place = kept(grown("decision_tree"), tmp_path, lambda one: relinked(one.tree_, field, at, value))
    with pytest.raises(ModelError, match=r"decision_tree\.skops: its trees are damaged: copy it anew"):
        store.load(place)


@pytest.mark.parametrize(
    ("model", "change"),
    [
        ("random_forest", lambda one: relinked(one.estimators_[-1].tree_, "left_child", 0, 10**9)),
        ("extra_trees", lambda one: relinked(one.estimators_[1].tree_, "feature", 0, 10**9)),
        ("one_vs_rest", lambda one: relinked(one.estimators_[2].tree_, "right_child", 0, 10**9)),
        ("decision_tree", lambda one: relinked(one.tree_, "feature", 0, 10**9) or make_pipeline(one)),
        ("random_forest", lambda one: one.__dict__.update(n_features_in_=3)),
        ("random_forest", lambda one: one.__dict__.update(estimators_=[make_pipeline(one.estimators_[0])])),
        ("random_forest", lambda one: BaggingClassifier(one.estimators_[0]).fit([[0.0], [1.0]], [0, 1])),
        ("decision_tree", lambda one: one.__dict__.update(n_features_in_=10**6)),
        ("decision_tree", lambda one: one.__dict__.update(n_classes_=10**6)),
        ("decision_tree", lambda one: one.__dict__.update(_validate_X_predict=np.add)),
        ("decision_tree", lambda one: FunctionTransformer(kw_args={"tree": one.tree_})),
        ("decision_tree", lambda one: one.tree_.__setstate__(one.tree_.__getstate__() | {"node_count": 0})),
        ("decision_tree", lambda one: one.tree_.value.fill(np.nan)),
    ],
)
def test_trees_are_found_wherever_they_are(model: str, change: Callable[[Any], Any], tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"\.skops: its trees are damaged: copy it anew"):
        store.load(kept(grown(model), tmp_path, change))


@pytest.mark.parametrize("model", ["decision_tree", "random_forest", "extra_trees", "one_vs_rest"])
def test_sound_trees_come_back(model: str, tmp_path: Path) -> None:
    tracks = schema.sample(50, seed=1)
    loaded = store.load(store.save(grown(model), tmp_path / "model"))
    np.testing.assert_array_equal(loaded.predict_proba(tracks), grown(model).predict_proba(tracks))


def test_neighbours_are_searched_in_a_new_tree(tmp_path: Path) -> None:
    classifier, tracks = grown("nearest_neighbours"), schema.sample(50, seed=1)
    place = store.save(classifier, tmp_path / "model")
    assert isinstance(classifier.parts.members[0].estimator[-1]._tree, KDTree)  # left as it was
    untrusted = skops.io.get_untrusted_types(file=place / "nearest_neighbours.skops")
    assert not [name for name in untrusted if "tree" in name.lower()]
    loaded = store.load(place)
    assert isinstance(loaded.parts.members[0].estimator[-1]._tree, KDTree)
    np.testing.assert_array_equal(loaded.predict_proba(tracks), classifier.predict_proba(tracks))
    again = store.load(store.save(loaded, tmp_path / "again"))
    np.testing.assert_array_equal(again.predict_proba(tracks), classifier.predict_proba(tracks))


def test_a_search_tree_in_a_file_is_refused(tmp_path: Path) -> None:
    place = store.save(grown("nearest_neighbours"), tmp_path / "model")
    skops.io.dump(grown("nearest_neighbours").parts.members[0].estimator, place / "nearest_neighbours.skops")
    forge(place)
    with pytest.raises(ModelError, match=r"names untrusted types .*KDTree"):
        store.load(place)


@pytest.mark.parametrize(
    "changes",
    [
        {"_y": np.full(60, 10**6)},
        {"_y": np.zeros(3, dtype=int)},
        {"_fit_X": csr_matrix(np.eye(60))},
        {"_fit_X": np.full((60, 3), np.nan)},
        {"_fit_X": np.zeros((60, 3))},
        {"fit": np.add},
    ],
)
def test_neighbours_that_do_not_fit_are_refused(changes: dict[str, Any], tmp_path: Path) -> None:
    place = kept(grown("nearest_neighbours"), tmp_path, lambda one: one[-1].__dict__.update(changes))
    with pytest.raises(ModelError):
        store.load(place)


# --- places -------------------------------------------------------------------------------------------------


def test_a_folder_that_exists_is_left_alone(logistic: Classifier, tmp_path: Path) -> None:
    place = tmp_path / "model"
    place.mkdir()
    (place / "mine").write_text("precious")
    for overwrite in (False, True):
        for refusal in (store.save, lambda c, p, overwrite: store.check(p, overwrite=overwrite)):
            with pytest.raises(OutputError, match=str(place)):
                refusal(logistic, place, overwrite=overwrite)
    assert [path.name for path in tmp_path.rglob("*")] == ["model", "mine"]


def test_a_model_is_replaced_when_asked(logistic: Classifier, folder: Path) -> None:
    with pytest.raises(OutputError, match="exists already: choose another name, or add --overwrite"):
        store.save(logistic, folder)
    assert store.load(folder).card.model == "best"
    store.save(logistic, folder, overwrite=True)
    assert store.load(folder).card.model == "logistic"
    assert {path.name for path in folder.iterdir()} == {*OWN, "card.json", "logistic.skops"}
    assert [path.name for path in folder.parent.iterdir()] == ["model"]


def test_a_file_beside_the_card_is_not_lost(logistic: Classifier, folder: Path) -> None:
    (folder / "mine.txt").write_text("precious")
    with pytest.raises(OutputError, match="holds other things than an earlier output: choose another name"):
        store.save(logistic, folder, overwrite=True)
    assert (folder / "mine.txt").read_text() == "precious"
    assert store.load(folder).card.model == "best"


def test_places_that_cannot_be_written(logistic: Classifier, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for place in (tmp_path / "file" / "model", Path("/proc/genrelab/model"), tmp_path / "file"):
        with pytest.raises(OutputError, match=str(place)):
            store.save(logistic, place)
    assert (tmp_path / "file").read_text() == "x"


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError, RuntimeError])
def test_an_end_in_the_middle_leaves_no_halves(
    logistic: Classifier,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: type[BaseException],
    *,
    overwrite: bool,
) -> None:
    place = tmp_path / "model"
    if overwrite:
        store.save(logistic, place)
    before = {path: path.read_bytes() for path in place.rglob("*")}

    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(store, "_sha256", fail)
    with pytest.raises(error):
        store.save(logistic, place, overwrite=overwrite)
    assert {path: path.read_bytes() for path in place.rglob("*")} == before
    assert [path.name for path in tmp_path.iterdir()] == (["model"] if overwrite else [])


# --- neural networks ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def net() -> Classifier:
    pytest.importorskip("torch", reason="torch is not installed")
    recipe = Recipe("mlp", {"width": 8, "epochs": 2})
    return train(dataset.make(schema.sample(60, seed=0)), recipe, folds=2, threads=1)


@pytest.fixture
def net_file(net: Classifier, tmp_path: Path) -> Path:
    return store.save(net, tmp_path / "model") / "mlp.safetensors"


def rewritten(path: Path, change: Callable[[dict[str, Any], Content], Any]) -> None:
    """Change arrays and settings of a network's file, and make the card believe it."""
    from safetensors import numpy, safe_open

    with safe_open(path, framework="numpy") as file:
        arrays = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - it is no mapping
        told = json.loads(file.metadata()["genrelab"])
    change(arrays, told)
    numpy.save_file(arrays, path, metadata={"genrelab": json.dumps(told)})
    forge(path.parent)


def test_a_network_is_one_file_that_says_how_it_is_built(net: Classifier, net_file: Path) -> None:
    assert {path.name for path in net_file.parent.iterdir()} == {*OWN, "card.json", "mlp.safetensors"}
    told: Content = {}
    rewritten(net_file, lambda _, settings: told.update(settings))
    assert told["settings"]["hidden"] == [8, 4]
    tracks = schema.sample(50, seed=1)
    loaded = store.load(net_file.parent)
    np.testing.assert_array_equal(loaded.predict_proba(tracks), net.predict_proba(tracks))
    assert loaded.card == net.card


@pytest.mark.parametrize(
    "change",
    [
        lambda arrays, told: arrays.pop("net.0.weight"),
        lambda arrays, told: arrays.update(other=np.zeros(3)),
        lambda arrays, told: arrays.update({"net.0.weight": arrays["net.0.weight"][:, :-1].copy()}),
        lambda arrays, told: arrays.update({"net.0.weight": arrays["net.0.weight"].astype(np.float64)}),
        lambda arrays, told: arrays.update({"input.mean": arrays["input.mean"] * np.nan}),
        lambda arrays, told: arrays.update({"input.scale": -arrays["input.scale"]}),
        lambda arrays, told: told.update(columns=3),
        lambda arrays, told: told.update(columns="many"),
        lambda arrays, told: told.pop("settings"),
        lambda arrays, told: told["settings"].update(hidden=[10**12, 10**12]),
        lambda arrays, told: told["settings"].update(hidden="wide"),
        lambda arrays, told: told["settings"].update(hidden=[8, -4]),
        lambda arrays, told: told["settings"].update(dropout=-1),
        lambda arrays, told: told["settings"].update(seed=2**70),
        lambda arrays, told: told["settings"].update(seed=-1),
        lambda arrays, told: told["settings"].update(oracle=True),
        lambda arrays, told: told["settings"].update(__class__="os.system"),
    ],
)
def test_a_network_that_does_not_fit_its_file_is_refused(
    net_file: Path, change: Callable[[dict[str, Any], Content], Any]
) -> None:
    rewritten(net_file, change)
    with pytest.raises(ModelError, match=r"mlp.safetensors: is damaged .*: copy it anew, or train it again"):
        store.load(net_file.parent)


@pytest.mark.parametrize(
    "content", [b"", b"not what it says", b"\x80\x04N.", (2**62).to_bytes(8, "little") + b"{}", bytes(999)]
)
def test_a_file_that_holds_no_network_is_refused(net_file: Path, content: bytes) -> None:
    net_file.write_bytes(content)
    forge(net_file.parent)
    with pytest.raises(ModelError, match="is damaged"):
        store.load(net_file.parent)


def test_a_network_under_the_name_of_a_forest_is_refused(net_file: Path) -> None:
    parts = card_of(net_file.parent)["parts"]
    parts["members"][0] |= {"name": "random_forest", "file": "random_forest.safetensors"}
    net_file.rename(net_file.with_name("random_forest.safetensors"))
    forge(net_file.parent, parts=parts)
    with pytest.raises(ModelError, match=r"model 'random_forest' is no neural network"):
        store.load(net_file.parent)


def test_a_perceptron_is_loaded_without_torch(net_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = store.load(net_file.parent)
    monkeypatch.setitem(sys.modules, "torch", None)
    tracks = schema.sample(9, seed=1)
    np.testing.assert_array_equal(
        store.load(net_file.parent).predict_proba(tracks), before.predict_proba(tracks)
    )
