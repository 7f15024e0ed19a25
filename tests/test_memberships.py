"""Lists of genres, and what copies of a track add to them."""

from __future__ import annotations

import polars as pl

from genrelab.cleaning import REPEATS, clean
from genrelab.memberships import mark, seen_under


def test_copies_of_copies_count_for_the_row_that_is_kept() -> None:
    table = pl.DataFrame(
        {
            "track_id": ["a", "b", "b", "c", None],
            "title": ["One", "two", "Three", "ONE ", "four"],
            "artist": ["U2", "u2", "u2", "u2", "u2"],
            "genre": ["pop", "rock", "rap", "edm", "pop"],
        }
    )
    # The third row is the second's copy by id, the fourth the first's by title.
    swapped = table.with_columns(title=pl.Series(["One", "one", "Three", "ONE ", "four"]))
    for tracks, expected in (
        (table, [["pop", "edm"], ["rock", "rap"], ["pop"]]),
        (swapped, [["pop", "rock", "rap", "edm"], ["pop"]]),
    ):
        cleaned = clean(tracks, REPEATS)
        lists = seen_under(tracks["genre"].reshape((-1, 1)).arr.to_list(), cleaned)
        assert lists.to_list() == expected
        assert lists.list.first().to_list() == cleaned.tracks["genre"].to_list()


def test_rows_with_faults_add_nothing() -> None:
    table = pl.DataFrame(
        {"track_id": ["a", "a", "a"], "tempo": [120.0, 0.0, 120.0], "genre": ["pop", "rap", "rock"]}
    )
    lists = seen_under(pl.Series([["pop"], ["rap"], ["rock"]]), clean(table))
    assert lists.to_list() == [["pop", "rock"]]


def test_marks_pass_over_unknown_genres() -> None:
    lists = pl.Series([["pop", "polka"], [], ["polka"], None], dtype=pl.List(pl.String))
    assert mark(lists, ["pop", "rock"]).tolist() == [
        [True, False],
        [False, False],
        [False, False],
        [False, False],
    ]
