"""Training a model, and announcing what it will score on artists that it has never heard."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version

import numpy as np
from numpy.typing import NDArray

from genrelab import blending, context, opinions, promises, scoring, several, trials
from genrelab.budget import Budget, parse
from genrelab.classifier import Card, Classifier, Member, OutOfFold, Parts, Together, said_by_text
from genrelab.dataset import Dataset
from genrelab.features import steps
from genrelab.fitting import Fitting, check_groups
from genrelab.identity import artist_hashes
from genrelab.progress import Progress, silent
from genrelab.recipe import Recipe
from genrelab.several import Several

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

FOLDS = 8
"""Enough that a fold's model learns from nearly as many artists as the final one."""
_VERSIONED = (
    "genrelab", "numpy", "polars", "scikit-learn", "lightgbm", "xgboost-cpu", "skops", "torch", "tabm",
)  # fmt: skip


def train(
    dataset: Dataset,
    model: str | Recipe = "best",
    *,
    seed: int = 0,
    folds: int | None = None,
    threads: int = 2,
    bases: Mapping[str, Classifier] | None = None,
    budget: Budget | str | None = None,
    progress: Progress = silent,
) -> Classifier:
    """Fit a model to a dataset and announce its scores.

    Parameters
    ----------
    dataset
        What to learn from.
    model
        A name in `genrelab.models.MODELS`, or a `Recipe` that says more.
    seed
        The same seed gives the same classifier.
    folds
        Number of parts in which out-of-fold predictions are made; by default `FOLDS`, or as many as a small
        table allows.
    threads
        Threads that estimators may use.
    bases
        Fitted classifiers by name, such as shipped ones, whose opinions of a track are read beside its
        columns: a start where examples are few.
    budget
        Bound on the whole fit, such as "300s" or "5m", or "2": members of a blend that are tried. Of those
        tried, such as do not earn their cost are left out.
    progress
        Called with the stage and the share done.

    Raises
    ------
    UnknownName
        When there is no such model.
    SettingError
        When there are too few groups for the folds, the recipe does not fit the genres or learns no kinds of
        them where finer words are told, or the budget is too short for a single member.

    Examples
    --------
    >>> from genrelab import dataset, schema
    >>> songs = dataset.make(schema.sample(120, seed=0))
    >>> train(songs, "logistic").card.scores["accuracy"].value < 0.6  # the sample's genres are noise
    True
    """
    recipe = model if isinstance(model, Recipe) else Recipe(model)
    folds = folds if folds is not None else max(2, min(FOLDS, dataset.most_folds))
    bound = parse(budget) if isinstance(budget, str) else budget or Budget()
    check_groups(dataset, folds)
    if dataset.finer is not None:
        recipe.check_finer()
    bases = dict(bases or {})
    features = recipe.read(*opinions.beside(dataset.tracks, dataset.columns, bases))
    fitting = Fitting(dataset, recipe, features, seed, threads)
    parted = list(dataset.folds(folds, seed=seed))
    tried = trials.attempt(fitting, parted, bound, progress)
    every = np.arange(len(dataset))
    kept, pool_weights = _blended(fitting, tried.logs, every)
    progress("fitting on every track", folds / (folds + 1))
    members = tuple(tried.names[place] for place in kept)
    parts = fitting.fit(every, members)
    alone = _pooled(fitting, tried.logs, parted)
    heard = OutOfFold(alone, dataset.truth, dataset.groups, _side_by_side(fitting, alone, parted))
    progress("done", 1.0)
    card = Card(
        recipe=recipe,
        settings={member: recipe.settings_of(member) for member in members},
        seed=seed,
        folds=folds,
        members=dict(zip(members, pool_weights.tolist(), strict=True)),
        scores=scoring.score(
            heard.probabilities,
            heard.truth,
            heard.groups,
            seed=seed,
            new_share=scoring.NEW_SHARE,
            seen=dataset.seen_under,
        ),
        coverage=promises.find_precisions(heard.probabilities, heard.truth, heard.groups, seed=seed),
        together=_together(fitting, heard, parted),
        several=_several(fitting, alone, parted),
        importance=_importance(parts, features.names, pool_weights),
        curves={m.name: m.estimator.curves_ for m in parts.members if hasattr(m.estimator, "curves_")},
        label=dataset.label,
        genres=dataset.genres,
        columns=dataset.columns,
        split=dataset.split,
        grouped_by=dataset.grouped_by,
        rows=len(dataset),
        artists=len(np.unique(dataset.groups)),
        fingerprint=dataset.fingerprint(),
        origin=replace(dataset.origin, notes=(*dataset.origin.notes, *opinions.told(dataset.tracks, bases))),
        versions=_versions(),
    )
    artists = [artist_hashes(dataset.tracks), *(base.artists for base in bases.values())]
    return Classifier(card, parts, np.unique(np.concatenate(artists)), heard, bases)


