"""What the accuracy benchmark concludes from its cells, which cells it takes, and what peers are given."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest

import accuracy
import accuracy_cells
import accuracy_page
import tables
from accuracy_cells import PEER_MODELS, Cells, Job, packed, unpacked
from accuracy_earlier import with_earlier
from accuracy_summary import Resampled, kept, lenient, summarise

ARTISTS, TRACKS = 200, 5
FACTS = {
    "meaning": "eight genres", "tracks": 3816, "genres": 8, "apart": "descriptors", "groups": 3816,
    "columns": ["energy"], "majority": 0.15, "ceiling": 0.96, "artist_majority": None,
    "artist_coverage": None,
}  # fmt: skip


def _beside(cell: dict[str, Any]) -> dict[str, Any]:
    """Set the truth beside a cell: the first genre, of all tracks."""
    groups = np.repeat(np.arange(ARTISTS), TRACKS)
    return {**cell, "chosen": unpacked(cell["chosen"]), "truth": 0 * groups, "groups": groups}


def _cell(model: str, share: float, *, seed: int = 0, kind: str = "own", rows: str = "a") -> dict[str, Any]:
    """Make a cell of a model that is right on all tracks of a share of the artists."""
    groups = np.repeat(np.arange(ARTISTS), TRACKS)
    right = np.random.default_rng(len(model)).permutation(ARTISTS)[groups] < share * ARTISTS
    score = {"value": share, "low": share - 0.05, "high": share + 0.05}
    return {
        "table": "eight_genres", "model": model, "seed": seed, "fold": 0, "share": 1.0, "kind": kind,
        "rows": rows, "commit": "abc", "measured": "2026-01-01 00:00", "machine": "two cores", "note": "",
        "announced": {"value": share + 0.01, "low": share, "high": share + 0.02}, "together": None,
        "true": dict.fromkeys(("accuracy", "macro_f1", "log_loss", "calibration_error"), score),
        "tested": len(groups), "genres": ["one", "two"], "chosen": packed(np.where(right, 0, 1)),
        "calibration_by_chance": 0.01,
        "fit_seconds": 1.0, "predict_seconds": 0.5, "megabytes": 2.0,
    }  # fmt: skip


def _answers(*_: Any) -> SimpleNamespace:
    """Say the test rows that `_beside` knows, in the place of a table's part."""
    groups = np.repeat(np.arange(ARTISTS), TRACKS)
    train = SimpleNamespace(genres=("one", "two"))
    return SimpleNamespace(rows="a", train=train, truth=0 * groups, groups=groups)


def test_an_artists_tracks_are_drawn_together() -> None:
    """Five tracks that are right or wrong together say no more than one: the interval must know it."""
    mean = Resampled([_beside(_cell("best", 0.6))]).mean("best")
    alone = 1.96 * np.sqrt(0.6 * 0.4 / ARTISTS)
    assert mean.value == pytest.approx(0.6)
    assert (mean.high - mean.low) / 2 == pytest.approx(alone, rel=0.12)


def test_a_pair_is_compared_on_the_same_draws() -> None:
    """A model that is right wherever another is, and on ten artists more, leads it by more than chance."""
    one, two = _cell("best", 0.6), _cell("mine", 0.65)  # names of one length: the same artists in order
    found = Resampled([_beside(one), _beside(two)]).difference("best", "mine")
    assert found is not None
    assert found.value == pytest.approx(-0.05)
    assert found.behind
    assert found.high - found.low < 0.07


def test_any_genre_that_tags_name_may_count_as_right() -> None:
    """Of four tracks by the second genre's probability, half bear it as their label, three name it."""
    cell = {"model": "best", "seed": 0, "truth": [1, 1, 0, 0], "chosen": [1] * 4}
    named = np.array([[False, True], [True, True], [True, True], [True, False]])
    other = {**cell, "model": "other", "chosen": [0] * 4}
    more = {**cell, "seed": 1, "truth": [1, 1, 1, 1]}  # not measured of the other: not compared
    found = lenient([(cell, named), (other, named), (more, named)])
    assert found is not None
    assert found["several"] == 0.5
    assert found["models"] == [
        {"model": "best", "accuracy": 0.5, "any": 0.75},
        {"model": "other", "accuracy": 0.5, "any": 0.75},
    ]
    assert found["seeds"] == [0]
    assert lenient([(other, named), (more, named)]) is None


