"""Delimited text made sound before it is parsed: one encoding, and the same fields in every row.

A fast parser fills short rows with nulls and gives up at the first broken quote. So the bytes are surveyed
first (`is_sound`, at the speed of numpy); only a file that fails is mended row by row (`mend`), and what
cannot be mended is returned with its line.
"""

from __future__ import annotations

import codecs
import csv
from array import array
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from genrelab.errors import ReadError
from genrelab.sources._reading import EmptyTable, Fault

CHUNK = 16 << 20
LONGEST_RECORD = 1_000  # lines; a quote that is open for longer was never meant to be
QUOTE, NEWLINE, RETURN = b'"\n\r'


@dataclass(frozen=True, slots=True)
class Text:
    """A sound table of delimited text.

    Attributes
    ----------
    path
        UTF-8, every record as wide as the header; the user's file, or a mended copy of it.
    separator
        What stands between fields.
    header
        Names of the columns.
    starts
        Line at which each row began, where the file was mended.
    rejected
        Rows that could not be mended.
    notes
        What was done.
    """

    path: Path
    separator: str
    header: tuple[str, ...]
    starts: array[int] | None
    rejected: tuple[Fault, ...]
    notes: tuple[str, ...]

    def lines(self, rows: Iterable[int]) -> list[int]:
        """Return the line of each row; rows count from 0, lines from 1 with the header."""
        wanted = list(rows)
        if not wanted:
            return []
        if self.starts is not None:
            return [self.starts[row] for row in wanted]
        starts = _starts(self.path, self.separator, max(wanted) + 1)
        return [starts[row] for row in wanted]


def open_text(path: Path, shown: Path, scratch: Path) -> Text:
    """Bring a file of delimited text into a sound state.

    Parameters
    ----------
    path
        The file, no longer compressed.
    shown
        What the user calls it.
    scratch
        Folder for copies.

    Raises
    ------
    ReadError
        When the file is empty, is not text, repeats a header, or when most rows are broken.
    """
    plain, encoding = _as_utf8(path, shown, scratch)
    separator = _separator(plain, shown)
    header = _header(plain, separator, shown)
    if is_sound(plain, separator, len(header)):
        return Text(plain, separator, header, None, (), encoding)
    mended = scratch / f"{path.name}.mended"
    starts, rejected, notes = mend(plain, mended, separator, len(header), shown)
    return Text(mended, separator, header, starts, rejected, encoding + notes)


def _as_utf8(path: Path, shown: Path, scratch: Path) -> tuple[Path, tuple[str, ...]]:
    """Return a UTF-8 copy of a file in another encoding, with a note; a UTF-8 file itself."""
    with path.open("rb") as file:
        head = file.read(CHUNK)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _recode(path, "utf-16", shown, scratch), (f"{shown.name}: UTF-16 text",)
    if b"\0" in head:
        raise ReadError(f"{shown}: not text (holds zero bytes): save it as CSV in UTF-8")
    if not _is_utf8(path):
        note = f"{shown.name}: not UTF-8, read as Windows-1252 (Latin-1): check accented letters"
        return _recode(path, "cp1252", shown, scratch), (note,)
    if b"\r" in head and b"\n" not in head:
        return _recode(path, "utf-8-sig", shown, scratch), ()
    return path, ()


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _recode(path: Path, encoding: str, shown: Path, scratch: Path) -> Path:
    """Write a UTF-8 copy with newlines as Unix has them."""
    copy = scratch / f"{path.name}.utf8"
    try:
        with path.open(encoding=encoding) as source, copy.open("w", encoding="utf-8", newline="\n") as target:
            while chunk := source.read(CHUNK):
                target.write(chunk)
    except UnicodeError as error:
        raise ReadError(f"{shown}: its encoding cannot be told ({error}): save it as UTF-8") from error
    return copy


def _separator(path: Path, shown: Path) -> str:
    """Tell what stands between fields: a tab by the file's name, else what the header holds most."""
    if any(suffix in {".tsv", ".tab"} for suffix in shown.suffixes):
        return "\t"
    with path.open(encoding="utf-8-sig") as file:
        counts = Counter(file.readline())
    return max(",;\t|", key=lambda mark: counts[mark])


def _header(path: Path, separator: str, shown: Path) -> tuple[str, ...]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = list(islice(file, LONGEST_RECORD))
    if not "".join(lines).strip():
        raise EmptyTable(f"{shown}: empty: give a table with a header and rows")
    header = tuple(next(csv.reader(lines, delimiter=separator)))
    repeated = [name for name, times in Counter(header).items() if times > 1]
    if repeated:
        raise ReadError(f"{shown}: column {repeated[0]!r} stands twice in the header: rename one of them")
    return header


def is_sound(path: Path, separator: str, width: int) -> bool:
    """Whether every record has `width` fields and every quote stands where a quote may."""
    inside, begun = 0, 0
    with path.open("rb") as file:
        # Whole lines, so that each quote has its neighbours in the same chunk.
        while chunk := file.read(CHUNK) + file.readline():
            whole = chunk if chunk.endswith(b"\n") else chunk + b"\n"
            data = np.frombuffer(whole, np.uint8)
            counts, inside, begun, quoted_well = _survey(data, ord(separator), inside, begun)
            if not quoted_well or (counts != width - 1).any():
                return False
    return not inside and not begun


