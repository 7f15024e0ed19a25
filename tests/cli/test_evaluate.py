"""Scoring on a table with other genre names, as a user does it: draft, look, score."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import polars as pl
import pytest
from tests.cli.conftest import Run

from genrelab import store
from genrelab.scoring import Score

OTHERS = {"edm": "techno", "latin": "Latin", "pop": "Charts", "r&b": "RnB", "rap": "Hip-Hop", "rock": "Rock"}


@pytest.fixture(scope="module")
def others(songs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The songs under other names of genres."""
    path = tmp_path_factory.mktemp("others") / "others.csv"
    tracks = pl.read_csv(songs).drop("playlist_name")
    style = pl.col("playlist_genre").replace(OTHERS)
    tracks.with_columns(style=style).drop("playlist_genre").write_csv(path)
    return path


def genrelab(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "genrelab", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8")


def test_draft_look_score(model: Path, others: Path, tmp_path: Path) -> None:
    """In processes of their own, as from a shell."""
    file = tmp_path / "map.toml"
    drafted = genrelab("evaluate", model, others, "--label", "style", "--draft-map", file)
    assert (drafted.returncode, drafted.stderr) == (0, "")
    assert f"draft  {file}" in drafted.stdout
    assert "score with --map in place of --draft-map" in drafted.stdout
    assert '"techno" = ["edm"]' in file.read_text()
    scored = genrelab("evaluate", model, others, "--label", "style", "--map", file, "--json")
    assert (scored.returncode, scored.stderr) == (0, "")
    told = json.loads(scored.stdout)
    assert {"name": "techno", "theirs": ["techno"], "ours": ["edm"]} in told["report"]["crosswalk"]
    assert told["report"]["rows"] + sum(told["report"]["left_out"].values()) == 500
    assert told["kept"] is None


def test_a_table_that_lacks_columns_is_held_to_what_was_announced_without_them(
    run: Run, model: Path, songs: Path, tmp_path: Path
) -> None:
    loaded = store.load(model)
    less = Score(0.1, 0.05, 0.2)
    absent = replace(loaded, card=replace(loaded.card, absent={"tempo,energy": less}))
    place = store.save(absent, tmp_path / "model")
    table = tmp_path / "unheard.csv"
    artists = pl.col("artist") + " of elsewhere"
    pl.read_csv(songs).with_columns(artists).drop("tempo").write_csv(table)
    options = ("evaluate", place, table, "--label", "playlist_genre")
    told = run(*options, "--json").json
    assert told["announced"] == asdict(less)
    assert told["kept"] is True
    assert any(note.startswith("the table lacks tempo") for note in told["report"]["notes"])
    assert told["report"]["confidence"] is None
    assert "0.100, 95 % interval 0.050-0.200" in run(*options).out
    beside = run(*options, "--together")
    assert "announced:" not in beside.out
    assert "it speaks of tables with every column that the model reads" in " ".join(beside.out.split())


def test_names_that_do_not_fit_lead_to_a_draft(run: Run, model: Path, others: Path) -> None:
    told = run("evaluate", model, others, "--label", "artist")
    assert (told.code, told.err.count("\n")) == (2, 1)
    assert "draft a crosswalk (--draft-map)" in told.err


def test_a_draft_as_json(run: Run, model: Path, others: Path, tmp_path: Path) -> None:
    file = tmp_path / "map.toml"
    draft = ("evaluate", model, others, "--label", "style", "--draft-map", file)
    told = run(*draft, "--json").json
    assert told["draft"] == str(file)
    assert told["genres"]["Hip-Hop"] == ["rap"]
    assert set(told["left_out"]) == {"Charts"}
    assert {*told["genres"], "Charts"} == set(pl.read_csv(others)["style"])
    refused = run(*draft)
    assert (refused.code, refused.err.count("\n")) == (2, 1)
    assert "exists already" in refused.err
    assert run(*draft, "--overwrite").code == 0


def test_the_page_and_the_terminal_show_the_crosswalk(
    run: Run, model: Path, others: Path, tmp_path: Path
) -> None:
    file, page = tmp_path / "map.toml", tmp_path / "found.html"
    file.write_text('[genres]\nRock = "rock"\ntechno = "edm"\n')
    shown = run("evaluate", model, others, "--label", "style", "--map", file, "--report", page, "--together")
    words = " ".join(shown.out.split())
    assert shown.code == 0
    assert "Rock is rock" in words
    assert "techno is edm" in words
    assert "(elsewhere)" in words
    assert "tracks were left out: of genres that stand in no line:" in words
    assert "the promise: cannot be told: it speaks of the model's own genres" in words
    assert "techno is edm" in page.read_text()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('[genres]\nRock = "rok"\nRap = "rap"', "'Rock': no genre of the model 'rok': did you mean 'rock'?"),
        ("rock: [Rock]", "is not TOML"),
        ("", "has no [genres]"),
        ("[genres]\nRock = 3", "'Rock' = 3: write a genre of the model, or a list of them"),
        ('[genres]\nRock = "rock"\nRap = "rock"', "leaves one genre, 'Rap + Rock'"),
        ('[genres]\nA = "rock"\nB = "pop"', "none of its genres"),
    ],
)
def test_crosswalks_that_are_wrong(
    run: Run, model: Path, others: Path, tmp_path: Path, content: str, message: str
) -> None:
    file = tmp_path / "map.toml"
    file.write_text(content)
    told = run("evaluate", model, others, "--label", "style", "--map", file)
    assert (told.code, told.out, told.err.count("\n")) == (2, "", 1)
    assert told.err.startswith("error: ")
    assert message in told.err
    assert str(file) in told.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--map", "none.toml"), "no such crosswalk: check the path, or draft one (--draft-map)"),
        (("--draft-map", "map.csv"), "let it end in .toml"),
        (("--draft-map", "a.toml", "--map", "b.toml"), "--draft-map: scores nothing yet: leave --map out"),
        (("--draft-map", "a.toml", "--report", "b.html"), "leave --report out"),
        (("--draft-map", "a.toml", "--label", "energy"), "not names of genres"),
    ],
)
def test_options_that_do_not_fit(
    run: Run,
    model: Path,
    others: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    told = run("evaluate", model, others, "--label", "style", *arguments)
    assert (told.code, told.err.count("\n")) == (2, 1)
    assert message in told.err
    assert not list(tmp_path.iterdir())
