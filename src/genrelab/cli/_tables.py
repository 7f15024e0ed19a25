"""Reading tables for a command, and telling what was done to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genrelab.cli import _options as o
from genrelab.cli._console import OUT
from genrelab.progress import Progress

if TYPE_CHECKING:
    import polars as pl

    from genrelab.preparation import Prepared
    from genrelab.sources import Reading


@dataclass(frozen=True, slots=True)
class Given:
    """A table as a command was given it: its tracks, its name, and the report of reading it."""

    tracks: pl.DataFrame
    name: str
    reading: Reading
    synthetic: bool = False

    @property
    def marks(self) -> tuple[str, ...]:
        """What every score from this table must say of it."""
        return self.reading.notes[:1] if self.synthetic else ()

    def column(self, name: str) -> str:
        """Return our name of a column given by the user's or by ours."""
        return name if name in self.tracks.columns else self.reading.column(name)


def read(paths: Sequence[Path], join: Sequence[Path] | None, progress: Progress) -> Given:
    """Read one table, and join a second one to it by track id where there is one."""
    from genrelab.sources import table

    progress("reading", 0.0)
    reading = table.read(paths, progress=progress)
    tracks = reading.tracks
    if join:
        tracks = table.join(tracks, table.read(join, progress=progress).tracks)
    return Given(tracks, ", ".join(path.name for path in [*paths, *(join or [])]), reading)


def prepare(
    given: Given,
    label: str,
    columns: str | None,
    split: str,
    skip_rules: str | None,
    min_tracks: int,
    seed: int,
    licence: str = "",
    notes: Sequence[str] = (),
) -> Prepared:
    """Audit and clean a table, and make a dataset of it, as the options of a command ask."""
    from genrelab import preparation
    from genrelab.cleaning import RULES
    from genrelab.errors import UnknownName

    skipped = o.names(skip_rules) or []
    for rule in skipped:
        if rule not in RULES:
            raise UnknownName("cleaning rule", rule, RULES)
    asked = o.names(columns)
    return preparation.prepare(
        given.tracks,
        given.column(label),
        columns=None if asked is None else [given.column(name) for name in asked],
        split=o.known_split(split),
        rules=[rule for rule in RULES if rule not in skipped],
        min_tracks=min_tracks,
        seed=seed,
        name=given.name,
        licence=licence,
        notes=(*notes, *given.marks),
    )


def account(given: Given) -> dict[str, Any]:
    """Tell what reading did, ready for JSON."""
    reading = given.reading
    return {
        "rows": given.tracks.height,
        "mapped": reading.mapped,
        "kept": list(reading.kept),
        "left_out": reading.left_out,
        "rejected": reading.rejected.height,
        "notes": list(reading.notes),
    }


def tell_reading(given: Given) -> None:
    """Print what reading did, as briefly as it can be said."""
    reading = given.reading
    renamed = [f"{theirs} -> {ours}" for theirs, ours in reading.mapped.items() if theirs != ours]
    OUT.print(f"[bold]{given.tracks.height:,} tracks[/] read from {given.name}", soft_wrap=True)
    if renamed:
        OUT.print(f"  taken as: {', '.join(renamed)}")
    if reading.kept:
        OUT.print(f"  not known, kept as they are: {', '.join(reading.kept)}")
    for column, why in reading.left_out.items():
        OUT.print(f"  left out: {column}: {why}")
    if reading.rejected.height:
        first = reading.rejected.row(0, named=True)
        OUT.print(
            f"  [red]{reading.rejected.height:,} rows could not be read[/], the first: "
            f"{first['file']} row {first['row']}: {first['reason']}"
        )
    for note in reading.notes:
        OUT.print(f"  note: {note}")


def tell_preparation(prepared: Prepared) -> None:
    """Print what the audit found and what cleaning dropped."""
    tell_audit(prepared.audit)
    dropped = {rule: count for rule, count in prepared.cleaned.counts.items() if count}
    if dropped:
        OUT.print("cleaning dropped " + ", ".join(f"{count:,} by {rule}" for rule, count in dropped.items()))
    data = prepared.dataset
    if data.split == "artist" and data.grouped_by != "artist":
        OUT.print(f"[yellow]no artist column: folds are kept apart by {data.grouped_by} instead[/]")
    if data.split != "artist":
        OUT.print(f"[yellow]split by {data.split}: scores do not hold for unheard artists[/]")
    OUT.print(
        f"[bold]{len(data):,} tracks[/] of {len(data.genres)} genres to learn from;"
        f" columns read: {', '.join(data.columns)}"
    )


def tell_audit(audit: Any) -> None:
    """Print an audit's findings, the worst first."""
    colours = {"leak": "red", "warning": "yellow", "note": "dim"}
    for finding in audit.findings:
        colour = colours[finding.severity]
        OUT.print(f"[{colour}]{finding.severity:>7}[/] [bold]{finding.name}[/]: {finding.message}")


def tell_bounds(audit: Any) -> None:
    """Print what may be had without listening, and what labels leave possible."""
    OUT.print(f"floor: {audit.floors['majority']:.1%} by always naming the most frequent genre")
    if audit.artist_coverage:
        OUT.print(
            f"floor: {audit.floors['artist_majority']:.1%} by the majority genre of the artist's other"
            f" tracks, on the {audit.artist_coverage:.1%} of unique tracks that have any"
        )
    if audit.ceiling is not None:
        OUT.print(f"ceiling: {audit.ceiling:.1%}, since some tracks stand under several genres")


def tell_binned(binned: Any) -> None:
    """Print how well a taxonomy fits a table."""
    rows = binned.tracks.height + binned.unbinned.height
    OUT.print(f"[bold]{binned.tracks.height:,} of {rows:,} tracks binned[/] ({binned.coverage:.1%})")
    for genre, count in binned.counts.items():
        OUT.print(f"{count:>10,}  {genre}")
    OUT.print(
        f"{binned.conflicts.height:,} tracks match several genres; {binned.order_dependence:.1%} depend on"
        " the order of the rules"
    )
    if binned.unmatched.height:
        first = ", ".join(f"{tag} ({count:,})" for tag, count in binned.unmatched.head(10).iter_rows())
        OUT.print(f"most frequent tags without a genre: {first}")
