"""Figures of clusters: plotly knows every setting, and they hold the right numbers."""

from __future__ import annotations

import json
from collections.abc import Callable

import plotly.graph_objects as go
import polars as pl
import pytest

from genrelab.insight import cluster_plots, drawing
from genrelab.insight.cluster_choice import choose_k
from genrelab.insight.clustering import Clusters, cluster
from genrelab.insight.drawing import Figure
from genrelab.sources import demo

EVIL = "<b>R&B</b>"
DRAWN: dict[str, Callable[[Clusters], Figure]] = {
    "sizes": cluster_plots.draw_sizes,
    "importance": cluster_plots.draw_importance,
    "genres": cluster_plots.draw_genres,
    "map by cluster": lambda found: cluster_plots.draw_map(found, "cluster"),
    "map by genre": lambda found: cluster_plots.draw_map(found, "genre"),
    "ranges": lambda found: cluster_plots.draw_ranges(found, EVIL),
    "histogram": lambda found: cluster_plots.draw_histogram(found, EVIL),
}


def painted(part: object) -> object:
    """Put a colour where the page would put one."""
    if isinstance(part, list):
        return [painted(item) for item in part]
    if isinstance(part, dict):
        return "#123456" if set(part) == {"css"} else {key: painted(item) for key, item in part.items()}
    return part


def _clusters(genres: int) -> Clusters:
    tracks = demo.read(rows=200, seed=3).tracks
    named = pl.format("{} {}", pl.lit(EVIL), pl.int_range(pl.len()) % genres)
    hurt = tracks.rename({"energy": EVIL}).with_columns(
        genre=pl.when(pl.int_range(pl.len()) > 5).then(named), title=pl.lit(EVIL)
    )
    return cluster(hurt, [EVIL, "tempo"], k=4, label="genre", forest_trees=2, threads=1)


@pytest.fixture(scope="module", params=[3, 40])
def found(request: pytest.FixtureRequest) -> Clusters:
    return _clusters(request.param)


@pytest.mark.parametrize("name", DRAWN)
def test_plotly_knows_every_setting_and_names_cannot_be_tags(found: Clusters, name: str) -> None:
    figure = DRAWN[name](found)
    go.Figure(painted(figure))
    assert "<b>" not in json.dumps(figure, allow_nan=False)


def test_the_map_shows_every_point_once(found: Clusters) -> None:
    for by in ("cluster", "genre"):
        traces = cluster_plots.draw_map(found, by)["data"]
        assert sum(len(trace["x"]) for trace in traces) == 200
        assert len({trace["name"] for trace in traces}) == len(traces) <= len(drawing.PALETTE) + 1


def test_the_histogram_rises_from_the_row_of_its_cluster(found: Clusters) -> None:
    for place, trace in enumerate(cluster_plots.draw_histogram(found, "tempo")["data"]):
        assert set(trace["base"]) == {place + 0.45}
        assert min(trace["y"]) == pytest.approx(-0.9)


def test_the_choice_marks_the_recommended_number() -> None:
    choice = choose_k(
        pl.DataFrame({"tempo": [60.0, 61, 120, 121, 180, 181]}), low=2, high=6, seeds=2, threads=1
    )
    figure = cluster_plots.draw_choice(choice)
    go.Figure(painted(figure))
    json.dumps(figure, allow_nan=False)  # six clusters of six tracks have no silhouette
    assert figure["layout"]["shapes"][0]["x0"] == choice.k == 3
