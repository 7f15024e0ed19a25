"""Tags of a row as one text, and texts that are lists of tags."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import pytest

from genrelab.insight import binning_report
from genrelab.taxonomy import Genre, Taxonomy, bin, load  # noqa: A004 - the field's verb
from genrelab.taxonomy.tag_texts import SEPARATOR, tag_texts

TWO = Taxonomy("two", "", "", (Genre("country, folk", patterns=("country",)), Genre("rock", ("rock, pop",))))


def read(values: Sequence[object]) -> tuple[list[list[str] | None], bool]:
    texts, parted = tag_texts(pl.DataFrame({"tags": values}), "tags", TWO)
    return texts.str.split(SEPARATOR).to_list(), parted


@pytest.mark.parametrize("wrapped", [False, True])
def test_commas_part_tags_where_most_values_hold_some(wrapped: bool) -> None:
    said = ["house, french house , dance", "r&b,soul", "jazz"]
    values = [[text] for text in said] if wrapped else said
    assert read(values) == ([["house", "french house", "dance"], ["r&b", "soul"], ["jazz"]], True)


@pytest.mark.parametrize(
    "values",
    [
        ["country, folk", "Rock, Pop", "country, folk"],
        ["jazz", "blues, rock", "pop", "soul, funk", ""],
        ["['a, b', 'c']", "['d, e']", "x"],
        [["a, b", "c"], ["d, e", "f"]],
        [None, ""],
        [],
    ],
)
def test_what_may_be_one_tag_stays_whole(values: Sequence[object]) -> None:
    read_as, parted = read(values)
    assert not parted
    if values and isinstance(values[0], str):
        assert read_as == [[text] for text in values]


def test_the_names_of_genres_stay_whole_among_lists() -> None:
    assert read(["country, folk", "a, b", "c, d"])[0] == [["country, folk"], ["a", "b"], ["c", "d"]]


def test_parting_is_told_and_counted() -> None:
    tracks = pl.DataFrame({"tags": ["house, mallet", "soul, mallet"]})
    binned = bin(tracks, "broad")
    assert binned.tracks["genre"].to_list() == ["electronic", "r&b/soul"]
    assert binned.unmatched.rows() == [("mallet", 2)]
    assert "they were parted at the commas" in binned.notes[0]
    found = binning_report.examine(tracks, binned, load("broad"))
    assert found.tags["tag"].to_list() == ["mallet", "house", "soul"]
    assert found.notes == binned.notes
