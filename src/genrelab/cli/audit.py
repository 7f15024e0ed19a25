"""``genrelab audit``: what in a table would make a score a lie."""

from __future__ import annotations

from genrelab.cli import _options as o
from genrelab.cli._console import OUT, emit, progress_shown


def command(
    tables: o.Tables, label: o.Label, join: o.Join = None, seed: o.Seed = 0, json: o.Json = False
) -> None:
    """Find repeats, leaks, contradictory labels and dead columns, and say what a score means here."""
    from dataclasses import asdict

    import genrelab
    from genrelab.cli import _tables
    from genrelab.dataset import check_label

    with progress_shown() as progress:
        given = _tables.read(tables, join, progress)
        column = given.column(label)
        check_label(given.tracks, column)
        progress("auditing", 0.5)
        found = genrelab.audit.audit(given.tracks, column, seed)
    if json:
        emit({"reading": _tables.account(given), "audit": asdict(found)})
        return
    _tables.tell_reading(given)
    _tables.tell_audit(found)
    _tables.tell_bounds(found)
    counts = ", ".join(f"{genre} {count:,}" for genre, count in found.genres.items())
    OUT.print(f"genres: {counts}")
