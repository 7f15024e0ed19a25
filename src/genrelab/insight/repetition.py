"""Repeating what others did: their split, their preprocessing, their model, leaks included.

Published figures come from random rows, from steps fitted before the split, from genres made equal before it.
Here the same can be done on purpose, to set such a figure beside an honest one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import precision_recall_fscore_support
from sklearn.model_selection import KFold, train_test_split

from genrelab import blending
from genrelab.dataset import Dataset
from genrelab.errors import SettingError
from genrelab.features.inputs import Inputs
from genrelab.fitting import Fitting
from genrelab.recipe import Recipe

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Protocol:
    """How rows were parted, and what was done to them first.

    Attributes
    ----------
    parts
        Share of the rows in each part that is split off, in the order of splitting, with the seed and the
        name of the part: ``(("test", 0.25, 10),)``. What is left is learned from.
    stratified
        Whether every part has the genres in equal shares.
    steps_first
        Whether the recipe's steps were fitted to all rows, before the split: a leak.
    balanced
        Seed by which frequent genres were cut down to the rarest before the split; None where they were not.
    folds
        Number of unshuffled folds of what is learned from; the part's name is then "cv".
    """

    parts: tuple[tuple[str, float, int], ...] = ()
    stratified: bool = False
    steps_first: bool = False
    balanced: int | None = None
    folds: int = 0


def repeat(
    dataset: Dataset, recipe: Recipe, protocol: Protocol, *, seed: int = 0, threads: int = 2
) -> dict[str, float]:
    """Fit a recipe by somebody's protocol, and score it on each part that was split off.

    Members of a blend weigh the same.

    Parameters
    ----------
    dataset
        The rows as they were, repeats and all.
    recipe, protocol
        What was fitted, and how.
    seed, threads
        Of the estimator.

    Returns
    -------
    ``"<part> accuracy"``, ``"<part> macro_f1"``, and for every genre ``"<part> precision <genre>"``,
    ``"<part> recall <genre>"``, ``"<part> f1 <genre>"``, ``"<part> support <genre>"``; for folds the mean of
    their accuracies.

    Raises
    ------
    SettingError
        When a protocol has neither parts nor folds.

    Examples
    --------
    >>> from genrelab import dataset, schema
    >>> songs = dataset.make(schema.sample(90, seed=0), split="row")
    >>> found = repeat(songs, Recipe("majority"), Protocol((("test", 0.25, 10),)))
    >>> round(found["test accuracy"], 2) < 0.6
    True
    """
    if not (protocol.parts or protocol.folds):
        raise SettingError("protocol: has neither parts nor folds: name some")
    used = dataset if protocol.balanced is None else balanced(dataset, protocol.balanced)
    features = recipe.read(used.tracks, used.columns)
    if protocol.steps_first:
        features, recipe = _stepped(features, used.truth, recipe, seed)
    fitting = Fitting(used, recipe, features, seed, threads)
    train, parts = part_rows(used, protocol)
    if protocol.folds:
        split = KFold(protocol.folds).split(train)
        return {"cv accuracy": float(np.mean([_right(fitting, train[a], train[b]) for a, b in split]))}
    fitted = fitting.fit(train)
    found: dict[str, float] = {}
    for name, rows in parts.items():
        logs = fitted.log_probabilities(features.take(rows))
        guess = blending.pool(logs, np.full(len(logs), 1 / len(logs))).argmax(axis=1)
        found |= _scores(name, guess, used.truth[rows], used.genres)
    return found


def part_rows(dataset: Dataset, protocol: Protocol) -> tuple[Codes, dict[str, Codes]]:
    """Part rows as scikit-learn's ``train_test_split`` does, so that the same seeds give the same rows.

    Returns
    -------
    The rows learned from, and the rows of every part, by its name.
    """
    left, parts = np.arange(len(dataset)), {}
    for name, share, seed in protocol.parts:
        strata = dataset.truth[left] if protocol.stratified else None
        left, parts[name] = train_test_split(left, test_size=share, random_state=seed, stratify=strata)
    return left, parts


def balanced(dataset: Dataset, seed: int) -> Dataset:
    """Keep as many tracks of every genre as the rarest has, the most frequent genre first.

    Tracks are drawn as pandas' ``DataFrame.sample`` draws them, so that the same seed gives the same tracks.
    """
    counts = np.bincount(dataset.truth)
    kept = []
    for genre in np.argsort(-counts, kind="stable"):
        rows = np.flatnonzero(dataset.truth == genre)
        if len(rows) > counts.min():
            rows = rows[np.random.RandomState(seed).choice(len(rows), counts.min(), replace=False)]
        kept.append(rows)
    return dataset.take(np.concatenate(kept))


def _stepped(features: Inputs, truth: Codes, recipe: Recipe, seed: int) -> tuple[Inputs, Recipe]:
    """Fit the recipe's steps to all rows, as those did who scaled before they split."""
    chain = recipe.chain(features.names, seed=seed)
    if chain is None:
        return features, recipe
    made = np.asarray(chain.fit_transform(features.fixed, truth), dtype=np.float32)
    names = tuple(str(name) for name in range(made.shape[1]))
    return Inputs(names, made), replace(recipe, steps=())


def _right(fitting: Fitting, train: Codes, test: Codes) -> float:
    logs = fitting.fit(train).log_probabilities(fitting.features.take(test))
    guess = logs.mean(axis=0).argmax(axis=1)
    return float((guess == fitting.dataset.truth[test]).mean())


def _scores(part: str, guess: Codes, truth: Codes, genres: Sequence[str]) -> Mapping[str, float]:
    columns = precision_recall_fscore_support(truth, guess, labels=range(len(genres)), zero_division=0.0)
    found = {f"{part} accuracy": float((guess == truth).mean()), f"{part} macro_f1": float(columns[2].mean())}
    for name, values in zip(("precision", "recall", "f1", "support"), columns, strict=True):
        found |= {f"{part} {name} {genre}": float(v) for genre, v in zip(genres, values, strict=True)}
    return found
