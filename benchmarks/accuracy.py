"""Measure accuracy, and whether what is announced is what one gets, on ``spotify_30k``.

    python benchmarks/accuracy.py [--folds N]

Rows: unique track ids. Split: StratifiedGroupKFold(5, shuffle=True, random_state=7), groups are lower-cased
artists; the first fold is the one that peers were measured on. Whatever a model chooses, it chooses inside
the training part. Writes ``benchmarks/results/accuracy.md`` and ``.json``.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from sklearn.model_selection import StratifiedGroupKFold

import genrelab
import record
from genrelab import published
from genrelab.classifier import Classifier
from genrelab.models import MODELS
from genrelab.schema import DESCRIPTORS
from genrelab.sources import table

AUDIO = ("duration", *(name for name in DESCRIPTORS if name != "time_signature"))
SPEED_ROWS = 200_000
SEED = 0


@dataclass(frozen=True, slots=True)
class Run:
    """One model on one fold."""

    fold: int
    model: str
    columns: str
    announced: genrelab.Report
    true: genrelab.Report
    together: genrelab.Report | None
    fit_seconds: float
    megabytes: float

    def row(self) -> dict[str, object]:
        """Say it in plain figures."""
        announced, true = self.announced.scores["accuracy"], self.true.scores
        beside = self.together.scores["accuracy"].value if self.together is not None else None
        return {
            "fold": self.fold,
            "model": self.model,
            "columns": self.columns,
            "announced": round(announced.value, 4),
            "low": round(announced.low, 4),
            "high": round(announced.high, 4),
            "true": round(true["accuracy"].value, 4),
            "inside": announced.holds(true["accuracy"].value),
            "macro_f1": round(true["macro_f1"].value, 4),
            "true, an artist's tracks together": None if beside is None else round(beside, 4),
            "log_loss": round(true["log_loss"].value, 4),
            "calibration_error": round(true["calibration_error"].value, 4),
            "fit_seconds": round(self.fit_seconds, 1),
            "megabytes": round(self.megabytes, 2),
        }


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folds", type=int, default=5, help="how many of the five folds to measure")
    count = parser.parse_args().folds
    tracks = _tracks()
    parts = list(_parts(tracks))[:count]
    train, test = parts[0]
    single = [name for name, model in MODELS.items() if not (model.baseline or model.members)]
    speeds = {name: _speed(name, train, test) for name in single}
    runs = [_run(0, "best", AUDIO, "audio", train, test)[0]]
    for fold, part in enumerate(parts):
        runs.append(_run(fold, "best", None, "all", *part)[0])
        # After every fold, so that what was measured is kept when the rest is cut short.
        _write(f"python benchmarks/accuracy.py --folds {fold + 1}", [run.row() for run in runs], speeds)


def _tracks() -> pl.DataFrame:
    path = published.find("spotify_30k")
    if path is None:
        raise SystemExit(
            "spotify_30k is not there: set GENRELAB_DATA, or run 'genrelab data fetch spotify_30k'"
        )
    return table.read(path).tracks.unique("track_id", keep="first", maintain_order=True)


def _parts(tracks: pl.DataFrame) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    splitter = StratifiedGroupKFold(5, shuffle=True, random_state=7)
    artists = tracks["artist"].str.to_lowercase().fill_null("").to_numpy()
    for train, test in splitter.split(artists, tracks["genre"].to_numpy(), artists):
        yield tracks[train], tracks[test]


def _run(
    fold: int,
    model: str,
    columns: tuple[str, ...] | None,
    named: str,
    train: pl.DataFrame,
    test: pl.DataFrame,
) -> tuple[Run, Classifier]:
    dataset = genrelab.dataset.make(train, columns=columns)
    started = time.perf_counter()
    classifier = genrelab.train(dataset, model, seed=SEED)
    seconds = time.perf_counter() - started
    with tempfile.TemporaryDirectory() as folder:
        saved = genrelab.save(classifier, Path(folder, "model"))
        size = sum(path.stat().st_size for path in saved.iterdir()) / 1e6
    known = classifier.card.together is not None
    together = genrelab.evaluate(classifier, test, together=True) if known else None
    announced, true = genrelab.announce(classifier), genrelab.evaluate(classifier, test)
    run = Run(fold, model, named, announced, true, together, seconds, size)
    print(run.row(), flush=True)
    return run, classifier


def _speed(model: str, train: pl.DataFrame, test: pl.DataFrame) -> float:
    """Rows a second that a model labels, features included; best of three, trained on a quarter."""
    _, classifier = _run(0, model, None, "all", train[::4], test)
    many = test[np.random.default_rng(SEED).integers(0, test.height, SPEED_ROWS)]
    seconds = []
    for _ in range(3):
        started = time.perf_counter()
        classifier.predict(many)
        seconds.append(time.perf_counter() - started)
    return round(SPEED_ROWS / min(seconds))


def _write(command: str, rows: list[dict[str, object]], speeds: dict[str, float]) -> None:
    promised = [row for row in rows if row["columns"] == "all"]
    gaps = [float(str(row["announced"])) - float(str(row["true"])) for row in promised]
    headers = list(rows[0])
    text = [
        "# Accuracy on spotify_30k, unheard artists",
        "",
        "28,356 unique ids, `StratifiedGroupKFold(5, shuffle=True, random_state=7)` by lower-cased artist.",
        "",
        f"| {' | '.join(headers)} |",
        f"|{'---|' * len(headers)}",
        *(f"| {' | '.join(str(value) for value in row.values())} |" for row in rows),
        "",
        f"Mean of (announced - true) over {len(gaps)} folds of `best`: {np.mean(gaps):+.4f}; "
        f"{sum(bool(row['inside']) for row in promised)} of {len(promised)} true scores lie inside the"
        " announced 95 % interval.",
        "",
        "| model | rows labelled a second |",
        "|---|---|",
        *(f"| {name} | {speed:,.0f} |" for name, speed in sorted(speeds.items(), key=lambda s: -s[1])),
    ]
    record.write(
        "accuracy", command, {"runs": rows, "mean_gap": float(np.mean(gaps)), "speeds": speeds}, text
    )


if __name__ == "__main__":
    main()
