"""The page as a browser shows it."""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from genrelab.insight import page, report
from genrelab.insight.results import ConfidenceBin, Report

MakeReport = Callable[..., Report]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
NASTY = ("<script>alert(1)</script>", "R&B", "</script><img src=x onerror=alert(2)>", "1990")
FIFTEEN = (
    "Underground Rap", "Dark Trap", "Hiphop", "trance", "trap", "techhouse", "dnb", "psytrance", "techno",
    "hardstyle", "RnB", "Trap Metal", "Rap", "Emo", "Pop",
)  # fmt: skip
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")


@dataclass
class Visit:
    """An open page, and what went wrong on it."""

    page: Any
    troubles: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def open(self, path: Path) -> None:
        self.page.goto(path.as_uri())
        self.page.wait_for_selector("section.report:not([hidden]) .plot .main-svg")
        self.page.wait_for_timeout(300)

    def dismiss(self, dialog: Any) -> None:
        self.troubles.append(f"a dialog: {dialog.message}")
        dialog.dismiss()

    def evaluate(self, script: str) -> Any:
        return self.page.evaluate(script)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as driver:
        # chromium's sandbox needs rights that a container does not give; the page is our own.
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


@pytest.fixture
def visit(browser: Any) -> Iterator[Visit]:
    opened = browser.new_page(viewport={"width": 1200, "height": 900}, color_scheme="light")
    seen = Visit(opened)
    opened.on("console", lambda said: seen.troubles.append(f"{said.type}: {said.text}"))
    opened.on("pageerror", lambda error: seen.troubles.append(str(error)))
    opened.on("dialog", seen.dismiss)
    opened.on("request", lambda request: seen.requests.append(request.url))
    yield seen
    opened.close()


UNDRAWN = """() => [...document.querySelectorAll("section.report:not([hidden]) .plot, .first .plot")]
    .filter((plot) => !plot.querySelector(".main-svg path, .main-svg image")).map((plot) => plot.id)"""
CLIPPED = """() => [...document.querySelectorAll(".plot")].flatMap((plot) => {
    const box = plot.getBoundingClientRect();
    return [...plot.querySelectorAll("text")].filter((text) => {
        const at = text.getBoundingClientRect();
        return at.width && (at.left < box.left - 2 || at.right > box.right + 2 || at.bottom > box.bottom + 2);
    }).map((text) => `${plot.id}: ${text.textContent}`);
})"""
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@needs_chromium
def test_every_plot_is_drawn_without_network_or_error(
    make_report: MakeReport, visit: Visit, tmp_path: Path
) -> None:
    path = tmp_path / "report.html"
    report.write_html(make_report(), path)
    visit.open(path)
    assert visit.evaluate("document.querySelectorAll('.plot').length") == len(page.CARDS)
    assert visit.evaluate(UNDRAWN) == []
    assert visit.troubles == []
    assert [url for url in visit.requests if not url.startswith("data:")] == [path.as_uri()]


@needs_chromium
def test_names_from_tables_stay_words(make_report: MakeReport, visit: Visit, tmp_path: Path) -> None:
    title = "<script>alert(3)</script>"
    nasty = make_report(NASTY, model=title, origin=title, notes=(title,), importance={NASTY[2]: 1.0})
    report.write_html([nasty, make_report(NASTY)], tmp_path / "report.html", title=title)
    visit.open(tmp_path / "report.html")
    assert visit.troubles == []
    assert visit.evaluate("document.querySelectorAll('img[onerror]').length") == 0
    assert visit.page.title() == title
    assert visit.evaluate("document.querySelector('h1').textContent") == title
    ticks = "[...document.querySelectorAll('#plot-0-2 .ytick text')].map((text) => text.textContent)"
    shown = visit.evaluate(ticks)
    assert {"R&B", "1990"} <= set(shown)
    assert any(tick.startswith("<script>alert(") for tick in shown)


