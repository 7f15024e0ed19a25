"""Measure how quickly models label tracks, and how large they are.

    python benchmarks/predicting.py [--best FOLDER] [--threads N] [--rows N]

Needs the table ``spotify_30k`` in the data folder (``GENRELAB_DATA``, else ``../shared/data``). Each booster
is trained on the numeric columns of all unique tracks, ``best`` on a quarter of them unless `--best` names a
folder that holds one. Each is then loaded in a process of its own, so that nothing is warm. Rows a second are
those of the quickest of three calls of ``Classifier.predict``, features included. Writes
``benchmarks/results/predicting.json`` and ``.md``.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import polars as pl

import record
from genrelab import cleaning, dataset, store
from genrelab.schema import TEXT_COLUMNS
from genrelab.sources import table
from genrelab.training import train

BOOSTERS = ("lightgbm", "xgboost", "random_boosting")
NUMBERS = (
    "danceability", "energy", "loudness", "speechiness", "acousticness", "instrumentalness", "liveness",
    "valence", "tempo", "key", "mode", "duration",
)  # fmt: skip
ONES = 300
"""Single tracks that are labelled one by one."""

WORKER = """
import json, resource, sys, time
import polars as pl
from genrelab import store

folder, tracks, threads, ones = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
table = pl.read_parquet(tracks)

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

def seconds(task):
    start, busy = time.perf_counter(), time.process_time()
    made = task()
    return made, time.perf_counter() - start, time.process_time() - busy

from genrelab.store import _parts
_parts._skops()  # a second of imports, which is not the model's
model, load, load_busy = seconds(lambda: store.load(folder))
for member in model.parts.members:
    if hasattr(member.estimator, "threads"):
        member.estimator.threads = threads
    elif hasattr(member.estimator, "n_jobs"):
        member.estimator.n_jobs = threads
        member.estimator.get_booster().set_param({"nthread": threads})
model.predict(table[:1])
alone = sorted(seconds(lambda: model.predict(table[i : i + 1]))[1] for i in range(ones))
own = table[:5000]
_, few, few_busy = seconds(lambda: model.predict(own))
before = peak()
_, first, first_busy = seconds(lambda: model.predict(table))
rounds = [seconds(lambda: model.predict(table))[1:] for _ in range(3)]
print(json.dumps({
    "load seconds": load, "load processor seconds": load_busy,
    "one track, median ms": 1e3 * alone[len(alone) // 2],
    "one track, p99 ms": 1e3 * alone[int(0.99 * len(alone))],
    "rows": len(table),
    "rows a second": len(table) / min(wall for wall, _ in rounds),
    "rows a processor second": len(table) / min(busy for _, busy in rounds),
    "rows a second, own predictors": len(own) / few,
    "rows a processor second, own predictors": len(own) / few_busy,
    "first call seconds": first, "first call processor seconds": first_busy,
    "peak MiB more": peak() - before,
}))
"""


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--best", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--models", default=",".join((*BOOSTERS, "best")))
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        figures = _measured(Path(name), chosen)
    command = f"python benchmarks/predicting.py --threads {chosen.threads} --rows {chosen.rows}"
    about = {"threads": chosen.threads, "numba": version("numba"), "models": figures}
    record.write("predicting", command, about, _page(figures, chosen.threads))


def _measured(place: Path, chosen: argparse.Namespace) -> dict[str, dict[str, float]]:
    data = Path(os.environ.get("GENRELAB_DATA") or record.ROOT.parent / "shared" / "data")
    tracks = cleaning.clean(table.read(data / "spotify_30k").tracks, ["repeated_id"]).tracks
    kept = tracks.select(*NUMBERS, "genre", *TEXT_COLUMNS, "release_year", "popularity")
    many = pl.concat([kept] * -(-chosen.rows // len(kept)))[: chosen.rows]
    many.write_parquet(place / "tracks")
    figures = {}
    for name in chosen.models.split(","):
        folder = chosen.best if name == "best" and chosen.best else _trained(name, tracks, place)
        said = subprocess.run(
            [
                sys.executable,
                "-c",
                WORKER,
                str(folder),
                str(place / "tracks"),
                str(chosen.threads),
                str(ONES),
            ],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            env={**os.environ, "OMP_NUM_THREADS": str(chosen.threads)},
        )
        sizes = {path.name: path.stat().st_size / 1e6 for path in sorted(folder.iterdir())}
        figures[name] = {**json.loads(said.stdout), "MB": sum(sizes.values()), "files": sizes}
    return figures


def _trained(name: str, tracks: pl.DataFrame, place: Path) -> Path:
    some = tracks.sample(fraction=0.25, seed=0) if name == "best" else tracks
    columns = None if name == "best" else list(NUMBERS)
    fitted = train(dataset.make(some, columns=columns), name, folds=2, threads=1)
    return store.save(fitted, place / name)


def _page(figures: Mapping[str, Mapping[str, Any]], threads: int) -> list[str]:
    rows = next(iter(figures.values()))["rows"]
    return [
        "# Labelling tracks",
        "",
        f"`Classifier.predict` on {rows:,} tracks with {threads} threads, features included. On a shared"
        " machine processor time says more. Up to 10,000 tracks, the boosters' own predictors answer.",
        "",
        "| model | rows/s | rows per processor second | the same by the boosters' own predictors"
        " | one track, median and p99, ms | first call of many, s (processor s) | load, s | size, MB |",
        "|---|---|---|---|---|---|---|---|",
        *(_line(name, told) for name, told in figures.items()),
    ]


def _line(name: str, told: Mapping[str, Any]) -> str:
    first = f"{told['first call seconds']:.1f} ({told['first call processor seconds']:.1f})"
    cells = (
        f"`{name}`",
        f"{told['rows a second']:,.0f}",
        f"{told['rows a processor second']:,.0f}",
        f"{told['rows a processor second, own predictors']:,.0f}",
        f"{told['one track, median ms']:.1f}, {told['one track, p99 ms']:.1f}",
        first,
        f"{told['load seconds']:.2f}",
        f"{told['MB']:.1f}",
    )
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
