"""Tables that others made of the Million Song Dataset: what is odd in them, mended and told."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from genrelab.progress import Progress
from genrelab.sources import table
from genrelab.sources._reading import Reading

NOT_ANALYSED = ("danceability", "energy")
"""Columns that the dataset has, but that were never filled: 0 in every song."""

_INNER_QUOTE = re.compile(rb'(?:^|,)"[^,]*[^",]"[^",]')
"""A quote in a quoted text that neither ends it nor is one of two."""
_BYTES = r"""^b(?:'.*'|".*")$"""
_ESCAPE = re.compile(rb"\\(x[0-9a-fA-F]{2}|.)", re.DOTALL)
_CONTROL = {b"n": b"\n", b"r": b"\r", b"t": b"\t"}


def read(files: Sequence[Path], *, strict: bool, progress: Progress) -> Reading:
    """Read tables as `genrelab.sources.table.read` does, and mend what is this dataset's own."""
    reading = table.read(files, strict=strict, progress=progress)
    with tempfile.TemporaryDirectory(prefix="genrelab-") as scratch:
        mended = [_requoted(file, Path(scratch, str(number))) for number, file in enumerate(files)]
        if any(mended):
            copies = [copy or file for copy, file in zip(mended, files, strict=True)]
            note = "rows with quotes inside quotes: no text holds a comma, so they were told apart"
            reading = table.read(copies, strict=strict, progress=progress)
            reading = replace(reading, notes=(*reading.notes, note))
    return named(measured(unwrapped(reading)))


def _requoted(file: Path, folder: Path) -> Path | None:
    """Write a copy with quotes inside quotes doubled, where no text holds a comma that could part it.

    The usual writer of ``SongCSV.csv`` takes out commas, and leaves quotes as they are.
    """
    if file.suffix.lower() != ".csv":
        return None
    lines = file.read_bytes().splitlines()
    commas = lines[0].count(b",")
    if not any(_INNER_QUOTE.search(line) for line in lines) or any(
        line.count(b",") != commas for line in lines
    ):
        return None
    folder.mkdir()
    copy = folder / file.name
    copy.write_bytes(b"\n".join(b",".join(map(_doubled, line.split(b","))) for line in lines) + b"\n")
    return copy


def _doubled(field: bytes) -> bytes:
    if len(field) < 2 or not (field.startswith(b'"') and field.endswith(b'"')):
        return field
    return b'"' + field[1:-1].replace(b'"', b'""') + b'"'


def measured(reading: Reading) -> Reading:
    """Make the zeros null that mean "not analysed", with a note."""
    tracks, notes = reading.tracks, list(reading.notes)
    for name in NOT_ANALYSED:
        zeros = int((tracks[name] == 0).sum()) if name in tracks.columns else 0
        if zeros:
            tracks = tracks.with_columns(pl.when(pl.col(name) != 0).then(name).alias(name))
            notes.append(f"{name}: 0 in {zeros:,} of {tracks.height:,} tracks: not analysed, so null")
    return replace(reading, tracks=tracks, notes=tuple(notes))


def named(reading: Reading) -> Reading:
    """Call song ids ``song_id``: a song may have several tracks, and labels are given by track."""
    tracks = reading.tracks
    if "track_id" not in tracks.columns or "song_id" in tracks.columns:
        return reading
    if not tracks["track_id"].drop_nulls().str.contains("^SO[A-Z0-9]{16}$").all():
        return reading
    mapped = {header: name for header, name in reading.mapped.items() if name != "track_id"}
    note = "song_id: songs, not tracks, are named, so labels by track id cannot be joined"
    return replace(
        reading,
        tracks=tracks.rename({"track_id": "song_id"}),
        mapped=mapped,
        kept=("song_id", *reading.kept),
        notes=(*reading.notes, note),
    )


def unwrapped(reading: Reading) -> Reading:
    """Take bytes that were written as Python shows them, ``b'...'``, out of their quotes."""
    texts = [series for series in reading.tracks if series.dtype == pl.String]
    wrapped = [series for series in texts if _is_wrapped(series)]
    if not wrapped:
        return reading
    plain = [series.map_elements(text, return_dtype=pl.String).replace("", None) for series in wrapped]
    note = f"{', '.join(series.name for series in wrapped)}: written as b'...', and taken out of it"
    return replace(reading, tracks=reading.tracks.with_columns(plain), notes=(*reading.notes, note))


def _is_wrapped(values: pl.Series) -> bool:
    """Whether every text is such; a title alone may well look so."""
    known = values.drop_nulls()
    return known.len() > 0 and bool(known.str.contains(_BYTES).all())


def text(shown: str) -> str:
    r"""Return the text whose bytes in UTF-8 are shown.

    Examples
    --------
    >>> text(r"b'Caf\xc3\xa9 \'54'"), text('b"It\'s"')
    ("Café '54", "It's")
    """
    inner = shown[2:-1].encode("utf-8")
    return _ESCAPE.sub(_byte, inner).decode("utf-8", "replace")


def _byte(match: re.Match[bytes]) -> bytes:
    code = match[1]
    return bytes([int(code[1:], 16)]) if len(code) > 1 else _CONTROL.get(code, code)