@needs_chromium
@pytest.mark.parametrize("genres", [("a", "b", "c"), NASTY, FIFTEEN])
@pytest.mark.parametrize("width", [390, 1200])
def test_nothing_is_clipped(
    make_report: MakeReport, visit: Visit, tmp_path: Path, genres: tuple[str, ...], width: int
) -> None:
    visit.page.set_viewport_size({"width": width, "height": 844})
    report.write_html(make_report(genres), tmp_path / "report.html")
    visit.open(tmp_path / "report.html")
    assert visit.evaluate(CLIPPED) == []
    assert visit.evaluate(SIDEWAYS) == 0


@needs_chromium
def test_tabs_show_one_report_and_paper_shows_all(
    make_report: MakeReport, visit: Visit, tmp_path: Path
) -> None:
    held_out = make_report(seed=9, origin="held-out table songs.csv", honesty=())
    report.write_html([make_report(), held_out], tmp_path / "report.html")
    visit.open(tmp_path / "report.html")
    visible = "[...document.querySelectorAll('section.report')].map((section) => !section.hidden)"
    assert visit.evaluate(visible) == [True, False]
    visit.page.focus("#tab-0")
    visit.page.keyboard.press("ArrowRight")
    assert visit.evaluate(visible) == [False, True]
    assert visit.evaluate(UNDRAWN) == []
    visit.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert visit.evaluate(visible) == [True, True]
    assert visit.evaluate(UNDRAWN) == []
    visit.evaluate("dispatchEvent(new Event('afterprint'))")
    assert visit.evaluate(visible) == [False, True]
    assert visit.troubles == []


@needs_chromium
def test_plots_follow_the_dark(make_report: MakeReport, visit: Visit, tmp_path: Path) -> None:
    report.write_html(make_report(), tmp_path / "report.html")
    visit.open(tmp_path / "report.html")
    colour = "getComputedStyle(document.querySelector('#plot-0-0 .ytick text')).fill"
    light = visit.evaluate(colour)
    visit.page.emulate_media(color_scheme="dark")
    visit.page.wait_for_timeout(300)
    assert light == "rgb(27, 34, 48)"
    assert visit.evaluate(colour) == "rgb(232, 235, 242)"


def test_every_figure_also_stands_in_a_table(make_report: MakeReport) -> None:
    document = page.compose([make_report()], "t")
    body = document.split('<script type="application/json"')[0]
    assert body.count('class="plot"') == len(page.CARDS)
    assert body.count("<table") == len(page.CARDS) + 1
    assert all(f'<th scope="row">{name}</th>' in body for name in ("edm", "latin", "r&amp;b", "rap", "rock"))


def test_parts_without_rows_are_left_out(make_report: MakeReport) -> None:
    document = page.compose(
        [make_report(honesty=(), importance={}, calibration=(), notes=(), confidence=None)], "t"
    )
    assert document.count('class="plot"') == len(page.CARDS) - 5
    assert 'class="notes"><h2>' not in document


def test_the_calibration_error_stands_beside_what_chance_leaves(make_report: MakeReport) -> None:
    made = replace(make_report(), rows=400, calibration=(ConfidenceBin(0.5, 0.6, 400),))
    assert "on 400 tracks, chance alone leaves 0.020" in page.compose([made], "t")


def test_figures_cannot_end_their_script(make_report: MakeReport) -> None:
    document = page.compose([make_report(NASTY)], "t")
    found = re.search(r'<script type="application/json" id="figures">(.*?)</script>', document, re.DOTALL)
    assert found is not None
    assert "<" not in found.group(1)
    assert len(json.loads(found.group(1))) == len(page.CARDS)


def test_plotly_is_inlined_once_for_many_reports(make_report: MakeReport) -> None:
    document = page.compose([make_report(seed=seed) for seed in range(3)], "t", {"best": 3.0})
    assert document.count("plotly.js v") == 1
    assert document.count('<button role="tab"') == 3


def test_the_glossary_tells_the_two_intervals_apart() -> None:
    meaning = page.GLOSSARY["95 % interval"]
    assert "a new collection of a fifth as many artists" in meaning
    assert "for that score itself" in meaning
