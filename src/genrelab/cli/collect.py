"""``genrelab collect``: asks a web service about artists or tracks and keeps every answer."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer
from typer.core import TyperOption

from genrelab.cli import _options as o
from genrelab.cli._console import ERR, OUT, emit, path, printable, progress_shown, say, tell
from genrelab.cli._verb import Verb, Verbs
from genrelab.services import SERVICES

if TYPE_CHECKING:
    from genrelab.collecting import Collected, Exported
    from genrelab.collection import Collection, Count, Unanswered
    from genrelab.insight.tables import Table
    from genrelab.services import Service, What
    from genrelab.sources import Reading

EXAMPLES = """
genrelab collect lastfm --tracks songs.csv -o collection.db
genrelab collect status collection.db
genrelab collect export collection.db -o tracks.parquet
"""
PLACE = Path("collection.db")
PER_ARTIST = 50
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


class Asking(Verb):
    """The command that asks the service of its name: its help says how, and it has the options that matter.

    A service is looked into only when its command is called: other commands start sooner.
    """

    def make_context(self, info_name: str | None, args: list[str], *more: Any, **extra: Any) -> Any:
        """Say how the service is asked, then read the arguments."""
        service = SERVICES[str(self.name)]
        unknown = {what for what in ("artists", "tracks") if what not in service.asked_by}
        unknown |= set() if service.per_artist else {"per_artist"}
        self.params = [param for param in self.params if param.name not in unknown]
        for param in self.params:
            for what, known in service.asked_by.items():
                if param.name == what and isinstance(param, TyperOption):
                    param.help = f"Table of {what}: {known}; also a database."
            if param.name == "url" and service.moved and isinstance(param, TyperOption):
                param.help = f"Ask another address ({service.moved})."
        self.help = _help(service)
        return super().make_context(info_name, args, *more, **extra)


def _help(service: Service) -> str:
    needs = " and ".join(service.variables)
    parts = [
        f"Ask {service.name} about {' or '.join(service.asked_by)}: {service.meaning}.",
        f"It needs {needs} in the environment." if needs else "It needs no key.",
        "Stopped at any moment and started again, it goes on from where it was: nothing that was answered is"
        " lost, or asked again. Names and ids are found in the table's columns.",
        service.terms,
    ]
    return "\n\n".join(part for part in parts if part)


def _asking(service: str) -> Callable[..., None]:
    """Make the command that asks a service."""

    def ask(
        artists: Annotated[
            str | None, typer.Option("--artists", help="Table of artists.", metavar="TABLE")
        ] = None,
        tracks: Annotated[
            str | None, typer.Option("--tracks", help="Table of tracks.", metavar="TABLE")
        ] = None,
        query: o.Query = None,
        table: o.TableName = None,
        output: Annotated[
            Path,
            typer.Option(
                "-o", "--output", help="File that keeps the answers; where it exists, it goes on.",
                metavar="COLLECTION",
            ),
        ] = PLACE,
        per_artist: Annotated[
            int, typer.Option("--per-artist", help="Tracks of each artist.", metavar="N", min=1)
        ] = PER_ARTIST,
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
        from genrelab import collecting, sources

        place, what = _chosen(artists, tracks, SERVICES[service])
        with _kept(output), progress_shown() as progress:
            reading = sources.read(place, query=query, table=table, progress=progress)
            collected = collecting.collect(
                service,
                reading.tracks,
                what,
                output,
                tracks_per_artist=per_artist or PER_ARTIST,
                address=url,
                longest_wait=max_wait,
                tries=tries,
                progress=progress,
                noted=_unheard if json else _say_at_once,
            )
        collected.check()
        if json:
            emit(_account(collected, reading))
            return
        _tell(collected, reading, sources.named(place, query=query, table=table), what)

    return ask


for _name in SERVICES:
    command.command(
        _name,
        cls=Asking,
        epilog=f"genrelab collect {_name} --tracks songs.csv -o collection.db",
        help=f"Ask {_name}, and keep every answer.",
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
        emit(_account_of(exported, collection, missing))
        return
    _tell_exported(exported)
    path(exported.what, output)
    if missing is not None:
        path("missing", missing)


def _account_of(exported: Exported, collection: Path, missing: Path | None) -> dict[str, Any]:
    return {
        "collection": str(collection),
        "service": exported.service,
        "output": str(exported.path),
        "what": exported.what,
        "rows": exported.rows,
        "missing": exported.missing,
        "not_asked": dict(exported.unasked),
        "lacking": dict(exported.lacking),
        "terms": _terms(exported.service),
        "missing_output": str(missing) if missing else None,
    }


def _tell_exported(exported: Exported) -> None:
    rows, what = exported.rows, exported.what
    say(f"{_many(rows, what)} written", "bold")
    for name, count in exported.lacking.items():
        if count:
            say(f"{count:,} of {_many(rows, what)} {_have(count)} no {name}")
    if lost := exported.missing - sum(exported.unasked.values()):
        say(f"{lost:,} of the rows that were asked for got no answer")
    _tell_unasked(exported.unasked)
    if terms := _terms(exported.service):
        say(terms, "yellow")


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
        counts = [
            (standing["meanings"][kind], tuple(states.values()))
            for kind, states in standing["counts"].items()
        ]
        terminal.show(_table(name, counts), OUT)
        _tell_rows(standing["wanted"])
        _tell_unasked(standing["not_asked"])
        tell(("note", note) for note in standing["notes"])
        if standing["terms"]:
            say(standing["terms"], "yellow")


def _chosen(artists: str | None, tracks: str | None, service: Service) -> tuple[str, What]:
    from genrelab.errors import SettingError

    if tracks is None and list(service.asked_by) == ["tracks"]:
        raise SettingError("--tracks: not given: give a table of tracks")
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
        "not_asked": collection.count_unasked(),
        "notes": list(collection.notes()),
        "meanings": {count.kind: collection.meaning(count.kind) for count in collection.counts()},
        "terms": _terms(collection.service),
    }


def _account(collected: Collected, reading: Reading) -> dict[str, Any]:
    return {
        "collection": str(collected.path),
        "service": collected.service,
        "rows": reading.tracks.height,
        "rejected": reading.rejected.height,
        "counts": {count.kind: _states(count) for count in collected.counts},
        "wanted": _states(collected.wanted),
        "not_asked": dict(collected.unasked),
        "repeated": collected.repeated,
        "unanswered": [asdict(why) for why in collected.unanswered],
        "notes": list(collected.notes),
        "terms": _terms(collected.service),
        "requests": collected.requests,
        "seconds": collected.seconds,
    }


def _tell(collected: Collected, reading: Reading, name: str, what: What) -> None:
    """Print what came of a run."""
    from genrelab.insight import terminal

    service = SERVICES[collected.service]
    asked = _many(collected.requests, "requests")
    say(f"{_many(reading.tracks.height, what)} from {name}, {asked}", "bold")
    if reading.rejected.height:
        say(f"{_many(reading.rejected.height, 'rows')} of {name} could not be read", "yellow")
    _tell_unasked(collected.unasked)
    if collected.repeated:
        say(_many(collected.repeated, "repeat others", "repeats another"))
    meanings = {kind.name: kind.meaning for kind in service.kinds(1)}
    counts = [
        (meanings.get(count.kind, count.kind), tuple(_states(count).values())) for count in collected.counts
    ]
    terminal.show(_table(service.name, counts), OUT)
    _tell_unanswered(collected.unanswered)
    _tell_rows(_states(collected.wanted))
    if collected.unanswered and collected.wanted.answered:
        _point_to_missing(collected)
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
    asked = sum(wanted.values())
    say(f"{wanted['answered']:,} of {_many(asked, 'rows')} that {_was(asked)} asked for got an answer")


def _tell_unasked(unasked: Mapping[str, int]) -> None:
    for reason, count in unasked.items():
        say(f"{_many(count, 'rows')} could not be asked: {reason}", "yellow")


def _tell_unanswered(unanswered: Sequence[Unanswered]) -> None:
    for why in unanswered:
        say(f"{why.count:,} {why.state}: {why.reason or 'no reason was given'}", "yellow")


def _point_to_missing(collected: Collected) -> None:
    given = f"{shlex.quote(str(collected.path))} --service {collected.service}"
    command = f"genrelab collect export {given} -o tracks.parquet --missing missing.csv"
    say("each row without an answer, with why:")
    OUT.print(printable(command), soft_wrap=True)  # in one line, to be copied


def _terms(service: str) -> str:
    """Return the terms of a service; a collection may hold one that is not known."""
    return SERVICES[service].terms if service in SERVICES else ""


def _many(count: int, plural: str, one: str = "") -> str:
    """Count things; of one, without the s at the end.

    Examples
    --------
    >>> _many(1, "rows"), _many(2000, "rows"), _many(1, "repeat others", "repeats another")
    ('1 row', '2,000 rows', '1 repeats another')
    """
    return f"{count:,} {plural if count != 1 else one or plural.removesuffix('s')}"


def _was(count: int) -> str:
    return "was" if count == 1 else "were"


def _have(count: int) -> str:
    return "has" if count == 1 else "have"
