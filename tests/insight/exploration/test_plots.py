"""Figures of an exploration."""

from __future__ import annotations

import json
from collections.abc import Callable

import polars as pl
import pytest

from genrelab.insight.drawing import Figure
from genrelab.insight.exploration import Exploration, explore, plots

DRAW: dict[str, Callable[[Exploration], Figure | None]] = {
    name: getattr(plots, f"draw_{name}")
    for name in (
        *("shares", "overlaid", "densities", "boxes", "means", "correlations", "missing", "scores"),
        "impossible",
    )
}


@pytest.mark.parametrize("name", DRAW)
def test_figures_are_json_without_markup_of_users(found: Exploration, name: str) -> None:
    figure = DRAW[name](found)
    assert figure is not None
    assert figure["data"]
    assert "<script" not in json.dumps(figure, allow_nan=False)


@pytest.mark.parametrize("draw", [plots.draw_overlaid, plots.draw_densities])
def test_every_column_has_a_panel_with_a_curve_for_every_genre(
    found: Exploration, draw: Callable[[Exploration], Figure]
) -> None:
    figure = draw(found)
    assert len(figure["data"]) == len(found.columns) * len(found.genres)
    assert sum(trace["showlegend"] for trace in figure["data"]) == len(found.genres)
    axes = {trace["xaxis"] for trace in figure["data"]}
    assert axes == {f"x{n}" for n in range(1, len(found.columns) + 1)}
    assert {f"xaxis{n}" for n in range(1, len(found.columns) + 1)} <= set(figure["layout"])


def test_overlaid_shares_add_up(found: Exploration) -> None:
    trace = plots.draw_overlaid(found)["data"][0]
    assert sum(trace["y"][:-1]) == pytest.approx(1, abs=0.01)
    assert len(trace["x"]) == len(trace["y"])


def test_small_histograms_hang_in_their_row(found: Exploration) -> None:
    figure = plots.draw_small_multiples(found, found.columns[:4])
    assert len(figure["data"]) == len(found.genres)
    for place, trace in enumerate(figure["data"]):
        assert min(trace["y"]) == pytest.approx(-0.85)
        assert trace["base"] == place + 0.98
        assert 0 <= min(trace["x"]) < max(trace["x"]) < 4


def test_a_pair_shows_every_point(found: Exploration) -> None:
    figure = plots.draw_pair(found, found.pairs[0])
    assert sum(len(trace["x"]) for trace in figure["data"]) == found.pairs[0].points.height
    assert figure["data"][0]["name"] == "other"


def test_components_have_a_line_at_ninety_percent(found: Exploration) -> None:
    assert found.components is not None
    figure = plots.draw_components(found.components)
    assert figure["layout"]["shapes"][0]["y0"] == 0.9
    assert figure["data"][1]["y"][-1] == 1
    assert json.dumps(plots.draw_loadings(found.components), allow_nan=False)


def test_without_a_label_all_tracks_are_drawn(whole: Exploration) -> None:
    assert plots.draw_overlaid(whole)["data"][0]["name"] == "all tracks"
    assert len(plots.draw_boxes(whole)["data"]) == len(whole.columns)
    assert plots.draw_impossible(whole) is None


def test_long_names_of_one_word_keep_their_beginning() -> None:
    table = pl.DataFrame(
        {"energy": [0.1, 0.2, 0.3] * 2, "genre": ["pneumonoultramicroscopicsilicovolcano", "b"] * 3}
    )
    seen = explore(table, "genre")
    assert plots.draw_overlaid(seen)["data"][1]["name"].startswith("pneumonoultramicro")
    assert plots.draw_boxes(seen)["layout"]["yaxis1"]["ticktext"][1].startswith("pneumonoultra")
