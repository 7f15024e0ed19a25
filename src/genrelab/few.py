"""Own genres from few examples: a small model over what shipped models say of a track."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from genrelab import opinions, store
from genrelab.classifier import Classifier
from genrelab.dataset import Dataset
from genrelab.errors import SettingError
from genrelab.progress import Progress, silent
from genrelab.recipe import Recipe
from genrelab.shipped import SHIPPED, find
from genrelab.training import train

LEAST = 5
"""Examples of a genre below which nothing can be learned and tested."""
MOST_MET = 0.05
"""Share of the examples whose artists a base may have met: it would say less of others."""
RECIPE = Recipe(
    "few",
    {
        "lightgbm.rounds": 100,
        "lightgbm.min_leaf": 5,
        "random_forest.n_estimators": 150,
        "random_forest.min_samples_leaf": 1,
    },
)
"""Leaves as small as few examples ask for."""


def train_few(
    dataset: Dataset,
    bases: Sequence[str] | Mapping[str, Classifier] = SHIPPED,
    *,
    seed: int = 0,
    folds: int | None = None,
    threads: int = 2,
    progress: Progress = silent,
) -> Classifier:
    """Learn genres of which there are few examples, starting from models that learned others from many.

    Boosted trees, a forest and logistic regression read the log probabilities of every genre that the bases
    know, beside the tracks' own numbers; every choice is made on folds by artist inside the training part.

    Parameters
    ----------
    dataset
        Tracks with the owner's genres; 20 of each are a good beginning.
    bases
        Names of shipped models, or classifiers by name. Those that cannot read the dataset's columns are
        left out.
    seed, folds, threads, progress
        As for `genrelab.training.train`.

    Returns
    -------
    A classifier that holds the bases: it can be saved, loaded and used without them. Its card's notes say
    how many of the tracks are by artists that a base has met.

    Raises
    ------
    UnknownName
        When there is no shipped model of a name.
    SchemaError
        When no base can read the dataset's columns.
    SettingError
        When a genre has fewer than `LEAST` examples, or as `genrelab.training.train`.

    Examples
    --------
    >>> from genrelab import dataset, schema
    >>> songs = dataset.make(schema.sample(90, seed=0, genres=("my calm", "my wild")))
    >>> base = {"loud": train(dataset.make(schema.sample(90, seed=1)), "logistic")}
    >>> train_few(songs, base).genres
    ('my calm', 'my wild')
    """
    _check(dataset)
    given = bases if isinstance(bases, Mapping) else {name: store.load(find(name)) for name in bases}
    able = opinions.fitting(dataset.columns, given)
    strange = {name: base for name, base in able.items() if _share_met(dataset, name, base) <= MOST_MET}
    left = tuple(
        f"{name} was left out: it has met the artists of {_share_met(dataset, name, base):.0%} of these"
        " tracks, and knows more of them than it would of others."
        for name, base in able.items()
        if name not in strange
    )
    told = replace(dataset, origin=replace(dataset.origin, notes=(*dataset.origin.notes, *left)))
    return train(told, RECIPE, seed=seed, folds=folds, threads=threads, bases=strange, progress=progress)


def _share_met(dataset: Dataset, name: str, base: Classifier) -> float:
    return float(opinions.met(dataset.tracks, {name: base}).mean())


def _check(dataset: Dataset) -> None:
    counts = np.bincount(dataset.truth, minlength=len(dataset.genres))
    rarest = int(counts.argmin())
    if counts[rarest] < LEAST:
        raise SettingError(
            f"genre {dataset.genres[rarest]!r}: {counts[rarest]} examples, at least {LEAST} are needed: add"
            f" some, or leave such genres out with --min-tracks {LEAST}"
        )
