"""A small perceptron: hidden layers of 12, 14 and 16 neurons, stopped early."""

from __future__ import annotations

from typing import Any

from genrelab.models import Model
from genrelab.models.mlp import LEARNED, Perceptron

HIDDEN = (12, 14, 16)
"""Neurons of the hidden layers of a published network over 11 descriptors for 12 genres."""


def build(*, seed: int, threads: int, **settings: Any) -> Any:
    """Build the classifier; nothing is dropped out of layers so narrow."""
    return Perceptron(HIDDEN, batch_norm=False, dropout=0.0, seed=seed, threads=threads, **settings)


MODEL = Model(
    "neural network: three hidden layers of 12, 14 and 16 neurons",
    build,
    {
        "learning_rate": 0.05,
        "momentum": 0.9,
        "weight_decay": 1e-5,
        "batch_size": 64,
        "epochs": 100,
        "patience": 10,
    },
    LEARNED,
    grouped=True,
    needs="torch",
)
