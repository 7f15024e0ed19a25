"""A card as plain values, and back."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from genrelab.classifier import Card, Together
from genrelab.context import Context
from genrelab.dataset import Origin
from genrelab.recipe import Recipe
from genrelab.scoring import Coverage, Score
from genrelab.several import GenreAmong, Pair, Several

_RECIPE = ("model", "features", "steps", "sampling", "class_weights")


def written(card: Card) -> dict[str, Any]:
    """Return a card as plain values, the recipe's beside the others."""
    content = asdict(card)
    recipe = content.pop("recipe")
    return {**{name: recipe[name] for name in _RECIPE}, "changed": recipe["settings"], **content}


def read(content: Mapping[str, Any]) -> Card:
    """Make a card again of what `written` returned."""
    fields = {name: content[name] for name in Card.__dataclass_fields__ if name != "recipe"}
    chosen = {f"{name}": content[name] for name in _RECIPE}
    fields["recipe"] = Recipe(**{**chosen, "settings": content["changed"], "steps": tuple(content["steps"])})
    fields["scores"] = {name: Score(**score) for name, score in content["scores"].items()}
    fields["coverage"] = tuple(map(_coverage, content["coverage"]))
    fields["absent"] = {names: Score(**score) for names, score in content["absent"].items()}
    fields["together"] = _together(content["together"], content["genres"])
    fields["several"] = _several(content["several"], content["genres"])
    told = content["origin"]
    # Models that were made before there were finer words do not name any.
    lists = {"notes": tuple(told["notes"]), "finer": tuple(told.get("finer", ()))}
    fields["origin"] = Origin(**{**told, **lists})
    for name in ("genres", "columns"):
        fields[name] = tuple(map(str, content[name]))
    return Card(**fields)


def _coverage(row: Mapping[str, Any]) -> Coverage:
    """Make a row of the coverage again; its figures with intervals are scores."""
    told = {name: Score(**row[name]) for name in ("precision", "coverage") if row[name] is not None}
    return Coverage(**{**row, **told})


def _several(content: Mapping[str, Any] | None, genres: Sequence[str]) -> Several | None:
    if content is None:
        return None
    rows = tuple(GenreAmong(**row) for row in content["genres"])
    sane = all(0 <= row.threshold <= 1 for row in rows)  # a NaN is not
    if not sane or [row.genre for row in rows] != list(genres):
        raise ValueError("several: its thresholds are not one between 0 and 1 for each genre")
    scores = {name: Score(**score) for name, score in content["scores"].items()}
    return Several(rows, scores, float(content["share"]), tuple(Pair(**pair) for pair in content["pairs"]))


def _together(content: Mapping[str, Any] | None, genres: Sequence[str]) -> Together | None:
    if content is None:
        return None
    found = Context(**{name: float(value) for name, value in content["context"].items()})
    if not all(math.isfinite(value) and value >= 0 for value in (found.own, found.others, found.half)):
        raise ValueError("context: its weights are no numbers above 0")
    scores = {name: Score(**score) for name, score in content["scores"].items()}
    coverage = tuple(map(_coverage, content["coverage"]))
    several = _several(content["several"], genres)
    return Together(found, float(content["share"]), scores, coverage, several)
