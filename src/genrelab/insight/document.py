"""A page: one HTML document that holds its style, its script, its figures and its tables."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib import resources
from pathlib import Path
from string import Template

from genrelab import files
from genrelab.insight import drawing
from genrelab.insight.drawing import Figure
from genrelab.insight.tables import SYNTHETIC, UNREAL, Table

_WORDS = ' class="words"'
"""Of cells and headers that hold words, not figures."""


@dataclass(frozen=True, slots=True)
class Card:
    """A table, and the figure that shows it where there is one.

    Attributes
    ----------
    table
        Title, one sentence, and the figures in words.
    figure
        What is drawn above the table.
    opened
        Whether the table is shown at once; one without a figure always is.
    wide
        Whether the card takes the whole width of the page.
    """

    table: Table
    figure: Figure | None = None
    opened: bool = False
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A tab of the page: its name, notes that a reader must know, and its cards."""

    name: str
    cards: tuple[Card, ...]
    notes: tuple[str, ...] = ()


def write(
    path: Path | str,
    title: str,
    sections: Sequence[Section],
    *,
    glossary: Mapping[str, str] | None = None,
    synthetic: bool = False,
) -> None:
    """Write one HTML file that needs no network, about 4.9 MB; several sections become tabs.

    Raises
    ------
    MissingExtra
        When plotly is not installed.
    OutputError
        When the file cannot be written.
    """
    figures: dict[str, Figure] = {}
    body = [_section(section, place, figures, synthetic) for place, section in enumerate(sections)]
    names = [f"<b>{escape(section.name)}</b>" for section in sections]
    document = compose(
        title, [tabs(names), *body] if len(body) > 1 else body, figures, glossary or {}, synthetic=synthetic
    )
    with files.written_aside(path) as partial:
        partial.write_text(document, encoding="utf-8")


def compose(
    title: str,
    body: Sequence[str],
    figures: Mapping[str, Figure],
    glossary: Mapping[str, str],
    *,
    synthetic: bool,
) -> str:
    """Return the whole HTML document around a body; `figures` are drawn into the plots of their names."""
    banner = f'<p class="banner" role="note">{mark(synthetic=True)} {escape(UNREAL)}</p>'
    return Template(_part("page.html")).substitute(
        title=escape(title),
        style=_part("page.css"),
        banner=banner if synthetic else "",
        body="\n".join(body),
        glossary=_glossary(glossary),
        plotly=drawing.javascript(),
        figures=_json(figures),
        script=_part("page.js"),
    )


def mark(*, synthetic: bool) -> str:
    """Return the mark that stands beside every score of synthetic tracks; nothing for real ones."""
    return f'<span class="mark">{SYNTHETIC}</span>' if synthetic else ""


def tabs(names: Sequence[str]) -> str:
    """Return the buttons that choose a section; names are HTML."""
    buttons = "".join(
        f'<button role="tab" id="tab-{place}" aria-controls="report-{place}">{name}</button>'
        for place, name in enumerate(names)
    )
    return f'<div role="tablist" aria-label="Reports">{buttons}</div>'


def _section(section: Section, place: int, figures: dict[str, Figure], synthetic: bool) -> str:
    """Return one section, and put its figures among `figures`."""
    cards = []
    for number, one in enumerate(section.cards):
        name = f"plot-{place}-{number}"
        if one.figure is not None:
            figures[name] = one.figure
        cards.append(card(name, one, mark(synthetic=synthetic)))
    return (
        f'<section class="report" id="report-{place}" aria-label="{escape(section.name)}">'
        f'{notes(section.notes)}<div class="cards">{"".join(cards)}</div></section>'
    )


def card(name: str, one: Card, mark: str = "") -> str:
    """Return a figure with its words, and its table for those who cannot see it or want to copy."""
    wide = " wide" if one.wide else ""
    if one.figure is None:
        return f'<article class="card{wide}">{_title(one.table, mark)}{_table(one.table)}</article>'
    alternative = escape(f"{one.table.title}. {one.table.tells} The table below has the same figures.")
    return (
        f'<article class="card{wide}">{_title(one.table, mark)}'
        f'<div class="plot" id="{name}" role="img" aria-label="{alternative}"></div>'
        f"<details{' open' if one.opened else ''}><summary>As a table"
        f'<span class="unseen">: {escape(one.table.title)}</span></summary>{_table(one.table)}</details>'
        "</article>"
    )


def notes(said: Sequence[str]) -> str:
    """Return sentences in a box of their own; nothing where there are none."""
    items = "".join(f"<li>{escape(note)}</li>" for note in said)
    return f'<aside class="notes"><h2>To know</h2><ul>{items}</ul></aside>' if said else ""


def _part(name: str) -> str:
    return (resources.files(__package__) / name).read_text(encoding="utf-8")


def _json(figures: Mapping[str, Figure]) -> str:
    """Return JSON that cannot end the script tag it stands in."""
    text = json.dumps(figures, allow_nan=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _title(table: Table, mark: str) -> str:
    return f'<h2>{escape(table.title)}{mark}</h2><p class="quiet">{escape(table.tells)}</p>'


def _table(table: Table) -> str:
    head = "".join(
        f'<th scope="col"{_WORDS if 0 < place < table.names else ""}>{escape(header)}</th>'
        for place, header in enumerate(table.headers)
    )
    rows = "".join(_row(row, table.names) for row in table.rows)
    return (
        f'<div class="scroll" tabindex="0"><table>'
        f'<caption class="unseen">{escape(table.title)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _row(row: Sequence[str], names: int) -> str:
    first = f'<th scope="row">{escape(row[0])}</th>'
    words = "".join(f"<td{_WORDS}>{escape(cell)}</td>" for cell in row[1:names])
    return f"<tr>{first}{words}{''.join(f'<td>{escape(cell)}</td>' for cell in row[names:])}</tr>"


def _glossary(words: Mapping[str, str]) -> str:
    said = "".join(f"<dt>{escape(word)}</dt><dd>{escape(meaning)}</dd>" for word, meaning in words.items())
    if not said:
        return ""
    return f'<details class="card glossary"><summary>What the words mean</summary><dl>{said}</dl></details>'
