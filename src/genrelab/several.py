"""Several genres of one track: which of them to give, and how well that is done.

A genre is given where its probability reaches a threshold of its own, the one with the best F1 on
out-of-fold predictions; where even the best F1 is poor, the threshold found is luck, and the genre is given
only where it is the likeliest (SCut with the heuristic fbr: Fan and Lin 2007, "A Study on Threshold Selection
for Multi-label Classification"). The likeliest genre is always given, and the search knows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from genrelab import scoring
from genrelab.scoring import Score

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Marks = NDArray[np.bool_]

FBR = 0.1
"""F1 below which a threshold is not trusted, as in Fan and Lin 2007."""
NEVER = 1.0
"""Threshold of a genre that is given only where it is the likeliest."""
MOST_PAIRS = 30
"""Pairs of genres that are told."""


@dataclass(frozen=True, slots=True)
class GenreAmong:
    """How well one genre is given among several.

    Attributes
    ----------
    genre
        Its name.
    threshold
        Probability from which it is given.
    precision, recall, f1
        Of giving it, over the tracks seen under it, whatever else they were seen under.
    tracks
        Tracks seen under it.
    """

    genre: str
    threshold: float
    precision: float
    recall: float
    f1: float
    tracks: int


@dataclass(frozen=True, slots=True)
class Pair:
    """Two genres that go together: tracks seen under both, and tracks that were given both."""

    genre: str
    other: str
    seen: int
    given: int


@dataclass(frozen=True, slots=True)
class Several:
    """What to expect where tracks may have several genres.

    Attributes
    ----------
    genres
        One row a genre, with its threshold.
    scores
        As `score` names them, with 95 % intervals.
    share
        Share of the tracks that were seen under several genres.
    pairs
        Genres that go together, the commonest first.
    """

    genres: tuple[GenreAmong, ...]
    scores: Mapping[str, Score]
    share: float
    pairs: tuple[Pair, ...]

    @property
    def thresholds(self) -> Floats:
        """Probability from which each genre is given, shape (genres,)."""
        return np.array([one.threshold for one in self.genres])

    def mark(self, probabilities: Floats) -> Marks:
        """Mark the genres to give, shape (rows, genres)."""
        return mark(probabilities, self.thresholds)


def mark(probabilities: Floats, thresholds: Floats) -> Marks:
    """Mark the genres to give each track: the likeliest, and all that reach their thresholds.

    Examples
    --------
    >>> mark(np.array([[0.5, 0.3, 0.2], [0.2, 0.1, 0.7]]), np.array([0.6, 0.3, 1.0])).tolist()
    [[True, True, False], [False, False, True]]
    """
    given: Marks = probabilities >= thresholds
    given[np.arange(len(given)), probabilities.argmax(axis=1)] = True
    return given


def one_each(truth: Codes, genres: int) -> Marks:
    """Mark one genre of each track, shape (rows, genres)."""
    seen: Marks = truth[:, None] == np.arange(genres)
    return seen


def find_thresholds(probabilities: Floats, seen: Marks, fbr: float = FBR) -> Floats:
    """Find the probability from which each genre is given with the best F1.

    Parameters
    ----------
    probabilities
        Out-of-fold, shape (rows, genres).
    seen
        Genres under which the tracks were seen, of the same shape.
    fbr
        F1 below which a threshold is not trusted.

    Returns
    -------
    Shape (genres,).

    Examples
    --------
    >>> p = np.array([[0.9, 0.1], [0.6, 0.4], [0.55, 0.45], [0.2, 0.8]])
    >>> seen = np.array([[1, 0], [1, 1], [1, 1], [0, 1]], dtype=bool)
    >>> find_thresholds(p, seen).tolist()
    [1.0, 0.4]
    """
    likeliest = one_each(probabilities.argmax(axis=1), probabilities.shape[1])
    columns = zip(probabilities.T, likeliest.T, seen.T, strict=True)
    return np.array([_threshold(p, first, true, fbr) for p, first, true in columns])


def _threshold(p: Floats, first: Marks, true: Marks, fbr: float) -> float:
    """Find the threshold of one genre, which is given anyhow where it comes `first`."""
    order = np.argsort(-np.where(first, 2.0, p), kind="stable")
    hits = np.cumsum(true[order])
    f1 = 2 * hits / (np.arange(1, len(p) + 1) + max(1, int(true.sum())))
    always, ranked = int(first.sum()), p[order]
    last_of_ties = np.append(ranked[1:] < ranked[:-1], True)
    ends = np.flatnonzero(last_of_ties & (np.arange(len(p)) >= always))
    without = float(f1[always - 1]) if always else 0.0
    if not len(ends) or f1[ends].max() <= max(without, fbr):
        return NEVER
    # Of thresholds as good, the highest: it gives no more than it must.
    return float(ranked[ends[f1[ends].argmax()]])


def learn(
    probabilities: Floats,
    seen: Marks,
    groups: Codes,
    folds: Sequence[tuple[Codes, Codes]],
    genres: Sequence[str],
    *,
    seed: int = 0,
) -> Several:
    """Find thresholds, and announce what to expect of them.

    What is announced was given by thresholds found on other folds; the thresholds to use are found on all.

    Parameters
    ----------
    probabilities, seen
        As for `find_thresholds`.
    groups
        Codes of artists, shape (rows,).
    folds
        Rows to find thresholds on, and rows of other artists to give genres to; these make up all.
    genres
        Names.
    seed
        Of the intervals, which are for a new collection of a fifth as many artists.
    """
    given = np.zeros_like(seen)
    for train, test in folds:
        given[test] = mark(probabilities[test], find_thresholds(probabilities[train], seen[train]))
    scores = score(probabilities, seen, given, groups, seed=seed, new_share=scoring.NEW_SHARE)
    return _told(find_thresholds(probabilities, seen), seen, given, genres, scores)


def measure(
    announced: Several, probabilities: Floats, seen: Marks, groups: Codes, *, seed: int = 0
) -> Several:
    """Measure what thresholds found elsewhere give here, with the intervals of the scores themselves."""
    given = announced.mark(probabilities)
    scores = score(probabilities, seen, given, groups, seed=seed)
    return _told(announced.thresholds, seen, given, [one.genre for one in announced.genres], scores)


def score(
    probabilities: Floats,
    seen: Marks,
    given: Marks,
    groups: Codes,
    *,
    seed: int = 0,
    new_share: float | None = None,
) -> dict[str, Score]:
    """Score genres given to tracks against those under which they were seen.

    Parameters
    ----------
    probabilities
        Shape (rows, genres).
    seen, given
        Marks of the same shape, one or more in each row.
    groups, seed, new_share
        As for `genrelab.scoring.score`.

    Returns
    -------
    ``micro_f1`` over all pairs of track and genre, ``macro_f1`` mean over genres, ``jaccard`` mean share of
    the genres given or seen that are both, ``exact`` share of tracks given just their genres,
    ``any_accuracy`` share whose likeliest genre is any of theirs, ``genres_given`` and ``genres_seen`` a
    track.

    Examples
    --------
    >>> p = np.array([[0.6, 0.4], [0.9, 0.1]])
    >>> seen = np.array([[True, True], [True, False]])
    >>> found = score(p, seen, mark(p, np.array([0.5, 0.3])), np.array([0, 1]))
    >>> found["exact"].value, found["genres_given"].value
    (1.0, 1.5)
    """
    genres = probabilities.shape[1]
    draws = scoring.draw(_statistics(probabilities, seen, given), groups, seed=seed, new_share=new_share)
    return {
        name: scoring.interval(partial(metric, genres=genres), draws, most=_most(name, genres))
        for name, metric in _METRICS.items()
    }


def _most(name: str, genres: int) -> float:
    return float(genres) if name in {"genres_given", "genres_seen"} else 1.0


_SINGLE = 4
"""Statistics of a track that stand before those of each genre."""


def _statistics(probabilities: Floats, seen: Marks, given: Marks) -> Floats:
    """Per track: one, any genre right, Jaccard, all right; then hits, given and seen of each genre."""
    rows = np.arange(len(seen))
    both = seen & given
    jaccard = both.sum(axis=1) / np.maximum((seen | given).sum(axis=1), 1)
    single = (np.ones(len(seen)), seen[rows, probabilities.argmax(axis=1)], jaccard, jaccard == 1)
    return np.hstack([np.column_stack(single), both, given, seen]).astype(np.float64)


def _share(place: int, totals: Floats, genres: int) -> Floats:
    del genres
    share: Floats = totals[:, place] / totals[:, 0]
    return share


def _a_track(block: int, totals: Floats, genres: int) -> Floats:
    """Count marks of a block a track: 0 hits, 1 given, 2 seen."""
    start = _SINGLE + block * genres
    count: Floats = totals[:, start : start + genres].sum(axis=1) / totals[:, 0]
    return count


def _micro_f1(totals: Floats, genres: int) -> Floats:
    hits, given, seen = (_a_track(block, totals, genres) for block in range(3))
    f1: Floats = 2 * hits / np.maximum(given + seen, 1e-12)
    return f1


def _macro_f1(totals: Floats, genres: int) -> Floats:
    hits, given, seen = np.split(totals[:, _SINGLE:], [genres, 2 * genres], axis=1)
    return scoring.mean_where(2 * hits, given + seen)


_METRICS: Mapping[str, Callable[..., Floats]] = {
    "micro_f1": _micro_f1,
    "macro_f1": _macro_f1,
    "jaccard": partial(_share, 2),
    "exact": partial(_share, 3),
    "any_accuracy": partial(_share, 1),
    "genres_given": partial(_a_track, 1),
    "genres_seen": partial(_a_track, 2),
}


def _told(
    thresholds: Floats, seen: Marks, given: Marks, genres: Sequence[str], scores: Mapping[str, Score]
) -> Several:
    rows = tuple(_genres(thresholds, seen, given, genres))
    pairs = sorted(_pairs(seen, given, genres), key=lambda p: (-p.seen, -p.given, p.genre, p.other))
    return Several(rows, scores, float((seen.sum(axis=1) > 1).mean()), tuple(pairs[:MOST_PAIRS]))


def _genres(thresholds: Floats, seen: Marks, given: Marks, genres: Sequence[str]) -> Iterator[GenreAmong]:
    hits, all_given, all_seen = ((marks.sum(axis=0)) for marks in (seen & given, given, seen))
    precision, recall = hits / np.maximum(all_given, 1), hits / np.maximum(all_seen, 1)
    f1 = 2 * hits / np.maximum(all_given + all_seen, 1)
    columns = zip(genres, thresholds, precision, recall, f1, all_seen, strict=True)
    for genre, least, p, r, f, tracks in columns:
        yield GenreAmong(genre, float(least), float(p), float(r), float(f), int(tracks))


def _pairs(seen: Marks, given: Marks, genres: Sequence[str]) -> Iterator[Pair]:
    """Yield the pairs of genres that occur."""
    both_seen, both_given = (marks.T.astype(np.int64) @ marks.astype(np.int64) for marks in (seen, given))
    for i, j in combinations(range(len(genres)), 2):
        if both_seen[i, j] or both_given[i, j]:
            yield Pair(genres[i], genres[j], int(both_seen[i, j]), int(both_given[i, j]))
