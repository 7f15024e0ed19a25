"""Measure how many labels that were made wrong on purpose are found among the first suspects.

    python benchmarks/suspects.py DATA [--tables A,B] [--kinds A,B] [--seeds N] [--rows N]

Of each table's unique tracks, 5 % get another genre: any other ("any"), or the likeliest other by a model
that plays no other part ("likeliest"). Told is the share of them among the first 8 % of `genrelab.suspects`,
by seed. Copies of a track are left out, so none can give the answer. What was measured before is kept and
not measured again. Writes ``benchmarks/results/suspects.json`` and ``.md``.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

import genrelab
import record
from genrelab.dataset import Dataset
from genrelab.insight.suspects import suspects
from genrelab.published import data_folder
from genrelab.sources import table

Codes = NDArray[np.int64]

FLIPPED, LOOKED_AT, GOAL = 0.05, 0.08, 0.60
KINDS = ("any", "likeliest")
HEADER = (
    "| table | tracks | genres | wrong labels | found in the first 8 % | by seed |"
    " labels that evidence contradicts anyway | as suspicious as half of the wrong ones | at |"
)


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, nargs="?", default=data_folder(), help="folder of the tables")
    parser.add_argument("--tables", default=",".join(TABLES))
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=0, help="tracks of whole artists at most; 0 takes all")
    asked = parser.parse_args()
    if asked.data is None:
        raise SystemExit("no real tables: set GENRELAB_DATA, or name their folder")
    for name in asked.tables.split(","):
        data = _sample(TABLES[name](asked.data), asked.rows)
        for seed in range(asked.seeds):
            for kind in asked.kinds.split(","):
                run = f"{name}, {len(data)} tracks, {kind}, seed {seed}"
                if run not in _known():
                    about = {"table": name, "kind": kind, "seed": seed, "commit": record.commit()}
                    measured = {**about, **_measured(data, kind, seed)}
                    _write({**_known(), run: measured})


def _known() -> dict[str, dict[str, Any]]:
    """Return what was measured before."""
    path = record.RESULTS / "suspects.json"
    known: dict[str, dict[str, Any]] = json.loads(path.read_text())["figures"] if path.exists() else {}
    return known


def _measured(data: Dataset, kind: str, seed: int) -> dict[str, float]:
    """Make labels wrong, look for them, and count."""
    wrong, labels = _flipped(data, kind, seed)
    names = pl.Series(data.label, np.array(data.genres, dtype=object)[labels], dtype=pl.String)
    found = suspects(
        replace(data, truth=labels, tracks=data.tracks.with_columns(names)), seed=seed, threads=1
    )
    ranked = found.ranked["row"].to_numpy()
    hits = np.isin(ranked, wrong)
    middle = np.searchsorted(np.cumsum(hits), len(wrong) / 2)
    return {
        "tracks": len(data),
        "genres": len(data.genres),
        "wrong": len(wrong),
        "found": float(hits[: round(LOOKED_AT * len(data))].sum() / len(wrong)),
        "contradicted": float((~hits).sum() / (len(data) - len(wrong))),
        "as_suspicious": float((~hits[:middle]).sum() / (len(data) - len(wrong))),
        "estimated_wrong": found.wrong / len(data),
    }


def _flipped(data: Dataset, kind: str, seed: int) -> tuple[Codes, Codes]:
    """Give a share of the tracks another genre; return their rows, and the labels of all."""
    rng, genres = np.random.default_rng(seed), len(data.genres)
    wrong = np.sort(rng.choice(len(data), round(FLIPPED * len(data)), replace=False))
    labels = data.truth.copy()
    if kind == "any":
        labels[wrong] = (labels[wrong] + rng.integers(1, genres, len(wrong))) % genres
        return wrong, labels
    heard = genrelab.train(data, "logistic", seed=seed, folds=3, threads=1).out_of_fold
    assert heard is not None
    others = np.where(np.arange(genres) == data.truth[:, None], -1.0, heard.probabilities)
    labels[wrong] = others[wrong].argmax(axis=1)
    return wrong, labels


def _sample(data: Dataset, rows: int) -> Dataset:
    """Keep whole artists, drawn at random, until they have so many tracks."""
    if not rows or rows >= len(data):
        return data
    names, codes = np.unique(data.groups, return_inverse=True)
    order = np.random.default_rng(0).permutation(len(names))
    kept = order[np.cumsum(np.bincount(codes)[order]) <= rows]
    return data.take(np.flatnonzero(np.isin(codes, kept)))


def _write(figures: Mapping[str, Mapping[str, Any]]) -> None:
    groups: dict[tuple[str, int, str], list[Mapping[str, Any]]] = {}
    for one in figures.values():
        groups.setdefault((one["table"], one["tracks"], one["kind"]), []).append(one)
    lines = [
        "# Wrong labels among the first suspects",
        "",
        f"Of each table's unique tracks, {FLIPPED:.0%} got a wrong genre: any other, or the likeliest other"
        f" by a logistic model. The goal is to find {GOAL:.0%} of them in the first {LOOKED_AT:.0%}; chance"
        f" finds {LOOKED_AT:.0%}. What evidence contradicts without having been made wrong competes with"
        " them: songs between genres, and labels that were wrong before. Where more than"
        f" {LOOKED_AT - FLIPPED / 2:.1%} of the other tracks look as wrong as half of the flipped ones,"
        " half is out of reach.",
        "",
        HEADER,
        "|" + "---|" * (HEADER.count("|") - 1),
        *(_line(*key, runs) for key, runs in groups.items()),
    ]
    # Runs of several calls stand in one page; how many tracks each had is told beside it.
    record.write("suspects", "python benchmarks/suspects.py DATA [--rows N]", figures, lines)


def _line(name: str, tracks: int, kind: str, runs: list[Mapping[str, Any]]) -> str:
    def mean(key: str) -> float:
        return float(np.mean([run[key] for run in runs]))

    by_seed = ", ".join(f"{run['found']:.0%}" for run in runs)
    shares = f"{mean('contradicted'):.1%} | {mean('as_suspicious'):.1%}"
    cells = (name, f"{tracks:,}", runs[0]["genres"], kind, f"{mean('found'):.0%}", by_seed, shares)
    return f"| {' | '.join(map(str, cells))} | {', '.join(sorted({run['commit'] for run in runs}))} |"


def _prepared(tracks: pl.DataFrame, label: str = "genre", **how: Any) -> Dataset:
    return genrelab.prepare(tracks, label, **how).dataset


def _gtzan(data: Path) -> Dataset:
    tracks = table.read(data / "gtzan/features_30_sec.csv").tracks
    numbers = [name for name, kind in tracks.schema.items() if kind.is_numeric() and name != "length"]
    return _prepared(tracks, columns=numbers)


def _rock_or_hiphop(data: Path) -> Dataset:
    folder = data / "fma_rock_hiphop"
    songs = table.read(folder / "fma-rock-vs-hiphop.csv").tracks
    return _prepared(table.join(table.read(folder / "echonest-metrics.json").tracks, songs))


def _fma_twelve(data: Path) -> Dataset:
    sounds = table.read(data / "fma_rock_hiphop/echonest-metrics.json").tracks
    return _prepared(table.join(sounds, genrelab.read(data / "fma").tracks))


TABLES: Mapping[str, Callable[[Path], Dataset]] = {
    "gtzan": _gtzan,
    "fma_rock_hiphop": _rock_or_hiphop,
    "eight_genres": lambda data: _prepared(table.read(data / "spotify_114k/eight_genres.csv").tracks),
    "fma_twelve": _fma_twelve,
    "spotify_30k": lambda data: _prepared(table.read(data / "spotify_30k/spotify_songs.csv").tracks),
    "genres_v2": lambda data: _prepared(table.read(data / "genres_v2/genres_v2.csv").tracks),
    "capstone12": lambda data: _prepared(
        genrelab.read(data / "capstone12").tracks, "tags", taxonomy="capstone12"
    ),
}


if __name__ == "__main__":
    main()
