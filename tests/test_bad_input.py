"""Bad input through the real command: one line that says what to mend, and nothing lost or left behind."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias
from zipfile import ZipFile

import polars as pl
import pytest

from genrelab import cli, published, schema

LINE = "energy,tempo,artist,title,genre"
ROWS = "".join(
    f"0.{n % 9},{90 + n},band {n % 20},song {n},{('rock', 'pop', 'jazz')[n % 3]}\n" for n in range(80)
)


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str


Run: TypeAlias = Callable[..., Ran]
Refuse: TypeAlias = Callable[..., str]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process."""

    def ran(*arguments: object) -> Ran:
        with pytest.raises(SystemExit) as ended:
            cli.main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        code = ended.value.code
        assert isinstance(code, int)
        return Ran(code, captured.out, captured.err)

    return ran


def everything(folder: Path) -> dict[str, bytes | None]:
    """Return all files below a folder with their bytes, and all folders."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


@pytest.fixture
def refuse(run: Run, tmp_path: Path) -> Refuse:
    """Run a command that must fail, as it is and with --json, and return its line without ``error: ``."""

    def refused(*arguments: object) -> str:
        before = everything(tmp_path)
        lines = set()
        for more in ((), ("--json",)):
            ran = run(*arguments, *more)
            assert ran.code == 2, ran
            assert not more or ran.out == "", ran
            assert ran.err.count("\n") == 1, ran.err
            assert ran.err.startswith("error: "), ran.err
            assert everything(tmp_path) == before
            lines.add(ran.err.removeprefix("error: ").rstrip("\n"))
        assert len(lines) == 1
        line: str = lines.pop()
        assert len(line.split(": ")) >= 3 or " - see " in line, line
        return line

    return refused


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of a small table."""
    place = tmp_path_factory.mktemp("trained")
    songs = place / "songs.csv"
    schema.sample(240, seed=0).drop("tags", "track_id", "album").write_csv(songs)
    with pytest.raises(SystemExit) as ended:
        cli.main(f"train {songs} --label genre --model decision_tree -o {place / 'model'}".split())
    assert ended.value.code == 0
    return place / "model"


@pytest.fixture
def model(trained: Path, tmp_path: Path) -> Path:
    """A copy of it, to be harmed."""
    return Path(shutil.copytree(trained, tmp_path / "model"))


@pytest.fixture
def songs(tmp_path: Path) -> Path:
    """A good table, which the model can read too."""
    path = tmp_path / "songs.csv"
    schema.sample(60, seed=1).drop("tags").write_csv(path)
    return path


# Files that are no tables ----------------------------------------------------------------------------------


def _parquet(path: Path) -> None:
    schema.sample(200, seed=0).write_parquet(path)
    path.write_bytes(path.read_bytes()[:-200])


def _gzip(path: Path) -> None:
    path.write_bytes(gzip.compress(f"{LINE}\n{ROWS}".encode())[:-40])


FILES: dict[str, tuple[str, Callable[[Path], object], str]] = {
    "missing": ("no.csv", lambda path: None, "no such file or folder: check the path"),
    "empty": ("t.csv", lambda path: path.touch(), "empty: give a table"),
    "blank": ("t.csv", lambda path: path.write_text("\n \n"), "empty: give a table"),
    "header only": ("t.csv", lambda path: path.write_text(LINE + "\n"), "no rows: give a table with"),
    "encoding": ("t.csv", lambda path: path.write_bytes(b"\xff\xfe" + b"a\x00b\x00,"), "save it as UTF-8"),
    "unclosed quotes": (
        "t.csv",
        lambda path: path.write_text(LINE + "\n" + '"0.1,90,"a,"b",rock\n' * 5),
        r"line 2: .*(quote|fields).*, and most rows are broken: save it anew",
    ),
    "mostly ragged": (
        "t.csv",
        lambda path: path.write_text(LINE + "\n" + "0.1,90,a,b,rock,more\n" * 9 + "0.1,9,a,b,pop\n"),
        r"line 2: 6 fields, not 5, and most rows are broken",
    ),
    "a column twice": ("t.csv", lambda path: path.write_text("energy,energy\n1,2\n"), "stands twice"),
    "no json": ("t.json", lambda path: path.write_text("{energy: 1}"), "not JSON"),
    "json, no table": ("t.json", lambda path: path.write_text('{"a": 1, "b": {"c": []}}'), "not a table"),
    "json number": ("t.json", lambda path: path.write_text("17"), "not a table"),
    "json of nothing": ("t.json", lambda path: path.write_text("[]"), "no rows"),
    "truncated parquet": ("t.parquet", _parquet, "damaged or cut short"),
    "corrupt gz": ("t.csv.gz", _gzip, "gzip data is damaged or cut short"),
    "not by its name": ("t.xlsx", lambda path: path.write_text("x"), r"not a table by its name: give one of"),
    "folder without tables": ("t", lambda path: path.mkdir(), "no tables in this folder"),
}


