"""The audit as a whole: every trap of the real tables by name, and none where there is none."""

from __future__ import annotations

import time
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genrelab import schema, taxonomy
from genrelab.audit import Audit, Finding, audit
from genrelab.errors import SchemaError
from genrelab.sources import table


def sound(n: int = 300, seed: int = 0) -> pl.DataFrame:
    """A table without tags, which are the label, nor tracks without tempo or metre; both modes occur."""
    drawn = schema.sample(n, seed).drop("tags")
    metre, mode = pl.col("time_signature") % 7 + 1, pl.int_range(pl.len()) % 2
    return drawn.with_columns(tempo=pl.col("tempo") + 1e-6, time_signature=metre, mode=mode)


def only(found: Audit, name: str) -> Finding:
    """The one finding of that name."""
    (finding,) = found.find(name)
    return finding


def columns(found: Audit, name: str) -> set[str]:
    """Columns of all findings of that name."""
    return {column for finding in found.find(name) for column in finding.columns}


def test_a_sound_table_has_only_what_chance_makes() -> None:
    found = audit(sound())
    assert set(found.names) == {"overlap_artist", "artist_tells_genre"}
    assert (found.leaking, found.ceiling) == ({}, 1)
    assert found.rows == sum(found.genres.values()) == 300


@settings(max_examples=25, deadline=None)
@given(
    n=st.integers(1, 60),
    seed=st.integers(0, 99),
    lost=st.sets(st.sampled_from([c.name for c in schema.COLUMNS if c.name != "genre"])),
    blank=st.sets(st.sampled_from([c.name for c in schema.COLUMNS])),
)
def test_any_table_of_the_contract_is_audited_and_left_as_it_was(
    n: int, seed: int, lost: set[str], blank: set[str]
) -> None:
    tracks = schema.sample(n, seed).drop(lost)
    tracks = tracks.with_columns(
        pl.lit(None, tracks.schema[name]).alias(name) for name in blank if name in tracks.columns
    )
    before = tracks.clone()
    found = audit(tracks)
    assert tracks.equals(before)
    assert found == audit(tracks)
    assert all(0 < finding.share <= 1 and 0 < finding.rows <= n for finding in found.findings)
    severities = [finding.severity for finding in found.findings]
    assert severities == sorted(severities, key=["leak", "warning", "note"].index)
    assert {"empty"} <= set(found.names) or not (blank - lost - {"genre"})


def test_only_a_label() -> None:
    found = audit(pl.DataFrame({"style": ["a", "a", "b", None]}), label="style")
    assert found.genres == {"a": 2, "b": 1}
    assert found.floors == {"majority": pytest.approx(2 / 3)}
    assert (found.ceiling, found.artist_coverage) == (None, None)
    assert {"no_artist", "no_track_id", "missing_genre", "small_genre"} <= set(found.names)


def test_no_rows() -> None:
    found = audit(sound().clear())
    assert (found.rows, found.findings, found.floors) == (0, (), {})


def test_no_label_column() -> None:
    with pytest.raises(SchemaError, match="'style'"):
        audit(sound(), label="style")


def test_the_label_may_be_a_column_of_the_contract() -> None:
    found = audit(sound().drop("genre").with_columns(album=pl.lit("same")), label="album")
    assert found.genres == {"same": 300}
    assert "one_genre" in found.names


def test_sentences_say_numbers_and_what_to_do() -> None:
    found = audit(pl.concat([sound(), sound()[:50].with_columns(genre=pl.lit("polka"))]))
    for finding in found.findings:
        assert finding.message.endswith(".")
        assert ": " in finding.message
    assert only(found, "repeated_id").message.startswith("50 rows (14.3%) repeat the track id")


