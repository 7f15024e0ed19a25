"""The contract: one table that everything else is drawn from."""

from __future__ import annotations

import math

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from genrelab import schema
from genrelab.errors import SchemaError


def test_no_name_stands_for_two_columns() -> None:
    names = [name for column in schema.COLUMNS for name in (column.name, *column.aliases)]
    assert len(names) == len(set(names))
    assert names == [schema.fold(name) for name in names]


def test_every_number_but_no_text_has_a_range() -> None:
    for column in schema.COLUMNS:
        assert (column.low is not None) == (column.high is not None) == column.dtype.is_numeric()
        assert column.meaning


@pytest.mark.parametrize(
    ("headers", "mapped"),
    [
        (
            ["track_name", "track_artist", "playlist_genre", "duration_ms"],
            ["title", "artist", "genre", "duration"],
        ),
        (["artist.name", "song.id", "release.name", "terms"], ["artist", "track_id", "album", "tags"]),
        (["SongID", "KeySignature", "TimeSignature"], ["track_id", "key", "time_signature"]),
        ([" Track Name ", "TEMPO", "time-signature"], ["title", "tempo", "time_signature"]),
    ],
)
def test_other_peoples_headers(headers: list[str], mapped: list[str]) -> None:
    assert schema.canonical(headers) == dict(zip(headers, mapped, strict=True))


def test_one_header_wins_each_name() -> None:
    assert schema.canonical(["song_name", "title"]) == {"title": "title"}
    assert schema.canonical(["Title", "title"]) == {"title": "title"}
    assert schema.canonical(["name", "song_name", "track_name"]) == {"track_name": "title"}
    assert schema.canonical(header for header in ["bpm", "mood"]) == {"bpm": "tempo"}


@given(st.lists(st.sampled_from([n for c in schema.COLUMNS for n in (c.name, *c.aliases)]), unique=True))
def test_names_are_never_given_twice(headers: list[str]) -> None:
    mapped = schema.canonical(headers)
    assert len(set(mapped.values())) == len(mapped)
    assert set(mapped) <= set(headers)
    assert all(header in mapped for header in headers if header in schema.CONTRACT)


def test_rows_out_of_range_come_back_with_their_reasons() -> None:
    table = pl.DataFrame({
        "tempo": [120.0, -1.0, None, math.nan, math.inf],
        "key": [-1, 12, 0, 11, 5],
        "mood": ["a", "b", "c", "d", "e"],
    })  # fmt: skip
    checked = schema.validate(table)
    assert checked.tracks["mood"].to_list() == ["a", "c"]
    assert checked.rejected.select("row", "reason", "mood").rows() == [
        (1, "tempo out of range; key out of range", "b"),
        (3, "tempo out of range", "d"),
        (4, "tempo out of range", "e"),
    ]
    assert checked.tracks.columns == table.columns


def test_columns_may_have_the_names_of_the_report() -> None:
    table = pl.DataFrame({"tempo": [90.0, -1.0], "row": [7, 8], "reason": ["a", "b"], "row_": [1, 2]})
    checked = schema.validate(table)
    assert_frame_equal(checked.tracks, table[:1])
    expected = {
        "row": 1,
        "reason": "tempo out of range",
        "tempo": -1.0,
        "row__": 8,
        "reason_": "b",
        "row_": 2,
    }
    assert checked.rejected.to_dicts() == [expected]


def test_a_table_without_numbers_is_valid() -> None:
    table = pl.DataFrame({"title": ["a"]})
    assert_frame_equal(schema.validate(table).tracks, table)


def test_a_column_of_the_wrong_type_is_refused() -> None:
    with pytest.raises(SchemaError, match="column 'tempo': holds String, not Float64"):
        schema.check_types(pl.DataFrame({"tempo": ["fast"]}))
    with pytest.raises(SchemaError, match="column 'title'"):
        schema.validate(pl.DataFrame({"title": [1]}))
    schema.check_types(pl.DataFrame({"tempo": [120], "title": [None], "other": ["x"]}))


@given(st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_samples_keep_the_contract_and_repeat(n: int, seed: int) -> None:
    sample = schema.sample(n, seed)
    assert sample.schema == {column.name: column.dtype for column in schema.COLUMNS}
    assert schema.validate(sample).tracks.height == n
    assert_frame_equal(sample, schema.sample(n, seed))


def test_a_sample_has_the_genres_asked_for() -> None:
    assert set(schema.sample(200, 0, genres=["a", "b"])["genre"]) == {"a", "b"}


def test_labels_name_the_unit() -> None:
    assert schema.CONTRACT["tempo"].label == "tempo (BPM)"
    assert schema.CONTRACT["energy"].label == "energy"
