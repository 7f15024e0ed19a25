"""``genrelab study``: published systems, repeated and set beside an honest figure."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genrelab.cli import _options as o
from genrelab.cli._console import OUT, emit, path, progress_shown, say

if TYPE_CHECKING:
    from genrelab.studies import StudyReport

EXAMPLES = """
genrelab study rock_or_hiphop
genrelab study all --report studies.html
"""


def command(
    names: Annotated[
        list[str],
        typer.Argument(help="See 'genrelab list studies'; 'all' runs every one.", metavar="NAME..."),
    ],
    data: Annotated[
        Path | None, typer.Option("--data", help="Folder that holds the studies' tables.", metavar="DIR")
    ] = None,
    sample: Annotated[
        int | None,
        typer.Option("--sample", help="Draw so many rows, for a quick look.", metavar="N", min=300),
    ] = None,
    cache: Annotated[
        Path | None,
        typer.Option("--cache", help="Where figures are kept, so that a run can go on.", metavar="DIR"),
    ] = None,
    seed: o.Seed = 0,
    threads: o.Threads = 2,
    report: o.Html = None,
    overwrite: o.Overwrite = False,
    json: o.Json = False,
) -> None:
    """Repeat published systems, an honest figure beside each.

    What was done is done again, leaks included; then the same model is scored on artists it has not heard.

    A figure that was found before is not found again, as long as neither tables nor genrelab have changed.
    """
    from genrelab import studies
    from genrelab.cli import _tables
    from genrelab.errors import MissingFile

    chosen = list(studies.STUDIES) if "all" in names else list(dict.fromkeys(names))
    for name in chosen:
        studies.STUDIES[name]
    _tables.check_report(report, overwrite=overwrite)
    absent = studies.missing(chosen, data)
    if "all" not in names or len(absent) == len(chosen):
        for why in absent.values():
            raise MissingFile(why)
    found = []
    for name in (name for name in chosen if name not in absent):
        with progress_shown() as progress:
            found.append(
                studies.study(
                    name, data, sample=sample, cache=cache, seed=seed, threads=threads, progress=progress
                )
            )
        if not json:
            _tell(found[-1])
    if report is not None:
        studies.write(found, report)
    if json:
        emit({"studies": [studies.as_dict(one) for one in found], "left_out": absent})
        return
    if len(found) > 1:
        from genrelab.insight import terminal

        terminal.show(studies.tabulate_overview(found), OUT)
    for name, why in absent.items():
        say(f"left out: {name}: {why}", "yellow")
    if report is not None:
        path("report", report)


def _tell(found: StudyReport) -> None:
    """Print what a study found."""
    from genrelab import studies
    from genrelab.insight import terminal

    terminal.show(studies.tabulate(found), OUT)
    for note in (*found.notes, *dict.fromkeys(row.note for row in found.rows if row.note)):
        say(f"note: {note}", "yellow")
