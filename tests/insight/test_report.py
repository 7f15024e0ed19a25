import io
import json
import math
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from genrelab.errors import MissingExtra, OutputError, SettingError
from genrelab.insight import report as reporting
from genrelab.insight.results import Report, Score

MakeReport = Callable[..., Report]
FIFTEEN = tuple(f"genre number {i}" for i in range(15))
EMPTY = Report("m", "o", "artist", 0, 0, ("a", "b"), {}, {}, None, (), ((0, 0), (0, 0)), (), ())


def printed(report: Report, width: int = 80) -> str:
    console = Console(width=width, file=io.StringIO(), color_system=None)
    reporting.render(report, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_dict_survives_json(make_report: MakeReport) -> None:
    report = make_report()
    told = json.loads(json.dumps(reporting.as_dict(report), allow_nan=False))
    assert told["scores"]["accuracy"]["value"] == report.scores["accuracy"].value
    assert told["confusion"] == [list(row) for row in report.confusion]
    assert told["honesty"][2]["accuracy"]["low"] == report.honesty[2].accuracy.low
    assert list(told["importance"]) == list(report.importance)


def test_dict_has_plain_numbers_and_none_for_nan(make_report: MakeReport) -> None:
    score = Score(np.float32(0.5), math.nan, -math.inf)  # type: ignore[arg-type]  # what a careless caller hands in
    told = reporting.as_dict(make_report(scores={"accuracy": score}, rows=np.int64(7)))
    assert told["scores"] == {"accuracy": {"value": 0.5, "low": None, "high": None}}
    assert type(told["rows"]) is int


def test_dict_refuses_what_json_has_not(make_report: MakeReport) -> None:
    with pytest.raises(TypeError, match="set"):
        reporting.as_dict(make_report(notes={"a"}))


@pytest.mark.parametrize("genres", [("a", "b", "c"), tuple("abcdefghijkl"), FIFTEEN])
def test_terminal_keeps_to_80_columns(make_report: MakeReport, genres: tuple[str, ...]) -> None:
    lines = printed(make_report(genres)).splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].startswith("accuracy 0.")
    assert lines[0].endswith("on artists it has not heard")


def test_terminal_shows_every_part(make_report: MakeReport) -> None:
    report = make_report()
    shown = printed(report)
    for part in (
        "most frequent genre",
        "ceiling",
        "split by",
        "minimum",
        "listens",
        "note: playlist_",
    ):
        assert part in shown
    assert f"{report.scores['macro_f1'].value:.3f}" in shown
    assert all(f"{genre.support:,}" in shown for genre in report.per_genre)


def test_terminal_fits_a_screen(make_report: MakeReport) -> None:
    assert len(printed(make_report(), width=100).splitlines()) <= 75


def test_many_genres_become_the_commonest_confusions(make_report: MakeReport) -> None:
    shown = printed(make_report(FIFTEEN))
    assert "taken for" in shown
    assert "commonest of" in shown


def test_terminal_shows_names_as_they_are(make_report: MakeReport) -> None:
    shown = printed(make_report(("[bold]loud[/bold]", "R&B", "red\x1b[31m")))
    assert "[bold]loud[/bold]" in shown
    assert "R&B" in shown
    assert "\x1b" not in shown


def test_terminal_without_unicode(make_report: MakeReport) -> None:
    target = io.BytesIO()
    stream = io.TextIOWrapper(target, encoding="ascii")
    reporting.render(make_report(), Console(width=80, file=stream))
    stream.flush()
    assert b"####" in target.getvalue()


def test_terminal_bears_an_empty_report() -> None:
    assert printed(EMPTY).startswith("accuracy -")


def test_compare_table_fits_80_columns(make_report: MakeReport) -> None:
    names = ("best", "k-nearest-neighbours", "random-forest")
    reports = [make_report(model=name, seed=seed) for seed, name in enumerate(names)]
    console = Console(width=80, file=io.StringIO(), color_system=None)
    reporting.compare_table(reports, console, dict.fromkeys(names, 1234.5))
    assert isinstance(console.file, io.StringIO)
    shown = console.file.getvalue()
    assert max(map(len, shown.splitlines())) <= 80
    assert all(name in shown for name in names)
    assert shown.count("1234.5") == 3


def test_html_is_one_file(make_report: MakeReport, tmp_path: Path) -> None:
    reporting.write_html(make_report(), tmp_path / "new" / "report.html", title="Songs")
    found = list((tmp_path / "new").iterdir())
    assert [path.name for path in found] == ["report.html"]
    assert "<title>Songs</title>" in found[0].read_text("utf-8")
    assert found[0].stat().st_size < 6_000_000


def test_html_bears_an_empty_report(tmp_path: Path) -> None:
    reporting.write_html([EMPTY, replace(EMPTY, model="n")], tmp_path / "report.html")
    assert (tmp_path / "report.html").exists()


def test_html_needs_a_report(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="none given"):
        reporting.write_html([], tmp_path / "report.html")


def test_html_cannot_replace_a_folder(make_report: MakeReport, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        reporting.write_html(make_report(), tmp_path)


def test_failure_leaves_the_former_page(
    make_report: MakeReport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report.html"
    path.write_text("former", "utf-8")
    monkeypatch.setitem(sys.modules, "plotly.offline", None)
    with pytest.raises(MissingExtra):
        reporting.write_html(make_report(), path)
    assert path.read_text("utf-8") == "former"
    assert list(tmp_path.iterdir()) == [path]
