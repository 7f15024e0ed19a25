"""``genrelab tune``: search the best settings of a model, and announce what they are worth."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from genrelab.cli import _options as o
from genrelab.cli._console import OUT, emit, path, progress_shown
from genrelab.errors import SettingError

if TYPE_CHECKING:
    from genrelab.recipe import Recipe

TRIALS = 50
EXAMPLES = """
genrelab tune songs.csv --label genre --report tuning.html
genrelab tune songs.csv --label genre --model random_forest --trials 30 -o model
genrelab tune songs.csv --label genre --model logistic --try C=0.001..100:log
genrelab tune songs.csv --label genre --search grid --try rounds=100,200,400
genrelab tune songs.csv --label genre --seconds 3600 --study tuning.db
"""


def command(
    tables: o.Tables,
    label: o.Label,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Train the settings found, and write the model to this folder.",
                     metavar="MODEL_DIR"),
    ] = None,
    model: o.Model = "lightgbm",
    search: Annotated[
        str,
        typer.Option("--search", help="How settings are chosen: by what earlier trials scored, at random, or"
                     " every point of a grid.", metavar="bayes|random|grid"),
    ] = "bayes",
    tries: Annotated[
        list[str] | None,
        typer.Option("--try", help="What to try: C=0.1,1,10 or max_depth=3..9 or C=0.01..100:log; may be"
                     " repeated. By default what is worth trying for the model.", metavar="SPEC"),
    ] = None,
    trials: Annotated[
        int | None,
        typer.Option("--trials", help=f"Trials of each search; {TRIALS}, or as many as --seconds allows.",
                     metavar="N", min=1),
    ] = None,
    seconds: Annotated[
        float | None,
        typer.Option("--seconds", help="Time for the trials of all searches together.", metavar="S"),
    ] = None,
    metric: Annotated[
        str,
        typer.Option("--metric", help="The score to search for: accuracy, macro_f1, balanced_accuracy or"
                     " log_loss.", metavar="NAME"),
    ] = "accuracy",
    folds: Annotated[
        int, typer.Option("--folds", help="Folds on which each trial is scored.", metavar="N", min=2)
    ] = 5,
    outer: Annotated[
        int,
        typer.Option("--outer", help="Outer folds, in each of which the search is made anew; the announced"
                     " scores come from them. With 0 nothing is announced.", metavar="N", min=0),
    ] = 3,
    points: Annotated[
        int, typer.Option("--points", help="Points of each range in a grid.", metavar="N", min=2)
    ] = 5,
    study: Annotated[
        Path | None,
        typer.Option("--study", help="File that keeps every trial; where it exists, the search goes on.",
                     metavar="FILE.db"),
    ] = None,
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
    seed: o.Seed = 0,
    threads: o.Threads = 2,
    licence: o.Licence = "",
    report: o.Html = None,
    overwrite: o.Overwrite = False,
    json: o.Json = False,
) -> None:  # fmt: skip
    """Search the best settings of a model.

    The best score of a search is too good to be true. So the search is made anew inside each outer fold,
    and the scores that are announced are of tracks that it has not seen. What --set gives stays as it is.
    """
    from genrelab import store, tuning
    from genrelab.cli import _tables
    from genrelab.insight import tuning_report
    from genrelab.sources.sql import without_password
    from genrelab.tuning import space, studies

    recipe = o.recipe(model, settings, features, steps, sampling, class_weights)
    asked = space.parse(tries) if tries else None
    if output is not None:
        if outer == 0:
            raise SettingError("--output: a saved model announces its scores: leave --outer 0 out")
        store.check(output, overwrite=overwrite)
    studies.check(study)
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
        licence=licence,
        json=json,
    )
    with _trials_kept(study), progress_shown() as progress:
        tuned = tuning.tune(
            prepared.dataset,
            recipe,
            space=asked,
            search=search,
            trials=trials or (None if seconds else TRIALS),
            seconds=seconds,
            metric=metric,
            folds=folds,
            outer=outer,
            points=points,
            seed=seed,
            threads=threads,
            storage=study,
            progress=progress,
        )
        if report is not None:
            tuning_report.write_html(tuned, report, f"settings of {model} on {given.name}")
        if output is not None:
            classifier = tuning.train_tuned(prepared.dataset, tuned, threads=threads, progress=progress)
            store.save(classifier, output, overwrite=overwrite)
    shaping = {
        "--query": query, "--table": table, "--join": join and [*map(without_password, join)],
        "--taxonomy": taxonomy, "--columns": columns, "--split": split != "artist" and split,
        "--skip-rules": skip_rules, "--min-tracks": min_tracks, "--seed": seed, "--licence": licence,
    }  # fmt: skip
    again = _train(tables, label, shaping, tuned.recipe)
    if json:
        told = {"tuning": tuning_report.as_dict(tuned), "train": again}
        emit({"reading": _tables.account(given), **told, "model": output and str(output)})
        return
    tuning_report.render(tuned, OUT)
    path("train", again)
    for name, place in (("model", output), ("report", report), ("study", study)):
        if place is not None:
            path(name, place)


def _train(tables: Sequence[str], label: str, shaping: dict[str, Any], recipe: Recipe) -> str:
    """Write the command that trains a recipe on the same tracks."""
    from genrelab.insight import tuning_report
    from genrelab.sources.sql import without_password

    words = ["genrelab", "train", *map(without_password, tables), "--label", label]
    for option, given in shaping.items():
        for value in given if isinstance(given, list) else [given]:
            words += [option, str(value)] if value else []
    return shlex.join([*words, *tuning_report.options(recipe), "-o", "MODEL_DIR"])


@contextmanager
def _trials_kept(study: Path | None) -> Iterator[None]:
    """Say, when a search is interrupted, that it can go on."""
    try:
        yield
    except KeyboardInterrupt:
        if study is not None:
            sys.stderr.write(f"the trials so far are kept in {study}: the same command goes on\n")
        raise
