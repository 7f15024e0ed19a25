"""``genrelab evaluate``: score a model on a labelled table that it did not learn from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genrelab.cli import _options as o
from genrelab.cli._console import OUT, emit, path, progress_shown, say

if TYPE_CHECKING:
    from genrelab.insight.results import Report, Score

KEPT_STYLES = {True: "bold green", False: "bold red", None: "bold yellow"}

EXAMPLES = """
genrelab evaluate model labelled.csv --label genre --report found.html
"""


def command(
    model: o.ModelDir,
    tables: o.Tables,
    label: o.Label,
    join: o.Join = None,
    query: o.Query = None,
    table: o.TableName = None,
    seed: o.Seed = 0,
    report: o.Html = None,
    overwrite: o.Overwrite = False,
    together: o.Together = False,
    json: o.Json = False,
) -> None:
    """Score a model on a labelled table, beside what it announced.

    The table should be one that the model did not learn from; how many of its artists the model has met is
    said.
    """
    from dataclasses import asdict

    import genrelab
    from genrelab.cli import _tables
    from genrelab.insight import evaluation, terminal
    from genrelab.insight import report as reports

    _tables.check_report(report, overwrite=overwrite)
    classifier = genrelab.load(model)
    with progress_shown() as progress:
        given = _tables.read(tables, join, progress, classifier.card.columns, query=query, table=table)
        progress("scoring", 0.5)
        found = genrelab.evaluate(
            classifier, given.tracks, given.reading.column(label), together=together, seed=seed
        )
        if report is not None:
            reports.write_html(found, report, f"{found.model} on {given.name}")
    announced = evaluation.promised(classifier, together=together).scores["accuracy"]
    if json:
        emit(
            {
                "reading": _tables.account(given),
                "report": reports.as_dict(found),
                "announced": asdict(announced),
                "kept": evaluation.promise_kept(announced, found),
            }
        )
        return
    _tables.tell_reading(given)
    reports.render(found, OUT)
    with terminal.marked(OUT, synthetic=found.synthetic):
        _tell_promise(announced, found)
    if report is not None:
        path("report", report)


def _tell_promise(announced: Score, found: Report) -> None:
    from genrelab.insight import evaluation

    told = f"accuracy {announced.value:.3f}, 95 % interval {announced.low:.3f}-{announced.high:.3f}"
    say(f"announced: {told}")
    style = KEPT_STYLES[evaluation.promise_kept(announced, found)]
    say(f"the promise: {evaluation.tell_promise(announced, found)}", style)