def _versions() -> dict[str, str]:
    """Name what a model was made with, as far as it is installed."""
    found = {"python": platform.python_version()}
    for name in _VERSIONED:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def _pooled(fitting: Fitting, logs: Floats, folds: Sequence[tuple[Codes, Codes]]) -> Floats:
    """Pool each fold's predictions with members and weights found on the other folds."""
    probabilities = np.zeros(logs.shape[1:])
    for train, test in folds:
        kept, weights = _blended(fitting, logs, train)
        probabilities[test] = blending.pool(logs[kept][:, test], weights)
    return probabilities


def _blended(fitting: Fitting, logs: Floats, rows: Codes) -> tuple[list[int], Floats]:
    """Find which members to keep, and their weights, by what they say of some rows.

    A track of several genres counts for each, so that probabilities are true of what members learned: the
    share of a track that is of a genre.
    """
    lessons = fitting.lessons(rows)
    told = lessons.of_logs(logs[:, rows])
    kept = list(blending.select(told, lessons.truth, lessons.weight))
    return kept, blending.weigh(told[kept], lessons.truth, lessons.weight)


def _several(fitting: Fitting, probabilities: Floats, folds: Sequence[tuple[Codes, Codes]]) -> Several | None:
    """Find thresholds for several genres, where tracks were seen under several."""
    data = fitting.dataset
    if data.seen_under is None:
        return None
    return several.learn(probabilities, data.seen_under, data.groups, folds, data.genres, seed=fitting.seed)


def _side_by_side(fitting: Fitting, alone: Floats, folds: Sequence[tuple[Codes, Codes]]) -> Floats | None:
    """Pool a fold's predictions with those of the artist's other tracks, as much as the other folds tell."""
    data = fitting.dataset
    if data.grouped_by != "artist" or not context.companies(data.groups).any():
        return None
    probabilities = alone.copy()
    for train, test in folds:
        found = context.find(alone[train], data.groups[train], data.truth[train], fitting.row_weights(train))
        if found is not None:
            probabilities[test] = found.pool(alone[test], data.groups[test])
    return probabilities


def _together(fitting: Fitting, heard: OutOfFold, folds: Sequence[tuple[Codes, Codes]]) -> Together | None:
    """Find how much an artist's other tracks count, and announce what it brings."""
    rows = np.arange(len(heard.truth))
    found = context.find(heard.probabilities, heard.groups, heard.truth, fitting.row_weights(rows))
    if heard.together is None or found is None:
        return None
    scores = scoring.score(
        heard.together,
        heard.truth,
        heard.groups,
        seed=fitting.seed,
        new_share=scoring.NEW_SHARE,
        seen=fitting.dataset.seen_under,
    )
    share = float((context.companies(heard.groups) > 0).mean())
    coverage = promises.find_precisions(heard.together, heard.truth, heard.groups, seed=fitting.seed)
    return Together(found, share, scores, coverage, _several(fitting, heard.together, folds))


def _importance(parts: Parts, names: Sequence[str], weights: Floats) -> dict[str, float]:
    """Add up the members' shares of gain, by weight; what the text says counts as one feature, "text"."""
    total: dict[str, float] = {}
    for member, weight in zip(parts.members, weights, strict=True):
        gain = getattr(member.estimator, "feature_importances_", None)
        if gain is None:
            continue
        labels = _labels(member, names, parts)
        if labels is None:
            continue
        for label, share in zip(labels, weight * gain / max(gain.sum(), 1e-12), strict=True):
            total[label] = total.get(label, 0.0) + float(share)
    whole = sum(total.values())
    return {label: share / whole for label, share in sorted(total.items(), key=lambda t: -t[1]) if whole > 0}


def _labels(member: Member, names: Sequence[str], parts: Parts) -> Sequence[str] | None:
    """Name what a member reads; None for counts of words, which are hashed and have no names."""
    texts = ["text"] * (3 * parts.genres + 2) if parts.readers else []
    if member.steps is None:
        return [*names, *texts]
    if member.steps.n_features_in_ != len(names) + len(texts):
        return None
    given = [*names, *said_by_text(len(texts))]
    told = set(given[len(names) :])
    return ["text" if name in told else name for name in steps.names_after(member.steps, given)]
