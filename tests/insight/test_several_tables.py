"""Several genres of a track, in tables of words and on a page."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from rich.console import Console

from genrelab import several
from genrelab.insight import report as reports
from genrelab.insight import several_tables
from genrelab.insight.results import Report, Several

MakeReport = Callable[..., Report]


def found(genres: tuple[str, ...], rows: int = 600) -> Several:
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.full(len(genres), 0.5), rows)
    seen = (rng.random(p.shape) < p) | several.one_each(p.argmax(axis=1), len(genres))
    fold = np.arange(rows) % 2 == 0
    folds = [(np.flatnonzero(fold), np.flatnonzero(~fold)), (np.flatnonzero(~fold), np.flatnonzero(fold))]
    return several.learn(p, seen, np.arange(rows), folds, genres)


def test_nothing_is_said_of_one_genre_a_track(make_report: MakeReport) -> None:
    assert several_tables.tabulate(make_report()) == ()
    assert several_tables.cards(make_report()) == ()


def test_tables_hold_what_was_found(make_report: MakeReport) -> None:
    report = make_report()
    report = replace(report, several=found(report.genres))
    assert report.several is not None
    scores, genres, pairs = several_tables.tabulate(report)
    assert [row[0] for row in scores.rows] == [several_tables.NAMES[name] for name in report.several.scores]
    assert {row[0] for row in genres.rows} == set(report.genres)
    first = report.several.pairs[0]
    assert pairs.rows[0] == (first.genre, first.other, f"{first.seen:,}", f"{first.given:,}")
    assert len(pairs.rows) == several_tables.MOST_PAIRS


def test_terminal_and_page(make_report: MakeReport, tmp_path: Path) -> None:
    names = ("<b>pop</b>", "rock", "r&b\x1b[2J")
    report = replace(make_report(names), several=found(names))
    console = Console(width=80, file=io.StringIO(), color_system=None)
    reports.render(report, console)
    assert isinstance(console.file, io.StringIO)
    printed = console.file.getvalue()
    assert "Genres that go together" in printed
    assert "\x1b" not in printed
    reports.write_html(report, tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    assert "Several genres a track" in page
    assert "<b>pop</b>" not in page.split("</script>")[-1]


def test_a_sentence_says_what_to_expect() -> None:
    told = several_tables.tell(found(("a", "b", "c")))
    assert "genres a track (they have" in told
    assert "micro-F1 0." in told
