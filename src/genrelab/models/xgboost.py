"""Gradient boosting by XGBoost (Chen and Guestrin 2016)."""

from __future__ import annotations

from typing import Any

from xgboost import XGBClassifier

from genrelab.models import Model, Range


def build(*, seed: int, threads: int, **settings: Any) -> Any:
    """Build the classifier; `settings` are XGBoost's own."""
    return XGBClassifier(
        tree_method="hist", importance_type="total_gain", n_jobs=threads, random_state=seed, **settings
    )


MODEL = Model(
    "gradient boosting by XGBoost",
    build,
    {
        "n_estimators": 400,
        "learning_rate": 0.05,
        "max_depth": 6,
        "min_child_weight": 10,
        "subsample": 0.7,
        "colsample_bytree": 0.5,
        "reg_lambda": 10.0,
    },
    {
        "n_estimators": Range(100, 800, log=True),
        "learning_rate": Range(0.01, 0.3, log=True),
        "max_depth": Range(3, 10),
        "min_child_weight": Range(1, 30, log=True),
        "subsample": Range(0.5, 1.0),
        "colsample_bytree": Range(0.3, 1.0),
        "reg_alpha": Range(0.001, 10.0, log=True),
        "reg_lambda": Range(0.1, 30.0, log=True),
    },
)
