"""A report on a collection whose genres a crosswalk brought to those of the model, and what it must say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches

import numpy as np
import polars as pl
from numpy.typing import NDArray

from genrelab import scoring
from genrelab.crosswalk import Common, Crosswalk, Group
from genrelab.errors import LabelError
from genrelab.insight.results import Report, Score

MOST_NAMED = 8
"""Genres that a note names; the report holds all."""


@dataclass(frozen=True, slots=True)
class Crossed(Report):
    """A report in the genres that a model and another collection share.

    Attributes
    ----------
    crosswalk
        The common genres, each with those of the collection and of the model in it.
    elsewhere
        Genres of the model that no genre of the collection means: to name one is wrong.
    left_out
        Genres of the collection that stand in no line, with their tracks: they are not scored.
    within
        As `scores`, where the model may choose among the common genres alone; empty where none is elsewhere.
    renames
        Whether the common genres are the model's under other names, so that its promise speaks of them.
    """

    crosswalk: tuple[Group, ...] = ()
    elsewhere: tuple[str, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)
    within: Mapping[str, Score] = field(default_factory=dict)
    renames: bool = False


def unfit(tracks: pl.DataFrame, label: str, crosswalk: Crosswalk) -> LabelError:
    """Return the error for a table of which no track has a genre that the crosswalk names."""
    return LabelError(
        f"label {label!r}: none of its genres ({_named(count_genres(tracks, label))}) stands in"
        f" {crosswalk.origin}: name another column, or draft a crosswalk for this table (--draft-map)"
    )


def cross(
    report: Report,
    crosswalk: Crosswalk,
    space: Common,
    tracks: pl.DataFrame,
    label: str,
    within: Mapping[str, Score],
) -> Crossed:
    """Add to a report how the genres were brought together, and what that left out.

    Parameters
    ----------
    report
        Of the tracks scored.
    crosswalk, space
        What a person wrote, and the label space that it makes.
    tracks, label
        The whole table, and its genre column.
    within
        Scores among the common genres alone.
    """
    counts = count_genres(tracks, label)
    left = {genre: count for genre, count in counts.items() if genre not in space.theirs}
    told = {one.name: getattr(report, one.name) for one in fields(report)}
    crossed = Crossed(
        **told,
        crosswalk=space.groups,
        elsewhere=space.elsewhere,
        left_out=left,
        within=within,
        renames=space.renames,
    )
    notes = _notes(crossed, crosswalk, counts, tracks[label].null_count())
    return replace(crossed, notes=(*notes, *report.notes))


def scores_within(
    space: Common, pooled: NDArray[np.float64], truth: NDArray[np.int64], groups: NDArray[np.int64], seed: int
) -> dict[str, Score]:
    """Score what a model says where it may not name a genre elsewhere; empty where there is none."""
    return scoring.score(space.within(pooled), truth, groups, seed=seed) if space.elsewhere else {}


def _notes(report: Crossed, crosswalk: Crosswalk, counts: Mapping[str, int], nameless: int) -> Iterator[str]:
    meanings = "; ".join(f"{group.name} is {', '.join(group.ours)}" for group in report.crosswalk)
    yield f"genres were brought together by {crosswalk.origin}: {meanings}"
    yield from _left_out(report.left_out, nameless)
    yield from _elsewhere(report)
    absent = [genre for genre in crosswalk.genres if genre not in counts]
    if absent:
        said = ", ".join(_suggested(genre, report.left_out) for genre in absent[:MOST_NAMED])
        yield f"no track has what {crosswalk.origin} names: {said}{_more(len(absent))}"


def _left_out(left_out: Mapping[str, int], nameless: int) -> Iterator[str]:
    """Say which tracks were not scored."""
    reasons = [f"{nameless:,} without a genre"] if nameless else []
    if left_out:
        reasons.append(f"of genres that stand in no line: {_named(left_out)}")
    if reasons:
        many = nameless + sum(left_out.values())
        yield f"{many:,} {'track was' if many == 1 else 'tracks were'} left out: {'; '.join(reasons)}"


def _elsewhere(report: Crossed) -> Iterator[str]:
    """Say how many tracks were taken for genres that no line names, and what they cost."""
    if not report.elsewhere:
        return
    missed = sum(row[-1] for row in report.confusion)
    free = report.within["accuracy"]
    yield (
        f"{missed / report.rows:.1%} of the tracks were taken for genres of the model that stand in no line"
        f" ({_listed(report.elsewhere)}), and count as wrong; choosing among the others alone, its accuracy"
        f" is {free.value:.3f} ({free.low:.3f}-{free.high:.3f})"
    )


def count_genres(tracks: pl.DataFrame, label: str) -> dict[str, int]:
    """Count the tracks of each genre, the commonest first; tracks without one are not counted.

    Examples
    --------
    >>> count_genres(pl.DataFrame({"genre": ["pop", "jazz", "pop", None]}), "genre")
    {'pop': 2, 'jazz': 1}
    """
    genres = tracks.select(genre=pl.col(label).drop_nulls())
    counted = genres.group_by("genre").agg(tracks=pl.len())
    return dict(counted.sort("tracks", "genre", descending=[True, False]).iter_rows())


def _named(counts: Mapping[str, int]) -> str:
    shown = [f"{genre} {count:,}" for genre, count in counts.items()][:MOST_NAMED]
    return f"{', '.join(shown)}{_more(len(counts))}"


def _listed(genres: tuple[str, ...]) -> str:
    return f"{', '.join(genres[:MOST_NAMED])}{_more(len(genres))}"


def _more(count: int) -> str:
    return f" and {count - MOST_NAMED} more" if count > MOST_NAMED else ""


def _suggested(genre: str, known: Mapping[str, int]) -> str:
    near = get_close_matches(genre, list(known), n=1)
    return f"{genre!r} (did you mean {near[0]!r}?)" if near else repr(genre)
