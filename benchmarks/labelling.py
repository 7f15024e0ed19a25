"""Measure how fast a large table is labelled, and that memory does not grow with it.

    python benchmarks/labelling.py [--rows N]

Trains models on the demo catalogue, writes a CSV of N tracks and one of a tenth of that, and labels each in a
process of its own. Writes ``benchmarks/results/labelling.json`` and ``.md``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import polars as pl

import genrelab
import record
from genrelab.sources import demo

MEASURE = """
import json, resource, sys, time
import genrelab
model, table, out = sys.argv[1:]
classifier = genrelab.load(model)
start = time.perf_counter()
rows = genrelab.label(classifier, table, out).rows
seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"rows": rows, "seconds": round(seconds, 1), "rows_per_second": round(rows / seconds),
                  "peak_memory_mib": round(peak)}))
"""
MODELS = ("logistic", "lightgbm", "best")


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    figures = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _prepare(folder, rows)
        for model in MODELS:
            for count in (rows // 10, rows):
                figures[f"{model}, {count:,} rows"] = _measured(folder, model, count)
    lines = [
        "# Labelling a CSV into a CSV",
        "",
        "| model and table | seconds | rows a second | peak memory, MiB |",
        "|---|---|---|---|",
        *(
            f"| {what} | {f['seconds']} | {f['rows_per_second']:,} | {f['peak_memory_mib']} |"
            for what, f in figures.items()
        ),
    ]
    record.write("labelling", f"python benchmarks/labelling.py --rows {rows}", figures, lines)


def _prepare(folder: Path, rows: int) -> None:
    tracks = demo.read(rows=6000, seed=0).tracks
    prepared = genrelab.prepare(tracks)
    for model in MODELS:
        genrelab.save(genrelab.train(prepared.dataset, model), folder / model)
    rng = np.random.default_rng(0)
    many = tracks.drop("genre")[rng.integers(0, tracks.height, rows)]
    many = many.with_columns(pl.Series("track_id", np.arange(rows)).cast(pl.String))
    many.write_csv(folder / f"{rows}.csv")
    many.head(rows // 10).write_csv(folder / f"{rows // 10}.csv")


def _measured(folder: Path, model: str, rows: int) -> dict[str, float]:
    paths = [str(folder / model), str(folder / f"{rows}.csv"), str(folder / f"{model}-{rows}-labels.csv")]
    done = subprocess.run([sys.executable, "-c", MEASURE, *paths], check=True, capture_output=True, text=True)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


if __name__ == "__main__":
    main()