def test_seeds_that_only_one_has_are_not_compared() -> None:
    cells = [_cell("best", 0.6), _cell("best", 0.7, seed=1), _cell("other", 0.6, seed=1)]
    drawn = Resampled([_beside(cell) for cell in cells])
    found = drawn.difference("best", "other")
    assert found is not None
    assert found.seeds == (1,)
    assert found.value == pytest.approx(0.1)
    assert drawn.mean("best").value == pytest.approx(0.65)


def test_the_lead_names_the_peer_that_is_nearest_or_ahead() -> None:
    cells = [_cell("best", 0.6), _cell("autogluon", 0.75, kind="peer"), _cell("mljar", 0.5, kind="peer")]
    cells = [_beside(cell) for cell in cells]
    found = summarise(cells)
    assert [one["model"] for one in found["models"]] == ["autogluon", "best", "mljar"]
    assert [(lead["peer"], lead["behind"]) for lead in found["leads"]] == [("autogluon", True)]
    assert (found["leads"][0]["best"], found["leads"][0]["accuracy"]) == pytest.approx((0.6, 0.75))
    assert summarise(cells[:1])["leads"] == []


def test_the_page_says_what_is_there_and_what_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "part", _answers)
    cells = Cells(tmp_path / "accuracy", limit=300, threads=2, cache=tmp_path)
    monkeypatch.setattr(tables, "facts", lambda _: FACTS)
    for model, share, kind in (("best", 0.6, "own"), ("mljar", 0.7, "peer")):
        _put(cells, Job("eight_genres", model, 0), _cell(model, share, kind=kind))
    _put(cells, Job("eight_genres", "logistic", 0), {"failed": "no such thing", "commit": "abc"})
    figures = accuracy._named_gaps(accuracy._figures(cells, accuracy._arguments([])))
    page = "\n".join(accuracy_page.lines(figures))
    assert "| eight_genres | 0.6000 | mljar, 0.7000 | -0.1000 (" in page
    assert "| yes | 1 | 1 |" in page
    assert "- eight_genres, logistic, seed 0 -- no such thing" in page
    assert "every table" in page
    assert json.dumps(figures)


def test_cells_of_other_rows_are_not_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "part", _answers)
    cells = Cells(tmp_path, limit=300, threads=2, cache=tmp_path)
    failed: dict[str, str] = {}
    for model, rows in (("best", "other"), ("logistic", "a")):
        _put(cells, Job("eight_genres", model, 0), _cell(model, 0.6, rows=rows))
    assert accuracy._comparable(cells, Job("eight_genres", "best", 0), failed) is None
    assert accuracy._comparable(cells, Job("eight_genres", "logistic", 0), failed) is not None
    assert list(failed) == ["eight_genres, best, seed 0"]


def test_what_a_model_chose_is_kept_to_the_last_track(tmp_path: Path) -> None:
    cells = Cells(tmp_path, limit=300, threads=2, cache=tmp_path)
    for model, chosen in (("best", [3, 0, 11, 0]), ("lightgbm", [1, 1, 2, 255])):
        cells.keep(Job("gtzan", model, 0), {"chosen": packed(np.array(chosen)), "code": cells.sources})
    found = cells.find(Job("gtzan", "best", 0))
    assert found is not None
    assert unpacked(found["chosen"]).tolist() == [3, 0, 11, 0]
    assert (tmp_path / "gtzan.jsonl").read_text().count("\n") == 2  # a line a cell


