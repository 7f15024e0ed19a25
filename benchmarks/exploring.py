"""How long a whole exploration takes: 100,000 tracks of the demo catalogue, page and pictures included.

Run from the checkout; writes ``benchmarks/results/exploring.json`` and ``.md``::

    python benchmarks/exploring.py [ROWS] [SONGS.csv]

With a table of songs, its rows are repeated up to so many instead.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from multiprocessing import get_context
from pathlib import Path

import polars as pl

import record
from genrelab.sources import demo, table

LIMIT = 30
"""Seconds that it may take."""


def main(rows: int, songs: str | None) -> None:
    """Write a table, run the command on it, and keep the figures."""
    with tempfile.TemporaryDirectory() as folder:
        # In another process: a child's peak memory counts from its parent's.
        writer = get_context("spawn").Process(target=write_table, args=(Path(folder), rows, songs))
        writer.start()
        writer.join()
        figures = measured(Path(folder))
    name = "the demo catalogue" if songs is None else f"{Path(songs).name}, repeated"
    command = f"python benchmarks/exploring.py {rows}" + (f" {Path(songs).name}" if songs else "")
    lines = [
        f"# Exploring {rows:,} tracks",
        "",
        f"Of {name}; at most {LIMIT} s.",
        "",
        "| what | figure |",
        "|---|---|",
    ]
    lines += [f"| {name.replace('_', ' ')} | {figure:,} |" for name, figure in figures.items()]
    record.write("exploring", command, {"rows": rows, "tracks": name, **figures}, lines)


def write_table(folder: Path, rows: int, songs: str | None) -> None:
    """Write so many tracks as a CSV."""
    if songs is None:
        tracks = demo.read(rows=rows, seed=0).tracks
    else:
        once = table.read(songs).tracks
        tracks = pl.concat([once] * -(-rows // once.height)).head(rows)
    lists = [name for name, dtype in tracks.schema.items() if dtype.is_nested()]
    tracks.head(rows).drop(lists).write_csv(folder / "songs.csv")


def measured(folder: Path) -> dict[str, float]:
    """Run the whole command in a new process; seconds on the clock and of processors, sizes and memory."""
    command = [sys.executable, "-m", "genrelab", "explore", "songs.csv", "--label", "genre"]
    outputs = ["--report", "page.html", "--png", "plots"]
    before, start = os.times(), time.perf_counter()
    subprocess.run([*command, *outputs], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    seconds, after = time.perf_counter() - start, os.times()
    busy = after.children_user + after.children_system - before.children_user - before.children_system
    return {
        "seconds": round(seconds, 1),
        "processor_seconds": round(busy, 1),
        "page_mb": round((folder / "page.html").stat().st_size / 1e6, 1),
        "pictures": len(list((folder / "plots").iterdir())),
        "pictures_mb": round(sum(p.stat().st_size for p in (folder / "plots").iterdir()) / 1e6, 1),
        "peak_memory_mib": round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024),
    }


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000, sys.argv[2] if len(sys.argv) > 2 else None)
