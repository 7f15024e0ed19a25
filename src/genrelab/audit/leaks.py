"""Columns that give the label away: by values, by a name written in them, or by where they are empty."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from genrelab.audit.findings import Finding, amount, found
from genrelab.audit.view import View
from genrelab.schema import CONTRACT

GIVEN_AWAY = 0.8
"""Share of the way from the majority's accuracy to 1 that a column must go to give the label away."""
FEWEST_COVERED = 0.1
"""Share of tracks whose value must stand with other artists: one of a single artist is an identity."""
FEWEST_ROWS = 20
FEWEST_ARTISTS = 3
"""Artists that must share a value before it is more than the name of something."""
FEWEST_EMPTY = 10
"""Empty rows, and filled ones, from which a pattern can be read; and artists of empty rows of one genre."""
CHANCE = 0.001
"""Probability that the empty rows are of one genre by chance, above which they prove nothing."""
MOST_BINS, ROWS_A_BIN = 256, 20
"""How finely numbers are parted."""


def findings(view: View) -> Iterator[Finding]:
    """Yield a finding for every column that gives the label away."""
    for name in view.tracks.columns:
        if name == view.label:
            continue
        by_content = _by_content(view, name) if _may_leak(name) else None
        leak = by_content or _by_emptiness(view, name)
        if leak is not None:
            yield leak


def _may_leak(name: str) -> bool:
    """Whether values may give the label away: not those of who made a track, nor of how it sounds."""
    return name not in CONTRACT or CONTRACT[name].kind not in {"identity", "descriptor"}


def _by_content(view: View, name: str) -> Finding | None:
    values = view.tracks[name]
    if values.dtype.is_numeric():
        # A number may be a code, or lie in a range of its own for every genre.
        return _by_value(view, name, values) or _by_value(view, name, _binned(values))
    if values.dtype.is_nested():
        return _by_value(view, name, _hashed(values))
    return _by_value(view, name, values) or _by_name(view, name)


def _by_value(view: View, name: str, values: pl.Series) -> Finding | None:
    """Guess each track's genre as the majority genre of its value among other artists."""
    frame = pl.DataFrame({"value": values, "genre": view.keys["genre"], "maker": view.maker()})
    tracks = frame.filter(view.unique()).drop_nulls("genre")
    shared = _shared(tracks.drop_nulls("value"))
    rows, majority = shared.height, _majority_accuracy(shared)
    bar = majority + GIVEN_AWAY * (1 - majority)
    # Guessing from the value's own rows too is never harder, and quick: most columns fail it already.
    if (
        rows < max(FEWEST_ROWS, FEWEST_COVERED * tracks.height)
        or majority == 1
        or _accuracy(shared, "value") < bar
    ):
        return None
    right = _accuracy_from_others(shared)
    if right < bar:
        return None
    message = (
        f"{name} gives {view.label} away: its value among other artists tells {right:.1%} of "
        f"{amount(rows, tracks.height)}, where the majority genre is right on {majority:.1%}: leave it out."
    )
    return found("gives_label_away", "leak", (name,), rows, tracks.height, message=message)


