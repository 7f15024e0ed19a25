"""Single columns: what is absent, dead, mostly empty or filled up."""

from __future__ import annotations

import polars as pl
import pytest

from genrelab import schema
from genrelab.audit import Finding, audit

ROW = pl.int_range(pl.len())


def planted(name: str, **columns: pl.Expr) -> tuple[Finding, ...]:
    """Findings of that name once the columns are set; before, there is none."""
    tracks = schema.sample(200, seed=0).with_columns(
        tempo=pl.col("tempo") + 1e-6, time_signature=3 + ROW % 2, mode=ROW % 2
    )
    assert not audit(tracks).find(name)
    return audit(tracks.with_columns(**columns)).find(name)


@pytest.mark.parametrize(
    ("name", "column", "value", "rows"),
    [
        ("constant", "danceability", pl.lit(0.0), 200),
        ("constant", "kind", pl.lit("audio"), 200),
        ("empty", "album", pl.lit(None, pl.String), 200),
        ("nearly_constant", "length", 661_794 + ROW % 7, 200),
        ("mostly_missing", "release_year", pl.when(ROW % 4 == 0).then("release_year"), 150),
        ("imputed", "latitude", pl.when(ROW % 4 == 0).then(37.15).otherwise("energy"), 50),
        ("no_tempo", "tempo", pl.when(ROW < 4).then(0.0).otherwise("tempo"), 4),
        ("no_time_signature", "time_signature", pl.when(ROW < 4).then(0).otherwise("time_signature"), 4),
        ("out_of_range", "energy", pl.when(ROW < 4).then(float("inf")).otherwise("energy"), 4),
        ("missing_name", "title", pl.when(ROW >= 4).then("title"), 4),
    ],
)
def test_dead_columns_and_bad_rows(name: str, column: str, value: pl.Expr, rows: int) -> None:
    (finding,) = planted(name, **{column: value})
    assert finding.rows == rows
    assert name == "out_of_range" or column in finding.columns


def test_nulls_written_as_text() -> None:
    names = {
        name: pl.when(ROW < 4).then(pl.lit("NA")).otherwise(name) for name in ("title", "artist", "album")
    }
    assert planted("missing_name", **names)[0].rows == 4
    assert not planted("missing_name", title=names["title"])


def test_the_end_of_a_range_is_not_imputed() -> None:
    silent = pl.when(ROW % 2 == 0).then(0.0).otherwise("instrumentalness")
    assert not planted("imputed", instrumentalness=silent)


def test_years_do_not_count_as_nearly_constant() -> None:
    assert not planted("nearly_constant", release_year=2015 + ROW % 5)


def test_what_is_absent() -> None:
    tracks = schema.sample(50, seed=0)
    assert not {"no_artist", "no_track_id"} & set(audit(tracks).names)
    assert {"no_artist", "no_track_id"} <= set(audit(tracks.drop("artist", "track_id")).names)
    assert "no_artist" in audit(tracks.with_columns(artist=pl.lit(None, pl.String))).names
    (note,) = audit(tracks.drop("track_id", "artist")).find("no_track_id")
    assert "by descriptors" in note.message
