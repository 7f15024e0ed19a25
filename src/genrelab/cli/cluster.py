"""``genrelab cluster``: tracks that sound alike, and whether their genres do."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from genrelab.cli import _options as o
from genrelab.cli._console import OUT, emit, path, progress_shown, say, tell
from genrelab.errors import SettingError

if TYPE_CHECKING:
    import polars as pl

    from genrelab.cleaning import Cleaned
    from genrelab.cli._tables import Given
    from genrelab.insight.cluster_choice import Choice
    from genrelab.insight.clustering import Clusters

EXAMPLES = """
genrelab cluster songs.csv --k 8 --report clusters.html
genrelab cluster songs.csv --label genre --choose 2-20 --report clusters.html
genrelab cluster songs.csv --label genre --without tempo --raw -o clustered.csv
"""

GIVEN_K = 12
MOST_K = 100


def command(
    tables: o.Tables,
    label: Annotated[
        str | None,
        typer.Option(
            "--label", help="Column of genres (or tags) to compare the clusters with.", metavar="COLUMN"
        ),
    ] = None,
    query: o.Query = None,
    table: o.TableName = None,
    taxonomy: o.Taxonomy = None,
    columns: Annotated[
        str | None,
        typer.Option(
            "--columns",
            help="Columns of numbers to compare tracks by. By default every descriptor but the key.",
            metavar="A,B,...",
        ),
    ] = None,
    without: Annotated[
        str | None,
        typer.Option("--without", help="Columns to leave out of these.", metavar="A,B,..."),
    ] = None,
    k: Annotated[
        int | None,
        typer.Option("--k", help=f"Number of clusters; {GIVEN_K} if not given.", metavar="N", min=2),
    ] = None,
    choose: Annotated[
        str | None,
        typer.Option(
            "--choose", help="Try these numbers of clusters and take the one recommended.", metavar="LOW-HIGH"
        ),
    ] = None,
    raw: Annotated[
        bool, typer.Option("--raw", help="Take columns as they stand: wide ranges, such as tempo's, decide.")
    ] = False,
    map: Annotated[
        str,
        typer.Option("--map", help="How tracks are put on a plane; umap is slower.", metavar="pca|umap"),
    ] = "pca",
    seed: o.Seed = 0,
    forest_trees: Annotated[
        int,
        typer.Option(
            "--forest-trees", help="Trees of the forest that learns to find clusters.", metavar="N", min=1
        ),
    ] = 100,
    threads: o.Threads = 2,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            help="Write the tracks, in our columns, with their clusters: .csv, .json or .parquet.",
            metavar="OUT",
        ),
    ] = None,
    report: o.Html = None,
    overwrite: o.Overwrite = False,
    json: o.Json = False,
) -> None:
    """Find tracks that sound alike, and say what they share.

    Clusters need no genres; with --label they are compared with them. Repeated rows count once, and rows
    without a genre do not count where genres are compared. The output has every row of the table, in its
    order, with the number of its cluster.
    """
    from genrelab import writing
    from genrelab.cli import _tables
    from genrelab.insight import cluster_choice, cluster_map, cluster_page, clustering

    tried = _range(choose, k)
    projection = cluster_map.check(map)
    if output is not None:
        writing.check(output, overwrite=overwrite)
    _tables.check_report(report, overwrite=overwrite)
    with progress_shown() as progress:
        given = _tables.read(tables, None, progress, query=query, table=table)
        used = _used(given, columns, without)
        tracks, named = _with_genres(given, label, taxonomy)
        cleaned = _counted(tracks, named)
        choice = None
        if tried is not None:
            choice = cluster_choice.choose_k(
                cleaned.tracks,
                used,
                low=tried[0],
                high=tried[1],
                scaled=not raw,
                seed=seed,
                threads=threads,
                progress=progress,
            )
        found = clustering.cluster(
            cleaned.tracks,
            used,
            k=choice.k if choice else k or GIVEN_K,
            scaled=not raw,
            label=named,
            seed=seed,
            forest_trees=forest_trees,
            projection=projection,
            threads=threads,
            progress=progress,
        )
        if output is not None:
            _write(tracks, found, output)
        if report is not None:
            title = f"{found.k} clusters of {given.name}"
            cluster_page.write_html(found, report, title, choice, synthetic=given.synthetic)
    if json:
        emit(_told(given, cleaned, found, choice, output))
        return
    _tables.tell_reading(given)
    _tell(cleaned, found, choice)
    for name, place in (("clusters", output), ("report", report)):
        if place is not None:
            path(name, place)


def _range(choose: str | None, k: int | None) -> tuple[int, int] | None:
    """Read ``2-20``."""
    if choose is None:
        return None
    if k is not None:
        raise SettingError("--choose: finds the number of clusters that --k names: give one of them")
    written = re.fullmatch(r"\s*(\d+)\s*-\s*(\d+)\s*", choose)
    low, high = (int(end) for end in written.groups()) if written else (0, 0)
    if not 2 <= low <= high <= MOST_K:
        raise SettingError(f"--choose: {choose!r} is no range from 2 to {MOST_K}: write for example 2-20")
    return low, high


def _used(given: Given, columns: str | None, without: str | None) -> list[str]:
    """Name the columns that tracks are compared by, as the table has them."""
    from genrelab.insight import cluster_points

    named = o.names("--columns", columns)
    left_out = {given.reading.column(name) for name in o.names("--without", without) or []}
    asked = cluster_points.default_columns(given.tracks) if named is None else given.reading.columns(named)
    used = [name for name in asked if name not in left_out]
    if not used:
        why = "--without leaves none" if asked else "the table has no descriptors"
        raise SettingError(f"columns: {why}: name columns of numbers with --columns")
    return used


def _with_genres(given: Given, label: str | None, taxonomy: str | None) -> tuple[pl.DataFrame, str | None]:
    """Return the whole table, with genres made of tags where a taxonomy is given, and their column."""
    import polars as pl

    from genrelab import dataset, schema
    from genrelab import taxonomy as taxonomies

    if label is None:
        if taxonomy is not None:
            raise SettingError("--taxonomy: makes genres of tags: name their column with --label")
        return given.tracks, None
    table, column = given.tracks, given.reading.column(label)
    if taxonomy is not None:
        tags = pl.DataFrame({"tags": table[column]}).with_row_index("place")
        binned = taxonomies.bin(tags, taxonomies.load(taxonomy), "tags").tracks.select("place", "genre")
        genres = tags.join(binned, on="place", how="left", maintain_order="left")["genre"]
        table, column = schema.made_free(table, ("genre",)).with_columns(genres), "genre"
    dataset.check_label(table, column)
    return table, column


def _counted(table: pl.DataFrame, label: str | None) -> Cleaned:
    """Leave out the rows that do not count: repeats, and those without a genre where genres are compared."""
    from genrelab import cleaning, dataset

    if label is None:
        return cleaning.clean(table, ["repeated_row"])
    cleaned = cleaning.clean(table, ["repeated_row", "missing_genre"], label)
    dataset.check_label(cleaned.tracks, label)
    return cleaned


def _write(table: pl.DataFrame, found: Clusters, output: Path) -> None:
    """Write every row of the table, in its order, with the number of the nearest cluster."""
    from genrelab import schema, writing

    assigned = found.assign(table)
    writing.write(schema.made_free(table, ("cluster",)).with_columns(assigned), output)


def _told(
    given: Given, cleaned: Cleaned, found: Clusters, choice: Choice | None, output: Path | None
) -> dict[str, Any]:
    from genrelab.cli import _tables
    from genrelab.insight import clustering

    chosen = None
    if choice is not None:
        chosen = {
            "k": choice.k,
            "said": choice.said,
            "tried": choice.table.to_dicts(),
            "rows": choice.rows,
            "silhouette_rows": choice.silhouette_rows,
            "seeds": choice.seeds,
        }
    return {
        "output": None if output is None else str(output),
        "reading": _tables.account(given),
        "not_counted": cleaned.counts,
        "choice": chosen,
        "clusters": clustering.as_dict(found),
    }


def _tell(cleaned: Cleaned, found: Clusters, choice: Choice | None) -> None:
    """Print what was clustered and what came of it."""
    from genrelab.insight import cluster_tables, terminal

    say(f"{len(found.assigned):,} tracks in {found.k} clusters", "bold")
    not_counted = ", ".join(f"{count:,} by {rule}" for rule, count in cleaned.counts.items() if count)
    rows = [
        ("  compared by", ", ".join(found.columns)),
        ("  scale", "mean 0, standard deviation 1" if found.scaled else "as they stand"),
        ("  not counted", not_counted),
        *(("  note", note) for note in found.notes),
    ]
    tell(row for row in rows if row[1])
    if choice is not None:
        terminal.show(cluster_tables.tabulate_choice(choice), OUT)
    terminal.show(cluster_tables.tabulate_sizes(found), OUT)
    terminal.show(cluster_tables.tabulate_importance(found), OUT)
    terminal.show(cluster_tables.tabulate_measures(found), OUT)
