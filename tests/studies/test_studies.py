"""Every study runs to its end on a sample of its real table; what was found before is not found again."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import pytest

from genrelab import scoring
from genrelab.errors import MissingFile, UnknownName
from genrelab.insight.repetition import repeat
from genrelab.scoring import Score
from genrelab.studies import STUDIES, Row, StudyReport, as_dict, study, tabulate, tabulate_overview, write
from genrelab.studies import _running as running

FOUND = (
    "capstone_twelve", "million_song", "playlist_six", "rock_or_hiphop", "spotify_eight", "spotify_fifteen",
)  # fmt: skip
TABLES = tuple(sorted({STUDIES[name].data for name in FOUND}))


def report(**changes: object) -> StudyReport:
    rows = (
        Row("tree: test accuracy", 0.5, 0.51, 0.02, Score(0.4, 0.35, 0.45)),
        Row("tracks", 10, 12, 0.0),
        Row("genrelab best", None, None, None, Score(0.6, 0.55, 0.65)),
    )
    made = StudyReport("small", "two genres", rows, {"rows": 12}, "artist", None, ("a note",))
    return dataclasses.replace(made, **changes)  # type: ignore[arg-type]


def test_the_drawer_misses_no_study() -> None:
    assert tuple(STUDIES) == FOUND
    with pytest.raises(UnknownName, match="did you mean 'playlist_six'"):
        study("playlist_sex")


@pytest.mark.parametrize("name", FOUND)
def test_a_study_names_what_it_is_of(name: str) -> None:
    chosen = STUDIES[name]
    assert chosen.meaning
    assert chosen.obtain
    assert chosen.notes
    named = [trial.name for trial in chosen.trials] + [measure.name for measure in chosen.measures]
    assert len(set(named)) == len(named)
    assert any(trial.honest is not None for trial in chosen.trials)
    for trial in chosen.trials:
        published = any(not math.isnan(value) for value in trial.published.values())
        assert published or trial.tolerance is None or trial.note


@pytest.mark.data(*TABLES)
@pytest.mark.parametrize("name", FOUND)
def test_it_runs_to_its_end_on_a_sample(
    name: str, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoring, "REPLICATES", 100)
    found = study(name, data, sample=420, cache=tmp_path / "cache", threads=1)
    assert found.rows[-1].honest is not None
    for row in found.rows[:-1]:
        assert row.repeated is not None
        assert math.isfinite(row.repeated)
    trials = sum(len(trial.published) for trial in STUDIES[name].trials)
    assert len(found.rows) == trials + len(STUDIES[name].measures) + 1
    write([found], tmp_path / "page.html")
    assert "honest" in (tmp_path / "page.html").read_text("utf-8")

    # Everything is known now: nothing may be fitted again.
    def never(*_: object, **__: object) -> None:
        raise AssertionError("fitted again")

    monkeypatch.setattr(running, "train", never)
    monkeypatch.setattr(running, "repeat", never)
    again = study(name, data, sample=420, cache=tmp_path / "cache", threads=1)
    assert again.rows == found.rows


@pytest.mark.data("fma_rock_hiphop")
def test_a_run_that_was_stopped_goes_on(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fitted: list[str] = []

    def counted(*arguments: object, **settings: object) -> dict[str, float]:
        fitted.append("one")
        if len(fitted) == 3:
            raise KeyboardInterrupt
        return repeat(*arguments, **settings)  # type: ignore[arg-type]

    monkeypatch.setattr(running, "repeat", counted)
    with pytest.raises(KeyboardInterrupt):
        study("rock_or_hiphop", data, sample=300, cache=tmp_path, threads=1)
    study("rock_or_hiphop", data, sample=300, cache=tmp_path, threads=1)
    assert len(fitted) == 1 + len(STUDIES["rock_or_hiphop"].trials)


@pytest.mark.data("fma_rock_hiphop")
def test_rock_or_hiphop_has_the_published_tracks(data: Path) -> None:
    material = STUDIES["rock_or_hiphop"].read(data / "fma_rock_hiphop", None, 0)
    assert material.counts["both"] == 4802
    trials = {trial.name: trial for trial in STUDIES["rock_or_hiphop"].trials}
    for name, supports in {
        "logistic regression": (229, 972),
        "logistic regression, balanced": (230, 225),
    }.items():
        found = repeat(material.rows, trials[name].recipe, trials[name].protocol, seed=10, threads=1)
        assert (found["test support Hip-Hop"], found["test support Rock"]) == supports
    published = trials["logistic regression, balanced"].published
    for figure in ("test f1 Hip-Hop", "test f1 Rock"):
        assert found[figure] == pytest.approx(published[figure], abs=0.02)


def test_a_study_without_its_table_says_where_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match=r"fma_rock_hiphop: no such folder in .*: get it from .*fma"):
        study("rock_or_hiphop", tmp_path)


@pytest.mark.data("fma_rock_hiphop")
def test_a_damaged_cache_is_found_anew(data: Path, tmp_path: Path) -> None:
    first = study("rock_or_hiphop", data, sample=300, cache=tmp_path, threads=1)
    for path in tmp_path.iterdir():
        path.write_text('{"value": ', "utf-8")
    assert study("rock_or_hiphop", data, sample=300, cache=tmp_path, threads=1).rows == first.rows


@pytest.mark.data("spotify_30k")
def test_the_honest_model_reads_the_columns_that_the_published_one_did(data: Path) -> None:
    material = STUDIES["playlist_six"].read(data / "spotify_30k", 600, 0)
    assert material.honest.columns == material.rows.columns
    assert set(material.honest.columns) < set(material.prepared.dataset.columns)
    assert material.honest.split == "artist"


def test_what_landed_is_said() -> None:
    table = tabulate(report())
    assert table.rows[0] == ("tree: test accuracy", "0.500", "0.510", "yes", "0.400", "0.350-0.450")
    assert table.rows[1][3] == "off by 2"
    line = tabulate_overview([report()]).rows[0]
    assert line == ("small", "tree: test accuracy", "0.500", "0.510", "0.400", "0.600", "1 of 2")


def test_plain_values_have_every_row() -> None:
    plain = as_dict(report())
    assert [row["within"] for row in plain["rows"]] == [True, False, None]  # type: ignore[attr-defined]


def test_several_studies_have_an_overview(tmp_path: Path) -> None:
    write([report(), report(study="<b>other")], tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text("utf-8")
    assert page.count('role="tab" id=') == 3
    assert "&lt;b&gt;other" in page
