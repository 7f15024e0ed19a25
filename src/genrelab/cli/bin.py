"""``genrelab bin``: free tags to the genres of one label space."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from genrelab.cli import _options as o
from genrelab.cli._console import OUT, emit, path, progress_shown

if TYPE_CHECKING:
    from genrelab.cli._tables import Given
    from genrelab.insight.binning_report import Examined

EXAMPLES = """
genrelab bin tagged.csv
genrelab bin tagged.csv -o binned.csv
genrelab bin tagged.csv --report tags.html
genrelab bin tagged.csv --taxonomy mine.toml --unbinned rest.csv -o binned.csv
"""


def command(
    tables: o.Tables,
    taxonomy: Annotated[
        str,
        typer.Option("--taxonomy", help="See 'genrelab list taxonomies'; or a TOML file.", metavar="NAME"),
    ] = "broad",
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="File to write: .csv, .json or .parquet.", metavar="OUT"),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option("--report", help="Write an HTML page on which to check the genres.", metavar="FILE"),
    ] = None,
    column: Annotated[
        str, typer.Option("--column", help="Column that holds the tags.", metavar="COLUMN")
    ] = "tags",
    unbinned: Annotated[
        Path | None,
        typer.Option("--unbinned", help="Write the tracks that got no genre here.", metavar="OUT"),
    ] = None,
    query: o.Query = None,
    table: o.TableName = None,
    overwrite: o.Overwrite = False,
    json: o.Json = False,
) -> None:
    """Give each track the genre that its tags mean.

    The output has the columns of the table and 'genre'. Tracks whose tags mean no genre of the taxonomy are
    not in it: --unbinned writes them, with their row. A genre that the table has is kept as 'original_genre'.
    The page shows how much the taxonomy covers, which tags mean which genre, and which are left.
    """
    import genrelab
    from genrelab import taxonomy as taxonomies
    from genrelab import writing
    from genrelab.cli import _tables
    from genrelab.insight import binning_report

    _check_outputs(output, unbinned, report, overwrite=overwrite)
    chosen = taxonomies.load(taxonomy)
    with progress_shown() as progress:
        given = _tables.read(tables, None, progress, query=query, table=table)
        tags = _column(given, column)
        progress("binning", 0.5)
        binned = genrelab.bin(given.tracks, chosen, tags)
        progress("looking at tags", 0.7)
        found = binning_report.examine(given.tracks, binned, chosen, tags)
        if unbinned is not None:
            writing.write(binned.unbinned, unbinned)
        if output is not None:
            writing.write(binned.tracks, output)
        if report is not None:
            binning_report.write_html(found, report, f"Tags to genres: {given.name}")
    if json:
        emit(_told(found, output, report) | {"reading": _tables.account(given)})
        return
    _tables.tell_reading(given)
    binning_report.render(found, OUT)
    for name, place in (("binned", output), ("unbinned", unbinned), ("report", report)):
        if place is not None:
            path(name, place)


def _column(given: Given, name: str) -> str:
    from genrelab.errors import SchemaError

    try:
        return given.reading.column(name)
    except SchemaError as error:
        raise SchemaError(f"--column: {error}") from error


def _told(found: Examined, output: Path | None, report: Path | None) -> dict[str, Any]:
    binned = found.binned
    return {
        "output": str(output) if output else None,
        "report": str(report) if report else None,
        "taxonomy": {"name": found.taxonomy.name, "sha256": found.taxonomy.sha256},
        "binned": binned.tracks.height,
        "unbinned": binned.unbinned.height,
        "conflicts": binned.conflicts.height,
        "coverage": binned.coverage,
        "order_dependence": binned.order_dependence,
        "genres": binned.counts,
        "unique_tracks": dict(found.unique),
        "notes": list(found.notes),
        "unmatched": binned.unmatched.head(50).to_dicts(),
        "ignored": binned.ignored.head(50).to_dicts(),
    }


def _check_outputs(
    output: Path | None, unbinned: Path | None, report: Path | None, *, overwrite: bool
) -> None:
    from genrelab import writing
    from genrelab.cli import _tables
    from genrelab.errors import OutputError

    given = [place for place in (output, unbinned, report) if place is not None]
    for place in given:
        if [other.absolute() for other in given].count(place.absolute()) > 1:
            raise OutputError(f"{place}: is named for two outputs: name another file for one of them")
    for written in (output, unbinned):
        if written is not None:
            writing.check(written, overwrite=overwrite)
    _tables.check_report(report, overwrite=overwrite)
