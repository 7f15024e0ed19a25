"""Why a track's genre is doubted, in words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from genrelab.insight.suspects_evidence import Evidence

Codes = NDArray[np.int64]

WHOSE = {
    "artist": "the artist's {} other {}",
    "album": "the album's {} other {}",
    "copies": "the {} other {}",
}
"""How the tracks of each company are called."""
NOUNS = {"artist": ("track", "tracks"), "album": ("track", "tracks"), "copies": ("copy", "copies")}


def reasons(
    evidence: Evidence, truth: Codes, suggested: Codes, genres: Sequence[str], rows: Codes
) -> pl.Series:
    """Say of some rows what speaks for the suggested genre and against the given one."""
    told = []
    for row in rows.tolist():
        pair = int(suggested[row]), int(truth[row])
        said = [f"model {evidence.model[row, genre]:.2f} for {genres[genre]}" for genre in pair]
        company = [
            tell_company(name, counts[row], pair, genres)
            for name, counts in evidence.companies.items()
            if counts[row].any()
        ]
        told.append("; ".join([", ".join(said), *company]))
    return pl.Series("reason", told, dtype=pl.String)


def tell_company(name: str, counts: Codes, pair: tuple[int, int], genres: Sequence[str]) -> str:
    """Say how many of a track's company have the suggested genre, and how many the given one.

    Examples
    --------
    >>> tell_company("artist", np.array([1, 12]), (1, 0), ("house", "techno"))
    "12 of the artist's 13 other tracks are techno, 1 is house"
    >>> tell_company("copies", np.array([0, 0, 1]), (1, 0), ("house", "techno", "trance"))
    'the 1 other copy is neither techno nor house'
    """
    many, (one, several) = int(counts.sum()), NOUNS[name]
    whose = WHOSE[name].format(f"{many:,}", one if many == 1 else several)
    if not counts[list(pair)].any():
        neither = f"neither {genres[pair[0]]} nor {genres[pair[1]]}"
        return f"{whose} is {neither}" if many == 1 else f"{whose} are {neither}"
    told = [(int(counts[genre]), genres[genre]) for genre in pair if counts[genre]]
    part = "all" if told[0][0] == many else f"{told[0][0]:,}"
    subject = whose if many == 1 else f"{part} of {whose}"
    first = f"{subject} {_are(told[0])}"
    return ", ".join([first, *(f"{count:,} {_are((count, genre))}" for count, genre in told[1:])])


def _are(told: tuple[int, str]) -> str:
    """Say that so many are of a genre."""
    return f"{'is' if told[0] == 1 else 'are'} {told[1]}"
