"""Measure how fast tags are binned: one million tracks on one core.

    python benchmarks/binning.py [--rows N]

The tags are the lists of the ``capstone12`` table, drawn with replacement, where the data folder is found
(``GENRELAB_DATA``, else ``../shared/data``); otherwise lists are made up from a few words. A second run bins
lists that are all different. Writes ``benchmarks/results/binning.json`` and ``.md``.
"""

from __future__ import annotations

import os

os.environ["POLARS_MAX_THREADS"] = "1"  # before polars is imported

import argparse
import time
from pathlib import Path

import numpy as np
import polars as pl

import record
from genrelab import taxonomy
from genrelab.sources import table

ROOT = Path(__file__).parents[1]
WORDS = ("art", "deep", "indie", "latin", "modern", "pop", "rock", "jazz", "house", "folk", "rap", "metal")
REPEATS = 3
SPACES = ("capstone12", "broad")


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    rng = np.random.default_rng(0)
    tags, origin = _tags(rng)
    drawn = {
        "resampled lists": tags[rng.integers(0, tags.len(), rows)],
        "all lists different": _different(tags, rows, rng),
    }
    figures = {f"{what}, {name}": _measured(lists, name) for name in SPACES for what, lists in drawn.items()}
    _write(f"python benchmarks/binning.py --rows {rows}", rows, origin, figures)


def _tags(rng: np.random.Generator) -> tuple[pl.Series, str]:
    """Lists of tags, and where they come from."""
    folder = Path(os.environ.get("GENRELAB_DATA") or ROOT.parent / "shared" / "data") / "capstone12"
    if folder.exists():
        return table.read(folder).tracks["tags"], "capstone12"
    pairs = [f"{first} {second}" for first in WORDS for second in WORDS]
    lists = [rng.choice(pairs, size=rng.integers(1, 7)).tolist() for _ in range(10_000)]
    return pl.Series("tags", lists), "made up"


def _different(tags: pl.Series, rows: int, rng: np.random.Generator) -> pl.Series:
    """Lists of four tags drawn one by one."""
    pool = tags.explode().drop_nulls()
    drawn = [pool[rng.integers(0, pool.len(), rows)].alias(f"tag{i}") for i in range(4)]
    return pl.DataFrame(drawn).select(pl.concat_list(pl.all()).alias("tags")).to_series()


def _measured(tags: pl.Series, space: str) -> dict[str, float]:
    """Best of a few runs."""
    tracks = tags.to_frame("tags")
    seconds = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        binned = taxonomy.bin(tracks, space)
        seconds.append(time.perf_counter() - started)
    best = min(seconds)
    return {
        "rows": tracks.height,
        "distinct lists": tags.list.join("\x1f").n_unique(),
        "seconds": round(best, 2),
        "rows per second": round(tracks.height / best),
        "coverage": round(binned.coverage, 4),
    }


def _write(command: str, rows: int, origin: str, figures: dict[str, dict[str, float]]) -> None:
    lines = [
        f"# Binning {rows:,} tracks on one core, tags of {origin}",
        "",
        "| tags and taxonomy | distinct lists | seconds | rows per second | coverage |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {name} | {f['distinct lists']:,} | {f['seconds']} | {f['rows per second']:,} "
        f"| {f['coverage']:.1%} |"
        for name, f in figures.items()
    ]
    record.write("binning", command, figures, lines)


if __name__ == "__main__":
    main()
