"""Fitted parts as files that load without running code."""

from __future__ import annotations

import json
import sys
import zlib
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, BadZipFile

import lightgbm
import numpy as np
from xgboost import XGBClassifier

from genrelab.classifier import Member
from genrelab.errors import ModelError, UnknownName
from genrelab.models import MODELS
from genrelab.models._network import Network, needed
from genrelab.models._trees import checked, without_search_trees
from genrelab.models.lightgbm import LightGBM
from genrelab.models.one_vs_rest import OneVsRest
from genrelab.recipe import Recipe

TRUSTED = (
    "genrelab.features.selection.Best",
    "genrelab.features.text.FrequentOnly",
    "genrelab.models._margins.Margins",
    "genrelab.models.artist_majority.ArtistMajority",
    "genrelab.models.large_forest.LargeForest",
    "numpy.dtype",
    "scipy.sparse._csr.csr_matrix",
    "sklearn.tree._tree.Tree",
)


def save_member(member: Member, place: Path) -> dict[str, Any]:
    """Write one estimator in the safest format that it has, and say what is needed to read it."""
    estimator, name = member.estimator, member.name
    saved: dict[str, Any] = {"name": name, "seen": member.seen.tolist(), "steps": None}
    if member.steps is not None:
        saved["steps"] = f"{name}-steps.skops"
        _save_skops(member.steps, place / saved["steps"])
    if isinstance(estimator, OneVsRest):
        each = [Member(f"{name}-{i}", one, np.arange(2)) for i, one in enumerate(estimator.estimators_)]
        over = [save_member(one, place) for one in each]
        return saved | {"file": over[0]["file"], "over": over}
    if isinstance(estimator, LightGBM):
        estimator.booster_.save_model(place / f"{name}.txt")
        return saved | {"file": f"{name}.txt", "threads": estimator.threads}
    if isinstance(estimator, XGBClassifier):
        estimator.save_model(place / f"{name}.ubj")
        return saved | {"file": f"{name}.ubj", "threads": estimator.n_jobs}
    if isinstance(estimator, Network):
        _save_network(estimator, place / f"{name}.safetensors")
        return saved | {"file": f"{name}.safetensors", "threads": estimator.threads}
    _save_skops(estimator, place / f"{name}.skops")
    return saved | {"file": f"{name}.skops"}


def load_member(saved: Mapping[str, Any], place: Path, recipe: Recipe) -> Member:
    name, seen = saved["name"], np.array(saved["seen"], dtype=np.int64)
    learner = recipe.learner(name) if name in recipe.members else name
    chain = None if saved["steps"] is None else _load_skops(place / saved["steps"])
    if "over" not in saved:
        return Member(name, _load_estimator(saved, place, learner), seen, chain)
    each = [_load_estimator(one, place, learner) for one in saved["over"]]
    if len(each) != len(seen):
        raise ModelError(f"{place}: {name} lacks a genre: copy it anew, or train it again")
    return Member(name, OneVsRest.of(each), seen, chain)


def _load_estimator(saved: Mapping[str, Any], place: Path, learner: str) -> Any:
    path, genres = place / saved["file"], len(saved["seen"])
    if path.name not in {f"{saved['name']}{suffix}" for suffix in (".txt", ".ubj", ".safetensors", ".skops")}:
        raise ModelError(f"{place}: {path.name!r} is no part of a model: train it again")
    if path.suffix == ".txt":
        return _load_lightgbm(path, genres, saved["threads"])
    if path.suffix == ".ubj":
        estimator = XGBClassifier(n_jobs=saved["threads"])
        estimator.load_model(path)
        return estimator
    if path.suffix == ".safetensors":
        return _load_network(path, learner, genres, saved["threads"])
    return _load_skops(path)


def _load_lightgbm(path: Path, genres: int, threads: int) -> LightGBM:
    model = LightGBM(threads=threads)
    model.booster_ = lightgbm.Booster(model_file=path)
    model.classes_ = np.arange(genres)
    model.n_features_in_ = model.booster_.num_feature()
    return model


def _save_network(network: Network, path: Path) -> None:
    """Write weights, and in the same file what is needed to build the network that they belong to."""
    settings = {name: value for name, value in network.get_params().items() if name != "threads"}
    told = json.dumps({"settings": settings, "columns": network.n_features_in_}, allow_nan=False)
    needed("safetensors.numpy").save_file(network.arrays(), path, metadata={"genrelab": told})


def _load_network(path: Path, name: str, genres: int, threads: int) -> Network:
    """Build the network that the drawer has under a name, and give it the weights of a file."""
    model, tensors = MODELS[name], needed("safetensors")
    network = model.build(seed=0, threads=threads, **model.settings) if model.build else None
    try:
        with tensors.safe_open(path, framework="numpy") as file:
            told = json.loads(file.metadata()["genrelab"])
            arrays = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - it is no mapping
        if not isinstance(network, Network):
            raise ModelError(f"{path}: model {name!r} is no neural network: train it again")
        network.set_params(**told["settings"])
        network.restore(arrays, told["columns"], genres)
    except (tensors.SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        if isinstance(error, ModelError):
            raise
        raise ModelError(f"{path}: is damaged ({error}): copy it anew, or train it again") from error
    return network


def _skops() -> Any:
    """Import skops, which walks through all of scikit-learn, but for what would import torch: seconds."""
    barred = "sklearn.externals.array_api_compat.torch"
    absent = barred not in sys.modules
    modules: dict[str, Any] = sys.modules
    if absent:
        modules[barred] = None
    try:
        return import_module("skops.io")
    finally:
        if absent:
            del modules[barred]


def _save_skops(thing: Any, path: Path) -> None:
    _skops().dump(without_search_trees(thing), path, compression=ZIP_DEFLATED)


def _load_skops(path: Path) -> Any:
    io = _skops()
    try:
        untrusted = set(io.get_untrusted_types(file=path)) - set(TRUSTED)
        if untrusted:
            raise ModelError(
                f"{path}: names untrusted types ({', '.join(sorted(untrusted))}): it was not written by"
                " genrelab and may run code: do not use it"
            )
        return checked(io.load(path, trusted=list(TRUSTED)), path)
    except (BadZipFile, UnknownName, zlib.error) as error:
        raise ModelError(f"{path}: is damaged ({error}): copy it anew, or train it again") from error
