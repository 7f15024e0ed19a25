"""``genrelab audit --suspects``: a ranking on the terminal, as JSON, in a file and on a page."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from tests.cli.conftest import Run

SUSPECTS = ("--label", "playlist_genre", "--suspects", "--model", "logistic", "--threads", "1")


def test_suspects_in_a_process_of_its_own(songs: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "genrelab", "audit", str(songs), *SUSPECTS, "-o", "s.csv", "--json"],
        cwd=tmp_path, env=os.environ | {"OMP_NUM_THREADS": "1"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert (done.stderr, done.stdout.count("\n")) == ("", 1)
    told = json.loads(done.stdout)
    assert sorted(told) == ["audit", "reading", "suspects"]
    written = pl.read_csv(tmp_path / "s.csv")
    assert told["suspects"]["ranked"] == written.height > 20 == len(told["suspects"]["suspects"])
    assert told["suspects"]["suspects"][0]["row"] == written["row"][0]
    raw = pl.read_csv(songs)[written["row"]]
    assert raw["playlist_genre"].equals(written["genre"], check_names=False)
    assert raw["track_name"].equals(written["title"], check_names=False)
    assert (written["genre"] != written["suggested_genre"]).all()
    assert [path.name for path in tmp_path.iterdir()] == ["s.csv"]


def test_suspects_in_words_and_on_a_page(run: Run, songs: Path, tmp_path: Path) -> None:
    page, out = tmp_path / "audit.html", tmp_path / "s.parquet"
    evil = pl.read_csv(songs).with_columns(track_name="<b>" + pl.col("track_name") + "\x1b[31m")
    evil.write_csv(tmp_path / "evil.csv")
    shown = run("audit", tmp_path / "evil.csv", *SUSPECTS, "--top", 3, "-o", out, "--report", page).out
    assert "The first 3 of" in shown
    assert "Estimated wrong labels" in shown
    assert "\x1b" not in shown
    text = page.read_text(encoding="utf-8")
    assert "Wrong labels" in text
    assert "&lt;b&gt;" in text
    assert "<b>" + pl.read_csv(songs)["track_name"][0] not in text
    assert pl.read_parquet(out).columns[-3:] == ["suggested_genre", "suspicion", "reason"]


def test_the_page_of_an_audit_alone(run: Run, songs: Path, tmp_path: Path) -> None:
    page = tmp_path / "audit.html"
    told = run("audit", songs, "--label", "playlist_genre", "--report", page, "--json").json
    assert sorted(told) == ["audit", "reading"]
    text = page.read_text(encoding="utf-8")
    assert all(finding["name"] in text for finding in told["audit"]["findings"])
    assert "Likely wrong labels" not in text


def test_rows_are_those_of_the_table_before_tags_became_genres(run: Run, songs: Path, tmp_path: Path) -> None:
    strange = pl.read_csv(songs)
    strange = strange.with_columns(
        tags=pl.when(pl.int_range(pl.len()) % 5 == 0).then(pl.lit("['spoken word']")).otherwise("tags")
    )
    strange.write_csv(tmp_path / "tagged.csv")
    out = tmp_path / "s.csv"
    run(
        *("audit", tmp_path / "tagged.csv", "--label", "tags", "--taxonomy", "playlist_six", "--suspects"),
        *("--model", "logistic", "--threads", 1, "-o", out),
    )
    written = pl.read_csv(out)
    assert written.height
    assert (written["row"] % 5 != 0).all()
    assert strange["track_name"].gather(written["row"]).equals(written["title"], check_names=False)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("-o", "s.csv"), "--output: is about suspects: add --suspects"),
        (("--taxonomy", "broad"), "--taxonomy: is about suspects"),
        (("--suspects", "-o", "s.txt"), "choose .csv, .json, .parquet"),
        (("--suspects", "--model", "lightgbn"), "did you mean 'lightgbm'?"),
    ],
)
def test_what_makes_no_sense_is_told(
    run: Run,
    songs: Path,
    arguments: tuple[str, ...],
    line: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = run("audit", songs, "--label", "playlist_genre", *arguments)
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert line in ran.err


def test_too_few_artists_are_told(run: Run, tmp_path: Path, songs: Path) -> None:
    few = pl.read_csv(songs).with_columns(artist=pl.lit("one"))
    few.write_csv(tmp_path / "few.csv")
    ran = run("audit", tmp_path / "few.csv", *SUSPECTS)
    assert ran.code == 2
    assert "1 distinct artist, at least 4 are needed" in ran.err
