"""Contributions and probabilities of many tracks, summed up in tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import rankdata
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from genrelab.classifier import Classifier
from genrelab.insight.explanation_contributions import TEXT, Contributions, read
from genrelab.insight.explanation_estimators import linear, one_for_each, see

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

BINS = 20
"""Bars of a histogram from 0 to 1."""

IMPORTANCE = {"feature": pl.String, "share": pl.Float64}
SHAP = {"feature": pl.String, "mean_abs": pl.Float64}
PER_GENRE = {"genre": pl.String, "feature": pl.String, "mean_abs": pl.Float64, "direction": pl.Float64}
POINTS = {"genre": pl.String, "feature": pl.String, "rank": pl.Float64, "shap": pl.Float64}
COEFFICIENTS = {"member": pl.String, "feature": pl.String, "genre": pl.String, "coefficient": pl.Float64}
DENSITIES = {"of": pl.String, "group": pl.String, "low": pl.Float64, "high": pl.Float64, "tracks": pl.Int64}
CONFIDENCE = "confidence"


def mean_abs(parted: Contributions | None) -> pl.DataFrame:
    """Average absolute contributions over tracks and genres, largest first."""
    if parted is None:
        return pl.DataFrame(schema=SHAP)
    means = np.abs(parted.values).mean(axis=(0, 2))
    table = pl.DataFrame({"feature": list(parted.names), "mean_abs": means}, schema=SHAP)
    return table.sort("mean_abs", descending=True, maintain_order=True)


def per_genre(parted: Contributions | None, genres: Sequence[str]) -> pl.DataFrame:
    """Average absolute contributions to each genre, with the direction of each feature."""
    if parted is None:
        return pl.DataFrame(schema=PER_GENRE)
    means = np.abs(parted.values).mean(axis=0)
    ranks = _ranks(parted)
    rows = [
        (genre, name, float(means[at, place]), direction(ranks[:, at, place], parted.values[:, at, place]))
        for place, genre in enumerate(genres)
        for at, name in enumerate(parted.names)
    ]
    table = pl.DataFrame(rows, PER_GENRE, orient="row")
    order = pl.col("genre").cast(pl.Enum(list(genres)))
    return table.sort(order, "mean_abs", descending=[False, True], maintain_order=True)


def points(parted: Contributions | None, genres: Sequence[str]) -> pl.DataFrame:
    """List every contribution beside the rank of the feature's value."""
    if parted is None:
        return pl.DataFrame(schema=POINTS)
    rows, features = parted.inputs.shape
    ranks = _ranks(parted).transpose(2, 1, 0).ravel()
    table = {
        "genre": np.repeat(list(genres), rows * features).tolist(),
        "feature": np.tile(np.repeat(list(parted.names), rows), len(genres)).tolist(),
        "rank": pl.Series(ranks).fill_nan(None),
        "shap": parted.values.transpose(2, 1, 0).ravel(),
    }
    return pl.DataFrame(table, schema=POINTS)


def _ranks(parted: Contributions) -> Floats:
    """Rank the values of each feature, shape (rows, features, genres); only the text's differ by genre."""
    ranks = np.repeat(rank(parted.inputs)[:, :, None], parted.values.shape[2], axis=2)
    if parted.said is not None:
        ranks[:, parted.names.index(TEXT)] = rank(parted.said)
    return ranks


def rank(inputs: Floats) -> Floats:
    """Rank the values of each column from 0, the least, to 1; equal ones alike, NaN where there is none.

    Examples
    --------
    >>> rank(np.array([[3.0], [9.0], [np.nan], [4.0]])).ravel().tolist()
    [0.0, 1.0, nan, 0.5]
    """
    places = rankdata(inputs, axis=0, nan_policy="omit") - 1
    known = np.isfinite(inputs).sum(axis=0)
    ranks: Floats = np.where(np.isfinite(inputs), places / np.maximum(known - 1, 1), np.nan)
    return ranks


