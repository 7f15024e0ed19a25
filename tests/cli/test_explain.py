"""``genrelab explain``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import polars as pl
import pytest

from genrelab import cli

Run: TypeAlias = Callable[..., Any]


@pytest.fixture(scope="module")
def tree(songs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tree") / "model"
    given = ["--label", "playlist_genre", "--model", "decision_tree", "--folds", "2", "-o", str(path)]
    with pytest.raises(SystemExit) as ended:
        cli.main(["train", str(songs), *given])
    assert ended.value.code == 0
    return path


def test_words(run: Run, model: Path, songs: Path) -> None:
    ran = run("explain", model, songs, "--repeats", 1, "--song", 3)
    assert (ran.code, ran.err) == (0, "")
    title = pl.read_csv(songs)["track_name"][2]
    assert "Permutation importance" in ran.out
    assert f"{title} by" in ran.out
    assert "speak" in ran.out
    assert "artists that the model learned from" in " ".join(ran.out.split())


def test_json(run: Run, model: Path, songs: Path) -> None:
    title = pl.read_csv(songs)["track_name"][7]
    told = run(
        "explain",
        model,
        songs,
        "--repeats",
        1,
        "--label",
        "playlist_genre",
        "--song",
        title.upper(),
        "--json",
    )
    told = told.json
    assert set(told) == {"reading", "explanation", "song"}
    assert told["explanation"]["permutation"][0].keys() >= {"column", "accuracy_drop", "log_loss_rise"}
    assert told["explanation"]["coefficients"]
    assert told["song"]["sentence"].startswith(f"{title} by")
    assert told["song"]["contributions"][0].keys() == {"column", "value", "level", "contribution"}


def test_report_and_picture(run: Run, tree: Path, songs: Path, tmp_path: Path) -> None:
    given = ("--repeats", 1, "--report", tmp_path / "why.html", "--png", tmp_path / "pictures")
    ran = run("explain", tree, songs, *given)
    assert ran.code == 0, ran
    assert "The tree" in (tmp_path / "why.html").read_text("utf-8")
    assert (tmp_path / "pictures" / "tree.png").stat().st_size > 5000
    again = run("explain", tree, songs, *given)
    assert (again.code, again.err.count("\n")) == (2, 1)
    assert "exists already" in again.err


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--song", "no such song at all"), "--song: no track has the title"),
        (("--song", "0"), "--song: no track has the title"),
        (("--label", "mood"), "mood"),
        (("--png", "pictures"), "'logistic' is no decision tree"),
    ],
)
def test_bad_input_is_one_line(run: Run, model: Path, songs: Path, given: tuple[str, ...], said: str) -> None:
    ran = run("explain", model, songs, *given)
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert said in ran.err
