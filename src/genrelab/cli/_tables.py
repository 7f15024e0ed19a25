"""Reading tables for a command, and telling what was done to them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genrelab.cli._console import progress_shown, say, tell

if TYPE_CHECKING:
    import polars as pl

    from genrelab.audit import Audit, Finding
    from genrelab.preparation import Prepared
    from genrelab.progress import Progress
    from genrelab.sources import Reading

TITLE = 80
"""Characters of an origin that stand in a title."""
FEW = 4
"""Columns that are named where there are many."""
COLOURS = {"leak": "red", "warning": "yellow", "note": "dim"}


@dataclass(frozen=True, slots=True)
class Given:
    """A table as a command was given it.

    Attributes
    ----------
    reading
        Its tracks, and how they were read; of two tables that were joined, both.
    origin
        Names of its files, or its database without the password and what was asked of it.
    synthetic
        Whether a generator drew it.
    """

    reading: Reading
    origin: str
    synthetic: bool = False

    @property
    def name(self) -> str:
        """Its origin, short enough for a title."""
        return self.origin if len(self.origin) <= TITLE else f"{self.origin[:TITLE]} ..."

    @property
    def tracks(self) -> pl.DataFrame:
        """Its rows."""
        return self.reading.tracks

    @property
    def marks(self) -> tuple[str, ...]:
        """What every score from this table must say of it."""
        return self.reading.notes[:1] if self.synthetic else ()


def read(
    paths: Sequence[str | Path],
    join: Sequence[str | Path] | None,
    progress: Progress,
    columns: Sequence[str] = (),
    *,
    query: str | None = None,
    table: str | None = None,
) -> Given:
    """Read one table, and join a second one where there is one; `columns` may name sequences.

    A query or a table's name is for the first, or for the second where only that is a database.
    """
    from genrelab import sources
    from genrelab.sources import sql

    def one(given: Sequence[str | Path], asked: bool) -> tuple[Reading, str]:
        select, name = (query, table) if asked else (None, None)
        reading = sources.read(given, query=select, table=name, columns=columns, progress=progress)
        return reading, sources.named(given, query=select, table=name)

    progress("reading", 0.0)
    first = not join or sql.recognised(paths)
    reading, name = one(paths, first)
    if not join:
        return Given(reading, name)
    other, its_name = one(join, not first)
    return Given(_joined(reading, other), f"{name}, {its_name}")


def _joined(left: Reading, right: Reading) -> Reading:
    """Join two tables, and their accounts."""
    import polars as pl

    from genrelab.errors import SchemaError
    from genrelab.sources import Reading, table

    on = table.identity_of_both(left.tracks, right.tracks)
    tracks = table.join(left.tracks, right.tracks, on)
    by = " and ".join(on).replace("_", " ")
    rows = f"{left.tracks.height:,} and {right.tracks.height:,} rows"
    if tracks.is_empty():
        raise SchemaError(f"join: no track of {rows} stands in both, by {by}: give tables of the same tracks")
    counts = f"{rows} joined by {by}: {tracks.height:,} left"
    return Reading(
        tracks,
        right.mapped | left.mapped,
        tuple(dict.fromkeys((*left.kept, *right.kept))),
        right.left_out | left.left_out,
        pl.concat([left.rejected, right.rejected]),
        (*left.notes, *right.notes, counts),
    )


def prepare(
    given: Given,
    label: str,
    *,
    taxonomy: str | None = None,
    columns: Sequence[str] | None = None,
    split: str = "artist",
    rules: Sequence[str],
    min_tracks: int = 0,
    multi: bool = False,
    finer: Sequence[str] = (),
    seed: int,
    licence: str = "",
) -> Prepared:
    """Audit and clean a table, and make a dataset of it, as the options of a command ask."""
    from genrelab import preparation
    from genrelab.cli import _options as o

    return preparation.prepare(
        given.tracks,
        given.reading.column(label),
        taxonomy=taxonomy,
        columns=None if columns is None else given.reading.columns(columns),
        split=o.split(split),
        rules=rules,
        min_tracks=min_tracks,
        multi=multi,
        finer=[given.reading.column(name) for name in finer],
        seed=seed,
        name=given.origin,
        licence=licence,
        notes=given.marks,
        synthetic=given.synthetic,
    )


def read_and_prepare(
    tables: Sequence[str],
    label: str,
    *,
    join: Sequence[str] | None = None,
    query: str | None = None,
    table: str | None = None,
    taxonomy: str | None = None,
    columns: str | None = None,
    split: str = "artist",
    skip_rules: str | None = None,
    min_tracks: int = 0,
    multi: bool = False,
    finer: str | None = None,
    seed: int = 0,
    licence: str = "",
    json: bool = False,
) -> tuple[Given, Prepared]:
    """Read tables and make a dataset of them, as the options of a command ask, and tell what was done."""
    from genrelab.cli import _options as o

    rules, split, named = o.rules(skip_rules), o.split(split), o.names("--columns", columns)
    with progress_shown() as progress:
        given = read(tables, join, progress, named or (), query=query, table=table)
        prepared = prepare(
            given,
            label,
            taxonomy=taxonomy,
            columns=named,
            split=split,
            rules=rules,
            min_tracks=min_tracks,
            multi=multi,
            finer=o.names("--finer", finer) or (),
            seed=seed,
            licence=licence,
        )
    if not json:
        tell_reading(given)
        tell_preparation(prepared)
        if named is None:
            _tell_further(given, prepared)
    return given, prepared


def check_report(path: Path | None, *, overwrite: bool) -> None:
    """Raise at once where a report could not be written, before hours of work are lost."""
    from genrelab.files import check_file
    from genrelab.insight import drawing

    if path is not None:
        drawing.javascript()
        check_file(path, overwrite=overwrite)


def account(given: Given) -> dict[str, Any]:
    """Tell what reading did, ready for JSON."""
    reading = given.reading
    return {
        "rows": given.tracks.height,
        "mapped": reading.mapped,
        "kept": list(reading.kept),
        "left_out": reading.left_out,
        "rejected": reading.rejected.height,
        "rejected_rows": reading.rejected.head(100).to_dicts(),
        "notes": list(reading.notes),
    }


def tell_reading(given: Given) -> None:
    """Print what reading did, as briefly as it can be said."""
    from genrelab.sources._reading import listed

    reading = given.reading
    renamed = [f"{theirs} -> {ours}" for theirs, ours in reading.mapped.items() if theirs != ours]
    rows = [("  taken as", ", ".join(renamed)), ("  not known", listed(reading.kept, FEW))]
    rows += [
        ("  left out", f"{name or 'a nameless column'}: {why}") for name, why in reading.left_out.items()
    ]
    if reading.rejected.height:
        file, row, reason = reading.rejected.row(0)
        many = _rows(reading.rejected.height)
        rows.append(("  lost", f"{many} could not be read, the first: {file}, row {row}: {reason}"))
    rows += [("  note", note) for note in reading.notes]
    say(f"{given.tracks.height:,} tracks from {given.name}", "bold")
    tell(row for row in rows if row[1])


def _rows(count: int) -> str:
    return f"{count:,} {'row' if count == 1 else 'rows'}"


def tell_preparation(prepared: Prepared) -> None:
    """Print what the audit found, what cleaning dropped, and what is left to learn from."""
    data, counts = prepared.dataset, prepared.cleaned.counts
    _tell_findings(prepared.audit)
    dropped = ", ".join(f"{count:,} by {rule}" for rule, count in counts.items() if count)
    giveaways = ", ".join(data.origin.left_out)
    several = 0 if data.seen_under is None else int((data.seen_under.sum(axis=1) > 1).sum())
    rows = [
        ("  cleaned out", dropped),
        ("  several", "" if data.seen_under is None else f"{several:,} tracks have several genres"),
        ("  left out", giveaways and f"{giveaways}: they give the genre away"),
        ("  left to read", ", ".join(data.columns)),
        ("  kept together", "" if data.split == "row" else f"tracks of the same {data.grouped_by}"),
    ]
    say(f"{len(data):,} tracks of {len(data.genres)} genres to learn from", "bold")
    tell(row for row in rows if row[1])
    if data.split == "artist" and data.grouped_by != "artist":
        say("No artist column: on unheard artists, scores may be lower than announced.", "yellow")
    if data.split != "artist":
        say(f"Split by {data.split}: scores do not hold for unheard artists.", "yellow")


def _tell_further(given: Given, prepared: Prepared) -> None:
    """Print how columns of numbers that the contract does not know can be read."""
    unread = {prepared.dataset.label, *prepared.dataset.origin.left_out}
    names = [name for name in given.reading.further if name not in unread]
    if len(names) == 1:
        say(f"1 further column holds numbers: --columns {names[0]} reads it")
    elif names:
        pattern = re.split(r"[\W\d_]", names[0])[0] + "*"
        asked = f"--columns {names[0]},{names[1]} or '{pattern}'"
        say(f"{len(names):,} further columns hold numbers: {asked} reads them")


def _tell_findings(audit: Audit) -> None:
    """Print findings briefly: leaks with their meaning, columns of one fault together, the rest by name."""
    leaks: dict[str, list[Finding]] = {}
    for finding in audit.findings:
        if finding.severity == "leak":
            leaks.setdefault(finding.name, []).append(finding)
    for name, found in leaks.items():
        columns = ", ".join(column for finding in found for column in finding.columns[:1])
        _tell_finding("leak", name, found[0].message if len(found) == 1 else f"{columns}.")
    for severity in ("warning", "note"):
        names = dict.fromkeys(finding.name for finding in audit.findings if finding.severity == severity)
        if names:
            tell([(f"{severity:<7}", ", ".join(names))], COLOURS[severity])


def tell_audit(audit: Audit) -> None:
    """Print every finding of an audit, the worst first."""
    for finding in audit.findings:
        _tell_finding(finding.severity, finding.name, finding.message)


def _tell_finding(severity: str, name: str, message: str) -> None:
    tell([(f"{severity:<7}", f"{name}: {message}")], COLOURS[severity])


def tell_bounds(audit: Audit) -> None:
    """Print what may be had without listening, what labels leave possible, and which genres there are."""
    rows = [("floor", f"{audit.floors['majority']:.1%} by always naming the most frequent genre")]
    if "artist_majority" in audit.floors:
        rows.append(
            (
                "floor",
                f"{audit.floors['artist_majority']:.1%} by the majority genre of the artist's other tracks,"
                f" on the {audit.artist_coverage:.1%} of unique tracks that have any",
            )
        )
    if audit.ceiling is not None and audit.ceiling < 1:
        rows.append(("ceiling", f"{audit.ceiling:.1%}, since some tracks stand under several genres"))
    rows.append(("genres", ", ".join(f"{genre} {count:,}" for genre, count in audit.genres.items())))
    tell(rows, "bold")


def tell_counts(counts: dict[str, int]) -> None:
    """Print how many tracks each genre has."""
    width = max((len(f"{count:,}") for count in counts.values()), default=0)
    tell((f"  {count:>{width},}", genre) for genre, count in counts.items())
