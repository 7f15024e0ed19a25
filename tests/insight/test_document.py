"""A page of sections and cards: whole, escaped, and the same in words as in figures."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from genrelab.errors import OutputError
from genrelab.insight import document, drawing
from genrelab.insight.document import Card, Section
from genrelab.insight.tables import SYNTHETIC, Table

NASTY = '</script><script>alert(1)</script> & "quoted"'
TABLE = Table("Genres", "How good each is.", ("genre", "F1"), (("pop", "0.5"), ("rock", "0.6")))
FIGURE: dict[str, Any] = drawing.framed([{"type": "bar", "x": [0.5, 0.6], "y": [0, 1]}], 200)
SECTIONS = (
    Section("First", (Card(TABLE, FIGURE), Card(TABLE)), ("to know",)),
    Section("Second", (Card(TABLE, FIGURE, opened=True, wide=True),)),
)


class Tags(HTMLParser):
    """Open and closed tags, in order; raises where one is closed that is not open."""

    VOID = frozenset({"meta", "br", "input", "link", "hr", "img", "path", "rect", "circle", "line"})

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.scripts += tag == "script"
        if tag not in self.VOID:
            self.opened.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.opened.pop() == tag


def written(tmp_path: Path, *sections: Section, **given: Any) -> str:
    path = tmp_path / "page.html"
    document.write(path, given.pop("title", "A page"), sections, **given)
    return path.read_text("utf-8")


def figures(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="figures">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    told: dict[str, Any] = json.loads(found.group(1))
    return told


def test_every_figure_has_a_place_and_a_table(tmp_path: Path) -> None:
    page = written(tmp_path, *SECTIONS)
    assert list(figures(page)) == ["plot-0-0", "plot-1-0"]
    assert all(f'id="{name}"' in page for name in figures(page))
    assert page.count("<table") == 3
    assert page.count("<details open>") == 1
    assert page.count('class="card wide"') == 1
    assert "<li>to know</li>" in page


def test_several_sections_are_tabs_and_one_is_none(tmp_path: Path) -> None:
    assert re.findall(
        r'role="tab" id="tab-(\d)" aria-controls="report-(\d)"><b>(\w+)', written(tmp_path, *SECTIONS)
    ) == [
        ("0", "0", "First"),
        ("1", "1", "Second"),
    ]
    assert '<button role="tab"' not in written(tmp_path, SECTIONS[0])


def test_a_page_is_sound_html_that_needs_no_network(tmp_path: Path) -> None:
    page = written(tmp_path, *SECTIONS, glossary={"F1": "of precision and recall"})
    tags = Tags()
    tags.feed(page)
    assert tags.opened == []
    # Plotly's own script names places that are never asked for: the policy forbids it.
    assert "default-src 'none'" in page
    assert not re.search(
        r'<(?:script|link|img|iframe)[^>]*(?:src|href)="(?!data:)', page.split("plotly.js v")[0]
    )
    assert "<dt>F1</dt><dd>of precision and recall</dd>" in page


def test_nothing_of_a_users_table_is_markup(tmp_path: Path) -> None:
    table = Table(NASTY, NASTY, (NASTY, "n"), ((NASTY, NASTY),))
    drawn = drawing.framed([{"type": "bar", "x": [1], "y": [0], "text": [NASTY]}], 200)
    section = Section(NASTY, (Card(table, drawn), Card(table)), (NASTY,))
    plain, nasty = Tags(), Tags()
    plain.feed(written(tmp_path, *SECTIONS[:1], SECTIONS[1]))
    nasty.feed(written(tmp_path, section, section, title=NASTY, glossary={NASTY: NASTY}))
    assert nasty.opened == []
    assert nasty.scripts == plain.scripts
    assert figures(written(tmp_path, section))["plot-0-0"]["data"][0]["text"] == [NASTY]


@pytest.mark.parametrize("synthetic", [True, False])
def test_synthetic_tracks_are_marked_on_every_card(tmp_path: Path, *, synthetic: bool) -> None:
    page = written(tmp_path, *SECTIONS, synthetic=synthetic)
    assert page.count(f'<span class="mark">{SYNTHETIC}</span>') == (4 if synthetic else 0)
    assert ('class="banner"' in page) == synthetic


def test_words_before_figures_are_set_apart(tmp_path: Path) -> None:
    table = Table("Pairs", "Two names.", ("one", "other", "n"), (("pop", "rock", "3"),), 2)
    page = written(tmp_path, Section("s", (Card(table),)))
    assert '<th scope="row">pop</th><td class="words">rock</td><td>3</td>' in page


def test_a_page_without_cards_can_be_written(tmp_path: Path) -> None:
    assert "<title>A page</title>" in written(tmp_path)


def test_a_page_cannot_replace_a_folder_and_leaves_no_halves(tmp_path: Path) -> None:
    (tmp_path / "page").mkdir()
    with pytest.raises(OutputError, match="page"):
        document.write(tmp_path / "page", "t", SECTIONS)
    broken = Section("s", (Card(TABLE, {"data": [float("nan")]}),))
    with pytest.raises(ValueError, match="JSON"):
        document.write(tmp_path / "other.html", "t", [broken])
    assert [path.name for path in tmp_path.iterdir()] == ["page"]
