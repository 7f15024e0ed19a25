"""Models that come with the package: one folder each, as `genrelab.save` writes it.

They are made by `genrelab.studies._shipped`, from published tables, and can be made again.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from genrelab.errors import UnknownName

FOLDER = Path(__file__).parent
SHIPPED: tuple[str, ...] = tuple(sorted(card.parent.name for card in FOLDER.glob("*/card.json")))
"""Names of the models."""


def find(name: str) -> Path:
    """Return the folder of a shipped model.

    Raises
    ------
    UnknownName
        When no shipped model has this name; the message suggests the nearest one.

    Examples
    --------
    >>> find("polka")
    Traceback (most recent call last):
    ...
    genrelab.errors.UnknownName: no shipped model 'polka': ...
    """
    if name not in SHIPPED:
        raise UnknownName("shipped model", name, SHIPPED)
    return FOLDER / name


def resolve(model: Path | str) -> Path:
    """Return the folder that is meant where a folder or the name of a shipped model is given.

    A folder that exists wins. What has no folder and is written as a path is returned as it is.

    Raises
    ------
    UnknownName
        When there is no such folder, and no shipped model of this name.

    Examples
    --------
    >>> resolve("models/mine").parts
    ('models', 'mine')
    """
    place = Path(model)
    if place.exists() or len(place.parts) != 1 or place.name in ("", ".."):
        return place
    if place.name not in SHIPPED:
        raise UnknownName("folder or shipped model", str(model), SHIPPED)
    return find(place.name)


def size(name: str) -> int:
    """Return the size of a shipped model on disk, in bytes.

    Raises
    ------
    UnknownName
        As `find`.
    """
    return sum(path.stat().st_size for path in find(name).rglob("*") if path.is_file())


def card(name: str) -> dict[str, Any]:
    """Return the card of a shipped model as plain values, without loading the model.

    Raises
    ------
    UnknownName
        As `find`.
    """
    content: dict[str, Any] = json.loads((find(name) / "card.json").read_text("utf-8"))
    return content
