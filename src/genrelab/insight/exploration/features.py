"""What columns are worth as features: how each alone tells genres apart, and how many say something new."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl
from scipy.special import fdtrc

from genrelab import identity
from genrelab.features import selection, steps
from genrelab.insight.exploration.findings import Components
from genrelab.insight.exploration.view import Floats, Marks, View

SAMPLED = 20_000
"""Most rows from which mutual information is estimated: it looks for neighbours of every one."""

SCORES = pl.Schema(
    {"column": pl.String(), "tracks": pl.Int64()}
    | dict.fromkeys(("f", "p", "mutual_information"), pl.Float64())
)
VARIANCE = pl.Schema(
    {"component": pl.Int64(), "variance": pl.Float64(), "share": pl.Float64(), "cumulative": pl.Float64()}
)
LOADINGS = pl.Schema({"column": pl.String(), "component": pl.Int64(), "loading": pl.Float64()})


def scores(view: View, seed: int) -> pl.DataFrame:
    """Score how well each column alone tells the genres apart, best F first.

    A column is scored over the tracks that have a value and a genre; where the values are in one genre only,
    or do not vary, it is not. A track that stands several times in a genre counts once: else it would be its
    own neighbour, and every column would seem to tell its genre.
    """
    rows = (view.codes >= 0) & _first(view)
    found = [_scored(view, marks, places, seed) for marks, places in _filled_alike(view, rows)]
    return pl.concat([pl.DataFrame(schema=SCORES), *found]).sort("f", "column", descending=[True, False])


def _filled_alike(view: View, rows: Marks) -> Iterator[tuple[Marks, list[int]]]:
    """Yield the rows that have a value, once for all columns that have theirs in the same ones."""
    filled = ~np.isnan(view.values) & rows[:, None]
    alike: dict[bytes, list[int]] = {}
    for place in range(filled.shape[1]):
        alike.setdefault(filled[:, place].tobytes(), []).append(place)
    for places in alike.values():
        yield filled[:, places[0]], places


def _scored(view: View, rows: Marks, places: list[int], seed: int) -> pl.DataFrame:
    """Score columns over the same rows: a gap filled in would tell the genres that have gaps."""
    values, y = view.values[rows][:, places], view.codes[rows]
    genres, varying = len(np.unique(y)), _varying(values)
    if genres < 2 or len(y) <= genres or not varying:
        return pl.DataFrame(schema=SCORES)
    X = values[:, varying]
    f = selection.anova(X, y)
    p = fdtrc(genres - 1, len(y) - genres, f)
    drawn = np.sort(np.random.default_rng(seed).permutation(len(y))[:SAMPLED])
    information = selection.mutual_information(X[drawn], y[drawn], seed)
    table = {"column": [view.columns[places[i]] for i in varying], "tracks": [len(y)] * len(varying)}
    return pl.DataFrame({**table, "f": f, "p": p, "mutual_information": information}, SCORES)


def _varying(values: Floats) -> list[int]:
    return [place for place in range(values.shape[1]) if len(np.unique(values[:, place])) > 1]


def _first(view: View) -> Marks:
    """Mark the rows whose track did not stand before in the same genre."""
    known = pl.DataFrame({"track": identity.key(view.tracks, "vector"), "genre": view.codes})
    if known["track"].dtype == pl.Null:
        return np.ones(len(view.codes), dtype=np.bool_)
    first = known.select(pl.struct("track", "genre").is_first_distinct() | pl.col("track").is_null())
    return first.to_series().to_numpy()


def _filled(view: View) -> tuple[list[str], Floats]:
    """Return the columns that vary, gaps put at their medians."""
    varying = [place for place, name in enumerate(view.columns) if len(np.unique(view.known(name))) > 1]
    X = view.values[:, varying]
    gaps = np.isnan(X)
    medians = np.nanmedian(X, axis=0) if varying else np.zeros(0)
    return [view.columns[place] for place in varying], np.where(gaps, medians, X)


def components(view: View) -> Components | None:
    """Find the principal components of the standardised columns; what is missing stands at the median.

    They are those that the steps ``standardise,pca`` would make of the whole table.
    """
    names, X = _filled(view)
    count = min(len(names), len(X))
    if len(names) < 2 or len(X) < 3:
        return None
    chain = steps.build(["standardise", f"pca:{count}"], names, seed=0)
    if chain is None:
        return None
    pca = chain.fit(X)[-1]
    shares = pca.explained_variance_ratio_
    numbers = np.arange(1, count + 1)
    variance = {"component": numbers, "variance": pca.explained_variance_, "share": shares}
    table = pl.DataFrame({**variance, "cumulative": np.cumsum(shares)}, VARIANCE)
    # Standardised columns have variance 1 (divided by rows), so this is the correlation with the component.
    loadings = pca.components_.T * np.sqrt(pca.explained_variance_ * (len(X) - 1) / len(X))
    rows = [
        (name, number, float(loadings[i, number - 1]))
        for i, name in enumerate(names)
        for number in numbers.tolist()
    ]
    return Components(table, pl.DataFrame(rows, LOADINGS, orient="row"))
