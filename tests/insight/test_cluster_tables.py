"""Clusters in tables of words."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from genrelab.insight import cluster_tables
from genrelab.insight.cluster_choice import choose_k
from genrelab.insight.clustering import Clusters, cluster
from genrelab.sources import demo


@pytest.fixture(scope="module")
def found() -> Clusters:
    return cluster(demo.read(rows=300, seed=3).tracks, k=4, label="genre", forest_trees=5, threads=1)


def test_each_cluster_has_a_row_with_its_genres(found: Clusters) -> None:
    table = cluster_tables.tabulate_sizes(found)
    assert [row[0] for row in table.rows] == ["1", "2", "3", "4"]
    first = found.sizes.row(0, named=True)
    assert table.rows[0][2].startswith(f"{first['genre']} {100 * first['genre_share']:.0f} %, ")
    assert table.rows[0][3:] == (f"{first['tracks']}", f"{100 * first['share']:.1f} %")
    assert all(len(row) == len(table.headers) for row in table.rows)


def test_without_genres_there_is_no_column_of_them(found: Clusters) -> None:
    alone = replace(found, genres=found.genres.clear(), label=None)
    assert cluster_tables.tabulate_sizes(alone).headers == (
        "cluster",
        "what sets it apart",
        "tracks",
        "share",
    )
    alone = replace(alone, measures=replace(found.measures, ari=None, nmi=None))
    assert len(cluster_tables.tabulate_measures(alone).rows) == 4


def test_measures_say_how_large_their_samples_are(found: Clusters) -> None:
    told = {row[0]: row[1] for row in cluster_tables.tabulate_measures(found).rows}
    assert "on 300 tracks" in told["silhouette"]
    assert "5 seeds" in told["stability"]
    assert "5 trees on 225 tracks" in told["forest accuracy"]
    assert "tested on 75 others" in told["forest accuracy"]


def test_the_cross_table_has_every_track_once(found: Clusters) -> None:
    names, counts, shares = cluster_tables.cross_table(found)
    assert sum(map(sum, counts)) == 300
    assert all(sum(filter(None, row)) == pytest.approx(1) for row in shares)
    cell = cluster_tables.tabulate_genres(found).rows[0][1]
    assert cell == (f"{counts[0][0]} ({100 * (shares[0][0] or 0):.0f} %)" if counts[0][0] else "-")
    assert names[0] == found.genres.group_by("genre").agg(pl.col("tracks").sum()).sort("tracks")["genre"][-1]


def test_rare_genres_share_a_column() -> None:
    tracks = demo.read(rows=300, seed=3).tracks.with_columns(
        genre=pl.format("genre {}", pl.int_range(pl.len()) % 50)
    )
    found = cluster(tracks, k=3, label="genre", forest_trees=1, threads=1)
    names, counts, _ = cluster_tables.cross_table(found)
    assert (len(names), names[-1]) == (30, "other genres")
    assert sum(map(sum, counts)) == 300


def test_histograms_and_ranges_have_the_counts(found: Clusters) -> None:
    counts = cluster_tables.tabulate_histogram(found, "energy")
    columns = list(zip(*counts.rows, strict=True))[1:]
    assert [sum(map(int, column)) for column in columns] == found.sizes["tracks"].to_list()
    assert len(cluster_tables.tabulate_ranges(found, "energy").rows) == 4


def test_the_recommended_number_is_marked() -> None:
    tracks = pl.DataFrame({"tempo": [60.0, 61, 120, 121, 180, 181]})
    table = cluster_tables.tabulate_choice(choose_k(tracks, low=2, high=4, threads=1))
    assert [row[0] for row in table.rows] == ["2", "3 (recommended)", "4"]
    assert "Measured on 6 tracks with 5 seeds each" in table.tells


def test_the_map_has_the_middle_of_every_group(found: Clusters) -> None:
    table = cluster_tables.tabulate_map(found, "cluster")
    assert {row[0] for row in table.rows} == {"1", "2", "3", "4"}
    assert sum(int(row[1]) for row in table.rows) == 300
