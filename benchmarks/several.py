"""Measure what learning several genres of a track brings, and which rule gives them best.

    python benchmarks/several.py [--model NAME] [--splits N] [--rows N]

Tables: ``spotify_30k``, whose tracks stand in playlists of several genres, and ``genres_v2``, whose tracks
are known by their descriptors. Each split holds out a third of the artists (or of the best proxy that the
table has) and trains on at most so many rows of the others: once with all genres of a track, once with the
first alone. Every rule by which genres are given is fitted to the out-of-fold predictions of the training
part, with all genres of its tracks, and looks at the tracks held out once. Writes
``benchmarks/results/several.md`` and ``.json``.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

import genrelab
import record
from genrelab import published, scoring, several
from genrelab.classifier import Classifier
from genrelab.dataset import Dataset
from genrelab.several import Floats, Marks
from genrelab.sources import table

FOLDS = 5
TABLES: Mapping[str, str] = {
    "spotify_30k": "spotify_30k/spotify_songs.csv",
    "genres_v2": "genres_v2/genres_v2.csv",
}
SHOWN = ("micro_f1", "macro_f1", "jaccard", "exact", "genres_given", "genres_seen")
Rule = Callable[[Floats, Marks], Callable[[Floats], Marks]]
"""Given out-of-fold predictions and all genres of their tracks, what marks the genres to give."""


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="lightgbm")
    parser.add_argument("--splits", type=int, default=3)
    parser.add_argument("--rows", type=int, default=6000, help="most rows to train on")
    given = parser.parse_args()
    folder = published.data_folder()
    if folder is None:
        raise SystemExit("no real tables: set GENRELAB_DATA")
    rows: list[dict[str, object]] = []
    told: list[dict[str, object]] = []
    for name, place in TABLES.items():
        whole = genrelab.prepare(table.read(folder / Path(place)).tracks, "genre", multi=True).dataset
        for seed in range(given.splits):
            found, kept = _split(name, whole, given.model, given.rows, seed)
            rows += found
            told += kept
    command = (
        f"python benchmarks/several.py --model {given.model} --splits {given.splits} --rows {given.rows}"
    )
    page = [*_page(pl.DataFrame(rows), given.model, given.rows), *_promises(pl.DataFrame(told))]
    record.write("several", command, {"rows": rows, "promises": told}, page)


def per_genre(probabilities: Floats, seen: Marks) -> Callable[[Floats], Marks]:
    """Give each genre from a threshold of its own, that of the best F1: what the package does."""
    thresholds = several.find_thresholds(probabilities, seen)
    return lambda p: several.mark(p, thresholds)


def one_threshold(probabilities: Floats, seen: Marks) -> Callable[[Floats], Marks]:
    """Give all genres from one threshold, that of the best micro-F1."""
    genres = seen.shape[1]
    tried = np.linspace(0.02, 1.0, 99)
    best = tried[
        int(np.argmax([_micro_f1(several.mark(probabilities, np.full(genres, t)), seen) for t in tried]))
    ]
    return lambda p: several.mark(p, np.full(genres, best))


def of_the_likeliest(probabilities: Floats, seen: Marks) -> Callable[[Floats], Marks]:
    """Give all genres that reach a share of the likeliest's probability, that of the best micro-F1."""

    def marked(p: Floats, share: float) -> Marks:
        reached: Marks = p >= share * p.max(axis=1, keepdims=True)
        return reached

    tried = np.linspace(0.02, 1.0, 99)
    best = float(tried[int(np.argmax([_micro_f1(marked(probabilities, t), seen) for t in tried]))])
    return lambda p: marked(p, best)


def likeliest(probabilities: Floats, seen: Marks) -> Callable[[Floats], Marks]:
    """Give the likeliest genre alone."""
    del probabilities, seen
    return lambda p: several.one_each(p.argmax(axis=1), p.shape[1])


def _micro_f1(given: Marks, seen: Marks) -> float:
    return float(2 * (given & seen).sum() / (given.sum() + seen.sum()))


RULES: Mapping[str, Rule] = {
    "a threshold a genre": per_genre,
    "one threshold": one_threshold,
    "share of the likeliest": of_the_likeliest,
    "the likeliest alone": likeliest,
}


