"""``genrelab train``: learn from a labelled table, and announce what to expect of the result."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from genrelab.cli import _options as o
from genrelab.cli._console import OUT, emit, path, progress_shown

EXAMPLES = """
genrelab train songs.csv --label genre -o model
genrelab train songs.csv --label genre -o model --model lightgbm --report model.html
genrelab train songs.csv --label genre -o model --budget 5m
genrelab train songs.csv --label genre -o model --multi
genrelab train songs.csv --label genre -o model --finer subgenre,tags
genrelab train songs.csv --label genre -o model --model random_forest --set n_estimators=1000
genrelab train songs.csv --label genre -o model --model logistic --steps standardise,pca:0.9
genrelab train mine.csv --label my_genre -o model --few --report model.html
genrelab train tracks.csv --join descriptors.json --label genre_top -o model
"""


def command(
    tables: o.Tables,
    label: o.Label,
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Folder to write the model to.", metavar="MODEL_DIR")
    ],
    model: o.Model = "best",
    join: o.Join = None,
    query: o.Query = None,
    table: o.TableName = None,
    taxonomy: o.Taxonomy = None,
    columns: o.Columns = None,
    split: o.SplitName = "artist",
    skip_rules: o.SkipRules = None,
    min_tracks: o.MinTracks = 0,
    settings: o.Settings = None,
    features: o.FeaturesName = "derived",
    steps: o.Steps = None,
    sampling: o.SamplingName = None,
    class_weights: o.ClassWeights = None,
    multi: Annotated[
        bool,
        typer.Option(
            "--multi",
            help="Learn several genres a track: of its copies, of a list, or all that a taxonomy finds.",
        ),
    ] = False,
    finer: Annotated[
        str | None,
        typer.Option(
            "--finer",
            help="Columns of subgenres, playlists or tags: learn kinds of each genre from them. New songs"
            " need not have them.",
            metavar="A,B,...",
        ),
    ] = None,
    folds: Annotated[
        int | None,
        typer.Option(
            "--folds", help="Parts for out-of-fold predictions; 8 where artists allow.", metavar="N", min=2
        ),
    ] = None,
    budget: Annotated[
        str | None,
        typer.Option(
            "--budget",
            help="Bound on the fit: a time such as 300s or 5m, or how many members of a blend are tried.",
            metavar="TIME|N",
        ),
    ] = None,
    few: Annotated[
        bool,
        typer.Option(
            "--few", help="Learn own genres from about 20 examples each, starting from shipped models."
        ),
    ] = False,
    seed: o.Seed = 0,
    threads: o.Threads = 2,
    licence: o.Licence = "",
    report: o.Html = None,
    honesty: Annotated[
        bool,
        typer.Option("--honesty", help="Show what splits by row and by track would announce: more time."),
    ] = False,
    overwrite: o.Overwrite = False,
    json: o.Json = False,
) -> None:
    """Learn from a labelled table, and announce the accuracy.

    The table is audited and cleaned first, and columns that give the label away are left out. The accuracy
    that is announced is the one to expect on artists that the model has not heard.
    """
    from dataclasses import replace

    import genrelab
    from genrelab import store
    from genrelab.budget import parse
    from genrelab.cli import _tables
    from genrelab.errors import SettingError
    from genrelab.insight import evaluation, learning, terminal
    from genrelab.insight import report as reports
    from genrelab.recipe import Recipe

    recipe = o.recipe(model, settings, features, steps, sampling, class_weights)
    if few and recipe != Recipe():
        raise SettingError("--few: chooses model, settings, features and steps itself: leave those out")
    if few and budget is not None:
        raise SettingError("--few: takes seconds, and has no blend to bound: leave --budget out")
    if few and finer is not None:
        raise SettingError("--few: learns no kinds of genres: leave --finer out")
    if finer is not None:
        recipe.check_finer()
    if honesty and (few or multi):
        raise SettingError(
            "--honesty: compares splits of models with one genre a track and without --few: leave out"
            f" {'--few' if few else '--multi'}, or --honesty"
        )
    bound = None if budget is None else parse(budget)
    store.check(output, overwrite=overwrite)
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
        multi=multi,
        finer=finer,
        seed=seed,
        licence=licence,
        json=json,
    )
    learned = None
    with progress_shown() as progress:
        if few:
            classifier = genrelab.train_few(
                prepared.dataset, seed=seed, folds=folds, threads=threads, progress=progress
            )
            learned = learning.learn_few(
                prepared.dataset, classifier.bases, seed=seed, threads=threads, progress=progress
            )
            recipe, model = classifier.card.recipe, "few"
        else:
            classifier = genrelab.train(
                prepared.dataset,
                recipe,
                seed=seed,
                folds=folds,
                threads=threads,
                budget=bound,
                progress=progress,
            )
        genrelab.save(classifier, output, overwrite=overwrite)
        announced = evaluation.announce(classifier)
        if honesty:
            splits = evaluation.honesty(prepared, recipe, seed=seed, threads=threads, progress=progress)
            announced = replace(announced, honesty=splits)
        if report is not None:
            more = [] if learned is None else [learning.card(learned)]
            reports.write_html(announced, report, f"{model} on {given.name}", more=more)
    if json:
        told = {"model": str(output), "reading": _tables.account(given), "report": reports.as_dict(announced)}
        emit(told if learned is None else told | {"learning": reports.plain(learned)})
        return
    reports.render(announced, OUT)
    if learned is not None:
        terminal.show(learning.tabulate(learned), OUT)
    path("model", output)
    if report is not None:
        path("report", report)
