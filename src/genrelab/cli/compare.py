"""``genrelab compare``: several models on one table, by the same folds."""

from __future__ import annotations

from typing import Annotated

import typer

from genrelab.cli import _options as o
from genrelab.cli._console import OUT, emit, progress_shown


def command(
    tables: o.Tables,
    label: o.Label,
    models: Annotated[str, typer.Option("--models", help="all, or names parted by commas.")] = "all",
    split: o.SplitName = "artist",
    columns: o.Columns = None,
    join: o.Join = None,
    min_tracks: o.MinTracks = 0,
    skip_rules: o.SkipRules = None,
    seed: o.Seed = 0,
    threads: o.Threads = 2,
    report: o.Html = None,
    json: o.Json = False,
) -> None:
    """Compare models on one table: the same tracks, the same folds, announced scores."""
    import genrelab
    from genrelab.cli import _tables
    from genrelab.insight import report as reports

    with progress_shown() as progress:
        given = _tables.read(tables, join, progress)
        prepared = _tables.prepare(given, label, columns, split, skip_rules, min_tracks, seed)
        compared = genrelab.compare(
            prepared.dataset, o.names(models) or [], seed=seed, threads=threads, progress=progress
        )
        if report is not None:
            reports.write_html(compared.reports, report, f"models on {given.name}", compared.seconds)
    if json:
        found = [reports.as_dict(r) for r in compared.reports]
        emit({"reading": _tables.account(given), "reports": found, "seconds": compared.seconds})
        return
    _tables.tell_reading(given)
    _tables.tell_preparation(prepared)
    reports.compare_table(compared.reports, OUT, compared.seconds)
    if report is not None:
        OUT.print(f"report written to [bold]{report}[/]")
