"""The page, the terminal and the plain values."""

from __future__ import annotations

import io
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from genrelab.insight.exploration import Exploration, report

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def printed(found: Exploration) -> str:
    console = Console(width=80, file=io.StringIO(), color_system=None)
    report.render(found, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_essence_fits_two_screens(found: Exploration) -> None:
    shown = printed(found)
    lines = shown.splitlines()
    assert max(map(len, lines)) <= 80
    assert len(lines) <= 115
    assert "\x1b" not in shown
    for part in ("Tracks of each genre", "Range of every column", "tempo is 0", "components explain 90 %"):
        assert part in shown


def test_without_a_label_nothing_is_said_of_genres(whole: Exploration) -> None:
    shown = printed(whole)
    assert "Tracks of each genre" not in shown
    assert "tells genres apart" not in shown


def test_plain_values_hold_every_table(found: Exploration) -> None:
    told = json.loads(json.dumps(report.as_dict(found)))
    assert set(told) == set(found.__slots__)
    assert told["shares"]["tracks"] == found.shares["tracks"].to_list()
    assert found.components is not None
    assert told["components"]["explaining_0.9"] == found.components.explaining()
    assert told["pairs"][0]["of"] == 501


def test_tabs_are_those_that_have_something_to_show(found: Exploration, whole: Exploration) -> None:
    names = [section.name for section in report.sections(found)]
    assert names == ["Genres", "Descriptors", "Shapes", "Relations", "Features", "Components", "Faults"]
    alone = [section.name for section in report.sections(whole)]
    assert alone == ["Descriptors", "Shapes", "Relations", "Components", "Faults"]
    assert next(report.sections(found)).notes == found.notes


def test_the_page_is_whole_and_light(found: Exploration, songs: Any, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    report.write_html(found, path, "a <b>table</b>")
    text = path.read_text("utf-8")
    assert path.stat().st_size < 8e6
    assert "<title>a &lt;b&gt;table&lt;/b&gt;</title>" in text
    assert "<script>alert(1)" not in text
    figures = re.search(r'id="figures">(.*?)</script>', text, re.DOTALL)
    assert figures is not None
    # Counts and 2,000 points of a pair at most: no figure holds the table.
    assert len(figures[1]) < 1.5e6
    assert songs["title"][100] not in figures[1]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


def test_every_tab_is_drawn_and_asks_no_network(found: Exploration, browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    report.write_html(found, path)
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    troubles: list[str] = []
    page.on("console", lambda said: None if "MathJax" in said.text else troubles.append(said.text))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("request", lambda asked: troubles.append(asked.url) if asked.url.startswith("http") else None)
    page.goto(path.as_uri())
    tabs = page.locator("[role=tab]")
    for place in range(tabs.count()):
        tabs.nth(place).click()
        page.wait_for_timeout(100)
        shown = page.locator("section.report:not([hidden]) .plot")
        assert shown.count() > 0
        assert shown.locator(".main-svg").count() >= shown.count(), tabs.nth(place).inner_text()
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    assert troubles == []
    page.close()
