"""What the cells say together: means over seeds, who leads and by how much, and what was promised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Marks = NDArray[np.bool_]
Cell = Mapping[str, Any]

REPLICATES = 1000
_CHUNK = 250
OURS = "best"


@dataclass(frozen=True, slots=True)
class Mean:
    """A model's accuracy on a table: its mean over seeds, and 95 % of what other artists would give."""

    value: float
    low: float
    high: float
    seeds: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """Accuracy of one model less that of another on the same rows, over the seeds that both have."""

    value: float
    low: float
    high: float
    seeds: tuple[int, ...]

    @property
    def behind(self) -> bool:
        """Whether the other is ahead by more than chance in the choice of artists."""
        return self.high < 0


class Resampled:
    """Accuracies of every cell of one table, and of the same table with its artists drawn anew.

    Artists are drawn once for all cells, so that two models, and two seeds that share test artists, are
    compared on the same draws (Efron and Tibshirani 1993, the paired bootstrap).
    """

    def __init__(self, cells: Sequence[Cell], *, seed: int = 0) -> None:
        self.keys = [(str(cell["model"]), int(cell["seed"])) for cell in cells]
        names = np.unique(np.concatenate([np.asarray(cell["groups"]) for cell in cells]))
        right = np.zeros((len(names), len(cells)))
        tracks = np.zeros_like(right)
        for place, cell in enumerate(cells):
            hit = np.asarray(cell["chosen"]) == np.asarray(cell["truth"])
            groups = np.searchsorted(names, cell["groups"])
            right[:, place] = np.bincount(groups, hit, len(names))
            tracks[:, place] = np.bincount(groups, minlength=len(names))
        self.values: Floats = right.sum(axis=0) / tracks.sum(axis=0)
        self.draws = _drawn(right, tracks, seed)

    def seeds(self, model: str) -> tuple[int, ...]:
        """Name the seeds that a model was measured with."""
        return tuple(sorted(seed for name, seed in self.keys if name == model))

    def mean(self, model: str) -> Mean:
        """Give a model's mean over its seeds."""
        value, draws = self._over(model, self.seeds(model))
        return Mean(value, *_interval(value, draws), self.seeds(model))

    def difference(self, model: str, other: str) -> Difference | None:
        """Compare two models over the seeds that both have; None where there are none."""
        both = tuple(sorted({*self.seeds(model)} & {*self.seeds(other)}))
        if not both:
            return None
        (one, ones), (two, twos) = self._over(model, both), self._over(other, both)
        return Difference(one - two, *_interval(one - two, ones - twos), both)

    def _over(self, model: str, seeds: Sequence[int]) -> tuple[float, Floats]:
        places = [self.keys.index((model, seed)) for seed in seeds]
        return float(self.values[places].mean()), self.draws[:, places].mean(axis=1)


def _drawn(right: Floats, tracks: Floats, seed: int) -> Floats:
    """Score all cells on REPLICATES draws of the artists, shape (REPLICATES, cells)."""
    rng, artists = np.random.default_rng(seed), len(right)
    found = []
    for start in range(0, REPLICATES, _CHUNK):
        count = min(_CHUNK, REPLICATES - start)
        picks = (np.bincount(rng.integers(0, artists, artists), minlength=artists) for _ in range(count))
        weights = np.stack(list(picks)).astype(np.float64)
        found.append((weights @ right) / np.maximum(weights @ tracks, 1.0))
    drawn: Floats = np.vstack(found)
    return drawn


def _interval(value: float, draws: Floats) -> tuple[float, float]:
    low, high = np.quantile(draws - draws.mean(), [0.025, 0.975])
    return value + float(low), value + float(high)


def summarise(cells: Sequence[Cell]) -> dict[str, Any]:
    """Sum up the first fold of one table: every model, and who leads.

    Returns
    -------
    ``models``, the most accurate first; and ``leads``, which sets our own best beside the best peer, unless
    either is missing.
    """
    drawn = Resampled(cells)
    by_model: dict[str, list[Cell]] = {}
    for cell in cells:
        by_model.setdefault(str(cell["model"]), []).append(cell)
    models = [_model(name, found, drawn) for name, found in by_model.items()]
    models.sort(key=lambda one: -one["accuracy"])
    lead = _lead(models, drawn)
    return {"models": models, "leads": [] if lead is None else [lead]}


def _model(name: str, cells: Sequence[Cell], drawn: Resampled) -> dict[str, Any]:
    accuracy = drawn.mean(name)
    told = [c["announced"]["value"] - c["true"]["accuracy"]["value"] for c in cells if c["announced"]]
    together = [c["together"] for c in cells if c["together"] is not None]

    def mean(values: Sequence[float]) -> float | None:
        return float(np.mean(values)) if values else None

    return {
        "model": name,
        "kind": cells[0]["kind"],
        "accuracy": accuracy.value,
        "low": accuracy.low,
        "high": accuracy.high,
        "announced_less_true": mean(told),
        **{m: mean([c["true"][m]["value"] for c in cells]) for m in ("macro_f1", "log_loss")},
        "calibration_error": mean([c["true"]["calibration_error"]["value"] for c in cells]),
        "calibration_by_chance": mean([c["calibration_by_chance"] for c in cells]),
        "together": mean(together),
        "fit_seconds": mean([c["fit_seconds"] for c in cells]),
        "rows_a_second": mean([c["tested"] / max(c["predict_seconds"], 1e-9) for c in cells]),
        "megabytes": mean([c["megabytes"] for c in cells]),
        "seeds": list(accuracy.seeds),
        "commits": sorted({str(c["commit"]) for c in cells}),
        "notes": sorted({str(c["note"]) for c in cells if c["note"]}),
    }


