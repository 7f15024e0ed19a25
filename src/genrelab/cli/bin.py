"""``genrelab bin``: free tags to the genres of one label space."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from genrelab.cli import _options as o
from genrelab.cli._console import emit, path, progress_shown

EXAMPLES = """
genrelab bin tagged.csv --taxonomy capstone12 -o binned.csv
genrelab bin tagged.csv --taxonomy mine.toml --unbinned rest.csv -o binned.csv
"""


def command(
    tables: o.Tables,
    taxonomy: Annotated[
        str,
        typer.Option("--taxonomy", help="See 'genrelab list taxonomies'; or a TOML file.", metavar="NAME"),
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="File to write: .csv, .json or .parquet.", metavar="OUT")
    ],
    column: Annotated[
        str, typer.Option("--column", help="Column that holds the tags.", metavar="COLUMN")
    ] = "tags",
    unbinned: Annotated[
        Path | None,
        typer.Option("--unbinned", help="Write the tracks that got no genre here.", metavar="OUT"),
    ] = None,
    overwrite: o.Overwrite = False,
    json: o.Json = False,
) -> None:
    """Give each track the genre that its tags mean.

    The output has the columns of the table and 'genre'. Tracks whose tags mean no genre of the taxonomy are
    not in it: --unbinned writes them, with their row.
    """
    import genrelab
    from genrelab import taxonomy as taxonomies
    from genrelab import writing
    from genrelab.cli import _tables

    _check_outputs(output, unbinned, overwrite=overwrite)
    chosen = taxonomies.load(taxonomy)
    with progress_shown() as progress:
        given = _tables.read(tables, None, progress)
        progress("binning", 0.5)
        binned = genrelab.bin(given.tracks, chosen, given.reading.column(column))
        if unbinned is not None:
            writing.write(binned.unbinned, unbinned)
        writing.write(binned.tracks, output)
    if json:
        emit(
            {
                "output": str(output),
                "reading": _tables.account(given),
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
    path("binned", output)
    if unbinned is not None:
        path("unbinned", unbinned)


def _check_outputs(output: Path, unbinned: Path | None, *, overwrite: bool) -> None:
    from genrelab import writing
    from genrelab.errors import OutputError

    for place in (output, *([unbinned] if unbinned else [])):
        writing.check(place, overwrite=overwrite)
    if unbinned is not None and unbinned.absolute() == output.absolute():
        raise OutputError(f"{unbinned}: is the output already: name another file for --unbinned")
