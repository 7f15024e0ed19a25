"""Measure how fast names are read: counting n-grams, what the text model says of them, and its fit.

    python benchmarks/text.py [--rows N]

Takes the tracks of `spotify_30k`, or the demo catalogue where it is absent; so many rows as asked for are
drawn from them. One thread. Prints a table.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from threadpoolctl import threadpool_limits

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
        for what, seconds, count in _measured(tracks, many, columns):
            each = seconds / count * 1e6
            print(f"{what:<24} {seconds:7.2f} s {each:9.1f} us a row {1e6 / each:11,.0f} rows/s")


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


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    start = time.process_time()
    return work(), time.process_time() - start


if __name__ == "__main__":
    main()
