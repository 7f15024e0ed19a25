"""``genrelab study``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from genrelab.cli import main


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    said = capsys.readouterr()
    return int(ended.value.code or 0), said.out, said.err


@pytest.mark.data("fma_rock_hiphop")
def test_a_study_prints_its_three_columns(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ("study", "rock_or_hiphop", "--data", data, "--sample", 300, "--cache", tmp_path, "--threads", 1)
    page = tmp_path / "page.html"
    status, out, _ = run(capsys, *given, "--report", page)
    assert status == 0
    for word in ("published", "repeated", "honest", "test f1 Rock", "genrelab best"):
        assert word in " ".join(out.split())
    assert page.is_file()
    status, out, err = run(capsys, *given, "--json")
    assert (status, err) == (0, "")
    (found,) = json.loads(out)["studies"]
    assert found["study"] == "rock_or_hiphop"
    assert found["sample"] == 300


def test_no_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "study", "spotify_eight", "--data", tmp_path)
    assert (status, out) == (2, "")
    assert err.startswith("error: spotify_114k: no such folder")
    assert err.count("\n") == 1


@pytest.mark.data("fma_rock_hiphop")
def test_all_leaves_out_studies_whose_tables_are_not_there(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "fma_rock_hiphop").symlink_to(data / "fma_rock_hiphop")
    given = ("--data", tmp_path / "data", "--sample", 300, "--cache", tmp_path / "cache", "--threads", 1)
    status, out, _ = run(capsys, "study", "all", *given, "--json")
    found = json.loads(out)
    assert status == 0
    assert [study["study"] for study in found["studies"]] == ["rock_or_hiphop"]
    assert len(found["left_out"]) == 5
    assert "spotify_30k: no such folder" in found["left_out"]["playlist_six"]
    (tmp_path / "nothing").mkdir()
    status, _, err = run(capsys, "study", "all", "--data", tmp_path / "nothing")
    assert status == 2
    assert err.count("\n") == 1


def test_no_such_study(capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = run(capsys, "study", "capstone")
    assert status == 2
    assert "did you mean 'capstone_twelve'" in err
