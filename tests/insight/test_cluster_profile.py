"""What is in each cluster: gaps, parts of ranges, genres and traits."""

from __future__ import annotations

import numpy as np
import polars as pl

from genrelab.insight import cluster_profile

NAN = float("nan")


def test_gaps_are_not_counted_in_ranges_or_histograms() -> None:
    values, codes = np.array([[0.1], [NAN], [0.9], [NAN]]), np.array([0, 0, 0, 1])
    ranges = cluster_profile.ranges(values, codes, ["energy"])
    assert ranges.select("minimum", "mean", "maximum").rows() == [(0.1, 0.5, 0.9), (None, None, None)]
    counts = cluster_profile.histograms(values, codes, ["energy"], bins=2)
    assert counts["tracks"].to_list() == [1, 1, 0, 0]


def test_the_largest_value_is_in_the_last_part() -> None:
    values = np.arange(101.0)[:, None]
    counts = cluster_profile.histograms(values, np.zeros(101, dtype=np.int64), ["energy"])
    assert counts["tracks"].to_list() == [5] * 19 + [6]
    assert (counts["low"][0], counts["high"][-1]) == (0, 100)


def test_whole_numbers_have_a_part_each_with_empty_ones_between() -> None:
    counts = cluster_profile.histograms(np.array([[3.0], [5.0]]), np.array([0, 0]), ["time_signature"])
    assert counts.select("low", "high", "tracks").rows() == [(2.5, 3.5, 1), (3.5, 4.5, 0), (4.5, 5.5, 1)]


def test_tracks_without_genre_are_in_the_sizes_but_not_compared() -> None:
    codes = np.array([0, 0, 0, 1])
    crossed = cluster_profile.cross(codes, pl.Series(["pop", "rock", None, None]))
    sizes = cluster_profile.sizes(codes, ["x", "y"], crossed)
    assert sizes["tracks"].to_list() == [3, 1]
    assert sizes.select("genre", "genre_share", "second", "second_share").rows() == [
        ("pop", 0.5, "rock", 0.5), (None, None, None, None)
    ]  # fmt: skip


def test_a_feature_that_all_clusters_share_sets_none_apart() -> None:
    rng = np.random.default_rng(0)
    codes = np.repeat([0, 1, 2], 100)
    tempo = codes * 50 + rng.uniform(60, 70, 300)
    metre = np.where(rng.uniform(size=300) < 0.95, 4.0, 3.0)
    told = cluster_profile.traits(np.column_stack([metre, tempo]), codes, ["time_signature", "tempo"], most=1)
    assert [trait.split()[0] for trait in told] == ["tempo"] * 3
    assert told[0].startswith("tempo 60.")
