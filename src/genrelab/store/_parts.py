"""Fitted parts as files that load without running code."""

from __future__ import annotations

import gzip
import json
import sys
import zlib
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

import numpy as np
from lightgbm.basic import LightGBMError
from scipy import sparse
from xgboost.core import XGBoostError

from genrelab.classifier import Member, Readers
from genrelab.errors import ModelError, UnknownName
from genrelab.features.company import Company, Evidence
from genrelab.models import MODELS
from genrelab.models._network import Network, needed
from genrelab.models._trees import checked, without_search_trees
from genrelab.models.catboost import CatBoost
from genrelab.models.lightgbm import LightGBM
from genrelab.models.one_vs_rest import OneVsRest
from genrelab.models.xgboost import XGBoost
from genrelab.recipe import Recipe

TRUSTED = (
    "genrelab.features.selection.Best",
    "genrelab.features.text.FrequentOnly",
    "genrelab.models._margins.Margins",
    "genrelab.models.artist_majority.ArtistMajority",
    "genrelab.models.splines.Splines",
    "genrelab.models.large_forest.LargeForest",
    "numpy.dtype",
    "scipy.sparse._csr.csr_matrix",
    "sklearn.tree._tree.Tree",
)
_BOOSTERS: Mapping[str, type[LightGBM] | type[XGBoost] | type[CatBoost]] = {
    ".txt.gz": LightGBM,
    ".json.gz": XGBoost,
    ".catboost.gz": CatBoost,
}
_ENDINGS = (*_BOOSTERS, ".safetensors", ".skops")
MOST_GROWTH = 40
"""How many times as large a file may become; boosters become three times as large."""
LEAST_ROOM = 16 * 2**20
"""Bytes that it may have in any case: a booster that learned nothing is one tree many times over."""
MOST_THREADS = 1024
"""What a card may ask for at most: a number without end would end the process."""


def save_readers(readers: Readers, place: Path) -> dict[str, Any]:
    """Write what reads text, and say what is needed to read it back."""
    known = readers.company
    arrays: dict[str, Any] = {"prior": known.prior}
    for name, evidence in (("makers", known.makers), ("mentions", known.mentions)):
        weight = evidence.weight
        arrays[f"{name}_places"] = evidence.places.astype(np.int32)
        arrays[f"{name}_data"] = weight.data.astype(np.float32)
        arrays[f"{name}_genres"] = weight.indices.astype(np.int16)
        arrays[f"{name}_each"] = np.diff(weight.indptr).astype(np.int16)
    np.savez_compressed(place / "company.npz", allow_pickle=False, **arrays)
    return {**save_member(readers.text, place), "company": "company.npz"}


def load_readers(saved: Mapping[str, Any], place: Path, recipe: Recipe, genres: int) -> Readers:
    """Read what `save_readers` wrote."""
    path = place / saved["company"]
    try:
        _check_growth(path)
        with np.load(path, allow_pickle=False) as file:
            known = Company(
                _evidence(file, "makers", genres), _evidence(file, "mentions", genres), file["prior"]
            )
    except (BadZipFile, zlib.error, KeyError, ValueError, EOFError) as error:
        raise ModelError(f"{path}: is damaged ({error}): copy it anew, or train it again") from error
    if known.prior.shape != (genres,):
        raise ModelError(f"{path}: does not fit the card: copy it anew, or train it again")
    return Readers(genres, load_member(saved, place, recipe), known)


def _check_growth(path: Path) -> None:
    """Raise EOFError where an archive grows beyond any model."""
    with ZipFile(path) as archive:
        unpacked = sum(one.file_size for one in archive.infolist())
    if unpacked > LEAST_ROOM + MOST_GROWTH * path.stat().st_size:
        raise EOFError("it holds more than a model")


def _evidence(file: Mapping[str, Any], name: str, genres: int) -> Evidence:
    """Make evidence of its arrays; ValueError where they do not fit each other."""
    places = file[f"{name}_places"].astype(np.int64)
    bounds = np.concatenate([[0], np.cumsum(file[f"{name}_each"].astype(np.int64))])
    told, columns = file[f"{name}_data"].astype(np.float64), file[f"{name}_genres"].astype(np.int64)
    weight = sparse.csr_matrix((told, columns, bounds), shape=(len(places), genres))
    weight.check_format()
    if (np.diff(places) <= 0).any() or not (told >= 0).all():
        raise ValueError("its names are in no order, or known for less than nothing")
    return Evidence(places, weight)


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
        _compress(estimator.written(), place / f"{name}.txt.gz")
        return saved | {"file": f"{name}.txt.gz", "threads": estimator.threads}
    if isinstance(estimator, XGBoost):
        _compress(estimator.written(), place / f"{name}.json.gz")
        return saved | {"file": f"{name}.json.gz", "threads": estimator.n_jobs}
    if isinstance(estimator, CatBoost):
        _compress(estimator.written(), place / f"{name}.catboost.gz")
        return saved | {"file": f"{name}.catboost.gz", "threads": estimator.threads}
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
    if path.name not in {f"{saved['name']}{ending}" for ending in _ENDINGS}:
        raise ModelError(f"{place}: {path.name!r} is no part of a model: train it again")
    if path.name.endswith(tuple(_BOOSTERS)):
        return _load_booster(path, genres, _threads(saved))
    if path.suffix == ".safetensors":
        return _load_network(path, learner, genres, _threads(saved))
    return _load_skops(path)


def _threads(saved: Mapping[str, Any]) -> int:
    """Read how many threads a part asks for, within reason."""
    told = saved["threads"]
    if type(told) is not int:
        raise ValueError(f"threads: {told!r} is no whole number")
    return min(max(1, told), MOST_THREADS)


def _load_booster(path: Path, genres: int, threads: int) -> LightGBM | XGBoost | CatBoost:
    kind = next(kind for ending, kind in _BOOSTERS.items() if path.name.endswith(ending))
    try:
        return kind.of(_uncompressed(path), genres, threads)
    except (EOFError, LightGBMError, UnicodeDecodeError, ValueError, XGBoostError, zlib.error) as error:
        told = str(error).partition("\n")[0]
        raise ModelError(f"{path}: is damaged ({told}): copy it anew, or train it again") from error


def _compress(content: bytes, path: Path) -> None:
    """Write bytes compressed, without the time, so that the same model makes the same file."""
    path.write_bytes(gzip.compress(content, 6, mtime=0))


def _uncompressed(path: Path) -> bytes:
    """Read what `_compress` wrote.

    Raises
    ------
    EOFError, zlib.error
        When it ends early or is no such file, or grows beyond any model: what compresses well beyond reason
        was made to fill the memory.
    """
    packed = path.read_bytes()
    most = LEAST_ROOM + MOST_GROWTH * len(packed)
    opened = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    content = opened.decompress(packed, most)
    if opened.unconsumed_tail or opened.unused_data:
        raise EOFError("it holds more than a model")
    if not opened.eof:
        raise EOFError("it ends early")
    return content


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
        _check_growth(path)
        untrusted = set(io.get_untrusted_types(file=path)) - set(TRUSTED)
        if untrusted:
            raise ModelError(
                f"{path}: names untrusted types ({', '.join(sorted(untrusted))}): it was not written by"
                " genrelab and may run code: do not use it"
            )
        return checked(io.load(path, trusted=list(TRUSTED)), path)
    except (BadZipFile, EOFError, UnknownName, zlib.error) as error:
        raise ModelError(f"{path}: is damaged ({error}): copy it anew, or train it again") from error
