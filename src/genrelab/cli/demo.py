"""``genrelab demo``: the whole walk on one command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from genrelab.cli import _options as o
from genrelab.cli._console import OUT, emit, path, printable, progress_shown, quiet, say
from genrelab.cli.evaluate import KEPT_STYLES

if TYPE_CHECKING:
    import polars as pl

    from genrelab.classifier import Classifier
    from genrelab.cli._tables import Given
    from genrelab.insight.results import Report
    from genrelab.preparation import Prepared

REAL = "spotify_30k"
MARKER = "demo.json"
OUTPUTS = ("model", "labels.csv", "report.html")
EXAMPLES = """
genrelab demo
genrelab demo --synthetic -o my-demo
"""


def command(
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Folder for model, labels and report.", metavar="DIR")
    ] = Path("genrelab-demo"),
    synthetic: Annotated[
        bool, typer.Option("--synthetic", help="Use the demo catalogue even where real tracks are found.")
    ] = False,
    rows: Annotated[
        int, typer.Option("--rows", help="Rows of the demo catalogue.", metavar="N", min=300)
    ] = 6000,
    model: o.Model = "lightgbm",
    seed: o.Seed = 0,
    threads: o.Threads = 2,
    json: o.Json = False,
) -> None:
    """Walk from a table to labelled songs on one command.

    Reads, audits, trains, announces, saves, labels songs by artists that were held out, and looks whether the
    promise was kept. It takes the 30,000 Spotify songs where 'genrelab data list' finds them, else a demo
    catalogue of synthetic tracks. It needs no network. An earlier demo in the same folder is replaced.
    """
    from genrelab.cli import _tables
    from genrelab.files import folder_written_aside
    from genrelab.insight import drawing

    o.model(model)
    drawing.javascript()
    with quiet(json), folder_written_aside(output, overwrite=True, ours=_is_demo) as place:
        given = _read(rows=rows, seed=seed, synthetic=synthetic)
        with _step("1  read", given):
            _tables.tell_reading(given)
        prepared = _tables.prepare(given, "genre", split="artist", rules=o.rules(None), seed=seed)
        with _step("2  audit and clean", given):
            _tables.tell_preparation(prepared)
        announced, found = _learn(prepared, model, place, given, seed=seed, threads=threads)
        with _step("5  the promise", given):
            _tell_promise(announced, found)
        told = _account(announced, found, given, output)
        (place / MARKER).write_text(dumps(told, indent=2) + "\n", "utf-8")
    if json:
        emit(told)
        return
    for name in OUTPUTS:
        path(f"{name:<11}", (output / name).absolute())


def _is_demo(folder: Path) -> bool:
    """Tell whether a demo wrote all that the folder holds: a user's own model has no marker beside it."""
    from genrelab import store

    names, model = {place.name for place in folder.iterdir()}, folder / "model"
    return MARKER in names <= {MARKER, *OUTPUTS} and (not model.exists() or store.is_model(model))


def _read(*, rows: int, seed: int, synthetic: bool) -> Given:
    """Read the real table where it is found, else draw a demo catalogue."""
    from genrelab import published
    from genrelab.cli import _tables
    from genrelab.sources import demo

    place = None if synthetic else published.find(REAL)
    if place is None:
        return _tables.Given(demo.read(rows, seed), "the demo catalogue", synthetic=True)
    with progress_shown() as progress:
        return _tables.read([place], None, progress)


