"""Exploration: what a table of tracks holds, genre by genre, before anything is cleaned or learned.

It looks and never changes the table, so that its faults are seen.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from genrelab.insight.exploration import distributions, faults, features, relations
from genrelab.insight.exploration.findings import Components, Exploration, Pair
from genrelab.insight.exploration.view import Marks, View, look
from genrelab.progress import Progress, silent
from genrelab.sources import terms

__all__ = ["Components", "Exploration", "Pair", "explore"]


def explore(
    tracks: pl.DataFrame,
    label: str | None = None,
    columns: Sequence[str] | None = None,
    *,
    seed: int = 0,
    progress: Progress = silent,
) -> Exploration:
    """Look at a table from every side: genres, ranges, shapes, relations, features, faults.

    Parameters
    ----------
    tracks
        A table that keeps the schema, as it was read.
    label
        The genre column; None takes all tracks as one group.
    columns
        Columns of numbers to explore; by default all that the contract knows to describe a track, and all
        other real numbers where the table has few descriptors.
    seed
        Of the points that are drawn, and of the tracks from which mutual information is estimated.
    progress
        Told the stage and its share.

    Raises
    ------
    LabelError
        When the genre column is absent, empty, or holds no names of genres.
    SchemaError
        When the table has no rows, or a column is absent or holds no numbers.

    Examples
    --------
    >>> from genrelab import schema
    >>> found = explore(schema.sample(300, seed=0), "genre", ["energy", "tempo", "loudness"])
    >>> found.genres, found.components.explaining(0.9)
    (('rock', 'jazz', 'pop'), 3)
    >>> found.ranges.filter(column="energy", genre="pop").select("min", "median", "max").shape
    (1, 3)
    """
    progress("looking at values", 0.0)
    view = look(tracks, label, columns)
    wrong = faults.faults(view)
    progress("counting", 0.1)
    correlations = relations.correlations(view)
    ranges, histograms = distributions.ranges(view), distributions.histograms(view)
    progress("estimating densities", 0.3)
    densities = distributions.densities(view)
    progress("scoring features", 0.5)
    return Exploration(
        rows=tracks.height,
        label=label,
        columns=view.columns,
        genres=view.genres,
        shares=_shares(view, wrong.repeated),
        ranges=ranges,
        histograms=histograms,
        densities=densities,
        correlations=correlations,
        pairs=relations.pairs(view, correlations, seed),
        missing=faults.missing(view),
        faults=wrong.counted,
        fault_genres=wrong.genres,
        listed=wrong.listed,
        scores=features.scores(view, seed),
        components=features.components(view),
        notes=(*view.notes, *terms(tracks)),
    )


def _shares(view: View, repeated: Marks) -> pl.DataFrame:
    """Count the tracks of every genre, with and without rows that repeat."""
    rows = pl.DataFrame({"genre": view.genre, "first": ~repeated})
    counts = rows.group_by("genre").agg(
        pl.len().cast(pl.Int64).alias("tracks"), distinct=pl.col("first").sum()
    )
    counts = counts.with_columns(pl.col("distinct").cast(pl.Int64))
    named = pl.col("genre").is_not_null()
    shares = {
        name: pl.when(named).then(pl.col(count) / pl.col(count).filter(named).sum())
        for name, count in (("share", "tracks"), ("distinct_share", "distinct"))
    }
    ordered = counts.sort("tracks", "genre", descending=[True, False]).with_columns(**shares)
    return ordered.select("genre", "tracks", "share", "distinct", "distinct_share").sort(
        pl.col("genre").is_null(), maintain_order=True
    )
