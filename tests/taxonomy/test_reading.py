"""Taxonomy files: the folder, and a clear error for whatever is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from genrelab.errors import MissingFile, ReadError, UnknownName
from genrelab.taxonomy import TAXONOMIES, Taxonomy, load

HEAD = 'name = "two"\nmeaning = "an example"\norigin = "nowhere"\n'
ROCK = '[[genres]]\nname = "rock"\npatterns = ["rock"]\n'


def written(folder: Path, text: str) -> Path:
    file = folder / "two.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_the_folder_is_read_and_counted() -> None:
    assert list(TAXONOMIES) == ["capstone12", "fma", "msd_terms", "playlist_six", "tagtraum"]
    assert len(TAXONOMIES) == 5
    for name, taxonomy in TAXONOMIES.items():
        assert isinstance(taxonomy, Taxonomy)
        assert taxonomy.name == name
        assert load(name) == taxonomy


def test_the_fma_tree_is_whole() -> None:
    fma = TAXONOMIES["fma"]
    ids = [alias for genre in fma.genres for alias in genre.aliases if alias.isdigit()]
    assert (len(fma.names), len(ids), len(set(ids))) == (16, 163, 163)
    assert fma.match("45") == fma.match("Loud-Rock") == ("Rock",)


def test_playlist_six() -> None:
    six = TAXONOMIES["playlist_six"]
    assert set(six.names) == {"edm", "latin", "pop", "r&b", "rap", "rock"}
    spelt = {
        "Hip-Hop": "rap",
        "rnb": "r&b",
        "R & B": "r&b",
        "Reggaeton": "latin",
        "deep house": "edm",
        "pop": "pop",
    }
    assert {tag: six.match(tag)[0] for tag in spelt} == spelt


def test_unknown_name() -> None:
    with pytest.raises(UnknownName, match="no taxonomy 'capstone': did you mean 'capstone12'"):
        load("capstone")


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match="no such taxonomy file"):
        load(tmp_path / "none.toml")


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    taxonomy = load(written(tmp_path, HEAD + ROCK))
    assert taxonomy.pick == "first_genre"
    assert taxonomy.match("art rock") == ("rock",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name = ", "is not TOML"),
        (HEAD, "has no genres"),
        (HEAD + 'genres = ["rock"]', "is not a .*genres.* block"),
        (HEAD + 'prick = "only"\n' + ROCK, "unknown key 'prick'"),
        (HEAD + ROCK + 'pattern = ["rock"]', "genre 1: unknown key 'pattern'"),
        (HEAD + '[[genres]]\npatterns = ["rock"]', "genre 1: has no 'name'"),
        (ROCK, "has no 'name'"),
        (HEAD + '[[genres]]\nname = "rock"', "'rock' can match nothing"),
        (HEAD + '[[genres]]\nname = "rock"\npatterns = ["ro(ck"]', r"pattern 'ro\(ck'"),
        (HEAD + '[[genres]]\nname = "rock"\npatterns = "rock"', "a list of texts"),
        (HEAD + '[[genres]]\nname = "rock"\npatterns = [""]', "a list of texts"),
        (HEAD + "[[genres]]\nname = 7\npatterns = ['rock']", "a text"),
        (HEAD + 'pick = "any"\n' + ROCK, "pick = 'any'"),
        (HEAD + ROCK + ROCK, "'rock' stands twice"),
        (HEAD + ROCK + 'aliases = ["A"]\n[[genres]]\nname = "pop"\naliases = ["a"]', "alias 'a'"),
        (HEAD + 'ignore = ["a"]\n' + ROCK + 'aliases = ["a"]', "alias 'a'"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ReadError, match=message):
        load(written(tmp_path, text))
