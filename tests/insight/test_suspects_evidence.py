"""What speaks for each genre: company counted without the track itself, and weighed on the table."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from genrelab.insight.suspects_evidence import companies, others, recordings, weigh
from genrelab.insight.suspects_reasons import tell_company


def test_company_is_counted_without_the_track_itself() -> None:
    tracks = pl.DataFrame(
        {
            "artist": ["Air", "air feat. Beck", "AIR", "Beck", None, None],
            "album": ["Moon", "moon", "Talkie", "Moon", "Moon", None],
        }
    )
    truth = np.array([0, 1, 1, 0, 0, 1])
    found = companies(tracks, truth, 2, np.zeros((6, 2), dtype=np.int64))
    assert found["artist"].tolist() == [[0, 2], [1, 1], [1, 1], [0, 0], [0, 0], [0, 0]]
    assert found["album"].tolist() == [[0, 1], [1, 0], [0, 0], [0, 0], [0, 0], [0, 0]]
    assert "copies" not in found


def test_rows_of_unknown_name_keep_no_company() -> None:
    assert others(np.full(3, -1), np.array([0, 1, 1]), 2).sum() == 0


def test_a_recording_is_followed_through_ids_and_names() -> None:
    tracks = pl.DataFrame(
        {"track_id": ["a", "a", "b", "c"], "title": ["x", "y", "Y ", "z"], "artist": ["u", "u", "U", "u"]}
    )
    codes = recordings(tracks)
    assert codes[0] == codes[1] == codes[2] != codes[3]
    assert recordings(pl.DataFrame({"energy": [0.5, 0.5]})).tolist() == [0, 1]


def test_company_that_tells_nothing_counts_for_nothing() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 4000)
    guess = np.where(rng.random(4000) < 0.8, truth, 1 - truth)
    judged = np.where(guess[:, None] == np.arange(2), 0.8, 0.2)
    told = weigh(judged, {"artist": rng.multinomial(5, [0.5, 0.5], 4000)}, truth)
    assert told.weights["artist"] == pytest.approx(0, abs=0.15)
    agreeing = weigh(np.full((4000, 2), 0.5), {"artist": 5 * np.eye(2, dtype=np.int64)[truth]}, truth)
    assert agreeing.weights["artist"] > 1
    assert (agreeing.probabilities.argmax(axis=1) == truth).all()


@pytest.mark.parametrize(
    ("name", "counts", "said"),
    [
        ("artist", [0, 3, 0], "all of the artist's 3 other tracks are rap"),
        ("artist", [2, 1, 0], "1 of the artist's 3 other tracks is rap, 2 are pop"),
        ("album", [0, 0, 2], "the album's 2 other tracks are neither rap nor pop"),
        ("copies", [0, 1, 0], "the 1 other copy is rap"),
        ("copies", [1, 0, 1], "1 of the 2 other copies is pop"),
    ],
)
def test_company_in_words(name: str, counts: list[int], said: str) -> None:
    assert tell_company(name, np.array(counts), (1, 0), ("pop", "rap", "folk")) == said
