"""Gradient boosting on thresholds drawn at random: rarely the best alone, good company in a blend."""

from genrelab.models import Model
from genrelab.models.lightgbm import SPACE, LightGBM

MODEL = Model(
    "gradient boosting by LightGBM, thresholds drawn at random",
    LightGBM,
    {
        "rounds": 450,
        "learning_rate": 0.06,
        "num_leaves": 40,
        "min_leaf": 30,
        "feature_share": 0.7,
        "l2": 5.0,
        "random_cuts": True,
    },
    SPACE,
)
