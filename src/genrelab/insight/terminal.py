"""Tables and words on a terminal."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import rich.table
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.text import Text

from genrelab.insight import tables
from genrelab.insight.tables import Table


@contextmanager
def marked(console: Console, *, synthetic: bool) -> Iterator[None]:
    """Begin every line that the block prints with "synthetic", where it is so.

    Examples
    --------
    >>> console = Console()
    >>> with marked(console, synthetic=True):
    ...     console.print("accuracy 0.572")
    synthetic accuracy 0.572
    """
    if not synthetic:
        yield
        return
    mark = Text(f"{tables.SYNTHETIC} ", style="yellow")
    width, console.width = console.width, console.width - len(mark)
    try:
        with console.capture() as captured:
            yield
    finally:
        console.width = width
    for line in captured.get().splitlines():
        console.print(mark + Text.from_ansi(line) if line.strip() else "", soft_wrap=True)


def show(table: Table, console: Console) -> None:
    """Print a table, or nothing where it has no rows."""
    if not table.rows:
        return
    shown = rich.table.Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    for place, header in enumerate(table.headers):
        words = place < table.names
        # Names may wrap; figures never do, so their headers give way instead.
        shown.add_column(
            Text(clean(header)) if words else Text(_narrowed(header, [row[place] for row in table.rows])),
            justify="left" if words else "right",
            overflow="fold",
            no_wrap=not words,
        )
    for row in table.rows:
        shown.add_row(*(Text(clean(cell)) for cell in row))
    console.print()
    console.print(Text(clean(table.title), style="bold cyan"))
    console.print(Text(clean(table.tells), style="dim"))
    console.print(shown)


def _narrowed(header: str, cells: Sequence[str]) -> str:
    """Break a header into lines no wider than its cells or its longest word."""
    longest = max(len(part) for part in (*cells, *header.split()))
    return "\n".join(textwrap.wrap(header, longest))


def clean(words: str) -> str:
    """Replace control characters, with which a table could command the terminal."""
    kept = (c if c == "\n" or unicodedata.category(c) != "Cc" else "\N{REPLACEMENT CHARACTER}" for c in words)
    return "".join(kept)
