"""``genrelab data``: public tables, where they are and how to get them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from genrelab.cli import _options as o
from genrelab.cli._console import emit, path, progress_shown, say, tell
from genrelab.cli._verb import Verb, Verbs

EXAMPLES = """
genrelab data fetch spotify_30k
"""
command = typer.Typer(
    cls=Verbs, help="Public tables: list them, fetch them.", epilog=EXAMPLES, rich_markup_mode=None
)


@command.command("list", cls=Verb, epilog="genrelab data list --json")
def list_tables(json: o.Json = False) -> None:
    """List public tables with their size, licence and place.

    The JSON has the checksums too.
    """
    from genrelab.published import PUBLISHED, find

    if json:
        emit({"tables": [_row(name) for name in PUBLISHED]})
        return
    for name, table in PUBLISHED.items():
        place = find(name)
        say(name, "bold")
        tell([("  holds", table.what), ("  licence", table.licence)])
        for file in table.files:
            path("  from   ", f"{file.address} ({file.size / 1e6:,.1f} MB)")
        path("  here   ", place or f"no: genrelab data fetch {name}")


@command.command(cls=Verb, epilog=EXAMPLES)
def fetch(
    name: Annotated[str, typer.Argument(help="See 'genrelab data list'.", metavar="NAME")],
    folder: Annotated[
        Path | None,
        typer.Option("--folder", help="Where to put it. By default the user's cache.", metavar="DIR"),
    ] = None,
    json: o.Json = False,
) -> None:
    """Fetch a public table and check what came.

    A download that breaks off goes on from there the next time.
    """
    from genrelab import published

    with progress_shown() as progress:
        place = published.fetch(name, folder, progress)
    if json:
        emit({"name": name, "path": str(place)})
        return
    path(name, place)


def _row(name: str) -> dict[str, object]:
    from dataclasses import asdict

    from genrelab.published import PUBLISHED, find

    place = find(name)
    return {"name": name, **asdict(PUBLISHED[name]), "path": str(place) if place else None}
