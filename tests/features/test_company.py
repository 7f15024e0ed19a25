"""The company a track keeps: other artists' genres by the names it mentions, never its own artist's."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genrelab.features import grams
from genrelab.features.company import Names, meet, read

TEXTS = ("title", "artist", "album")


def songs(*rows: tuple[str | None, str | None]) -> pl.DataFrame:
    return pl.DataFrame(rows, {"title": pl.String, "artist": pl.String}, orient="row")


def knows(names: Names, asked: str) -> list[bool]:
    """Tell of each track whether it mentions a name."""
    place = grams.whole(pl.Series([asked]))[0]
    return [place in names.mentioned[row].indices for row in range(names.mentioned.shape[0])]


@pytest.mark.parametrize(
    "title",
    [
        "Stay (feat. Rosa Vogt)",
        "Stay [ft. Rosa Vogt & Bo]",
        "Stay (with Bo, Rosa Vogt)",
        "Stay - ROSA VOGT Remix",
        "for rosa vogt",
    ],
)
def test_a_title_mentions_its_guests_and_remixers(title: str) -> None:
    assert knows(read(songs((title, "Ann")), TEXTS[:2]), "Rosa Vogt") == [True]


def test_a_credit_names_the_whole_and_its_parts() -> None:
    names = read(songs((None, "Rosa Vogt & Bo Lind, Cy feat. Dee")), TEXTS[:2])
    for name in ("rosa vogt", "Bo Lind", "cy", "DEE"):
        assert knows(names, name) == [True], name
    assert knows(names, "vogt") == [False]


def test_short_words_of_a_title_are_no_names() -> None:
    assert knows(read(songs(("I Am Me", None)), TEXTS[:2]), "me") == [False]


def test_tracks_without_words_mention_nobody() -> None:
    names = read(songs((None, None), ("...", " ")), TEXTS[:2])
    assert names.credited.nnz == names.mentioned.nnz == 0


def test_what_others_tell_counts_and_the_own_artist_does_not() -> None:
    tracks = songs(("One", "Ann Lee"), ("Two", "Ann Lee"), ("Six (feat. Ann Lee)", "Bo"), ("Nine", "Cy"))
    known, logs = meet(read(tracks, TEXTS[:2]), np.array([0, 0, 1, 2]), np.array([0, 0, 1, 2]), 3)
    shares = np.exp(logs[:, :3])
    assert shares[0].argmax() == 1, "Bo's track tells of Ann Lee"
    assert shares[2].argmax() == 0, "Ann Lee's tracks tell of hers at Bo's"
    np.testing.assert_allclose(shares[3], [0.5, 0.25, 0.25])  # of Cy nobody tells: the prior
    assert logs[3, 3] == 0
    assert known.makers.weight.shape == (len(known.makers.places), 3)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**32 - 1))
def test_no_track_learns_from_its_own_artist(seed: int) -> None:
    """Whatever the genres of an artist's own tracks are, its tracks are told the same."""
    rng = np.random.default_rng(seed)
    people = ["Ann Lee", "Bo Lind", "Cy Nord", "Dee Moss"]
    artist = rng.integers(0, 4, 12)
    tracks = songs(*((f"Song (feat. {people[rng.integers(0, 4)]})", people[a]) for a in artist))
    names, truth = read(tracks, TEXTS[:2]), rng.integers(0, 3, 12)
    own = artist == artist[0]
    changed = truth.copy()
    changed[own] = rng.permutation(truth[own])  # permuted, so that the prior stays
    _, before = meet(names, truth, artist, 3)
    _, after = meet(names, changed, artist, 3)
    np.testing.assert_allclose(before[own], after[own])


def test_a_new_track_is_told_what_the_known_ones_tell() -> None:
    tracks = songs(("One", "Ann Lee"), ("Six", "Bo Lind"))
    known, _ = meet(read(tracks, TEXTS[:2]), np.array([0, 1]), np.array([0, 1]), 2)
    new = read(songs(("Duet with Ann Lee", "Zoe"), ("Alone", "Zoe")), TEXTS[:2])
    shares = np.exp(known.log_shares(new)[:, :2])
    assert shares[0, 0] > 0.7
    np.testing.assert_allclose(shares[1], [0.5, 0.5])


def test_taking_rows_is_reading_them() -> None:
    tracks = songs(("One (feat. Bo Lind)", "Ann Lee"), ("Six", "Bo Lind"), ("Ten", "Cy"))
    rows = np.array([2, 0])
    taken, own = read(tracks, TEXTS[:2]).take(rows), read(tracks[rows.tolist()], TEXTS[:2])
    assert abs(taken.mentioned - own.mentioned).nnz == abs(taken.credited - own.credited).nnz == 0


def test_nothing_known_leaves_the_prior() -> None:
    known, logs = meet(read(songs((None, None)), TEXTS[:2]), np.array([0]), np.array([0]), 2)
    assert known.makers.places.size == known.mentions.places.size == 0
    np.testing.assert_allclose(np.exp(logs), [[1.0, 1e-6, 1.0] * 2])


def test_an_artist_is_known_by_the_titles_of_others() -> None:
    tracks = songs(("Driving to Ann Lee", "Bo Lind"), ("Ten", "Ann Lee"))
    _, logs = meet(read(tracks, TEXTS[:2]), np.array([0, 1]), np.array([0, 1]), 2)
    assert np.exp(logs[1, 3:5]).argmax() == 0, "Bo Lind's title speaks of Ann Lee"


def test_nothing_is_left_of_the_own_artist() -> None:
    """Also where weights are no round numbers: what is left would tell the genre."""
    people = ["Ann Lee", "Bo Lind", "Cy Nord"]
    tracks = songs(*((f"Song {i} (feat. {people[i % 2]})", people[i % 3]) for i in range(30)))
    own = np.zeros(30, dtype=np.int64)
    _, logs = meet(read(tracks, TEXTS[:2]), np.arange(30) % 4, own, 4)
    assert (logs[:, [4, 9]] == 0).all()