def _binned(values: pl.Series) -> pl.Series:
    """Number the bin of each value, bins being equal in rows."""
    bins = max(1, min(MOST_BINS, values.len() // ROWS_A_BIN))
    return (values.rank("max") * bins / max(1, values.len())).ceil()


def _hashed(values: pl.Series) -> pl.Series:
    known = pl.col(values.name).is_not_null()
    return values.to_frame().select(pl.when(known).then(pl.struct(values.name).hash())).to_series()


def _shared(tracks: pl.DataFrame) -> pl.DataFrame:
    """Keep the tracks whose value stands with several makers."""
    makers = tracks.group_by("value").agg(pl.n_unique("maker").alias("makers"))
    return tracks.join(makers.filter(pl.col("makers") >= FEWEST_ARTISTS).select("value"), on="value")


def _majority_accuracy(tracks: pl.DataFrame) -> float:
    return max(tracks["genre"].value_counts()["count"].to_list(), default=0) / max(1, tracks.height)


def _accuracy(tracks: pl.DataFrame, by: str) -> float:
    """Share of tracks that have the majority genre of their group."""
    right = tracks.group_by(by, "genre").len().group_by(by).agg(pl.col("len").max())["len"].sum()
    return int(right) / max(1, tracks.height)


def _accuracy_from_others(tracks: pl.DataFrame) -> float:
    """Share of tracks that have the majority genre of their value among other makers."""
    cells = tracks.group_by("value", "maker", "genre").agg(pl.len().alias("own"))
    totals = cells.group_by("value", "genre").agg(pl.col("own").sum().alias("total"))
    others = (
        cells.select("value", "maker")
        .unique()
        .join(totals, on="value")
        .join(cells, on=["value", "maker", "genre"], how="left")
        .with_columns(others=pl.col("total") - pl.col("own").fill_null(0))
    )
    guesses = others.sort("others", "genre", descending=[True, False]).unique(
        ["value", "maker"], keep="first"
    )
    right = cells.join(guesses.select("value", "maker", "genre"), on=["value", "maker", "genre"])["own"].sum()
    return int(right) / max(1, tracks.height)


def _by_name(view: View, name: str) -> Finding | None:
    """Look for the genre's name inside a text, against the same look after the genres were shuffled."""
    if view.tracks.schema[name] != pl.String:
        return None
    lower = {"text": view.tracks[name].str.to_lowercase(), "genre": view.keys["genre"].str.to_lowercase()}
    frame = pl.DataFrame(lower).drop_nulls()
    order = np.random.default_rng(view.seed).permutation(frame.height)
    rows, chance = _named(frame), _named(frame.with_columns(frame["genre"][order])) / max(1, frame.height)
    if rows / view.tracks.height < chance + GIVEN_AWAY * (1 - chance):
        return None
    message = (
        f"{name} has the name of the genre in it in {amount(rows, view.tracks.height)}, by chance in "
        f"{chance:.1%}: leave it out."
    )
    return found("genre_in_text", "leak", (name,), rows, view.tracks.height, message=message)


def _named(frame: pl.DataFrame) -> int:
    return int(frame.select(pl.col("text").str.contains(pl.col("genre"), literal=True).sum()).item())


def _by_emptiness(view: View, name: str) -> Finding | None:
    """Ask whether the genre decides which cells are empty, or an empty cell decides the genre."""
    empty = view.tracks[name].is_null()
    frame = pl.DataFrame({"empty": empty, "genre": view.keys["genre"], "maker": view.maker()})
    frame = frame.drop_nulls("genre")
    rows, height = int(frame["empty"].sum()), frame.height
    if min(rows, height - rows) < FEWEST_EMPTY:
        return None
    cells = frame.group_by("genre").agg(pl.col("empty").sum(), (~pl.col("empty")).sum().alias("filled"))
    told = int(cells.select(pl.max_horizontal("empty", "filled").sum()).item()) / height
    usual, majority = max(rows, height - rows) / height, _majority_accuracy(frame)
    pure = _majority_accuracy(frame.filter("empty"))
    makers = frame.filter("empty")["maker"].n_unique()
    decides = told >= usual + GIVEN_AWAY * (1 - usual)
    decided = pure >= majority + GIVEN_AWAY * (1 - majority) and makers >= FEWEST_EMPTY
    if not decides and not (decided and majority**makers < CHANCE):
        return None
    message = (
        f"{name} is empty in {amount(rows, height)}, and where gives {view.label} away: the genre decides "
        f"it on {told:.1%} of rows, and {pure:.1%} of the empty rows have one genre: leave it out."
    )
    return found("emptiness_gives_label_away", "leak", (name,), rows, height, message=message)
