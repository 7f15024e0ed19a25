"""The genre that most tracks have, whatever they sound like."""

from typing import Any

from sklearn.dummy import DummyClassifier

from genrelab.models import Model


def build(*, seed: int, threads: int) -> Any:  # noqa: ARG001 - the shape of every build
    """Build the classifier."""
    return DummyClassifier(strategy="prior", random_state=seed)


MODEL = Model("always the most frequent genre", build, baseline=True)
