"""Several models on one dataset, by the same folds."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from genrelab.dataset import Dataset, channels
from genrelab.errors import MissingExtra, SettingError
from genrelab.insight import evaluation
from genrelab.insight.results import Report
from genrelab.models import MODELS, Model
from genrelab.progress import Progress, silent
from genrelab.schema import TEXT_COLUMNS
from genrelab.training import train


@dataclass(frozen=True, slots=True)
class Comparison:
    """What each model announced, and how long it took.

    Attributes
    ----------
    reports
        One per model, the most accurate first.
    seconds
        Wall-clock seconds that each took to fit and announce, by its name.
    left_out
        Of "all" models those that need what is not installed, or cannot learn from the dataset, and why.
    """

    reports: tuple[Report, ...]
    seconds: dict[str, float]
    left_out: dict[str, str]


def compare(
    dataset: Dataset,
    models: Sequence[str] = ("all",),
    *,
    seed: int = 0,
    threads: int = 2,
    progress: Progress = silent,
) -> Comparison:
    """Train several models on the same tracks with the same folds.

    Parameters
    ----------
    dataset
        What to learn from.
    models
        Names, or "all" for every model in the drawer that fits the dataset.

    Raises
    ------
    UnknownName
        When there is no model of a name.
    MissingExtra
        When a model that was named needs what is not installed.

    Examples
    --------
    >>> from genrelab import dataset, schema
    >>> songs = dataset.make(schema.sample(90, seed=0))
    >>> [report.model for report in compare(songs, ["majority", "logistic"]).reports]
    ['majority', 'logistic']
    """
    names = list(dict.fromkeys(_fitting(dataset) if "all" in models else models))
    able = _fitting(dataset)
    for name in names:
        MODELS[name]
        if name not in able:
            raise SettingError(f"model {name!r}: the table has nothing that it reads: leave it out")
    reports: list[Report] = []
    seconds: dict[str, float] = {}
    left_out: dict[str, str] = {}
    for done, name in enumerate(names):

        def within(stage: str, share: float, name: str = name, done: int = done) -> None:
            progress(f"{name}: {stage}", (done + share) / len(names))

        start = time.perf_counter()
        try:
            fitted = train(dataset, name, seed=seed, threads=threads, progress=within)
        except (MissingExtra, SettingError) as error:
            left_out[name] = str(error)
            if name in models or len(left_out) == len(names):
                raise
            continue
        reports.append(evaluation.announce(fitted))
        seconds[name] = time.perf_counter() - start
    ranked = sorted(reports, key=lambda report: -report.scores["accuracy"].value)
    return Comparison(tuple(ranked), seconds, left_out)


def _fitting(dataset: Dataset) -> list[str]:
    """Name the models whose features the dataset has."""
    kinds = dataset.tracks.schema
    artists = "artist" in dataset.tracks.columns
    sequences = {column for column in dataset.columns if channels(kinds[column])}
    numbers = bool({*dataset.columns} - {*TEXT_COLUMNS} - sequences)

    def fits(model: Model) -> bool:
        if model.reads_artist:
            return artists
        return bool(sequences) if model.reads_sequences else numbers or model.reads_text

    return [name for name, model in MODELS.items() if fits(model)]
