"""The penalty is chosen on other artists, whatever is missing, and however few there are."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from genrelab.models import MODELS
from genrelab.models.splines import PENALTIES, Splines


def planted(rows: int, seed: int = 0) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Two columns that tell three genres apart, and ten that tell nothing."""
    rng = np.random.default_rng(seed)
    truth = np.arange(rows) % 3
    columns = rng.normal(size=(rows, 12))
    columns[:, 0] += 2 * (truth == 1)
    columns[:, 1] += 2 * (truth == 2)
    return columns, truth


def test_it_learns_from_twenty_examples_of_each() -> None:
    seen, truth = planted(60)
    unseen, wanted = planted(600, seed=1)
    assert (Splines().fit(seen, truth).predict(unseen) == wanted).mean() > 0.6


def test_noise_asks_for_a_stronger_penalty_than_signal() -> None:
    seen, truth = planted(240)
    noise = np.random.default_rng(2).permutation(truth)
    assert Splines().fit(seen, noise).C_ < Splines().fit(seen, truth).C_


def test_the_penalty_is_chosen_on_other_artists() -> None:
    """A signature tells the genre of its artist's tracks alone: folds by artist see through it."""
    rng = np.random.default_rng(0)
    artists = np.repeat(np.arange(24), 5)
    truth = rng.permutation(np.arange(24) % 2)[artists]
    signature = rng.normal(size=(24, 40))[artists] + 0.05 * rng.normal(size=(120, 40))
    assert Splines().fit(signature, truth, groups=artists).C_ < Splines().fit(signature, truth).C_


@pytest.mark.parametrize("rows", [2, 3])
def test_where_nothing_can_be_tried_a_strong_penalty_is_taken(rows: int) -> None:
    model = Splines().fit(np.arange(rows)[:, None], np.arange(rows))
    assert sorted(PENALTIES)[1] == model.C_


def test_a_column_that_is_always_missing_says_nothing() -> None:
    seen, truth = planted(60)
    gaps = np.hstack([seen, np.full((60, 1), np.nan)])
    told = Splines().fit(gaps, truth).predict_proba(gaps)
    np.testing.assert_allclose(told, Splines().fit(seen, truth).predict_proba(seen), atol=1e-3)


def test_the_drawer_builds_it() -> None:
    model = MODELS["splines"]
    assert model.build is not None
    assert model.grouped
    assert model.build(seed=3, threads=1, parts=4).parts == 4
