"""The genres of the most similar tracks."""

from __future__ import annotations

from typing import Any

from sklearn.impute import SimpleImputer
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from genrelab.models import Model, Range


def build(*, seed: int, threads: int, n_neighbors: int, weights: str = "distance") -> Any:  # noqa: ARG001
    """Build the classifier; `n_neighbors` tracks vote, equally where `weights` is "uniform"."""
    model = KNeighborsClassifier(n_neighbors, weights=weights, n_jobs=threads)
    return make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler(), model)


MODEL = Model(
    "k nearest neighbours",
    build,
    {"n_neighbors": 30},
    {"n_neighbors": Range(3, 200, log=True)},
    weighted=False,
)
