"""How the shipped models are made of published tables; the same seed gives the same files.

A stranger's table may lack columns that a published one has. So each track is learned from twice where a
model names columns that may be absent: whole, and with some of them taken away. What to expect of whole
tracks is announced as the model's scores; what to expect of the others, beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from genrelab import context, preparation, promises, scoring, store
from genrelab.classifier import Card, Classifier, OutOfFold, Together
from genrelab.dataset import Dataset
from genrelab.errors import MissingFile, UnknownName
from genrelab.preparation import Prepared
from genrelab.progress import Progress, silent
from genrelab.published import data_folder
from genrelab.recipe import Recipe
from genrelab.scoring import Coverage, Score
from genrelab.sources import fma, table
from genrelab.studies._plan import draw
from genrelab.training import train

Codes = NDArray[np.int64]
Floats = NDArray[np.float64]

TEXT = ("title", "artist", "album")
SPREAD = ("release_year", "popularity")
SIGNAL = ("loudness", "key", "mode", "duration")
ECHO_NEST = (
    "danceability", "energy", "speechiness", "acousticness", "instrumentalness", "liveness", "valence",
    "tempo",
)  # fmt: skip
FOLDS = 5
SCATTERED = 0.25
"""Share of the columns that a track loses where it loses any few."""
BY_TRACK = (
    "The table names no artist, so its folds keep tracks apart but not artists: of artists that the model has"
    " not heard, expect less than is announced."
)
CREATORS = (
    "Descriptors by the Echo Nest; genres by the artists of the Free Music Archive, through its genre tree."
)
PLAYLISTS = "For research only. Its genres are those of the playlists from which the tracks were drawn."


@dataclass(frozen=True, slots=True)
class Plan:
    """How one shipped model is made.

    Attributes
    ----------
    files
        Of the table, within the data folder.
    read
        Reads them.
    recipe
        What is fitted.
    licence
        Of the table.
    notes
        Sentences for the card.
    absent
        Sets of columns that a table may lack.
    """

    files: tuple[str, ...]
    read: Callable[[Sequence[Path]], pl.DataFrame]
    recipe: Recipe
    licence: str
    notes: tuple[str, ...]
    absent: tuple[tuple[str, ...], ...] = ()


PLANS: Mapping[str, Plan] = {
    "fma_twelve": Plan(
        ("fma/tracks_genres_cleaned.csv", "fma/genres.csv", "fma_rock_hiphop/echonest-metrics.json"),
        lambda paths: fma.read(paths).tracks,
        Recipe("lightgbm", {"rounds": 150, "learning_rate": 0.05, "num_leaves": 12}),
        "CC BY 4.0 (FMA metadata: Defferrard, Benzi, Vandergheynst, Bresson 2017)",
        (CREATORS, BY_TRACK),
    ),
    "playlist_six": Plan(
        ("spotify_30k/spotify_songs.csv",),
        lambda paths: table.read(paths[0]).tracks,
        Recipe(
            "compact", {"lightgbm.rounds": 150, "lightgbm.learning_rate": 0.08, "lightgbm.num_leaves": 15}
        ),
        "none stated; drawn from the Spotify Web API: private study only",
        (PLAYLISTS,),
        (TEXT, (*TEXT, *SPREAD), (*TEXT, *SPREAD, *SIGNAL), (*SPREAD, *SIGNAL, *ECHO_NEST)),
    ),
}
"""The shipped models, by name."""


def prepare(
    name: str, data: Path | str | None = None, *, sample: int | None = None, seed: int = 0
) -> Prepared:
    """Read and clean the table of a shipped model; `sample` draws so many rows of it.

    Raises
    ------
    UnknownName
        When there is no plan of this name.
    MissingFile
        When a file of its table is not there.
    """
    if name not in PLANS:
        raise UnknownName("shipped model", name, PLANS)
    plan, root = PLANS[name], data_folder() if data is None else Path(data)
    if root is None:
        raise MissingFile(f"{name}: its tables are not there: name their folder, or set GENRELAB_DATA")
    paths = [root / file for file in plan.files]
    for path in paths:
        if not path.is_file():
            raise MissingFile(f"{path}: not there: see 'genrelab data list' for where tables can be had")
    tracks = draw(plan.read(paths), sample, seed)
    return preparation.prepare(
        tracks, "genre", seed=seed, name=", ".join(plan.files), licence=plan.licence, notes=plan.notes
    )


def make(
    name: str,
    data: Path | str | None = None,
    *,
    recipe: Recipe | None = None,
    sample: int | None = None,
    seed: int = 0,
    threads: int = 2,
    progress: Progress = silent,
) -> Classifier:
    """Train a shipped model, or the same with another recipe.

    Raises
    ------
    UnknownName, MissingFile
        As `prepare`.
    """
    whole = prepare(name, data, sample=sample, seed=seed).dataset
    plan = PLANS[name]
    absent = tuple(tuple(c for c in whole.columns if c in group) for group in plan.absent)
    doubled, chosen = _doubled(whole, absent, seed)
    fitted = train(doubled, recipe or plan.recipe, seed=seed, folds=FOLDS, threads=threads, progress=progress)
    return fitted if not absent else _announced(fitted, doubled, chosen, absent)


def write(classifier: Classifier, name: str, folder: Path | str) -> Path:
    """Write a shipped model into its folder in `folder`, in place of the one that is there.

    Raises
    ------
    OutputError
        As `genrelab.store.save`.
    """
    return store.save(classifier, Path(folder) / name, overwrite=True)


def _doubled(whole: Dataset, absent: Sequence[Sequence[str]], seed: int) -> tuple[Dataset, Codes]:
    """Set a copy of each track below the whole ones, without a set of columns drawn at random, or any few.

    Returns
    -------
    The tracks, and the set that was taken from each: -1 for none, the number of sets for any few columns;
    shape (rows,).
    """
    rows = len(whole)
    if not absent:
        return whole, np.full(rows, -1)
    rng = np.random.default_rng(seed)
    drawn = rng.integers(0, len(absent) + 1, size=rows)
    taken = {}
    for column in whole.columns:
        whose = [column in group for group in absent]
        some = rng.random(rows) < SCATTERED
        taken[column] = pl.Series(np.where(drawn < len(absent), np.append(whose, False)[drawn], some))
    copies = whole.tracks.with_columns(
        pl.when(~gone).then(pl.col(column)).alias(column) for column, gone in taken.items()
    )
    both = replace(
        whole,
        tracks=pl.concat([whole.tracks, copies]),
        truth=np.concatenate([whole.truth, whole.truth]),
        groups=np.concatenate([whole.groups, whole.groups]),
    )
    return both, np.concatenate([np.full(rows, -1), drawn])


def _announced(
    fitted: Classifier, doubled: Dataset, chosen: Codes, absent: Sequence[Sequence[str]]
) -> Classifier:
    """Announce what whole tracks were given out-of-fold, and beside it what the others were."""
    heard, card = fitted.out_of_fold, fitted.card
    assert heard is not None
    rows = np.flatnonzero(chosen < 0)
    alone = _part(heard, chosen < 0)
    together, pooled = _together(doubled, alone, card)
    whole = replace(alone, together=pooled)
    told = {
        ",".join(group): _scores(_part(heard, chosen == n), card.seed)["accuracy"]
        for n, group in enumerate(absent)
    }
    changed = replace(
        card,
        scores=_scores(whole, card.seed),
        coverage=_coverage(whole, card.seed),
        together=together,
        rows=len(rows),
        fingerprint=doubled.take(rows).fingerprint(),
        absent=told,
    )
    return replace(fitted, card=changed, artists=fitted.artists, out_of_fold=whole)


def _part(heard: OutOfFold, rows: NDArray[np.bool_]) -> OutOfFold:
    return OutOfFold(heard.probabilities[rows], heard.truth[rows], heard.groups[rows])


def _scores(heard: OutOfFold, seed: int) -> dict[str, Score]:
    return scoring.score(
        heard.probabilities, heard.truth, heard.groups, seed=seed, new_share=scoring.NEW_SHARE
    )


def _together(doubled: Dataset, whole: OutOfFold, card: Card) -> tuple[Together | None, Floats | None]:
    """Find what an artist's other whole tracks bring, each fold by a context found on the others.

    Returns
    -------
    What is announced, and the out-of-fold predictions of which it is; None without artists of several tracks.
    """
    alone, truth, groups = whole.probabilities, whole.truth, whole.groups
    pooled = alone.copy()
    for train_rows, test_rows in doubled.folds(card.folds, seed=card.seed):
        learned, test = (part[part < len(alone)] for part in (train_rows, test_rows))
        found = context.find(alone[learned], groups[learned], truth[learned])
        if found is not None:
            pooled[test] = found.pool(alone[test], groups[test])
    found = context.find(alone, groups, truth)
    if found is None:
        return None, None
    share = float((context.companies(groups) > 0).mean())
    heard = OutOfFold(pooled, truth, groups)
    return Together(found, share, _scores(heard, card.seed), _coverage(heard, card.seed)), pooled


def _coverage(heard: OutOfFold, seed: int) -> tuple[Coverage, ...]:
    return promises.find_precisions(heard.probabilities, heard.truth, heard.groups, seed=seed)
