import json
import math
import sys
from collections.abc import Callable
from dataclasses import replace

import plotly.graph_objects as go
import pytest

from genrelab.errors import MissingExtra
from genrelab.insight import drawing, plots
from genrelab.insight.drawing import Figure
from genrelab.insight.results import Coverage, Report, Score

MakeReport = Callable[..., Report]
DRAWN: tuple[Callable[[Report], Figure], ...] = (
    plots.draw_limits,
    plots.draw_honesty,
    plots.draw_genres,
    plots.draw_confusion,
    plots.draw_calibration,
    plots.draw_coverage,
    plots.draw_importance,
    lambda report: plots.draw_comparison([report, replace(report, model="other")]),
)


def painted(part: object) -> object:
    """Put a colour where the page would put one."""
    if isinstance(part, list):
        return [painted(item) for item in part]
    if isinstance(part, dict):
        return "#123456" if set(part) == {"css"} else {key: painted(item) for key, item in part.items()}
    return part


@pytest.mark.parametrize("draw", DRAWN)
@pytest.mark.parametrize("genres", [("a", "b", "c"), tuple(f"genre {i}" for i in range(20))])
def test_plotly_knows_every_setting(
    make_report: MakeReport, draw: Callable[[Report], Figure], genres: tuple[str, ...]
) -> None:
    figure = draw(make_report(genres))
    go.Figure(painted(figure))  # raises at a name or value that plotly does not know
    json.dumps(figure, allow_nan=False)


@pytest.mark.parametrize("draw", DRAWN)
def test_figures_without_numbers_are_valid(make_report: MakeReport, draw: Callable[[Report], Figure]) -> None:
    nan = Score(math.nan, math.nan, math.nan)
    report = make_report(
        scores={"accuracy": nan},
        floors={},
        per_genre=tuple(replace(g, f1=math.nan) for g in make_report().per_genre),
        confusion=((0,) * 6,) * 6,
        coverage=(Coverage(0.9, None, 0.0, None),),
        importance={"tempo": math.nan},
    )
    figure = draw(report)
    go.Figure(painted(figure))
    json.dumps(figure, allow_nan=False)


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "R&B", '<a href="javascript:alert(1)">x</a>', "&lt;b&gt;"]
)
def test_labels_hold_no_markup_of_users(name: str) -> None:
    shown = drawing.label(name, width=80)
    assert "<" not in shown
    assert shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") == name


def test_long_labels_are_cut_to_two_lines() -> None:
    assert drawing.label("a very long name of a genre that nobody ever uses", 12) == (
        "a very long<br>name of a…"
    )


def test_confusion_is_normalised_by_row_and_tells_counts(make_report: MakeReport) -> None:
    report = make_report(("a", "b"), confusion=((3, 1), (0, 0)))
    trace = plots.draw_confusion(report)["data"][0]
    assert trace["z"] == [[0.75, 0.25], [None, None]]
    assert trace["customdata"][0][1] == ["a", "b", "1"]


def test_limits_are_floors_then_model_then_ceiling(make_report: MakeReport) -> None:
    report = make_report()
    bar = plots.draw_limits(report)["data"][0]
    accuracy = report.scores["accuracy"]
    assert bar["x"] == [report.floors["majority"], 0.81, accuracy.value, 0.934]
    assert bar["error_x"]["array"][2] == pytest.approx(accuracy.high - accuracy.value)


def test_importance_shows_twenty(make_report: MakeReport) -> None:
    shares = plots.draw_importance(make_report())["data"][0]["x"]
    assert len(shares) == 20
    assert shares == sorted(shares, reverse=True)


def test_javascript_is_plotly_and_cannot_end_its_tag() -> None:
    script = drawing.javascript()
    assert "plotly.js v" in script[:200]
    assert "</script" not in script.lower()


def test_missing_plotly_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "plotly.offline", None)
    with pytest.raises(MissingExtra, match=r"genrelab\[report\]"):
        drawing.javascript()
