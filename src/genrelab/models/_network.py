"""What the neural networks share: numbers made ready, epochs, early stopping, and arrays for a file."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from numbers import Integral, Real
from threading import RLock
from typing import Any, ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils._param_validation import Interval
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from genrelab.errors import MissingExtra, SettingError

Arrays: TypeAlias = Mapping[str, NDArray[Any]]
Codes: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]

CURVES = ("train_loss", "validation_loss", "train_accuracy", "validation_accuracy", "learning_rate")
"""What is measured after each epoch; nothing of a validation part where the table is too small for one."""

_LEAST_ROWS = 20  # fewer are too few to hold some out
_LEAST_BATCHES = 8  # in an epoch, so that small tables are learned too
_LEAST_BATCH = 8
_FURTHEST = 10.0  # standard deviations: one wild number must not drown the others
_NUMBERS_AT_ONCE = 2**20  # of rows that are predicted together, which bounds memory
_STEEPEST = 1.0  # norm of a gradient
_ALONE = RLock()  # torch draws from one stream for all threads of a process


def whole(low: int, high: int | None = None) -> list[Any]:
    """Return scikit-learn's constraint for a whole number from `low` to `high`."""
    return [Interval(Integral, low, high, closed="both" if high is not None else "left")]


def real(low: float, high: float | None = None, *, closed: str = "left") -> list[Any]:
    """Return scikit-learn's constraint for a number."""
    return [Interval(Real, low, high, closed=closed)]


LEARNING: Mapping[str, Any] = {
    "learning_rate": real(0.0, 10.0, closed="right"),
    "weight_decay": real(0.0),
    "batch_size": whole(2),
    "epochs": whole(1),
    "patience": whole(1),
    "validation": real(0.0, 0.5, closed="both"),
    "threads": whole(1, 1024),
    "seed": whole(0, 2**32 - 1),
}
"""Constraints of the settings that every network has."""


def needed(package: str) -> Any:
    """Import a package of the extra `nets`.

    Raises
    ------
    MissingExtra
        When it is not installed.
    """
    try:
        return import_module(package)
    except ImportError as error:
        raise MissingExtra(package.partition(".")[0], "nets") from error


@contextmanager
def steady(torch: Any, seed: int, threads: int) -> Iterator[None]:
    """Let torch draw from `seed` with so many threads, one fit at a time, and leave it as it was found."""
    before, kind = torch.get_num_threads(), torch.get_default_dtype()
    with (
        _ALONE,
        torch.random.fork_rng(devices=[]),
        torch.device("cpu"),
        torch.inference_mode(mode=False),
    ):
        torch.default_generator.manual_seed(seed)
        torch.set_num_threads(threads)
        torch.set_default_dtype(torch.float32)
        try:
            with torch.enable_grad():
                yield
        finally:
            torch.set_num_threads(before)
            torch.set_default_dtype(kind)


