"""Descriptors, wording and text, read by three boosters and blended on out-of-fold predictions."""

from genrelab.models import Model

MODEL = Model(
    "boosted trees over descriptors and text, blended",
    members=("lightgbm", "random_boosting", "xgboost"),
    reads_text=True,
)