def test_earlier_rows_stay_until_all_they_speak_of_is_measured() -> None:
    """A mean of two splits gives way to cells of both, not of one; what it was compared with likewise."""
    before = _said(_cell("best", 0.6), _cell("best", 0.6, seed=1), _cell("mljar", 0.65, kind="peer"))
    one = with_earlier(_said(_cell("best", 0.7)), before)
    assert _rows_of(one) == [("best", 0.7, False), ("mljar", 0.65, True), ("best", 0.6, True)]
    assert one["missing"] == {"mljar": {"eight_genres": [1, 2]}}
    weaker = [_cell("plain lightgbm", 0.5, seed=seed, kind="peer") for seed in (0, 1)]
    both = with_earlier(_said(_cell("best", 0.7), _cell("best", 0.7, seed=1), *weaker), one)
    assert _rows_of(both) == [("best", 0.7, False), ("mljar", 0.65, True), ("plain lightgbm", 0.5, False)]
    leads = [
        (lead["peer"], lead["best"], "earlier" in lead) for lead in both["tables"]["eight_genres"]["leads"]
    ]
    assert leads == [("plain lightgbm", pytest.approx(0.7), False), ("mljar", pytest.approx(0.6), True)]
    all_anew = [
        *weaker,
        _cell("mljar", 0.66, kind="peer"),
        *(_cell("best", 0.7, seed=seed) for seed in (0, 1)),
    ]
    last = with_earlier(_said(*all_anew), both)
    assert not any(earlier for *_, earlier in _rows_of(last))
    assert [lead["peer"] for lead in last["tables"]["eight_genres"]["leads"]] == ["mljar"]
    page = "\n".join(accuracy_page.lines(both | {"limit": 300, "threads": 2}))
    assert "| eight_genres † | 0.6000 | mljar, 0.6500 |" in page
    assert "| mljar * † | 0.6500" in page


def test_what_is_said_twice_is_said_by_the_newer() -> None:
    before, now = (_said(_cell("best", share)) for share in (0.6, 0.7))
    before["promises"] = [{"table": "eight_genres", "fold": fold, "true": 0.6} for fold in (0, 1)]
    now["promises"] = [{"table": "eight_genres", "fold": 1, "true": 0.7}]
    point = {"table": "eight_genres", "model": "best"}
    before["curves"] = [{**point, "share": share, "seeds": [0, 1]} for share in (0.5, 1.0)]
    now["curves"] = [{**point, "share": 0.5, "seeds": [0, 1, 2]}, {**point, "share": 1.0, "seeds": [0]}]
    found = with_earlier(now, before)
    assert [(row["fold"], row["true"], "earlier" in row) for row in found["promises"]] == [
        (0, 0.6, True), (1, 0.7, False),
    ]  # fmt: skip
    told = [(row["share"], row["seeds"], "earlier" in row) for row in found["curves"]]
    assert told == [(0.5, [0, 1, 2], False), (1.0, [0], False), (1.0, [0, 1], True)]
    assert with_earlier(found, found) == found


def test_promises_by_confidence_are_counted() -> None:
    """Of three precisions two lie inside, and one is less than was asked for; where nothing is sure, none."""
    said = {"value": 0.75, "low": 0.7, "high": 0.8}
    found = [0.72, 0.78, 0.81, None]
    told = [{"name": "precision", "promised": 0.74, "announced": said, "found": one} for one in found]
    cell = {**_cell("best", 0.6), "promises": told}
    rows = kept([cell, _cell("best", 0.6, seed=1)])
    kinds = {"precision": {"promises": 3, "inside": 2, "worse": 0, "reached": 2}}
    assert rows == [{"table": "eight_genres", "splits": ["0-0"], "kinds": kinds}]
    figures = {"tables": {}, "promises": [], "kept": rows, "curves": [], "missing": {}, "failed": {}}
    page = "\n".join(accuracy_page.lines(figures | {"limit": 300, "threads": 2}))
    assert "| eight_genres | 1 | 2 of 3 |  | 2 of 3 |  |  |  | 3 | 2 | 0 |" in page
    for kind, worse in (("precision", 1), ("set_size", 2)):  # of sets, less is better
        told = [
            {**one, "name": kind, "found": found}
            for one, found in zip(told, [0.69, 0.81, 0.82, 0.75], strict=True)
        ]
        assert kept([{**cell, "promises": told}])[0]["kinds"][kind]["worse"] == worse


def test_earlier_results_of_other_rows_are_left_out_and_named() -> None:
    before, now = _said(_cell("best", 0.6)), _said(_cell("logistic", 0.5))
    before["tables"]["eight_genres"]["facts"] = {"meaning": "fewer tracks"}
    found = with_earlier(now, before)
    assert _rows_of(found) == [("logistic", 0.5, False)]
    assert list(found["failed"]) == ["eight_genres, earlier results"]


