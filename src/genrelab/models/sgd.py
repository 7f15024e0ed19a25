"""Linear models by stochastic gradient descent, one genre against the rest (Bottou 2010)."""

from __future__ import annotations

from typing import Any

from sklearn.impute import SimpleImputer
from sklearn.linear_model import SGDClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from genrelab.errors import SettingError
from genrelab.models import Model, Range
from genrelab.models._margins import Margins

LOSSES = ("log_loss", "hinge", "squared_hinge", "modified_huber", "perceptron")


def build(
    *,
    seed: int,
    threads: int,
    loss: str,
    penalty: str | None,
    alpha: float,
    l1_ratio: float = 0.15,
    scale: bool = True,
    max_iter: int = 1000,
) -> Any:
    """Build the classifier; `alpha` is the penalty's strength; without `scale`, numbers stay as they are."""
    if loss not in LOSSES:
        raise SettingError(f"loss: {loss!r} is unknown: choose from {', '.join(LOSSES)}")
    model = SGDClassifier(
        loss=loss,
        penalty=penalty,
        alpha=alpha,
        l1_ratio=l1_ratio,
        max_iter=max_iter,
        n_jobs=threads,
        random_state=seed,
    )
    scaling = [StandardScaler()] if scale else []
    filled = SimpleImputer(strategy="median", keep_empty_features=True)
    return make_pipeline(filled, *scaling, Margins(model, one_by_one=True))


MODEL = Model(
    "linear model by stochastic gradient descent",
    build,
    {"loss": "log_loss", "penalty": "l2", "alpha": 1e-4},
    {
        "loss": ("log_loss", "hinge", "modified_huber"),
        "penalty": ("l2", "l1", "elasticnet"),
        "alpha": Range(1e-6, 1.0, log=True),
    },
)