def parted(codes: Codes, groups: Codes | None, share: float, seed: int) -> tuple[Codes, Codes]:
    """Part rows into those to learn from and those held out to stop early, each group on one side.

    Every so many groups of a genre are held out. Nothing is where rows or groups are too few for it.

    Examples
    --------
    >>> learned, held = parted(np.arange(40) % 2, np.arange(40) // 4, 0.2, seed=0)
    >>> len(learned), len(held), set(learned // 4) & set(held // 4)
    (32, 8, set())
    """
    rows = np.arange(len(codes))
    names, first, place = np.unique(
        rows if groups is None else groups, return_index=True, return_inverse=True
    )
    if share == 0 or len(rows) < _LEAST_ROWS or len(names) < 2:
        return rows, rows[:0]
    drawn = np.random.default_rng(seed).random(len(names))
    every = min(round(1 / share), len(names))
    chosen = np.lexsort((drawn, codes[first]))[every // 2 :: every]
    held = np.isin(place, chosen)
    if held.sum() > len(rows) / 2:
        return rows, rows[:0]
    return rows[~held], rows[held]


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Tracks as tensors: what a network reads of them, codes of their genres, and their weights."""

    rows: Any
    codes: Any
    weights: Any


class Network(ClassifierMixin, ABC):  # type: ignore[misc]  # scikit-learn has no types
    """A neural network as a scikit-learn classifier over numbers in which NaN means missing.

    A subclass names its layers in `_network`, and has the settings that `LEARNING` lists. A part of the
    tracks is held out; the weights kept are those of the epoch in which the loss on it was least, and the
    learning rate falls where that loss no longer does. Medians, means and deviations are those of the
    tracks learned from.

    Attributes
    ----------
    classes_ : (genres,)
    weights_ : what torch calls the state of the network, by name
    median_, mean_, scale_ : (channels,) what gaps are filled with, and how numbers are standardised
    curves_ : lists by the names in `CURVES`, one number an epoch
    """

    _parameter_constraints: ClassVar[Mapping[str, Any]] = LEARNING
    learning_rate: float
    weight_decay: float
    batch_size: int
    epochs: int
    patience: int
    validation: float
    threads: int
    seed: int

    @abstractmethod
    def _network(self, torch: Any, columns: int, genres: int) -> Any:
        """Build the layers, untrained."""

    def _optimiser(self, torch: Any, parameters: Any) -> Any:
        return torch.optim.AdamW(parameters, lr=self.learning_rate, weight_decay=self.weight_decay)

    def _logits(self, torch: Any, net: Any, rows: Any) -> Any:
        """Give logarithms of odds, shape (rows, networks, genres); several networks vote."""
        return net(rows).unsqueeze(1)

    def _channels(self, columns: int) -> int:
        """Count the different quantities among the columns; each is standardised as one."""
        return columns

    def fit(self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None) -> Any:
        """Fit to X, shape (rows, columns), and genres y, shape (rows,).

        Parameters
        ----------
        X, y
            What to learn from.
        sample_weight
            How much each row's loss counts, shape (rows,).
        groups
            Codes, shape (rows,), such as artists: none is both learned from and held out.

        Raises
        ------
        MissingExtra
            When torch, or safetensors to save it with, is not installed.
        SettingError
            When the loss grows beyond all numbers.
        """
        self._validate_params()
        torch, _ = needed("torch"), needed("safetensors")  # what is learned will be saved
        X, y = validate_data(self, X, y, ensure_all_finite="allow-nan", dtype=[np.float64, np.float32])
        check_classification_targets(y)
        weights = _check_sample_weight(sample_weight, X, dtype=np.float64)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"classifier needs at least two classes, got one class: {self.classes_[0]!r}")
        learned, held = parted(
            codes, None if groups is None else np.asarray(groups), self.validation, self.seed
        )
        self._measure_scale(X[learned])
        with steady(torch, self.seed, self.threads):
            net = self._network(torch, X.shape[1], len(self.classes_))
            weights = weights / max(weights[learned].mean(), np.finfo(np.float64).tiny)
            parts = [_part(torch, self._ready(X[r]), codes[r], weights[r]) for r in (learned, held)]
            self.curves_ = self._learn(torch, net, *parts)
            self.weights_ = {name: tensor.numpy().copy() for name, tensor in net.state_dict().items()}
        return self

    def predict_proba(self, X: Any) -> Floats:
        """Give the probability of each genre; shape (rows, genres)."""
        check_is_fitted(self)
        X = validate_data(self, X, ensure_all_finite="allow-nan", dtype=[np.float64, np.float32], reset=False)
        torch = needed("torch")
        with steady(torch, self.seed, self.threads), torch.inference_mode():
            net = self._restored(torch)
            size = at_once(X.shape[1])
            parts = (X[start : start + size] for start in range(0, len(X), size))
            said = [self._said(torch, net, torch.from_numpy(self._ready(part))) for part in parts]
            probabilities: Floats = torch.cat(said).numpy()
        return probabilities

    def predict(self, X: Any) -> Any:
        """Give the most probable genre."""
        likeliest = self.predict_proba(X).argmax(axis=1)
        return self.classes_[likeliest]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return all that was learned, by name, for a file."""
        learned = {"input.median": self.median_, "input.mean": self.mean_, "input.scale": self.scale_}
        learned |= {f"net.{name}": array for name, array in self.weights_.items()}
        return {name: np.asarray(array, order="C") for name, array in learned.items()}

    def restore(self, arrays: Arrays, columns: int, genres: int) -> None:
        """Take back what `arrays` returned, for a matrix of so many columns, and so many genres.

        Raises
        ------
        MissingExtra
            When torch is not installed.
        ValueError
            When names, shapes or types are not those of this network, or a number is not finite.
        """
        self._validate_params()
        of_input: tuple[tuple[int, ...], Any] = ((self._channels(columns),), np.dtype(np.float64))
        expected = {f"input.{name}": of_input for name in ("median", "mean", "scale")}
        expected |= {f"net.{name}": form for name, form in self._forms(columns, genres).items()}
        if {name: (array.shape, array.dtype) for name, array in arrays.items()} != expected:
            raise ValueError("the arrays are not those of this network")
        if (
            not all(np.isfinite(array).all() for array in arrays.values())
            or (arrays["input.scale"] <= 0).any()
        ):
            raise ValueError("the arrays hold what no network learns")
        self.n_features_in_, self.classes_ = columns, np.arange(genres)
        self.median_, self.mean_, self.scale_ = (arrays[f"input.{n}"] for n in ("median", "mean", "scale"))
        self.weights_ = {n.removeprefix("net."): a for n, a in arrays.items() if n.startswith("net.")}

    def _forms(self, columns: int, genres: int) -> dict[str, tuple[tuple[int, ...], Any]]:
        """Return shape and type of every weight, without making any: a file may claim to be huge."""
        torch = needed("torch")
        with steady(torch, 0, self.threads), torch.device("meta"):
            state = self._network(torch, columns, genres).state_dict()
        kinds = {torch.float32: np.dtype(np.float32), torch.int64: np.dtype(np.int64)}
        return {name: (tuple(tensor.shape), kinds[tensor.dtype]) for name, tensor in state.items()}

    def _restored(self, torch: Any) -> Any:
        """Build the trained network, in double precision: a row gets the same whatever stands beside it."""
        with torch.device("meta"):
            net = self._network(torch, self.n_features_in_, len(self.classes_))
        state = {name: torch.from_numpy(array.copy()) for name, array in self.weights_.items()}
        net.load_state_dict(state, assign=True)
        return net.double().eval()

    def _measure_scale(self, X: Floats) -> None:
        table = X.astype(np.float64).reshape(-1, self._channels(X.shape[1]))
        empty = np.isnan(table).all(axis=0)
        table[:, empty] = 0.0
        self.median_, self.mean_ = np.nanmedian(table, axis=0), np.nanmean(table, axis=0)
        deviation = np.nanstd(table, axis=0)
        self.scale_ = np.where(deviation > 0, deviation, 1.0)

    def _ready(self, X: Floats) -> Floats:
        """Fill gaps with medians, and standardise; shape as that of X."""
        table = X.astype(np.float64).reshape(-1, len(self.mean_))
        filled = np.where(np.isnan(table), self.median_, table)
        standard = ((filled - self.mean_) / self.scale_).clip(-_FURTHEST, _FURTHEST)
        made: Floats = standard.reshape(X.shape)
        return made

    def _learn(self, torch: Any, net: Any, learned: Part, held: Part) -> dict[str, list[float]]:
        """Go through the epochs, and leave the network with the weights of the best one."""
        optimiser = self._optimiser(torch, net.parameters())
        schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(
            optimiser, factor=0.3, patience=self.patience // 3
        )
        curves: dict[str, list[float]] = {name: [] for name in CURVES}
        least, best, waited = math.inf, {}, 0
        for _ in range(self.epochs):
            curves["learning_rate"].append(float(optimiser.param_groups[0]["lr"]))
            _append(curves, "train", self._epoch(torch, net, optimiser, learned))
            if len(held.codes):
                _append(curves, "validation", self._measured(torch, net, held))
            watched = (curves["validation_loss"] or curves["train_loss"])[-1]
            if not math.isfinite(watched):
                raise SettingError(
                    f"learning_rate {self.learning_rate}: the loss grew beyond all numbers: lower it"
                )
            waited += 1
            if watched < least:
                least, waited = watched, 0
                best = {name: tensor.clone() for name, tensor in net.state_dict().items()}
            if waited >= self.patience:
                break
            schedule.step(watched)
        net.load_state_dict(best)
        return curves

    def _epoch(self, torch: Any, net: Any, optimiser: Any, part: Part) -> tuple[float, float]:
        """Learn from every track once, in random batches; give mean loss and accuracy on the way."""
        net.train()
        loss = right = 0.0
        rows = len(part.codes)
        size = min(self.batch_size, max(_LEAST_BATCH, rows // _LEAST_BATCHES))
        # Batches of equal size: batch normalisation cannot learn from a last one of a single track.
        for batch in torch.randperm(rows).tensor_split(max(1, rows // size)):
            optimiser.zero_grad()
            logits = self._logits(torch, net, part.rows[batch])
            cost = _cost(torch, logits, part.codes[batch], part.weights[batch])
            cost.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), _STEEPEST)
            optimiser.step()
            loss += float(cost.detach()) * len(batch)
            right += float((_votes(logits.detach()).argmax(1) == part.codes[batch]).sum())
        return loss / rows, right / rows

    def _measured(self, torch: Any, net: Any, part: Part) -> tuple[float, float]:
        """Give mean loss and accuracy on a part, as it would be labelled."""
        net.eval()
        size = at_once(part.rows[0].numel())
        with torch.no_grad():
            logits = torch.cat([self._logits(torch, net, rows) for rows in part.rows.split(size)])
            loss = float(_cost(torch, logits, part.codes, part.weights))
            return loss, float((_votes(logits).argmax(1) == part.codes).double().mean())

    def _said(self, torch: Any, net: Any, rows: Any) -> Any:
        return _votes(self._logits(torch, net, rows))

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn that NaN is welcome."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags


def _part(torch: Any, rows: Floats, codes: Codes, weights: Floats) -> Part:
    return Part(torch.from_numpy(rows).float(), torch.from_numpy(codes), torch.from_numpy(weights).float())


def at_once(columns: int) -> int:
    return min(4096, max(1, _NUMBERS_AT_ONCE // columns))


def _append(curves: dict[str, list[float]], part: str, measured: tuple[float, float]) -> None:
    for name, value in zip(("loss", "accuracy"), measured, strict=True):
        curves[f"{part}_{name}"].append(value)


def _votes(logits: Any) -> Any:
    """Return the mean of the networks' probabilities, shape (rows, genres)."""
    return logits.softmax(2).mean(1)


def _cost(torch: Any, logits: Any, codes: Any, weights: Any) -> Any:
    """Return the weighted mean cross-entropy; networks that vote learn each for itself."""
    networks = logits.shape[1]
    each = torch.nn.functional.cross_entropy(
        logits.flatten(0, 1), codes.repeat_interleave(networks), reduction="none"
    )
    return (each * weights.repeat_interleave(networks)).mean()
