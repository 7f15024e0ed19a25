"""Random forest (Breiman 2001)."""

from __future__ import annotations

from typing import Any

from sklearn.ensemble import RandomForestClassifier

from genrelab.models import Model


def build(*, seed: int, threads: int, n_estimators: int, min_samples_leaf: int) -> Any:
    """Build the classifier; leaves of several tracks keep it small on disk and its confidence modest."""
    return RandomForestClassifier(
        n_estimators, min_samples_leaf=min_samples_leaf, n_jobs=threads, random_state=seed
    )


MODEL = Model("random forest", build, {"n_estimators": 300, "min_samples_leaf": 5})
