"""A network of five layers: four linear ones and one ReLU, learned in mini-batches.

Where the ReLU stands and how wide the layers are was not published. Here it follows the first linear layer.
"""

from __future__ import annotations

from typing import Any

from genrelab.models import Model, Range
from genrelab.models.mlp import LEARNED, Perceptron


def build(*, seed: int, threads: int, width: int, **settings: Any) -> Any:
    """Build the classifier; hidden layers have `width`, a half and a quarter of it."""
    hidden = (width, width // 2, width // 4)
    return Perceptron(
        hidden, rectified=1, batch_norm=False, dropout=0.0, seed=seed, threads=threads, **settings
    )


MODEL = Model(
    "neural network: four linear layers and one ReLU",
    build,
    {
        "width": 128,
        "learning_rate": 0.02,
        "momentum": 0.9,
        "weight_decay": 1e-4,
        "batch_size": 64,
        "epochs": 100,
        "patience": 10,
    },
    {"width": Range(16, 512, log=True), **LEARNED},
    grouped=True,
    needs="torch",
)
