"""Tables of words."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest

from genrelab.insight.exploration import Exploration, explore, tables
from genrelab.insight.tables import Table

MAKE: dict[str, Callable[[Exploration], Table]] = {
    name: getattr(tables, f"tabulate_{name}")
    for name in (
        *("shares", "means", "ranges", "boxes", "densities", "correlations", "strongest", "scores"),
        *("missing", "faults", "impossible", "listed"),
    )
}


@pytest.mark.parametrize("name", MAKE)
def test_rows_are_as_long_as_their_headers(found: Exploration, whole: Exploration, name: str) -> None:
    for one in (found, whole):
        made = MAKE[name](one)
        assert all(len(row) == len(made.headers) for row in made.rows), made
        assert made.title
        assert made.tells
    assert MAKE[name](found).rows


def test_scores_say_how_many_tracks_have_a_value(found: Exploration) -> None:
    made = tables.tabulate_scores(found)
    counts = {row[0]: row[1] for row in made.rows}
    assert made.headers[1] == "tracks"
    assert int(counts["energy"]) - int(counts["loudness"]) == 5


def test_bins_of_a_genre_add_up(found: Exploration) -> None:
    made = tables.tabulate_histograms(found, ["energy"], shares=False)
    place = made.headers.index(found.genres[0])
    total = sum(int(row[place].replace(",", "")) for row in made.rows)
    assert total == found.shares["tracks"][0]
    shares = tables.tabulate_histograms(found, ["energy"], shares=True)
    assert sum(float(row[place].removesuffix(" %")) for row in shares.rows) == pytest.approx(100, abs=1)


def test_a_track_with_several_faults_is_listed_once() -> None:
    table = pl.DataFrame(
        {"tempo": [0.0, 90.0], "time_signature": [0, 4], "title": ["rain", "song"], "artist": [None, "b"]}
    )
    made = tables.tabulate_listed(explore(table))
    fault = "tempo is 0: none was found; time_signature is 0: none was found"
    assert made.rows == (("rain", fault, "(no genre)", "0"),)


def test_components_are_said_in_one_sentence(found: Exploration) -> None:
    assert found.components is not None
    assert tables.explained(found.components).endswith("components explain 90 % of the variance.")
    loadings = tables.tabulate_loadings(found.components)
    assert len(loadings.rows) == len(found.columns)
    assert len(loadings.headers) == len(found.columns) + 1


def test_how_many_points_are_shown_is_said(found: Exploration) -> None:
    assert tables.tabulate_pair(found.pairs[1]).tells.startswith("496 of 496 tracks are shown")
