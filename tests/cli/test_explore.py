"""``genrelab explore``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import polars as pl
import pytest

Run: TypeAlias = Callable[..., Any]


def test_json_holds_every_figure(run: Run, songs: Path) -> None:
    told = run("explore", songs, "--label", "playlist_genre", "--columns", "Energy,tempo", "--json").json
    found = told["exploration"]
    assert told["reading"]["rows"] == found["rows"] == sum(found["shares"]["tracks"]) == 500
    assert found["columns"] == ["energy", "tempo"]
    assert set(found["ranges"]["column"]) == {"energy", "tempo"}
    assert len(found["scores"]["f"]) == 2


def test_the_terminal_shows_the_essence(run: Run, songs: Path, tmp_path: Path) -> None:
    page, plots = tmp_path / "page.html", tmp_path / "plots"
    few = ("--columns", "energy,tempo,valence")
    ran = run("explore", songs, "--label", "playlist_genre", *few, "--report", page, "--png", plots)
    assert (ran.code, ran.err) == (0, "")
    for part in ("500 tracks from songs.csv", "Tracks of each genre", "components explain 90 %", str(plots)):
        assert part in ran.out
    assert "What is in songs.csv?" in page.read_text("utf-8")[:2000]
    assert (plots / "densities.png").exists()
    again = run("explore", songs, "--report", page, "--png", plots, "--overwrite", "--columns", "energy")
    assert again.code == 0
    assert sorted(path.name for path in plots.iterdir())[0] == "boxes.png"
    assert not (plots / "genres.png").exists()


def test_a_taxonomy_makes_genres_of_tags(run: Run, songs: Path) -> None:
    told = run("explore", songs, "--taxonomy", "playlist_six", "--columns", "energy", "--json").json
    assert told["binned"] == told["exploration"]["rows"]
    assert told["binned"] + told["unbinned"] == 500
    assert "got a genre" in run("explore", songs, "--taxonomy", "playlist_six", "--columns", "energy").out


@pytest.mark.parametrize(
    ("given", "said"),
    {
        ("--label", "gnre"): "column 'gnre': not in the table: did you mean 'genre'?",
        ("--label", "tags"): "label 'tags': holds lists of tags: make genres of them with 'genrelab bin'",
        ("--columns", "title"): "column 'title': holds String, not numbers: leave it out",
        ("--columns", ","): "--columns: names nothing",
        ("--taxonomy", "capstone"): "no taxonomy 'capstone': did you mean 'capstone12'?",
        ("--seed", "-1"): "invalid value for '--seed'",
        ("--png", "."): "exists already",
    }.items(),
)
def test_mistakes_have_one_line(run: Run, songs: Path, given: tuple[str, str], said: str) -> None:
    ran = run("explore", songs, *given)
    assert ran.code == 2
    assert (ran.out, ran.err.count("\n")) == ("", 1)
    assert said in ran.err


def test_outputs_are_checked_first(run: Run, songs: Path, tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "notes.txt").write_text("mine")
    ran = run("explore", songs, "--png", taken, "--overwrite")
    assert (ran.code, ran.out) == (2, "")
    assert "holds other things" in ran.err
    assert (taken / "notes.txt").read_text() == "mine"


def test_without_numbers_a_table_that_has_them_is_asked_for(run: Run, songs: Path, tmp_path: Path) -> None:
    names = tmp_path / "names.csv"
    pl.read_csv(songs).select("track_id", "playlist_genre").write_csv(names)
    ran = run("explore", names, "--label", "playlist_genre")
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "none holds numbers (track_id, genre): join a table that has descriptors (--join)" in ran.err


def test_terms_are_among_the_notes(run: Run, tmp_path: Path) -> None:
    path, page = tmp_path / "t.csv", tmp_path / "page.html"
    path.write_text("uri,energy\nspotify:track:6f807x0ima9a1j3VPbc7VN,0.5\n", "utf-8")
    (note,) = run("explore", path, "--report", page, "--json").json["exploration"]["notes"]
    assert note.startswith("Drawn from Spotify")
    assert note in page.read_text("utf-8")
    assert note in " ".join(run("explore", path).out.split())


def test_two_tables_are_joined(run: Run, songs: Path, tmp_path: Path) -> None:
    whole = pl.read_csv(songs).unique("track_id", maintain_order=True)
    names, numbers = tmp_path / "names.csv", tmp_path / "numbers.csv"
    whole.select("track_id", "playlist_genre").write_csv(names)
    whole.select("track_id", "energy", "tempo", "loudness").write_csv(numbers)
    told = run("explore", names, "--join", numbers, "--label", "playlist_genre", "--json").json
    assert told["exploration"]["rows"] == whole.height
    assert len(told["exploration"]["pairs"]) == 2
