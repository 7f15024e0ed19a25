"""``genrelab evaluate``: score a model on a labelled table that it did not learn from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genrelab.cli import _options as o
from genrelab.cli._console import OUT, emit, path, progress_shown, say, tell

if TYPE_CHECKING:
    from genrelab.classifier import Classifier
    from genrelab.cli._tables import Given
    from genrelab.crosswalk import Crosswalk
    from genrelab.insight.results import Report, Score

KEPT_STYLES = {True: "bold green", False: "bold red", None: "bold yellow"}

EXAMPLES = """
genrelab evaluate model labelled.csv --label genre --report found.html
genrelab evaluate model others.csv --label style --draft-map map.toml
genrelab evaluate model others.csv --label style --map map.toml
"""

MapFile = Annotated[
    Path | None,
    typer.Option(
        "--map",
        help="Crosswalk for a table with other names for genres: a TOML file, as --draft-map writes it.",
        metavar="FILE",
    ),
]
DraftFile = Annotated[
    Path | None,
    typer.Option(
        "--draft-map",
        help="Score nothing, but write a first crosswalk, from the table's genres to the model's, to edit.",
        metavar="FILE",
    ),
]


def command(
    model: o.ModelDir,
    tables: o.Tables,
    label: o.Label,
    join: o.Join = None,
    query: o.Query = None,
    table: o.TableName = None,
    map: MapFile = None,
    draft_map: DraftFile = None,
    seed: o.Seed = 0,
    report: o.Html = None,
    overwrite: o.Overwrite = False,
    together: o.Together = False,
    json: o.Json = False,
) -> None:
    """Score a model on a labelled table, beside what it announced.

    The table should be one that the model did not learn from; how many of its artists the model has met is
    said. Where it has other names for genres, --draft-map writes a crosswalk between both, and --map scores
    with it once a person has looked it over.
    """
    import genrelab
    from genrelab import crosswalk
    from genrelab.cli import _tables

    _check_outputs(map, draft_map, report, overwrite=overwrite)
    _tables.check_report(report, overwrite=overwrite)
    chosen = None if map is None else crosswalk.load(map)
    classifier = genrelab.load(model)
    if chosen is not None:
        crosswalk.common(classifier.genres, chosen)
    with progress_shown() as progress:
        given = _tables.read(tables, join, progress, classifier.card.columns, query=query, table=table)
        column = given.reading.column(label)
        if draft_map is None:
            progress("scoring", 0.5)
            found = genrelab.evaluate(
                classifier, given.tracks, column, together=together, seed=seed, crosswalk=chosen
            )
    if draft_map is not None:
        _draft(classifier, given, column, draft_map, overwrite=overwrite, json=json)
        return
    _show(classifier, given, found, report, together=together, json=json)


def _check_outputs(map: Path | None, draft_map: Path | None, report: Path | None, *, overwrite: bool) -> None:
    """Raise at once at options that do not fit together, or at a draft that cannot be written."""
    from genrelab import crosswalk
    from genrelab.errors import SettingError

    if draft_map is None:
        return
    for name, value in (("--map", map), ("--report", report)):
        if value is not None:
            raise SettingError(
                f"--draft-map: scores nothing yet: leave {name} out, and score with --map later"
            )
    crosswalk.check(draft_map, overwrite=overwrite)


def _show(
    classifier: Classifier, given: Given, found: Report, report: Path | None, *, together: bool, json: bool
) -> None:
    """Write and print what was found, beside what was announced."""
    from dataclasses import asdict

    from genrelab.cli import _tables
    from genrelab.insight import evaluation, terminal
    from genrelab.insight import report as reports

    if report is not None:
        reports.write_html(found, report, f"{found.model} on {given.name}")
    announced = evaluation.expected(classifier, given.tracks.columns, together=together)
    if json:
        emit(
            {
                "reading": _tables.account(given),
                "report": reports.as_dict(found),
                "announced": None if announced is None else asdict(announced),
                "kept": evaluation.promise_kept(announced, found),
            }
        )
        return
    _tables.tell_reading(given)
    reports.render(found, OUT)
    with terminal.marked(OUT, synthetic=found.synthetic):
        _tell_promise(announced, found)
    if report is not None:
        path("report", report)


def _draft(
    classifier: Classifier, given: Given, label: str, place: Path, *, overwrite: bool, json: bool
) -> None:
    """Write a crosswalk by names, and say what is left for a person to do."""
    from genrelab import crosswalk, dataset
    from genrelab.cli import _tables
    from genrelab.insight import crossing

    dataset.check_label(given.tracks, label)
    counts = crossing.count_genres(given.tracks, label)
    drafted = crosswalk.draft(counts, classifier.genres)
    crosswalk.write(drafted, place, counts, classifier.genres, overwrite=overwrite)
    without = {genre: count for genre, count in counts.items() if genre not in drafted.genres}
    if json:
        genres = {genre: list(known) for genre, known in drafted.genres.items()}
        emit({"reading": _tables.account(given), "draft": str(place), "genres": genres, "left_out": without})
        return
    _tables.tell_reading(given)
    _tell_draft(drafted, counts, without)
    path("draft", place)
    say("Look it over and edit it, then score with --map in place of --draft-map.", "bold")


def _tell_draft(drafted: Crosswalk, counts: dict[str, int], without: dict[str, int]) -> None:
    paired = sum(counts[genre] for genre in drafted.genres)
    say(
        f"{len(drafted.genres)} of {len(counts)} genres have found a partner: {paired:,} of"
        f" {sum(counts.values()):,} tracks that have a genre"
    )
    tell((f"  {genre}", ", ".join(known)) for genre, known in drafted.genres.items())
    if without:
        said = ", ".join(f"{genre} {count:,}" for genre, count in without.items())
        tell([("  no partner", said)], "yellow")


def _tell_promise(announced: Score | None, found: Report) -> None:
    from genrelab.insight import evaluation

    if announced is not None:
        told = f"accuracy {announced.value:.3f}, 95 % interval {announced.low:.3f}-{announced.high:.3f}"
        say(f"announced: {told}")
    style = KEPT_STYLES[evaluation.promise_kept(announced, found)]
    say(f"the promise: {evaluation.tell_promise(announced, found)}", style)
