"""Gaussian naive Bayes on numbers made normal by their ranks."""

from __future__ import annotations

from typing import Any

from sklearn.impute import SimpleImputer
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer

from genrelab.models import Model


def build(*, seed: int, threads: int, n_quantiles: int) -> Any:  # noqa: ARG001 - the shape of every build
    """Build the classifier; descriptors are skewed, so each is mapped to a normal distribution first."""
    normal = QuantileTransformer(
        n_quantiles=n_quantiles, output_distribution="normal", subsample=100_000, random_state=seed
    )
    return make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True), normal, GaussianNB(var_smoothing=1e-3)
    )


MODEL = Model("Gaussian naive Bayes", build, {"n_quantiles": 200})
