"""The page of clusters."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from genrelab.errors import OutputError
from genrelab.insight import cluster_page
from genrelab.insight.cluster_choice import choose_k
from genrelab.insight.clustering import cluster
from genrelab.sources import demo


def test_the_page_has_a_figure_for_everything(tmp_path: Path) -> None:
    tracks = demo.read(rows=200, seed=3).tracks
    columns = ["tempo", "energy"]
    found = cluster(tracks, columns, k=3, label="genre", forest_trees=2, threads=1)
    choice = choose_k(tracks, columns, low=2, high=3, seeds=2, threads=1)
    path = tmp_path / "clusters.html"
    cluster_page.write_html(found, path, "clusters of <songs>", choice, synthetic=True)
    page = path.read_text("utf-8")
    assert "clusters of &lt;songs&gt;" in page
    assert "clusters of <songs>" not in page
    tabs = re.findall(r'role="tab"[^>]*><b>([^<]+)</b>', page)
    assert tabs == ["Clusters", "Every feature", "How many clusters?"]
    held = re.search(r'<script[^>]*id="figures"[^>]*>(.*?)</script>', page, re.DOTALL)
    assert held
    figures = json.loads(held[1])
    assert set(re.findall(r'class="plot" id="([^"]+)"', page)) == set(figures)
    assert len(figures) == 5 + 2 * 2 + 1
    assert 'class="banner"' in page


def test_without_genres_there_is_one_map(tmp_path: Path) -> None:
    found = cluster(demo.read(rows=100, seed=3).tracks, ["tempo"], k=3, forest_trees=2, threads=1)
    path = tmp_path / "clusters.html"
    cluster_page.write_html(found, path, "clusters")
    page = path.read_text("utf-8")
    assert "Map by cluster" in page
    assert "Map by genre" not in page
    assert "Clusters and genres" not in page


def test_a_page_that_cannot_be_written(tmp_path: Path) -> None:
    found = cluster(demo.read(rows=100, seed=3).tracks, ["tempo"], k=3, forest_trees=2, threads=1)
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="is a file"):
        cluster_page.write_html(found, tmp_path / "file" / "page.html", "clusters")
