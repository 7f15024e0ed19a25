"""Every verb has help with an example, and --json prints one object and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeAlias

import polars as pl
import pytest
import typer
from typer.core import TyperGroup

from genrelab import cli
from genrelab.cli._verb import Verb
from genrelab.models import MODELS

Run: TypeAlias = Callable[..., Any]
VERBS = (
    "audit", "bin", "cluster", "collect", "compare", "data", "demo", "evaluate", "explain", "explore", "list",
    "predict", "study", "train", "tune",
)  # fmt: skip


def commands() -> dict[str, Verb]:
    """Every command by its words, those of groups among them."""
    root = typer.main.get_command(cli.app())
    assert isinstance(root, TyperGroup)
    found: dict[str, Any] = {}
    for name, command in root.commands.items():
        inside = command.commands if isinstance(command, TyperGroup) else {}
        found |= {f"{name} {verb}": part for verb, part in inside.items()} or {name: command}
    return found


def test_the_drawer_holds_nine_verbs() -> None:
    assert cli.VERBS == VERBS
    assert len(commands()) == 20
    assert all(hasattr(import_module(f"genrelab.cli.{verb}"), "EXAMPLES") for verb in VERBS)


@pytest.mark.parametrize("name", sorted(commands()))
def test_help_fits_80_columns_and_has_examples_that_work(run: Run, name: str) -> None:
    shown = run(*name.split(), "--help").out
    text, _, examples = shown.partition("Example")
    assert max(map(len, text.splitlines())) <= 80
    assert text.startswith(f"Usage: genrelab {name}")
    lines = [line.strip() for line in examples.splitlines()[1:] if line.strip()]
    assert lines, "no example"
    for line in lines:
        assert line.startswith(f"genrelab {name}")
        # An example must at least be a command that its own parser takes.
        commands()[name].make_context(name, line.split()[1 + len(name.split()) :])


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_option_says_what_it_does(name: str) -> None:
    for parameter in commands()[name].params:
        assert parameter.help, f"{name} {parameter.name}"  # type: ignore[attr-defined]  # typer's own have it
        flag = getattr(parameter, "is_flag", False)
        assert flag or parameter.metavar, f"{name} {parameter.name}"


def test_the_list_of_commands_is_not_cut(run: Run) -> None:
    shown = run("--help").out
    assert "..." not in shown.partition("Commands:")[2]
    assert run().out == shown
    assert re.findall(r"^  (\w+)  ", shown.partition("Commands:")[2], re.MULTILINE) == list(VERBS)


def test_version(run: Run) -> None:
    assert run("--version").out == f"genrelab {version('genrelab')}\n"


# One JSON object each --------------------------------------------------------------------------------------


def test_audit(run: Run, songs: Path) -> None:
    told = run("audit", songs, "--label", "playlist_genre", "--json").json
    assert told["reading"]["rows"] == told["audit"]["rows"] == 500
    assert told["reading"]["mapped"]["track_name"] == "title"
    assert set(told["audit"]["leaking"]) >= {"playlist_name"}
    shown = run("audit", songs, "--label", "playlist_genre").out
    assert "500 tracks from songs.csv" in shown
    assert all(finding["name"] in shown for finding in told["audit"]["findings"])


def test_bin(run: Run, songs: Path, tmp_path: Path) -> None:
    out, rest = tmp_path / "binned.csv", tmp_path / "rest.parquet"
    told = run("bin", songs, "--taxonomy", "playlist_six", "-o", out, "--unbinned", rest, "--json").json
    binned = pl.read_csv(out)
    assert told["binned"] == binned.height == sum(told["genres"].values())
    assert told["unbinned"] == pl.read_parquet(rest).height == 500 - binned.height
    assert binned["genre"].n_unique() == len(told["genres"])
    shown = run("bin", songs, "--taxonomy", "playlist_six", "-o", out, "--overwrite").out
    assert f"{binned.height:,} of 500 tracks got a genre" in shown


def test_train_and_its_report(run: Run, songs: Path, tmp_path: Path) -> None:
    made, page = tmp_path / "model", tmp_path / "report.html"
    told = run(
        *("train", songs, "--label", "playlist_genre", "--model", "lightgbm", "-o", made),
        *("--report", page, "--class-weights", "balanced", "--folds", 3, "--licence", "CC0", "--json"),
        *("--threads", 1),
    ).json
    assert told["model"] == str(made)
    assert told["report"]["split"] == "artist"
    assert told["report"]["synthetic"] is False
    assert (made / "card.json").exists()
    assert "<html" in page.read_text("utf-8")[:100]
    assert "left out, since they give the genre away: tags, playlist_name" in " ".join(
        told["report"]["notes"]
    )


def test_train_by_a_recipe(run: Run, songs: Path, tmp_path: Path) -> None:
    made = tmp_path / "model"
    asked = ("--label", "playlist_genre", "--model", "logistic", "-o", made, "--folds", 3, "--threads", 1)
    shaped = ("--set", "C=10", "--set", "l1_ratio=0.5", "--features", "plain", "--sampling", "under")
    told = run(
        "train", songs, *asked, *shaped, "--steps", "one_hot,standardise,anova:9,pca:0.9", "--json"
    ).json
    assert told["model"] == str(made)
    card = json.loads((made / "card.json").read_text("utf-8"))
    names = ("model", "changed", "features", "steps", "sampling", "class_weights")
    assert {name: card[name] for name in names} == {
        "model": "logistic",
        "changed": {"C": 10, "l1_ratio": 0.5},
        "features": "plain",
        "steps": ["one_hot", "standardise", "anova:9", "pca:0.9"],
        "sampling": "under",
        "class_weights": None,
    }
    assert card["settings"] == {"logistic": {"C": 10, "l1_ratio": 0.5}}
    assert run("predict", made, songs, "-o", tmp_path / "labels.csv").code == 0


def test_train_tells_what_it_does(run: Run, songs: Path, tmp_path: Path) -> None:
    made = tmp_path / "model"
    shown = run(
        "train", songs, "--label", "playlist_genre", "--model", "logistic", "-o", made, "--honesty"
    ).out
    for part in ("left out", "cleaned out", "on artists it has not heard", "split by", f"model  {made}"):
        assert part in shown
    assert max(len(line) for line in shown.splitlines() if str(tmp_path) not in line) <= 80
    assert shown.count("gives_label_away") == 1


@pytest.mark.parametrize("option", ["--few", "--multi"])
def test_splits_are_compared_for_the_model_that_is_trained_only(
    run: Run, songs: Path, tmp_path: Path, option: str
) -> None:
    made = tmp_path / "model"
    ran = run("train", songs, "--label", "playlist_genre", "-o", made, "--honesty", option)
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert ran.err.startswith("error: --honesty: ")
    assert option in ran.err
    assert not made.exists()


def test_train_learns_from_finer_words(run: Run, songs: Path, tmp_path: Path) -> None:
    """Tags give the genre away here: they are not read of new songs, and of 500 the kinds are too small."""
    made, new = tmp_path / "model", tmp_path / "new.csv"
    asked = ("train", songs, "--label", "playlist_genre", "--model", "xgboost", "--set", "n_estimators=10")
    told = run(*asked, "-o", made, "--finer", "tags,playlist_name", "--json").json
    [note] = [note for note in told["report"]["notes"] if note.startswith("tags, playlist_name: ")]
    assert "told no kinds of genres, since too few tracks share a word" in note
    pl.read_csv(songs).drop("tags", "playlist_name", "playlist_genre").write_csv(new)
    assert run("predict", made, new, "--json").json["rows"] == 500


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--model", "logistic", "--finer", "tags"), "finer: model 'logistic' learns no kinds of genres"),
        (("--model", "xgboost", "--finer", "tempo"), "finer 'tempo': is read of new songs as well"),
        (("--model", "xgboost", "--finer", "playlist_genre"), "finer 'genre': is the label"),
        (("--model", "xgboost", "--finer", "title"), "finer 'title': is read of new songs as well"),
        (("--model", "xgboost", "--finer", "mood"), "column 'mood'"),
        (("--few", "--finer", "tags"), "--few: learns no kinds of genres"),
        (("--few", "--budget", "5m"), "--few: takes seconds"),
    ],
)
def test_finer_words_that_do_not_fit(
    run: Run, songs: Path, tmp_path: Path, options: tuple[str, ...], told: str
) -> None:
    made = tmp_path / "model"
    ran = run("train", songs, "--label", "playlist_genre", "-o", made, *options)
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert told in ran.err
    assert not made.exists()


def test_predict_keeps_order_and_names(run: Run, songs: Path, model: Path, tmp_path: Path) -> None:
    out = tmp_path / "labels.csv"
    told = run("predict", model, songs, "-o", out, "--probabilities", "--json").json
    labels, given = pl.read_csv(out), pl.read_csv(songs)
    genres = sorted(given["playlist_genre"].unique())
    assert labels.columns == [
        "track_id", "title", "artist", "album", "genre", "confidence", *(f"p_{genre}" for genre in genres)
    ]  # fmt: skip
    assert labels["track_id"].to_list() == given["track_id"].to_list()
    assert told["rows"] == labels.height == 500
    assert told["synthetic"] is False
    assert sum(told["genres"].values()) == 500


def test_predict_says_unknown_below_a_confidence(run: Run, songs: Path, model: Path, tmp_path: Path) -> None:
    out = tmp_path / "labels.parquet"
    told = run("predict", model, songs, "-o", out, "--min-confidence", 0.5, "--json").json
    labels = pl.read_parquet(out)
    assert 0 < told["unknown"] == (labels["genre"] == "unknown").sum() < 500
    assert ((labels["confidence"] < 0.5) == (labels["genre"] == "unknown")).all()
    shown = run("predict", model, songs, "-o", out, "--min-confidence", 0.5, "--overwrite").out
    assert shown.startswith(f"{500 - told['unknown']} of 500 tracks labelled\n")
    shown = run("predict", model, songs, "-o", out, "--overwrite").out
    assert shown.startswith("500 tracks labelled\n")


def test_evaluate(run: Run, songs: Path, model: Path, tmp_path: Path) -> None:
    page = tmp_path / "found.html"
    evaluate = ("evaluate", model, songs, "--label", "playlist_genre")
    told = run(*evaluate, "--report", page, "--json").json
    assert told["report"]["rows"] == 500
    assert told["kept"] is None
    assert page.exists()
    shown = run(*evaluate).out
    assert "announced: accuracy" in shown
    assert "the promise: cannot be told" in shown
    assert "100.0% of the tracks are by artists that the model learned from" in " ".join(shown.split())


def test_compare(run: Run, songs: Path, tmp_path: Path) -> None:
    compare = ("compare", songs, "--label", "playlist_genre", "--models", "majority,logistic")
    told = run(*compare, "--report", tmp_path / "models.html", "--json").json
    assert [report["model"] for report in told["reports"]] == ["logistic", "majority"]
    assert set(told["seconds"]) == {"logistic", "majority"}
    shown = run(*compare, "--split", "row").out
    assert "scores do not hold for unheard artists" in shown


def test_list(run: Run) -> None:
    assert list(run("list", "models", "--json").json["models"]) == list(MODELS)
    for drawer in ("models", "sources", "taxonomies", "rules", "steps", "samplings"):
        told = run("list", drawer, "--json").json[drawer]
        shown = run("list", drawer).out
        assert all(name in shown and meaning for name, meaning in told.items())
        assert max(map(len, shown.splitlines())) <= 80


def test_data(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GENRELAB_DATA", str(tmp_path))
    monkeypatch.setattr("genrelab.published.cache_folder", lambda: tmp_path)
    tables = run("data", "list", "--json").json["tables"]
    assert {table["name"] for table in tables} == {"spotify_30k", "fma_metadata"}
    assert all(table["path"] is None and table["files"][0]["checksum"] for table in tables)
    assert "no: genrelab data fetch spotify_30k" in run("data", "list").out


def test_join_is_told(run: Run, songs: Path, tmp_path: Path) -> None:
    more = tmp_path / "more.csv"
    pl.read_csv(songs).select("track_id", mood="energy").unique("track_id").head(50).write_csv(more)
    shown = " ".join(run("audit", songs, "--join", more, "--label", "playlist_genre").out.split())
    assert re.search(r"500 and 50 rows joined by track id: \d+ left", shown)
    assert "not known playlist_name, mood" in shown
