"""Multinomial logistic regression on standardised numbers."""

from __future__ import annotations

from typing import Any

from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from genrelab.models import Model, Range


def build(*, seed: int, threads: int, C: float, l1_ratio: float = 0.0) -> Any:  # noqa: ARG001 - a build
    """Build the classifier; `C` is the inverse of the penalty's strength, `l1_ratio` how much of it is l1."""
    solver = "saga" if l1_ratio else "lbfgs"
    model = LogisticRegression(C=C, l1_ratio=l1_ratio, solver=solver, max_iter=1000, random_state=seed)
    return make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler(), model)


MODEL = Model(
    "multinomial logistic regression",
    build,
    {"C": 1.0},
    {"C": Range(1e-3, 100, log=True), "l1_ratio": (0.0, 0.5, 1.0)},
)
