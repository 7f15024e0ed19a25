"""``--multi``: several genres a track, learned, given and scored."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from tests.cli.conftest import Run

from genrelab.sources import demo


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Songs, some of which stand under several genres."""
    path = tmp_path_factory.mktemp("multi") / "songs.csv"
    demo.read(rows=700, seed=4).tracks.write_csv(path)
    return path


def test_train_predict_and_evaluate(run: Run, table: Path, tmp_path: Path) -> None:
    asked = ("train", table, "--label", "genre", "--model", "logistic", "--multi", "-o", tmp_path / "model")
    page = tmp_path / "model.html"
    trained = run(*asked, "--report", page, "--threads", 1)
    assert trained.code == 0
    for told in ("tracks have several genres", "Several genres a track", "among several", "micro-F1"):
        assert told in trained.out + trained.err
    assert "Genre by genre, among several" in page.read_text()
    report = run(*asked, "--overwrite", "--threads", 1, "--json").json["report"]
    assert 0 < report["several"]["share"] < 0.2
    assert {"micro_f1", "macro_f1", "jaccard", "any_accuracy"} <= set(report["several"]["scores"])
    assert report["scores"]["label_ranking_average_precision"]["low"] > 0

    out = tmp_path / "labels.csv"
    predicted = ("predict", tmp_path / "model", table, "-o", out, "--multi")
    assert "genres a track" in run(*predicted).out
    labels = pl.read_csv(out)
    lists = labels["genres"].str.json_decode(pl.List(pl.String))
    assert (lists.list.first() == labels["genre"]).all()
    assert (lists.list.len() > 1).any()
    told = run(*predicted, "--overwrite", "--json").json["several"]
    assert [one["genre"] for one in told["genres"]] == report["genres"]

    found = run("evaluate", tmp_path / "model", table, "--label", "genre", "--json").json["report"]
    assert found["several"]["scores"]["genres_seen"]["value"] > 1
    as_lists = tmp_path / "lists.json"
    rows = pl.read_csv(table).with_columns(pl.concat_list("genre", pl.lit("none of ours")).alias("genre"))
    as_lists.write_text(json.dumps(rows.to_dicts()))
    same = run("evaluate", tmp_path / "model", as_lists, "--label", "genre", "--json").json["report"]
    assert same["several"] == found["several"]


def test_what_does_not_fit_together_is_one_line(run: Run, songs: Path, model: Path, tmp_path: Path) -> None:
    out = tmp_path / "labels.csv"
    for options, told in (
        (("--multi",), "multi: the model has learned one genre a track: train it with --multi"),
        (("--multi", "--coverage", 0.9), "--multi: chooses genres by thresholds of its own"),
    ):
        ran = run("predict", model, songs, "-o", out, *options)
        assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
        assert ran.err.startswith(f"error: {told}")
        assert not out.exists()
