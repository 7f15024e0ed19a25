"""Writing aside: whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from genrelab.errors import OutputError
from genrelab.files import folder_written_aside, written_aside


def test_a_file_appears_only_when_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "new" / "out.csv"
    with written_aside(target) as partial:
        partial.write_text("half")
        assert not target.exists()
        partial.write_text("whole")
    assert target.read_text() == "whole"
    assert list(target.parent.iterdir()) == [target]


def test_a_file_that_was_there_survives_a_failure(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_text("before")
    with pytest.raises(ZeroDivisionError), written_aside(target) as partial:
        partial.write_text(str(len("half") / 0))
    assert target.read_text() == "before"
    assert list(tmp_path.iterdir()) == [target]


def test_a_folder_appears_only_when_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "model"
    with folder_written_aside(target) as partial:
        (partial / "card.json").write_text("{}")
        assert not target.exists()
    assert (target / "card.json").read_text() == "{}"
    assert list(tmp_path.iterdir()) == [target]


def test_a_folder_is_replaced_only_when_asked(tmp_path: Path) -> None:
    target = tmp_path / "model"
    target.mkdir()
    (target / "old").touch()
    with pytest.raises(OutputError, match="exists already: choose another name, or add --overwrite"):
        folder_written_aside(target).__enter__()
    with folder_written_aside(target, overwrite=True) as partial:
        (partial / "new").touch()
        assert (target / "old").exists()
    assert [file.name for file in target.iterdir()] == ["new"]
    with pytest.raises(RuntimeError), folder_written_aside(target, overwrite=True) as partial:
        raise RuntimeError
    assert [file.name for file in target.iterdir()] == ["new"]
    assert list(tmp_path.iterdir()) == [target]


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for aside in (written_aside, folder_written_aside):
        with pytest.raises(OutputError, match=r"cannot be written .*: choose another place"):
            aside(tmp_path / "file" / "out").__enter__()


def test_a_block_that_does_not_write_is_told(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"), written_aside(tmp_path / "out"):
        pass