def direction(ranks: Floats, added: Floats) -> float:
    """Correlate ranks of values with ranks of contributions; NaN where either does not vary.

    Examples
    --------
    >>> direction(np.array([0.0, 0.5, 1.0]), np.array([-2.0, 0.1, 0.3]))
    1.0
    """
    known = np.isfinite(ranks)
    both = np.array([rankdata(ranks[known]), rankdata(added[known])])
    if known.sum() < 3 or not both.std(axis=1).all():
        return float("nan")
    return round(float(np.corrcoef(both)[0, 1]), 12)


def coefficients(classifier: Classifier, tracks: pl.DataFrame) -> tuple[pl.DataFrame, bool]:
    """List the weights of linear members, and tell whether all are of standardised features."""
    given = read(classifier, classifier.card.recipe.read(tracks.head(1), classifier.card.columns))
    if given is None:
        return pl.DataFrame(schema=COEFFICIENTS), True
    rows, centred = [], True
    for member in classifier.parts.members:
        seen = see([] if member.steps is None else [member.steps], member.estimator, *given)
        found = None if seen is None else linear(seen.estimator)
        if seen is None or found is None or found[0].shape[1] != len(seen.names):
            continue
        own = one_for_each(seen.estimator)
        centred = centred and (seen.centred or (bool(own) and all(map(_standardises, own))))
        genres = [classifier.genres[code] for code in member.seen]
        names = [text_named(name, classifier.genres) for name in seen.names]
        rows += [
            (member.name, name, genre, float(weight))
            for genre, weights in zip(genres, found[0], strict=True)
            for name, weight in zip(names, weights, strict=True)
        ]
    return pl.DataFrame(rows, COEFFICIENTS, orient="row"), centred


def _standardises(estimator: Any) -> bool:
    """Tell whether an estimator begins by making features mean 0 and standard deviation 1."""
    chain = estimator.steps if isinstance(estimator, Pipeline) else []
    return any(isinstance(step, StandardScaler) for _, step in chain)


def text_named(name: str, genres: Sequence[str]) -> str:
    """Name what the text says of a genre, or the names that it mentions, by the genre.

    Examples
    --------
    >>> from genrelab.classifier import said_by_text
    >>> text_named(said_by_text(2)[1], ["pop", "rock"]), text_named("tempo", ["pop", "rock"])
    ('text: rock', 'tempo')
    """
    place = name.removeprefix(f"{TEXT}\0")
    if name == place or not place.isdecimal():
        return name
    number = int(place)
    if number < len(genres):
        return f"{TEXT}: {genres[number]}"
    kind, genre = divmod(number - len(genres), len(genres) + 1)
    by = ("names", "mentions")[kind]
    return f"{by}: {genres[genre]}" if genre < len(genres) else f"{by} known"


def densities(probabilities: Floats, truth: Codes, genres: Sequence[str], *, labelled: bool) -> pl.DataFrame:
    """Count tracks by confidence and by the probability of each genre, in `BINS` bins from 0 to 1.

    Parameters
    ----------
    probabilities
        Shape (rows, genres).
    truth
        Codes of the genres, shape (rows,).
    genres
        Their names.
    labelled
        Whether `truth` is known; where not, all tracks are counted as one group.
    """
    right = probabilities.argmax(axis=1) == truth
    parts = [_counted(CONFIDENCE, probabilities.max(axis=1), right, ("right", "wrong"), labelled)]
    for place, genre in enumerate(genres):
        its = truth == place
        parts.append(_counted(genre, probabilities[:, place], its, ("of the genre", "of others"), labelled))
    return pl.concat(parts)


def _counted(
    of: str, values: Floats, first: NDArray[np.bool_], groups: tuple[str, str], labelled: bool
) -> pl.DataFrame:
    parted = zip(groups, (first, ~first), strict=True) if labelled else [("all", np.ones(len(values), bool))]
    edges = np.linspace(0, 1, BINS + 1)
    rows = [
        (of, group, float(low), float(high), int(count))
        for group, at in parted
        for low, high, count in zip(edges, edges[1:], np.histogram(values[at], edges)[0], strict=False)
    ]
    return pl.DataFrame(rows, DENSITIES, orient="row")
