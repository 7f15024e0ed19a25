"""The baseline that remembers artists, against counting by hand."""

from __future__ import annotations

import numpy as np
import pytest

from genrelab.models.artist_majority import ArtistMajority

X = np.array([[7.0], [7.0], [7.0], [8.0], [np.nan], [np.nan]])
Y = np.array(["pop", "pop", "rock", "rock", "jazz", "jazz"])


def test_shares_are_those_of_the_artist() -> None:
    model = ArtistMajority().fit(X, Y)
    assert model.classes_.tolist() == ["jazz", "pop", "rock"]
    np.testing.assert_allclose(model.predict_proba([[7.0], [8.0]]), [[0.0, 2 / 3, 1 / 3], [0.0, 0.0, 1.0]])


@pytest.mark.parametrize("stranger", [-1.0, 7.5, 99.0, np.nan])
def test_of_a_stranger_it_knows_the_genres_shares(stranger: float) -> None:
    model = ArtistMajority().fit(X, Y)
    np.testing.assert_allclose(model.predict_proba([[stranger]]), [[2 / 6, 2 / 6, 2 / 6]])


def test_weights_are_counts() -> None:
    weighed = ArtistMajority().fit(X, Y, sample_weight=[1, 1, 4, 1, 1, 1])
    np.testing.assert_allclose(weighed.predict_proba([[7.0]]), [[0, 2 / 6, 4 / 6]])


def test_an_artist_without_weight_is_a_stranger() -> None:
    model = ArtistMajority().fit(X, Y, sample_weight=[1, 1, 1, 0, 1, 1])
    np.testing.assert_allclose(model.predict_proba([[8.0]]), [model.prior_])
