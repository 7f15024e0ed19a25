"""Tracks whose genre is likely wrong, ranked; how many there are; and releases that contradict each other.

Confident learning (Northcutt, Jiang and Chuang 2021, "Confident Learning: Estimating Uncertainty in Dataset
Labels") over predictions that were not made by the label in question: a model's, by folds that keep an
artist's tracks together, pooled with the labels of the artist's and album's other tracks and of other copies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from genrelab.audit import conflicts
from genrelab.dataset import Dataset
from genrelab.errors import SettingError
from genrelab.insight.suspects_evidence import Evidence, companies, others, recordings, weigh
from genrelab.insight.suspects_reasons import reasons
from genrelab.preparation import Prepared
from genrelab.progress import Progress, silent
from genrelab.recipe import Recipe
from genrelab.schema import COLUMNS
from genrelab.training import train

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

FOLDS = 5
"""More would hardly change the order, and take longer."""
FEWEST = 4
"""Artists without which nothing can be learned from some about others."""
ROUNDING = 1e-9
"""By how much a mean of equal numbers may miss them."""
TRAINING = 0.95
"""Share of the work that training is."""
IDENTITY = tuple(column.name for column in COLUMNS if column.kind == "identity")


@dataclass(frozen=True, slots=True, eq=False)
class Suspects:
    """Which labels are likely wrong.

    Attributes
    ----------
    ranked
        One row a track for which another genre than its own has most evidence, the most suspicious first:
        ``row`` (position in the table as it was read, from 0), the identity columns that the table has,
        ``genre``, ``suggested_genre``, ``suspicion`` (share of the suggested genre in the probability of the
        two, 0.5..1) and ``reason`` in words.
    noise
        Estimated number of tracks that bear one genre and are of another: ``genre``, ``suggested_genre``,
        ``tracks``, ``share`` (of the tracks that bear the genre, 0..1), the most tracks first.
    conflicts
        Rows of recordings that stand under several genres: see `genrelab.audit.conflicts`.
    rows
        Number of tracks that were judged.
    wrong
        Estimated number of wrong labels among them. Where genres overlap, tracks between them count too.
    genres
        Names of the genres, in alphabetical order.
    weights
        How much the "model" counted, and the labels of the "artist", the "album" and other "copies".
    accuracy
        Share of tracks whose given genre has the most evidence.
    model
        Name of the model.
    notes
        Sentences that a reader must know.
    """

    ranked: pl.DataFrame
    noise: pl.DataFrame
    conflicts: pl.DataFrame
    rows: int
    wrong: int
    genres: tuple[str, ...]
    weights: Mapping[str, float]
    accuracy: float
    model: str
    notes: tuple[str, ...]

    def placed(self, left_out: pl.Series) -> Suspects:
        """Count rows in a table from which some rows, `left_out`, had been taken before."""
        if left_out.is_empty():
            return self
        rows = max([*self.ranked["row"], *self.conflicts["row"], -1]) + left_out.len() + 1
        kept = np.setdiff1d(np.arange(rows), left_out.to_numpy())
        ranked, listed = (
            table.with_columns(pl.Series("row", kept[table["row"].to_numpy()], dtype=table["row"].dtype))
            for table in (self.ranked, self.conflicts)
        )
        return replace(self, ranked=ranked, conflicts=listed)


def suspects(
    given: Prepared | Dataset,
    model: str | Recipe = "lightgbm",
    *,
    seed: int = 0,
    threads: int = 2,
    progress: Progress = silent,
) -> Suspects:
    """Rank the tracks whose genre is likely wrong, and list releases that contradict each other.

    Parameters
    ----------
    given
        A table as `genrelab.prepare` returns it, whose repeated tracks speak for each other; or a dataset.
    model
        A name in `genrelab.models.MODELS`, or a `Recipe`, by which tracks are judged out-of-fold.
    seed
        The same seed gives the same ranking.
    threads
        Threads that estimators may use.
    progress
        Called with the stage and the share done.

    Raises
    ------
    UnknownName
        When there is no such model.
    SettingError
        When there are too few artists to judge tracks by a model that has not heard their artist.

    Examples
    --------
    >>> from genrelab import prepare, schema
    >>> found = suspects(prepare(schema.sample(120, seed=0)), "logistic")
    >>> found.rows, found.ranked.columns[-4:]
    (103, ['genre', 'suggested_genre', 'suspicion', 'reason'])
    """
    data = given.dataset if isinstance(given, Prepared) else given
    judged = _judged(data, model, seed, threads, progress)
    progress("weighing evidence", TRAINING)
    tracks, raw, rows = _origin(given)
    genres = len(data.genres)
    company = companies(tracks, data.truth, genres, _copies(given, raw, rows))
    evidence = weigh(judged, company, data.truth)
    noise = _noise(evidence.probabilities, data)
    found = Suspects(
        ranked=_ranked(evidence, data, rows),
        noise=noise,
        conflicts=conflicts(raw, data.label),
        rows=len(data),
        wrong=int(noise["tracks"].sum()),
        genres=data.genres,
        weights=evidence.weights,
        accuracy=float((evidence.probabilities.argmax(axis=1) == data.truth).mean()),
        model=model.model if isinstance(model, Recipe) else model,
        notes=_notes(evidence),
    )
    progress("done", 1.0)
    return found


def _judged(data: Dataset, model: str | Recipe, seed: int, threads: int, progress: Progress) -> Floats:
    """Give the probabilities of each genre by a model that never met the track's artist."""
    groups = len(np.unique(data.groups))
    if groups < FEWEST:
        raise SettingError(
            f"suspects: {groups} distinct {data.grouped_by}, at least {FEWEST} are needed to judge tracks by"
            f" a model that has not met their {data.grouped_by}: add tracks of others"
        )
    folds = max(2, min(FOLDS, data.most_folds))

    def told(stage: str, share: float) -> None:
        progress(stage, TRAINING * share)

    heard = train(data, model, seed=seed, folds=folds, threads=threads, progress=told).out_of_fold
    if heard is None:
        raise TypeError("a classifier fresh from training has its predictions")
    return heard.probabilities