@pytest.mark.parametrize("verb", ["audit", "train", "compare", "predict", "evaluate", "bin"])
@pytest.mark.parametrize("kind", FILES)
def test_a_file_that_is_no_table(refuse: Refuse, tmp_path: Path, model: Path, kind: str, verb: str) -> None:
    name, make, told = FILES[kind]
    make(tmp_path / name)
    arguments: dict[str, list[object]] = {
        "audit": ["--label", "genre"],
        "train": ["--label", "genre", "-o", tmp_path / "out"],
        "compare": ["--label", "genre", "--report", tmp_path / "out.html"],
        "predict": ["-o", tmp_path / "out.csv"],
        "evaluate": ["--label", "genre"],
        "bin": ["--taxonomy", "fma", "-o", tmp_path / "out.csv"],
    }
    first = [model] if verb in {"predict", "evaluate"} else []
    line = refuse(verb, *first, tmp_path / name, *arguments[verb])
    assert line.startswith(str(tmp_path / name)), line
    assert re.search(told, line), line


# Columns that cannot be learned from -----------------------------------------------------------------------


def table(path: Path, **columns: pl.Expr | None) -> Path:
    """Write a good table with some columns replaced; None drops one."""
    new = {name: value for name, value in columns.items() if value is not None}
    dropped = [name for name, value in columns.items() if value is None]
    schema.sample(120, seed=2).drop("tags").with_columns(**new).drop(dropped).write_csv(path)
    return path


ROW = pl.int_range(pl.len())
NULL = pl.lit(None, dtype=pl.String)
TABLES: dict[str, tuple[dict[str, pl.Expr | None], list[str], str]] = {
    "label absent": ({"genre": None}, [], r"column 'genre': not in the table: .*\(columns: track_id"),
    "label misspelt": ({}, ["--label", "genr"], "column 'genr': not in the table: did you mean 'genre'?"),
    "label all null": ({"genre": NULL}, [], "label 'genre': no row has a genre"),
    "label of one class": ({"genre": pl.lit("rock")}, [], "every row is 'rock': at least two genres"),
    "label with a class of one row": (
        {"genre": pl.when(ROW == 7).then(pl.lit("polka")).otherwise("genre")},
        [],
        "'polka' has one track, too few",
    ),
    "label numeric": ({"tempo": ROW * 1.5}, ["--label", "tempo"], "label 'tempo': holds Float64, not names"),
    "label of lists": (
        {"genre": pl.lit("['rock', 'pop']")},
        ["--label", "tags"],
        "label 'tags': holds lists of tags: make genres of them with 'genrelab bin'",
    ),
    "one artist": ({"artist": pl.lit("Nico")}, [], "1 distinct artist, at least"),
    "nothing varies": (
        {
            name: pl.lit(0.5 if name not in {"key", "mode", "time_signature"} else 1)
            for name in schema.DESCRIPTORS
        }
        | {"title": None, "album": None, "popularity": None, "duration": None, "release_year": None},
        ["--columns", "energy,valence"],
        "every row is 'rock': .*cleaning left 1 of 120 rows: .*by repeated_vector",
    ),
    "all descriptors null": (dict.fromkeys(schema.DESCRIPTORS, NULL), [], "."),
    "column absent": ({}, ["--columns", "energy,danceabilty"], "did you mean 'danceability'?"),
    "column is the label": ({}, ["--columns", "genre"], "is the label: leave it out"),
    "column of dates": ({"mood": pl.lit("sad")}, ["--columns", "mood"], "holds String, not numbers"),
    "text where numbers belong": ({"tempo": pl.lit("fast")}, [], "tempo: not a number: 'fast'"),
}


