"""The label: contradictions, ceiling and floors against a count by hand."""

from __future__ import annotations

from collections import Counter

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genrelab import schema
from genrelab.audit import audit


def test_contradictions_and_the_ceiling_they_leave() -> None:
    sound = schema.sample(100, seed=0).drop("tags")
    twins = pl.concat([sound, sound[:20].with_columns(genre=pl.lit("polka"))])
    found = audit(twins)
    assert found.ceiling == pytest.approx(100 / 120)
    for name in ("contradictory_id", "contradictory_title_artist", "contradictory_vector"):
        (finding,) = found.find(name)
        assert finding.rows == 40
    assert "more than 83.3% of rows" in found.find("contradictory_id")[0].message
    assert audit(twins.drop("track_id", "title")).ceiling == pytest.approx(100 / 120)


songs = st.lists(
    st.tuples(st.sampled_from("abcd"), st.sampled_from(["jazz", "pop", "rock"])), min_size=1, max_size=40
)


@settings(max_examples=60, deadline=None)
@given(songs=songs)
def test_the_artist_floor_by_hand(songs: list[tuple[str, str]]) -> None:
    tracks = pl.DataFrame(songs, schema=["artist", "genre"], orient="row")
    right = covered = 0
    overall = Counter(genre for _, genre in songs).most_common()
    frequent = [genre for genre, _ in sorted(overall, key=lambda pair: (-pair[1], pair[0]))]
    for place, (artist, genre) in enumerate(songs):
        others = Counter(g for i, (a, g) in enumerate(songs) if a == artist and i != place)
        if others:
            covered += 1
            right += max(others, key=lambda g: (others[g], -frequent.index(g))) == genre
    found = audit(tracks)
    assert found.artist_coverage == pytest.approx(covered / len(songs))
    assert found.floors.get("artist_majority", 0) == pytest.approx(right / max(1, covered))


def test_the_artist_floor_counts_a_repeated_track_once() -> None:
    tracks = pl.DataFrame({"track_id": ["1", "1", "2"], "artist": ["a", "a", "b"], "genre": ["x", "x", "y"]})
    assert audit(tracks).artist_coverage == 0


def test_each_artist_has_one_genre() -> None:
    tracks = schema.sample(120, seed=0).drop("tags")
    assert not audit(tracks).find("one_genre_per_artist")
    (finding,) = audit(tracks.with_columns(genre=pl.col("genre").first().over("artist"))).find(
        "one_genre_per_artist"
    )
    several = tracks.filter(pl.len().over("artist") > 1)
    assert (finding.rows, finding.severity) == (several.height, "leak")


def test_genres_that_are_missing_small_or_alone() -> None:
    tracks = schema.sample(100, seed=0).with_columns(
        genre=pl.when(pl.int_range(pl.len()) < 7)
        .then(pl.lit("polka"))
        .when(pl.int_range(pl.len()) >= 90)
        .then(None)
        .otherwise(pl.lit("rock"))
    )
    found = audit(tracks)
    assert found.find("missing_genre")[0].rows == 10
    assert found.find("small_genre")[0].rows == 7
    assert "polka 7" in found.find("small_genre")[0].message
    assert not found.find("one_genre")
    assert audit(tracks.filter(pl.col("genre") == "rock")).find("one_genre")
