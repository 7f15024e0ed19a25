"""How fast a large CSV is read: 1,000,000 rows by 20 columns, every row checked.

Run from the checkout; writes ``benchmarks/results/reading.json`` and ``.md``::

    python benchmarks/reading.py [ROWS]
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from multiprocessing import get_context
from pathlib import Path

import record
from genrelab import schema

SOUND, ONE_BAD_ROW = "songs.csv", "songs_one_bad_row.csv"

MEASURE = """
import json, resource, sys, time
from genrelab.sources import table
way, path = sys.argv[1:]
start = time.perf_counter()
rows = table.read(path).tracks.height if way == "read" else sum(b.height for b in table.batches(path))
seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"rows": rows, "seconds": round(seconds, 2), "rows_per_second": round(rows / seconds),
                  "peak_memory_mib": round(peak)}))
"""


def main(rows: int) -> None:
    """Write the tables, read each in a process of its own, and keep the figures."""
    with tempfile.TemporaryDirectory() as folder:
        # In another process: a child's peak memory counts from its parent's.
        writer = get_context("spawn").Process(target=write_tables, args=(Path(folder), rows))
        writer.start()
        writer.join()
        figures = {
            "read": measured("read", Path(folder, SOUND)),
            "batches": measured("batches", Path(folder, SOUND)),
            "read_one_bad_row": measured("read", Path(folder, ONE_BAD_ROW)),
        }
        size = Path(folder, SOUND).stat().st_size
    save({"size_mib": round(size / 2**20), "columns": 20, **figures}, f"python benchmarks/reading.py {rows}")


def write_tables(folder: Path, rows: int) -> None:
    """Write a sound table, and the same with one field too many in its middle row."""
    tracks = schema.sample(rows, seed=0).drop("tags")
    tracks.write_csv(folder / SOUND)
    lines = (folder / SOUND).read_bytes().split(b"\n")
    lines[rows // 2] += b",9"
    (folder / ONE_BAD_ROW).write_bytes(b"\n".join(lines))


def measured(way: str, path: Path) -> dict[str, float]:
    """Read in a new process, so that its peak memory is that of reading alone."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, way, str(path)], check=True, capture_output=True, text=True
    )
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def save(figures: dict[str, object], command: str) -> None:
    """Write the figures as JSON and as a table."""
    lines = ["# Reading a large CSV", "", "| what | figures |", "|---|---|"]
    lines += [f"| {name} | {described(value)} |" for name, value in figures.items()]
    record.write("reading", command, figures, lines)


def described(value: object) -> str:
    """Write a figure, or a set of them, on one line."""
    if not isinstance(value, dict):
        return f"{value:,}"
    return " · ".join(f"{name.replace('_', ' ')} {number:,}" for name, number in value.items())


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