def _survey(
    data: NDArray[np.uint8], separator: int, inside: int, begun: int
) -> tuple[NDArray[np.intp], int, int, bool]:
    """Count the separators of each record that ends in `data`.

    `inside` is 1 where the data begins within quotes, `begun` the separators of the record it begins in;
    both are returned as they are at its end.
    """
    quotes = np.flatnonzero(data == QUOTE)
    separators, newlines = data == separator, data == NEWLINE
    quoted_well = True
    if quotes.size or inside:
        within = (np.cumsum(data == QUOTE, dtype=np.uint8) + np.uint8(inside)) & np.uint8(1)
        separators &= within == 0
        newlines &= within == 0
        quoted_well = _quoted_well(data, quotes, within, separator)
        inside = int(within[-1])
    places = np.flatnonzero(separators)
    counts = np.searchsorted(places, np.flatnonzero(newlines))
    rest = places.size - (int(counts[-1]) if counts.size else -begun)
    counts = np.diff(counts, prepend=-begun)
    return counts, inside, rest, quoted_well


def _quoted_well(
    data: NDArray[np.uint8], quotes: NDArray[np.intp], within: NDArray[np.integer], separator: int
) -> bool:
    """Whether quotes open at the start of a field and close at its end; data ends with a newline."""
    opens = within[quotes] == 1
    before, after = data[quotes[opens] - 1], data[quotes[~opens] + 1]
    return bool(
        np.isin(before, (separator, NEWLINE, QUOTE)).all()
        and np.isin(after, (separator, NEWLINE, RETURN, QUOTE)).all()
    )


def mend(
    path: Path, target: Path, separator: str, width: int, shown: Path
) -> tuple[array[int], tuple[Fault, ...], tuple[str, ...]]:
    """Write the records of `path` that have `width` fields to `target`, properly quoted.

    Returns the line of each record written (without the header), those that were rejected, and notes.

    Raises
    ------
    ReadError
        When more than half of the rows are broken.
    """
    starts, faults, loose = array("q"), [], 0
    with (
        path.open(encoding="utf-8-sig", newline="") as source,
        target.open("w", encoding="utf-8", newline="") as file,
    ):
        writer = csv.writer(file, delimiter=separator, lineterminator="\n")
        for line, fields, strict in _records(source, separator, width):
            if isinstance(fields, str):
                faults.append(Fault(line, fields))
                continue
            writer.writerow(fields)
            starts.append(line)
            loose += not strict
    if 2 * len(faults) > len(starts) + len(faults) - 1:
        first = faults[0]
        raise ReadError(f"{shown}: line {first.row}: {first.reason}, and most rows are broken: save it anew")
    notes = (f"{shown.name}: rows with quotes inside quotes, read as best they can be: {loose:,}",)
    return starts[1:], tuple(faults), notes if loose else ()


def _records(source: TextIO, separator: str, width: int) -> Iterator[tuple[int, list[str] | str, bool]]:
    """Yield line, fields (or why they are none), and whether quotes kept the rules, for each record.

    A record that runs over lines and does not come out right has a quote that is never closed: only its
    first line is given up, and reading takes up again at the next.
    """
    ahead: deque[str] = deque()
    line = 1
    while first := _next_line(ahead, source):
        if not first.strip():
            line += 1
            continue
        taken = [first]
        fields, strict = _fields(taken, separator)
        while fields is None and len(taken) < LONGEST_RECORD and (more := _next_line(ahead, source)):
            taken.append(more)
            if '"' in more:
                fields, strict = _fields(taken, separator)
        if fields is not None and len(fields) == width:
            yield line, fields, strict
            line += len(taken)
            continue
        whole = fields is not None and len(taken) == 1
        yield line, f"{len(fields or ())} fields, not {width}" if whole else "a quote is not closed", strict
        ahead.extendleft(reversed(taken[1:]))
        line += 1


def _next_line(ahead: deque[str], source: TextIO) -> str:
    return ahead.popleft() if ahead else source.readline()


def _fields(lines: list[str], separator: str) -> tuple[list[str] | None, bool]:
    """Return the fields of a record, None while a quote is open; false beside it when rules were bent."""
    try:
        return next(csv.reader(lines, delimiter=separator, strict=True)), True
    except csv.Error as error:
        if "unexpected end of data" in str(error):
            return None, True
    try:
        return next(csv.reader(lines[:1], delimiter=separator)), False
    except csv.Error:  # a field beyond all measure: as good as no field
        return [], False


def _starts(path: Path, separator: str, count: int) -> list[int]:
    """Return the first line of each of the first `count` rows of a sound file."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, delimiter=separator)
        next(reader)
        starts = []
        for _ in range(count):
            starts.append(reader.line_num + 1)
            next(reader)
    return starts
