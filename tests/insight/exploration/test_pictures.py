"""What the pictures show."""

from __future__ import annotations

import pytest

from genrelab.insight.exploration import Exploration, pictures


def test_bars_are_as_long_as_genres_are_frequent(found: Exploration) -> None:
    axes = pictures.draw_shares(found).axes[0]
    assert [bar.get_bbox().width for bar in axes.containers[0]] == found.shares["tracks"].to_list()[:-1]


def test_names_hold_no_formula_and_no_control(small: Exploration) -> None:
    labels = [label.get_text() for label in pictures.draw_shares(small).axes[0].get_yticklabels()]
    nasty = next(text for text in labels if "script" in text)
    assert "\x1b" not in nasty
    assert len(nasty.replace("\\$", "$")) <= 24
    assert pictures._text("$x$") == r"\$x\$"


def test_every_column_has_a_panel_with_a_curve_for_every_genre(small: Exploration) -> None:
    shown = [axes for axes in pictures.draw_densities(small).axes if axes.get_visible()]
    assert [len(axes.lines) for axes in shown] == [len(small.genres)] * len(small.columns)
    assert shown[2].get_xlabel() == "loudness (dBFS)"


def test_matrices_hold_the_correlations(found: Exploration) -> None:
    image = pictures.draw_correlations(found).axes[0].images[0].get_array()
    assert image is not None
    expected = found.correlations.filter(column="energy", other="loudness")["correlation"].item()
    places = found.columns.index("energy"), found.columns.index("loudness")
    assert float(image[places]) == pytest.approx(expected)


def test_small_histograms_have_a_bar_for_every_bin_with_tracks(found: Exploration) -> None:
    axes = pictures.draw_small_multiples(found, found.columns[:3]).axes[0]
    bars = sum(len(collection.get_paths()) for collection in axes.collections)
    filled = found.histograms.filter(column=found.columns[0]).height
    assert 0 < bars <= 3 * filled * 2
    assert len(axes.collections) == len(found.genres)
