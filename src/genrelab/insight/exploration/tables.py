"""What an exploration says, as tables of words: the terminal and the page both show these."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from genrelab.insight.exploration.faults import IN_COLUMNS, LISTED
from genrelab.insight.exploration.features import SAMPLED
from genrelab.insight.exploration.findings import ENOUGH, Components, Exploration, Pair
from genrelab.insight.exploration.relations import ranked
from genrelab.insight.tables import ABSENT, Table, figure, percent
from genrelab.schema import CONTRACT

ALL = "all tracks"
NO_GENRE = "(no genre)"
QUARTILES = ("min", "q1", "median", "q3", "max", "mean")
QUARTILE_NAMES = ("min", "1st quarter", "median", "3rd quarter", "max", "mean")


def amount(value: float | None) -> str:
    """Write a number with four significant digits.

    Examples
    --------
    >>> amount(0.012345), amount(-7.25), amount(2019.0), amount(123456.7), amount(None)
    ('0.01235', '-7.25', '2019', '123,457', '-')
    """
    if value is None:
        return ABSENT
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"


def hundredths(value: float | None) -> str:
    """Write a number with two decimals, zero without a sign.

    Examples
    --------
    >>> hundredths(-0.001), hundredths(-0.5), hundredths(None)
    ('0.00', '-0.50', '-')
    """
    return ABSENT if value is None else figure(round(value, 2) + 0.0, 2)


def cut(name: str, width: int = 18) -> str:
    """Cut a name to so many characters.

    Examples
    --------
    >>> cut("country"), cut("electronica/experimental", 12)
    ('country', 'electronica…')
    """
    return name if len(name) <= width else f"{name[: width - 1].rstrip()}…"


def named(genre: str | None) -> str:
    """Name a group of tracks."""
    return ALL if genre is None else genre


def titled(column: str) -> str:
    """Name a column with its unit."""
    return CONTRACT[column].label if column in CONTRACT else column


def of(table: pl.DataFrame, genre: str | None) -> pl.DataFrame:
    """Return the rows of a genre, or those of all tracks."""
    return table.filter(pl.col("genre").eq_missing(pl.lit(genre, dtype=pl.String)))


def tabulate_shares(found: Exploration) -> Table:
    """Tabulate how many tracks each genre has."""
    rows = tuple(
        (NO_GENRE if genre is None else genre, f"{n:,}", percent(share, 1), f"{distinct:,}", percent(rest, 1))
        for genre, n, share, distinct, rest in found.shares.iter_rows()
    )
    headers = ("genre", "tracks", "share", "without repeated rows", "share of these")
    return Table("Tracks of each genre", f"{found.rows:,} tracks, as the table was read.", headers, rows)


def tabulate_means(found: Exploration) -> Table:
    """Tabulate the average of every column in each genre."""
    rows = tuple((named(genre), *map(amount, values)) for genre, *values in found.means.iter_rows())
    tells = "Colour: how many standard deviations a genre's average lies from that of all tracks."
    return Table("Averages in each genre", tells, ("genre", *map(titled, found.columns)), rows)


def tabulate_ranges(found: Exploration) -> Table:
    """Tabulate the range of every column over all tracks."""
    rows = tuple(_ranges_row(row) for row in of(found.ranges, None).iter_rows(named=True))
    headers = ("column", "tracks", *QUARTILE_NAMES)
    return Table("Range of every column", "Over all tracks that have a value.", headers, rows)


def _ranges_row(row: dict[str, float | None]) -> tuple[str, ...]:
    return (titled(str(row["column"])), f"{row['tracks']:,}", *(amount(row[name]) for name in QUARTILES))


def tabulate_boxes(found: Exploration) -> Table:
    """Tabulate the range of every column in each genre."""
    ordered = found.ranges.sort(pl.col("column").replace_strict(found.columns, range(len(found.columns))))
    rows = tuple(
        (named(row["genre"]), *_ranges_row(row), f"{row['beyond']:,}")
        for row in ordered.iter_rows(named=True)
    )
    tells = (
        "A box holds the middle half of the tracks, its line is the median, the dashed one the mean."
        " Whiskers end"
        " at the last track within one and a half boxes; the table counts those beyond."
    )
    headers = ("genre", "column", "tracks", *QUARTILE_NAMES, "beyond whiskers")
    return Table("Spread of every column in each genre", tells, headers, rows, names=2)


def tabulate_histograms(found: Exploration, columns: Sequence[str], *, shares: bool) -> Table:
    """Tabulate the bins of some columns: tracks in each genre, or their share of it."""
    groups = found.groups
    rows = tuple(row for column in columns for row in _bins(found, column, groups, shares=shares))
    headers = ("column", "from", "to", *map(named, groups))
    if shares:
        tells = (
            "Share of a genre's tracks in each bin. A click on a genre hides it, a double click shows it"
            " alone; drag to zoom, double click to go back. End bins hold what lies beyond."
        )
        return Table("Histograms, genres over each other", tells, headers, rows)
    tells = "One small histogram each, drawn to its own height. End bins hold what lies beyond."
    return Table("Histograms, genre by genre", tells, headers, rows)


def _bins(
    found: Exploration, column: str, groups: Sequence[str | None], *, shares: bool
) -> Iterator[tuple[str, ...]]:
    """Yield a row for each bin of a column."""
    table = found.histograms.filter(pl.col("column") == column)
    counts = [of(table, group) for group in groups]
    for place, (low, high) in enumerate(of(table, None).select("low", "high").iter_rows()):
        each = [part["tracks"][place] for part in counts]
        totals = [part["tracks"].sum() or 1 for part in counts]
        words = [percent(n / total, 1) for n, total in zip(each, totals, strict=True)] if shares else []
        yield (titled(column), amount(low), amount(high), *(words or [f"{n:,}" for n in each]))


def tabulate_densities(found: Exploration) -> Table:
    """Tabulate where the curve of each column is highest in each genre."""
    highest = found.densities.sort("density", descending=True).unique(["column", "genre"], keep="first")
    peaks = {(column, genre): value for column, genre, value, _ in highest.iter_rows()}
    rows = tuple(
        (named(genre), *(amount(peaks.get((column, genre))) for column in found.columns))
        for genre in found.groups
    )
    tells = "One curve a genre. The table names the value at which each curve is highest."
    return Table("Densities", tells, ("genre", *map(titled, found.columns)), rows)


def tabulate_correlations(found: Exploration) -> Table:
    """Tabulate the correlation of every two columns."""
    values = {(a, b): value for a, b, _, value in found.correlations.iter_rows()}
    rows = tuple((a, *(hundredths(values[a, b]) for b in found.columns)) for a in found.columns)
    tells = "Pearson's correlation over the tracks that have both values: 1 together, -1 against each other."
    return Table("Correlations", tells, ("column", *found.columns), rows)


def tabulate_strongest(found: Exploration, top: int = 5) -> Table:
    """Tabulate the columns that go together most."""
    best = ranked(found.correlations).head(top)
    rows = tuple((f"{a}, {b}", hundredths(value)) for a, b, _, value in best.iter_rows())
    return Table("Columns that go together most", "Pearson's correlation.", ("columns", "correlation"), rows)


def tabulate_pair(pair: Pair) -> Table:
    """Tabulate the correlation of two columns in each genre."""
    rows = tuple((named(g), f"{n:,}", hundredths(value)) for g, n, value in pair.correlations.iter_rows())
    tells = f"{pair.points.height:,} of {pair.of:,} tracks are shown, drawn at random. The table has all."
    return Table(f"{pair.x} and {pair.y}", tells, ("genre", "tracks", "correlation"), rows)


def tabulate_scores(found: Exploration) -> Table:
    """Tabulate how well each feature alone tells the genres apart."""
    rows = tuple(
        (column, f"{tracks:,}", amount(f), _chance(p), figure(information))
        for column, tracks, f, p, information in found.scores.iter_rows()
    )
    tells = (
        "F of an analysis of variance: how far genres' averages lie apart, and the chance p of such an F"
        " among equal genres. Mutual information also sees what averages hide; it is estimated from at most"
        f" {SAMPLED:,} tracks. Both are of the tracks that have a value and a genre; one that stands several"
        " times in a genre counts once."
    )
    headers = ("feature", "tracks", "F", "p", "mutual information (nats)")
    return Table("How well each feature alone tells genres apart", tells, headers, rows)


def _chance(p: float | None) -> str:
    """Write a probability, however small.

    Examples
    --------
    >>> _chance(0.0), _chance(3e-20), _chance(0.25)
    ('< 1e-300', '3e-20', '0.250')
    """
    if p is None:
        return ABSENT
    if p < 1e-300:
        return "< 1e-300"
    return f"{p:.0e}" if p < 0.001 else figure(p)


def explained(components: Components) -> str:
    """Say how many components are enough."""
    count, many = components.explaining(), components.variance.height
    return f"{count} of {many} components explain {percent(ENOUGH)} of the variance."


def tabulate_components(components: Components) -> Table:
    """Tabulate how much of the variance each principal component explains."""
    rows = tuple(
        (str(number), figure(variance), percent(share, 1), percent(together, 1))
        for number, variance, share, together in components.variance.iter_rows()
    )
    tells = f"{explained(components)} Columns were standardised; what is missing stands at the median."
    headers = ("component", "variance", "share", "together with those before")
    return Table("Principal components", tells, headers, rows)


def tabulate_loadings(components: Components) -> Table:
    """Tabulate the correlation of each column with each component."""
    wide = components.loadings.pivot(on="component", index="column", values="loading")
    rows = tuple((column, *(hundredths(value) for value in values)) for column, *values in wide.iter_rows())
    tells = "Correlation of each column with each component."
    return Table("Loadings", tells, ("column", *(f"component {n}" for n in wide.columns[1:])), rows)


def tabulate_missing(found: Exploration) -> Table:
    """Tabulate what is missing in every column, in all tracks and in each genre."""
    gone = of(found.missing, None)
    holed = gone.filter(pl.col("missing") > 0)["column"].to_list()
    counts = {(column, genre): n for column, genre, n, _ in found.missing.iter_rows()}
    groups = (None, *found.genres) if holed else (None,)
    rows = tuple(
        (named(genre), *([f"{counts[column, genre]:,}" for column in holed] or ["0"])) for genre in groups
    )
    full = [column for column in gone["column"] if column not in holed]
    tells = f"{len(holed)} of {gone.height} columns have gaps. Complete: {', '.join(full) or 'none'}."
    return Table("Missing values", tells, ("genre", *(holed or ["missing"])), rows)


def tabulate_faults(found: Exploration, top: int = 3) -> Table:
    """Tabulate the faults, and the genres that have most of each."""
    rows = tuple(
        (
            *(_told(fault, column), _where(found, fault, column, top)),
            *(_between(low, high), f"{n:,}", percent(share, 2)),
        )
        for fault, column, low, high, n, share in found.faults.iter_rows()
    )
    tells = "Nothing is dropped here. Values beyond Tukey's fences are rare, not wrong."
    headers = ("fault", "most in", "bounds", "rows", "share")
    return Table("Faults and outliers", tells, headers, rows, names=2)


def _told(fault: str, column: str | None) -> str:
    return f"{'the row' if column is None else column} {fault}"


def _between(low: float | None, high: float | None) -> str:
    return ABSENT if low is None else f"{amount(low)} to {amount(high)}"


def _where(found: Exploration, fault: str, column: str | None, top: int) -> str:
    same = pl.col("column").eq_missing(pl.lit(column, dtype=pl.String)) & (pl.col("fault") == fault)
    best = found.fault_genres.filter(same).head(top)
    return ", ".join(f"{genre} {n:,}" for genre, n in best.select("genre", "rows").iter_rows()) or ABSENT


def tabulate_impossible(found: Exploration) -> Table:
    """Tabulate in which genres the values sit that cannot be."""
    impossible = found.fault_genres.filter(pl.col("fault").is_in(IN_COLUMNS))
    rows = tuple(
        (_told(fault, column), genre, f"{n:,}", percent(share, 2))
        for fault, column, genre, n, share in impossible.iter_rows()
    )
    headers = ("fault", "genre", "rows", "share of the genre")
    tells = "Where they gather in one genre, they say something of it."
    return Table("Genres with values that cannot be", tells, headers, rows, names=2)


def tabulate_listed(found: Exploration) -> Table:
    """Tabulate the rows with values that cannot be, each once."""
    texts = [name for name in ("title", "artist") if name in found.listed.columns]
    told = pl.format("{} {}", "column", "fault").str.join("; ").alias("faults")
    each = found.listed.group_by("row", *texts, "genre").agg(told).sort("row")
    rows = tuple(
        (
            " by ".join(row[name] for name in texts if row[name]) or ABSENT,
            row["faults"],
            NO_GENRE if row["genre"] is None else row["genre"],
            str(row["row"]),
        )
        for row in each.iter_rows(named=True)
    )
    tells = f"Row 0 is the first one. At most {LISTED} rows are listed of each fault in each column."
    headers = ("track", "fault", "genre", "row")
    return Table("Tracks with values that cannot be", tells, headers, rows, names=2)
