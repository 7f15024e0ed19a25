"""What a peer is given and what it answers; runs in the peer's own environment, without genrelab.

A script beside this one is run as ``python fit_<peer>.py TASK.json``. It reads the rows to learn from and the
rows to label, fits within the limit, and writes one JSON file. It is given no genre of a row to label.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

LABEL = "genre"
GROUP = "group"


@dataclass(frozen=True)
class Task:
    """One measurement.

    Attributes
    ----------
    train, test
        Rows to learn from, with their genre, and rows to label.
    numbers, texts
        Columns of numbers and of text.
    genres
        Names of the genres, in the order in which probabilities are answered.
    grouped
        Whether the rows to learn from name their artist, by a code, in the column ``group``.
    limit
        Seconds that fitting may take.
    threads, seed
        Of the peer.
    folder
        Where the peer may write its model.
    answer
        File to write.
    """

    train: pd.DataFrame
    test: pd.DataFrame
    numbers: list[str]
    texts: list[str]
    genres: list[str]
    grouped: bool
    limit: float
    threads: int
    seed: int
    folder: Path
    answer: Path


@dataclass(frozen=True)
class Fitted:
    """What a peer made: the accuracy it announces, and what gives probabilities.

    Attributes
    ----------
    announced
        Accuracy that a user of the peer would believe in; None where it announces none.
    probabilities
        Gives probabilities of rows, shape (rows, len(genres)).
    genres
        Genres of these probabilities, in their order.
    note
        What a reader must know of how it was fitted.
    """

    announced: float | None
    probabilities: Callable[[pd.DataFrame], Any]
    genres: Sequence[str]
    note: str = ""


def run(fit: Callable[[Task], Fitted], packages: Sequence[str]) -> None:
    """Read the task that the command line names, do it, and write the answer."""
    task = _read(Path(sys.argv[1]))
    start = time.perf_counter()
    fitted = fit(task)
    fit_seconds = time.perf_counter() - start
    start = time.perf_counter()
    given = np.asarray(fitted.probabilities(task.test), dtype=float)
    predict_seconds = time.perf_counter() - start
    answer = {
        "announced": fitted.announced,
        "probabilities": _ordered(given, list(map(str, fitted.genres)), task.genres).round(6).tolist(),
        "fit_seconds": fit_seconds,
        "predict_seconds": predict_seconds,
        "megabytes": sum(path.stat().st_size for path in task.folder.rglob("*") if path.is_file()) / 1e6,
        "versions": {package: version(package) for package in packages},
        "note": fitted.note,
    }
    task.answer.write_text(json.dumps(answer), "utf-8")


def hold_out(task: Task, share: float = 0.2) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Part the rows to learn from into (train, validation) at random, as a user who forgets artists would."""
    order = np.random.default_rng(task.seed).permutation(len(task.train))
    held = round(share * len(order))
    return order[held:], order[:held]


def codes(task: Task) -> np.ndarray[Any, Any]:
    """Number the genres of the rows to learn from."""
    places = {genre: place for place, genre in enumerate(task.genres)}
    return task.train[LABEL].map(places).to_numpy()


def _read(path: Path) -> Task:
    said = json.loads(path.read_text("utf-8"))
    train, test = pd.read_parquet(said.pop("train")), pd.read_parquet(said.pop("test"))
    folder, answer = Path(said.pop("folder")), Path(said.pop("answer"))
    folder.mkdir(parents=True, exist_ok=True)
    return Task(train=train, test=test, folder=folder, answer=answer, **said)


def _ordered(given: np.ndarray[Any, Any], names: list[str], genres: list[str]) -> np.ndarray[Any, Any]:
    """Put probabilities into the order of the genres; one that the peer never saw has none."""
    ordered = np.zeros((len(given), len(genres)))
    ordered[:, [genres.index(name) for name in names]] = given
    return ordered
