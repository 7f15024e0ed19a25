"""What a model reads of a table, and what it refuses to."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from genrelab import schema
from genrelab.errors import SchemaError
from genrelab.features import inputs

COLUMNS = ("energy", "key", "title", "artist")


def test_numbers_and_wording_and_counts() -> None:
    read = inputs.read(schema.sample(9, seed=0), COLUMNS, with_text=True)
    assert read.fixed.shape == (9, len(read.names))
    assert {"energy", "key", "key_sin", "key_cos", "title_length", "artist_length"} <= set(read.names)
    assert read.counts is not None
    assert read.counts.shape[0] == 9


def test_a_column_may_bear_the_name_of_a_feature_that_is_made() -> None:
    tracks = pl.DataFrame(
        {"tempo": [90.0, 100.0], "tempo_folded": [7.0, 8.0], "key": [0, 3], "key_sin": [5, 6]}
    )
    read = inputs.read(tracks, tracks.columns, with_text=False)
    assert read.names.count("tempo_folded") == read.names.count("key_sin") == 2
    assert read.fixed[:, read.names.index("tempo_folded")].tolist() == [7, 8]
    assert read.fixed[0].tolist() == [90, 7, 0, 0, 1, 5, 180, 0]


def test_without_text_no_name_is_read() -> None:
    tracks = schema.sample(9, seed=0)
    read = inputs.read(tracks, COLUMNS, with_text=False)
    assert read.counts is None
    assert not [name for name in read.names if name.startswith(("title", "artist"))]
    renamed = tracks.with_columns(title=pl.lit("x"), artist=pl.lit("y"))
    np.testing.assert_array_equal(inputs.read(renamed, COLUMNS, with_text=False).fixed, read.fixed)


def test_take_keeps_rows_together() -> None:
    tracks = schema.sample(9, seed=0)
    rows = np.array([7, 2])
    taken = inputs.read(tracks, COLUMNS, with_text=True).take(rows)
    alone = inputs.read(tracks[rows], COLUMNS, with_text=True)
    np.testing.assert_array_equal(taken.fixed, alone.fixed)
    assert taken.counts is not None
    assert alone.counts is not None
    assert abs(taken.counts - alone.counts).sum() == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"energy": pl.lit("loud")}, "'energy': holds String, not numbers"),
        ({"energy": pl.concat_list("energy")}, "'energy': holds List.*not numbers"),
        ({"title": pl.lit(3)}, "'title': holds .*, not text"),
    ],
)
def test_the_wrong_type_is_refused(change: dict[str, pl.Expr], message: str) -> None:
    with pytest.raises(SchemaError, match=message):
        inputs.read(schema.sample(3, seed=0).with_columns(**change), COLUMNS, with_text=True)


def test_absent_columns_are_named_together() -> None:
    with pytest.raises(SchemaError, match="columns energy, title: not in the table"):
        inputs.read(schema.sample(3, seed=0).drop("energy", "title"), COLUMNS, with_text=True)


def test_an_absent_text_is_not_missed_by_a_model_that_reads_none() -> None:
    inputs.read(schema.sample(3, seed=0).drop("title", "artist"), COLUMNS, with_text=False)


def test_columns_of_nulls_are_read_as_missing() -> None:
    empty = schema.sample(3, seed=0).with_columns(energy=pl.lit(None), title=pl.lit(None))
    read = inputs.read(empty, ["energy", "title"], with_text=True)
    assert np.isnan(read.fixed[:, 0]).all()


def test_text_alone_is_too_little_for_a_model_of_numbers() -> None:
    with pytest.raises(SchemaError, match="hold text only"):
        inputs.read(schema.sample(3, seed=0), ["title"], with_text=False)


def test_artists_are_known_whatever_their_case_and_spaces_and_nobody_is_nobody() -> None:
    names = ["The Cure", " the  CURE", "Air", None, " "]
    codes = inputs.artists(pl.DataFrame({"artist": names})).fixed[:, 0]
    assert codes[0] == codes[1] != codes[2]
    assert np.isnan(codes[3:]).all()


def test_artists_need_their_column() -> None:
    with pytest.raises(SchemaError, match="'artist': not in the table"):
        inputs.artists(pl.DataFrame({"title": ["a"]}))
