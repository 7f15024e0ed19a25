"""How a network learned, as the report shows it: in JSON, in words, and drawn."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from genrelab import dataset, schema, store
from genrelab.classifier import Classifier
from genrelab.insight import evaluation, page, plots, report, tables
from genrelab.recipe import Recipe
from genrelab.training import train

pytest.importorskip("torch", reason="torch is not installed")


@pytest.fixture(scope="module")
def learned() -> Classifier:
    recipe = Recipe("mlp", {"width": 8, "epochs": 12, "patience": 4})
    return train(dataset.make(schema.sample(120, seed=0)), recipe, folds=2, threads=1)


def test_the_report_has_what_was_measured(learned: Classifier, tmp_path: Path) -> None:
    announced = evaluation.announce(learned)
    curves = learned.card.curves["mlp"]
    assert announced.curves == {"mlp": curves}
    told = json.loads(json.dumps(report.as_dict(announced)))
    assert told["curves"]["mlp"]["validation_loss"] == curves["validation_loss"]
    assert store.load(store.save(learned, tmp_path / "model")).card.curves == learned.card.curves


def test_one_row_an_epoch_and_the_one_that_was_kept(learned: Classifier) -> None:
    announced = evaluation.announce(learned)
    table = tables.tabulate_curves(announced, "mlp")
    losses = announced.curves["mlp"]["validation_loss"]
    assert len(table.rows) == len(losses)
    assert {len(row) for row in table.rows} == {len(table.headers)}
    best = losses.index(min(losses)) + 1
    assert f"epoch {best} of {len(losses)}" in table.tells
    assert table.rows[best - 1][2] == f"{min(losses):.3f}"


def test_the_epoch_that_was_kept_is_drawn(learned: Classifier) -> None:
    go = pytest.importorskip("plotly.graph_objects")
    announced = evaluation.announce(learned)
    figure = plots.draw_curves(announced, "mlp")
    best = tables.best_epoch(announced.curves["mlp"])
    assert figure["layout"]["shapes"][0]["x0"] == best
    assert [len(trace["y"]) for trace in figure["data"]] == [len(announced.curves["mlp"]["train_loss"])] * 4
    # The page puts colours in their place; plotly raises at a setting that it does not know.
    go.Figure(json.loads(re.sub(r'\{"css": "--[a-z-]+"\}', '"#123456"', json.dumps(figure))))


def test_the_page_has_a_card_for_each_network(learned: Classifier) -> None:
    announced = evaluation.announce(learned)
    curves = announced.curves["mlp"]
    unwatched = {**curves, "validation_loss": [], "validation_accuracy": []}
    several = replace(announced, curves={"mlp": curves, "<b>": unwatched})
    html = page.compose([several], "songs")
    assert "How the network learned: mlp" in html
    assert "How the network learned: &lt;b&gt;" in html
    assert "Too few tracks to hold some out" in html
    assert html.count('id="plot-0-curves-') == 2
    plain = train(dataset.make(schema.sample(60, seed=0)), "logistic", folds=2, threads=1)
    assert "How the network learned" not in page.compose([evaluation.announce(plain)], "songs")
