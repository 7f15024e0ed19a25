"""What speaks for each genre of a track other than its own label: a model, and the labels of its company.

Company is the artist's other tracks, the album's, and other copies of the track. To find wrong labels, other
labels may be looked at; to announce an accuracy they may not, and nothing here does. How much each counts is
found on the table itself: a logarithmic opinion pool with the weights of least log loss, as in
`genrelab.blending`, in which no track's own label speaks for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from genrelab import blending
from genrelab.identity import IDENTITIES, credited, folded, key

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

STRENGTHS = (0.3, 1.0, 3.0)
"""Numbers of tracks tried that the table's own shares of genres count for beside the company's labels."""


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What speaks for each genre of each track.

    Attributes
    ----------
    probabilities
        All evidence pooled, shape (rows, genres).
    model
        Of the model alone, calibrated, shape (rows, genres).
    companies
        By name - "artist", "album", "copies" - how many of the others have each genre, shape (rows, genres).
    weights
        Exponent of the model and of each company.
    """

    probabilities: Floats
    model: Floats
    companies: Mapping[str, Codes]
    weights: Mapping[str, float]


def weigh(judged: Floats, companies: Mapping[str, Codes], truth: Codes) -> Evidence:
    """Pool what a model says with the labels of each track's company.

    Parameters
    ----------
    judged
        Out-of-fold probabilities of the model, shape (rows, genres).
    companies
        Labels of the others, by name of the company: counts of shape (rows, genres).
    truth
        Codes of the given genres, shape (rows,).

    Examples
    --------
    >>> judged = np.full((4, 2), 0.5)
    >>> truth = np.array([0, 0, 1, 1])
    >>> others = np.array([[3, 0], [3, 0], [0, 3], [0, 3]])
    >>> weigh(judged, {"artist": others}, truth).probabilities.argmax(axis=1).tolist()
    [0, 0, 1, 1]
    """
    logs, (rows, genres) = blending.logarithms(judged)[None], judged.shape
    model = blending.pool(logs, blending.weigh(logs, truth))
    shares = (np.bincount(truth, minlength=genres) + 1) / (rows + genres)
    tried = []
    for strength in STRENGTHS:
        said = [_said(counts, shares, strength) for counts in companies.values()]
        every = np.stack([blending.logarithms(model), *said])
        weights = blending.weigh(every, truth)
        tried.append((blending.pool(every, weights), weights))
    pooled, weights = min(tried, key=lambda one: _log_loss(one[0], truth))
    return Evidence(pooled, model, companies, dict(zip(("model", *companies), weights.tolist(), strict=True)))


def _log_loss(probabilities: Floats, truth: Codes) -> float:
    own = probabilities[np.arange(len(truth)), truth]
    return -float(np.log(np.maximum(own, np.finfo(float).tiny)).mean())


def _said(counts: Codes, shares: Floats, strength: float) -> Floats:
    """Say how much likelier the company's labels make each genre than it is anyway; 0 without company."""
    smoothed = (counts + strength * shares) / (counts.sum(axis=1, keepdims=True) + strength)
    said: Floats = np.log(smoothed / shares)
    return said


def companies(tracks: pl.DataFrame, truth: Codes, genres: int, copies: Codes) -> dict[str, Codes]:
    """Count the labels of each track's company, by its name; none of a company that no track has.

    Parameters
    ----------
    tracks
        One row a track.
    truth
        Codes of the given genres, shape (rows,).
    genres
        Number of genres.
    copies
        Labels of other copies of each track, shape (rows, genres).
    """
    found = {name: others(codes, truth, genres) for name, codes in _groups(tracks).items()}
    found["copies"] = copies
    return {name: counts for name, counts in found.items() if counts.any()}


def _groups(tracks: pl.DataFrame) -> dict[str, Codes]:
    """Code the artist of each track, the first that is credited, and the album; -1 where it is unknown."""
    if "artist" not in tracks.columns:
        albums = {"album": folded("album")} if "album" in tracks.columns else {}
    else:
        artist = credited("artist").list.first()
        albums = {"artist": artist}
        if "album" in tracks.columns:
            albums["album"] = pl.concat_str(artist, folded("album"), separator="\n")
    ranks = (tracks.select(name.rank("dense").cast(pl.Int64).alias("code")) for name in albums.values())
    coded = (rank["code"].fill_null(0).to_numpy() - 1 for rank in ranks)
    return dict(zip(albums, coded, strict=True))


def others(codes: Codes, truth: Codes, genres: int) -> Codes:
    """Count the genres of the other rows of the same code, shape (rows, genres); -1 is nobody's code.

    Examples
    --------
    >>> others(np.array([0, 0, 0, -1]), np.array([0, 1, 1, 1]), 2).tolist()
    [[0, 2], [1, 1], [1, 1], [0, 0]]
    """
    known = np.flatnonzero(codes >= 0)
    table = np.zeros((int(codes.max(initial=-1)) + 1, genres), dtype=np.int64)
    np.add.at(table, (codes[known], truth[known]), 1)
    counts = np.zeros((len(codes), genres), dtype=np.int64)
    counts[known] = table[codes[known]]
    counts[known, truth[known]] -= 1
    return counts


def recordings(tracks: pl.DataFrame) -> Codes:
    """Code the rows so that those equal by id, by title and artist, or by descriptors have one number.

    Examples
    --------
    >>> songs = pl.DataFrame({"track_id": ["a", "a", "b"], "title": ["One", "1", "one"], "artist": "U2"})
    >>> recordings(songs).tolist()
    [0, 0, 0]
    """
    rows, edges = tracks.height, []
    for name in IDENTITIES:
        keys = key(tracks, name)
        if keys is not None:
            known = pl.DataFrame({"key": keys}).with_row_index("row").drop_nulls()
            first = known.with_columns(first=pl.col("row").min().over("key"))
            edges.append(first.select("row", "first").to_numpy())
    if not edges or not rows:
        return np.arange(rows)
    left, right = np.concatenate(edges).astype(np.int64).T
    linked = coo_array((np.ones(len(left)), (left, right)), shape=(rows, rows))
    codes: Codes = connected_components(linked, directed=False)[1].astype(np.int64)
    return codes
