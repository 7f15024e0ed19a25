"""Our LightGBM, against LightGBM's own classifier."""

from __future__ import annotations

import numpy as np
import pytest
from lightgbm import LGBMClassifier
from numpy.typing import NDArray

from genrelab.models.lightgbm import LightGBM


def table(seed: int = 0) -> tuple[NDArray[np.float64], NDArray[np.str_]]:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(300, 4))
    names = np.array(["jazz", "pop", "rock"])
    return X, names[np.digitize(X[:, 0] + 0.3 * X[:, 1], [-0.5, 0.5])]


def test_it_is_lightgbm() -> None:
    X, y = table()
    ours = LightGBM(rounds=30, feature_share=1.0, l2=2.0, min_leaf=10, num_leaves=7, threads=1, seed=3).fit(
        X, y
    )
    theirs = LGBMClassifier(
        objective="multiclass", n_estimators=30, learning_rate=0.05, reg_lambda=2.0, min_child_samples=10,
        num_leaves=7, subsample=0.8, subsample_freq=1, n_jobs=1, random_state=3, deterministic=True,
        force_row_wise=True, verbosity=-1,
    ).fit(X, y)  # fmt: skip
    np.testing.assert_allclose(ours.predict_proba(X), np.asarray(theirs.predict_proba(X)), atol=1e-12)
    assert (ours.predict(X) == theirs.predict(X)).all()


def test_importances_are_gains() -> None:
    X, y = table()
    gains = LightGBM(rounds=10, feature_share=1.0, threads=1).fit(X, y).feature_importances_
    assert gains.shape == (4,)
    assert gains.argmax() == 0


def test_missing_values_are_read() -> None:
    X, y = table()
    X[:, 1:] = np.nan
    X[::5, 0] = np.nan
    right = LightGBM(rounds=30, feature_share=1.0, threads=1).fit(X, y).predict(X) == y
    assert right[np.isfinite(X[:, 0])].mean() > 0.7


def test_drawn_thresholds_make_other_trees() -> None:
    X, y = table()
    searched, drawn = (
        LightGBM(rounds=5, random_cuts=r, threads=1).fit(X, y).predict_proba(X) for r in (False, True)
    )
    assert not np.array_equal(searched, drawn)


def test_one_genre_cannot_be_learned() -> None:
    with pytest.raises(ValueError, match="at least two classes"):
        LightGBM().fit([[0.0], [1.0]], ["pop", "pop"])
