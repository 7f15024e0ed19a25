"""``genrelab collect``: asks a web service about artists or tracks and keeps every answer."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from genrelab.cli import _options as o
from genrelab.cli._console import ERR, OUT, emit, path, printable, progress_shown, say, tell
from genrelab.cli._verb import Verb, Verbs
from genrelab.services import SERVICES

if TYPE_CHECKING:
    from genrelab.collecting import Collected
    from genrelab.collection import Collection, Count
    from genrelab.insight.tables import Table
    from genrelab.services import What
    from genrelab.sources import Reading

EXAMPLES = """
genrelab collect lastfm --tracks songs.csv -o collection.db
genrelab collect status collection.db
genrelab collect export collection.db -o tracks.parquet
"""
PLACE = Path("collection.db")
command = typer.Typer(
    cls=Verbs,
    help="Ask a web service about tracks, and keep its answers.",
    epilog=EXAMPLES,
    rich_markup_mode=None,
)

Given: TypeAlias = Annotated[Path, typer.Argument(help="By default collection.db.", metavar="[COLLECTION]")]
ServiceName: TypeAlias = Annotated[
    str | None,
    typer.Option("--service", help="Whose answers, where the file holds several services'.", metavar="NAME"),
]


def _asking(service: str) -> Callable[..., None]:
    """Make the command that asks a service."""

    def ask(
        artists: Annotated[
            Path | None,
            typer.Option("--artists", help="Table of artists: their names or ids.", metavar="FILE"),
        ] = None,
        tracks: Annotated[
            Path | None,
            typer.Option("--tracks", help="Table of tracks: ids, or titles with artists.", metavar="FILE"),
        ] = None,
        output: Annotated[
            Path,
            typer.Option(
                "-o", "--output", help="File that keeps the answers; where it exists, it goes on.",
                metavar="COLLECTION",
            ),
        ] = PLACE,
        per_artist: Annotated[
            int, typer.Option("--per-artist", help="Tracks of each artist.", metavar="N", min=1)
        ] = 50,
        max_wait: Annotated[
            float,
            typer.Option(
                "--max-wait", help="Longest time to wait when the service asks to wait.",
                metavar="SECONDS", min=0,
            ),
        ] = 60.0,
        tries: Annotated[
            int, typer.Option("--tries", help="How often to send a request that fails.", metavar="N", min=1)
        ] = 5,
        url: Annotated[
            str | None, typer.Option("--url", help="Ask another address.", metavar="ADDRESS")
        ] = None,
        json: o.Json = False,
    ) -> None:  # fmt: skip
        from genrelab import collecting
        from genrelab.sources import table

        file, what = _chosen(artists, tracks)
        with _kept(output), progress_shown() as progress:
            reading = table.read(file, progress=progress)
            collected = collecting.collect(
                service,
                reading.tracks,
                what,
                output,
                tracks_per_artist=per_artist,
                address=url,
                longest_wait=max_wait,
                tries=tries,
                progress=progress,
                noted=_unheard if json else _say_at_once,
            )
        if json:
            emit(_account(collected, reading))
            return
        _tell(collected, reading, file, what)

    return ask


for _name in SERVICES:
    command.command(
        _name,
        cls=Verb,
        epilog=f"genrelab collect {_name} --tracks songs.csv -o collection.db",
        help=f"Ask {_name} about artists or tracks.\n\n"
        "Stopped at any moment and started again, it goes on from where it was: nothing that was answered is"
        " lost, or asked again. Names and ids are found in the table's columns.",
    )(_asking(_name))


@command.command(cls=Verb, epilog="genrelab collect export collection.db -o tracks.parquet")
def export(
    output: Annotated[
        Path, typer.Option("-o", "--output", help="File to write: .csv, .json or .parquet.", metavar="OUT")
    ],
    collection: Given = PLACE,
    service: ServiceName = None,
    min_count: Annotated[
        int,
        typer.Option(
            "--min-count", help="Leave out tags that were given less often, of 100.", metavar="N", min=0
        ),
    ] = 10,
    missing: Annotated[
        Path | None,
        typer.Option(
            "--missing", help="Write the rows that got no answer here, each with why.", metavar="OUT"
        ),
    ] = None,
    overwrite: o.Overwrite = False,
    json: o.Json = False,
) -> None:
    """Write the tracks of a collection as a table.

    It can be written at any time, also while 'genrelab collect' is at work.
    """
    from genrelab import collecting, writing

    for place in (output, *([missing] if missing else [])):
        writing.check(place, overwrite=overwrite)
    with progress_shown() as progress:
        exported = collecting.export(
            collection, output, service=service, min_count=min_count, missing=missing, progress=progress
        )
    if json:
        told = {"output": str(output), "rows": exported.rows, "missing": exported.missing}
        emit({"collection": str(collection), **told, "missing_output": missing and str(missing)})
        return
    say(f"{exported.rows:,} tracks written", "bold")
    if exported.missing:
        say(f"{exported.missing:,} of the rows that were asked for got no answer")
    path("tracks", output)
    if missing is not None:
        path("missing", missing)


@command.command(cls=Verb, epilog="genrelab collect status collection.db")
def status(collection: Given = PLACE, service: ServiceName = None, json: o.Json = False) -> None:
    """Tell how far a collection is."""
    from genrelab.collection import Collection, services
    from genrelab.insight import terminal

    found: dict[str, Any] = {}
    for name in (service,) if service else services(collection):
        with Collection(collection, name) as opened:
            found[name] = _standing(opened)
    if json:
        emit({"collection": str(collection), "services": found})
        return
    if not found:
        say(f"{collection} holds nothing yet")
    for name, standing in found.items():
        counts = [(kind, tuple(states.values())) for kind, states in standing["counts"].items()]
        terminal.show(_table(name, counts), OUT)
        _tell_rows(standing["wanted"])


def _chosen(artists: Path | None, tracks: Path | None) -> tuple[Path, What]:
    from genrelab.errors import SettingError

    if artists is not None and tracks is None:
        return artists, "artists"
    if tracks is not None and artists is None:
        return tracks, "tracks"
    given = "both" if artists else "neither"
    raise SettingError(f"--artists, --tracks: {given} given: give one table, of artists or of tracks")


@contextmanager
def _kept(collection: Path) -> Iterator[None]:
    """Say, when collecting is interrupted, that it can go on."""
    try:
        yield
    except KeyboardInterrupt:
        sys.stderr.write(f"all answers so far are kept in {collection}: the same command goes on\n")
        raise


def _say_at_once(note: str) -> None:
    """Tell a note above the progress, without waiting for the end."""
    ERR.print(printable(f"note: {note}"), soft_wrap=True)


def _unheard(note: str) -> None:
    """Tell nobody: the note stands in the JSON."""


def _states(count: Count) -> dict[str, int]:
    return {state: getattr(count, state) for state in ("answered", "absent", "failed", "open")}


def _standing(collection: Collection) -> dict[str, Any]:
    return {
        "counts": {count.kind: _states(count) for count in collection.counts()},
        "wanted": _states(collection.count_wanted()),
    }


def _account(collected: Collected, reading: Reading) -> dict[str, Any]:
    return {
        "collection": str(collected.path),
        "service": collected.service,
        "rows": reading.tracks.height,
        "rejected": reading.rejected.height,
        "counts": {count.kind: _states(count) for count in collected.counts},
        "wanted": _states(collected.wanted),
        "notes": list(collected.notes),
        "terms": SERVICES[collected.service].terms,
        "requests": collected.requests,
        "seconds": collected.seconds,
    }


def _tell(collected: Collected, reading: Reading, file: Path, what: What) -> None:
    """Print what came of a run."""
    from genrelab.insight import terminal

    service = SERVICES[collected.service]
    say(f"{reading.tracks.height:,} {what} from {file.name}, {collected.requests:,} requests", "bold")
    if reading.rejected.height:
        say(f"{reading.rejected.height:,} rows of {file.name} could not be read", "yellow")
    meanings = {kind.name: kind.meaning for kind in service.kinds(1)}
    counts = [
        (meanings.get(count.kind, count.kind), tuple(_states(count).values())) for count in collected.counts
    ]
    terminal.show(_table(service.name, counts), OUT)
    _tell_rows(_states(collected.wanted))
    tell(("note", note) for note in collected.notes)
    if service.terms:
        say(service.terms, "yellow")
    path("collection", collected.path)


def _table(name: str, counts: Sequence[tuple[str, tuple[int, ...]]]) -> Table:
    from genrelab.insight.tables import Table

    return Table(
        f"asked of {name}",
        "Absent: the service has nothing. Failed: no answer yet; the next run asks again.",
        ("what", "answered", "absent", "failed", "open"),
        tuple((kind, *(f"{count:,}" for count in states)) for kind, states in counts),
    )


def _tell_rows(wanted: dict[str, int]) -> None:
    say(f"{wanted['answered']:,} of {sum(wanted.values()):,} rows that were asked for got an answer")
