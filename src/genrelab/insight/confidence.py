"""What a classifier promises by its confidence, and whether it keeps its word on another table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from genrelab import promises
from genrelab.classifier import Classifier
from genrelab.insight.results import Confidence, CurvePoint, Kept, Score, Several
from genrelab.scoring import PROMISES, Coverage

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

COMPARED = ("accuracy", "top_2_accuracy", "label_ranking_average_precision")
"""Scores that stand among the promises."""
SEVERAL = "micro_f1"
"""Score of several genres a track that does."""


def announce(classifier: Classifier, *, together: bool = False) -> Confidence | None:
    """Say what a classifier promises, from its out-of-fold predictions; None where it keeps none.

    Examples
    --------
    >>> from genrelab import dataset, schema, training
    >>> songs = dataset.make(schema.sample(120, seed=0))
    >>> found = announce(training.train(songs, "majority"))
    >>> [one.promised for one in found.sets]
    [0.8, 0.9, 0.95]
    """
    if classifier.out_of_fold is None:
        return None
    kept, seed = classifier.heard(together=together), classifier.card.seed
    heard = (kept.probabilities, kept.truth, kept.groups)
    return Confidence(
        curve=_curve(*heard[:2]),
        coverage=promises.find_precisions(*heard, PROMISES, seed=seed),
        sets=promises.find_sets(*heard, seed=seed),
    )


def measure(
    classifier: Classifier,
    probabilities: Floats,
    truth: Codes,
    groups: Codes,
    scores: Mapping[str, Score],
    *,
    unheard: bool,
    together: bool = False,
    seed: int = 0,
    several: Several | None = None,
) -> Confidence | None:
    """Measure every promise of a classifier on a table that it did not learn from.

    Parameters
    ----------
    classifier
        Whose promises are measured, in its own genres.
    probabilities, truth, groups
        What it says of the table's tracks, with codes of true genres and artists.
    scores
        What was scored there.
    unheard
        Whether all artists are new to it: of others it has promised nothing.
    together
        Whether an artist's tracks were labelled together.
    seed
        Of the intervals.
    several
        How well several genres of a track were given there.
    """
    announced = announce(classifier, together=together)
    if announced is None:
        return None
    here = (probabilities, truth, groups)
    covered = tuple(promises.measure_precision(*here, c, seed=seed) for c in announced.coverage)
    sets = tuple(promises.measure_sets(*here, s, seed=seed) for s in announced.sets)
    found = Confidence(_curve(probabilities, truth), covered, sets)
    said = classifier.together.scores if together else classifier.card.scores
    rows = [*_compared(said, scores), *_pairs(announced, found)]
    if several is not None:
        told = classifier.several(together=together).scores[SEVERAL]
        rows.append((SEVERAL, None, told, several.scores[SEVERAL], False))
    kept = tuple(
        Kept(name, promised, told, seen, _held(told, seen, less=less) if unheard else None)
        for name, promised, told, seen, less in rows
    )
    return Confidence(found.curve, found.coverage, found.sets, kept)


Pair = tuple[str, float | None, Score, Score | None, bool]
"""What was promised: its name, at which promise, announced and found, and whether less is better."""


def _compared(said: Mapping[str, Score], scores: Mapping[str, Score]) -> Iterator[Pair]:
    for name in COMPARED:
        if name in said and name in scores:
            yield name, None, said[name], scores[name], False


def _pairs(announced: Confidence, found: Confidence) -> Iterator[Pair]:
    for told, seen in zip(announced.coverage, found.coverage, strict=True):
        yield from _of_precision(told, seen)
    for one, other in zip(announced.sets, found.sets, strict=True):
        yield "set_coverage", one.promised, one.coverage, other.coverage, False
        yield "set_size", one.promised, one.size, other.size, True


def _of_precision(told: Coverage, seen: Coverage) -> Iterator[Pair]:
    if told.precision is not None and told.coverage is not None:
        yield "precision", told.promised, told.precision, seen.precision, False
        yield "coverage", told.promised, told.coverage, seen.coverage, False


def _held(announced: Score, found: Score | None, *, less: bool) -> bool | None:
    """Tell whether the interval found does not lie wholly on the worse side of the one announced."""
    if found is None:
        return None
    return found.low <= announced.high if less else found.high >= announced.low


def _curve(probabilities: Floats, truth: Codes) -> tuple[CurvePoint, ...]:
    return tuple(CurvePoint(*point) for point in promises.curve(probabilities, truth))
