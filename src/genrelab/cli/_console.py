"""What commands share: where words go, how progress shows, and how a program ends."""

from __future__ import annotations

import io
import json
import math
import os
import re
import signal
import sys
import unicodedata
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.text import Text

from genrelab.progress import Progress

OUT = Console(highlight=False, markup=False, emoji=False)
ERR = Console(stderr=True, highlight=False, markup=False, emoji=False)
TERMINATED = 143

_PASSWORDS = (
    (re.compile(r"""(:/{1,2}[^\s/@:'"]*):[^\s'"]*@"""), r"\1:***@"),
    (re.compile(r"""([?&]\w*(?:password|secret|token)\w*=)[^&\s'"]+"""), r"\1***"),
)
"""Where addresses hold passwords, and what stands there instead."""


def say(text: str, style: str = "") -> None:
    """Print a paragraph; nothing in it can command the terminal."""
    _print(Text(), Text(printable(text), style))


def tell(rows: Iterable[tuple[str, str]], style: str = "") -> None:
    """Print names and what they mean, in two columns."""
    told = [(Text(printable(name), style), Text(printable(meaning))) for name, meaning in rows]
    width = max((name.cell_len for name, _ in told), default=0) + 2
    for name, meaning in told:
        name.pad_right(width - name.cell_len)
        _print(name, meaning)


def _print(name: Text, text: Text) -> None:
    """Print text beside a name, wrapped; rich's own tables would leave spaces at the ends of lines."""
    lead = name
    for line in text.wrap(OUT, max(20, OUT.width - name.cell_len)):
        line.rstrip()
        OUT.print(lead + line, soft_wrap=True)
        lead = Text(" " * name.cell_len)


def path(name: str, place: object) -> None:
    """Print where something is, on one line however long, so that it can be copied."""
    OUT.print(Text(printable(f"{name}  {place}")), soft_wrap=True)


def printable(text: str) -> str:
    """Replace control characters, with which a table could command the terminal."""
    kept = (c if c == "\n" or unicodedata.category(c) != "Cc" else "\N{REPLACEMENT CHARACTER}" for c in text)
    return "".join(kept)


def without_passwords(text: str) -> str:
    """Take passwords out of the addresses in a text.

    Examples
    --------
    >>> without_passwords("no such option: postgresql://ann:s3cret@db.example:5432/music?password=s3cret")
    'no such option: postgresql://ann:***@db.example:5432/music?password=***'
    >>> without_passwords("postgresql://ann@db.example:5432/music: Connection refused")
    'postgresql://ann@db.example:5432/music: Connection refused'
    """
    for where, instead in _PASSWORDS:
        text = where.sub(instead, text)
    return text


def emit(result: Mapping[str, Any]) -> None:
    """Print one JSON object on stdout: all that a command with ``--json`` prints there."""
    plain = not (sys.stdout.encoding or "utf-8").lower().startswith("utf")
    sys.stdout.write(json.dumps(_finite(result), ensure_ascii=plain, allow_nan=False) + "\n")
    sys.stdout.flush()


def _finite(value: Any) -> Any:
    """Put null where a number is not finite: JSON has no other name for it."""
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


@contextmanager
def quiet(asked: bool) -> Iterator[None]:
    """Print nothing but JSON while the block runs, where it is asked for."""
    former, OUT.quiet = OUT.quiet, asked
    try:
        yield
    finally:
        OUT.quiet = former


@contextmanager
def progress_shown() -> Iterator[Progress]:
    """Show progress on stderr while the block runs, where stderr is a terminal."""
    described, counted = (
        TextColumn(t, markup=False) for t in ("{task.description}", "{task.percentage:>3.0f} %")
    )
    shown = (described, BarColumn(), counted, TimeElapsedColumn())
    # Bars would take what is printed meanwhile from stdout to stderr, if they were let.
    with Bars(
        *shown,
        console=ERR,
        transient=True,
        disable=not sys.stderr.isatty(),
        redirect_stdout=False,
        redirect_stderr=False,
    ) as bars:
        task = bars.add_task("starting", total=1.0)

        def show(stage: str, share: float) -> None:
            bars.update(task, description=printable(stage), completed=share)

        yield show


def open_streams() -> None:
    """Make sure that words can go out, whatever the terminal can show and whichever streams are closed."""
    spare = os.open(os.devnull, os.O_RDWR)
    while spare <= 2:  # a closed stream's number would go to the next file that opens, and words into it
        spare = os.open(os.devnull, os.O_RDWR)
    os.close(spare)
    sys.stdout = sys.stdout or os.fdopen(1, "w")
    sys.stderr = sys.stderr or os.fdopen(2, "w")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


@contextmanager
def warnings_told() -> Iterator[None]:
    """Tell warnings of the libraries that we stand on in one line each, without their source."""

    def tell_one(message: Warning | str, *_: object, **__: object) -> None:
        sys.stderr.write(f"warning: {' '.join(printable(str(message)).split())}\n")

    with warnings.catch_warnings():
        warnings.showwarning = tell_one
        yield


@contextmanager
def terminable() -> Iterator[None]:
    """End in good order, as by Ctrl-C, when the system asks to end: what is half-written goes."""

    def stop(*_: object) -> NoReturn:
        sys.exit(TERMINATED)

    former = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, former)
