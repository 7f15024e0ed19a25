"""Faults that were put into a table are found, counted and listed."""

from __future__ import annotations

import polars as pl
import pytest

from genrelab.insight.exploration import Exploration, explore, faults


def test_planted_faults_are_counted(found: Exploration) -> None:
    rows = {(column, fault): n for fault, column, _, _, n, _ in found.faults.iter_rows()}
    assert rows["tempo", faults.ZERO] == 3
    assert rows["energy", faults.IMPOSSIBLE] == 2
    assert rows[None, faults.REPEATED] == 1
    assert ("time_signature", faults.ZERO) not in rows
    assert found.faults.filter(fault=faults.IMPOSSIBLE).select("low", "high").row(0) == (0, 1)


def test_planted_faults_are_listed_with_their_genres(songs: pl.DataFrame, found: Exploration) -> None:
    listed = found.listed.filter(column="tempo")
    assert listed["row"].to_list() == [0, 1, 2]
    assert listed["genre"].to_list() == songs["genre"].head(3).to_list()
    assert listed["title"].to_list() == songs["title"].head(3).to_list()
    by_genre = found.fault_genres.filter(column="tempo", fault=faults.ZERO)
    assert by_genre["rows"].sum() == 3
    assert by_genre["rows"].is_sorted(descending=True)


def test_outliers_are_counted_as_by_hand() -> None:
    seen = explore(pl.DataFrame({"duration": [100.0, 110, 120, 130, 140, 900], "mode": [1, 1, 1, 1, 1, 0]}))
    row = seen.faults.row(0, named=True)
    assert (row["column"], row["fault"], row["rows"]) == ("duration", faults.FAR, 1)
    # Quartiles 112.5 and 137.5; a mode has no far values.
    assert (row["low"], row["high"]) == (75.0, 175.0)
    assert seen.faults.height == 1
    assert seen.listed.is_empty()


def test_numbers_that_are_not_finite_are_told() -> None:
    seen = explore(pl.DataFrame({"energy": [0.1, float("inf"), float("nan"), None, 0.3]}))
    assert seen.faults.filter(fault=faults.NO_NUMBER)["rows"].to_list() == [2]
    assert seen.missing["missing"].to_list() == [2]


def test_missing_values_by_column_and_genre(songs: pl.DataFrame, found: Exploration) -> None:
    gaps = found.missing.filter(column="loudness")
    assert gaps.filter(pl.col("genre").is_null())["missing"].item() == 5
    known = songs[10:15]["genre"].drop_nulls()
    assert gaps.filter(pl.col("genre").is_not_null())["missing"].sum() == len(known)
    assert set(found.missing["column"]) == set(songs.columns)


def test_long_lists_are_cut_but_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "LISTED", 4)
    seen = explore(pl.DataFrame({"tempo": [0.0] * 9 + [120.0] * 9}))
    assert seen.listed.height == 4
    assert seen.faults.filter(fault=faults.ZERO)["rows"].item() == 9


def test_a_table_without_faults_has_none() -> None:
    seen = explore(pl.DataFrame({"energy": [0.1, 0.2, 0.3]}))
    assert seen.faults.is_empty()
    assert seen.fault_genres.is_empty()
