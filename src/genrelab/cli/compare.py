"""``genrelab compare``: several models on one table, by the same folds."""

from __future__ import annotations

from typing import Annotated

import typer

from genrelab.cli import _options as o
from genrelab.cli._console import OUT, emit, path, progress_shown, say

EXAMPLES = """
genrelab compare songs.csv --label genre --report models.html
genrelab compare songs.csv --label genre --models logistic,lightgbm,best
"""


def command(
    tables: o.Tables,
    label: o.Label,
    models: Annotated[
        str, typer.Option("--models", help="'all', or names parted by commas.", metavar="A,B,...")
    ] = "all",
    join: o.Join = None,
    query: o.Query = None,
    table: o.TableName = None,
    taxonomy: o.Taxonomy = None,
    columns: o.Columns = None,
    split: o.SplitName = "artist",
    skip_rules: o.SkipRules = None,
    min_tracks: o.MinTracks = 0,
    seed: o.Seed = 0,
    threads: o.Threads = 2,
    report: o.Html = None,
    overwrite: o.Overwrite = False,
    json: o.Json = False,
) -> None:
    """Compare models on one table: same tracks, same folds.

    Each model is trained as by 'genrelab train', and announces what it would score on artists that it has not
    heard. Nothing is saved but the report.
    """
    import genrelab
    from genrelab.cli import _tables
    from genrelab.insight import report as reports

    chosen = o.names("--models", models) or []
    for name in chosen:
        o.model(name) if name != "all" else None
    _tables.check_report(report, overwrite=overwrite)
    given, prepared = _tables.read_and_prepare(
        tables,
        label,
        join=join,
        query=query,
        table=table,
        taxonomy=taxonomy,
        columns=columns,
        split=split,
        skip_rules=skip_rules,
        min_tracks=min_tracks,
        seed=seed,
        json=json,
    )
    with progress_shown() as progress:
        compared = genrelab.compare(prepared.dataset, chosen, seed=seed, threads=threads, progress=progress)
        if report is not None:
            reports.write_html(compared.reports, report, f"models on {given.name}", compared.seconds)
    if json:
        found = [reports.as_dict(r) for r in compared.reports]
        told = {"seconds": compared.seconds, "left_out": compared.left_out}
        emit({"reading": _tables.account(given), "reports": found, **told})
        return
    reports.compare_table(compared.reports, OUT, compared.seconds)
    for name, why in compared.left_out.items():
        say(f"left out: {name}: {why}", "yellow")
    if report is not None:
        path("report", report)
