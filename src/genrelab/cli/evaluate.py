"""``genrelab evaluate``: score a model on a labelled table that it did not learn from."""

from __future__ import annotations

from genrelab.cli import _options as o
from genrelab.cli._console import OUT, emit, progress_shown


def command(
    model: o.ModelDir,
    tables: o.Tables,
    label: o.Label,
    join: o.Join = None,
    report: o.Html = None,
    seed: o.Seed = 0,
    json: o.Json = False,
) -> None:
    """Score a model on a labelled table, beside what it announced."""
    from dataclasses import asdict

    import genrelab
    from genrelab.cli import _tables
    from genrelab.insight import report as reports

    classifier = genrelab.load(model)
    with progress_shown() as progress:
        given = _tables.read(tables, join, progress)
        progress("scoring", 0.5)
        found = genrelab.evaluate(classifier, given.tracks, given.column(label), seed=seed)
        if report is not None:
            reports.write_html(found, report, f"{found.model} on {given.name}")
    announced = classifier.card.scores["accuracy"]
    kept = announced.holds(found.scores["accuracy"].value)
    if json:
        emit({"report": reports.as_dict(found), "announced": asdict(announced), "kept": kept})
        return
    reports.render(found, OUT)
    OUT.print(
        f"announced accuracy {announced.value:.3f}, 95 % interval {announced.low:.3f}-{announced.high:.3f}: "
        + ("kept" if kept else "[red]not kept[/]")
    )
    if report is not None:
        OUT.print(f"report written to [bold]{report}[/]")