def _lead(models: Sequence[Mapping[str, Any]], drawn: Resampled) -> dict[str, Any] | None:
    """Set our best beside the peer that is the most accurate over the seeds that both have."""
    ours = next((one for one in models if one["model"] == OURS), None)
    peers = [str(one["model"]) for one in models if one["kind"] == "peer"]
    if ours is None or not peers:
        return None
    beside = {peer: drawn.difference(OURS, peer) for peer in peers}
    known = {peer: found for peer, found in beside.items() if found is not None}
    if not known:
        return None
    # Peers are ranked on the seeds that they share with ours: of the same rows only.
    peer, found = min(known.items(), key=lambda item: item[1].value)
    return {
        "peer": peer,
        "best": ours["accuracy"],
        "accuracy": next(one["accuracy"] for one in models if one["model"] == peer),
        "difference": found.value,
        "low": found.low,
        "high": found.high,
        "behind": found.behind,
        "seeds": list(found.seeds),
        "compared": {name: list(known[name].seeds) for name in sorted(known)},
    }


def lenient(marked: Sequence[tuple[Cell, Marks]]) -> dict[str, Any] | None:
    """Score the models of a table whose tags name several genres of a track: any of them counts as right.

    Parameters
    ----------
    marked
        Cells of one table, each with all genres that the tags of its rows name, shape (rows, genres).

    Returns
    -------
    ``several``, the share of rows with more than one; ``seeds``, those that all models have; ``models``, each
    with its accuracy by both counts, over these seeds. None where they have none in common.
    """
    by_model: dict[str, dict[int, tuple[float, float]]] = {}
    several: dict[int, float] = {}
    for cell, marks in marked:
        chosen = np.asarray(cell["chosen"])
        strict = float(np.mean(chosen == np.asarray(cell["truth"])))
        of_any = float(marks[np.arange(len(chosen)), chosen].mean())
        by_model.setdefault(str(cell["model"]), {})[cell["seed"]] = strict, of_any
        several[cell["seed"]] = float((marks.sum(axis=1) > 1).mean())
    seeds = sorted(set.intersection(*(set(scores) for scores in by_model.values())))
    if not seeds:
        return None
    models = [
        {"model": name, "accuracy": float(accuracy), "any": float(of_any)}
        for name, scores in by_model.items()
        for accuracy, of_any in [np.mean([scores[seed] for seed in seeds], axis=0)]
    ]
    return {
        "several": float(np.mean([several[seed] for seed in seeds])),
        "seeds": seeds,
        "models": sorted(models, key=lambda one: -one["any"]),
    }


def kept(cells: Sequence[Cell]) -> list[dict[str, Any]]:
    """Count, for every table, how often a promise by confidence was kept.

    Returns
    -------
    A row a table: ``splits`` that were looked at, and by kind of promise how many there were, how many of the
    figures found lie inside their announced interval, how many are worse than that, and how many precisions
    and coverages are what was asked for or more.
    """
    by_table: dict[str, list[Cell]] = {}
    for cell in cells:
        if cell.get("promises"):
            by_table.setdefault(str(cell["table"]), []).append(cell)
    return [
        {
            "table": table,
            "splits": [f"{cell['seed']}-{cell['fold']}" for cell in found],
            "kinds": _kinds([one for cell in found for one in cell["promises"]]),
        }
        for table, found in by_table.items()
    ]


def _kinds(promised: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    by_kind: dict[str, list[Mapping[str, Any]]] = {}
    for one in promised:
        if one["found"] is not None:
            by_kind.setdefault(one["name"], []).append(one)
    return {
        kind: {
            "promises": len(ones),
            "inside": sum(
                one["announced"]["low"] <= one["found"] <= one["announced"]["high"] for one in ones
            ),
            "worse": sum(_is_worse(kind, one["announced"], one["found"]) for one in ones),
            "reached": sum(one["found"] >= one["promised"] for one in ones),
        }
        for kind, ones in by_kind.items()
    }


def _is_worse(kind: str, announced: Mapping[str, float], found: float) -> bool:
    return found > announced["high"] if kind == "set_size" else found < announced["low"]


def promises(cells: Sequence[Cell]) -> list[dict[str, Any]]:
    """Set what was announced beside what came true, a row for every fold and column set."""
    return [
        {
            "table": cell["table"],
            "fold": cell["fold"],
            "model": cell["model"],
            "announced": cell["announced"]["value"],
            "low": cell["announced"]["low"],
            "high": cell["announced"]["high"],
            "true": cell["true"]["accuracy"]["value"],
            "inside": cell["announced"]["low"]
            <= cell["true"]["accuracy"]["value"]
            <= cell["announced"]["high"],
            "together": cell["together"],
            "calibration_error": cell["true"]["calibration_error"]["value"],
            "fit_seconds": cell["fit_seconds"],
            "megabytes": cell["megabytes"],
        }
        for cell in cells
    ]
