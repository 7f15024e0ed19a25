"""The page: figures that plotly takes, nothing that a table could inject, no section without content."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import plotly.graph_objects as go
import polars as pl
import pytest

from genrelab import dataset, schema
from genrelab.insight import explanation_plots as plots
from genrelab.insight import explanation_tables as tables
from genrelab.insight.drawing import Figure
from genrelab.insight.explanation import Explanation, explain
from genrelab.insight.explanation_page import write_html
from genrelab.insight.explanation_song import Song, explain_song
from genrelab.recipe import Recipe
from genrelab.training import train

NASTY = "<b>r&b</b>"


@cache
def made(name: str) -> tuple[Explanation, Song]:
    drawn = schema.sample(240, seed=3)
    genre = pl.when(pl.col("energy") > 0.5).then(pl.lit(NASTY)).otherwise(pl.lit("jazz"))
    songs = drawn.with_columns(genre.alias("genre"), title=pl.lit("<script>alert(1)</script>"))
    small = {"lightgbm": {"rounds": 10}}.get(name, {})
    classifier = train(dataset.make(songs), Recipe(name, small), folds=2, threads=1)
    return explain(classifier, songs, repeats=1), explain_song(classifier, songs, 0)


def painted(part: object) -> object:
    """Put a colour where the page would put one."""
    if isinstance(part, list):
        return [painted(item) for item in part]
    if isinstance(part, dict):
        return "#123456" if set(part) == {"css"} else {key: painted(item) for key, item in part.items()}
    return part


def drawn(name: str) -> list[Figure]:
    found, song = made(name)
    figures = [plots.draw_density(found, "confidence"), plots.draw_density(found, NASTY)]
    figures.append(plots.draw_permutation(found, "accuracy_drop", "accuracy_spread", "accuracy lost"))
    if found.importance.height:
        figures.append(plots.draw_importance(found))
    if found.shap.height:
        figures += [plots.draw_shap(found), plots.draw_swarm(found, NASTY), plots.draw_waterfall(song)]
    if found.coefficients.height:
        figures.append(plots.draw_coefficients(found, name, NASTY))
    if found.tree is not None:
        figures.append(plots.draw_tree(found.tree, found.genres))
    return figures


@pytest.mark.parametrize(
    ("name", "count"), [("lightgbm", 7), ("logistic", 7), ("decision_tree", 8), ("naive_bayes", 3)]
)
def test_plotly_knows_every_setting(name: str, count: int) -> None:
    figures = drawn(name)
    assert len(figures) == count
    for figure in figures:
        go.Figure(painted(figure))
        assert "<b>r&b" not in json.dumps(figure, allow_nan=False)


@pytest.mark.parametrize(
    ("name", "sections"),
    [
        (
            "decision_tree",
            {"This song", "What it reads", "What speaks for each genre", "The tree", "How sure it is"},
        ),
        (
            "logistic",
            {"This song", "What it reads", "What speaks for each genre", "Coefficients", "How sure it is"},
        ),
        ("naive_bayes", {"This song", "What it reads", "How sure it is"}),
    ],
)
def test_the_page_has_the_sections_that_can_be_made(name: str, sections: set[str], tmp_path: Path) -> None:
    found, song = made(name)
    write_html(found, tmp_path / "why.html", "Why?", song)
    text = (tmp_path / "why.html").read_text("utf-8")
    known = {
        "This song",
        "What it reads",
        "What speaks for each genre",
        "Coefficients",
        "The tree",
        "How sure it is",
    }
    assert {section for section in known if f"<b>{section}</b></button>" in text} == sections
    assert "<script>alert" not in text
    assert ("no SHAP values" in text) == (name == "naive_bayes")


def test_a_waterfall_ends_at_the_score() -> None:
    _, song = made("lightgbm")
    bars = plots.draw_waterfall(song)["data"][0]
    assert bars["x"][-1] == pytest.approx(song.score)
    assert bars["base"][-2] + bars["x"][-2] == pytest.approx(song.score)


def test_tables_say_what_the_figures_show() -> None:
    found, song = made("logistic")
    assert tables.tabulate_permutation(found).rows[0][0] == "energy"
    assert any("energy" in row[1] for row in tables.tabulate_directions(found).rows if row[0] == NASTY)
    assert tables.tabulate_song(song).rows[-1][0] == "together"
    assert len(tables.tabulate_density(found, "confidence").rows) == 20
