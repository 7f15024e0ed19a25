"""Measure how fast names are read: counting n-grams, what the text model says of them, and its fit.

    python benchmarks/text.py [--rows N]

Takes the tracks of `spotify_30k`, or the demo catalogue where it is absent; so many rows as asked for are
drawn from them. One thread. The text model is fitted by its own method and by the usual one, L-BFGS, to the
same matrix. Writes ``benchmarks/results/text.json`` and ``.md``.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

import record
from genrelab.features import numbers, text, wording
from genrelab.schema import TEXT_COLUMNS
from genrelab.sources import demo, table

DATA = Path(os.environ.get("GENRELAB_DATA") or Path(__file__).parents[2] / "shared" / "data")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    rows = parser.parse_args().rows
    real = DATA / "spotify_30k"
    print(f"names of {real.name if real.exists() else 'the demo catalogue'}")
    tracks = (table.read(real) if real.exists() else demo.read(rows=20_000, seed=0)).tracks
    columns = [name for name in TEXT_COLUMNS if name in tracks.columns]
    many = tracks[np.random.default_rng(0).integers(0, tracks.height, rows)]
    with threadpool_limits(1):
        rows_read = _measured(tracks, many, columns)
        solved = _solved(tracks, columns)
    figures = {"read": rows_read, "solved": solved}
    record.write("text", f"python benchmarks/text.py --rows {rows}", figures, _page(rows_read, solved))


def _measured(tracks: pl.DataFrame, many: pl.DataFrame, columns: list[str]) -> list[tuple[str, float, int]]:
    """Return what was measured, seconds of processor time, and rows."""
    genres = tracks["genre"].cast(pl.Categorical).to_physical().to_numpy()
    learned, fitting = _timed(lambda: text.model(0).fit(text.counts(tracks, columns), genres))
    counts, counting = _timed(lambda: text.counts(many, columns))
    _, asking = _timed(lambda: learned.predict_proba(counts))
    _, describing = _timed(lambda: numbers.matrix(many, wording.expressions(columns)))
    one, last = text.counts(many[:1], columns), learned.predict_proba
    last(one)
    _, single = _timed(lambda: last(text.counts(many[:1], columns)))
    return [
        ("fit, with counting", fitting, tracks.height),
        ("counting n-grams", counting, many.height),
        ("text model", asking, many.height),
        ("both", counting + asking, many.height),
        ("how names are written", describing, many.height),
        ("one row, both", single, 1),
    ]


def _solved(tracks: pl.DataFrame, columns: list[str]) -> list[tuple[str, float, float]]:
    """Return how the text model was fitted, processor seconds, and the loss that it came down to."""
    genres = tracks["genre"].cast(pl.Categorical).to_physical().to_numpy()
    *steps, (_, own) = text.model(0).steps
    matrix = Pipeline(steps).fit_transform(text.counts(tracks, columns))
    usual = LogisticRegression(C=own.C, max_iter=own.max_iter)
    found = []
    for name, model in {"as shipped": own, "scikit-learn's default": usual}.items():
        _, seconds = _timed(partial(model.fit, matrix, genres))
        told = model.predict_log_proba(matrix)[np.arange(len(genres)), genres]
        penalty = (model.coef_.astype(np.float64) ** 2).sum() / (2 * model.C)
        found.append((f"{model.solver}, {name}", seconds, float(penalty - told.sum(dtype=np.float64))))
    return found


def _page(read: list[tuple[str, float, int]], solved: list[tuple[str, float, float]]) -> list[str]:
    return [
        "# Reading names",
        "",
        "Processor seconds, one thread.",
        "",
        "| what | s | us a row | rows/s |",
        "|---|---|---|---|",
        *(
            f"| {what} | {spent:.2f} | {1e6 * spent / count:.1f} | {count / spent:,.0f} |"
            for what, spent, count in read
        ),
        "",
        "The regression of the text model on the same matrix; its loss, penalty included, is to be small.",
        "",
        "| method | s | loss, nats |",
        "|---|---|---|",
        *(f"| {name} | {spent:.2f} | {loss:,.2f} |" for name, spent, loss in solved),
    ]


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    start = time.process_time()
    return work(), time.process_time() - start


if __name__ == "__main__":
    main()