@pytest.mark.parametrize("verb", ["train", "compare"])
@pytest.mark.parametrize("kind", TABLES)
def test_a_table_that_cannot_be_learned_from(refuse: Refuse, tmp_path: Path, kind: str, verb: str) -> None:
    columns, options, told = TABLES[kind]
    path = table(tmp_path / "t.csv", **columns)
    label = [] if "--label" in options else ["--label", "genre"]
    out = ["-o", tmp_path / "out"] if verb == "train" else []
    line = refuse(verb, path, *label, *options, *out)
    assert re.search(told, line), line


# Tables that are taken, and what is said of them -----------------------------------------------------------


def trained_on(run: Run, path: Path, *options: object) -> dict[str, object]:
    """Train, and return the JSON."""
    made = path.with_name("accepted")
    shutil.rmtree(made, ignore_errors=True)
    ran = run("train", path, "--label", "genre", "--model", "decision_tree", "-o", made, "--json", *options)
    assert (ran.code, ran.err) == (0, ""), ran
    told: dict[str, object] = json.loads(ran.out)
    return told


def test_infinite_values_are_cleaned_out_and_counted(run: Run, tmp_path: Path) -> None:
    endless = pl.when(ROW < 3).then(float("inf")).when(ROW < 5).then(float("-inf")).otherwise("energy")
    told = trained_on(run, table(tmp_path / "t.csv", energy=endless))
    assert "5 by out_of_range" in str(told["report"])


def test_not_a_number_is_a_missing_number(run: Run, tmp_path: Path) -> None:
    path = table(tmp_path / "t.csv", energy=pl.when(ROW < 3).then(float("nan")).otherwise("energy"))
    assert "out_of_range" not in str(trained_on(run, path)["report"])


def test_ragged_rows_are_rejected_by_line(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"{LINE}\n{ROWS}0.5,9,a,b,rock,one more\n{ROWS}")
    reading = trained_on(run, path)["reading"]
    assert isinstance(reading, dict)
    assert (reading["rows"], reading["rejected"]) == (160, 1)
    assert reading["rejected_rows"] == [{"file": "t.csv", "row": 82, "reason": "6 fields, not 5"}]
    shown = run("audit", path, "--label", "genre").out
    assert "1 row could not be read, the first: t.csv, row 82: 6 fields, not 5" in shown


def test_a_number_that_is_none_is_rejected_by_line(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"{LINE}\n{ROWS}0.5,fast,a,b,rock\n")
    reading = trained_on(run, path)["reading"]
    assert isinstance(reading, dict)
    assert reading["rejected_rows"] == [{"file": "t.csv", "row": 82, "reason": "tempo: not a number: 'fast'"}]


def test_one_artist_can_be_split_by_track(run: Run, tmp_path: Path) -> None:
    path = table(tmp_path / "t.csv", artist=pl.lit("Nico"))
    ran = run(
        "train", path, "--label", "genre", "--model", "logistic", "--split", "track", "-o", tmp_path / "m"
    )
    assert ran.code == 0
    assert "Split by track: scores do not hold for unheard artists." in ran.out
    assert "by artists that it may have heard" in " ".join(ran.out.split())


def test_constant_descriptors_are_left_out(run: Run, tmp_path: Path) -> None:
    constant = {"valence": pl.lit(0.5), "mode": pl.lit(None, dtype=pl.Int64)}
    path = table(tmp_path / "t.csv", **constant)
    trained_on(run, path)
    columns = json.loads((tmp_path / "accepted" / "card.json").read_text())["columns"]
    assert "energy" in columns
    assert not {"valence", "mode"} & set(columns)


def test_a_class_of_one_row_can_be_left_out(run: Run, tmp_path: Path) -> None:
    columns, _, _ = TABLES["label with a class of one row"]
    told = trained_on(run, table(tmp_path / "t.csv", **columns), "--min-tracks", 2)
    assert "1 by rare_genre" in str(told["report"])


# Predicting ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["csv", "json", "parquet"])
@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"energy": None, "tempo": None}, "energy, tempo: not in the table: the model reads them"),
        ({"tempo": pl.lit("fast")}, "tempo: not a number: 'fast'"),
        (
            {"tempo": pl.when(ROW == 119).then(pl.lit("fast")).otherwise("tempo")},
            r"row 121: tempo: not a num",
        ),
        (
            {"key": pl.when(ROW == 119).then(pl.lit("H#")).otherwise("key")},
            r"row 121: key: not a whole number",
        ),
    ],
    ids=["columns absent", "text for numbers", "one bad row at the end", "another"],
)
def test_a_table_that_cannot_be_labelled(
    refuse: Refuse, tmp_path: Path, model: Path, columns: dict[str, pl.Expr | None], told: str, ending: str
) -> None:
    path = table(tmp_path / "t.csv", **columns)
    line = refuse("predict", model, path, "-o", tmp_path / f"out.{ending}")
    assert re.search(told, line), line


