"""``genrelab cluster``: tables in, clusters, pages and one clear line where something is wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import polars as pl
import pytest

Run: TypeAlias = Callable[..., Any]
QUICK = ("--forest-trees", 3, "--threads", 1)


def test_the_output_has_every_row_in_order(run: Run, songs: Path, tmp_path: Path) -> None:
    out, page = tmp_path / "clustered.csv", tmp_path / "clusters.html"
    nameless = pl.when(pl.int_range(pl.len()) >= 7).then("playlist_genre").alias("playlist_genre")
    given = pl.read_csv(songs).unique(maintain_order=True).with_columns(nameless)
    twice = tmp_path / "twice.csv"
    pl.concat([given, given.head(20)]).with_columns(cluster=pl.lit("mine")).write_csv(twice)
    told = run(
        *("cluster", twice, "--label", "playlist_genre", "--k", 5, "-o", out, "--report", page, "--json"),
        *QUICK,
    ).json
    written = pl.read_csv(out)
    assert written["track_id"].to_list() == [*given["track_id"], *given["track_id"].head(20)]
    assert written["cluster_"].unique().to_list() == ["mine"]
    assert written["cluster"].tail(20).to_list() == written["cluster"].head(20).to_list()
    counted = written.head(given.height).filter(pl.col("genre").is_not_null())["cluster"].value_counts()
    counts = counted.sort("cluster")["count"].to_list()
    assert counts == [row["tracks"] for row in told["clusters"]["sizes"]]
    missing = given.height - sum(counts)
    assert told["not_counted"] == {"repeated_row": 20, "missing_genre": missing}
    assert missing >= 7
    assert (told["choice"], told["clusters"]["k"]) == (None, 5)
    assert "<html" in page.read_text("utf-8")[:100]


def test_the_number_can_be_chosen(run: Run, songs: Path) -> None:
    told = run("cluster", songs, "--choose", "2-4", "--json", *QUICK).json
    assert told["clusters"]["k"] == told["choice"]["k"]
    assert [row["k"] for row in told["choice"]["tried"]] == [2, 3, 4]
    shown = run("cluster", songs, "--choose", "2-4", *QUICK).out
    assert told["choice"]["said"].split(".")[0] in " ".join(shown.split())
    assert max(map(len, shown.splitlines())) <= 80


def test_columns_can_be_named_and_left_out(run: Run, songs: Path) -> None:
    told = run("cluster", songs, "--k", 3, "--without", "tempo,mode", "--raw", "--json", *QUICK).json
    assert {"tempo", "mode", "key"}.isdisjoint(told["clusters"]["columns"])
    assert "energy" in told["clusters"]["columns"]
    told = run(
        "cluster", songs, "--k", 3, "--columns", "tempo,energy,mode", "--without", "mode", "--json", *QUICK
    )
    assert told.json["clusters"]["columns"] == ["tempo", "energy"]


def test_a_taxonomy_makes_the_genres(run: Run, songs: Path, tmp_path: Path) -> None:
    out = tmp_path / "clustered.parquet"
    tagged = tmp_path / "tagged.csv"
    strange = pl.when(pl.int_range(pl.len()) < 30).then(pl.lit("['zither']")).otherwise("tags")
    pl.read_csv(songs).with_columns(tags=strange).write_csv(tagged)
    told = run(
        *("cluster", tagged, "--label", "tags", "--taxonomy", "playlist_six", "--k", 3, "-o", out, "--json"),
        *QUICK,
    ).json
    written = pl.read_parquet(out)
    assert written.height == 500
    assert written["genre"].null_count() >= told["not_counted"]["missing_genre"] >= 30
    assert told["clusters"]["measures"]["compared_rows"] == 500 - sum(told["not_counted"].values())
    assert {row["genre"] for row in told["clusters"]["genres"]} == set(written["genre"].drop_nulls())
    assert written["cluster"].null_count() == 0


def test_what_is_told(run: Run, songs: Path) -> None:
    shown = run("cluster", songs, "--label", "playlist_genre", "--k", 3, *QUICK).out
    for part in ("478 tracks in 3 clusters", "compared by", "what sets it apart", "stability", "Rand"):
        assert part in shown


BAD = {
    "--k 1": "invalid value for '--k'",
    "--k 501": "k: 501 clusters asked for, of 450 different tracks: choose from 2 to 450",
    "--choose 9": "--choose: '9' is no range from 2 to 100: write for example 2-20",
    "--choose 9-2": "--choose: '9-2' is no range",
    "--choose 2-4 --k 3": "--choose: finds the number of clusters that --k names: give one of them",
    "--map tsne": "no map 'tsne'",
    "--columns energie": "did you mean 'energy'?",
    "--columns title": "column 'title': holds String, not numbers: leave it out",
    "--columns energy --without energy": "columns: --without leaves none: name columns of numbers",
    "--taxonomy capstone12": "--taxonomy: makes genres of tags: name their column with --label",
    "--label tags --taxonomy capstone": "no taxonomy 'capstone': did you mean 'capstone12'?",
    "--label tempo": "not names of genres",
    "--forest-trees 0": "invalid value for '--forest-trees'",
    "-o out.xlsx": "out.xlsx: cannot write '.xlsx': choose .csv, .json, .parquet",
}


@pytest.mark.parametrize("options", BAD)
def test_bad_input_is_one_clear_line(run: Run, songs: Path, options: str) -> None:
    ended = run("cluster", songs, *options.split())
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert ended.err.startswith("error: ")
    assert BAD[options] in ended.err


def test_nothing_is_replaced_unless_asked(run: Run, songs: Path, tmp_path: Path) -> None:
    out = tmp_path / "clustered.csv"
    out.write_text("precious")
    ended = run("cluster", songs, "-o", out)
    assert (ended.code, out.read_text()) == (2, "precious")
    assert "exists already: choose another name, or add --overwrite" in ended.err


def test_a_table_without_descriptors(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "names.csv"
    path.write_text("title,artist,genre\n" + "".join(f"t{n},a,pop\n" for n in range(9)))
    ended = run("cluster", path)
    assert ended.code == 2
    assert "columns: the table has no descriptors: name columns of numbers with --columns" in ended.err


def test_a_label_that_is_blank(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "blank.csv"
    path.write_text("tempo,mood\n" + "".join(f"{n + 60},{' x'[n == 0]}\n" for n in range(9)))
    pl.read_csv(path).with_columns(mood=pl.lit(" ")).write_csv(path)
    ended = run("cluster", path, "--label", "mood", "--k", 2)
    assert ended.code == 2
    assert "label 'mood': no row has a genre: name another column" in ended.err
