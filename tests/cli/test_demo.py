"""The demo on synthetic tracks: no network, and every line with a score says that it is synthetic."""

from __future__ import annotations

import json
import re
import shutil
import socket
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, TypeAlias

import polars as pl
import pytest

from genrelab import cli
from genrelab.cli.demo import _read
from genrelab.sources import demo

Run: TypeAlias = Callable[..., Any]
DEMO = ("demo", "--synthetic", "--rows", "500", "--model", "logistic")
SCORE = re.compile(r"\b[01]\.\d{3}\b|\d %|\d\.\d%")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a demo of synthetic tracks has been."""
    path = tmp_path_factory.mktemp("demo") / "demo"
    with pytest.raises(SystemExit) as ended:
        cli.main([*DEMO, "-o", str(path)])
    assert ended.value.code == 0
    return path


def test_every_line_with_a_score_says_synthetic(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_network(*_: object, **__: object) -> None:
        raise AssertionError("the demo went to the network")

    monkeypatch.setattr(socket.socket, "connect", no_network)
    ran = run(*DEMO, "-o", tmp_path / "demo")
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    scored = [line for line in lines if SCORE.search(line)]
    assert len(scored) > 25
    assert [line for line in scored if not line.startswith("synthetic ")] == []
    assert max(len(line) for line in lines if str(tmp_path) not in line) <= 80
    assert sum(line[:2] in {"1 ", "2 ", "3 ", "4 ", "5 "} for line in lines) == 5
    assert [line for line in lines if "confiden" in line and "…" in line] == []


def test_it_leaves_model_labels_and_report(place: Path) -> None:
    assert {path.name for path in place.iterdir()} == {"model", "labels.csv", "report.html", "demo.json"}
    assert [path.name for path in place.parent.iterdir()] == [place.name]
    assert json.loads((place / "model" / "card.json").read_text())["origin"]["synthetic"] is True
    labels = pl.read_csv(place / "labels.csv")
    assert labels.columns == ["track_id", "title", "artist", "album", "true_genre", "genre", "confidence"]


def test_an_earlier_demo_is_replaced_and_json_says_synthetic(run: Run, place: Path) -> None:
    told = run(*DEMO, "-o", place, "--json").json
    assert told["synthetic"] is True
    assert told["announced"]["low"] <= told["announced"]["value"] <= told["announced"]["high"]
    assert all(Path(told[output]).exists() for output in ("model", "labels", "report"))


@pytest.mark.parametrize("mine", ["mine.txt", "model/mine.txt"])
def test_what_is_no_demo_is_left_alone(run: Run, place: Path, tmp_path: Path, mine: str) -> None:
    model, used = tmp_path / "model", tmp_path / "used"
    shutil.copytree(place / "model", model)
    shutil.copytree(place, used)
    (used / mine).write_text("precious")
    for folder in (tmp_path, used):
        assert run(*DEMO, "-o", folder).code != 0
    assert (model / "card.json").exists()
    assert (used / mine).read_text() == "precious"


class Marked(HTMLParser):
    """Collects the words of each part of a page that shows scores."""

    PARTS = frozenset({"card", "tile", "headline", "banner"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, list[str]]] = []
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        kinds = set((dict(attrs).get("class") or "").split())
        if (kinds & self.PARTS and tag != "details") or dict(attrs).get("role") == "tab":
            self.open.append((tag, []))

    def handle_data(self, data: str) -> None:
        for _, words in self.open:
            words.append(data)

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1][0] == tag and (tag != "div" or len(self.open[-1][1]) > 1):
            self.parts.append(" ".join(self.open.pop()[1]))


def test_every_part_of_the_page_says_synthetic(place: Path) -> None:
    document = (place / "report.html").read_text("utf-8")
    body = document.split('<script type="application/json"')[0]
    parser = Marked()
    parser.feed(body)
    assert len(parser.parts) > 20
    assert [part for part in parser.parts if "synthetic" not in part] == []
    assert body.index('class="banner"') < body.index("<main>")


def test_a_model_of_synthetic_tracks_says_so_ever_after(run: Run, place: Path, tmp_path: Path) -> None:
    model, table = place / "model", tmp_path / "new.parquet"
    demo.read(rows=300, seed=9).tracks.write_parquet(table)
    shown = run("predict", model, table, "-o", tmp_path / "out.csv").out
    assert shown.startswith("synthetic: The model learned from tracks that a generator drew")
    told = run("predict", model, table, "-o", tmp_path / "out.csv", "--overwrite", "--json").json
    assert told["synthetic"] is True
    shown = run("evaluate", model, table, "--label", "genre").out
    scored = [line for line in shown.splitlines() if SCORE.search(line)]
    assert len(scored) > 15
    assert [line for line in scored if not line.startswith("synthetic ")] == []
    assert run("evaluate", model, table, "--label", "genre", "--json").json["report"]["synthetic"] is True


@pytest.mark.data("spotify_30k")
def test_it_finds_the_real_table(monkeypatch: pytest.MonkeyPatch, data: Path, tmp_path: Path) -> None:
    monkeypatch.setenv("GENRELAB_DATA", str(data))
    given = _read(rows=500, seed=0, synthetic=False)
    assert (given.name, given.synthetic, given.tracks.height) == ("spotify_songs.csv", False, 32_833)
    monkeypatch.setenv("GENRELAB_DATA", str(tmp_path))
    monkeypatch.setattr("genrelab.published.cache_folder", lambda: tmp_path)
    given = _read(rows=500, seed=0, synthetic=False)
    assert (given.synthetic, given.tracks.height) == (True, 500)
