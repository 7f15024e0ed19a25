"""``genrelab predict``: label the tracks of a table."""

from __future__ import annotations

from typing import Annotated

import typer

from genrelab.cli import _options as o
from genrelab.cli._console import emit, path, progress_shown, say

EXAMPLES = """
genrelab predict model new_songs.csv -o labels.csv
genrelab predict model new_songs.csv -o labels.csv --min-confidence 0.6 --probabilities
genrelab predict model catalogue.csv -o labels.csv --together
genrelab predict model postgresql://ann@db/music --table tracks -o labels.csv
genrelab predict model music.db --table tracks -o music.db --into labels
"""


def command(
    model: o.ModelDir,
    tables: o.Tables,
    output: Annotated[
        str,
        typer.Option(
            "-o",
            "--output",
            help="File to write: .csv, .json or .parquet. Or a database: postgresql://..., or an SQLite or"
            " DuckDB file.",
            metavar="OUT",
        ),
    ],
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
    """
    import genrelab
    from genrelab import labelling
    from genrelab.cli import _tables
    from genrelab.insight import tables as words

    labelling.check(tables, output, into=into, overwrite=overwrite, query=query, table=table)
    classifier = genrelab.load(model)
    with progress_shown() as progress:
        labelled = genrelab.label(
            classifier,
            tables,
            output,
            into=into,
            overwrite=overwrite,
            query=query,
            table=table,
            min_confidence=min_confidence,
            probabilities=probabilities,
            together=together,
            progress=progress,
        )
    synthetic = classifier.card.origin.synthetic
    if json:
        emit(
            {
                "output": str(labelled.path),
                "rows": labelled.rows,
                "unknown": labelled.unknown,
                "genres": labelled.genres,
                "synthetic": synthetic,
            }
        )
        return
    if synthetic:
        say(f"{words.SYNTHETIC}: {words.UNREAL}", "yellow")
    say(f"{labelled.rows:,} tracks labelled", "bold")
    _tables.tell_counts(labelled.genres)
    path("labels", labelled.path)
