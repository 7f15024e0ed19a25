"""Clusters: what is asked of them, what they say, and what the published study found on its own tracks."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from genrelab import cleaning, schema, taxonomy
from genrelab.errors import LabelError, MissingExtra, SettingError, UnknownName
from genrelab.insight import clustering
from genrelab.insight.clustering import Clusters, cluster
from genrelab.sources import demo, table

STUDIED = (
    "acousticness", "danceability", "energy", "instrumentalness", "liveness", "loudness", "mode",
    "speechiness", "tempo", "time_signature", "valence",
)  # fmt: skip


@pytest.fixture(scope="module")
def songs() -> pl.DataFrame:
    """Songs of which each stands once and has a tempo, a metre and a genre."""
    return cleaning.clean(demo.read(rows=500, seed=3).tracks).tracks


@pytest.fixture(scope="module")
def found(songs: pl.DataFrame) -> Clusters:
    return cluster(songs, k=6, label="genre", seed=1, forest_trees=20, threads=1)


def test_what_it_says_agrees_with_itself(songs: pl.DataFrame, found: Clusters) -> None:
    counts = found.assigned.value_counts().sort("cluster")["count"].to_list()
    assert found.sizes["tracks"].to_list() == counts == sorted(counts, reverse=True)
    assert found.sizes["share"].sum() == pytest.approx(1)
    assert found.genres["tracks"].sum() == songs.height
    first = found.genres.filter(pl.col("cluster") == 1)
    own = songs.filter(found.assigned == 1)["genre"].value_counts()
    assert dict(first.select("genre", "tracks").iter_rows()) == dict(own.iter_rows())
    assert found.sizes["genre"][0] == first["genre"][0]
    one = found.ranges.filter((pl.col("cluster") == 2) & (pl.col("feature") == "tempo")).row(0, named=True)
    tempo = songs.filter((found.assigned == 2) & (pl.col("tempo") > 0))["tempo"]
    assert (one["minimum"], one["median"], one["maximum"]) == (tempo.min(), tempo.median(), tempo.max())
    counted = found.histograms.group_by("feature", "cluster").agg(pl.col("tracks").sum())
    assert counted.filter(feature="energy").sort("cluster")["tracks"].to_list() == counts


def test_measures_lie_in_their_ranges(songs: pl.DataFrame, found: Clusters) -> None:
    m = found.measures
    assert -1 <= m.silhouette <= 1
    assert 0 < m.stability <= 1
    assert m.ari is not None
    assert m.nmi is not None
    assert 0 < m.ari < m.nmi < 1
    assert (m.silhouette_rows, m.stability_rows, m.compared_rows) == (songs.height,) * 3
    assert found.forest.accuracy > found.forest.floor + 0.2
    assert sum(found.forest.importance.values()) == pytest.approx(1)
    assert set(found.forest.importance) == set(found.columns)


def test_the_same_seed_gives_the_same_clusters(songs: pl.DataFrame, found: Clusters) -> None:
    again = cluster(songs, k=6, label="genre", seed=1, forest_trees=20, threads=1)
    assert json.dumps(clustering.as_dict(again)) == json.dumps(clustering.as_dict(found))
    assert again.map.points.equals(found.map.points)
    other = cluster(songs, k=6, seed=2, forest_trees=1, threads=1)
    assert not other.map.points.equals(found.map.points)


def test_every_track_is_in_its_nearest_cluster_and_so_are_new_ones(
    songs: pl.DataFrame, found: Clusters
) -> None:
    assert found.assign(songs).equals(found.assigned)
    gap = songs.head(1).with_columns(tempo=0.0, energy=pl.lit(None, dtype=pl.Float64))
    assert found.assign(gap)[0] in range(1, 7)


def test_without_genres_nothing_is_compared(songs: pl.DataFrame) -> None:
    found = cluster(songs.drop("genre"), k=3, forest_trees=2, threads=1)
    assert found.genres.height == 0
    assert found.sizes["genre"].null_count() == 3
    assert (found.measures.ari, found.measures.nmi, found.measures.compared_rows) == (None, None, 0)


def test_gaps_and_tracks_without_genre_are_told(songs: pl.DataFrame) -> None:
    first = pl.int_range(pl.len()) < 7
    holed = songs.with_columns(
        energy=pl.when(~first).then("energy"),
        tempo=pl.when(first).then(0.0).otherwise("tempo"),
        genre=pl.when(first).then(pl.lit(" ")).otherwise("genre"),
        mode=pl.lit(1),
    )
    found = cluster(holed, ["energy", "tempo", "mode", "key"], k=3, label="genre", forest_trees=2, threads=1)
    told = " ".join(found.notes)
    assert "7 tracks have gaps, which were put at the column's median: energy 7, tempo 7" in told
    assert "7 tracks without a genre were clustered, but not compared" in told
    assert "left out: mode (one value only)" in told
    assert "keys run in a circle" in told
    assert found.measures.compared_rows == songs.height - 7
    assert len(found.assigned) == songs.height


def test_raw_columns_let_the_widest_decide(songs: pl.DataFrame) -> None:
    raw = cluster(songs, ["tempo", "energy"], k=4, scaled=False, forest_trees=5, threads=1)
    assert max(raw.forest.importance, key=lambda name: raw.forest.importance[name]) == "tempo"
    assert "tempo has 99.9 % of the variance" in raw.notes[-1] or "tempo has 100.0 %" in raw.notes[-1]


BAD: dict[str, tuple[dict[str, object], type[Exception], str]] = {
    "one cluster": ({"k": 1}, SettingError, "k: 1 clusters asked for, of .* choose from 2 to"),
    "too many": (
        {"k": 999},
        SettingError,
        r"k: 999 clusters asked for, of (\d+) different tracks: .* 2 to \1",
    ),
    "no forest": ({"forest_trees": 0}, SettingError, "forest_trees: 0 make no forest"),
    "no map": ({"projection": "pac"}, UnknownName, "no map 'pac': did you mean 'pca'"),
    "no label": ({"label": "genres"}, LabelError, "label 'genres': no such column"),
    "number as label": ({"label": "tempo"}, LabelError, "not names of genres"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_settings(songs: pl.DataFrame, name: str) -> None:
    given, error, message = BAD[name]
    with pytest.raises(error, match=message):
        cluster(songs, threads=1, **given)  # type: ignore[arg-type]  # that is the point


def test_tracks_that_cannot_be_parted() -> None:
    with pytest.raises(SettingError, match="of 2 different tracks"):
        cluster(pl.DataFrame({"tempo": [90.0, 90.0, 100.0]}), k=3, threads=1)
    with pytest.raises(LabelError, match="no row has a genre"):
        cluster(pl.DataFrame({"tempo": [90.0, 100.0], "genre": ["", " "]}), k=2, label="genre", threads=1)
    vast = pl.DataFrame({"plays": [1.0, 2.0, 3.0, 4.0, 1e25]})
    with pytest.raises(SettingError, match="only 2 can be told apart: leave out the columns of huge numbers"):
        cluster(vast, ["plays"], k=4, scaled=False, threads=1)


def test_two_tracks_are_enough() -> None:
    found = cluster(pl.DataFrame({"tempo": [90.0, 100.0]}), k=2, forest_trees=1, threads=1)
    assert found.assigned.sort().to_list() == [1, 2]
    assert math.isnan(found.measures.silhouette)
    assert (
        json.loads(json.dumps(clustering.as_dict(found), allow_nan=False))["measures"]["silhouette"] is None
    )


def test_umap_is_an_extra(songs: pl.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "umap", None)
    with pytest.raises(
        MissingExtra, match=r"umap-learn is not installed: pip install 'genrelab\[clusters\]'"
    ):
        cluster(songs, k=3, projection="umap", threads=1)


# The published study ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def studied(data: Path) -> pl.DataFrame:
    """The study's 35,049 tracks: exact repeats gone, tags binned."""
    distinct = cleaning.clean(table.read(data / "capstone12").tracks, ["repeated_row"]).tracks
    tracks = taxonomy.bin(distinct, "capstone12").tracks
    assert tracks.height == 35_049
    return tracks


