"""``genrelab audit``: what in a table would make a score a lie, and which labels are likely wrong."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genrelab.cli import _options as o
from genrelab.cli._console import OUT, emit, path, progress_shown, say

if TYPE_CHECKING:
    from genrelab.audit import Audit
    from genrelab.cli._tables import Given
    from genrelab.insight.suspects import Suspects
    from genrelab.progress import Progress

PAIRS = 10
"""Pairs of genres that are printed at least."""

EXAMPLES = """
genrelab audit songs.csv --label genre
genrelab audit tracks.csv --join descriptors.json --label genre_top
genrelab audit songs.csv --label genre --suspects -o suspects.csv --report audit.html
"""


def command(
    tables: o.Tables,
    label: o.Label,
    suspects: Annotated[
        bool, typer.Option("--suspects", help="Rank the tracks whose genre is likely wrong. Trains a model.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            help="Write all suspects: .csv, .json or .parquet. 'row' counts the table's rows from 0.",
            metavar="FILE",
        ),
    ] = None,
    top: Annotated[
        int, typer.Option("--top", help="Suspects and conflicts to print.", metavar="N", min=1)
    ] = 20,
    model: o.Model = "lightgbm",
    join: o.Join = None,
    query: o.Query = None,
    table: o.TableName = None,
    taxonomy: o.Taxonomy = None,
    columns: o.Columns = None,
    skip_rules: o.SkipRules = None,
    min_tracks: o.MinTracks = 0,
    seed: o.Seed = 0,
    threads: o.Threads = 2,
    report: o.Html = None,
    overwrite: o.Overwrite = False,
    json: o.Json = False,
) -> None:
    """Find what in a table would make a score a lie.

    Repeated tracks, artists on both sides of a split, columns that give the label away, contradictory labels
    and dead columns; and what can be had without listening. With --suspects, also the labels that are likely
    wrong. The table is not changed.
    """
    from dataclasses import asdict

    from genrelab import writing
    from genrelab.cli import _tables
    from genrelab.insight import suspects_page

    _check_asked(suspects, output, taxonomy)
    o.model(model)
    rules, named = o.rules(skip_rules), o.names("--columns", columns)
    _tables.check_report(report, overwrite=overwrite)
    if output is not None:
        writing.check(output, overwrite=overwrite)
    with progress_shown() as progress:
        given = _tables.read(tables, join, progress, named or (), query=query, table=table)
        if suspects:
            found, doubted = _suspects(
                given,
                label,
                model,
                progress,
                taxonomy=taxonomy,
                columns=named,
                rules=rules,
                min_tracks=min_tracks,
                seed=seed,
                threads=threads,
            )
        else:
            found, doubted = _audited(given, label, seed, progress), None
        if report is not None:
            title = f"audit of {given.name}"
            suspects_page.write_html(found, doubted, report, title, synthetic=given.synthetic)
        if output is not None and doubted is not None:
            writing.write(doubted.ranked, output)
    if json:
        more = {} if doubted is None else {"suspects": suspects_page.as_dict(doubted, top)}
        emit({"reading": _tables.account(given), "audit": asdict(found), **more})
        return
    _tables.tell_reading(given)
    _tables.tell_audit(found)
    _tables.tell_bounds(found)
    if doubted is not None:
        _tell(doubted, top)
    for name, place in (("suspects", output), ("report", report)):
        if place is not None:
            path(name, place)


def _check_asked(suspects: bool, output: Path | None, taxonomy: str | None) -> None:
    """Raise where an option makes no sense without --suspects."""
    from genrelab.errors import SettingError

    for option, value in (("--output", output), ("--taxonomy", taxonomy)):
        if value is not None and not suspects:
            raise SettingError(f"{option}: is about suspects: add --suspects, or leave it out")


def _audited(given: Given, label: str, seed: int, progress: Progress) -> Audit:
    import genrelab
    from genrelab.dataset import check_label

    column = given.reading.column(label)
    check_label(given.tracks, column)
    progress("auditing", 0.5)
    return genrelab.audit.audit(given.tracks, column, seed)


def _suspects(
    given: Given,
    label: str,
    model: str,
    progress: Progress,
    *,
    taxonomy: str | None,
    columns: list[str] | None,
    rules: list[str],
    min_tracks: int,
    seed: int,
    threads: int,
) -> tuple[Audit, Suspects]:
    """Audit and clean a table, and look for wrong labels in it."""
    import genrelab
    from genrelab.cli import _tables
    from genrelab.insight import suspects

    progress("auditing", 0.0)
    prepared = _tables.prepare(
        given, label, taxonomy=taxonomy, columns=columns, rules=rules, min_tracks=min_tracks, seed=seed
    )
    found = suspects.suspects(prepared, model, seed=seed, threads=threads, progress=progress)
    if taxonomy is None:
        return prepared.audit, found
    # Tracks without a genre in the taxonomy went before anything was counted.
    unbinned = genrelab.bin(given.tracks, taxonomy, given.reading.column(label)).unbinned["row"]
    return prepared.audit, found.placed(unbinned)


def _tell(found: Suspects, top: int) -> None:
    """Print suspects, estimates and conflicts."""
    from genrelab.insight import suspects_page, terminal

    terminal.show(suspects_page.tabulate_suspects(found, top), OUT)
    terminal.show(suspects_page.tabulate_noise(found, max(top, PAIRS)), OUT)
    terminal.show(suspects_page.tabulate_conflicts(found, top), OUT)
    if not found.ranked.height:
        say("No track has more evidence for another genre than for its own.")
    for note in found.notes:
        say(note, "dim")
