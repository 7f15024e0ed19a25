"""Run every study in full, and write what it found into ``docs/studies.md``.

    python benchmarks/studies.py [--threads N] [--cache DIR]

What was found before, with the same code and data, is taken from the cache.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import record
from genrelab import studies
from genrelab.cli._console import progress_shown
from genrelab.files import written_aside
from genrelab.insight.tables import Table

PAGE = record.ROOT / "docs" / "studies.md"
COMMAND = "make studies"
OPENING = """\
Five published projects classify songs by genre from descriptors. Each is a study that anyone can run:
`genrelab study NAME`. *Published* is what its authors reported. *Repeated* is what comes of the same rows,
split and model, leaks included. *Honest* is the same model's accuracy on unique tracks by artists that it has
not heard, or what comes nearest where a table names no artists; genrelab best is our own model there."""


def main() -> None:
    """Run, print how long each took, and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--page", type=Path, help="where to write the page with plots as well")
    arguments = parser.parse_args()
    commit, found = record.commit(), []
    for name in studies.STUDIES:
        start = time.perf_counter()
        with progress_shown() as progress:
            found.append(
                studies.study(name, cache=arguments.cache, threads=arguments.threads, progress=progress)
            )
        sys.stderr.write(f"{name}: {time.perf_counter() - start:.0f} s\n")
    with written_aside(PAGE) as partial:
        partial.write_text("\n".join(_lines(found, commit)) + "\n", "utf-8")
    if arguments.page is not None:
        studies.write(found, arguments.page)


def _lines(found: list[studies.StudyReport], commit: str) -> Iterator[str]:
    yield "# The published systems, repeated"
    yield ""
    yield OPENING
    yield ""
    yield f"Made by `{COMMAND}` at {commit}, Python {platform.python_version()}, {os.cpu_count()} cores."
    yield from _table(studies.tabulate_overview(found), "## In one line each")
    for report in found:
        yield from _table(studies.tabulate(report), f"## {report.study}")
        yield ""
        counts = ", ".join(f"{name} {count:,}" for name, count in report.counts.items())
        yield f"Rows: {counts}."
        notes = (*report.notes, *dict.fromkeys(row.note for row in report.rows if row.note))
        for note in notes:
            yield f"- {note}" if note != notes[0] else f"\n- {note}"


def _table(table: Table, heading: str) -> Iterator[str]:
    """Write a table of words as Markdown."""
    yield f"\n{heading}\n"
    yield table.title + "." if not table.title.endswith(".") else table.title
    yield ""
    yield f"| {' | '.join(table.headers)} |"
    yield "|" + "---|" * len(table.headers)
    for row in table.rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"


if __name__ == "__main__":
    main()