def test_a_ragged_row_at_the_end_leaves_nothing_behind(
    refuse: Refuse, tmp_path: Path, model: Path, songs: Path
) -> None:
    songs.write_text(songs.read_text() + "1,2,3\n")
    old = tmp_path / "out.csv"
    old.write_text("what was there before")
    line = refuse("predict", model, songs, "-o", old, "--overwrite")
    assert re.search(r"line 62: 3 fields, not 20: mend this line", line), line


def test_genres_that_the_model_does_not_know(refuse: Refuse, tmp_path: Path, model: Path) -> None:
    path = table(tmp_path / "t.csv", genre=pl.lit("polka"))
    assert "none of its genres is known to the model (jazz, pop, rock)" in refuse(
        "evaluate", model, path, "--label", "genre", "--report", tmp_path / "out.html"
    )


# Outputs ---------------------------------------------------------------------------------------------------


def test_a_model_folder_that_exists(refuse: Refuse, songs: Path, model: Path) -> None:
    train = ("train", songs, "--label", "genre", "-o")
    assert "exists already: choose another name, or add --overwrite" in refuse(*train, model)


@pytest.mark.parametrize("overwrite", [(), ("--overwrite",)])
def test_a_folder_that_is_no_model_is_never_replaced(
    refuse: Refuse, tmp_path: Path, songs: Path, overwrite: tuple[str, ...]
) -> None:
    music = tmp_path / "music"
    music.mkdir()
    (music / "song.flac").write_bytes(b"fLaC")
    train = ("train", songs, "--label", "genre", "-o")
    refuse(*train, music, *overwrite)
    refuse(*train, songs, *overwrite)
    refuse("demo", "--synthetic", "-o", music)


def test_a_place_that_cannot_be_written(refuse: Refuse, songs: Path, model: Path) -> None:
    below = songs / "below"
    told = f"{songs} is a file): choose another place"
    assert told in refuse("train", songs, "--label", "genre", "-o", below)
    assert told in refuse("demo", "--synthetic", "-o", below)
    assert told in refuse("predict", model, songs, "-o", below / "out.csv")
    assert told in refuse("bin", songs, "--taxonomy", "fma", "--column", "genre", "-o", below / "out.csv")
    report = ("--label", "genre", "--report", below / "out.html")
    assert told in refuse("evaluate", model, songs, *report)
    assert told in refuse("compare", songs, *report)


def test_an_output_that_exists(refuse: Refuse, tmp_path: Path, songs: Path, model: Path) -> None:
    old = tmp_path / "old.csv"
    old.write_text("old")
    told = "exists already: choose another name, or add --overwrite"
    assert told in refuse("predict", model, songs, "-o", old)
    assert told in refuse("bin", songs, "--taxonomy", "fma", "--column", "genre", "-o", old)
    assert told in refuse("train", songs, "--label", "genre", "-o", tmp_path / "m", "--report", old)
    assert told in refuse("evaluate", model, songs, "--label", "genre", "--report", old)
    assert "is a folder: name a file in it" in refuse(
        "evaluate", model, songs, "--label", "genre", "--report", model, "--overwrite"
    )


@pytest.mark.parametrize("name", ["out.xls", "out", "out.csv.gz"])
def test_an_output_of_unknown_ending(
    refuse: Refuse, tmp_path: Path, songs: Path, model: Path, name: str
) -> None:
    told = "choose .csv, .json, .parquet"
    out = tmp_path / name
    good = tmp_path / "good.csv"
    assert told in refuse("predict", model, songs, "-o", out)
    binned = ("bin", songs, "--taxonomy", "fma", "--column", "genre", "-o")
    assert told in refuse(*binned, out)
    assert told in refuse(*binned, good, "--unbinned", out)
    assert "is named for two outputs" in refuse(*binned, good, "--unbinned", good)


# Model folders ---------------------------------------------------------------------------------------------


