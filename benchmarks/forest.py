"""Measure a random forest of 5,000 trees: scikit-learn's, and ours of the same trees in less memory.

    python benchmarks/forest.py [--trees N] [--threads N]

Needs the table ``capstone12`` in the data folder (``GENRELAB_DATA``, else ``../shared/data``). Each forest is
fitted in a process of its own, whose peak memory is read; then they predict in turn, three rounds, so that a
busy machine slows both. Writes ``benchmarks/results/forest.json`` and ``.md``.
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

import numpy as np
from sklearn.model_selection import train_test_split

import record
from genrelab import cleaning, taxonomy
from genrelab.sources import table

FEATURES = (
    "acousticness", "danceability", "energy", "instrumentalness", "liveness", "loudness", "mode",
    "speechiness", "tempo", "time_signature", "valence",
)  # fmt: skip
SEED = 24
ROUNDS = 3
TOLERANCE = 0.03
KIB_PER_TREE = 2_400
"""Of scikit-learn, for this table; a guess from a small forest, to see beforehand whether all trees fit."""

WORKER = """
import json, resource, sys, time
import numpy as np
from sklearn.ensemble import RandomForestClassifier
import skops.io
from genrelab.models.large_forest import LargeForest

kind, settings, folder, threads = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3], int(sys.argv[4])
d = np.load(f"{folder}/parts.npz")
FILE = f"{folder}/forest.skops"

def fit():
    if kind == "loaded":
        forest = skops.io.load(FILE, trusted=["genrelab.models.large_forest.LargeForest"])
    elif kind == "scikit-learn":
        forest = RandomForestClassifier(n_jobs=threads, random_state=24, **settings)
    else:
        forest = LargeForest(threads=threads, seed=24, **settings)
    return forest if kind == "loaded" else forest.fit(d["X_train"], d["y_train"])

def right(part):
    return float((forest.predict(d[f"X_{part}"]) == d[f"y_{part}"]).mean())

def save():
    if kind == "scikit-learn":
        forest.set_params(n_jobs=1)  # several threads add up in any order
    np.save(f"{folder}/{kind}.npy", forest.predict_proba(d["X_valid"]))
    if kind == "ours":
        skops.io.dump(forest, FILE, compression=8)

