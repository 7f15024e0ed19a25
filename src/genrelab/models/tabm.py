"""TabM: many small networks in one that share most weights, and vote (Gorishniy et al. 2025)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from sklearn.base import BaseEstimator

from genrelab.models import Model, Range
from genrelab.models._network import LEARNING, Network, needed, real, whole


class TabM(Network, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Perceptrons that share their matrices and differ in scales and biases; learned by AdamW.

    Parameters
    ----------
    networks : int >= 1
        How many vote.
    width, blocks : int >= 1
        Neurons of a hidden layer, and how many such layers there are.
    dropout : float in [0, 1)
        Share of each hidden layer's output that is left out at random while learning.
    learning_rate, weight_decay, batch_size, epochs, patience, validation, threads, seed
        As of `genrelab.models.mlp.Perceptron`.

    Examples
    --------
    >>> model = TabM(networks=2, width=8, epochs=30, learning_rate=0.03)
    >>> model.fit([[0.0], [0.1], [0.9], [1.0]] * 5, [0, 0, 1, 1] * 5).predict([[0.05], [0.95]]).tolist()
    [0, 1]
    """

    _parameter_constraints: ClassVar[Mapping[str, Any]] = {
        **LEARNING,
        "networks": whole(1),
        "width": whole(1),
        "blocks": whole(1, 16),
        "dropout": real(0.0, 1.0),
    }

    def __init__(
        self,
        *,
        networks: int = 16,
        width: int = 128,
        blocks: int = 2,
        dropout: float = 0.1,
        learning_rate: float = 3e-3,
        weight_decay: float = 3e-4,
        batch_size: int = 512,
        epochs: int = 60,
        patience: int = 8,
        validation: float = 0.15,
        threads: int = 1,
        seed: int = 0,
    ) -> None:
        self.networks = networks
        self.width = width
        self.blocks = blocks
        self.dropout = dropout
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.batch_size = batch_size
        self.epochs = epochs
        self.patience = patience
        self.validation = validation
        self.threads = threads
        self.seed = seed

    def _network(self, torch: Any, columns: int, genres: int) -> Any:
        return needed("tabm").TabM.make(
            n_num_features=columns,
            d_out=genres,
            k=self.networks,
            d_block=self.width,
            n_blocks=self.blocks,
            dropout=self.dropout,
        )

    def _logits(self, torch: Any, net: Any, rows: Any) -> Any:
        return net(rows)


MODEL = Model(
    "TabM: many small networks that share weights and vote",
    TabM,
    {
        "networks": 16,
        "width": 128,
        "blocks": 2,
        "dropout": 0.1,
        "learning_rate": 3e-3,
        "weight_decay": 3e-4,
        "batch_size": 512,
        "epochs": 60,
        "patience": 8,
    },
    {
        "networks": (8, 16, 32),
        "width": Range(64, 256, log=True),
        "blocks": (1, 2, 3),
        "dropout": Range(0.0, 0.4),
        "learning_rate": Range(3e-4, 1e-2, log=True),
        "weight_decay": Range(1e-5, 1e-1, log=True),
    },
    grouped=True,
    needs="torch",
)
