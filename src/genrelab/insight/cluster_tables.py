"""What clusters say, in tables of words: the terminal and the page both show these."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from genrelab.insight.cluster_choice import Choice
from genrelab.insight.clustering import Clusters, Measures
from genrelab.insight.tables import ABSENT, Table, figure, percent

MOST_GENRES = 30
"""Genres that have a column of their own; the rarer ones beyond share one."""


def tabulate_sizes(found: Clusters) -> Table:
    """Tabulate clusters with what sets them apart and the genres that lead them."""
    compared = found.genres.height > 0
    rows = tuple(
        (
            str(row["cluster"]),
            row["traits"],
            *((_leaders(row),) if compared else ()),
            f"{row['tracks']:,}",
            percent(row["share"], 1),
        )
        for row in found.sizes.iter_rows(named=True)
    )
    headers = ("cluster", "what sets it apart", *(("most frequent genres",) if compared else ()))
    tells = "Ranges hold the middle 90 % of a cluster's tracks, in the features that set it apart most."
    return Table("Clusters", tells, (*headers, "tracks", "share"), rows, names=len(headers))


def _leaders(row: dict[str, object]) -> str:
    named = ((row["genre"], row["genre_share"]), (row["second"], row["second_share"]))
    told = [f"{genre} {percent(share)}" for genre, share in named if isinstance(share, float)]
    return ", ".join(told) or ABSENT


def tabulate_measures(found: Clusters) -> Table:
    """Tabulate silhouette, stability, agreement with genres, and the forest that finds the clusters."""
    m, forest = found.measures, found.forest
    rows = [
        ("silhouette", f"1 clear, 0 touching; on {m.silhouette_rows:,} tracks", figure(m.silhouette)),
        ("stability", _stability(m), figure(m.stability)),
        (
            "forest accuracy",
            f"of {forest.trees:,} trees on {forest.train_rows:,} tracks; tested on {forest.test_rows:,}"
            f" others, where naming the largest cluster gives {figure(forest.floor)}",
            figure(forest.accuracy),
        ),
        ("inertia", "sum of squared distances to the centres", f"{m.inertia:,.0f}"),
    ]
    if m.ari is not None:
        compared = f"clusters and genres of {m.compared_rows:,} tracks: 1 the same, 0 unrelated"
        rows += [
            ("adjusted Rand index", compared, figure(m.ari)),
            ("mutual information", f"normalised; {compared}", figure(m.nmi)),
        ]
    tells = "A forest that finds the clusters shows that features describe them, not that they lie apart."
    return Table("How good are the clusters?", tells, ("measure", "meaning", "value"), tuple(rows), names=2)


def _stability(m: Measures) -> str:
    return (
        f"agreement of {m.stability_seeds} seeds: 1 the same clusters, 0 chance;"
        f" on {m.stability_rows:,} tracks"
    )


def tabulate_importance(found: Clusters) -> Table:
    """Tabulate the features by the share of the forest's work that they do."""
    rows = tuple((name, percent(share, 1)) for name, share in found.forest.importance.items())
    tells = "Share of the work that each feature does in the forest that finds the clusters."
    return Table("Which features make the clusters", tells, ("feature", "share"), rows)


def tabulate_genres(found: Clusters) -> Table:
    """Tabulate how many tracks of each genre (columns) are in each cluster (rows), and their share of it."""
    names, counts, shares = cross_table(found)
    rows = tuple(
        (
            str(place + 1),
            *(f"{n:,} ({percent(share)})" if n else ABSENT for n, share in zip(*pair, strict=True)),
        )
        for place, pair in enumerate(zip(counts, shares, strict=True))
    )
    tells = "Tracks of each genre in each cluster, with their share of the cluster; cells are per cent of it."
    return Table("Clusters and genres", tells, ("cluster", *names), rows)


def cross_table(found: Clusters) -> tuple[list[str], list[list[int]], list[list[float | None]]]:
    """Return genres (the most frequent first), and tracks and shares with a row for each cluster.

    The rarest genres beyond 30 are put together.
    """
    names = genre_names(found)
    named = found.genres.with_columns(
        genre=pl.when(pl.col("genre").is_in(names)).then("genre").otherwise(pl.lit(OTHERS))
    )
    wide = found.sizes.select("cluster").join(
        named.group_by("cluster", "genre").agg(pl.col("tracks").sum()), on="cluster", how="left"
    )
    table = {(cluster, genre): tracks for cluster, genre, tracks in wide.iter_rows() if genre is not None}
    counts = [[table.get((place, name), 0) for name in names] for place in range(1, found.k + 1)]
    shares = [[n / sum(row) if sum(row) else None for n in row] for row in counts]
    return names, counts, shares


