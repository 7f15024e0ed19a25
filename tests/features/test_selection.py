"""Choosing features, against scikit-learn's own selectors."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.feature_selection import SelectKBest, f_classif, mutual_info_classif

from genrelab.errors import SettingError
from genrelab.features.selection import MEASURES, Best


def table(seed: int = 0) -> tuple[NDArray[np.float64], NDArray[np.str_]]:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(120, 8))
    names = np.array(["jazz", "pop", "rock"])
    return X, names[np.digitize(X[:, 2] + 0.5 * X[:, 5], [-0.5, 0.5])]


def test_anova_is_that_of_scikit_learn() -> None:
    X, y = table()
    theirs = SelectKBest(f_classif, k=3).fit(X, y)
    ours = Best("anova", 3).fit(X, y)
    np.testing.assert_allclose(ours.scores_, theirs.scores_)
    np.testing.assert_array_equal(ours.get_support(), theirs.get_support())


def test_mutual_information_is_that_of_scikit_learn() -> None:
    X, y = table()
    ours = Best("mutual_information", 2, seed=3).fit(X, y)
    np.testing.assert_allclose(ours.scores_, mutual_info_classif(X, y, random_state=3))
    assert 2 in ours.get_support(indices=True)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("measure", list(MEASURES))
def test_a_constant_column_tells_nothing(measure: str) -> None:
    X, y = table()
    X[:, 0] = 7
    assert Best(measure, 7).fit(X, y).scores_[0] == 0


def test_a_column_that_tells_all_comes_first() -> None:
    """Within the genres it does not vary: F is infinite."""
    X, y = table()
    X[:, 4] = np.unique(y, return_inverse=True)[1]
    assert Best("anova", 1).fit(X, y).get_support(indices=True).tolist() == [4]


def test_all_are_kept_where_there_are_fewer() -> None:
    X, y = table()
    np.testing.assert_array_equal(Best("anova", 99).fit_transform(X, y), X)


def test_an_unknown_measure() -> None:
    X, y = table()
    with pytest.raises(SettingError, match="measure: 'luck' is unknown: choose from anova"):
        Best("luck").fit(X, y)
