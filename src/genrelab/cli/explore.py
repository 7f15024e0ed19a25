"""``genrelab explore``: what a table holds, genre by genre."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genrelab.cli import _options as o
from genrelab.cli._console import OUT, emit, path, progress_shown, say

if TYPE_CHECKING:
    import polars as pl

    from genrelab.cli._tables import Given
    from genrelab.insight.exploration import Exploration
    from genrelab.progress import Progress
    from genrelab.taxonomy import Binned

EXAMPLES = """
genrelab explore songs.csv --label genre
genrelab explore songs.csv --label genre --report songs.html --png plots
genrelab explore tagged.csv --label tags --taxonomy capstone12
"""


def command(
    tables: o.Tables,
    label: Annotated[
        str | None,
        typer.Option(
            "--label",
            help="Column that holds the genre, by its header or our name. Without it, all tracks are one"
            " group; with a taxonomy it is 'tags'.",
            metavar="COLUMN",
        ),
    ] = None,
    join: o.Join = None,
    query: o.Query = None,
    table: o.TableName = None,
    taxonomy: o.Taxonomy = None,
    columns: Annotated[
        str | None,
        typer.Option(
            "--columns",
            help="Columns of numbers to look at. By default all that describe a track.",
            metavar="A,B,...",
        ),
    ] = None,
    seed: o.Seed = 0,
    report: o.Html = None,
    png: Annotated[
        Path | None, typer.Option("--png", help="Write every plot into this folder as PNG.", metavar="DIR")
    ] = None,
    overwrite: o.Overwrite = False,
    json: o.Json = False,
) -> None:
    """Look at a table, genre by genre, as it was read.

    Shares of genres, ranges, histograms, densities, correlations, how well each feature tells the genres
    apart, principal components, outliers and gaps. Nothing is cleaned, so that faults are seen.
    """
    from genrelab.cli import _tables
    from genrelab.insight.exploration import explore
    from genrelab.insight.exploration import report as reports
    from genrelab.insight.tables import percent

    _tables.check_report(report, overwrite=overwrite)
    _check_pictures(png, overwrite=overwrite)
    named = o.names("--columns", columns)
    with progress_shown() as progress:
        given = _tables.read(tables, join, progress, query=query, table=table)
        binned, tracks, genre = _labelled(given, label, taxonomy)
        chosen = None if named is None else given.reading.columns(named)
        found = explore(tracks, genre, chosen, seed=seed, progress=progress)
        _write(found, report, png, given.name, overwrite=overwrite, progress=progress)
    if json:
        told = {} if binned is None else {"binned": binned.tracks.height, "unbinned": binned.unbinned.height}
        emit({"reading": _tables.account(given), **told, "exploration": reports.as_dict(found)})
        return
    _tables.tell_reading(given)
    if binned is not None:
        rows = binned.tracks.height + binned.unbinned.height
        share = percent(binned.coverage, 1)
        say(f"{binned.tracks.height:,} of {rows:,} tracks got a genre ({share})", "bold")
    reports.render(found, OUT)
    for name, place in (("report", report), ("plots", png)):
        if place is not None:
            path(name, place)


def _labelled(
    given: Given, label: str | None, taxonomy: str | None
) -> tuple[Binned | None, pl.DataFrame, str | None]:
    """Return the tracks to look at and their genre column; with a taxonomy, those that got a genre."""
    from genrelab import taxonomy as taxonomies

    if taxonomy is None:
        return None, given.tracks, None if label is None else given.reading.column(label)
    binned = taxonomies.bin(given.tracks, taxonomy, given.reading.column(label or "tags"))
    return binned, binned.tracks, "genre"


def _check_pictures(folder: Path | None, *, overwrite: bool) -> None:
    from genrelab.insight.exploration import gallery

    if folder is not None:
        gallery.check(folder, overwrite=overwrite)


def _write(
    found: Exploration,
    report: Path | None,
    png: Path | None,
    name: str,
    *,
    overwrite: bool,
    progress: Progress,
) -> None:
    from genrelab.insight.exploration import gallery
    from genrelab.insight.exploration import report as reports

    if report is not None:
        progress("writing the report", 0.7)
        reports.write_html(found, report, f"What is in {name}?")
    if png is not None:
        gallery.write(found, png, overwrite=overwrite, progress=progress)
