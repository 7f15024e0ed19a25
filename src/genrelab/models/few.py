"""For few examples: a booster, a forest and smooth curves, blended."""

from genrelab.models import Model

MODEL = Model(
    "boosted trees, a random forest and logistic regression on splines, blended: for few examples",
    members=("lightgbm", "random_forest", "splines"),
)
