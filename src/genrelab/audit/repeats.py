"""Tracks and artists that stand more than once, and so on both sides of a random split."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from genrelab.audit.findings import Finding, Severity, amount, found
from genrelab.audit.view import PLAIN, SHORT, View

TEST_SHARE = 0.2
NOTEWORTHY = 0.01
"""Share of a test part below which what it has in common with training moves no score."""
MANY = 20
"""A track that stands this often is no track but a value that a collector failed to renew."""


def findings(view: View) -> Iterator[Finding]:
    """Yield every finding about repeats."""
    yield _repeated_rows(view)
    for name in view.identities:
        yield _repeated(view, name)
    test = _random_test(view)
    for name in (*view.identities, *(["artist"] if view.has_artist else [])):
        yield _overlap(view, name, test)
    yield from _stale(view)
    yield from _several_artists(view)


def _repeated_rows(view: View) -> Finding:
    nested = [name for name, dtype in view.tracks.schema.items() if dtype.is_nested()]
    flat = view.tracks.with_columns(pl.struct(pl.col(name)).hash().alias(name) for name in nested)
    rows = flat.height - flat.n_unique() if flat.height else 0
    message = f"{amount(rows, flat.height)} equal an earlier row in every column: clean them out."
    return found("repeated_row", "warning", (), rows, flat.height, message=message)


def _repeated(view: View, name: str) -> Finding:
    keys = view.keys[name]
    rows = int((keys.is_not_null() & ~keys.is_first_distinct()).sum())
    message = f"{amount(rows, keys.len())} repeat the {PLAIN[name]} of an earlier row: keep one row a track."
    return found(
        f"repeated_{SHORT[name]}", "warning", view.columns_of(name), rows, keys.len(), message=message
    )


def _random_test(view: View) -> pl.Series:
    """Mark a random fifth of the rows."""
    rows = view.tracks.height
    marks = np.zeros(rows, dtype=bool)
    marks[np.random.default_rng(view.seed).permutation(rows)[: round(TEST_SHARE * rows)]] = True
    return pl.Series("test", marks)


def _overlap(view: View, name: str, test: pl.Series) -> Finding:
    keys = view.keys[name]
    train = keys.filter(~test).drop_nulls().unique()
    rows, tested = int(keys.filter(test).is_in(train.implode()).sum()), int(test.sum())
    what = "split by artist" if name == "artist" else "keep one row a track before you split"
    message = (
        f"In a random test part of {TEST_SHARE:.0%}, {amount(rows, tested)} have their own {PLAIN[name]} "
        f"in the training part: {what}."
    )
    severity: Severity = "leak" if rows >= NOTEWORTHY * tested else "note"
    return found(f"overlap_{SHORT[name]}", severity, view.columns_of(name), rows, tested, message=message)


def _stale(view: View) -> Iterator[Finding]:
    """Yield a finding where one track stands so often that its values must be left-overs."""
    for name in view.identities[:1]:
        counts = view.keys[name].drop_nulls().value_counts(name="rows")["rows"]
        many = counts.filter(counts >= MANY).to_list()
        rows, height = sum(many), view.tracks.height
        message = (
            f"{len(many)} tracks stand {MANY} times or more, one {max(many, default=0):,} times, in all "
            f"{amount(rows, height)}: stale values of a collector, so keep one row a track."
        )
        yield found("stale_track", "warning", view.columns_of(name), rows, height, message=message)


def _several_artists(view: View) -> Iterator[Finding]:
    """Yield a finding where one track stands under several artists."""
    # Title and artist name a track together, so they cannot tell.
    telling = [name for name in view.identities if name != "title_artist"] if view.has_artist else []
    for name in telling[:1]:
        known = view.keys.select(name, "artist").drop_nulls()
        tracks = known.group_by(name).agg(pl.len().alias("rows"), pl.n_unique("artist").alias("artists"))
        tracks = tracks.filter(pl.col("artists") > 1)
        rows, most = int(tracks["rows"].sum()), max(tracks["artists"].to_list(), default=0)
        message = (
            f"{tracks.height:,} tracks stand under several artists, one under {most}, in all "
            f"{amount(rows, known.height)}: a split by artist does not part them, so keep one row a track."
        )
        names = (*view.columns_of(name), "artist")
        yield found("track_of_several_artists", "leak", names, rows, known.height, message=message)
