"""``genrelab train``: learn from a labelled table, and announce what to expect of the result."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from genrelab.cli import _options as o
from genrelab.cli._console import OUT, emit, progress_shown


def command(
    tables: o.Tables,
    label: o.Label,
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Folder to write the model to.", metavar="MODEL_DIR")
    ],
    model: Annotated[str, typer.Option("--model", help="See 'genrelab list models'.")] = "best",
    split: o.SplitName = "artist",
    columns: o.Columns = None,
    join: o.Join = None,
    min_tracks: o.MinTracks = 0,
    skip_rules: o.SkipRules = None,
    class_weights: o.ClassWeights = None,
    folds: Annotated[int, typer.Option("--folds", min=2, help="Parts for out-of-fold predictions.")] = 5,
    seed: o.Seed = 0,
    threads: o.Threads = 2,
    licence: o.Licence = "",
    honesty: Annotated[
        bool, typer.Option("--honesty", help="Add the honesty table: takes as long again.")
    ] = False,
    report: o.Html = None,
    overwrite: o.Overwrite = False,
    json: o.Json = False,
) -> None:
    """Learn from a labelled table, announce the accuracy on unheard artists, and save the model."""
    from dataclasses import replace

    import genrelab
    from genrelab.cli import _tables
    from genrelab.files import check_folder
    from genrelab.insight import evaluation
    from genrelab.insight import report as reports

    check_folder(output, overwrite=overwrite)
    with progress_shown() as progress:
        given = _tables.read(tables, join, progress)
        prepared = _tables.prepare(given, label, columns, split, skip_rules, min_tracks, seed, licence)
        if not json:
            _tables.tell_reading(given)
            _tables.tell_preparation(prepared)
        classifier = genrelab.train(
            prepared.dataset,
            model,
            seed=seed,
            folds=folds,
            class_weights=o.weights_by_genre(class_weights),
            threads=threads,
            progress=progress,
        )
        announced = evaluation.announce(classifier)
        if honesty:
            table = evaluation.honesty(prepared, model, seed=seed, threads=threads, progress=progress)
            announced = replace(announced, honesty=table)
        genrelab.save(classifier, output, overwrite=overwrite)
        if report is not None:
            reports.write_html(announced, report, f"{model} on {given.name}")
    if json:
        emit({"model": str(output), "reading": _tables.account(given), "report": reports.as_dict(announced)})
        return
    reports.render(announced, OUT)
    OUT.print(f"model saved to [bold]{output}[/]")
    if report is not None:
        OUT.print(f"report written to [bold]{report}[/]")
