"""``genrelab audit``: what in a table would make a score a lie."""

from __future__ import annotations

from genrelab.cli import _options as o
from genrelab.cli._console import emit, progress_shown

EXAMPLES = """
genrelab audit songs.csv --label genre
genrelab audit tracks.csv --join descriptors.json --label genre_top
"""


def command(
    tables: o.Tables,
    label: o.Label,
    join: o.Join = None,
    query: o.Query = None,
    table: o.TableName = None,
    seed: o.Seed = 0,
    json: o.Json = False,
) -> None:
    """Find what in a table would make a score a lie.

    Repeated tracks, artists on both sides of a split, columns that give the label away, contradictory labels
    and dead columns; and what can be had without listening. The table is not changed.
    """
    from dataclasses import asdict

    import genrelab
    from genrelab.cli import _tables
    from genrelab.dataset import check_label

    with progress_shown() as progress:
        given = _tables.read(tables, join, progress, query=query, table=table)
        column = given.reading.column(label)
        check_label(given.tracks, column)
        progress("auditing", 0.5)
        found = genrelab.audit.audit(given.tracks, column, seed)
    if json:
        emit({"reading": _tables.account(given), "audit": asdict(found)})
        return
    _tables.tell_reading(given)
    _tables.tell_audit(found)
    _tables.tell_bounds(found)