for line in sys.stdin:
    task, start = line.strip(), time.perf_counter()
    said = {}
    if task == "fit":
        forest = fit()
    elif task == "predict":
        forest.predict_proba(d["X_valid"])
    elif task == "save":
        save()
    elif task == "score":
        said = {part: right(part) for part in ("valid", "test")}
        said["trees"] = getattr(forest, "n_estimators_", forest.n_estimators)
    said["seconds"] = time.perf_counter() - start
    said["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(said), flush=True)
"""


class Worker:
    """A forest in a process of its own."""

    def __init__(self, kind: str, settings: Mapping[str, object], folder: Path, threads: int) -> None:
        self.figures: dict[str, float] = {}
        self._process = subprocess.Popen(
            [sys.executable, "-c", WORKER, kind, json.dumps(settings), str(folder), str(threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )

    def ask(self, task: str) -> dict[str, float]:
        """Have a task done, and return what is said of it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{task}\n")
        self._process.stdin.flush()
        said: dict[str, float] = json.loads(self._process.stdout.readline())
        return said

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trees", type=int, default=5000)
    parser.add_argument("--threads", type=int, default=2)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        figures = _measured(Path(name), chosen.trees, chosen.threads)
    command = f"python benchmarks/forest.py --trees {chosen.trees} --threads {chosen.threads}"
    record.write("forest", command, figures, _page(figures, chosen.threads))


def _measured(folder: Path, trees: int, threads: int) -> dict[str, Any]:
    sizes = _write_parts(folder)
    most = min(trees, int(0.8 * _free_kib() / KIB_PER_TREE) // 500 * 500 or 100)
    settings: dict[str, dict[str, object]] = {
        "scikit-learn": {"n_estimators": most},
        "ours": {"n_estimators": trees},
        "ours, settled": {"n_estimators": trees, "tolerance": TOLERANCE},
    }
    workers = {kind: Worker(kind, chosen, folder, threads) for kind, chosen in settings.items()}
    for worker in workers.values():
        worker.figures["fit seconds"] = worker.ask("fit")["seconds"]
    _time_predictions(workers)
    for kind, worker in workers.items():
        scores = worker.ask("score")
        worker.figures |= {"trees": scores["trees"], "valid": scores["valid"], "test": scores["test"]}
        worker.figures["peak MiB"] = scores["peak"]
        if kind != "ours, settled":
            worker.ask("save")
        worker.close()
    loaded = Worker("loaded", {}, folder, threads)
    load = loaded.ask("fit")
    loaded.ask("save")
    loaded.close()
    return {
        "rows": sizes,
        "forests": {kind: worker.figures for kind, worker in workers.items()},
        "file MiB": (folder / "forest.skops").stat().st_size / 2**20,
        "load": {"seconds": load["seconds"], "peak MiB": load["peak"]},
        "largest difference": _difference(folder, "scikit-learn", "ours") if most == trees else None,
        "largest difference after loading": _difference(folder, "ours", "loaded"),
        "free GiB at the start": _free_kib() / 2**20,
        "numba": version("numba"),
    }


def _write_parts(folder: Path) -> dict[str, int]:
    """Write the study's parts: distinct rows with a genre, drawn by row."""
    data = Path(os.environ.get("GENRELAB_DATA") or record.ROOT.parent / "shared" / "data") / "capstone12"
    distinct = cleaning.clean(table.read(data).tracks, ["repeated_row"]).tracks
    tracks = taxonomy.bin(distinct, "capstone12").tracks
    X = tracks.select(FEATURES).to_numpy().astype(np.float32)
    y = np.unique(tracks["genre"].to_list(), return_inverse=True)[1]
    X_rest, X_test, y_rest, y_test = train_test_split(X, y, test_size=0.25, random_state=SEED, stratify=y)
    X_train, X_valid, y_train, y_valid = train_test_split(
        X_rest, y_rest, test_size=0.25, random_state=SEED, stratify=y_rest
    )
    np.savez(
        folder / "parts.npz",
        X_train=X_train, X_valid=X_valid, X_test=X_test, y_train=y_train, y_valid=y_valid, y_test=y_test,
    )  # fmt: skip
    return {"train": len(y_train), "valid": len(y_valid), "test": len(y_test)}


def _free_kib() -> int:
    fields = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    return int(fields["MemAvailable"].split()[0])


def _time_predictions(workers: Mapping[str, Worker]) -> None:
    """Let all predict in turn; the first time, which compiles, does not count."""
    for worker in workers.values():
        worker.figures["first prediction seconds"] = worker.ask("predict")["seconds"]
    seconds: dict[str, list[float]] = {kind: [] for kind in workers}
    for _ in range(ROUNDS):
        for kind, worker in workers.items():
            seconds[kind].append(worker.ask("predict")["seconds"])
    for kind, worker in workers.items():
        worker.figures["predict seconds"] = min(seconds[kind])


def _difference(folder: Path, one: str, other: str) -> float:
    return float(np.abs(np.load(folder / f"{one}.npy") - np.load(folder / f"{other}.npy")).max())


def _page(figures: Mapping[str, Any], threads: int) -> list[str]:
    forests, rows = figures["forests"], figures["rows"]
    names = {
        "scikit-learn": "scikit-learn's `RandomForestClassifier`",
        "ours": "`large_forest`",
        "ours, settled": f"`large_forest`, tolerance {TOLERANCE}",
    }
    base, own = forests["scikit-learn"], forests["ours"]
    each = base["predict seconds"] / base["trees"]
    speed = each / (own["predict seconds"] / own["trees"])
    settled = each * own["trees"] / forests["ours, settled"]["predict seconds"]
    return [
        f"# A random forest of {own['trees']:,} trees",
        "",
        f"Table `capstone12`, split by row as its study did: {rows['train']:,} tracks to learn from,"
        f" {rows['valid']:,} to validate, {rows['test']:,} to test; {threads} threads.",
        "",
        "| forest | trees | valid | test | peak memory, MiB | fit, s | predict the validation part, s |",
        "|---|---|---|---|---|---|---|",
        *(
            f"| {names[kind]} | {f['trees']:,} | {f['valid']:.4f} | {f['test']:.4f} | {f['peak MiB']:,.0f}"
            f" | {f['fit seconds']:.0f} | {f['predict seconds']:.2f} |"
            for kind, f in forests.items()
        ),
        "",
        f"`large_forest` predicts {speed:.1f} times as fast as the same trees of scikit-learn, and"
        f" {settled:.0f} times as fast where it stops growing once settled: best of three rounds in turn, on"
        " a shared machine, so that only ratios hold elsewhere.",
        f"Its file takes {figures['file MiB']:,.0f} MiB, and {figures['load']['seconds']:.0f} s and"
        f" {figures['load']['peak MiB']:,.0f} MiB of memory to load.",
        f"Largest difference of a probability: {figures['largest difference after loading']} after loading"
        + (
            f", {figures['largest difference']} from scikit-learn's with the same seed."
            if figures["largest difference"] is not None
            else ". scikit-learn grew fewer trees, for want of memory; its time and memory grow with trees."
        ),
    ]


if __name__ == "__main__":
    main()
