"""An exploration for people and programs: on the terminal, as plain values, as one page of HTML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path

import polars as pl
from rich.console import Console
from rich.text import Text

from genrelab.insight import document, terminal
from genrelab.insight.document import Card, Section
from genrelab.insight.exploration import plots, tables
from genrelab.insight.exploration.findings import Components, Exploration, Pair

ROW = 7
"""Most columns that stand beside each other in one picture of small histograms."""

GLOSSARY: Mapping[str, str] = {
    "quarter": "below the 1st quarter's value lies a quarter of the tracks, below the 3rd's three quarters",
    "Tukey's fences": "one and a half widths of the middle half below the 1st quarter and above the 3rd",
    "F": "variance between genres over variance within them; about 1 where the genres do not differ",
    "mutual information": "how much knowing the value tells of the genre, in nats; 0 where it tells nothing",
    "principal component": "a mixture of the columns; the first varies most, each next is unrelated to those"
    " before it",
}


def as_dict(found: Exploration) -> dict[str, object]:
    """Return an exploration as plain values; each table is a mapping from its columns to lists.

    Examples
    --------
    >>> from genrelab import schema
    >>> from genrelab.insight.exploration import explore
    >>> as_dict(explore(schema.sample(90, seed=0), "genre", ["energy", "tempo"]))["shares"]["genre"]
    ['rock', 'pop', 'jazz']
    """
    return {field.name: _plain(getattr(found, field.name)) for field in fields(found)}


def _plain(value: object) -> object:
    if isinstance(value, pl.DataFrame):
        return value.to_dict(as_series=False)
    if isinstance(value, Components):
        return {"explaining_0.9": value.explaining()} | {
            f.name: _plain(getattr(value, f.name)) for f in fields(value)
        }
    if isinstance(value, Pair):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


def render(found: Exploration, console: Console) -> None:
    """Print the essence: genres, ranges, relations, features, faults."""
    for note in found.notes:
        console.print(Text(terminal.clean(note), style="yellow"))
    said = [tables.tabulate_shares(found)] if found.genres else []
    said += [tables.tabulate_ranges(found), tables.tabulate_strongest(found)]
    if found.scores.height:
        said.append(tables.tabulate_scores(found))
    for table in (*said, tables.tabulate_faults(found)):
        terminal.show(table, console)
    if found.components is not None:
        console.print()
        console.print(Text(tables.explained(found.components), style="bold"))


def write_html(found: Exploration, path: Path | str, title: str = "What is in the table?") -> None:
    """Write an exploration as one HTML file that needs no network.

    Raises
    ------
    MissingExtra
        When plotly is not installed.
    OutputError
        When the file cannot be written.
    """
    document.write(path, title, list(sections(found)), glossary=GLOSSARY)


def sections(found: Exploration) -> Iterator[Section]:
    """Yield the tabs of the page."""
    if found.genres:
        shares = Card(tables.tabulate_shares(found), plots.draw_shares(found), wide=True)
        means = Card(tables.tabulate_means(found), plots.draw_means(found), wide=True)
        yield Section("Genres", (shares, means), found.notes)
    yield Section("Descriptors", tuple(_descriptors(found)), () if found.genres else found.notes)
    yield Section("Shapes", tuple(_shapes(found)))
    yield Section("Relations", tuple(_relations(found)))
    if found.scores.height:
        scores = Card(tables.tabulate_scores(found), plots.draw_scores(found), opened=True, wide=True)
        yield Section("Features", (scores,))
    if found.components is not None:
        yield Section("Components", tuple(_components(found.components)))
    yield Section("Faults", tuple(_faults(found)))


def _descriptors(found: Exploration) -> Iterator[Card]:
    yield Card(tables.tabulate_ranges(found), wide=True)
    words = tables.tabulate_histograms(found, found.columns, shares=True)
    yield Card(words, plots.draw_overlaid(found), wide=True)
    # Rows of about the same length.
    length = -(-len(found.columns) // -(-len(found.columns) // ROW))
    for first in range(0, len(found.columns), length):
        columns = found.columns[first : first + length]
        words = tables.tabulate_histograms(found, columns, shares=False)
        yield Card(words, plots.draw_small_multiples(found, columns), wide=True)


def _shapes(found: Exploration) -> Iterator[Card]:
    yield Card(tables.tabulate_densities(found), plots.draw_densities(found), wide=True)
    yield Card(tables.tabulate_boxes(found), plots.draw_boxes(found), wide=True)


def _relations(found: Exploration) -> Iterator[Card]:
    # Pairs stand side by side, so an odd one takes the whole width.
    for place, pair in enumerate(found.pairs, start=1):
        alone = place == len(found.pairs) and place % 2 == 1
        yield Card(tables.tabulate_pair(pair), plots.draw_pair(found, pair), wide=alone)
    yield Card(tables.tabulate_correlations(found), plots.draw_correlations(found), wide=True)


def _components(components: Components) -> Iterator[Card]:
    yield Card(
        tables.tabulate_components(components), plots.draw_components(components), opened=True, wide=True
    )
    yield Card(tables.tabulate_loadings(components), plots.draw_loadings(components), wide=True)


def _faults(found: Exploration) -> Iterator[Card]:
    yield Card(tables.tabulate_faults(found), wide=True)
    yield Card(tables.tabulate_missing(found), plots.draw_missing(found), wide=True)
    impossible = plots.draw_impossible(found)
    if impossible is not None:
        yield Card(tables.tabulate_impossible(found), impossible, wide=True)
    if found.listed.height:
        yield Card(tables.tabulate_listed(found), wide=True)
