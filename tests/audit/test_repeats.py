"""Repeats and overlaps: each trap is planted, and found with the right number of rows."""

from __future__ import annotations

import polars as pl
import pytest

from genrelab import schema
from genrelab.audit import Finding, audit


def planted(extra: pl.DataFrame, name: str, n: int = 300) -> tuple[Finding, ...]:
    """Findings of that name after `extra` stands below a sound table, which itself has none."""
    sound = schema.sample(n, seed=0)
    assert name == "overlap_artist" or not audit(sound).find(name)
    return audit(pl.concat([sound, extra])).find(name)


def rows(count: int) -> pl.DataFrame:
    return schema.sample(300, seed=0)[:count]


NEW = [pl.format("new {}", pl.int_range(pl.len())).alias(name) for name in ("track_id", "title", "artist")]
NEW_NUMBERS = [(pl.col(name) * 0.999).alias(name) for name in ("energy", "valence", "duration")]


@pytest.mark.parametrize(
    ("name", "extra"),
    [
        ("repeated_row", rows(40)),
        ("repeated_id", rows(40).with_columns(*NEW[1:], *NEW_NUMBERS)),
        (
            "repeated_title_artist",
            rows(40).with_columns(NEW[0], pl.col("title").str.to_uppercase(), *NEW_NUMBERS),
        ),
        ("repeated_vector", rows(40).with_columns(NEW)),
    ],
)
def test_repeats_are_counted(name: str, extra: pl.DataFrame) -> None:
    (finding,) = planted(extra, name)
    assert (finding.rows, finding.severity) == (40, "warning")
    assert finding.share == pytest.approx(40 / 340)


@pytest.mark.parametrize(
    ("name", "extra"),
    [
        ("overlap_id", rows(300).with_columns(*NEW[1:], *NEW_NUMBERS)),
        ("overlap_title_artist", rows(300).with_columns(NEW[0], *NEW_NUMBERS)),
        ("overlap_vector", rows(300).with_columns(NEW)),
    ],
)
def test_overlaps_of_a_doubled_table(name: str, extra: pl.DataFrame) -> None:
    # The other row of a pair is in the training part four times of five.
    (finding,) = planted(extra, name)
    assert finding.severity == "leak"
    assert finding.share == pytest.approx(0.8, abs=0.1)


def test_overlap_of_artists() -> None:
    (finding,) = planted(rows(0), "overlap_artist")
    assert finding.severity == "leak"
    assert finding.share > 0.5
    alone = schema.sample(300, seed=0).with_columns(NEW)
    assert not audit(alone).find("overlap_artist")


def test_a_stale_track_is_found_by_id_or_by_vector() -> None:
    stale = pl.concat([rows(1)] * 25).with_columns(NEW[1:])
    (finding,) = planted(stale, "stale_track")
    assert (finding.rows, finding.columns) == (26, ("track_id",))
    assert "one 26 times" in finding.message
    without = pl.concat([schema.sample(300, seed=0), stale]).drop("track_id", "title")
    assert audit(without).find("stale_track")[0].rows == 26


def test_a_track_of_several_artists() -> None:
    borrowed = rows(30).with_columns(NEW[2])
    (finding,) = planted(borrowed, "track_of_several_artists")
    assert (finding.rows, finding.columns) == (60, ("track_id", "artist"))
