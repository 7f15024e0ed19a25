"""Maps of two dimensions."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from genrelab.errors import SettingError
from genrelab.insight import cluster_map


def _facts(rows: int) -> pl.DataFrame:
    return pl.DataFrame({"cluster": np.arange(rows) % 3 + 1})


def test_principal_components_keep_distances_of_flat_points() -> None:
    flat = np.random.default_rng(0).normal(size=(50, 2)) * [3, 1]
    turned = flat @ np.array([[0.6, 0.8, 0.0], [0.0, 0.0, 1.0]])
    drawn = cluster_map.draw(turned, _facts(50), projection="pca", seed=0)
    assert drawn.explained is not None
    assert sum(drawn.explained) == pytest.approx(1)
    x, y = drawn.points["x"].to_numpy(), drawn.points["y"].to_numpy()
    assert np.hypot(x[0] - x[1], y[0] - y[1]) == pytest.approx(np.linalg.norm(flat[0] - flat[1]))
    assert drawn.points["row"].to_list() == list(range(50))
    assert drawn.said.endswith("show 100 % of the variance. All 50 tracks.")


def test_one_column_lies_on_a_line() -> None:
    drawn = cluster_map.draw(np.arange(9.0)[:, None], _facts(9), projection="pca", seed=0)
    assert set(drawn.points["y"]) == {0.0}
    assert drawn.explained == (1.0, 0.0)


def test_large_tables_are_sampled_and_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_map, "MOST_POINTS", 10)
    drawn = cluster_map.draw(
        np.random.default_rng(0).normal(size=(50, 2)), _facts(50), projection="pca", seed=0
    )
    assert "10 of 50 tracks, drawn at random" in drawn.said
    assert drawn.points["cluster"].to_list() == [row % 3 + 1 for row in drawn.points["row"]]


def test_umap_keeps_heaps_apart() -> None:
    pytest.importorskip("umap", reason="needs genrelab[clusters]")
    rng = np.random.default_rng(0)
    heaps = np.vstack([rng.normal(at, 0.1, (30, 5)) for at in (0, 9)])
    drawn = cluster_map.draw(heaps, _facts(60), projection="umap", seed=0)
    x, y = drawn.points["x"].to_numpy(), drawn.points["y"].to_numpy()
    middle = [(x[part].mean(), y[part].mean()) for part in (slice(0, 30), slice(30, 60))]
    spread = max(x[:30].std(), y[:30].std(), x[30:].std(), y[30:].std())
    assert np.hypot(middle[0][0] - middle[1][0], middle[0][1] - middle[1][1]) > 2 * spread
    assert drawn.explained is None
    assert "distances between groups mean little" in drawn.said


def test_umap_needs_some_tracks() -> None:
    with pytest.raises(SettingError, match="map: 5 tracks are too few for umap: choose pca"):
        cluster_map.draw(np.zeros((5, 2)), _facts(5), projection="umap", seed=0)