def _of_the_study(tracks: pl.DataFrame, *without: str) -> Clusters:
    # 25 trees instead of 100 keep it quick; they cost the forest 0.005 at most.
    columns = [name for name in STUDIED if name not in without]
    return cluster(tracks, columns, scaled=False, label="genre", seed=24, forest_trees=25, threads=1)


@pytest.mark.data("capstone12")
def test_the_study_with_all_features_finds_ranges_of_tempo(studied: pl.DataFrame) -> None:
    found = _of_the_study(studied)
    assert found.forest.accuracy == pytest.approx(0.980, abs=0.02)
    assert max(found.forest.importance.items(), key=lambda one: one[1])[0] == "tempo"
    tempo = found.ranges.filter(pl.col("feature") == "tempo").sort("median")
    width = (tempo["p95"] - tempo["p5"]).to_numpy()
    whole = np.subtract(*np.quantile(studied["tempo"], [0.95, 0.05]))
    assert np.median(width) < 0.2 * whole


@pytest.mark.data("capstone12")
def test_the_study_without_tempo_finds_ranges_of_loudness(studied: pl.DataFrame) -> None:
    found = _of_the_study(studied, "tempo")
    assert found.forest.accuracy == pytest.approx(0.994, abs=0.02)
    loudness = found.ranges.filter(pl.col("feature") == "loudness").sort("median")
    assert (loudness["p95"][:-1] <= loudness["p5"][1:]).all()


@pytest.mark.data("capstone12")
def test_the_study_without_four_features_finds_genres(studied: pl.DataFrame) -> None:
    found = _of_the_study(studied, "tempo", "loudness", "mode", "time_signature")
    assert found.forest.accuracy == pytest.approx(0.959, abs=0.02)
    assert found.sizes["share"][0] == pytest.approx(0.168, abs=0.005)
    assert next(iter(found.forest.importance)) == "valence"
    assert found.forest.importance["valence"] == pytest.approx(0.25, abs=0.03)
    leaders = found.sizes.group_by("genre").agg(pl.len(), pl.col("genre_share").max()).rows_by_key("genre")
    assert leaders["pop"][0][0] >= 7
    assert leaders["classical"][0][1] == pytest.approx(0.52, abs=0.02)
    dance = found.sizes.filter(genre="dance")["genre_share"].sort(descending=True).to_list()
    assert dance == pytest.approx([0.35, 0.34], abs=0.02)
    tied = found.sizes.filter((pl.col("genre_share") - pl.col("second_share")).abs() < 0.01)
    assert "classical" in tied["genre"].to_list() + tied["second"].to_list()


def test_the_terms_of_a_service_are_noted() -> None:
    drawn = schema.sample(60, seed=0).with_columns(collected_from=pl.lit("spotify"))
    assert "Spotify, whose terms forbid training" in cluster(drawn, k=2, forest_trees=5, threads=1).notes[0]
