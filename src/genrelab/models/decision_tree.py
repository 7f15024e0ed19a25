"""One decision tree, small enough to be read."""

from __future__ import annotations

from typing import Any

from sklearn.tree import DecisionTreeClassifier

from genrelab.models import Model


def build(*, seed: int, threads: int, min_samples_leaf: int) -> Any:  # noqa: ARG001 - the shape of every build
    """Build the classifier; a leaf keeps at least `min_samples_leaf` tracks."""
    return DecisionTreeClassifier(min_samples_leaf=min_samples_leaf, random_state=seed)


MODEL = Model("decision tree", build, {"min_samples_leaf": 50})
