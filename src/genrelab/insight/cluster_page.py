"""The page of clusters: what they are, every feature, and how many there should be."""

from __future__ import annotations

from pathlib import Path

from genrelab.insight import cluster_plots, cluster_tables, document
from genrelab.insight.cluster_choice import Choice
from genrelab.insight.clustering import Clusters
from genrelab.insight.document import Card, Section

GLOSSARY = {
    "cluster": "Tracks that are near each other in the columns that were compared; the largest is number 1.",
    "k-means": "Finds a given number of centres such that the squared distances to the nearest are small.",
    "silhouette": "How much nearer a track is to its own cluster than to the next one: 1 clear, 0 touching.",
    "stability": "How much the clusters of several seeds agree: 1 the same, 0 by chance.",
    "adjusted Rand index": "How often clusters and genres agree on two tracks belonging together, beyond "
    "chance: 1 always, 0 by chance.",
    "mutual information": "How much of the genre the cluster tells: 1 all, 0 nothing.",
    "inertia": "Sum of squared distances to the centres; it always falls with more clusters.",
    "random forest": "A model that learns to find the cluster; its importances tell which features matter.",
}


def write_html(
    found: Clusters, path: Path | str, title: str, choice: Choice | None = None, *, synthetic: bool = False
) -> None:
    """Write clusters as one HTML file that needs no network.

    Raises
    ------
    MissingExtra
        When plotly is not installed.
    OutputError
        When the file cannot be written.
    """
    sections = [_clusters(found), _features(found)]
    if choice is not None:
        sections.append(_choice(choice))
    document.write(path, title, sections, glossary=GLOSSARY, synthetic=synthetic)


def _clusters(found: Clusters) -> Section:
    cards = [
        Card(cluster_tables.tabulate_sizes(found), cluster_plots.draw_sizes(found), opened=True, wide=True),
        Card(cluster_tables.tabulate_map(found, "cluster"), cluster_plots.draw_map(found, "cluster")),
    ]
    if found.genres.height:
        cards += [
            Card(cluster_tables.tabulate_map(found, "genre"), cluster_plots.draw_map(found, "genre")),
            Card(cluster_tables.tabulate_genres(found), cluster_plots.draw_genres(found), wide=True),
        ]
    cards += [
        Card(cluster_tables.tabulate_importance(found), cluster_plots.draw_importance(found)),
        Card(cluster_tables.tabulate_measures(found)),
    ]
    return Section("Clusters", tuple(cards), found.notes)


def _features(found: Clusters) -> Section:
    cards = []
    for feature in cluster_tables.features(found):
        ranges = cluster_plots.draw_ranges(found, feature)
        counts = cluster_plots.draw_histogram(found, feature)
        cards += [
            Card(cluster_tables.tabulate_ranges(found, feature), ranges),
            Card(cluster_tables.tabulate_histogram(found, feature), counts),
        ]
    return Section("Every feature", tuple(cards))


def _choice(choice: Choice) -> Section:
    card = Card(
        cluster_tables.tabulate_choice(choice), cluster_plots.draw_choice(choice), opened=True, wide=True
    )
    return Section("How many clusters?", (card,))
