"""Descriptors, wording and text, read by three boosters and a network, blended on out-of-fold predictions."""

from genrelab.models import Model

MODEL = Model(
    "boosted trees and a neural network over descriptors and text, blended",
    # What is most worth comes first, for a budget may end the list anywhere.
    members=("xgboost", "random_boosting", "mlp", "catboost", "lightgbm"),
    spared={"lightgbm": "catboost"},
    reads_text=True,
)
