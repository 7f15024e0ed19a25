"""Genres of the Million Song Dataset in ``.cls`` files: a track id, a genre, perhaps a second one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from genrelab.errors import ReadError
from genrelab.schema import TEXT
from genrelab.sources._reading import Fault, Reading, rejected_table

COLUMNS = ("track_id", "genre", "second_genre")
_TRACK = re.compile(r"TR[A-Z0-9]{16}")


def read(files: Sequence[Path], *, strict: bool) -> Reading:
    """Read tab separated labels; lines that start with ``#`` are comments.

    Raises
    ------
    ReadError
        When a file cannot be read, when no line of any is a label, or, where `strict`, when one is none.
    """
    rows: list[tuple[str, str, str | None]] = []
    faults: list[tuple[str, Fault]] = []
    for file in files:
        for number, line in enumerate(_lines(file), start=1):
            label = _label(line)
            if isinstance(label, str) and strict:
                raise ReadError(f"{file}: line {number}: {label}: mend this line")
            if isinstance(label, str):
                faults.append((file.name, Fault(number, label)))
            elif label is not None:
                rows.append(label)
    if not rows:
        raise ReadError(f"{files[0]}: no line is a track id, a tab and a genre: give a file of labels")
    tracks = pl.DataFrame(rows, schema=dict.fromkeys(COLUMNS, TEXT), orient="row")
    return Reading(
        tracks, {name: name for name in COLUMNS[:2]}, COLUMNS[2:], {}, rejected_table(faults), _notes(tracks)
    )


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ReadError(f"{file}: cannot be read ({error}): give labels in UTF-8") from error


def _label(line: str) -> tuple[str, str, str | None] | str | None:
    """Return a label, the reason why the line is none, or None where the line says nothing."""
    if not line.strip() or line.startswith("#"):
        return None
    track, *genres = (part.strip() for part in line.split("\t"))
    if not _TRACK.fullmatch(track):
        return f"not a track id: {track!r}"
    if not genres or not genres[0]:
        return "no genre after the track id and a tab"
    if len(genres) > 2:
        return f"{len(genres)} genres, where two are the most"
    return track, genres[0], (genres[1] or None) if len(genres) == 2 else None


def _notes(tracks: pl.DataFrame) -> tuple[str, ...]:
    second = tracks.height - tracks["second_genre"].null_count()
    return (f"second_genre: given for {second:,} of {tracks.height:,} tracks",)