def _learn(
    prepared: Prepared, model: str, place: Path, given: Given, *, seed: int, threads: int
) -> tuple[Report, Report]:
    """Train on four fifths of the tracks, use the model on the others, and report on both."""
    from dataclasses import replace

    import genrelab
    from genrelab.insight import evaluation
    from genrelab.insight import report as reports

    known, new = prepared.dataset.hold_out(0.2, seed=seed)
    with progress_shown() as progress:
        classifier = genrelab.train(known, model, seed=seed, threads=threads, progress=progress)
        table = evaluation.honesty(prepared, model, seed=seed, threads=threads, progress=progress)
    announced = replace(evaluation.announce(classifier), honesty=table)
    with _step("3  train, and announce what to expect", given, marked=False):
        reports.render(announced, OUT)
    genrelab.save(classifier, place / "model")
    songs = _label(classifier, new.tracks, place / "labels.csv")
    with _step("4  label songs by artists it has not heard", given):
        _tell_songs(songs)
    found = genrelab.evaluate(classifier, new.tracks, seed=seed)
    title = "genrelab demo on synthetic tracks" if given.synthetic else f"genrelab demo on {given.name}"
    reports.write_html([announced, found], place / "report.html", title)
    return announced, found


@contextmanager
def _step(name: str, given: Given, *, marked: bool = True) -> Iterator[None]:
    """Print what the block prints under a heading; a report marks synthetic tracks itself."""
    from genrelab.insight import terminal

    OUT.print()
    OUT.rule(name, align="left", style="cyan")
    with terminal.marked(OUT, synthetic=given.synthetic and marked):
        yield


def _label(classifier: Classifier, tracks: pl.DataFrame, place: Path) -> pl.DataFrame:
    """Label songs and write them, with the genre that they have beside the one that they are given."""
    from genrelab import writing
    from genrelab.labelling import IDENTITY

    labels = classifier.predict(tracks, min_confidence=0.4)
    names = [name for name in IDENTITY if name in tracks.columns]
    songs = tracks.select(*names, true_genre="genre").hstack(labels)
    writing.write(songs, place)
    return songs


def _tell_songs(songs: pl.DataFrame, count: int = 8) -> None:
    """Print some songs; names give way where the terminal is narrow, genres do not."""
    from rich.table import Table
    from rich.text import Text

    rows = [
        (title or "-", artist or "-", true, genre, f"{confidence:.2f}")
        for title, artist, true, genre, confidence in songs.head(count)
        .select("title", "artist", "true_genre", "genre", "confidence")
        .iter_rows()
    ]
    headers = ("title", "artist", "true genre", "genre", "confidence")
    widths = [max(len(cell) for cell in column) for column in zip(headers, *rows, strict=True)]
    room = OUT.width - sum(widths[2:]) - 2 * len(headers)
    artist = min(widths[1], room // 2)
    limits = (room - artist, artist, None, None, None)
    shown = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for header, limit in zip(headers, limits, strict=True):
        shown.add_column(header, overflow="ellipsis", no_wrap=True, max_width=limit)
    for row in rows:
        shown.add_row(*(Text(printable(cell)) for cell in row))
    OUT.print(shown)


def _tell_promise(announced: Report, found: Report) -> None:
    from genrelab.insight import evaluation

    promised, got = announced.scores["accuracy"], found.scores["accuracy"]
    say(f"announced  accuracy {promised.value:.3f}, 95 % interval {promised.low:.3f}-{promised.high:.3f}")
    say(f"found      accuracy {got.value:.3f} on {found.rows:,} tracks of {found.artists:,} unheard artists")
    style = KEPT_STYLES[evaluation.promise_kept(promised, found)]
    say(f"the promise: {evaluation.tell_promise(promised, found)}", style)


def _account(announced: Report, found: Report, given: Given, output: Path) -> dict[str, Any]:
    """Tell the same, ready for JSON."""
    from dataclasses import asdict

    from genrelab.insight import evaluation

    promised, got = announced.scores["accuracy"], found.scores["accuracy"]
    return {
        "synthetic": given.synthetic,
        "data": given.name,
        "announced": asdict(promised),
        "found": asdict(got),
        "kept": evaluation.promise_kept(promised, found),
        "model": str(output / "model"),
        "labels": str(output / "labels.csv"),
        "report": str(output / "report.html"),
    }
