"""Tables of the Free Music Archive's dataset, one by one: names, types, and the rows that are broken."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from genrelab.errors import ReadError
from genrelab.schema import CONTRACT, DESCRIPTORS
from genrelab.sources import _convert, _lists, _text, table
from genrelab.sources._fma_files import Found
from genrelab.sources._keep import keep
from genrelab.sources._plan import Plan
from genrelab.sources._reading import Fault

OWN, ALL, ROW = "\0genres", "\0all genres", "\0row"
"""Where the numbers of a track's genres stand until they have their titles, without and with those above
them; and the position of a row in its file."""

CHUNK = 2_000
"""Rows of a broken table of features that are looked at together."""
_ID = "track_id"
_MAPPED = {
    "track.title": "title", "artist.name": "artist", "album.title": "album", "track.duration": "duration",
    "track.date_released": "release_year", "album.date_released": "release_year", "track.genre_top": "genre",
    "echonest.metadata.artist_name": "artist", "echonest.metadata.release": "album",
    "echonest.metadata.album_date": "release_year",
} | {f"echonest.audio_features.{name}": name for name in DESCRIPTORS}  # fmt: skip
_KEPT = {
    "set.split": "official_split", "set.subset": "subset", "track.tags": "free_tags", "track.genres": OWN,
    "track.genres_all": ALL,
}  # fmt: skip
_PAGES = {"album.information", "artist.bio", "track.information"}
_NUMBERS = frozenset({
    "bit_rate", "comments", "favorites", "id", "interest", "latitude", "listens", "longitude", "number",
    "tracks",
})  # fmt: skip
_NUMERIC_PARTS = ("ranks", "social_features", "temporal_features")
_DIGITS = r"^\s*(\d+)(?:\.0)?\s*$"


@dataclass(frozen=True, slots=True)
class Piece:
    """One table of the dataset.

    Attributes
    ----------
    name
        Name of its file.
    tracks
        Its rows, each track once, ``track_id`` as text.
    mapped, kept, left_out, notes
        As of a `genrelab.sources.Reading`, before genres have their titles.
    faults
        Its broken rows.
    lines
        Given positions of rows, returns their lines.
    """

    name: str
    tracks: pl.DataFrame
    mapped: dict[str, str]
    kept: tuple[str, ...]
    left_out: dict[str, str]
    faults: tuple[Fault, ...]
    notes: tuple[str, ...]
    lines: Callable[[Iterable[int]], list[int]]

    @property
    def describes(self) -> bool:
        """Whether it holds numbers that describe sound."""
        return any(name in DESCRIPTORS or dtype == pl.Float32 for name, dtype in self.tracks.schema.items())

    @property
    def labels(self) -> bool:
        """Whether it tells what tracks are called, or their genres."""
        return bool({"title", "genre", OWN, ALL} & set(self.tracks.columns))


def read(found: Found, scratch: Path) -> Piece:
    """Read one file that is no tree of genres.

    Raises
    ------
    ReadError, SchemaError
        When it is damaged, or most of its rows are broken.
    """
    if found.kind == "flat":
        return _flat(found)
    text = _sound(found, scratch)
    try:
        raw, faults = _features(text, found) if found.kind == "features" else _raw(text, found)
        return _piece(raw, faults, text, found)
    except pl.exceptions.PolarsError as error:
        first = next(iter(str(error).splitlines()), type(error).__name__)
        raise ReadError(f"{found.path}: damaged or cut short ({first}): copy it anew") from error


def _sound(found: Found, scratch: Path) -> _text.Text:
    """Return the file, or a copy of it without the records that are not as wide as its header."""
    path, headers = found.path, found.headers
    if _text.is_sound(path, ",", len(headers)):
        return _text.Text(path, ",", headers, None, (), ())
    copy = scratch / f"{len(list(scratch.iterdir()))}.mended"
    starts, faults, notes = _text.mend(path, copy, ",", len(headers), path)
    return _text.Text(copy, ",", headers, starts, faults, notes)


def _scan(text: _text.Text, found: Found, types: dict[str, pl.DataType]) -> pl.LazyFrame:
    """Scan the rows below the header; columns without a type are text."""
    schema = {name: types.get(name, pl.String()) for name in found.headers}
    return pl.scan_csv(text.path, has_header=False, skip_rows=found.skipped, schema=schema, glob=False)


def _raw(text: _text.Text, found: Found) -> tuple[pl.DataFrame, list[tuple[int, str]]]:
    """Read text columns, and make numbers of those that hold numbers; rows that do not are faults."""
    raw = _scan(text, found, {}).select(pl.exclude(*_PAGES)).collect()
    numeric = [name for name in raw.columns if _is_number(name)]
    return _numbers(raw, numeric, pl.Float64())


def _is_number(header: str) -> bool:
    parts = header.split(".")
    return parts[-1] in _NUMBERS if len(parts) == 2 else len(parts) == 3 and parts[1] in _NUMERIC_PARTS


def _features(text: _text.Text, found: Found) -> tuple[pl.DataFrame, list[tuple[int, str]]]:
    """Read numbers at once; where one is broken, read text in pieces and look for it."""
    names = list(found.headers[1:])
    try:
        whole = _scan(text, found, dict.fromkeys(names, pl.Float32())).collect()
    except pl.exceptions.ComputeError:
        parts, faults, offset = [], [], 0
        for part in _scan(text, found, {}).collect_batches(chunk_size=CHUNK, maintain_order=True):
            numbers, broken = _numbers(part, names, pl.Float32())
            parts.append(numbers)
            faults += [(offset + row, reason) for row, reason in broken]
            offset += part.height
        return pl.concat(parts), faults
    return whole, []


def _numbers(
    raw: pl.DataFrame, names: Sequence[str], dtype: pl.DataType
) -> tuple[pl.DataFrame, list[tuple[int, str]]]:
    """Make numbers of text; the rows in which that fails, and why."""
    faults: list[tuple[int, str]] = []
    made = []
    for name in names:
        texts = raw[name].str.strip_chars()
        numbers = _convert.without_nan(texts.cast(dtype, strict=False))
        absent = texts.str.to_lowercase().is_in(_convert.NO_VALUE)
        broken = (numbers.is_null() & ~absent).fill_null(value=False).arg_true()
        faults += [(row, f"{name}: not a number: {texts[row]!r}") for row in broken]
        made.append(numbers)
    return raw.with_columns(made), faults


def _piece(raw: pl.DataFrame, broken: list[tuple[int, str]], text: _text.Text, found: Found) -> Piece:
    """Give a table our names and types, without its broken rows."""
    mapped = {header: name for header, name in _MAPPED.items() if header in raw.columns}
    if "track.date_released" in mapped:
        mapped.pop("album.date_released", None)
    kept = {header: _kept_name(header) for header in raw.columns if header not in mapped}
    made = keep(raw.with_row_index(ROW), Plan(mapped, kept | {ROW: ROW}, {}, {}, ()))
    unread = [(row, f"{header}: {reason}") for row, header, reason, _ in made.faults.rows()]
    reasons = _by_row([*broken, *_unnamed(raw[_ID]), *unread])
    tracks = made.tracks
    if reasons:
        tracks = tracks.filter(~pl.col(ROW).is_in(list(reasons)))
    if tracks.is_empty():
        why = next(iter(reasons.values()), "no rows")
        raise ReadError(f"{found.path}: no row could be read ({why}): give it as it was published")
    names = [name for name in kept.values() if name not in (_ID, OWN, ALL)]
    tracks = _whole(tracks.with_columns(pl.col(_ID).str.extract(_DIGITS)), names)

    def lines(rows: Iterable[int]) -> list[int]:
        return text.lines([row + found.skipped - 1 for row in rows])

    faults = [*text.rejected, *located(reasons, lines)]
    left_out = {header: "a long text from a web page" for header in found.headers if header in _PAGES}
    ours = {_ID: _ID} | mapped | {header: name for header, name in kept.items() if name in (OWN, ALL)}
    return Piece(found.path.name, tracks, ours, tuple(names), left_out, tuple(faults), text.notes, lines)


def _by_row(faults: Iterable[tuple[int, str]]) -> dict[int, str]:
    """Join the reasons why a row is broken."""
    reasons: dict[int, str] = {}
    for row, reason in faults:
        reasons[row] = f"{reasons[row]}; {reason}" if row in reasons else reason
    return reasons


def located(reasons: dict[int, str], lines: Callable[[Iterable[int]], list[int]]) -> list[Fault]:
    """Say in which line each broken row is."""
    rows = sorted(reasons)
    return [Fault(line, reasons[row]) for row, line in zip(rows, lines(rows), strict=True)]


def _kept_name(header: str) -> str:
    """Name a column as it is kept: ``album_listens``, ``listens`` of the track, ``mfcc_mean_01``."""
    if header in _KEPT:
        return _KEPT[header]
    parts = header.split(".")
    if parts[0] == "echonest":
        parts = ["echonest", *(["temporal"] if parts[1] == "temporal_features" else []), parts[-1]]
    return "_".join(parts[1:] if parts[0] in ("track", "set") else parts)


def _whole(tracks: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """Make columns of whole numbers such, lists of free tags lists, and empty text null."""
    lists = [_lists.to_lists(tracks[n]).alias(n) for n in names if n.endswith("tags")]
    tracks = tracks.with_columns(lists)
    numbers = [n for n in names if tracks.schema[n] == pl.Float64 and _is_whole(tracks[n])]
    texts = [n for n in tracks.columns if tracks.schema[n] == pl.String]
    empty = [pl.when(pl.col(n).str.strip_chars() != "").then(n).alias(n) for n in texts]
    return tracks.with_columns(*empty, pl.col(numbers).cast(pl.Int64))


def _is_whole(values: pl.Series) -> bool:
    known = values.drop_nulls()
    return known.len() > 0 and bool(((known == known.floor()) & (known.abs() < 2**53)).all())


def _unnamed(ids: pl.Series) -> Iterator[tuple[int, str]]:
    """Yield the rows that name no track, or one that another row has named."""
    texts = ids.cast(pl.String).str.extract(_DIGITS)
    for row in texts.is_null().arg_true():
        yield row, f"track_id: not a number: {ids[row]!r}"
    repeated = (~texts.is_first_distinct() & texts.is_not_null()).arg_true()
    for row in repeated:
        yield row, f"track_id: {texts[row]} stands in a row above"


def _flat(found: Found) -> Piece:
    """Read a table with one header row, such as others made of the dataset."""
    reading = table.read(found.path)
    tracks, mapped, kept = reading.tracks, dict(reading.mapped), list(reading.kept)
    if _ID not in tracks.columns:
        raise ReadError(f"{found.path}: no column track_id: give a table of tracks of the FMA dataset")
    for header, name in (("genres", OWN), ("genres_all", ALL)):
        ours = mapped.pop(header, header)
        if ours in tracks.columns:
            kept = [column for column in kept if column != header]
            tracks, mapped = tracks.rename({ours: name}), mapped | {header: name}
    if "tags" in tracks.columns:
        mapped = {header: name for header, name in mapped.items() if name != "tags"}
        kept.append("free_tags")
        tracks = tracks.rename({"tags": "free_tags"})
    given = [Fault(row, reason) for _, row, reason in reading.rejected.rows()]
    reasons = _by_row(_unnamed(tracks[_ID]))
    known = tracks.with_row_index(ROW).filter(~pl.col(ROW).is_in(list(reasons)))
    if known.is_empty():
        raise ReadError(
            f"{found.path}: no row has a number for its track_id: give a table of the FMA dataset"
        )

    def lines(rows: Iterable[int]) -> list[int]:
        return _flat_lines(found.path, rows, {fault.row for fault in given})

    return Piece(
        found.path.name, known, mapped, tuple(kept), reading.left_out, (*given, *located(reasons, lines)),
        reading.notes, lines,
    )  # fmt: skip


def _flat_lines(path: Path, rows: Iterable[int], lost: set[int]) -> list[int]:
    """Return the lines of rows that could be read, when those in the lines `lost` could not."""
    wanted = list(rows)
    if not wanted or path.suffix.lower() != ".csv":
        return [row + 1 for row in wanted]
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        reader = csv.reader(file)
        next(reader)
        starts = [reader.line_num + 1]
        starts += [reader.line_num + 1 for _ in reader]
    read = [start for start in starts if start not in lost]
    return [read[row] for row in wanted]


def ordered(names: Sequence[str]) -> list[str]:
    """Return columns in the contract's order, then what the dataset says of a track, then the rest."""
    first = [*CONTRACT, "official_split", "subset", "license"]
    return [name for name in first if name in names] + [name for name in names if name not in first]