def _split(
    name: str, whole: Dataset, model: str, most: int, seed: int
) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Train on some artists with all genres and with the first, and look at the others."""
    train, test = next(whole.folds(3, seed=seed))
    learned, held = _some(whole.take(train), most, seed), whole.take(test)
    rows, told = [], []
    for way, part in (("all", learned), ("the first", replace(learned, seen_under=None))):
        classifier = genrelab.train(part, model, seed=seed, folds=FOLDS, threads=1)
        probabilities = classifier.predict_proba(held.tracks)
        assert classifier.out_of_fold is not None
        assert learned.seen_under is not None
        for rule, fit in RULES.items():
            given = fit(classifier.out_of_fold.probabilities, learned.seen_under)(probabilities)
            rows += [
                {"table": name, "seed": seed, "learned": way, "rule": rule, "grouped_by": whole.grouped_by}
                | found
                for found in _measured(held, probabilities, given, seed)
            ]
        if way == "all":
            told += [
                {"table": name, "seed": seed} | one for one in _kept(classifier, held, probabilities, seed)
            ]
        print(name, seed, way, rows[-len(RULES) * 2], flush=True)
    return rows, told


def _some(whole: Dataset, most: int, seed: int) -> Dataset:
    """Draw whole groups until there are so many rows."""
    _, places, counts = np.unique(whole.groups, return_inverse=True, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(counts))
    drawn = np.zeros(len(counts), dtype=np.bool_)
    drawn[order[np.cumsum(counts[order]) <= most]] = True
    return whole.take(np.flatnonzero(drawn[places]))


def _measured(held: Dataset, p: Floats, given: Marks, seed: int) -> Iterator[dict[str, object]]:
    """Score all tracks held out, and those of several genres alone."""
    assert held.seen_under is not None
    several_genres = held.seen_under.sum(axis=1) > 1
    for which, at in (("all", np.ones(len(held), dtype=np.bool_)), ("of several genres", several_genres)):
        seen, groups = held.seen_under[at], held.groups[at]
        found = several.score(p[at], seen, given[at], groups, seed=seed)
        single = scoring.score(p[at], held.truth[at], groups, seed=seed, seen=seen)
        yield {
            "tracks": which,
            "count": int(at.sum()),
            "accuracy": single["accuracy"].value,
            "any_accuracy": found["any_accuracy"].value,
            "ranking": single["label_ranking_average_precision"].value,
        } | {name: found[name].value for name in SHOWN}


def _kept(classifier: Classifier, held: Dataset, p: Floats, seed: int) -> Iterator[dict[str, object]]:
    """Set what was announced beside what was found."""
    announced = classifier.several()
    assert held.seen_under is not None
    found = several.measure(announced, p, held.seen_under, held.groups, seed=seed).scores
    ranking = "label_ranking_average_precision"
    single = scoring.score(p, held.truth, held.groups, seed=seed, seen=held.seen_under)
    pairs = {name: (score, found[name]) for name, score in announced.scores.items()}
    pairs[ranking] = (classifier.card.scores[ranking], single[ranking])
    for name, (told, seen) in pairs.items():
        yield {"score": name, "announced": told.value, "found": seen.value, "inside": told.holds(seen.value)}


def _page(rows: pl.DataFrame, model: str, most: int) -> list[str]:
    """Say it in one table, a line for each rule and way of learning."""
    about = (
        f"Mean of {rows['seed'].n_unique()} splits, each learned from at most {most:,} rows. LRAP:"
        " label-ranking average precision, which no rule changes."
    )
    text = [f"# Several genres a track, model `{model}`", "", about, ""]
    text += [
        "| table | scored | learned from | rule | LRAP | micro-F1 | macro-F1 | Jaccard | exact | genres given"
        " | true |"
    ]
    text += ["|---|---|---|---|---|---|---|---|---|---|---|"]
    means = (
        rows.group_by("table", "tracks", "learned", "rule", maintain_order=True)
        .agg(pl.col("ranking", *SHOWN).mean())
        .sort("table", "tracks", maintain_order=True, descending=[True, False])
    )
    for *names, ranking, micro, macro, jaccard, exact, given, seen in means.rows():
        figures = (f"{x:.3f}" for x in (ranking, micro, macro, jaccard, exact))
        text.append(f"| {' | '.join([*names, *figures, f'{given:.2f}', f'{seen:.2f}'])} |")
    return text


def _promises(told: pl.DataFrame) -> list[str]:
    """Say of each score what was announced and found, and how often inside the interval."""
    text = ["", "Announced and found on artists held out, learned from all genres:", ""]
    text += ["| table | score | announced | found | inside its interval |", "|---|---|---|---|---|"]
    means = told.group_by("table", "score", maintain_order=True).agg(
        pl.col("announced", "found").mean(), pl.col("inside").sum(), pl.len()
    )
    for name, score, announced, found, inside, count in means.rows():
        text.append(f"| {name} | {score} | {announced:.3f} | {found:.3f} | {inside} of {count} |")
    return text


if __name__ == "__main__":
    main()