def _said(*cells: dict[str, Any]) -> dict[str, Any]:
    """Make figures of cells of one table."""
    found = summarise([_beside(cell) for cell in cells])
    table = {"facts": FACTS, **found, "lenient": []}
    missing = {"mljar": {"eight_genres": [0, 1, 2]}}
    lists: dict[str, Any] = {"promises": [], "kept": kept(cells), "curves": []}
    return {"tables": {"eight_genres": table}, **lists, "missing": missing, "failed": {}}


def _rows_of(figures: dict[str, Any]) -> list[tuple[str, float, bool]]:
    models = figures["tables"]["eight_genres"]["models"]
    return [(one["model"], round(one["accuracy"], 3), "earlier" in one) for one in models]


def test_our_own_cells_are_measured_again_when_the_code_changes(tmp_path: Path) -> None:
    job = Job("eight_genres", "best", 0)
    cells = Cells(tmp_path / "accuracy", limit=300, threads=2, cache=tmp_path)
    _put(cells, job, _cell("best", 0.6))
    assert cells.find(job) is not None
    cells.sources = "0123456789"
    assert cells.find(job) is None
    cells.reuse = "ab"
    assert cells.find(job) is not None
    cells.reuse = "b"
    assert cells.find(job) is None


def test_a_peers_cell_holds_for_its_limit_only(tmp_path: Path) -> None:
    job = Job("eight_genres", "mljar", 0)
    cells = Cells(tmp_path / "accuracy", limit=300, threads=2, cache=tmp_path)
    _put(cells, job, _cell("mljar", 0.6, kind="peer"))
    cells.sources = "0123456789"
    assert cells.find(job) is not None
    cells.limit = 30
    assert cells.find(job) is None


def test_names_with_commas_are_taken_whole() -> None:
    asked = "autogluon, folds by artist,best"
    assert accuracy._models(asked, "msd10k") == ["autogluon, folds by artist", "best"]
    # Without artists its folds would be any folds.
    assert accuracy._models(asked, "gtzan") == ["best"]
    assert "artist_majority" in accuracy._models("baselines", "gtzan")
    with pytest.raises(SystemExit, match="choose from"):
        accuracy._models("worst", "gtzan")


def test_published_models_stand_by_the_columns_that_they_read() -> None:
    words = accuracy_cells.published_models("capstone12")
    assert list(words) == ["capstone_twelve: random forest, words of titles"]
    assert "capstone_twelve: logistic regression" in accuracy_cells.published_models("capstone12_sound")
    assert accuracy_cells.published_models("gtzan") == {}


def test_larger_shares_of_artists_hold_the_smaller_ones() -> None:
    rows, groups = np.arange(100), np.repeat(np.arange(20), 5)
    few, more = (tables.thinned(rows, groups, share, seed=3) for share in (0.25, 0.5))
    assert len(few) == 25
    assert set(few) < set(more)
    assert len(tables.thinned(rows, groups, 1.0, seed=3)) == 100


@pytest.mark.data("spotify_114k")
def test_a_peer_is_given_no_genre_to_label_and_no_artist_unless_grouped(tmp_path: Path) -> None:
    part = tables.part("eight_genres", 0)
    cells = Cells(tmp_path / "accuracy", limit=30, threads=1, cache=tmp_path)
    for name, grouped in (("autogluon", False), ("autogluon, folds by artist", True)):
        folder = tmp_path / name
        folder.mkdir()
        accuracy_cells._task(part, PEER_MODELS[name], folder, cells)
        train, test = (pl.read_parquet(folder / f"{rows}.parquet") for rows in ("train", "test"))
        assert ("group" in train.columns) is grouped
        assert not {"genre", "group"} & set(test.columns)
        assert train.height + test.height == 3816
        assert set(test.columns) == set(part.train.columns)


@pytest.mark.data("spotify_30k")
def test_the_benchmark_split_is_always_the_same() -> None:
    one, two = tables.part("spotify_30k", 0), tables.part("spotify_30k", 2)
    assert (one.seed, two.seed) == (0, 2)
    assert one.rows == two.rows
    assert (len(one.train), one.test.height) == (22684, 5672)
    heard = set(one.train.tracks["artist"].str.to_lowercase())
    assert not heard & set(one.test["artist"].str.to_lowercase())


def _put(cells: Cells, job: Job, cell: dict[str, Any]) -> None:
    cells.keep(job, {**cell, "code": cells._code(job)})
