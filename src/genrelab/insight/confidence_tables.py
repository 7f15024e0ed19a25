"""What a confidence promises, in tables of words and sentences."""

from __future__ import annotations

from collections.abc import Mapping

from genrelab.insight.results import Coverage, Kept, Report, Score, Sets
from genrelab.insight.tables import SCORE_NAMES, Table, figure, interval, percent, with_interval

PROMISE_NAMES: Mapping[str, str] = {
    "precision": "precision at {promised}",
    "coverage": "tracks labelled at {promised}",
    "set_coverage": "true genre in set, {promised}",
    "set_size": "genres in set, {promised}",
}
KEPT_WORDS: Mapping[bool | None, str] = {True: "kept", False: "not kept", None: "cannot be told"}


def tabulate_curve(report: Report) -> Table:
    """Tabulate precision against the share of tracks that get a genre, at every tenth of the tracks."""
    points = report.confidence.curve if report.confidence else ()
    tenths = {min(int(10 * point.coverage - 1e-9), 9): point for point in points}
    rows = tuple(
        (percent(p.coverage, 1), percent(p.precision, 1), figure(p.confidence)) for p in tenths.values()
    )
    tells = "The surest tracks first: the fewer get a genre, the more often it is right."
    headers = ("tracks labelled", "precision", "minimum confidence")
    return Table("Precision against coverage", tells, headers, rows)


def tabulate_sets(report: Report) -> Table:
    """Tabulate how many genres it takes for the true one to be among them."""
    rows = tuple(
        (
            percent(s.promised),
            with_interval(s.coverage.value, s.coverage),
            f"{s.size.value:.2f}",
            *_sizes(s.size),
        )
        for s in (report.confidence.sets if report.confidence else ())
    )
    tells = "Ask that the true genre is among several (predict --coverage); see how many each track gets."
    headers = ("promised coverage", "true genre among them", "genres a track", "95 % interval")
    return Table("How many genres it takes", tells, headers, rows)


def _sizes(size: Score) -> tuple[str]:
    return (f"{size.low:.2f}-{size.high:.2f}",)


def tell_promises(sure: Coverage | None, sets: Sets | None, grouped_by: str = "artist") -> list[str]:
    """Say what to expect of tracks that were labelled at a promised precision or coverage.

    `grouped_by` is what the model's folds kept apart: only where that was artists, new artists are spoken of.
    """
    said, whose = [], "new artists' tracks" if grouped_by == "artist" else "unheard tracks"
    if sure is not None and sure.precision is not None and sure.coverage is not None:
        said.append(
            f"of the tracks that get a genre, expect {with_interval(None, sure.precision)} to be right;"
            f" of {whose} {with_interval(None, sure.coverage)} get one (confidence"
            f" {figure(sure.threshold)} or more)"
        )
    if sets is not None:
        said.append(
            f"expect the true genre among the genres of {with_interval(None, sets.coverage)} of the tracks,"
            f" with {sets.size.value:.2f} ({_sizes(sets.size)[0]}) genres a track"
        )
    return said


def tabulate_kept(report: Report) -> Table:
    """Tabulate each promise beside what was found."""
    rows = tuple(
        (_promise_name(row), figure(row.announced.value), interval(row.announced), *_found(row))
        for row in (report.confidence.kept if report.confidence else ())
    )
    tells = "A promise is broken where the interval found lies wholly on the worse side of the one announced."
    headers = ("promise", "announced", "95 % interval", "found", "95 % interval", "")
    return Table("Was the word kept?", tells, headers, rows)


def _promise_name(row: Kept) -> str:
    if row.promised is None:
        return SCORE_NAMES.get(row.name, row.name)
    return PROMISE_NAMES[row.name].format(promised=percent(row.promised))


def _found(row: Kept) -> tuple[str, str, str]:
    value = None if row.found is None else row.found.value
    return figure(value), interval(row.found), KEPT_WORDS[row.kept]