@pytest.mark.data("spotify_30k")
def test_spotify_30k(data: Path) -> None:
    tracks = table.read(data / "spotify_30k" / "spotify_songs.csv").tracks
    found = audit(tracks)
    assert set(found.leaking) == {"playlist_name", "playlist_id", "playlist_subgenre"}
    assert only(found, "repeated_id").rows == 4_477
    shares = {key: only(found, f"overlap_{key}").share for key in ("id", "title_artist", "artist")}
    assert shares == {key: pytest.approx(share, abs=0.015) for key, share in EXPECTED_OVERLAPS.items()}
    assert "1,687 tracks" in only(found, "contradictory_id").message
    assert found.ceiling == pytest.approx(0.934, abs=0.0005)
    assert found.floors["artist_majority"] == pytest.approx(0.810, abs=0.0005)
    assert found.artist_coverage == pytest.approx(0.771, abs=0.0005)
    assert found.floors["majority"] == pytest.approx(6_043 / 32_833)
    assert only(found, "missing_name").rows == 5
    assert only(found, "no_tempo").rows == 1


EXPECTED_OVERLAPS = {"id": 0.20, "title_artist": 0.29, "artist": 0.79}


@pytest.mark.data("spotify_30k")
def test_another_seed_draws_another_test_part(data: Path) -> None:
    tracks = table.read(data / "spotify_30k" / "spotify_songs.csv").tracks
    first, second = (only(audit(tracks, seed=seed), "overlap_id") for seed in (0, 1))
    assert first.rows != second.rows
    assert first.share == pytest.approx(second.share, abs=0.015)


@pytest.mark.data("genres_v2")
def test_genres_v2(data: Path) -> None:
    found = audit(table.read(data / "genres_v2" / "genres_v2.csv").tracks)
    assert set(found.leaking) == {"title", "song_name"}
    assert columns(found, "emptiness_gives_label_away") == {"title", "song_name"}
    assert only(found, "repeated_vector").rows == 42_305 - 35_096
    assert "2,383 tracks" in only(found, "contradictory_vector").message
    assert found.ceiling == pytest.approx(0.928, abs=0.001)
    assert {"no_artist", "no_track_id"} <= set(found.names)
    assert columns(found, "constant") == {"type"}


@pytest.mark.data("capstone12")
def test_capstone12(data: Path) -> None:
    tracks = taxonomy.bin(table.read(data / "capstone12").tracks, "capstone12").tracks
    started = time.perf_counter()
    found = audit(tracks)
    assert time.perf_counter() - started < 5
    assert "one 1,717 times" in only(found, "stale_track").message
    assert only(found, "track_of_several_artists").rows > 5_000
    assert {"repeated_row", "no_tempo", "no_time_signature", "contradictory_id"} <= set(found.names)
    # The tags are what the label was made of.
    assert set(found.leaking) == {"tags"}


@pytest.mark.data("msd10k")
def test_msd10k(data: Path) -> None:
    corgis = table.read(data / "msd10k" / "corgis_music.csv").tracks
    found = audit(corgis.with_columns(genre=pl.col("tags").list.first()))
    assert columns(found, "imputed") >= {"latitude", "longitude"}
    assert all(6_257 <= f.rows <= 6_258 for f in found.find("imputed") if f.columns[0].endswith("itude"))
    assert only(found, "one_genre_per_artist").severity == "leak"
    assert "release_year" in columns(found, "mostly_missing")
    assert "tags" in found.leaking


@pytest.mark.data("msd10k")
def test_msd10k_as_converted_from_hdf5(data: Path) -> None:
    tracks = table.read(data / "msd10k" / "SongCSV_ardabney.csv").tracks
    found = audit(tracks.with_columns(genre=pl.Series(["a", "b"] * (tracks.height // 2))))
    assert "danceability" in columns(found, "constant")
    assert {f.rows for f in found.find("mostly_missing") if f.columns == ("release_year",)} == {5_320}


@pytest.mark.data("gtzan")
def test_gtzan(data: Path) -> None:
    found = audit(table.read(data / "gtzan" / "features_30_sec.csv").tracks)
    assert only(found, "repeated_vector").rows == 14
    assert "1 tracks" in only(found, "contradictory_vector").message
    assert columns(found, "nearly_constant") == {"length"}
    assert set(found.leaking) == {"filename"}


@pytest.mark.data("ds_music", "spotify_114k")
def test_tables_without_leaks_in_their_features(data: Path) -> None:
    eight = audit(table.read(data / "spotify_114k" / "eight_genres.csv").tracks)
    assert eight.leaking == {}
    segments = audit(table.read(data / "ds_music" / "ds_music_segment30s.csv").tracks)
    assert set(segments.leaking) <= {"filename", "track"}
