"""A recurrent network over sequences: long short-term memory (Hochreiter and Schmidhuber 1997)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from genrelab.errors import SchemaError, SettingError
from genrelab.models import Model, Range
from genrelab.models._network import LEARNING, Network, real, whole


class Recurrent(Network, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """An LSTM over the frames of a track; the mean of what it says along the track tells the genre.

    X has shape (rows, frames * channels), a frame's channels side by side, NaN beyond the end of a track: as
    `genrelab.features.inputs.sequences` makes it. The number of channels is that of the columns by `frames`.
    Each channel is standardised as one quantity.

    Parameters
    ----------
    frames : int >= 1
        Frames of a row of X.
    hidden, layers : int >= 1
        Cells of a layer in each direction, and how many layers there are.
    bidirectional : bool
        Whether it reads the track from its end, too.
    dropout : float in [0, 1)
        Share of each layer's output that is left out at random while learning.
    learning_rate, weight_decay, batch_size, epochs, patience, validation, threads, seed
        As of `genrelab.models.mlp.Perceptron`; it is learned by AdamW.

    Examples
    --------
    >>> rising, falling, short = [0.0, 1.0, 2.0], [2.0, 1.0, 0.0], [1.0, 0.0, np.nan]
    >>> model = Recurrent(frames=3, hidden=8, epochs=60, learning_rate=0.03)
    >>> model.fit([rising, falling] * 10, [0, 1] * 10).predict([rising, short]).tolist()
    [0, 1]
    """

    _parameter_constraints: ClassVar[Mapping[str, Any]] = {
        **LEARNING,
        "frames": whole(1),
        "hidden": whole(1),
        "layers": whole(1, 16),
        "bidirectional": ["boolean"],
        "dropout": real(0.0, 1.0),
    }

    def __init__(
        self,
        frames: int = 1,
        *,
        hidden: int = 64,
        layers: int = 1,
        bidirectional: bool = True,
        dropout: float = 0.3,
        learning_rate: float = 3e-3,
        weight_decay: float = 1e-3,
        batch_size: int = 64,
        epochs: int = 60,
        patience: int = 10,
        validation: float = 0.15,
        threads: int = 1,
        seed: int = 0,
    ) -> None:
        self.frames = frames
        self.hidden = hidden
        self.layers = layers
        self.bidirectional = bidirectional
        self.dropout = dropout
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.batch_size = batch_size
        self.epochs = epochs
        self.patience = patience
        self.validation = validation
        self.threads = threads
        self.seed = seed

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Give the probability of each genre; shape (rows, genres).

        Raises
        ------
        SchemaError
            When the sequences have other frames or channels than those learned from.
        """
        learned: int | None = getattr(self, "n_features_in_", None)
        found: tuple[int, ...] = getattr(X, "shape", ())
        if learned is not None and len(found) == 2 and found[1] != learned:
            raise SchemaError(
                f"sequences: X has {found[1]} features, but Recurrent is expecting {learned} features as"
                f" input: give {self.frames} frames of {learned // self.frames} channels"
            )
        return super().predict_proba(X)

    def _network(self, torch: Any, columns: int, genres: int) -> Any:
        memory = torch.nn.LSTM(
            self._channels(columns),
            self.hidden,
            self.layers,
            batch_first=True,
            bidirectional=self.bidirectional,
            dropout=self.dropout if self.layers > 1 else 0.0,
        )
        said = self.hidden * (2 if self.bidirectional else 1)
        head = torch.nn.Sequential(torch.nn.Dropout(self.dropout), torch.nn.Linear(said, genres))
        return torch.nn.ModuleDict({"memory": memory, "head": head})

    def _logits(self, torch: Any, net: Any, rows: Any) -> Any:
        """Read each track to its end, which is where NaN begins; an empty one is one average frame."""
        tool = torch.nn.utils.rnn
        ends = (~rows[:, :, 0].isnan()).sum(1).clamp(min=1)
        packed = tool.pack_padded_sequence(rows.nan_to_num(), ends, batch_first=True, enforce_sorted=False)
        said, _ = tool.pad_packed_sequence(net["memory"](packed)[0], batch_first=True)
        mean = said.sum(1) / ends[:, None]  # beyond its end, a track says nought
        return net["head"](mean).unsqueeze(1)

    def _channels(self, columns: int) -> int:
        if columns % self.frames:
            raise SettingError(
                f"frames: {columns} columns cannot be parted into {self.frames} frames: give another number"
            )
        return columns // self.frames

    def _ready(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Fill gaps and standardise, but for NaN beyond the end; shape (rows, frames, channels)."""
        shape = (len(X), self.frames, len(self.mean_))
        known = ~np.isnan(X.reshape(shape)).all(axis=2)
        within: NDArray[np.bool_] = np.flip(np.flip(known, 1).cumsum(axis=1), 1) > 0
        return np.where(within[:, :, None], super()._ready(X).reshape(shape), np.nan)


MODEL = Model(
    "recurrent network (LSTM) over sequences, such as the timbre of segments",
    Recurrent,
    {
        "frames": 200,
        "hidden": 64,
        "layers": 1,
        "bidirectional": True,
        "dropout": 0.3,
        "learning_rate": 3e-3,
        "weight_decay": 1e-3,
        "batch_size": 64,
        "epochs": 60,
        "patience": 10,
    },
    {
        "frames": (50, 100, 200, 400),
        "hidden": Range(16, 128, log=True),
        "layers": (1, 2),
        "bidirectional": (True, False),
        "dropout": Range(0.0, 0.6),
        "learning_rate": Range(3e-4, 1e-2, log=True),
        "weight_decay": Range(1e-5, 1e-1, log=True),
    },
    grouped=True,
    needs="torch",
    reads_sequences=True,
)