def recarded(model: Path, **changes: object) -> None:
    """Change a card, with checksums that fit the parts."""
    card = json.loads((model / "card.json").read_text()) | changes
    (model / "card.json").write_text(json.dumps(card))


def _untrusted(model: Path) -> None:
    """Let the skops file name a type that is not ours, under a right checksum."""
    import hashlib

    part = model / "decision_tree.skops"
    with ZipFile(part) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    state = json.loads(files["schema.json"])
    state["__class__"], state["__module__"] = "system", "os"
    with ZipFile(part, "w") as archive:
        for name, content in (files | {"schema.json": json.dumps(state).encode()}).items():
            archive.writestr(name, content)
    sums = json.loads((model / "card.json").read_text())["files"]
    recarded(model, files=sums | {part.name: hashlib.sha256(part.read_bytes()).hexdigest()})


MODELS: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (shutil.rmtree, "has no card.json: name a folder that 'genrelab train' wrote"),
    "without card": (lambda m: (m / "card.json").unlink(), "has no card.json"),
    "without part": (lambda m: (m / "decision_tree.skops").unlink(), "part 'decision_tree.skops' is missing"),
    "without artists": (lambda m: (m / "artists.npy").unlink(), "part 'artists.npy' is missing"),
    "changed part": (lambda m: (m / "artists.npy").write_bytes(b"x"), "was changed since it was written"),
    "card of no JSON": (lambda m: (m / "card.json").write_text("{"), "is not JSON"),
    "card of a list": (lambda m: (m / "card.json").write_text("[]"), "is not a card"),
    "another format": (lambda m: recarded(m, format=99), "is of format 99, this genrelab reads format"),
    "a part elsewhere": (lambda m: recarded(m, files={"../songs.csv": "0"}), "'../songs.csv' is missing"),
    "card that lacks": (lambda m: recarded(m, origin={}), "does not fit this version of genrelab"),
    "untrusted type": (_untrusted, r"names untrusted types \(os.system\).*do not use it"),
}


@pytest.mark.parametrize("verb", ["predict", "evaluate"])
@pytest.mark.parametrize("kind", MODELS)
def test_a_model_that_cannot_be_trusted(
    refuse: Refuse, tmp_path: Path, model: Path, songs: Path, kind: str, verb: str
) -> None:
    harm, told = MODELS[kind]
    harm(model)
    more = ["-o", tmp_path / "out.csv"] if verb == "predict" else ["--label", "genre"]
    line = refuse(verb, model, songs, *more)
    assert line.startswith(str(model)), line
    assert re.search(told, line), line


# Settings and names ----------------------------------------------------------------------------------------

