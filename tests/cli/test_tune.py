"""``genrelab tune``: what it prints can be trusted and pasted."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from genrelab import store, tuning
from genrelab.insight import tuning_report

Run: TypeAlias = Callable[..., Any]
QUICK = ("--model", "decision_tree", "--folds", 2, "--outer", 2, "--trials", 4, "--threads", 1)


def test_tune_searches_trains_and_reports(run: Run, songs: Path, tmp_path: Path) -> None:
    made, page, study = tmp_path / "model", tmp_path / "tuning.html", tmp_path / "study.db"
    tune = ("tune", songs, "--label", "playlist_genre", *QUICK, "--set", "max_depth=6", "--study", study)
    told = run(*tune, "-o", made, "--report", page, "--json").json
    found = told["tuning"]
    assert list(found["settings"]) == ["min_samples_leaf"]
    assert len(found["trials"]) == 4
    assert len(found["outer"]) == 2
    assert told["model"] == str(made)
    card = store.load(made).card
    assert card.scores["accuracy"].value == found["announced"]["accuracy"]["value"]
    assert dict(card.recipe.settings) == found["recipe"]["settings"]
    assert any("outer folds" in note for note in card.origin.notes)
    assert "best of the search" in page.read_text("utf-8")

    shown = run(*tune).out  # goes on with a study that has ended
    words = " ".join(shown.split())
    best, announced = found["best_score"], found["announced"]["accuracy"]["value"]
    assert f"best of the search {best:.3f}, announced {announced:.3f}, 95 % interval" in words
    again = next(line.removeprefix("train  ") for line in shown.splitlines() if line.startswith("train  "))
    assert again == told["train"]
    pasted = shlex.split(again.replace("MODEL_DIR", str(tmp_path / "again")))
    assert pasted[0] == "genrelab"
    assert run(*pasted[1:]).code == 0
    assert store.load(tmp_path / "again").card.recipe == card.recipe


def test_what_to_try_can_be_given(run: Run, songs: Path) -> None:
    told = run(
        *("tune", songs, "--label", "playlist_genre", "--model", "logistic", "--search", "grid"),
        *("--try", "C=0.01..1:log", "--try", "l1_ratio=0", "--points", 2, "--folds", 2, "--outer", 0),
        *("--columns", "energy,valence", "--metric", "log_loss", "--split", "track", "--json"),
    ).json
    found = told["tuning"]
    assert sorted(trial["C"] for trial in found["trials"]) == [0.01, 1.0]
    assert found["optimistic"] is True
    assert found["announced"] is None
    assert found["best_score"] == min(trial["score"] for trial in found["trials"])
    assert "--columns energy,valence --split track --model logistic --set " in told["train"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--try", "C"), "try 'C': cannot be read: write NAME=A,B,C"),
        (("--try", "depth=1,2"), "no setting of 'decision_tree' 'depth'"),
        (("--set", "max_depth=3", "--try", "max_depth=1,2"), "try 'max_depth': is fixed at 3"),
        (("--search", "genetic"), "no search 'genetic'"),
        (("--metric", "f1"), "no metric 'f1'"),
        (("--outer", 1), "outer: 1"),
        (("--outer", 0, "-o", "model"), "--output: a saved model announces its scores"),
        (("--seconds", -1), "seconds: -1.0 is no time"),
        (("--model", "majority"), "model 'majority': has no settings left to try"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(run: Run, songs: Path, given: tuple[Any, ...], said: str) -> None:
    ran = run("tune", songs, "--label", "playlist_genre", "--json", *QUICK, *given)
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1), ran
    assert ran.err.startswith("error: ")
    assert said in ran.err


def test_a_study_file_that_is_none_is_told_at_once(run: Run, songs: Path) -> None:
    ran = run("tune", songs, "--label", "playlist_genre", "--study", songs, "--json")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == f"error: {songs}: is no study that genrelab began: name another file\n"


def test_the_json_is_that_of_the_report(run: Run, songs: Path) -> None:
    told = run("tune", songs, "--label", "playlist_genre", *QUICK, "--json").json["tuning"]
    assert set(told) >= {"recipe", "best_score", "announced", "importance", "outer", "trials", "notes"}
    assert json.dumps(told)
    assert tuning_report.BEST == "best of the search"


def test_who_interrupts_is_told_how_to_go_on(
    run: Run, songs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(tuning, "tune", interrupted)
    study = tmp_path / "study.db"
    told = run("tune", songs, "--label", "playlist_genre", *QUICK, "--study", study)
    assert told.code == 130
    assert f"kept in {study}: the same command goes on" in told.err
