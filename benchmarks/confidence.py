"""Measure whether confidence keeps its word on unheard artists: calibration, precision, sets of genres.

    python benchmarks/confidence.py [--model NAME] [--splits N] [--rows N]

Tables: ``spotify_30k``, ``capstone12`` (by its taxonomy), ``eight_genres`` and the twelve genres of ``fma``.
Each split holds out a third of the artists (or the best proxy that the table has), trains on at most so many
rows of the others, and looks at every promise on those held out. The calibration error of a model that is
perfectly calibrated is not 0 on few tracks: what it would be by chance stands beside it. Writes
``benchmarks/results/confidence.md`` and ``.json``.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import polars as pl

import genrelab
import record
from genrelab import promises, published, scoring
from genrelab.classifier import Classifier
from genrelab.dataset import Dataset
from genrelab.insight import confidence
from genrelab.insight.results import Kept
from genrelab.sources import fma, table

FOLDS = 5


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="lightgbm")
    parser.add_argument("--splits", type=int, default=2)
    parser.add_argument("--rows", type=int, default=4000, help="most rows to train on")
    given = parser.parse_args()
    rows: list[dict[str, object]] = []
    for name, read in TABLES.items():
        whole = genrelab.prepare(read(_folder()), "genre").dataset
        for seed in range(given.splits):
            rows += _split(name, whole, given.model, given.rows, seed)
    command = (
        f"python benchmarks/confidence.py --model {given.model} --splits {given.splits} --rows {given.rows}"
    )
    record.write("confidence", command, {"rows": rows}, _page(pl.DataFrame(rows), given.model))


def _folder() -> Path:
    folder = published.data_folder()
    if folder is None:
        raise SystemExit("no real tables: set GENRELAB_DATA")
    return folder


def _fma(folder: Path) -> pl.DataFrame:
    sounds = table.read(folder / "fma_rock_hiphop" / "echonest-metrics.json").tracks
    return table.join(fma.read(folder / "fma").tracks, sounds).drop_nulls("genre")


TABLES: Mapping[str, Callable[[Path], pl.DataFrame]] = {
    "spotify_30k": lambda folder: table.read(folder / "spotify_30k" / "spotify_songs.csv").tracks,
    "capstone12": lambda folder: genrelab.bin(table.read(folder / "capstone12").tracks, "capstone12").tracks,
    "eight_genres": lambda folder: table.read(folder / "spotify_114k" / "eight_genres.csv").tracks,
    "fma": _fma,
}


def _split(name: str, whole: Dataset, model: str, most: int, seed: int) -> Iterator[dict[str, object]]:
    """Train on some artists, and look at each promise on the others."""
    train, test = next(whole.folds(3, seed=seed))
    classifier = genrelab.train(
        _some(whole.take(train), most, seed), model, seed=seed, folds=FOLDS, threads=1
    )
    held = whole.take(test)
    for together in (False, *((True,) if classifier.card.together is not None else ())):
        found = classifier.predict_proba(held.tracks, together=together)
        scores = scoring.score(found, held.truth, held.groups, seed=seed)
        told = confidence.measure(
            classifier, found, held.truth, held.groups, scores, unheard=True, together=together, seed=seed
        )
        assert told is not None
        about = {"table": name, "seed": seed, "together": together}
        error = scores["calibration_error"].value
        yield about | _row("calibration_error", error, scoring.calibration_error_by_chance(found.max(axis=1)))
        for one in told.kept:
            yield about | _kept(one)
        print(about, f"accuracy {scores['accuracy'].value:.3f}, calibration error {error:.4f}", flush=True)
        yield from (about | row for row in _on_average(classifier, found, held.truth, together=together))


def _some(whole: Dataset, most: int, seed: int) -> Dataset:
    """Draw whole groups until there are so many rows."""
    _, places, counts = np.unique(whole.groups, return_inverse=True, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(counts))
    drawn = np.zeros(len(counts), dtype=np.bool_)
    drawn[order[np.cumsum(counts[order]) <= most]] = True
    return whole.take(np.flatnonzero(drawn[places]))


def _row(what: str, found: float, announced: float) -> dict[str, object]:
    return {
        "what": what, "promised": None, "announced": announced, "found": found,
        "inside": None, "kept": None, "reached": None,
    }  # fmt: skip


def _kept(one: Kept) -> dict[str, object]:
    value = None if one.found is None else one.found.value
    reached = None
    if one.name in {"precision", "set_coverage"} and value is not None and one.promised is not None:
        reached = value >= one.promised
    inside = None if value is None else one.announced.holds(value)
    return _row(one.name, value or 0.0, one.announced.value) | {
        "promised": one.promised, "inside": inside, "kept": one.kept, "reached": reached,
    }  # fmt: skip


def _on_average(
    classifier: Classifier, probabilities: promises.Floats, truth: promises.Codes, *, together: bool
) -> Iterator[dict[str, object]]:
    """Look at thresholds that keep a precision only on average, as a plain search finds them."""
    heard = classifier.heard(together=together)
    for promised in scoring.PROMISES:
        announced = scoring.find_coverage(heard.probabilities, heard.truth, promised)
        kept = scoring.measure_coverage(probabilities, truth, announced).kept
        if kept is not None:
            yield _row("precision, on average", kept, announced.kept or 0.0) | {
                "promised": promised, "reached": kept >= promised,
            }  # fmt: skip


def _page(rows: pl.DataFrame, model: str) -> list[str]:
    """Say it in tables, a line for each table and promise."""
    text = [f"# Confidence on unheard artists, model `{model}`", ""]
    text += ["| table | labelled | calibration error | of a perfect model |", "|---|---|---|---|"]
    errors = rows.filter(pl.col("what") == "calibration_error")
    text += [f"| {' | '.join(line)} |" for line in _errors(errors)]
    text += ["", "Each line is a mean over splits; shares are of promises."]
    text += ["", "| table | labelled | promise | at | splits | announced | found | inside | kept | reached |"]
    text += ["|---|---|---|---|---|---|---|---|---|---|"]
    others = rows.filter(pl.col("what") != "calibration_error")
    return [*text, *(f"| {' | '.join(line)} |" for line in _lines(others)), "", *_whole(others)]


def _way(together: object) -> str:
    return "together" if together else "alone"


def _errors(rows: pl.DataFrame) -> Iterator[tuple[str, ...]]:
    means = rows.group_by("table", "together", maintain_order=True).agg(pl.col("found", "announced").mean())
    for name, together, found, least in means.rows():
        yield name, _way(together), f"{found:.4f}", f"{least:.4f}"


def _lines(rows: pl.DataFrame) -> Iterator[tuple[str, ...]]:
    means = rows.group_by("table", "together", "what", "promised", maintain_order=True).agg(
        pl.len(), pl.col("announced", "found", "inside", "kept", "reached").mean()
    )
    for name, together, what, promised, count, announced, found, *shares in means.rows():
        at = "" if promised is None else f"{promised:g}"
        told = ("-" if share is None else f"{share:.0%}" for share in shares)
        yield name, _way(together), what, at, str(count), f"{announced:.3f}", f"{found:.3f}", *told


def _whole(rows: pl.DataFrame) -> Iterator[str]:
    """Say of each promise how often it was kept over all tables."""
    shares = rows.group_by("what", maintain_order=True).agg(
        pl.len(), pl.col("inside", "kept", "reached").mean()
    )
    for what, count, *told in shares.rows():
        inside, kept, reached = ("-" if share is None else f"{share:.1%}" for share in told)
        yield f"- {what}: {count} times; inside its interval {inside}, kept {kept}, reached {reached}"


if __name__ == "__main__":
    main()
