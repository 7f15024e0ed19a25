"""What each further model would add to the blend of `best`: nothing is judged on the test part.

    python benchmarks/members.py [--tables fma_twelve,eight_genres] [--draws 4]

Every model speaks of each track of the part to learn from out-of-fold. Weights of a blend are found on the
tracks that it is scored on, which can only flatter additions. `best` is also fitted with several seeds whose
probabilities are averaged. Writes ``benchmarks/results/members.md`` and ``.json``.
"""

from __future__ import annotations

import argparse

import numpy as np

import record
import tables
from genrelab import blending, scoring
from genrelab.dataset import Dataset
from genrelab.errors import MissingExtra
from genrelab.fitting import Fitting
from genrelab.progress import silent
from genrelab.recipe import Recipe

FURTHER = (
    "extra_trees", "random_forest", "tabm", "splines", "svm", "nearest_neighbours", "logistic",
)  # fmt: skip
FOLDS, THREADS = 8, 2


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tables", default="fma_twelve,eight_genres")
    parser.add_argument("--draws", type=int, default=4, help="seeds of best that are averaged")
    asked = parser.parse_args()
    figures = {name: measure(name, asked.draws) for name in asked.tables.split(",")}
    text = ["# What further models would add to `best`, out-of-fold on the part to learn from", ""]
    for name, rows in figures.items():
        text += [f"## {name}", "", "| blend | log loss | accuracy |", "|---|---|---|"]
        text += [f"| {row['blend']} | {row['log_loss']:.4f} | {row['accuracy']:.4f} |" for row in rows]
        text.append("")
    command = f"python benchmarks/members.py --tables {asked.tables} --draws {asked.draws}"
    record.write("members", command, figures, text)


def measure(name: str, draws: int) -> list[dict[str, object]]:
    """Score `best` on a table, each addition to it, and all additions together."""
    data = tables.part(name, 0).train
    ours = [speak(data, "best", seed) for seed in range(draws)]
    rows = [
        score(data, "best", ours[0]),
        score(data, f"best, {draws} seeds averaged", np.log(np.exp(ours).mean(axis=0))),
    ]
    every = [ours[0]]
    for further in FURTHER:
        try:
            every.append(speak(data, further, 0))
        except MissingExtra as missing:
            print(f"{further} is left out: {missing}", flush=True)
            continue
        rows.append(score(data, f"best + {further}", np.concatenate([ours[0], every[-1]])))
    return [*rows, score(data, "best + all of these", np.concatenate(every))]


def speak(data: Dataset, model: str, seed: int) -> blending.Floats:
    """Let the members of a model speak of every track out-of-fold, on the same folds whatever the seed.

    Returns
    -------
    Log probabilities, shape (members, tracks, genres).
    """
    recipe = Recipe(model)
    fitting = Fitting(data, recipe, recipe.read(data.tracks, data.columns), seed, THREADS)
    names = recipe.present
    logs = np.zeros((len(names), len(data), len(data.genres)))
    folds = fitting.folds(list(data.folds(FOLDS, seed=0)), silent)
    for name, rows, said in fitting.out_of_fold(names, folds):
        logs[names.index(name), rows] = said
    print(model, seed, flush=True)
    return logs


def score(data: Dataset, blend: str, logs: blending.Floats) -> dict[str, object]:
    """Score the best pool of some members."""
    pooled = blending.pool(logs, blending.weigh(logs, data.truth))
    found = scoring.score(pooled, data.truth, data.groups)
    row = {"blend": blend, **{name: found[name].value for name in ("log_loss", "accuracy")}}
    print(row, flush=True)
    return row


if __name__ == "__main__":
    main()
