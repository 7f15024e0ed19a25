"""Files of crosswalks, right and wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from genrelab.crosswalk import Crosswalk, load
from genrelab.errors import MissingFile, ReadError


def test_a_file_as_a_person_writes_it(tmp_path: Path) -> None:
    file = tmp_path / "map.toml"
    file.write_text('\ufeff# mine\n[genres]\nRock = "rock"\n"Soul, R&B" = ["r&b", "r&b"]\nTalk = []\n')
    assert load(file) == Crosswalk({"Rock": ("rock",), "Soul, R&B": ("r&b",), "Talk": ()}, str(file))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "has no \\[genres\\]: put that above lines such as"),
        (b'Rock = "rock"', "has no \\[genres\\]"),
        (b"[genres]", "names no genre of the model: add lines"),
        (b"[genres]\nTalk = []", "names no genre of the model"),
        (b'genres = "rock"', "genres = 'rock': write \\[genres\\]"),
        (b"[[genres]]\nname = 'rock'", "write \\[genres\\]"),
        (b"[genres]\nRock = 'rock'\n[more]", "unknown key 'more': write all lines under"),
        (b"[genres]\nRock = 1", "'Rock' = 1: write a genre of the model, or a list of them"),
        (b"[genres]\nRock = ['rock', 2]", "write a genre of the model"),
        (b"[genres]\nRock = ''", "write a genre of the model"),
        (b"[genres]\nHip.Hop = 'rap'", "'Hip': is a table: write a name with a dot in it in quotes"),
        (b"[genres]\nRock = rock", "is not TOML"),
        (b"[genres]\nRock = 'a'\nRock = 'b'", "is not TOML"),
        (b"genre;rock\n", "is not TOML"),
        (b"\xff\xfe\x00", "is not TOML"),
        (b"PK\x03\x04\x00\x00", "is not TOML"),
        (b"a = " + b"[" * 5000, "is not TOML"),
    ],
)
def test_files_that_are_no_crosswalk(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "map.toml"
    file.write_bytes(content)
    with pytest.raises(ReadError, match=message) as told:
        load(file)
    assert str(told.value).startswith(f"{file}: ")
    assert "\n" not in str(told.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match="no such crosswalk: check the path, or draft one"):
        load(tmp_path / "none.toml")
    with pytest.raises(ReadError, match="cannot be read"):
        load(tmp_path)
