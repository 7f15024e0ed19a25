"""Measure how fast databases are read, that memory does not grow with the table, and how labels go back.

    python benchmarks/databases.py [--rows N]

Starts a PostgreSQL server of its own on loopback, and makes an SQLite and a DuckDB file beside it; fills each
with N tracks of 20 columns and with a tenth of them, and reads each table in a process of its own, in batches
as for labelling and whole as for learning. Writes ``benchmarks/results/databases.json`` and ``.md``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import record

sys.path.insert(0, str(record.ROOT))  # the server is that of the tests

from tests.postgres import running

FILL = """
import json, sys, time
from genrelab import schema
from genrelab.sources import sql
rows, url, name = int(sys.argv[1]), *sys.argv[2:]
start = time.perf_counter()
tracks = (schema.sample(min(50_000, rows - done), seed=done).drop("tags") for done in range(0, rows, 50_000))
sql.write(tracks, url, name)
print(json.dumps({"rows": rows, "seconds": round(time.perf_counter() - start, 1)}))
"""
READ = """
import json, resource, sys, time
from genrelab import sources
url, name, way = sys.argv[1:]
start = time.perf_counter()
if way == "whole":
    rows = sources.read(url, table=name).tracks.height
else:
    rows = sum(batch.height for batch in sources.batches(url, table=name))
seconds = time.perf_counter() - start
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({"rows": rows, "seconds": round(seconds, 1), "rows_per_second": round(rows / seconds),
                  "cpu_seconds": round(used.ru_utime + used.ru_stime, 1),
                  "peak_memory_mib": round(used.ru_maxrss / 1024)}))
"""


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    figures: dict[str, dict[str, float]] = {}
    with databases() as urls:
        for database, url in urls.items():
            for count in (rows // 10, rows):
                name = f"tracks{count}"
                figures[f"{database}, {count:,} rows, written"] = asked(FILL, str(count), url, name)
                for way in ("in batches", "whole"):
                    figures[f"{database}, {count:,} rows, {way}"] = asked(READ, url, name, way)
    lines = [
        "# Reading databases",
        "",
        "| what | seconds | rows a second | CPU seconds | peak memory, MiB |",
        "|---|---|---|---|---|",
        *(f"| {what} | {' | '.join(cells(found))} |" for what, found in figures.items()),
        "",
        "20 columns: 4 of text, 16 of numbers. Written means drawn, and written by the same library.",
    ]
    record.write("databases", f"python benchmarks/databases.py --rows {rows}", figures, lines)


@contextmanager
def databases() -> Iterator[dict[str, str]]:
    """Yield the address of each database."""
    with tempfile.TemporaryDirectory() as folder, running() as server:
        files = {"SQLite": str(Path(folder, "music.db")), "DuckDB": str(Path(folder, "music.duckdb"))}
        yield {"PostgreSQL": server.url, **files}


def asked(code: str, *words: str) -> dict[str, float]:
    """Run code in a process of its own, so that its peak memory is its own, and return what it prints."""
    done = subprocess.run([sys.executable, "-c", code, *words], check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def cells(found: dict[str, float]) -> list[str]:
    """Write figures as cells of a table."""
    rate = found.get("rows_per_second", found["rows"] / found["seconds"])
    memory = found.get("peak_memory_mib")
    return [
        f"{found['seconds']:.1f}",
        f"{rate:,.0f}",
        f"{found['cpu_seconds']:.1f}" if "cpu_seconds" in found else "",
        f"{memory:,}" if memory else "",
    ]


if __name__ == "__main__":
    main()
