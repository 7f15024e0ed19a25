"""``genrelab predict``: label the tracks of a table."""

from __future__ import annotations

from typing import Annotated

import typer

from genrelab.cli import _options as o
from genrelab.cli._console import emit, path, progress_shown, say

EXAMPLES = """
genrelab predict model new_songs.csv -o labels.csv
genrelab predict fma_twelve new_songs.csv
genrelab predict model new_songs.csv -o labels.csv --min-confidence 0.6 --probabilities
genrelab predict model new_songs.csv -o labels.csv --precision 0.9
genrelab predict model new_songs.csv -o labels.csv --coverage 0.9
genrelab predict model new_songs.csv -o labels.csv --multi
genrelab predict model catalogue.csv -o labels.csv --together
genrelab predict model postgresql://ann@db/music --table tracks -o labels.csv
genrelab predict model music.db --table tracks -o music.db --into labels
"""


def command(
    model: o.ModelDir,
    tables: o.Tables,
    output: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            help="File to write: .csv, .json or .parquet. Or a database: postgresql://..., or an SQLite or"
            " DuckDB file. Without it, labels are printed.",
            metavar="OUT",
        ),
    ] = None,
    into: Annotated[
        str | None,
        typer.Option("--into", help="Table to write, where OUT is a database.", metavar="NAME"),
    ] = None,
    query: o.Query = None,
    table: o.TableName = None,
    min_confidence: Annotated[
        float,
        typer.Option(
            "--min-confidence", help="Below this the genre is 'unknown'.", metavar="P", min=0, max=1
        ),
    ] = 0.0,
    precision: Annotated[
        float | None,
        typer.Option(
            "--precision",
            help="Give a genre only where this precision is kept on artists not heard; else 'unknown'.",
            metavar="P",
        ),
    ] = None,
    coverage: Annotated[
        float | None,
        typer.Option(
            "--coverage",
            help="Add a column of genres: as many as it takes for the true one to be among them so often.",
            metavar="P",
        ),
    ] = None,
    multi: Annotated[
        bool,
        typer.Option(
            "--multi",
            help="Add a column of genres: the likeliest, and all others that reach thresholds of"
            " their own. For models trained with --multi.",
        ),
    ] = False,
    probabilities: Annotated[
        bool, typer.Option("--probabilities", help="Add a column p_GENRE for every genre.")
    ] = False,
    together: o.Together = False,
    overwrite: o.Overwrite = False,
    json: o.Json = False,
) -> None:
    """Label the tracks of a table, with a confidence for each.

    The output has a row for each row of the table, in its order: track_id, title, artist and album where the
    table has them, then genre and confidence. Tables of any size are labelled in bounded memory. A database
    is changed in one transaction, when the last track is labelled.

    Without -o, a terminal shows the first tracks, and a pipe gets CSV rows of all.

    --multi gives a track as many genres as it needs by thresholds found in training, one or more.

    --precision and --coverage find their thresholds on predictions that the model made of artists it had not
    heard, and say what to expect of a new collection.
    """
    import genrelab
    from genrelab import labelling
    from genrelab.cli import _labels, _tables
    from genrelab.errors import SettingError
    from genrelab.insight import confidence_tables, several_tables
    from genrelab.insight import report as reports
    from genrelab.insight import tables as words

    if output is not None:
        labelling.check(tables, output, into=into, overwrite=overwrite, query=query, table=table)
    elif into is not None:
        raise SettingError(f"--into {into}: names a table, but -o no database: name both")
    classifier = genrelab.load(model)
    if precision is not None and min_confidence:
        raise SettingError("--precision: sets the confidence by itself: leave --min-confidence out")
    if multi and coverage is not None:
        raise SettingError("--multi: chooses genres by thresholds of its own: leave --coverage out")
    among = classifier.several(together=together) if multi else None
    sure = None if precision is None else classifier.promise_precision(precision, together=together)
    sets = None if coverage is None else classifier.promise_coverage(coverage, together=together)
    notes = _labels.notes(classifier, tables, query=query, table=table, together=together)
    label = _labels.Asked(
        query, table, min_confidence, precision, coverage, multi, probabilities, together
    ).given()
    synthetic = classifier.card.origin.synthetic
    told = {
        "synthetic": synthetic,
        "precision": reports.plain(sure),
        "coverage": reports.plain(sets),
        "several": reports.plain(among),
        "notes": notes,
    }
    promises = confidence_tables.tell_promises(sure, sets, classifier.card.grouped_by)
    promises += [] if among is None else [several_tables.tell(among)]
    if output is None:
        _labels.give(classifier, tables, label, told, promises, json=json)
        if not json:
            _labels.warn(notes)
        return
    with progress_shown() as progress:
        labelled = genrelab.label(
            classifier, tables, output, into=into, overwrite=overwrite, progress=progress, **label
        )
    if json:
        counts = {"rows": labelled.rows, "unknown": labelled.unknown, "genres": labelled.genres}
        emit({"output": str(labelled.path), **counts, **told})
        return
    if synthetic:
        say(f"{words.SYNTHETIC}: {words.UNREAL}", "yellow")
    given = labelled.rows - labelled.unknown
    say(
        f"{given:,} of {labelled.rows:,} tracks labelled"
        if labelled.unknown
        else f"{given:,} tracks labelled",
        "bold",
    )
    _tables.tell_counts(labelled.genres)
    for line in promises:
        say(line)
    _labels.warn(notes)
    path("labels", labelled.path)
