"""A multi-layer perceptron: batch normalisation, ReLU, dropout, and gradient descent with momentum."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, ClassVar

import numpy as np
from scipy.special import softmax
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted
from threadpoolctl import ThreadpoolController

from genrelab.models import Model, Range, Space
from genrelab.models._checks import looked_at
from genrelab.models._network import LEARNING, Floats, Network, at_once, real, whole

_NORM = ("weight", "bias", "running_mean", "running_var")
_LEAST_VARIANCE = 1e-5  # of batch normalisation, as torch has it


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

    def predict_proba(self, X: Any) -> Floats:
        """Give the probability of each genre; shape (rows, genres). What was learned once needs no torch."""
        check_is_fitted(self)
        X = looked_at(self, X)
        size = at_once(X.shape[1])
        parts = (X[start : start + size] for start in range(0, len(X), size))
        with _libraries().limit(limits=self.threads, user_api="blas"):
            said = [softmax(self._passed(self._ready(part)), axis=1) for part in parts]
        probabilities: Floats = np.concatenate(said)
        return probabilities

    def _layers(self, columns: int, genres: int) -> Iterator[tuple[str, int, int]]:
        """Name the kind of each layer, and how wide it is before and after."""
        before = columns
        for place, width in enumerate(self.hidden):
            yield "linear", before, width
            if self.batch_norm:
                yield "norm", width, width
            if self.rectified is None or place < self.rectified:
                yield "relu", width, width
            if self.dropout:
                yield "dropout", width, width
            before = width
        yield "linear", before, genres

    def _network(self, torch: Any, columns: int, genres: int) -> Any:
        made: Mapping[str, Callable[[int, int], Any]] = {
            "linear": torch.nn.Linear,
            "norm": lambda before, _: torch.nn.BatchNorm1d(before),
            "relu": lambda *_: torch.nn.ReLU(),
            "dropout": lambda *_: torch.nn.Dropout(self.dropout),
        }
        return torch.nn.Sequential(*(made[kind](*widths) for kind, *widths in self._layers(columns, genres)))

    def _forms(self, columns: int, genres: int) -> dict[str, tuple[tuple[int, ...], Any]]:
        forms: dict[str, tuple[tuple[int, ...], Any]] = {}
        single, counter = np.dtype(np.float32), np.dtype(np.int64)
        for place, (kind, before, after) in enumerate(self._layers(columns, genres)):
            if kind == "linear":
                forms |= {f"{place}.weight": ((after, before), single), f"{place}.bias": ((after,), single)}
            if kind == "norm":
                forms |= {f"{place}.{name}": ((after,), single) for name in _NORM}
                forms[f"{place}.num_batches_tracked"] = ((), counter)
        return forms

    def _passed(self, rows: Floats) -> Floats:
        """Pass standardised rows through the layers, in double precision; shape (rows, genres)."""
        layers = self._layers(self.n_features_in_, len(self.classes_))
        for place, (kind, _, _) in enumerate(layers):
            if kind == "linear":
                weight, bias = (self.weights_[f"{place}.{n}"].astype(np.float64) for n in ("weight", "bias"))
                rows = rows @ weight.T + bias
            elif kind == "norm":
                weight, bias, mean, variance = (
                    self.weights_[f"{place}.{name}"].astype(np.float64) for name in _NORM
                )
                rows = (rows - mean) / np.sqrt(variance + _LEAST_VARIANCE) * weight + bias
            elif kind == "relu":
                rows = np.maximum(rows, 0.0)
        return rows

    def _optimiser(self, torch: Any, parameters: Any) -> Any:
        return torch.optim.SGD(
            parameters, lr=self.learning_rate, momentum=self.momentum, weight_decay=self.weight_decay
        )


@cache
def _libraries() -> ThreadpoolController:
    """Find the libraries that multiply matrices: to look anew takes longer than to label a track."""
    return ThreadpoolController()


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
    kinds=400,
    needs="torch",
)
