"""A classifier on disk: a folder that loads without running code.

::

    MODEL_DIR/
        card.json           what it is and how good; the sha256 of every other file
        artists.npy         hashes of the artists it learned from, so that overlap can be seen later
        text.skops          the reader of text, where there is one
        <member>.txt|ubj|skops   LightGBM's and XGBoost's own formats, skops for scikit-learn
        <member>.safetensors     weights of a neural network, with its settings

Never pickle. A file that names a type outside `TRUSTED` is refused before anything in it is built, and trees
in it are looked at before anything is asked of them.
"""

from __future__ import annotations

import hashlib
import json
import math
import sys
import zlib
from collections.abc import Mapping
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, BadZipFile

import lightgbm
import numpy as np
import polars as pl
from lightgbm.basic import LightGBMError
from numpy.typing import NDArray
from xgboost import XGBClassifier

from genrelab.classifier import Card, Classifier, Codes, Member, Parts, Together
from genrelab.context import Context
from genrelab.dataset import Origin
from genrelab.errors import GenrelabError, ModelError, UnknownName
from genrelab.features.inputs import Inputs
from genrelab.files import check_folder, folder_written_aside
from genrelab.models import MODELS
from genrelab.models._network import Network, needed
from genrelab.models._trees import checked, without_search_trees
from genrelab.models.lightgbm import LightGBM
from genrelab.models.one_vs_rest import OneVsRest
from genrelab.recipe import Recipe
from genrelab.schema import COLUMNS
from genrelab.scoring import Coverage, Score

FORMAT = 3
_RECIPE = ("model", "features", "steps", "sampling", "class_weights")
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
_DAMAGE = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LightGBMError,
    LookupError,
    MemoryError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What a part that somebody made up may end in, when it is built or tried."""


def save(classifier: Classifier, folder: Path | str, *, overwrite: bool = False) -> Path:
    """Write a classifier to a folder, aside first and renamed when complete.

    Raises
    ------
    OutputError
        As `check`.
    """
    with folder_written_aside(folder, overwrite=overwrite, ours=is_model) as place:
        members = [_save_member(member, place) for member in classifier.parts.members]
        text = classifier.parts.text
        saved_text = None if text is None else _save_member(text, place)
        np.save(place / "artists.npy", classifier.artists, allow_pickle=False)
        content = {
            "format": FORMAT,
            **_content(classifier.card),
            "parts": {"members": members, "text": saved_text},
            "files": {path.name: _sha256(path) for path in sorted(place.iterdir())},
        }
        (place / "card.json").write_text(json.dumps(content, indent=2, allow_nan=False) + "\n", "utf-8")
    return Path(folder)


def check(folder: Path | str, *, overwrite: bool = False) -> None:
    """Raise OutputError at once where `save` could not write, before hours of work are lost.

    Raises
    ------
    OutputError
        When the folder exists and `overwrite` is false, when it holds anything but a model, or when it
        cannot be written.
    """
    check_folder(folder, overwrite=overwrite, ours=is_model)


def is_model(folder: Path) -> bool:
    """Tell whether a folder holds a model and nothing else: other files are the user's."""
    try:
        listed = {"card.json", *json.loads((folder / "card.json").read_text("utf-8"))["files"]}
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return all(path.is_file() and path.name in listed for path in folder.iterdir())


def load(folder: Path | str) -> Classifier:
    """Read a classifier that `save` wrote.

    Raises
    ------
    ModelError
        When the folder is not a model, misses a part, has one that was changed, was written in another
        format, names a type that is not trusted, or cannot label the columns that its card names.
    """
    place = Path(folder)
    content = _read_card(place)
    _check_files(place, content["files"])
    try:
        card = _card(content)
        _check_parts(place, content)
        members = tuple(_load_member(saved, place, card.recipe) for saved in content["parts"]["members"])
        text = content["parts"]["text"]
        reader = None if text is None else _load_member(text, place, card.recipe)
        artists = np.load(place / "artists.npy", allow_pickle=False)
        _check_agreement(place, card, members, reader)
        classifier = Classifier(card, Parts(len(card.genres), reader, members), artists)
    except ModelError:
        raise
    except _DAMAGE as error:
        raise ModelError(
            f"{place}: card.json does not fit this version of genrelab ({error}): train it again"
        ) from error
    _check_trial(place, classifier)
    return classifier


def _read_card(place: Path) -> dict[str, Any]:
    path = place / "card.json"
    if not path.is_file():
        raise ModelError(f"{place}: has no card.json: name a folder that 'genrelab train' wrote")
    try:
        content = json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path}: is not JSON ({error}): train the model again") from error
    if not isinstance(content, dict):
        raise ModelError(f"{path}: is not a card: train the model again")
    found = content.get("format")
    if found != FORMAT:
        raise ModelError(
            f"{place}: is of format {found}, this genrelab reads format {FORMAT}: train it again,"
            " or use the version that made it"
        )
    if not isinstance(content.get("files"), dict):
        raise ModelError(f"{path}: does not list its files: train the model again")
    return content


def _check_files(place: Path, listed: Mapping[str, str]) -> None:
    for name, expected in listed.items():
        path = place / name
        if Path(name).name != name or not path.is_file():
            raise ModelError(f"{place}: part {name!r} is missing: copy the whole folder, or train it again")
        if _sha256(path) != expected:
            raise ModelError(f"{path}: was changed since it was written: copy it anew, or train it again")


