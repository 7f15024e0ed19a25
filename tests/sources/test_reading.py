"""Reading: what it says of columns."""

from __future__ import annotations

import polars as pl
import pytest

from genrelab.errors import SchemaError
from genrelab.sources import Reading
from genrelab.sources._reading import Fault, rejected_table


def reading() -> Reading:
    tracks = pl.DataFrame({"tags": [["a"]], "title": ["x"], "song_name": ["y"]})
    mapped = {"genre": "tags", "Track Name": "title"}
    return Reading(tracks, mapped, ("song_name",), {"": "it only numbers the rows"}, rejected_table(()), ())


@pytest.mark.parametrize(
    ("asked", "found"),
    [("genre", "tags"), ("tags", "tags"), ("Track Name", "title"), ("track_name", "title"),
     ("title", "title"), ("song_name", "song_name"), ("Song Name", "song_name")],
)  # fmt: skip
def test_a_column_is_found_by_their_name_and_by_ours(asked: str, found: str) -> None:
    assert reading().column(asked) == found


def test_an_absent_column_is_met_with_a_suggestion() -> None:
    with pytest.raises(SchemaError, match=r"column 'genree': not in the table: did you mean 'genre'\?"):
        reading().column("genree")


def test_a_column_left_out_says_why() -> None:
    with pytest.raises(SchemaError, match="left out, it only numbers the rows"):
        reading().column("")


def test_rejected_rows_have_a_type_even_when_there_are_none() -> None:
    assert rejected_table(()).schema == rejected_table([("a.csv", Fault(3, "why"))]).schema
