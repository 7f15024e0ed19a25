"""Multinomial logistic regression on standardised numbers."""

from __future__ import annotations

from typing import Any

from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from genrelab.models import Model


def build(*, seed: int, threads: int, C: float) -> Any:  # noqa: ARG001 - the shape of every build
    """Build the classifier; `C` is the inverse of the penalty's strength."""
    model = LogisticRegression(C=C, max_iter=1000, random_state=seed)
    return make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler(), model)


MODEL = Model("multinomial logistic regression", build, {"C": 1.0})
