"""``genrelab data``: public tables, where they are and how to get them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from genrelab.cli import _options as o
from genrelab.cli._console import OUT, emit, progress_shown

command = typer.Typer(
    help="Public tables: list them, fetch them.", no_args_is_help=True, rich_markup_mode=None
)


@command.command("list")
def list_tables(json: o.Json = False) -> None:
    """List public tables with size, licence and where each is on this machine."""
    from genrelab.published import PUBLISHED, find

    if json:
        emit({"tables": [_row(name) for name in PUBLISHED]})
        return
    for name, table in PUBLISHED.items():
        place = find(name)
        size = sum(file.size for file in table.files) / 1e6
        OUT.print(f"[bold]{name}[/]  {table.what}")
        OUT.print(f"  licence: {table.licence}")
        for file in table.files:
            OUT.print(f"  {file.address} ({size:,.1f} MB)", soft_wrap=True)
        OUT.print(f"  here: {place}" if place else f"  not here: genrelab data fetch {name}", soft_wrap=True)


@command.command()
def fetch(
    name: Annotated[str, typer.Argument(help="See 'genrelab data list'.", metavar="NAME")],
    folder: Annotated[Path | None, typer.Option("--folder", help="Where to put it.")] = None,
    json: o.Json = False,
) -> None:
    """Fetch a public table, resuming where an earlier try broke off, and check what came."""
    from genrelab import published

    with progress_shown() as progress:
        place = published.fetch(name, folder, progress)
    if json:
        emit({"name": name, "path": str(place)})
        return
    OUT.print(f"{name} is at [bold]{place}[/]", soft_wrap=True)


def _row(name: str) -> dict[str, object]:
    from dataclasses import asdict

    from genrelab.published import PUBLISHED, find

    place = find(name)
    return {"name": name, **asdict(PUBLISHED[name]), "path": str(place) if place else None}
