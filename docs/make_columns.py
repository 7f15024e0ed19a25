"""Write docs/columns.md from the data contract: ``python docs/make_columns.py``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from genrelab.schema import COLUMNS, Column

PAGE = Path(__file__).with_name("columns.md")

OPENING = """\
# Columns

<!-- Made by `python docs/make_columns.py` from src/genrelab/schema.py: change that, not this page. -->

A track table has one row per track. genrelab knows the columns below. None is required, but training
needs a genre, and a table without artists cannot be split by artist.

Headers are compared without case, and a space or a hyphen counts as an underscore: `Track Name` is
`track_name`. Where several headers of a table mean the same column, genrelab's own name wins, then the
header that stands first in the last cell of its row. The losers, and columns that are not on this page,
stay as they are. A number among them becomes a feature when `--columns` names it.

`genrelab.CONTRACT` is this page as a mapping from name to column. `genrelab.validate` parts the rows
that keep the ranges from those that do not.
"""

KINDS = {
    "identity": ("Identity", "What names a track. Titles, albums and artist names are also read as text."),
    "metadata": ("Metadata", "What is known of a track beside its sound."),
    "label": ("Label", "What is learned. `--label` may name any other column of text."),
    "descriptor": ("Descriptors", "Numbers for the sound, as the Echo Nest and Spotify define them."),
}

TYPES: dict[pl.DataType, str] = {
    pl.String(): "text",
    pl.Float64(): "number",
    pl.Int64(): "whole number",
    pl.List(pl.String): "list of text",
}

CLOSING = """\
## What reading changes

| what is found | what becomes of it |
|---|---|
| `duration_ms`, or durations with a median above a day | milliseconds become seconds, with a note |
| `length` with a median above a day | it counts samples, so it is not taken as the duration |
| a date such as `2019-06-14`, `2019-06`, `14/06/2019` | the year is kept |
| the year 0 | no value |
| a `key` by name, such as `C#` or `Db` | its pitch class; C is 0 |
| a `mode` such as `Major`, `Minor`, `True`, `False` | 1 or 0 |
| tags as the text of a list, `"['rock', 'pop']"` | a list; the text is never run as code |
| tags parted by `;` or `\\|` | a list |
| several artists in a list | one text, parted by commas |
| a genre column that holds lists | it becomes `tags`: make genres of them with `genrelab bin` |
| an id read as `12.0` | `12` |
| `n/a`, `nan`, `null`, `none`, `-`, `?` where a number belongs | no value |
| other text where a number belongs | the row is rejected with a reason |
| other text in most rows of such a column | reading stops with an error |
"""


def page() -> str:
    """Write the page as text."""
    return "\n".join([OPENING, *map(_section, KINDS), CLOSING])


def _section(kind: str) -> str:
    title, meaning = KINDS[kind]
    return "\n".join([f"## {title}", "", meaning, "", *_table(kind), ""])


def _table(kind: str) -> Iterator[str]:
    yield "| name | holds | range | unit | meaning | other headers |"
    yield "|---|---|---|---|---|---|"
    for column in COLUMNS:
        if column.kind == kind:
            yield f"| {' | '.join(_cells(column))} |"


def _cells(column: Column) -> Iterator[str]:
    yield f"`{column.name}`"
    yield TYPES[column.dtype]
    yield "" if column.low is None or column.high is None else f"{column.low:g} to {column.high:g}"
    yield column.unit
    yield column.meaning
    yield ", ".join(f"`{alias}`" for alias in column.aliases)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
