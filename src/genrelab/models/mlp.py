"""A multi-layer perceptron: batch normalisation, ReLU, dropout, and gradient descent with momentum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from sklearn.base import BaseEstimator

from genrelab.models import Model, Range, Space
from genrelab.models._network import LEARNING, Network, real, whole


class Perceptron(Network, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Layers of neurons, learned by stochastic gradient descent with momentum.

    Batch normalisation is by Ioffe and Szegedy (2015), dropout by Srivastava et al. (2014).

    Parameters
    ----------
    hidden : sequence of int
        Neurons of each hidden layer.
    rectified : int or None
        How many of the hidden layers, from the first, are followed by a ReLU; None means all.
    batch_norm : bool
        Whether each hidden layer's output is standardised batch by batch.
    dropout : float in [0, 1)
        Share of each hidden layer's output that is left out at random while learning.
    momentum : float in [0, 1)
    learning_rate, weight_decay : float
        Of the first epoch; how strongly weights are drawn to nought.
    batch_size, epochs : int
        Tracks in a batch, at most; times that each track is learned from, at most.
    patience : int
        Epochs without gain on the validation part before learning stops; after a third of them, the
        learning rate falls.
    validation : float in [0, 0.5]
        Share of the tracks that is held out.
    threads, seed : int

    Examples
    --------
    >>> model = Perceptron(hidden=(4,), epochs=30).fit([[0.0], [0.1], [0.9], [1.0]] * 5, [0, 0, 1, 1] * 5)
    >>> model.predict([[0.05], [0.95]]).tolist()
    [0, 1]
    """

    _parameter_constraints: ClassVar[Mapping[str, Any]] = {
        **LEARNING,
        "hidden": ["array-like"],
        "rectified": [None, *whole(0)],
        "batch_norm": ["boolean"],
        "dropout": real(0.0, 1.0),
        "momentum": real(0.0, 1.0),
    }

    def __init__(
        self,
        hidden: Sequence[int] = (256, 128),
        *,
        rectified: int | None = None,
        batch_norm: bool = True,
        dropout: float = 0.3,
        momentum: float = 0.9,
        learning_rate: float = 0.05,
        weight_decay: float = 1e-4,
        batch_size: int = 256,
        epochs: int = 100,
        patience: int = 12,
        validation: float = 0.15,
        threads: int = 1,
        seed: int = 0,
    ) -> None:
        self.hidden = hidden
        self.rectified = rectified
        self.batch_norm = batch_norm
        self.dropout = dropout
        self.momentum = momentum
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.batch_size = batch_size
        self.epochs = epochs
        self.patience = patience
        self.validation = validation
        self.threads = threads
        self.seed = seed

    def _network(self, torch: Any, columns: int, genres: int) -> Any:
        layers: list[Any] = []
        before = columns
        for place, width in enumerate(self.hidden):
            layers.append(torch.nn.Linear(before, width))
            if self.batch_norm:
                layers.append(torch.nn.BatchNorm1d(width))
            if self.rectified is None or place < self.rectified:
                layers.append(torch.nn.ReLU())
            if self.dropout:
                layers.append(torch.nn.Dropout(self.dropout))
            before = width
        return torch.nn.Sequential(*layers, torch.nn.Linear(before, genres))

    def _optimiser(self, torch: Any, parameters: Any) -> Any:
        return torch.optim.SGD(
            parameters, lr=self.learning_rate, momentum=self.momentum, weight_decay=self.weight_decay
        )


LEARNED: Space = {
    "learning_rate": Range(0.003, 0.3, log=True),
    "weight_decay": Range(1e-6, 1e-2, log=True),
    "batch_size": (64, 128, 256, 512),
}
"""Values worth trying of what perceptrons have in common."""


def build(*, seed: int, threads: int, width: int, **settings: Any) -> Any:
    """Build the classifier; the first hidden layer has `width` neurons, the second half as many."""
    return Perceptron((width, width // 2), seed=seed, threads=threads, **settings)


MODEL = Model(
    "neural network: two hidden layers, batch normalisation, dropout",
    build,
    {
        "width": 256,
        "dropout": 0.3,
        "learning_rate": 0.05,
        "momentum": 0.9,
        "weight_decay": 1e-4,
        "batch_size": 256,
        "epochs": 100,
        "patience": 12,
    },
    {"width": Range(32, 512, log=True), "dropout": Range(0.0, 0.6), "momentum": Range(0.8, 0.98), **LEARNED},
    grouped=True,
)
