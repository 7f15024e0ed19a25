"""``genrelab demo``: the whole walk on one command."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genrelab.cli import _options as o
from genrelab.cli._console import OUT, emit, progress_shown

if TYPE_CHECKING:
    from genrelab.cli._tables import Given

REAL = "spotify_30k"


def command(
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Folder for model, report and labels.", metavar="DIR")
    ] = Path("genrelab-demo"),
    synthetic: Annotated[
        bool, typer.Option("--synthetic", help="Use the bundled generator even where real data is found.")
    ] = False,
    model: Annotated[str, typer.Option("--model", help="See 'genrelab list models'.")] = "lightgbm",
    seed: o.Seed = 0,
    threads: o.Threads = 2,
    json: o.Json = False,
) -> None:
    """Read, audit, train, report, save and label: on real tracks where found, else on synthetic ones."""
    from dataclasses import asdict, replace

    import genrelab
    from genrelab import writing
    from genrelab.cli import _tables
    from genrelab.files import folder_written_aside
    from genrelab.insight import evaluation
    from genrelab.insight import report as reports

    with progress_shown() as progress, folder_written_aside(output, overwrite=True) as place:
        given = _given(synthetic, seed, progress)
        say = _sayer(given, quiet=json)
        say("1  read", lambda: _tables.tell_reading(given))
        prepared = _tables.prepare(given, "genre", None, "artist", None, 0, seed)
        say("2  audit and clean", lambda: _tables.tell_preparation(prepared))
        known, new = prepared.dataset.hold_out(0.2, seed=seed)
        classifier = genrelab.train(known, model, seed=seed, threads=threads, progress=progress)
        table = evaluation.honesty(prepared, model, seed=seed, threads=threads, progress=progress)
        announced = replace(evaluation.announce(classifier), honesty=table)
        say("3  train, and announce what to expect", lambda: reports.render(announced, OUT))
        genrelab.save(classifier, place / "model")
        labels = classifier.predict(new.tracks, min_confidence=0.4)
        songs = new.tracks.select("title", "artist", true_genre="genre").hstack(labels)
        writing.write(songs, place / "labels.csv")
        say("4  label songs by artists it has not heard", lambda: _tell_songs(songs.head(8)))
        found = genrelab.evaluate(classifier, new.tracks, seed=seed)
        reports.write_html([announced, found], place / "report.html", _title(given))
    promised, got = announced.scores["accuracy"], found.scores["accuracy"]
    if json:
        emit(
            {
                "synthetic": given.synthetic,
                "data": given.name,
                "announced": asdict(promised),
                "found": asdict(got),
                "kept": promised.holds(got.value),
                "model": str(output / "model"),
                "labels": str(output / "labels.csv"),
                "report": str(output / "report.html"),
            }
        )
        return
    say(
        "5  the promise",
        lambda: OUT.print(
            f"announced [bold]{promised.value:.3f}[/] ({promised.low:.3f}-{promised.high:.3f}),"
            f" got [bold]{got.value:.3f}[/] on {found.artists:,} unheard artists:"
            + (" kept" if promised.holds(got.value) else " [red]not kept[/]")
        ),
    )
    for name in ("model", "labels.csv", "report.html"):
        OUT.print(f"{name:<12} {(output / name).resolve()}", soft_wrap=True)


def _given(synthetic: bool, seed: int, progress: Callable[[str, float], None]) -> Given:
    """Read the real table where it is found, else draw a demo catalogue."""
    from genrelab import published
    from genrelab.cli import _tables
    from genrelab.sources import demo

    path = None if synthetic else published.find(REAL)
    if path is not None:
        return _tables.read([path], None, progress)
    reading = demo.read(seed=seed)
    return _tables.Given(reading.tracks, "the demo catalogue", reading, synthetic=True)


def _sayer(given: Given, *, quiet: bool) -> Callable[[str, Callable[[], None]], None]:
    """Return what prints one step; on synthetic data every line of it says so."""

    def say(step: str, tell: Callable[[], None]) -> None:
        if quiet:
            return
        OUT.rule(f"[bold]{step}[/]", align="left")
        if not given.synthetic:
            tell()
            return
        with OUT.capture() as captured:
            tell()
        for line in captured.get().splitlines():
            OUT.print(f"[dim]synthetic[/] {line}" if line.strip() else "", markup=True, soft_wrap=True)

    return say


def _title(given: Given) -> str:
    return "genrelab demo on synthetic tracks" if given.synthetic else f"genrelab demo on {given.name}"


def _tell_songs(songs: object) -> None:
    import polars as pl
    from rich.table import Table
    from rich.text import Text

    if not isinstance(songs, pl.DataFrame):
        raise TypeError("songs is a table")
    table = Table(box=None, pad_edge=False)
    for header in ("title", "artist", "true genre", "genre", "confidence"):
        table.add_column(header, overflow="ellipsis", no_wrap=True, max_width=34)
    for title, artist, true, genre, confidence in songs.iter_rows():
        table.add_row(*(Text(str(cell)) for cell in (title, artist, true, genre, f"{confidence:.2f}")))
    OUT.print(table)