def _origin(given: Prepared | Dataset) -> tuple[pl.DataFrame, pl.DataFrame, Codes]:
    """Return the tracks, the table that they were taken from, and the row of each in it."""
    if isinstance(given, Dataset):
        return given.tracks, given.tracks, np.arange(len(given))
    kept = np.ones(given.raw.height, dtype=bool)
    kept[given.cleaned.dropped["row"].to_numpy()] = False
    return given.dataset.tracks, given.raw, np.flatnonzero(kept)


def _copies(given: Prepared | Dataset, raw: pl.DataFrame, rows: Codes) -> Codes:
    """Count the genres under which each track stands in other rows, shape (tracks, genres)."""
    data = given.dataset if isinstance(given, Prepared) else given
    known = dict(zip(data.genres, range(len(data.genres)), strict=True))
    genres = raw[data.label].replace_strict(known, default=-1, return_dtype=pl.Int64).to_numpy().copy()
    if isinstance(given, Prepared):
        # A row that equals another in every column was copied with its label: it confirms nothing.
        genres[given.cleaned.dropped.filter(pl.col("rule") == "repeated_row")["row"].to_numpy()] = -1
    codes = np.where(genres >= 0, recordings(raw.drop(data.label)), -1)
    return others(codes, np.maximum(genres, 0), len(data.genres))[rows]


def _ranked(evidence: Evidence, data: Dataset, rows: Codes) -> pl.DataFrame:
    """Rank tracks by the odds of the likeliest other genre against their own."""
    places = np.arange(len(data))
    own = evidence.probabilities[places, data.truth]
    rivals = evidence.probabilities.copy()
    rivals[places, data.truth] = -1.0
    suggested, rival = rivals.argmax(axis=1), rivals.max(axis=1)
    doubtful = np.flatnonzero(rival > own)
    odds = np.log(rival[doubtful]) - np.log(np.maximum(own[doubtful], np.finfo(float).tiny))
    order = doubtful[np.argsort(-odds, kind="stable")]
    names = np.array(data.genres, dtype=object)
    shown = [name for name in IDENTITY if name in data.tracks.columns and name != data.label]
    return pl.DataFrame(
        {
            "row": rows[order],
            **{name: data.tracks[name].gather(order) for name in shown},
            "genre": pl.Series(names[data.truth[order]], dtype=pl.String),
            "suggested_genre": pl.Series(names[suggested[order]], dtype=pl.String),
            "suspicion": rival[order] / (rival[order] + own[order]),
            "reason": reasons(evidence, data.truth, suggested, data.genres, order),
        }
    )


def confident_joint(probabilities: Floats, truth: Codes) -> Floats:
    """Estimate how many tracks bear each genre (rows) and are of each (columns), after Northcutt et al. 2021.

    A track counts as of the likeliest genre of those whose probability reaches the mean probability of the
    genre among the tracks that bear it; each row is then scaled to the tracks that bear its genre.

    Parameters
    ----------
    probabilities
        Shape (rows, genres), made without the track's own label.
    truth
        Codes of the given genres, shape (rows,).

    Returns
    -------
    Shape (genres, genres).

    Examples
    --------
    >>> sure = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.2, 0.8], [0.9, 0.1]])
    >>> confident_joint(sure, np.array([0, 0, 1, 1, 1])).tolist()
    [[2.0, 0.0], [1.0, 2.0]]
    """
    genres = probabilities.shape[1]
    bearing = np.bincount(truth, minlength=genres)
    own = probabilities[np.arange(len(truth)), truth]
    means = np.bincount(truth, own, genres) / np.maximum(bearing, 1)
    reached = probabilities >= np.where(bearing > 0, means - ROUNDING, np.inf)
    likeliest = np.where(reached, probabilities, -1.0).argmax(axis=1)
    counted = reached.any(axis=1)
    joint = np.zeros((genres, genres))
    np.add.at(joint, (truth[counted], likeliest[counted]), 1.0)
    joint[joint.sum(axis=1) == 0] += np.eye(genres)[joint.sum(axis=1) == 0]
    scaled: Floats = joint / joint.sum(axis=1, keepdims=True) * bearing[:, None]
    return scaled


def _noise(probabilities: Floats, data: Dataset) -> pl.DataFrame:
    """List the pairs of genres that are taken for each other, by whole tracks."""
    joint = confident_joint(probabilities, data.truth)
    bearing = joint.sum(axis=1)
    pairs = [
        (given, other, round(joint[i, j]), float(joint[i, j] / bearing[i]))
        for i, given in enumerate(data.genres)
        for j, other in enumerate(data.genres)
        if i != j and round(joint[i, j])
    ]
    columns = {"genre": pl.String, "suggested_genre": pl.String, "tracks": pl.Int64, "share": pl.Float64}
    listed = pl.DataFrame(pairs, schema=columns, orient="row")
    return listed.sort("tracks", "genre", "suggested_genre", descending=[True, False, False])


def _notes(evidence: Evidence) -> tuple[str, ...]:
    overlap = "Where genres overlap, a track between two looks wrong in either: listen before you change it."
    if "artist" in evidence.companies:
        return (overlap,)
    alone = "No artist with several tracks is named: only the model and other copies of a track can speak."
    return (alone, overlap)
