"""One decision tree, small enough to be read."""

from __future__ import annotations

from typing import Any

from sklearn.tree import DecisionTreeClassifier

from genrelab.models import Model, Range


def build(
    *,
    seed: int,
    threads: int,  # noqa: ARG001 - the shape of every build
    min_samples_leaf: int,
    max_depth: int | None = None,
) -> Any:
    """Build the classifier; a leaf keeps at least `min_samples_leaf` tracks."""
    return DecisionTreeClassifier(min_samples_leaf=min_samples_leaf, max_depth=max_depth, random_state=seed)


MODEL = Model(
    "decision tree",
    build,
    {"min_samples_leaf": 50},
    {"min_samples_leaf": Range(5, 200, log=True), "max_depth": (None, 4, 8, 12)},
)
