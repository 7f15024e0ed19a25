"""What an exploration finds: tables and numbers. In every table, no genre means all tracks together."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

ENOUGH = 0.9
"""Share of the variance that principal components are usually asked to explain."""


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """Two columns against each other.

    Attributes
    ----------
    x, y
        The columns.
    of
        Tracks that have both values.
    points
        Some of them, drawn at random: ``genre`` (null where it is not among those shown), ``x``, ``y``.
    correlations
        Pearson's correlation in each genre: ``genre``, ``tracks``, ``correlation``.
    """

    x: str
    y: str
    of: int
    points: pl.DataFrame
    correlations: pl.DataFrame


@dataclass(frozen=True, slots=True, eq=False)
class Components:
    """Principal components of the standardised columns (Jolliffe 2002, Principal Component Analysis).

    Attributes
    ----------
    variance
        ``component`` (from 1), its ``variance``, the ``share`` of the whole and the ``cumulative`` share.
    loadings
        ``column``, ``component``, ``loading``: the correlation of the column with the component.
    """

    variance: pl.DataFrame
    loadings: pl.DataFrame

    def explaining(self, share: float = ENOUGH) -> int:
        """Count the first components that together explain at least a share of the variance.

        Examples
        --------
        >>> variance = pl.DataFrame({"cumulative": [0.6, 0.9, 1.0]})
        >>> Components(variance, pl.DataFrame()).explaining(0.9)
        2
        """
        reached = self.variance["cumulative"] >= share - 1e-9
        return int(reached.arg_max() or 0) + 1


@dataclass(frozen=True, slots=True, eq=False)
class Exploration:
    """A table as it was read, looked at from every side.

    Attributes
    ----------
    rows
        Tracks in the table.
    label
        Column that holds the genre; None where the tracks are one group.
    columns
        Columns of numbers that were explored.
    genres
        Genres that have tables and plots of their own, the most frequent first.
    shares
        ``genre``, ``tracks``, ``share`` of the tracks that have a genre; ``distinct`` and ``distinct_share``
        are the same without rows that repeat an earlier one in every column. Null is no genre.
    ranges
        ``column``, ``genre``, ``tracks`` that have a value; ``min``, ``q1``, ``median``, ``q3``, ``max``,
        ``mean``, ``deviation``; ``lower`` and ``upper``, the last values inside Tukey's fences, and how many
        lie ``beyond`` them.
    histograms
        ``column``, ``genre``, ``low``, ``high``, ``tracks``; the bins at the ends hold what lies beyond them.
    densities
        ``column``, ``genre``, ``value``, ``density``: Gaussian kernels of Silverman's width.
    correlations
        ``column``, ``other``, ``tracks`` that have both, Pearson's ``correlation``.
    pairs
        Columns drawn against each other.
    missing
        ``column``, ``genre``, ``missing`` values and their ``share``, for every column of the table.
    faults
        ``fault``, ``column`` (null for whole rows), ``low`` and ``high`` where values must lie between them,
        ``rows`` and their ``share``.
    fault_genres
        ``fault``, ``column``, ``genre``, ``rows`` and their ``share`` of the genre's tracks.
    listed
        The rows with values that cannot be: ``fault``, ``column``, ``row`` (position from 0), ``value``,
        ``genre``, and ``title`` and ``artist`` where the table has them.
    scores
        How well each ``column`` alone tells the genres apart, over the ``tracks`` that have a value and a
        genre: ``f`` of an analysis of variance with its ``p``, and ``mutual_information`` in nats. Empty
        where there are no two genres.
    components
        Principal components, or None where there are no two columns that vary.
    notes
        Sentences that a reader must know.
    """

    rows: int
    label: str | None
    columns: tuple[str, ...]
    genres: tuple[str, ...]
    shares: pl.DataFrame
    ranges: pl.DataFrame
    histograms: pl.DataFrame
    densities: pl.DataFrame
    correlations: pl.DataFrame
    pairs: tuple[Pair, ...]
    missing: pl.DataFrame
    faults: pl.DataFrame
    fault_genres: pl.DataFrame
    listed: pl.DataFrame
    scores: pl.DataFrame
    components: Components | None
    notes: tuple[str, ...]

    @property
    def groups(self) -> tuple[str | None, ...]:
        """The genres; where there are none, None: all tracks."""
        return self.genres or (None,)

    @property
    def means(self) -> pl.DataFrame:
        """Average of every column: a row for each genre, and one without genre for all tracks."""
        return self.ranges.pivot(on="column", index="genre", values="mean")