def _check_parts(place: Path, content: Mapping[str, Any]) -> None:
    """Raise ModelError where a part is not among the files whose bytes were checked."""
    saved = content["parts"]
    parts = [*saved["members"], *([] if saved["text"] is None else [saved["text"]])]
    parts += [one for part in parts for one in part.get("over", ())]
    chains = [part["steps"] for part in parts if part["steps"] is not None]
    for name in (*(part["file"] for part in parts), *chains, "artists.npy"):
        if name not in content["files"]:
            raise ModelError(f"{place}: {name!r} is no part of this model: copy it anew, or train it again")


def _check_agreement(place: Path, card: Card, members: tuple[Member, ...], reader: Member | None) -> None:
    """Raise ModelError where the card speaks of other members or genres than the parts."""
    fitted = members if reader is None else (*members, reader)
    agree = (
        all(_is_increasing(member.seen, len(card.genres)) for member in fitted)
        and tuple(card.members) == tuple(member.name for member in members)
        and all(math.isfinite(weight) and weight > 0 for weight in card.members.values())
        and len(set(card.genres)) == len(card.genres)
    )
    if not agree:
        raise ModelError(f"{place}: card.json and its parts do not agree: copy it anew, or train it again")


def _is_increasing(seen: Codes, genres: int) -> bool:
    """Tell whether codes are strictly increasing and within the genres."""
    if seen.ndim != 1 or seen.size == 0:
        return False
    return bool(seen[0] >= 0 and seen[-1] < genres and (np.diff(seen) > 0).all())


def _check_trial(place: Path, classifier: Classifier) -> None:
    """Raise ModelError where one empty track of the card's columns gets no probabilities."""
    try:
        sane = bool(np.isfinite(_tried(classifier)).all())
    except (GenrelabError, *_DAMAGE) as error:
        raise ModelError(
            f"{place}: cannot label the columns that card.json names ({error}): copy it anew,"
            " or train it again"
        ) from error
    if not sane:
        raise ModelError(f"{place}: gives no probabilities: copy it anew, or train it again")


def _tried(classifier: Classifier) -> NDArray[np.float64]:
    """Give what a classifier says of a track of which nothing is known but its columns."""
    card, parts = classifier.card, classifier.parts
    if MODELS[card.model].reads_sequences:
        # The card does not say how many channels a sequence has, but its member does.
        width = parts.members[0].estimator.n_features_in_
        return parts.log_probabilities(Inputs(("",) * width, np.full((1, width), np.nan, dtype=np.float32)))
    words = {column.name for column in COLUMNS if column.dtype == pl.String}
    names = dict.fromkeys((*card.columns, "artist"))
    track = pl.DataFrame({n: pl.Series([None], dtype=pl.String if n in words else pl.Float64) for n in names})
    return classifier.predict_proba(track)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _content(card: Card) -> dict[str, Any]:
    """Return a card as plain values, the recipe's beside the others."""
    content = asdict(card)
    recipe = content.pop("recipe")
    return {**{name: recipe[name] for name in _RECIPE}, "changed": recipe["settings"], **content}


def _card(content: Mapping[str, Any]) -> Card:
    fields = {name: content[name] for name in Card.__dataclass_fields__ if name != "recipe"}
    chosen = {f"{name}": content[name] for name in _RECIPE}
    fields["recipe"] = Recipe(**{**chosen, "settings": content["changed"], "steps": tuple(content["steps"])})
    fields["scores"] = {name: Score(**score) for name, score in content["scores"].items()}
    fields["coverage"] = tuple(Coverage(**row) for row in content["coverage"])
    fields["together"] = _together(content["together"])
    fields["origin"] = Origin(**{**content["origin"], "notes": tuple(content["origin"]["notes"])})
    for name in ("genres", "columns"):
        fields[name] = tuple(map(str, content[name]))
    return Card(**fields)


def _together(content: Mapping[str, Any] | None) -> Together | None:
    if content is None:
        return None
    found = Context(**{name: float(value) for name, value in content["context"].items()})
    if not all(math.isfinite(value) and value >= 0 for value in (found.own, found.others, found.half)):
        raise ValueError("context: its weights are no numbers above 0")
    scores = {name: Score(**score) for name, score in content["scores"].items()}
    coverage = tuple(Coverage(**row) for row in content["coverage"])
    return Together(found, float(content["share"]), scores, coverage)


def _save_member(member: Member, place: Path) -> dict[str, Any]:
    """Write one estimator in the safest format that it has, and say what is needed to read it."""
    estimator, name = member.estimator, member.name
    saved: dict[str, Any] = {"name": name, "seen": member.seen.tolist(), "steps": None}
    if member.steps is not None:
        saved["steps"] = f"{name}-steps.skops"
        _save_skops(member.steps, place / saved["steps"])
    if isinstance(estimator, OneVsRest):
        each = [Member(f"{name}-{i}", one, np.arange(2)) for i, one in enumerate(estimator.estimators_)]
        over = [_save_member(one, place) for one in each]
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


def _load_member(saved: Mapping[str, Any], place: Path, recipe: Recipe) -> Member:
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
