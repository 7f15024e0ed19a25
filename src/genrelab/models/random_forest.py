"""Random forest (Breiman 2001)."""

from __future__ import annotations

from functools import partial
from typing import Any

from sklearn.ensemble import RandomForestClassifier

from genrelab.models import Model, Range, Space


def grow(
    kind: Any,
    *,
    seed: int,
    threads: int,
    n_estimators: int,
    min_samples_leaf: int,
    max_features: float | str = "sqrt",
    max_depth: int | None = None,
) -> Any:
    """Build a forest of a kind; leaves of several tracks keep it small on disk and its confidence modest."""
    return kind(
        n_estimators,
        min_samples_leaf=min_samples_leaf,
        max_features=max_features,
        max_depth=max_depth,
        n_jobs=threads,
        random_state=seed,
    )


SETTINGS = {"n_estimators": 300, "min_samples_leaf": 5}
SPACE: Space = {
    "n_estimators": Range(50, 1000, log=True),
    "min_samples_leaf": Range(1, 30, log=True),
    "max_features": ("sqrt", 0.3, 0.5, 0.8),
}
MODEL = Model("random forest", partial(grow, RandomForestClassifier), SETTINGS, SPACE, sparse=True)
