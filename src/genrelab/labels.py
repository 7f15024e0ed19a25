"""Probabilities turned into labels: a genre with a confidence, or several where they are asked for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from genrelab.errors import SettingError

Floats = NDArray[np.float64]
Marks = NDArray[np.bool_]

UNKNOWN = "unknown"


def decide(
    probabilities: Floats,
    genres: Sequence[str],
    min_confidence: float,
    *,
    probabilities_too: bool = False,
    chosen: Marks | None = None,
) -> pl.DataFrame:
    """Turn probabilities, shape (rows, genres), into columns ``genre`` and ``confidence``.

    Genres that are `chosen`, of the same shape, are listed in a column ``genres``, the likeliest first.

    Raises
    ------
    SettingError
        When `min_confidence` is not between 0 and 1.
    """
    if not 0 <= min_confidence <= 1:
        raise SettingError(f"min_confidence: {min_confidence} is not between 0 and 1")
    confidence = probabilities.max(axis=1, initial=0.0)
    names = np.array([*genres, UNKNOWN], dtype=object)
    best = np.where(confidence >= min_confidence, probabilities.argmax(axis=1), len(genres))
    columns = {"genre": pl.Series(names[best], dtype=pl.String), "confidence": pl.Series(confidence)}
    if chosen is not None:
        columns["genres"] = _listed(probabilities, genres, chosen)
    if probabilities_too:
        columns |= {f"p_{g}": pl.Series(probabilities[:, i]) for i, g in enumerate(genres)}
    return pl.DataFrame(columns)


def _listed(probabilities: Floats, genres: Sequence[str], chosen: Marks) -> pl.Series:
    """List the chosen genres of each row, the likeliest first."""
    order = np.argsort(-probabilities, axis=1, kind="stable")
    names = np.array(genres, dtype=object)[order]
    marks = np.take_along_axis(chosen, order, axis=1)
    lists = [row[mark].tolist() for row, mark in zip(names, marks, strict=True)]
    return pl.Series(lists, dtype=pl.List(pl.String))
