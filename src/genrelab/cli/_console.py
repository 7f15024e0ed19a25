"""What commands share: where words go, how progress shows, and the one line that an error gets."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from genrelab.progress import Progress

OUT = Console(highlight=False)
ERR = Console(stderr=True, highlight=False)


def emit(result: dict[str, Any]) -> None:
    """Print one JSON object on stdout: all that a command with ``--json`` prints there."""
    sys.stdout.write(json.dumps(result, ensure_ascii=False, allow_nan=False) + "\n")


@contextmanager
def progress_shown() -> Iterator[Progress]:
    """Show progress on stderr while the block runs, where stderr is a terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    with Bars(
        *columns, TimeElapsedColumn(), console=ERR, transient=True, disable=not ERR.is_terminal
    ) as bars:
        task = bars.add_task("starting", total=1.0)

        def show(stage: str, share: float) -> None:
            bars.update(task, description=stage, completed=share)

        yield show
