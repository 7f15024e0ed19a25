"""Running a study: every figure is found once, and kept in a cache until code or data change."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import cache, partial
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from genrelab.dataset import Dataset
from genrelab.errors import MissingFile
from genrelab.files import written_aside
from genrelab.insight.document import Card
from genrelab.insight.repetition import repeat
from genrelab.progress import Progress, silent
from genrelab.published import cache_folder, data_folder
from genrelab.recipe import Recipe
from genrelab.scoring import Score
from genrelab.studies._plan import STUDIES, Material, Measure, Study, Trial
from genrelab.training import train

LIBRARIES = ("numpy", "scikit-learn", "lightgbm", "xgboost-cpu")
SIZES = ("n_estimators", "rounds", "epochs")
FEW = 20
HONEST_FOLDS = 3
"""Fewer than in training: a study compares, and each model of it is fitted four times as it is."""


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of a study.

    Attributes
    ----------
    what
        Model and figure.
    published, repeated
        What was reported, and what comes of doing the same again; None where there is none.
    tolerance
        How far apart the two may lie; None where that is not judged.
    honest
        The same model's accuracy on artists it has not heard, by our protocol.
    note
        What a reader must know of it.
    """

    what: str
    published: float | None
    repeated: float | None
    tolerance: float | None
    honest: Score | None = None
    note: str = ""

    @property
    def within(self) -> bool | None:
        """Whether the repetition landed within the tolerance; None where nothing was published.

        Examples
        --------
        >>> Row("a", 0.5, 0.51, 0.02).within, Row("b", 0.5, 0.6, 0.02).within, Row("c", None, 0.6, 0.0).within
        (True, False, None)
        """
        if self.published is None or self.repeated is None or self.tolerance is None:
            return None
        return abs(self.repeated - self.published) <= self.tolerance + 1e-9


@dataclass(frozen=True, slots=True)
class StudyReport:
    """What a study found.

    Attributes
    ----------
    study, meaning
        Its name, and what it is about.
    rows
        Its figures; the last is our best model's.
    counts
        Rows of the table after each step of its authors, and of ours.
    split
        What kept tracks apart in the honest column.
    sample
        Number of rows drawn, or None for all of them.
    notes
        Sentences that a reader must know.
    cards
        Tables and figures beyond the comparison.
    """

    study: str
    meaning: str
    rows: tuple[Row, ...]
    counts: Mapping[str, int]
    split: str
    sample: int | None
    notes: tuple[str, ...]
    cards: tuple[Card, ...] = ()


def study(
    name: str,
    data: Path | str | None = None,
    *,
    sample: int | None = None,
    cache: Path | str | None = None,
    seed: int = 0,
    threads: int = 2,
    progress: Progress = silent,
) -> StudyReport:
    """Run a study: repeat what was published, and say what is left of it on unheard artists.

    Parameters
    ----------
    name
        A name in `genrelab.studies.STUDIES`.
    data
        Folder that holds the study's folder, or that folder itself; `GENRELAB_DATA` or ``../shared/data``
        unless given.
    sample
        Number of rows to draw, for a quick look; figures then mean little.
    cache
        Folder of figures found before: a run that was stopped goes on where it was.
    seed
        Of the honest column; repetitions have the seeds of their authors.
    threads
        Of estimators.
    progress
        Called before each figure.

    Raises
    ------
    UnknownName
        When there is no such study.
    MissingFile
        When its table is not there; the message says where to get it.
    """
    chosen = STUDIES[name]
    progress(f"{name}: reading", 0.0)
    material = chosen.read(_folder(chosen, data), sample, seed)
    known = _Known(Path(cache or cache_folder() / "studies"), (name, sample, seed), material)
    rows: list[Row] = []
    steps = len(chosen.trials) + len(chosen.measures) + 1
    for measure in chosen.measures:
        progress(f"{name}: {measure.name}", len(rows) / (len(rows) + steps))
        found = known(measure.name, {}, partial(_value, measure, material, seed))["value"]
        rows.append(Row(measure.name, measure.published, found, measure.tolerance))
    trials, best = chosen.trials, chosen.best
    if sample is not None:
        trials, best = tuple(map(_lighter, trials)), _light(best)
    for done, trial in enumerate(trials):
        progress(f"{name}: {trial.name}", (len(chosen.measures) + done) / steps)
        rows += _rows(trial, material, known, seed, threads)
    progress(f"{name}: our best", (steps - 1) / steps)
    ours = _honest(best, material.prepared.dataset, known, seed, threads)
    rows.append(Row(f"genrelab {chosen.best.model}", None, None, None, ours))
    cards = chosen.cards(material, seed) if chosen.cards else ()
    progress(f"{name}: done", 1.0)
    dataset = material.prepared.dataset
    counts = {**material.counts, "unique tracks, ours": len(dataset)}
    return StudyReport(
        name, chosen.meaning, tuple(rows), counts, dataset.grouped_by, sample, (*chosen.notes,), cards
    )


