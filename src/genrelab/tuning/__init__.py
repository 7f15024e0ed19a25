"""Tuning: settings are searched, and what is announced of them comes from tracks that no search has seen.

The best score of a search is too good: it is the largest of many scores on the same tracks. So the whole
search is made anew inside each outer fold, its best recipe is fitted there, and predicts the artists left
outside (Varma and Simon 2006, "Bias in error estimation when using cross-validation for model selection").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from genrelab import promises, scoring
from genrelab.classifier import Classifier, OutOfFold
from genrelab.dataset import Dataset
from genrelab.errors import SettingError
from genrelab.fitting import check_groups
from genrelab.models import Range, Space
from genrelab.progress import Progress, silent
from genrelab.recipe import Recipe
from genrelab.scoring import Score
from genrelab.training import train
from genrelab.tuning import draws, studies
from genrelab.tuning import space as spaces
from genrelab.tuning.objective import Codes, measure
from genrelab.tuning.plan import METRICS, SEARCHES, Plan, table_of
from genrelab.tuning.search import Found
from genrelab.tuning.search import search as run_search

__all__ = ["METRICS", "SEARCHES", "OuterFold", "Tuned", "train_tuned", "tune"]

WHOLE = "all tracks"
OPTIMISTIC = (
    "The best score is that of the best of many trials on the same tracks, so it is optimistic. Nothing is"
    " announced: that takes outer folds."
)


@dataclass(frozen=True, slots=True)
class OuterFold:
    """What the search made anew inside one outer fold found.

    Attributes
    ----------
    settings
        Of its best trial.
    best_score
        Of its best trial, on the tracks that it searched.
    score
        Of its best recipe, on the tracks left outside.
    """

    settings: Mapping[str, Any]
    best_score: float
    score: float


@dataclass(frozen=True, slots=True, eq=False)
class Tuned:
    """A recipe that was searched, and what it is worth.

    Attributes
    ----------
    recipe
        The recipe with the best settings of a search on all tracks.
    settings
        Those that were searched.
    best_score
        What the best trial had: optimistic.
    announced
        Scores of predictions for tracks that no search has seen, with intervals as in a `Card`; None without
        outer folds.
    history
        One row per trial of the search on all tracks: ``trial``, ``state`` ("complete", "pruned", "failed",
        "interrupted"), ``score`` (of a pruned trial over its folds), ``seconds``, ``reason`` of a failure,
        and every setting that was searched.
    importance
        Share of each setting in what parted the best trials from the others; empty where there were too few.
    outer
        What was found inside each outer fold.
    out_of_fold
        The predictions behind `announced`.
    space, search, metric, folds, seed
        What was tried, and how.
    rows, artists, genres, grouped_by
        Of the dataset: its tracks, groups and genres, and what kept folds apart.
    fingerprint
        Of the dataset.
    synthetic
        Whether a generator drew its tracks.
    notes
        Sentences that a reader of any score must know.
    table
        Hash of the dataset with its split and groups: scores are of these alone.
    """

    recipe: Recipe
    settings: Mapping[str, Any]
    best_score: float
    announced: Mapping[str, Score] | None
    history: pl.DataFrame
    importance: Mapping[str, float]
    outer: tuple[OuterFold, ...]
    out_of_fold: OutOfFold | None
    space: Space
    search: str
    metric: str
    folds: int
    seed: int
    rows: int
    artists: int
    genres: tuple[str, ...]
    grouped_by: str
    fingerprint: str
    synthetic: bool
    notes: tuple[str, ...]
    table: str = ""


def tune(
    dataset: Dataset,
    model: str | Recipe = "lightgbm",
    *,
    space: Mapping[str, Range | Sequence[Any]] | None = None,
    search: str = "bayes",
    trials: int | None = 50,
    seconds: float | None = None,
    metric: str = "accuracy",
    folds: int = 5,
    outer: int = 3,
    points: int = 5,
    seed: int = 0,
    threads: int = 2,
    storage: Path | str | None = None,
    progress: Progress = silent,
) -> Tuned:
    """Search the best settings of a model, and announce what they are worth.

    There are `outer` + 1 searches: one on all tracks, whose best recipe is returned, and one inside each
    outer fold. A trial is scored over all folds; it is given up (pruned) where its score so far is below the
    median of earlier trials at the same fold.

    Parameters
    ----------
    dataset
        What to learn from.
    model
        A name in `genrelab.models.MODELS`, or a `Recipe`, whose settings stay as they are.
    space
        What to try, by setting: a `genrelab.models.Range` or a few values; by default what the drawer holds.
    search
        "bayes" (tree-structured Parzen estimators, Bergstra et al. 2011), "random" or "grid". A grid that has
        more points than there are trials is tried in part, in random order.
    trials
        Number of trials of each search; None where `seconds` alone shall end it. No settings are tried twice:
        a search ends earlier where it has tried all that there are.
    seconds
        Time of all trials of all searches together, shared evenly; a trial that runs then is finished.
    metric
        "accuracy", "macro_f1", "balanced_accuracy", or "log_loss", of which less is better.
    folds
        Number of folds inside a search.
    outer
        Number of outer folds; 0 announces nothing.
    points
        How many points of each range a grid tries.
    seed
        The same seed and the same number of trials give the same result.
    threads
        Threads that estimators may use.
    storage
        SQLite file that keeps every trial. Where it exists, the searches in it go on.
    progress
        Called with the stage and the share done.

    Raises
    ------
    UnknownName
        When there is no such model, setting, search or metric.
    SettingError
        When there are too few groups for the folds, nothing to try, or no trial could be fitted; when the
        storage was begun with another table, model or space.
    MissingExtra
        When Optuna is not installed.
    OutputError, ReadError
        When the storage cannot be written, or holds other things.

    Examples
    --------
    >>> from genrelab import dataset, schema
    >>> songs = dataset.make(schema.sample(90, seed=0))
    >>> tuned = tune(songs, "logistic", space={"C": [0.01, 1]}, search="grid", folds=2, outer=2, threads=1)
    >>> tuned.history.select("state", "C").sort("C").rows()
    [('complete', 0.01), ('complete', 1.0)]
    >>> tuned.announced["accuracy"].value < 0.6  # the sample's genres are noise
    True
    """
    recipe = model if isinstance(model, Recipe) else Recipe(model)
    asked = spaces.of(recipe) if space is None else spaces.checked(space, recipe)
    if outer < 0 or outer == 1:
        raise SettingError(f"outer: {outer} outer folds part nothing: give 2 or more, or 0 for none")
    plan = Plan(recipe, asked, search, metric, trials, seconds, folds, points, seed, threads)
    if seconds is not None:
        plan = replace(plan, seconds=seconds / (outer + 1))
    parted = list(dataset.folds(outer, seed=seed)) if outer else []
    for part in (dataset, *(dataset.take(train_rows) for train_rows, _ in parted)):
        check_groups(part, folds)
    with studies.kept_in(storage) as kept:
        found = run_search(dataset, plan, kept, WHOLE, _part_of(progress, 0, outer + 1))
        heard, nested = _nested(dataset, plan, kept, parted, progress)
    progress("done", 1.0)
    return _tuned(dataset, plan, found, nested, heard)


def _nested(
    dataset: Dataset,
    plan: Plan,
    kept: studies.Studies,
    parted: Sequence[tuple[Codes, Codes]],
    progress: Progress,
) -> tuple[OutOfFold, tuple[OuterFold, ...]]:
    """Search anew inside each outer fold, and predict the tracks outside by what was found there."""
    heard = OutOfFold(np.zeros((len(dataset), len(dataset.genres))), dataset.truth, dataset.groups)
    nested = []
    for place, (inside, outside) in enumerate(parted, 1):
        part, name = dataset.take(inside), f"outer fold {place} of {len(parted)}"
        found = run_search(part, plan, kept, name, _part_of(progress, place, len(parted) + 1))
        recipe = plan.with_settings(found.settings)
        fitted = train(part, recipe, seed=plan.seed, folds=plan.folds, threads=plan.threads)
        heard.probabilities[outside] = fitted.predict_proba(dataset.tracks[outside])
        score = measure(plan.metric, heard.probabilities[outside], heard.truth[outside])
        nested.append(OuterFold(found.settings, found.score, score))
    return heard, tuple(nested)


def _part_of(progress: Progress, place: int, parts: int) -> Progress:
    """Return progress of one part among several."""

    def within(stage: str, share: float) -> None:
        progress(stage, (place + share) / parts)

    return within


def _tuned(
    dataset: Dataset, plan: Plan, found: Found, nested: tuple[OuterFold, ...], heard: OutOfFold
) -> Tuned:
    announced = None
    if nested:
        announced = scoring.score(
            heard.probabilities, heard.truth, heard.groups, seed=plan.seed, new_share=scoring.NEW_SHARE
        )
    recipe = plan.with_settings(found.settings)
    return Tuned(
        recipe=recipe,
        settings={name: recipe.settings[name] for name in found.settings},
        best_score=found.score,
        announced=announced,
        history=found.history,
        importance=found.importance,
        outer=nested,
        out_of_fold=heard if nested else None,
        space=plan.space,
        search=plan.search,
        metric=plan.metric,
        folds=plan.folds,
        seed=plan.seed,
        rows=len(dataset),
        artists=len(np.unique(dataset.groups)),
        genres=dataset.genres,
        grouped_by=dataset.grouped_by,
        fingerprint=dataset.fingerprint(),
        synthetic=dataset.origin.synthetic,
        notes=(*([] if nested else [OPTIMISTIC]), *_said(plan, found), *dataset.origin.notes),
        table=table_of(dataset),
    )


def _said(plan: Plan, found: Found) -> list[str]:
    """Say what a reader of the history must know."""
    said = []
    tried = found.history.filter(pl.col("state") != "interrupted")
    failed = tried.filter(pl.col("state") == "failed")
    if failed.height:
        said.append(f"{failed.height} of {tried.height} trials failed, the first: {failed['reason'][0]}")
    if plan.search == "grid" and tried.height < plan.size:
        said.append(f"The grid has {plan.size:,} points; {tried.height:,} were tried, drawn at random.")
    if found.repeated:
        ended = f"The search ended after {tried.height} trials"
        said.append(f"{ended}: {draws.REPEATS} draws in a row had been tried before.")
    elif plan.search != "grid" and plan.count is not None and plan.count == tried.height:
        said.append(f"All {plan.count:,} settings that there are were tried.")
    return said


def train_tuned(
    dataset: Dataset, tuned: Tuned, *, threads: int = 2, progress: Progress = silent
) -> Classifier:
    """Train the recipe that was found, and announce of it what outer folds have shown.

    The scores that training would announce are a little too good, since the settings were chosen on the same
    tracks. So scores, coverage and predictions are those of the outer folds, and a note in the card says so.

    Raises
    ------
    SettingError
        When there were no outer folds, or the dataset is another one.

    Examples
    --------
    >>> from genrelab import dataset, schema
    >>> songs = dataset.make(schema.sample(90, seed=0))
    >>> tuned = tune(songs, "logistic", space={"C": [0.01, 1]}, trials=1, folds=2, outer=2, threads=1)
    >>> train_tuned(songs, tuned, threads=1).card.scores == tuned.announced
    True
    """
    heard = tuned.out_of_fold
    if heard is None or tuned.announced is None:
        raise SettingError(
            "tuned recipe: nothing was announced of it: tune with outer folds, or train the recipe yourself"
        )
    if table_of(dataset) != tuned.table:
        raise SettingError(
            "tuned recipe: was searched on other tracks, or on these with another split or other artists:"
            " give the same dataset, or tune again"
        )
    # Predictions of these folds are thrown away but for the pool weights found on them. Fewer folds would be
    # cheaper, but weigh models of fewer artists. These are as many as inside each outer fold: so the weights,
    # and with them the probabilities, are found as they were for the scores and coverage announced.
    classifier = train(
        dataset, tuned.recipe, seed=tuned.seed, folds=tuned.folds, threads=threads, progress=progress
    )
    origin = classifier.card.origin
    note = (
        f"The settings were chosen by a search of {_counted(tuned)} trials. Its scores come from"
        f" {len(tuned.outer)} outer folds: in each, the whole search was made anew without the tracks scored."
    )
    card = replace(
        classifier.card,
        scores=dict(tuned.announced),
        together=None,
        folds=len(tuned.outer),
        coverage=promises.find_precisions(heard.probabilities, heard.truth, heard.groups, seed=tuned.seed),
        origin=replace(origin, notes=(*origin.notes, note)),
    )
    return replace(classifier, card=card, out_of_fold=heard)


def _counted(tuned: Tuned) -> int:
    return tuned.history.filter(pl.col("state") != "interrupted").height
