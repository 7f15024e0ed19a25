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
    assert "2 of 3 tracks got a genre of the taxonomy broad (66.7%)" in shown
    assert "mallet" in shown
    assert f"report  {page}" in shown


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "nothing to write: give -o OUT, or --report FILE"),
        (("-o", "{x}/a.csv", "--unbinned", "{x}/a.csv"), "is named for two outputs"),
        (("--report", "{x}/a.html", "--unbinned", "{x}/a.html"), "is named for two outputs"),
        (("--report", "{x}/tagged.csv"), "--overwrite"),
        (("-o", "{x}/a.csv", "--taxonomy", "brood"), "no taxonomy 'brood': did you mean 'broad'?"),
        (("-o", "{x}/a.csv", "--column", "tag"), "column 'tag'"),
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
