"""Recordings that stand under several genres: their rows, their majority, their releases."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from genrelab.audit import audit, conflicts
from genrelab.errors import SchemaError
from genrelab.sources import table


def test_rows_majority_and_releases_by_hand() -> None:
    songs = pl.DataFrame(
        {
            "track_id": ["a", "b", "c", "d", "e", "f", "g"],
            "title": ["One", "Two", "one ", "Two", "ONE", "Three", None],
            "artist": ["U2", "Air", "u2", "Air", "U2", "Air", "U2"],
            "genre": ["rock", "pop", "pop", "edm", "rock", "pop", "folk"],
        }
    )
    found = conflicts(songs)
    assert found.select("recording", "row", "genre", "majority", "releases").rows() == [
        (0, 0, "rock", "rock", 3), (0, 2, "pop", "rock", 3), (0, 4, "rock", "rock", 3),
        (1, 1, "pop", None, 2), (1, 3, "edm", None, 2),
    ]  # fmt: skip
    assert found["share"].to_list() == pytest.approx([2 / 3] * 3 + [1 / 2] * 2)
    assert found["track_id"].to_list() == ["a", "c", "e", "b", "d"]


def test_rows_without_a_genre_or_of_one_genre_are_no_conflict() -> None:
    songs = pl.DataFrame({"track_id": ["a", "a", "b", "b"], "genre": ["pop", None, "jazz", "jazz"]})
    assert conflicts(songs).is_empty()
    assert conflicts(songs.with_columns(genre=pl.Series(["pop", "jazz"] * 2))).height == 4


def test_a_table_that_names_no_track_has_no_conflicts() -> None:
    found = conflicts(pl.DataFrame({"tempo": [1.0, 1.0], "genre": ["pop", "jazz"]}))
    assert found.is_empty()
    assert found.columns == ["recording", "row", "genre", "majority", "share", "releases"]


def test_a_missing_label_is_told() -> None:
    with pytest.raises(SchemaError, match="column 'style': is not there"):
        conflicts(pl.DataFrame({"genre": ["pop"]}), "style")


@pytest.mark.data("spotify_30k")
def test_conflicts_are_those_that_the_audit_counts(data: Path) -> None:
    tracks = table.read(data / "spotify_30k/spotify_songs.csv").tracks
    found = conflicts(tracks)
    (finding,) = audit(tracks).find("contradictory_title_artist")
    assert found.height == finding.rows > 4000
    assert f"{found['recording'].n_unique():,} tracks" in finding.message
    assert found.group_by("recording").agg(pl.n_unique("genre"))["genre"].min() == 2
