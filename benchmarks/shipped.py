"""Make the shipped models again, and tell their size, time to load and announced accuracy.

python benchmarks/shipped.py                     writes them into the package
python benchmarks/shipped.py --rounds 60 150     tries other sizes of them, and writes nothing there
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import record
from genrelab import shipped, store
from genrelab.classifier import Classifier
from genrelab.recipe import Recipe
from genrelab.studies import _shipped


def main() -> None:
    """Make the models that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(_shipped.PLANS))
    parser.add_argument("--rounds", nargs="*", type=int, default=[])
    parser.add_argument("--out", type=Path, default=shipped.FOLDER)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    rows, figures = ["| model | accuracy | MB | seconds to load |", "|---|---|---|---|"], {}
    for name in given.names:
        for rounds in given.rounds or [0]:
            made = _shipped.make(name, recipe=_recipe(name, rounds), threads=given.threads)
            figures[f"{name} {rounds or 'as shipped'}"] = told = _written(
                made, name, given.out, keep=not rounds
            )
            rows.append(
                f"| {name} {rounds or ''} | {told['said']} | {told['megabytes']} | {told['seconds']} |"
            )
            print(rows[-1], flush=True)
    record.write(
        "shipped_sizes" if given.rounds else "shipped",
        "python benchmarks/shipped.py",
        figures,
        ["# Shipped models", "", "Announced out-of-fold accuracy, 95 % interval.", "", *rows],
    )


def _recipe(name: str, rounds: int) -> Recipe | None:
    """Return the recipe with other rounds; None for the one that ships."""
    if not rounds:
        return None
    recipe = _shipped.PLANS[name].recipe
    setting = next(key for key in recipe.settings if key.endswith("rounds"))
    return replace(recipe, settings={**recipe.settings, setting: rounds})


def _written(made: Classifier, name: str, out: Path, *, keep: bool) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as scratch:
        folder = _shipped.write(made, name, out if keep else scratch)
        start = time.perf_counter()
        store.load(folder)
        seconds = time.perf_counter() - start
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    score = made.card.scores["accuracy"]
    return {
        "said": f"{score.value:.3f} ({score.low:.3f}-{score.high:.3f})",
        "megabytes": round(size / 1e6, 2),
        "seconds": round(seconds, 2),
        "absent": {key: less.value for key, less in made.card.absent.items()},
    }


if __name__ == "__main__":
    main()