OTHERS = "other genres"


def genre_names(found: Clusters, most: int = MOST_GENRES) -> list[str]:
    """Name the genres, the most frequent first; where there are more than `most`, the last is the rest."""
    ranked = found.genres.group_by("genre").agg(pl.col("tracks").sum()).sort(
        "tracks", "genre", descending=[True, False]
    )  # fmt: skip
    names = ranked["genre"].to_list()
    return names if len(names) <= most else [*names[: most - 1], OTHERS]


def tabulate_ranges(found: Clusters, feature: str) -> Table:
    """Tabulate the range of a feature in every cluster."""
    ends = ("minimum", "p5", "median", "mean", "p95", "maximum")
    own = found.ranges.filter(pl.col("feature") == feature)
    rows = tuple(
        (str(row["cluster"]), *(number(row[end]) for end in ends)) for row in own.iter_rows(named=True)
    )
    tells = "The bar holds the middle 90 % of the tracks, the line all of them; the mark is the median."
    headers = ("cluster", "minimum", "5 %", "median", "mean", "95 %", "maximum")
    return Table(f"{feature}: range in each cluster", tells, headers, rows)


def tabulate_histogram(found: Clusters, feature: str) -> Table:
    """Tabulate how many tracks of every cluster (columns) lie in each part of a feature's range (rows)."""
    own = found.histograms.filter(pl.col("feature") == feature)
    parts = own.group_by("low", "high", maintain_order=True).agg("tracks")
    rows = tuple((part(low, high), *(f"{n:,}" for n in tracks)) for low, high, tracks in parts.iter_rows())
    headers = (feature, *(str(place) for place in range(1, found.k + 1)))
    return Table(
        f"{feature}: tracks of each cluster",
        "Every row has a scale of its own; the counts are in the table.",
        headers,
        rows,
    )


def part(low: float, high: float) -> str:
    """Return a part of a range: one whole number, or from where to where.

    Examples
    --------
    >>> part(3.5, 4.5), part(0.05, 0.1)
    ('4', '0.05 to 0.1')
    """
    if high - low == 1 and low % 1 == 0.5:
        return f"{low + 0.5:.0f}"
    return f"{number(low)} to {number(high)}"


def number(value: float | None) -> str:
    """Return a number of a feature, briefly.

    Examples
    --------
    >>> number(0.0000123), number(127.514), number(-7.2), number(1234567.0)
    ('0', '127.5', '-7.2', '1,234,567')
    """
    if value is None:
        return ABSENT
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{round(value, 4):.4g}"


def tabulate_map(found: Clusters, by: str) -> Table:
    """Tabulate where the clusters, or the genres, have their middle on the map."""
    named = found.map.points.drop_nulls(by).with_columns(pl.col(by).cast(pl.String).alias("name"))
    means = named.group_by("name").agg(pl.len(), pl.col("x").mean(), pl.col("y").mean()).sort(
        "len", "name", descending=[True, False]
    )  # fmt: skip
    rows = tuple(
        (name, f"{tracks:,}", figure(x, 2), figure(y, 2)) for name, tracks, x, y in means.iter_rows()
    )
    return Table(f"Map by {by}", found.map.said, (by, "tracks shown", "mean x", "mean y"), rows)


def tabulate_choice(choice: Choice) -> Table:
    """Tabulate numbers of clusters with inertia, silhouette and stability; the recommended one is marked."""
    rows = tuple(
        (
            f"{k} (recommended)" if k == choice.k else str(k),
            figure(width),
            figure(stability),
            f"{inertia:,.0f}",
        )
        for k, inertia, width, stability in choice.table.iter_rows()
    )
    tells = (
        f"{choice.said} Measured on {choice.rows:,} tracks with {choice.seeds} seeds each, the silhouette on"
        f" {choice.silhouette_rows:,}."
    )
    headers = ("clusters", "silhouette", "stability", "inertia")
    return Table("How many clusters?", tells, headers, rows)


def features(found: Clusters) -> Sequence[str]:
    """Name the features, the one that makes the clusters most first."""
    return tuple(found.forest.importance)
