"""Measure how fast groups are dealt out to folds, beside scikit-learn, whose folds are the same.

    python benchmarks/folds.py

Needs real tables in the data folder (``GENRELAB_DATA``, else ``../shared/data``). Processor seconds of one
thread. Writes ``benchmarks/results/folds.json`` and ``.md``.
"""

from __future__ import annotations

import time
import warnings
from typing import Any

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

import record
import tables
from genrelab.grouping import deal

MEASURED = ("msd10k", "spotify_30k", "capstone12", "genres_v2")
COUNTS = (3, 8)


def main() -> None:
    """Measure, print and write."""
    figures = [_measured(name, count) for name in MEASURED for count in COUNTS]
    record.write("folds", "python benchmarks/folds.py", {"folds": figures}, _page(figures))


def _measured(name: str, count: int) -> dict[str, Any]:
    """Deal a table's groups out in both ways; the folds must be the same."""
    data = tables.part(name, 0, 0, 1.0).train
    start = time.process_time()
    ours = deal(data.truth, data.groups, count, seed=0)
    middle = time.process_time()
    theirs = np.full(len(data), -1)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        parted = StratifiedGroupKFold(count, shuffle=True, random_state=0)
        for fold, (_, test) in enumerate(parted.split(data.truth, data.truth, data.groups)):
            theirs[test] = fold
    end = time.process_time()
    if (ours != theirs).any():
        raise SystemExit(f"{name}: the folds are not those of scikit-learn")
    return {
        "table": name,
        "tracks": len(data),
        "groups": len(np.unique(data.groups)),
        "folds": count,
        "seconds": middle - start,
        "scikit-learn seconds": end - middle,
    }


def _page(figures: list[dict[str, Any]]) -> list[str]:
    return [
        "# Dealing groups out to folds",
        "",
        "Processor seconds; `deal` of `genrelab.grouping` beside scikit-learn's `StratifiedGroupKFold`.",
        "The folds are the same, or this ends with an error.",
        "",
        "| table | tracks | groups | folds | deal, s | scikit-learn, s | times as fast |",
        "|---|---|---|---|---|---|---|",
        *map(_line, figures),
    ]


def _line(one: dict[str, Any]) -> str:
    ours, theirs = one["seconds"], one["scikit-learn seconds"]
    told = f"{one['table']} | {one['tracks']:,} | {one['groups']:,} | {one['folds']}"
    return f"| {told} | {ours:.2f} | {theirs:.2f} | {theirs / ours:.1f} |"


if __name__ == "__main__":
    main()
