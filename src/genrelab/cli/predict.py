"""``genrelab predict``: label the tracks of a table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from genrelab.cli import _options as o
from genrelab.cli._console import OUT, emit, progress_shown


def command(
    model: o.ModelDir,
    tables: o.Tables,
    output: Annotated[
        Path, typer.Option("-o", "--output", help="File to write: .csv, .parquet or .json.", metavar="OUT")
    ],
    min_confidence: Annotated[
        float, typer.Option("--min-confidence", min=0, max=1, help="Below this the genre is 'unknown'.")
    ] = 0.0,
    probabilities: Annotated[
        bool, typer.Option("--probabilities", help="Add p_<genre> for every genre.")
    ] = False,
    overwrite: o.Overwrite = False,
    json: o.Json = False,
) -> None:
    """Label the tracks of a table, in its order, with a confidence for each."""
    import genrelab
    from genrelab.files import check_file

    check_file(output, overwrite=overwrite)
    classifier = genrelab.load(model)
    with progress_shown() as progress:
        labelled = genrelab.label(
            classifier,
            tables,
            output,
            min_confidence=min_confidence,
            probabilities=probabilities,
            progress=progress,
        )
    if json:
        emit(
            {
                "output": str(output),
                "rows": labelled.rows,
                "unknown": labelled.unknown,
                "genres": labelled.genres,
            }
        )
        return
    for note in classifier.card.origin.notes:
        OUT.print(f"note: {note}")
    for genre, count in labelled.genres.items():
        OUT.print(f"{count:>10,}  {genre}")
    OUT.print(f"{labelled.rows:,} tracks labelled; written to [bold]{output}[/]")
