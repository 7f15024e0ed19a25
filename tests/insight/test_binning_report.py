"""How well a taxonomy fits a table: figures that a person can check, on the terminal and on a page."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from rich.console import Console

from genrelab import cleaning
from genrelab.insight import binning_report
from genrelab.insight.binning_report import Examined, examine
from genrelab.sources import table
from genrelab.taxonomy import Taxonomy, bin, load  # noqa: A004 - the field's verb
from genrelab.taxonomy.space import Genre

TRACKS = pl.DataFrame(
    {
        "artist": ["A", "B", "C", "<b>D</b>", "E", "F"],
        "title": ["one", "two", None, "four", "five", "six"],
        "tags": [
            ["rock", "pop"], ["pop rock", "rock"], ["<i>odd</i>"], ["<i>odd</i>", "seen live"], [],
            ["jazz", "odd"],
        ],
    }
)  # fmt: skip


def found(name: str = "broad", tracks: pl.DataFrame = TRACKS) -> Examined:
    taxonomy = load(name)
    return examine(tracks, bin(tracks, taxonomy), taxonomy)


def test_every_tag_is_told() -> None:
    tags = found().tags
    assert tags.select("tag", "rows", "left", "genres").rows() == [
        ("<i>odd</i>", 2, 2, []), ("rock", 2, 0, ["rock"]), ("jazz", 1, 0, ["jazz"]), ("odd", 1, 0, []),
        ("pop", 1, 0, ["pop"]), ("pop rock", 1, 0, ["rock"]), ("seen live", 1, 1, []),
    ]  # fmt: skip
    assert tags["examples"][0].to_list() == ["C", "<b>D</b>: four"]
    assert found().untagged == 1


def test_coverage_adds_up() -> None:
    shown = {row[0]: row[1:] for row in binning_report.tabulate_coverage(found()).rows}
    assert shown["tracks"] == ("6", "")
    assert shown["with a genre"] == ("3", "50.0 %")
    assert shown["without any tag"] == ("1", "16.7 %")
    assert shown["with tags of several genres"] == ("1", "16.7 %")
    counts = [
        shown[name][0]
        for name in ("tags that mean a genre", "tags that are ignored", "tags that are left over")
    ]
    assert counts == ["4", "1", "2"]
    assert shown["tags"][0] == "7"


def test_what_is_left_is_ranked_by_what_it_would_win() -> None:
    left = binning_report.tabulate_left(found())
    assert [row[0] for row in left.rows] == ["<i>odd</i>", "odd"]
    assert [row[2:] for row in left.rows] == [("2", "2"), ("0", "1")]
    assert "1 more tag." in binning_report.tabulate_left(found(), 1).tells
    assert binning_report.draw_left(found())["data"][0]["x"] == [2]


def test_tags_of_a_genre_and_how_often_they_win() -> None:
    tracks = pl.concat(
        [TRACKS, pl.DataFrame({"artist": ["G"], "title": ["x"], "tags": [["jazz", "pop", "pop rap"]]})]
    )
    rows = binning_report.tabulate_tags(found(tracks=tracks), "jazz").rows
    assert rows == (("jazz", "2", "100 %"),)
    assert binning_report.tabulate_tags(found(tracks=tracks), "pop").rows == (("pop", "2", "0 %"),)


def test_a_tag_of_several_genres_stands_under_each() -> None:
    both = Taxonomy("two", "", "", (Genre("rock", patterns=("rock",)), Genre("pop", patterns=("pop",))))
    told = examine(TRACKS, bin(TRACKS, both), both)
    for genre, share in (("rock", "100 %"), ("pop", "0 %")):
        assert ("pop rock", "1", share) in binning_report.tabulate_tags(told, genre).rows
    assert binning_report.tabulate_taken(told).rows == (("rock", "pop", "2"),)
    grid = binning_report.draw_taken(told)["data"][0]
    assert grid["z"] == [[None, 2], [None, None]]


def test_genres_without_tracks_are_named_only() -> None:
    made = binning_report.tabulate_genres(found())
    assert [row[0] for row in made.rows] == ["rock", "jazz"]
    assert "17 genres have no track: " in made.tells
    assert binning_report.draw_genres(found())["data"][0]["x"] == [2, 1]
    grid = binning_report.draw_taken(found("broad", pl.DataFrame({"tags": [["pop", "jazz", "pop"]]})))
    assert grid["data"][0]["z"] == [[None, 1], [None, None]]


def test_unique_tracks_stand_beside_tracks_where_they_are_fewer() -> None:
    twice = pl.concat([TRACKS, TRACKS[:1]])
    made = binning_report.tabulate_genres(found(tracks=twice))
    assert made.headers == ("genre", "tracks", "unique tracks", "share")
    assert made.rows[0] == ("rock", "3", "2", "42.9 %")
    assert binning_report.tabulate_genres(found()).headers == ("genre", "tracks", "share")
    by_id = TRACKS.with_columns(track_id=pl.Series(["1", "1", None, None, None, None]))
    assert found(tracks=by_id).unique == {"rock": 1, "jazz": 1}


@pytest.mark.parametrize(
    ("tags", "said"), [(["mallet", None], "No tag means a genre"), ([None, ""], "No track has a tag")]
)
def test_nothing_covered_has_a_hint(tags: list[str | None], said: str) -> None:
    (note,) = found(tracks=pl.DataFrame({"tags": pl.Series(tags, dtype=pl.String)})).notes
    assert note.startswith(said)
    assert "'genrelab list taxonomies'" in note


def test_one_track_is_no_plural(capsys: pytest.CaptureFixture[str]) -> None:
    binning_report.render(found(), Console(width=100, highlight=False))
    assert "1 track matches several genres; 0.0 % of all" in capsys.readouterr().out


def test_numbers_stand_in_a_small_grid_only() -> None:
    wide = Taxonomy("wide", "", "", tuple(Genre(f"g{i}", (f"g{i}",)) for i in range(8)))
    for many, text in ((5, "%{text}"), (8, None)):
        tracks = pl.DataFrame({"tags": [[f"g{i}" for i in range(many)]]})
        grid = binning_report.draw_taken(examine(tracks, bin(tracks, wide), wide))["data"][0]
        assert len(grid["z"]) == many
        assert grid["texttemplate"] == text
        assert grid["showscale"] is (text is None)


def test_ignored_tags_and_why() -> None:
    rows = binning_report.tabulate_ignored(found()).rows
    assert rows == (("seen live", "says no genre", "1"),)


@pytest.mark.parametrize(
    "tracks",
    [
        pl.DataFrame({"tags": ["pop", None, "mallet"]}),
        pl.DataFrame({"tags": pl.Series([[], None], dtype=pl.List(pl.String)), "track_id": ["1", "2"]}),
        pl.DataFrame({"tags": pl.Series([[12]], dtype=pl.List(pl.Int64))}),
        TRACKS.clear(),
    ],
)
def test_odd_tables(tracks: pl.DataFrame, tmp_path: Path) -> None:
    told = found(tracks=tracks)
    binning_report.write_html(told, tmp_path / "page.html")
    binning_report.render(told, Console(width=80, quiet=True))
    assert told.rows == tracks.height


def test_the_page_is_escaped_and_whole(tmp_path: Path) -> None:
    place = tmp_path / "page.html"
    binning_report.write_html(found(), place, "<tags>")
    text = place.read_text(encoding="utf-8")
    assert "<i>odd" not in text
    assert "<b>D</b>" not in text
    assert "&lt;i&gt;odd" in text
    for name in ("Coverage", "What is left", "Genre by genre"):
        assert f"<b>{name}</b>" in text
    assert load("broad").sha256 in text


def test_the_terminal_is_80_columns(capsys: pytest.CaptureFixture[str]) -> None:
    binning_report.render(found(), Console(width=80, highlight=False))
    shown = capsys.readouterr().out
    assert "3 of 6 tracks got a genre of the taxonomy broad (50.0 %)" in shown
    assert max(map(len, shown.splitlines())) <= 80
    assert "<i>odd</i>" in shown


@pytest.mark.data("capstone12")
def test_broad_binds_real_tags(data: Path) -> None:
    tracks = table.read(data / "capstone12").tracks
    told = found(tracks=tracks)
    assert told.tags.height == 1_735
    assert told.binned.coverage >= 0.98
    assert told.binned.order_dependence == 0
    assert told.binned.counts.keys() == set(load("broad").names)
    unique = cleaning.clean(tracks, ["repeated_row"]).tracks
    assert (tracks.height, unique.height) == (46_291, 38_535)
    assert bin(unique).coverage >= 0.98
    # A tag means one genre, so that a person can check each.
    assert told.tags["genres"].list.len().max() == 1


@pytest.mark.data("msd10k")
def test_broad_binds_the_echo_nests_terms(data: Path) -> None:
    tracks = table.read(data / "msd10k" / "corgis_music.csv").tracks
    assert bin(tracks).coverage >= 0.97