TRAIN = "train songs.csv --label genre -o out"
COMMANDS: dict[str, str] = {
    f"{TRAIN} --model lightgbn": "no model 'lightgbn': did you mean 'lightgbm'?",
    f"{TRAIN} --split artists": "no split 'artists': did you mean 'artist'?",
    f"{TRAIN} --skip-rules repeated_di": "no cleaning rule 'repeated_di': did you mean 'repeated_id'?",
    f"{TRAIN} --class-weights even": "--class-weights: 'even' is no weight above 0: write balanced",
    f"{TRAIN} --class-weights pop=": "--class-weights: 'pop=' is no weight above 0",
    f"{TRAIN} --class-weights pop=-1": "--class-weights: 'pop=-1' is no weight above 0",
    f"{TRAIN} --class-weights pop=nan": "--class-weights: 'pop=nan' is no weight above 0",
    f"{TRAIN} --class-weights pop=1": "a weight above 0 is needed for each of jazz, pop, rock",
    f"{TRAIN} --model nearest_neighbours --class-weights balanced": "cannot weigh genres: choose another",
    f"{TRAIN} --columns ,": "--columns: names nothing",
    f"{TRAIN} --columns energie": "did you mean 'energy'?",
    f"{TRAIN} --folds 1": "genrelab train: invalid value for '--folds'",
    f"{TRAIN} --folds 9999": "at least 9999 are needed",
    f"{TRAIN} --threads 0": "invalid value for '--threads'",
    f"{TRAIN} --seed -1": "invalid value for '--seed'",
    f"{TRAIN} --join nowhere.csv": "nowhere.csv: no such file",
    f"{TRAIN} --model logistic --set c=1": "no setting of 'logistic' 'c': did you mean 'C'? (known: C,",
    f"{TRAIN} --model logistic --set C": "setting 'C': is not written as NAME=VALUE",
    f"{TRAIN} --model logistic --set C=-1": "settings C=-1: The 'C' parameter of LogisticRegression must be",
    f"{TRAIN} --model lightgbm --set num_leaves=1": "settings num_leaves=1: ",
    f"{TRAIN} --model sgd --set loss=hing": "loss: 'hing' is unknown: choose from log_loss, hinge",
    f"{TRAIN} --model logistic --steps standardize": "no step 'standardize': did you mean 'standardise'?",
    f"{TRAIN} --model logistic --steps pca:0": "step 'pca:0': '0' is no number from 1 up",
    f"{TRAIN} --model logistic --steps pca:99": "steps: n_components=99 must be between 0 and ",
    f"{TRAIN} --model logistic --steps ,": "--steps: names nothing",
    f"{TRAIN} --model logistic --features raw": "no kind of features 'raw'",
    f"{TRAIN} --model logistic --features words": "features 'words': 'logistic' cannot count words",
    f"{TRAIN} --model logistic --sampling smot": "no sampling 'smot': did you mean 'smote'?",
    f"{TRAIN} --model majority --sampling under": "a baseline takes no features, steps or sampling",
    f"{TRAIN} --model one_vs_rest --set over=best": "over: 'one_vs_rest' cannot be made of 'best'",
    f"{TRAIN} --min-tracks 9999": "no track is left after cleaning: ",
    "train songs.csv -o out": "genrelab train: missing option '--label'",
    "train songs.csv --label genre": "genrelab train: missing option '-o' / '--output'",
    "train --label genre -o out": "genrelab train: missing argument 'TABLE...'",
    "train songs.csv --lable genre -o out": "no such option: --lable",
    "trian songs.csv": "no such command 'trian': did you mean 'train'?",
    "--verson": "no such option: --verson",
    "compare songs.csv --label genre --models logistik": "no model 'logistik': did you mean 'logistic'?",
    "compare songs.csv --label genre --models ,": "--models: names nothing",
    "predict model songs.csv -o out.csv --min-confidence 1.5": "invalid value for '--min-confidence'",
    "predict model songs.csv -o out.csv --min-confidence nan": "invalid value for '--min-confidence'",
    "predict model songs.csv -o out.csv --min-confidence much": "invalid value for '--min-confidence'",
    "bin songs.csv --taxonomy capstone -o out.csv": "no taxonomy 'capstone': did you mean 'capstone12'?",
    "bin songs.csv --taxonomy nowhere.toml -o out.csv": "nowhere.toml: no such taxonomy file",
    "bin songs.csv --taxonomy fma -o out.csv": "column 'tags': not in the table",
    "list modles": "no list 'modles': did you mean 'models'?",
    "list": "genrelab list: missing argument 'WHAT'",
    "data fetsh spotify_30k": "no such command 'fetsh': did you mean 'fetch'?",
    "data fetch spotify30k": "no table 'spotify30k': did you mean 'spotify_30k'?",
    "demo --model lightgbn": "no model 'lightgbn': did you mean 'lightgbm'?",
    "demo --rows 1": "invalid value for '--rows'",
}


@pytest.mark.parametrize("command", COMMANDS)
def test_settings_that_are_none(
    refuse: Refuse, songs: Path, model: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.chdir(songs.parent)
    assert COMMANDS[command] in refuse(*command.split())


def test_what_a_table_says_cannot_command_the_terminal(refuse: Refuse, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("energy,\x1b[31mred\n" + "1,x\n" * 9)
    line = refuse("audit", path, "--label", "genre")
    assert "\x1b" not in line


# No network ------------------------------------------------------------------------------------------------


def test_fetching_without_network(refuse: Refuse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as dead:
        dead.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{dead.getsockname()[1]}/songs.csv"
        file = published.File("songs.csv", address, 9, "sha256:00")
        known = published.Published("songs", "songs", (file,), "none", "none")
        monkeypatch.setattr(published, "PUBLISHED", {"songs": known})
        (tmp_path / "cache" / "songs").mkdir(parents=True)
        line = refuse("data", "fetch", "songs", "--folder", tmp_path / "cache")
    assert line.startswith(f"{address}: cannot be reached (ConnectionError): try again, or put the file at")
