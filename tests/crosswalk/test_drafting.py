"""Drafts by name, and the file that a person goes on with."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genrelab import crosswalk
from genrelab.crosswalk import Crosswalk, draft, load, write
from genrelab.errors import OutputError

names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("theirs", "ours", "expected"),
    [
        # The same name first, however else it could be spelt.
        (["Rap", "rap"], ["rap", "Rap"], {"Rap": ("Rap",), "rap": ("rap",)}),
        (["Hip-Hop"], ["hiphop", "rock"], {"Hip-Hop": ("hiphop",)}),
        # By the broad genre: several to one, one to several.
        (["techno", "trance"], ["Electronic"], {"techno": ("Electronic",), "trance": ("Electronic",)}),
        (["Electronic"], ["techno", "trance"], {"Electronic": ("techno", "trance")}),
        # Names spelt alike stay apart although they are of one broad genre ...
        (["trap", "rap"], ["Rap", "Trap"], {"trap": ("Trap",), "rap": ("Rap",)}),
        # ... and take what has found no partner.
        (["rap"], ["Rap", "Trap"], {"rap": ("Rap", "Trap")}),
        (["jazz/blues"], ["Blues", "Jazz", "Rock"], {"jazz/blues": ("Blues", "Jazz")}),
        (["country, folk"], ["folk", "country"], {"country, folk": ("folk", "country")}),
        (["Experimental", "live", "Xyz"], ["rock", "pop"], {}),
        ([], ["rock"], {}),
    ],
)
def test_drafts(theirs: list[str], ours: list[str], expected: Mapping[str, tuple[str, ...]]) -> None:
    assert draft(theirs, ours).genres == expected


def test_the_same_label_space_drafts_itself() -> None:
    twelve = (
        "Blues",
        "Country",
        "Electronic",
        "Folk",
        "Hip-Hop",
        "Jazz",
        "Old-Time / Historic",
        "Pop",
        "Rock",
    )
    assert draft(twelve, twelve).genres == {genre: (genre,) for genre in twelve}


def test_a_draft_says_what_it_left(tmp_path: Path) -> None:
    theirs = {"Rock": 1234, "techno": 20, "trance": 1, "Spoken": 7}
    ours = ["Electronic", "Jazz", "Rock"]
    write(draft(theirs, ours), tmp_path / "map.toml", theirs, ours)
    text = (tmp_path / "map.toml").read_text()
    _, _, body = text.partition("[genres]\n")
    assert body == (
        '"Rock" = ["Rock"]  # 1,234 tracks\n'
        "\n# these share genres of the model, and count as one genre\n"
        '"techno" = ["Electronic"]  # 20 tracks\n'
        '"trance" = ["Electronic"]  # 1 track\n'
        "\n# no partner found: left out of the score, unless they get a line\n"
        '# "Spoken" = []  # 7 tracks\n'
        "\n# genres of the model that stand in no line\n"
        '# "Jazz"\n'
    )
    assert load(tmp_path / "map.toml").genres == draft(theirs, ours).genres


@settings(max_examples=25, deadline=None)
@given(st.dictionaries(names, st.integers(0, 9), min_size=1, max_size=5))
def test_any_names_survive_the_file(tmp_path_factory: pytest.TempPathFactory, theirs: dict[str, int]) -> None:
    """Quotes, line ends and control characters: a name can neither end its line nor become another one."""
    file = tmp_path_factory.mktemp("draft") / "map.toml"
    write(draft(theirs, list(theirs)), file, theirs, list(theirs))
    assert load(file).genres == {genre: (genre,) for genre in theirs}
    write(Crosswalk({}), file, theirs, list(theirs), overwrite=True)
    assert tomllib.loads(file.read_text(encoding="utf-8")) == {"genres": {}}


def test_a_draft_replaces_nothing_unasked_and_never_a_table(tmp_path: Path) -> None:
    map_file, table = tmp_path / "map.toml", tmp_path / "songs.csv"
    map_file.write_text("mine")
    table.write_text("mine")
    with pytest.raises(OutputError, match="exists already"):
        write(Crosswalk({}), map_file, {}, [])
    with pytest.raises(OutputError, match=r"let it end in \.toml"):
        crosswalk.check(table, overwrite=True)
    assert map_file.read_text() == table.read_text() == "mine"
    write(Crosswalk({}), map_file, {}, [], overwrite=True)
    assert "mine" not in map_file.read_text()
