"""``genrelab bin``: free tags to the genres of one label space."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from genrelab.cli import _options as o
from genrelab.cli._console import OUT, emit, progress_shown


def command(
    tables: o.Tables,
    taxonomy: Annotated[
        str, typer.Option("--taxonomy", help="See 'genrelab list taxonomies', or a TOML file.")
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="File to write: .csv, .parquet or .json.", metavar="OUT")
    ],
    column: Annotated[str, typer.Option("--column", help="Column that holds the tags.")] = "tags",
    unbinned: Annotated[
        Path | None, typer.Option("--unbinned", help="Write the tracks without a genre here.", metavar="OUT")
    ] = None,
    overwrite: o.Overwrite = False,
    json: o.Json = False,
) -> None:
    """Give each track the genre that its tags mean in a taxonomy."""
    import genrelab
    from genrelab import writing
    from genrelab.cli import _tables
    from genrelab.files import check_file

    for path in (output, *([unbinned] if unbinned else [])):
        check_file(path, overwrite=overwrite)
    with progress_shown() as progress:
        given = _tables.read(tables, None, progress)
        progress("binning", 0.5)
        binned = genrelab.bin(given.tracks, taxonomy, given.column(column))
        writing.write(binned.tracks, output)
        if unbinned is not None:
            writing.write(binned.unbinned, unbinned)
    if json:
        emit(
            {
                "output": str(output),
                "rows": given.tracks.height,
                "binned": binned.tracks.height,
                "unbinned": binned.unbinned.height,
                "conflicts": binned.conflicts.height,
                "coverage": binned.coverage,
                "order_dependence": binned.order_dependence,
                "genres": binned.counts,
                "unmatched": binned.unmatched.head(50).to_dicts(),
            }
        )
        return
    _tables.tell_reading(given)
    _tables.tell_binned(binned)
    OUT.print(f"written to [bold]{output}[/]")
