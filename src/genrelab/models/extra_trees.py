"""Extremely randomised trees (Geurts et al. 2006)."""

from __future__ import annotations

from typing import Any

from sklearn.ensemble import ExtraTreesClassifier

from genrelab.models import Model
from genrelab.models.random_forest import SPACE


def build(
    *,
    seed: int,
    threads: int,
    n_estimators: int,
    min_samples_leaf: int,
    max_features: float | str = "sqrt",
    max_depth: int | None = None,
) -> Any:
    """Build the classifier; thresholds are drawn at random, and each tree reads every track."""
    return ExtraTreesClassifier(
        n_estimators,
        min_samples_leaf=min_samples_leaf,
        max_features=max_features,
        max_depth=max_depth,
        n_jobs=threads,
        random_state=seed,
    )


MODEL = Model(
    "extremely randomised trees", build, {"n_estimators": 300, "min_samples_leaf": 5}, SPACE, sparse=True
)