def _rows(trial: Trial, material: Material, known: _Known, seed: int, threads: int) -> list[Row]:
    """Do one trial again, and honestly."""
    about = {"recipe": trial.recipe.as_dict(), "protocol": asdict(trial.protocol)}
    # The authors' seed of the estimator is that of their split.
    own = trial.protocol.parts[-1][2] if trial.protocol.parts else seed
    found = known(
        f"{trial.name} repeated",
        about,
        lambda: repeat(material.rows, trial.recipe, trial.protocol, seed=own, threads=threads),
    )
    honest = None if trial.honest is None else _honest(trial.honest, material.honest, known, seed, threads)
    rows = []
    for figure, published in trial.published.items():
        told = None if math.isnan(published) else published
        shown = honest if figure.endswith("accuracy") else None
        rows.append(Row(f"{trial.name}: {figure}", told, found[figure], trial.tolerance, shown, trial.note))
        honest = None if shown else honest  # one honest figure a model is enough
    return rows


def _honest(recipe: Recipe, dataset: Dataset, known: _Known, seed: int, threads: int) -> Score:
    """Announce a recipe's accuracy on unheard artists."""

    def announced() -> dict[str, float]:
        folds = min(HONEST_FOLDS, dataset.most_folds)
        score = train(dataset, recipe, seed=seed, folds=folds, threads=threads).card.scores["accuracy"]
        return asdict(score)

    return Score(**known("honest", {"recipe": recipe.as_dict(), "columns": dataset.columns}, announced))


def _lighter(trial: Trial) -> Trial:
    honest = None if trial.honest is None else _light(trial.honest)
    return replace(trial, recipe=_light(trial.recipe), honest=honest)


def _light(recipe: Recipe) -> Recipe:
    """Give a recipe few trees, rounds and epochs: of a sample nobody wants to wait for them."""
    few: dict[str, int] = {}
    for member in recipe.present:
        prefix = "" if member == recipe.model else f"{member}."
        own = recipe.settings_of(member)
        few |= {f"{prefix}{name}": FEW for name in SIZES if own.get(name, 0) > FEW}
    return replace(recipe, settings={**recipe.settings, **few})


def _value(measure: Measure, material: Material, seed: int) -> dict[str, float]:
    return {"value": measure.find(material, seed)}


class _Known:
    """Figures found before, by what they were found from."""

    def __init__(self, folder: Path, about: tuple[Any, ...], material: Material) -> None:
        self._folder = folder
        self._about = [
            *about,
            material.rows.fingerprint(),
            material.prepared.dataset.fingerprint(),
            _code(),
            *(f"{name} {version(name)}" for name in LIBRARIES),
        ]

    def __call__(
        self, name: str, about: Mapping[str, Any], find: Callable[[], dict[str, float]]
    ) -> dict[str, float]:
        """Return the figures of a name, found now if they are not known."""
        key = json.dumps([*self._about, name, about], sort_keys=True, default=str)
        path = self._folder / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.json"
        with suppress(OSError, ValueError):  # not there, or damaged: then it is found anew
            known: dict[str, float] = json.loads(path.read_text("utf-8"))
            return known
        found = find()
        with written_aside(path) as aside:
            aside.write_text(json.dumps(found), "utf-8")
        return found


@cache
def _code() -> str:
    """Hash the package's source: another version may find other figures."""
    digest = hashlib.sha256()

    def add(folder: Traversable) -> None:
        for entry in sorted(folder.iterdir(), key=lambda e: e.name):
            if entry.is_dir() and entry.name not in ("__pycache__", "cli"):
                add(entry)
            elif entry.name.endswith((".py", ".toml")):
                digest.update(entry.name.encode() + entry.read_bytes())

    add(files("genrelab"))
    return digest.hexdigest()


def missing(names: Sequence[str], data: Path | str | None = None) -> dict[str, str]:
    """Name the studies whose tables are not there, with where to get them."""
    told = {}
    for name in names:
        try:
            _folder(STUDIES[name], data)
        except MissingFile as error:
            told[name] = str(error)
    return told


def _folder(study: Study, data: Path | str | None) -> Path:
    """Find the folder of a study's table."""
    root = Path(data) if data is not None else data_folder()
    where = "in ../shared/data, or in the folder that GENRELAB_DATA names" if root is None else f"in {root}"
    candidates = [] if root is None else [root / study.data, *([root] if root.name == study.data else [])]
    for folder in candidates:
        if folder.is_dir():
            return folder
    raise MissingFile(f"{study.data}: no such folder {where}: get it from {study.obtain}, and put it there")
