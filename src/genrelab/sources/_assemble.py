"""Parts of a table put together: one set of columns, one account of rows and notes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import combinations

import polars as pl

from genrelab.errors import ReadError, SchemaError
from genrelab.schema import CONTRACT, REAL, WHOLE
from genrelab.sources._keep import Kept, keep
from genrelab.sources._part import Part
from genrelab.sources._plan import Plan
from genrelab.sources._reading import Fault, Reading, listed, rejected_table

FEW = 4
"""Names of columns that a note gives where there are many."""


def kept_or_refused(raw: pl.DataFrame, part: Part, plan: Plan, *, strict: bool, offset: int = 0) -> Kept:
    """Bring rows to the contract, and raise where they are too far from it."""
    kept = keep(raw, plan)
    severe = kept.faults if strict else kept.faults.filter("mostly")
    if severe.height:
        row, header, reason, mostly = severe.row(0)
        line = part.lines([offset + row])[0]
        extent = ", and so are most of its values" if mostly else ""
        raise SchemaError(
            f"{part.file}: column {header!r}, row {line}: {reason}{extent}: correct or rename the column"
        )
    return kept


def refuse_rejected(parts: Iterable[Part]) -> None:
    """Raise at the first row that a format lost."""
    for part in parts:
        for fault in part.rejected:
            raise ReadError(f"{part.file}: line {fault.row}: {fault.reason}: mend this line")


def assembled(
    parts: Sequence[Part], plans: Sequence[Plan], kept: Sequence[Kept], skipped: tuple[str, ...]
) -> Reading:
    """Put the parts of a table together, with the account of what was done."""
    tables = [found.tracks for found in kept]
    types = shared_types(tables)
    tracks = pl.concat([aligned(table, types) for table in tables])
    if tracks.is_empty():
        raise ReadError(f"{parts[0].file}: no row could be read: correct the columns it names")
    faults = [(part.file.name, fault) for part, found in zip(parts, kept, strict=True)
              for fault in _part_faults(part, found)]  # fmt: skip
    mapped = {header: name for plan in plans for header, name in plan.mapped.items()}
    left_out = {header: why for plan in plans for header, why in plan.left_out.items()}
    names = {name for plan in plans for name in plan.kept.values()}
    kept_names = tuple(name for name in tracks.columns if name in names)
    notes = (*skipped, *_notes(parts, plans, kept), *_uneven(parts, tables))
    return Reading(tracks, mapped, kept_names, left_out, rejected_table(faults), notes)


def _part_faults(part: Part, kept: Kept) -> list[Fault]:
    """Return the rows that a part lost, by line, each with all its reasons."""
    reasons: dict[int, list[str]] = {}
    for row, reason in kept.faults.sort("row", maintain_order=True).select("row", "reason").rows():
        reasons.setdefault(row, []).append(reason)
    lines = part.lines(reasons)
    found = [Fault(line, "; ".join(why)) for line, why in zip(lines, reasons.values(), strict=True)]
    return sorted((*part.rejected, *found), key=lambda fault: fault.row)


def _notes(parts: Sequence[Part], plans: Sequence[Plan], kept: Sequence[Kept]) -> tuple[str, ...]:
    """Return every note once: how files were opened, units changed, dates shortened."""
    said = [note for part in parts for note in part.notes] + [note for plan in plans for note in plan.notes]
    dates: dict[str, Counter[str]] = {}
    for found in kept:
        for header, counted in found.dates.items():
            dates.setdefault(header, Counter()).update(counted)
    for header, counted in dates.items():
        if counted["day"] or counted["month"]:
            by = [f"{counted[unit]:,} by {unit}" for unit in ("day", "month", "year") if counted[unit]]
            said.append(f"{header}: {', '.join(by)}; only the year is kept")
    return tuple(dict.fromkeys(said))


def _uneven(parts: Sequence[Part], tables: Sequence[pl.DataFrame]) -> tuple[str, ...]:
    """Note the columns that stand in some of the files only, in two lines at most."""
    holders: dict[str, list[str]] = {}
    for part, table in zip(parts, tables, strict=True):
        for name in table.columns:
            holders.setdefault(name, []).append(part.file.name)
    together: dict[tuple[str, ...], list[str]] = {}
    for name, files in holders.items():
        if len(files) < len(tables):
            together.setdefault(tuple(files), []).append(name)
    notes = [
        f"{listed(names, FEW)}: only in {_files(files)}; null elsewhere" for files, names in together.items()
    ]
    if len(notes) > 2:
        others = sum(map(len, together.values())) - len(next(iter(together.values())))
        notes[1:] = [f"{others:,} more columns: only in some of the files; null elsewhere"]
    return (*_halves(parts, tables), *notes)


def _files(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (" and others" if len(names) > 3 else "")


def _halves(parts: Sequence[Part], tables: Sequence[pl.DataFrame]) -> tuple[str, ...]:
    """Note two files that look like halves of one table: of what we know, they share only the track id."""
    known: dict[frozenset[str], str] = {}
    for part, table in zip(parts, tables, strict=True):
        known.setdefault(frozenset(CONTRACT) & frozenset(table.columns), part.file.name)
    for (one, first), (other, second) in combinations(known.items(), 2):
        if one & other == {"track_id"} and min(len(one), len(other)) > 1:
            return (f"{first} and {second} share only track_id: give them as '{first} --join {second}'",)
    return ()


def shared_types(tables: Iterable[pl.DataFrame]) -> dict[str, pl.DataType]:
    """Return a type for every column that fits it in each of the tables."""
    types: dict[str, pl.DataType] = {}
    for table in tables:
        for name, dtype in table.schema.items():
            types[name] = _shared_type(name, types.get(name, pl.Null()), dtype)
    return types


def _shared_type(name: str, one: pl.DataType, other: pl.DataType) -> pl.DataType:
    if one == other or other == pl.Null():
        return one
    if one == pl.Null():
        return other
    if name in CONTRACT:
        return CONTRACT[name].dtype
    if one.is_numeric() and other.is_numeric():
        return WHOLE if one.is_integer() and other.is_integer() else REAL
    if one.is_nested() or other.is_nested():
        raise SchemaError(
            f"column {name!r}: holds {one} in one place and {other} in another: make them alike"
        )
    return pl.String()


def aligned(table: pl.DataFrame, types: dict[str, pl.DataType]) -> pl.DataFrame:
    """Give a table these columns, null where it has none."""
    columns = {name: pl.col(name) if name in table.columns else pl.lit(None) for name in types}
    try:
        cast = table.with_columns(columns[name].cast(dtype).alias(name) for name, dtype in types.items())
        return cast.select(list(types))
    except pl.exceptions.InvalidOperationError as error:
        raise SchemaError(f"table: {str(error).splitlines()[0]}: make its values of one kind") from error
