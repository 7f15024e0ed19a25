"""``genrelab explain``: why a model says what it says, of all tracks and of one song."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from genrelab.cli import _options as o
from genrelab.cli._console import OUT, emit, path, progress_shown, say

if TYPE_CHECKING:
    import polars as pl

    from genrelab.insight.explanation import Explanation
    from genrelab.insight.explanation_song import Song

EXAMPLES = """
genrelab explain model labelled.csv --report why.html
genrelab explain model labelled.csv --label genre --song "Blue Monday"
genrelab explain model new_songs.csv --song 17 --json
"""


def command(
    model: o.ModelDir,
    tables: o.Tables,
    label: Annotated[
        str | None,
        typer.Option(
            "--label",
            help="Column that holds the genre. By default the one that the model learned, if it is there.",
            metavar="COLUMN",
        ),
    ] = None,
    join: o.Join = None,
    query: o.Query = None,
    table: o.TableName = None,
    song: Annotated[
        str | None,
        typer.Option(
            "--song", help="Explain this track too: its title, or its row, from 1.", metavar="TITLE_OR_ROW"
        ),
    ] = None,
    repeats: Annotated[
        int, typer.Option("--repeats", help="Times that each column is shuffled.", metavar="N", min=1)
    ] = 5,
    most: Annotated[
        int, typer.Option("--most", help="Tracks used at most, drawn at random.", metavar="N", min=1)
    ] = 2000,
    seed: o.Seed = 0,
    report: o.Html = None,
    png: Annotated[
        Path | None,
        typer.Option("--png", help="Folder for tree.png, a picture of a decision tree.", metavar="DIR"),
    ] = None,
    overwrite: o.Overwrite = False,
    json: o.Json = False,
) -> None:
    """Explain why a model says what it says.

    Tells which columns it would miss, which features speak for and against each genre, how sure it is, and
    for one song what speaks for its genre. Tracks by artists that the model has not heard are used where the
    table has enough of them.
    """
    import genrelab
    from genrelab.cli import _tables
    from genrelab.insight import explanation, explanation_page, explanation_song, explanation_tree

    _tables.check_report(report, overwrite=overwrite)
    classifier = genrelab.load(model)
    if png is not None:
        explanation_tree.check_png(classifier, png, overwrite=overwrite)
    with progress_shown() as progress:
        given = _tables.read(tables, join, progress, classifier.card.columns, query=query, table=table)
        place = None if song is None else find(given.tracks, song)
        named = None if label is None else given.reading.column(label)
        found = explanation.explain(
            classifier,
            given.tracks,
            label=named,
            repeats=repeats,
            most=most,
            seed=seed,
            progress=progress,
        )
        one = None if place is None else explanation_song.explain_song(classifier, given.tracks, place)
        if report is not None:
            explanation_page.write_html(found, report, f"Why {found.model} says so: {given.name}", one)
        picture = None if png is None or found.tree is None else explanation_tree.write_png(found.tree, png)
    if json:
        emit({"reading": _tables.account(given), **as_dict(found, one)})
        return
    _tables.tell_reading(given)
    _tell(found, one)
    for name, written in (("picture", picture), ("report", report)):
        if written is not None:
            path(name, written)


def find(tracks: pl.DataFrame, song: str) -> int:
    """Find a track by its title, else by its row, from 1.

    Raises
    ------
    SettingError
        When there is none.

    Examples
    --------
    >>> import polars as pl
    >>> songs = pl.DataFrame({"title": ["Blue", "1999", "Red"]})
    >>> find(songs, "red"), find(songs, "1999"), find(songs, "1")
    (2, 1, 0)
    """
    from difflib import get_close_matches

    from genrelab.errors import SettingError
    from genrelab.identity import folded

    titles = tracks.select(folded("title"))["title"].to_list() if "title" in tracks.columns else []
    wanted = " ".join(song.lower().split())
    if wanted in titles:
        return titles.index(wanted)
    if song.strip().isdecimal() and 1 <= int(song) <= tracks.height:
        return int(song) - 1
    near = get_close_matches(wanted, {title for title in titles if title}, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"give a title, or a row from 1 to {tracks.height}"
    raise SettingError(f"--song: no track has the title {song!r}: {hint}")


def as_dict(found: Explanation, song: Song | None) -> dict[str, Any]:
    """Return an explanation as plain values; the points of its plots are left out."""
    from dataclasses import fields

    def plain(one: Any, leaving_out: tuple[str, ...] = ()) -> dict[str, Any]:
        values = {f.name: getattr(one, f.name) for f in fields(one) if f.name not in leaving_out}
        return {name: v.to_dicts() if hasattr(v, "to_dicts") else v for name, v in values.items()}

    tree = None if found.tree is None else plain(found.tree)
    told = {"explanation": {**plain(found, ("points", "tree")), "tree": tree}}
    return told if song is None else {**told, "song": {"sentence": song.sentence, **plain(song)}}


def _tell(found: Explanation, song: Song | None) -> None:
    """Print what matters most, and the song."""
    from genrelab.insight import explanation_tables as words
    from genrelab.insight.terminal import marked, show

    for note in found.notes:
        say(note)
    with marked(OUT, synthetic=found.synthetic):
        show(words.tabulate_permutation(found), OUT)
        if found.shap.height:
            show(words.tabulate_directions(found), OUT)
        if song is not None:
            OUT.print()
            for line in (song.sentence, *song.notes):
                say(line, "bold" if line == song.sentence else "")
            if song.contributions.height:
                show(words.tabulate_song(song), OUT)
            else:
                show(words.tabulate_probabilities(song), OUT)
