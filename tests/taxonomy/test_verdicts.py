"""Which of several genres a list gets, by vote; the other ways to pick are tested through binning."""

from __future__ import annotations

import polars as pl
import pytest

from genrelab.taxonomy import verdicts


def picked(lists: list[list[list[int]]], even: list[int] | None = None) -> list[int]:
    rows = [(place, tag) for place, tags in enumerate(lists) for tag in tags]
    met = pl.DataFrame(rows, {"list": pl.UInt32, "places": pl.List(pl.UInt32)}, orient="row")
    voted = verdicts.voted(met, pl.Series(even or [], dtype=pl.UInt32))
    return voted["picked"].to_list()


@pytest.mark.parametrize(
    ("tags", "ranked", "even"),
    [
        ([[5], [1], [1]], 5, 1),  # 1 against 1/2 + 1/3
        ([[5], [1], [1], [1]], 1, 1),
        ([[5], [1]], 5, 5),
        ([[1], [5]], 1, 1),
        ([[], [5], [], [1], [1]], 5, 1),  # tags that name no genre take no rank
        ([[1], [2], [3], [], [3], [2]], 1, 2),
        ([[5], [1], [2], [3], [], [1], [1]], 5, 1),
    ],
)
def test_votes(tags: list[list[int]], ranked: int, even: int) -> None:
    assert picked([tags]) == [ranked]
    assert picked([tags], [0]) == [even]


def test_a_half_is_a_third_and_a_sixth() -> None:
    tags = [[9], [5], [1], [8], [7], [1]]  # 1 has 1/3 + 1/6, 5 has 1/2, and 9 has 1
    assert picked([tags[1:]]) == [5]
    assert picked([[[4], *tags[1:]], tags]) == [4, 9]


def test_the_order_of_genres_counts_only_for_tags_of_several_genres() -> None:
    met = pl.DataFrame(
        {"list": [0, 0, 1, 1, 2], "places": [[1, 2], [3], [2], [1], [1, 2]]},
        schema_overrides={"places": pl.List(pl.UInt32)},
    )
    voted = verdicts.voted(met, pl.Series([], dtype=pl.Int64))
    assert voted["picked"].to_list() == [1, 2, 1]
    assert voted["by_order"].to_list() == [True, False, True]
    assert voted["place"].to_list() == [[1, 2, 3], [1, 2], [1, 2]]


def test_no_tags() -> None:
    met = pl.DataFrame(schema={"list": pl.UInt32, "places": pl.List(pl.UInt32)})
    assert verdicts.voted(met, pl.Series([], dtype=pl.UInt32)).is_empty()
