"""``genrelab predict`` at a promised precision, and with as many genres as it takes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from tests.cli.conftest import Run

from genrelab import dataset, store
from genrelab.cli import _labels
from genrelab.scoring import Score
from genrelab.sources import table
from genrelab.training import train


@pytest.fixture(scope="module")
def model(songs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    tracks = table.read(songs).tracks
    classifier = train(dataset.make(tracks, split="track"), "logistic", folds=3, threads=1)
    return store.save(classifier, tmp_path_factory.mktemp("predict") / "model")


def test_a_promised_precision_and_sets(run: Run, songs: Path, model: Path, tmp_path: Path) -> None:
    out = tmp_path / "labels.csv"
    asked = ("predict", model, songs, "-o", out, "--precision", 0.5, "--coverage", 0.9)
    told = run(*asked, "--json").json
    labels = pl.read_csv(out)
    least = told["precision"]["threshold"]
    assert ((labels["confidence"] < least) == (labels["genre"] == "unknown")).all()
    assert labels["genres"].str.json_decode(pl.List(pl.String)).list.len().min() == 1
    assert told["precision"]["promised"] == 0.5
    for name, figures in (("precision", ("precision", "coverage")), ("coverage", ("coverage", "size"))):
        for figure in figures:
            score = told[name][figure]
            assert score["low"] <= score["value"] <= score["high"]
    shown = run(*asked, "--overwrite").out
    assert "of the tracks that get a genre, expect" in shown
    assert "genres a track" in shown


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--precision", 0.999), "precision: 0.999 cannot be promised"),
        (("--precision", 1.5), "precision: 1.5 is not above 0 and below 1"),
        (("--coverage", 1), "coverage: 1 is not above 0 and below 1"),
        (("--precision", 0.5, "--min-confidence", 0.5), "leave --min-confidence out"),
    ],
)
def test_what_cannot_be_promised_is_one_line(
    run: Run, songs: Path, model: Path, tmp_path: Path, options: tuple[object, ...], told: str
) -> None:
    out = tmp_path / "labels.csv"
    ran = run("predict", model, songs, "-o", out, *options)
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert ran.err.startswith("error: ")
    assert told in ran.err
    assert not out.exists()


def test_made_up_predictions_are_one_line(run: Run, songs: Path, model: Path, tmp_path: Path) -> None:
    card = json.loads((model / "card.json").read_text("utf-8"))
    for path in model.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "out_of_fold.npy").write_bytes(b"anything")
    ran = run("predict", tmp_path, songs, "-o", tmp_path / "labels.csv", "--coverage", 0.9)
    assert "out_of_fold.npy" in card["files"]
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "out_of_fold.npy: was changed" in ran.err


# --- without a file to write --------------------------------------------------------------------------------


def test_a_pipe_gets_rows_of_all_tracks(run: Run, songs: Path, model: Path, tmp_path: Path) -> None:
    ran = run("predict", model, songs, "--coverage", 0.9)
    assert (ran.code, ran.err) == (0, "")
    out = tmp_path / "labels.csv"
    assert run("predict", model, songs, "--coverage", 0.9, "-o", out).code == 0
    assert ran.out == out.read_text()


def test_json_holds_the_labels(run: Run, songs: Path, model: Path) -> None:
    told = run("predict", model, songs, "--json").json
    assert told["rows"] == len(told["labels"]) == sum(told["genres"].values())
    assert {"title", "genre", "confidence"} <= set(told["labels"][0])
    assert (told["output"], told["notes"]) == (None, [])


@pytest.mark.parametrize("options", [(), ("--coverage", 0.9)])
def test_a_terminal_shows_the_first_tracks(
    run: Run, songs: Path, model: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[object, ...]
) -> None:
    monkeypatch.setattr(_labels, "_on_terminal", lambda: True)
    ran = run("predict", model, songs, *options)
    assert "The first 20 tracks." in ran.out
    assert "write all of them with -o labels.csv" in ran.out
    assert ran.out.count("\n") < 60
    assert table.read(songs).tracks["title"][0].split()[0] in ran.out


def test_notes_of_terms_and_of_absent_columns_go_to_stderr(
    run: Run, songs: Path, model: Path, tmp_path: Path
) -> None:
    loaded = store.load(model)
    note = "For research only."
    origin = replace(loaded.card.origin, notes=(note, "another note", note))
    absent = {"tempo,energy": Score(0.4, 0.3, 0.5)}
    told = replace(loaded, card=replace(loaded.card, origin=origin, absent=absent))
    place = store.save(told, tmp_path / "model")
    fewer = tmp_path / "fewer.csv"
    table.read(songs).tracks.drop("tempo", "tags").write_csv(fewer)
    ran = run("predict", place, fewer, "-o", tmp_path / "labels.csv")
    assert ran.code == 0
    assert ran.err.splitlines() == [
        f"note: {note}",
        "note: the table lacks tempo: expect an accuracy of 0.400 (0.300-0.500)",
    ]
    assert len(run("predict", place, fewer, "--json").json["notes"]) == 2


def test_what_to_expect_of_an_artists_tracks_together(run: Run, songs: Path, tmp_path: Path) -> None:
    loaded = train(dataset.make(table.read(songs).tracks), "logistic", folds=3, threads=1)
    model = store.save(loaded, tmp_path / "whole")
    told = run("predict", model, songs, "--together", "--json").json["notes"]
    expected = loaded.together.scores["accuracy"].value
    assert [note.split(" (")[0] for note in told] == [
        f"an artist's tracks are labelled together: expect an accuracy of {expected:.3f}"
    ]
    absent = {"tempo": Score(0.4, 0.3, 0.5)}
    place = store.save(replace(loaded, card=replace(loaded.card, absent=absent)), tmp_path / "model")
    fewer = tmp_path / "fewer.csv"
    table.read(songs).tracks.drop("tempo", "tags").write_csv(fewer)
    (note,) = run("predict", place, fewer, "--together", "--json").json["notes"]
    assert note.startswith("the table lacks tempo, and an artist's tracks are labelled together: what to")


def test_a_table_to_write_needs_a_database(run: Run, songs: Path, model: Path) -> None:
    ran = run("predict", model, songs, "--into", "labels")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "error: --into labels: names a table, but -o no database: name both\n"
