"""A classifier on disk: a folder that loads without running code.

::

    MODEL_DIR/
        card.json           what it is and how good; the sha256 of every other file
        artists.npy         hashes of the artists it learned from, so that overlap can be seen later
        out_of_fold.npy     the predictions of which its promises are made
        text.skops          the reader of text, where there is one
        company.npz         what is known of the names that a track mentions
        <member>.txt.gz          LightGBM's own text, without what it only tells, compressed
        <member>.json.gz          XGBoost's own format, likewise
        <member>.skops           any other of scikit-learn's kind
        <member>.safetensors     weights of a neural network, with its settings

Never pickle. A file that names a type outside `TRUSTED` (in `_parts`) is refused before anything in it is
built, and trees in it are looked at before anything is asked of them.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from lightgbm.basic import LightGBMError
from numpy.typing import NDArray

from genrelab import shipped
from genrelab.classifier import Card, Classifier, Codes, Member, Parts, Readers
from genrelab.errors import GenrelabError, ModelError
from genrelab.features.inputs import Inputs
from genrelab.files import check_folder, folder_written_aside
from genrelab.models import MODELS
from genrelab.schema import COLUMNS
from genrelab.store import _card, _out_of_fold, _parts

FORMAT = 4
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
        members = [_parts.save_member(member, place) for member in classifier.parts.members]
        readers = classifier.parts.readers
        saved_text = None if readers is None else _parts.save_readers(readers, place)
        np.save(place / "artists.npy", classifier.artists, allow_pickle=False)
        if classifier.out_of_fold is not None:
            _out_of_fold.save(classifier.out_of_fold.kept(classifier.card.seed), place)
        for name, base in classifier.bases.items():
            save(base, place / name)
        content = {
            "format": FORMAT,
            **_card.written(classifier.card),
            "parts": {"members": members, "text": saved_text},
            "bases": {name: _sha256(place / name / "card.json") for name in classifier.bases},
            "files": {path.name: _sha256(path) for path in sorted(place.iterdir()) if path.is_file()},
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
        content = json.loads((folder / "card.json").read_text("utf-8"))
        listed, bases = {"card.json", *content["files"]}, set(content.get("bases", ()))
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return all(
        is_model(path) if path.name in bases else path.is_file() and path.name in listed
        for path in folder.iterdir()
    )


def load(folder: Path | str) -> Classifier:
    """Read a classifier that `save` wrote, or one that comes with the package, given its name.

    Raises
    ------
    ModelError
        When the folder is not a model, misses a part, has one that was changed, was written in another
        format, names a type that is not trusted, or cannot label the columns that its card names.
    """
    place = shipped.resolve(folder)
    content = _read_card(place)
    _check_files(place, content["files"])
    try:
        card, bases = _card.read(content), _load_bases(place, content["bases"])
        _check_parts(place, content)
        members = tuple(
            _parts.load_member(saved, place, card.recipe) for saved in content["parts"]["members"]
        )
        text, genres = content["parts"]["text"], len(card.genres)
        readers = None if text is None else _parts.load_readers(text, place, card.recipe, genres)
        artists = np.load(place / "artists.npy", allow_pickle=False)
        _check_agreement(place, card, members, readers)
        heard = _out_of_fold.load(place, genres) if _out_of_fold.NAME in content["files"] else None
        classifier = Classifier(card, Parts(genres, readers, members), artists, heard, bases)
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


def _load_bases(place: Path, listed: Mapping[str, str]) -> dict[str, Classifier]:
    """Load the models that a model starts from, each a folder of its own whose card was not changed."""
    for name, expected in listed.items():
        path = place / name / "card.json"
        if Path(name).name != name or not path.is_file():
            raise ModelError(f"{place}: part {name!r} is missing: copy the whole folder, or train it again")
        if _sha256(path) != expected:
            raise ModelError(f"{path}: was changed since it was written: copy it anew, or train it again")
    return {name: load(place / name) for name in listed}


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
    companies = [part["company"] for part in parts if "company" in part]
    chains = [part["steps"] for part in parts if part["steps"] is not None]
    for name in (*(part["file"] for part in parts), *chains, *companies, "artists.npy"):
        if name not in content["files"]:
            raise ModelError(f"{place}: {name!r} is no part of this model: copy it anew, or train it again")


def _check_agreement(place: Path, card: Card, members: tuple[Member, ...], readers: Readers | None) -> None:
    """Raise ModelError where the card speaks of other members or genres than the parts."""
    fitted = members if readers is None else (*members, readers.text)
    agree = (
        all(_in_order(member.seen, len(card.genres), kinds=bool(card.origin.finer)) for member in fitted)
        and tuple(card.members) == tuple(member.name for member in members)
        and all(math.isfinite(weight) and weight > 0 for weight in card.members.values())
        and len(set(card.genres)) == len(card.genres)
    )
    if not agree:
        raise ModelError(f"{place}: card.json and its parts do not agree: copy it anew, or train it again")


def _in_order(seen: Codes, genres: int, *, kinds: bool) -> bool:
    """Tell whether codes are in order and within the genres, each once unless it may have several kinds."""
    if seen.ndim != 1 or seen.size == 0:
        return False
    return bool(seen[0] >= 0 and seen[-1] < genres and (np.diff(seen) >= (0 if kinds else 1)).all())


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
