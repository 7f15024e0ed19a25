"""What a search found, in words and figures: honest, escaped, whole."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from rich.console import Console

from genrelab.insight import tuning_plots, tuning_report
from genrelab.models import Range
from genrelab.recipe import Recipe
from genrelab.scoring import Score
from genrelab.tuning import OPTIMISTIC, OuterFold, Tuned

NAMES = ("accuracy", "balanced_accuracy", "macro_f1", "log_loss", "calibration_error")


def make_tuned(**given: Any) -> Tuned:
    """A search of five trials, of which one failed and one was given up."""
    settings = {"C": 0.5, "penalty": None}
    usual: dict[str, Any] = {
        "recipe": Recipe("logistic", {"C": 0.5}),
        "settings": settings,
        "best_score": 0.612,
        "announced": {name: Score(0.583, 0.551, 0.615) for name in NAMES},
        "history": pl.DataFrame(
            {
                "trial": [1, 2, 3, 4, 5],
                "state": ["complete", "failed", "pruned", "complete", "complete"],
                "score": [0.55, None, 0.4, 0.612, 0.6],
                "seconds": [1.0, 0.1, 0.5, 1.0, 1.0],
                "reason": [None, "<b>C</b> is too \x1b[31m high", None, None, None],
                "C": [0.1, 9.0, 3.0, 0.5, 0.7],
                "penalty": ["null", "l1", "null", "null", "l1"],
            }
        ),
        "importance": {"C": 0.9, "penalty": 0.1},
        "outer": (OuterFold(settings, 0.62, 0.58), OuterFold({"C": 0.7, "penalty": "l1"}, 0.60, 0.59)),
        "out_of_fold": None,
        "space": {"C": Range(0.01, 10.0, log=True), "penalty": (None, "l1", "l2")},
        "search": "bayes",
        "metric": "accuracy",
        "folds": 5,
        "seed": 0,
        "rows": 1000,
        "artists": 300,
        "genres": ("pop", "rock"),
        "grouped_by": "artist",
        "fingerprint": "",
        "synthetic": False,
        "notes": ("1 of 5 trials failed",),
    }
    return Tuned(**(usual | given))


def without_outer() -> Tuned:
    return make_tuned(announced=None, outer=(), notes=(OPTIMISTIC,))


def test_both_scores_stand_side_by_side() -> None:
    assert tuning_report.headline(make_tuned()) == (
        "accuracy: best of the search 0.612, announced 0.583, 95 % interval 0.551-0.615,"
        " on artists it has not heard"
    )
    rows = tuning_report.tabulate_scores(make_tuned()).rows
    assert rows[0] == ("accuracy", "0.612", "0.583", "0.551-0.615")
    assert [row[0] for row in rows] == [
        "accuracy",
        "balanced accuracy",
        "macro-F1",
        "log loss",
        "calibration error",
    ]
    assert all(row[1] == "" for row in rows[1:])
    figure = tuning_plots.draw_scores(make_tuned())
    assert figure["data"][0]["x"] == [0.612, 0.583]


def test_without_outer_folds_nothing_is_announced() -> None:
    tuned = without_outer()
    assert tuning_report.headline(tuned).endswith("0.612, optimistic; nothing is announced")
    assert tuning_report.tabulate_scores(tuned).rows == (("accuracy", "0.612", "-", "-"),)
    assert tuning_report.tabulate_settings(tuned).headers == ("setting", "all tracks")
    assert len(tuning_plots.draw_scores(tuned)["data"][0]["x"]) == 1
    told = tuning_report.as_dict(tuned)
    assert (told["announced"], told["optimistic"]) == (None, True)


def test_settings_stand_beside_those_of_each_outer_fold() -> None:
    assert tuning_report.tabulate_settings(make_tuned()).rows == (
        ("C", "0.5", "0.5", "0.7"),
        ("penalty", "null", "null", "l1"),
        ("best of the search", "0.612", "0.620", "0.600"),
        ("on the tracks outside", "-", "0.580", "0.590"),
    )


def test_every_trial_is_told() -> None:
    table = tuning_report.tabulate_history(make_tuned())
    assert len(table.rows) == 5
    assert table.tells.startswith("5 trials: 3 complete, ")
    assert table.rows[1][1].startswith("failed: ")
    assert table.rows[1][-1] == "-"


def test_history_draws_the_best_so_far() -> None:
    line, complete, pruned = tuning_plots.draw_history(make_tuned())["data"]
    assert (line["x"], line["y"]) == ([1, 4, 5], [0.55, 0.612, 0.612])
    assert complete["x"] == [1, 4, 5]
    assert pruned["x"] == [3]
    less = tuning_plots.draw_history(make_tuned(metric="log_loss"))
    assert less["data"][0]["y"] == [0.55, 0.55, 0.55]
    assert "less is better" in less["layout"]["yaxis"]["title"]["text"]


def test_slices_know_ranges_from_names() -> None:
    marks, best = tuning_plots.draw_slice(make_tuned(), "C")["data"]
    assert (marks["x"], best["x"], best["y"]) == ([0.1, 0.5, 0.7], [0.5], [0.612])
    across = tuning_plots.draw_slice(make_tuned(), "C")["layout"]["xaxis"]
    assert across["type"] == "log"
    assert across["ticktext"] == ["0.01", "0.02", "0.05", "0.1", "0.2", "0.5", "1", "2", "5", "10"]
    shown = tuning_plots.draw_slice(make_tuned(), "penalty")
    assert shown["data"][0]["x"] == [0, 0, 1]
    assert shown["layout"]["xaxis"]["ticktext"] == ["null", "l1"]


def test_the_page_holds_everything_and_no_foreign_tags(tmp_path: Path) -> None:
    pytest.importorskip("plotly")
    page = tmp_path / "tuning.html"
    tuning_report.write_html(make_tuned(), page, "settings of <i>logistic</i>")
    html = page.read_text("utf-8")
    for part in (
        "best of the search",
        "announced",
        "Which settings matter",
        "Every trial",
        "Setting by setting",
    ):
        assert part in html
    assert "<i>logistic" not in html
    assert "<b>C</b>" not in html
    assert "1 of 5 trials failed" in html


def test_a_page_without_importance_or_outer_folds(tmp_path: Path) -> None:
    pytest.importorskip("plotly")
    page = tmp_path / "tuning.html"
    tuning_report.write_html(replace(without_outer(), importance={}), page)
    html = page.read_text("utf-8")
    assert "Which settings matter" not in html
    assert "optimistic" in html


def test_the_terminal_fits_80_columns_and_obeys_nobody() -> None:
    console = Console(width=80, record=True)
    tuned = make_tuned(notes=("the first: \x1b[31m high",), synthetic=True)
    with console.capture() as captured:
        tuning_report.render(tuned, console)
    shown = captured.get()
    assert "\x1b" not in shown
    assert max(map(len, shown.splitlines())) <= 80
    assert all(line.startswith("synthetic") for line in shown.splitlines() if line.strip())


def test_json_is_plain() -> None:
    told = tuning_report.as_dict(make_tuned())
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert told["settings"] == {"C": 0.5, "penalty": None}
    assert told["announced"]["accuracy"] == {"value": 0.583, "low": 0.551, "high": 0.615}  # type: ignore[index]
    assert len(told["trials"]) == 5  # type: ignore[arg-type]
    strange = make_tuned(best_score=math.inf)
    assert tuning_report.as_dict(strange)["best_score"] is None


def test_options_say_the_whole_recipe() -> None:
    recipe = Recipe(
        "random_forest",
        {"n_estimators": 50, "max_features": "sqrt", "max_depth": None},
        features="plain",
        steps=("standardise", "pca:0.9"),
        sampling="over",
        class_weights={"pop": 1.0, "rock": 2.5},
    )
    assert tuning_report.options(recipe) == [
        "--model", "random_forest", "--set", "n_estimators=50", "--set", "max_features=sqrt",
        "--set", "max_depth=null", "--features", "plain", "--steps", "standardise,pca:0.9",
        "--sampling", "over", "--class-weights", "pop=1.0,rock=2.5",
    ]  # fmt: skip
