"""``genrelab bin``: outputs, page, and one line for what cannot be done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import polars as pl
import pytest

Run: TypeAlias = Callable[..., Any]


@pytest.fixture
def tagged(tmp_path: Path) -> Path:
    """A small table of tags."""
    path = tmp_path / "tagged.csv"
    path.write_text(
        "id,artist,artist_genres\n1,A,\"['Hip-Hop', 'seen live']\"\n2,B,\"['mallet', 'b']\"\n3,C,soul\n",
        "utf-8",
    )
    return path


def test_broad_is_the_default(run: Run, tagged: Path, tmp_path: Path) -> None:
    out, rest = tmp_path / "binned.csv", tmp_path / "rest.csv"
    told = run("bin", tagged, "-o", out, "--unbinned", rest, "--json").json
    assert told["taxonomy"]["name"] == "broad"
    assert told["genres"] == {"hip hop": 1, "r&b/soul": 1}
    assert told["unmatched"] == [{"tag": "mallet", "rows": 1}]
    assert [row["tag"] for row in told["ignored"]] == ["b", "seen live"]
    assert pl.read_csv(out)["genre"].to_list() == ["hip hop", "r&b/soul"]
    assert pl.read_csv(rest)["row"].to_list() == [1]


def test_a_page_alone(run: Run, tagged: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    told = run("bin", tagged, "--report", page, "--json").json
    assert told["output"] is None
    assert told["report"] == str(page)
    assert "Genre by genre" in page.read_text("utf-8")
    shown = run("bin", tagged, "--report", page, "--overwrite").out
    assert "2 of 3 tracks got a genre of the taxonomy broad (66.7 %)" in shown
    assert "mallet" in shown
    assert f"report  {page}" in shown


def test_a_quick_look_writes_nothing(run: Run, tagged: Path, tmp_path: Path) -> None:
    shown = run("bin", tagged)
    assert (shown.code, shown.err) == (0, "")
    assert "2 of 3 tracks got a genre" in shown.out
    assert [path.name for path in tmp_path.iterdir()] == ["tagged.csv"]
    rest = tmp_path / "rest.csv"
    assert run("bin", tagged, "--unbinned", rest).code == 0
    assert pl.read_csv(rest).height == 1


def test_the_genre_that_was_there_is_kept_and_told(run: Run, tmp_path: Path) -> None:
    path, out = tmp_path / "t.csv", tmp_path / "out.csv"
    path.write_text("id,playlist_genre,style\n1,edm,house\n2,pop,jazz\n", "utf-8")
    shown = run("bin", path, "--column", "style", "-o", out).out
    assert "The table's own column 'genre' is kept as 'original_genre'." in shown
    assert pl.read_csv(out).select("genre", "original_genre").rows() == [
        ("electronic", "edm"),
        ("jazz", "pop"),
    ]


def test_terms_and_unique_tracks_are_told(run: Run, tmp_path: Path) -> None:
    path, page = tmp_path / "t.csv", tmp_path / "page.html"
    uri = "spotify:track:6f807x0ima9a1j3VPbc7VN"
    path.write_text("uri,genres\n" + f"{uri},rock\n" * 25 + "x,rock\n", "utf-8")
    told = run("bin", path, "--report", page, "--json").json
    assert (told["genres"], told["unique_tracks"]) == ({"rock": 26}, {"rock": 2})
    assert told["notes"][0].startswith("Drawn from Spotify")
    assert told["notes"][1] == "One track stands 25 times, and counts each time: keep one row a track."
    shown = " ".join(run("bin", path).out.split())
    for note in told["notes"]:
        assert note in shown
        assert note in page.read_text("utf-8")
    assert "unique" in shown


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("-o", "{x}/a.csv", "--unbinned", "{x}/a.csv"), "is named for two outputs"),
        (("--report", "{x}/a.html", "--unbinned", "{x}/a.html"), "is named for two outputs"),
        (("--report", "{x}/tagged.csv"), "--overwrite"),
        (("-o", "{x}/a.csv", "--taxonomy", "brood"), "no taxonomy 'brood': did you mean 'broad'?"),
        (("-o", "{x}/a.csv", "--column", "tag"), "--column: column 'tag'"),
        (("-o", "{x}/tagged.csv"), "--overwrite"),
    ],
)
def test_one_line_for_what_cannot_be_done(
    run: Run, tagged: Path, tmp_path: Path, options: tuple[str, ...], message: str
) -> None:
    ran = run("bin", tagged, *(option.format(x=tmp_path) for option in options))
    assert ran.code == 2
    assert message in ran.err
    assert ran.err.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tagged.csv"]
