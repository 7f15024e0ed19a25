"""The documentation: it names everything, its examples run, its links lead somewhere."""

from __future__ import annotations

import json
import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import typer

import genrelab
from genrelab import cli, scoring
from genrelab.cleaning import RULES
from genrelab.models import MODELS
from genrelab.published import PUBLISHED
from genrelab.taxonomy import TAXONOMIES

ROOT = Path(__file__).parents[1]
README, CONTRIBUTING, GUIDE = (ROOT / name for name in ("README.md", "CONTRIBUTING.md", "docs/guide.md"))
PAGES = (README, CONTRIBUTING, ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md")))
every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)

NOT_RUN = {
    "genrelab data fetch spotify_30k --folder tables": "needs the network",
    "genrelab collect spotify --artists artists.csv -o collection.db": "needs the network",
    "genrelab collect lastfm --tracks songs.csv -o collection.db": "needs the network",
    "genrelab collect acousticbrainz --tracks recordings.csv -o collection.db": "needs the network",
    "genrelab collect status collection.db": "tells of what the network gave",
    "genrelab collect export collection.db --service lastfm -o tags.parquet --missing rest.csv": "as above",
    "genrelab demo": "takes long on real tracks; the same on synthetic ones is run",
}
SIZES = ("rounds", "n_estimators", "epochs", "networks")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RECIPE = re.compile(r"^`(src/genrelab/[^`]+)`:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
MACHINE = re.compile(r"(?<![\w.])(?:/(?:home|root|tmp|work|Users|mnt|opt)/|[A-Z]:\\)")


def words(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def recipes() -> dict[str, str]:
    return dict(RECIPE.findall(words(CONTRIBUTING)))


def blocks(page: Path) -> Iterator[tuple[str, str]]:
    """Language and text of each fenced block, in order."""
    yield from FENCE.findall(words(page))


def command_lines(block: str) -> list[str]:
    """Lines of a block that call genrelab, without their prompt and comment."""
    lines = (line.removeprefix("$ ").partition("  #")[0].strip() for line in block.splitlines())
    return [line for line in lines if line.startswith("genrelab ")]


def spans(page: Path) -> list[str]:
    """Calls of genrelab inside sentences; what is in upper case stands for something else."""
    found = re.findall(r"`(genrelab [^`]+)`", FENCE.sub("", words(page)))
    return [span for span in found if not span.split()[1].isupper()]


def new_verbs() -> set[str]:
    """Verbs that a recipe adds."""
    return {Path(path).stem for path in recipes() if Path(path).parent.name == "cli"}


def known(parameter: str) -> set[str]:
    """Names that a parameter may have, those that recipes add among them."""
    drawers: Mapping[str, Mapping[str, Any]] = {
        "--model": MODELS,
        "--models": MODELS,
        "--taxonomy": TAXONOMIES,
        "--skip-rules": RULES,
        "fetch": PUBLISHED,
    }
    return {*drawers[parameter], *(Path(path).stem for path in recipes()), "all"}


@pytest.fixture
def quick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in; models of few trees, intervals of few replicates."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(scoring, "REPLICATES", 50)
    for name, model in MODELS.items():
        few = {k: 4 if k in SIZES else v for k, v in model.settings.items()}
        monkeypatch.setattr(import_module(f"genrelab.models.{name}"), "MODEL", replace(model, settings=few))
    return tmp_path


def called(line: str) -> int:
    with pytest.raises(SystemExit) as done:
        cli.main(shlex.split(line)[1:])
    return int(done.value.code or 0)


def run(page: Path, capsys: pytest.CaptureFixture[str]) -> int:
    """Run every block of a page in order, and say how many commands were run."""
    namespace: dict[str, Any] = {}
    count = 0
    for language, block in blocks(page):
        if language == "python":
            exec(compile(block, page.name, "exec"), namespace)
        for line in command_lines(block):
            if line not in NOT_RUN:
                capsys.readouterr()
                expected = 2 if language == "console" else 0
                assert called(line) == expected, (line, capsys.readouterr().err)
                count += 1
                if language == "console":
                    assert capsys.readouterr().err.strip() == answer(block, line)
    return count


def answer(block: str, line: str) -> str:
    """Return what a console block says is printed after a command."""
    after = block.split(f"$ {line}\n", 1)[1]
    return after.split("\n$ ", 1)[0].strip()


@pytest.mark.parametrize("page", [README, GUIDE], ids=lambda page: page.name)
def test_every_verb_is_named(page: Path) -> None:
    missing = [verb for verb in cli.VERBS if not re.search(rf"(?:genrelab|make) {verb}\b", words(page))]
    assert not missing


def test_every_public_name_is_in_the_guide() -> None:
    missing = [name for name in genrelab.__all__ if not re.search(rf"`genrelab\.{name}\b", words(GUIDE))]
    assert not missing


def test_the_guide_names_nothing_that_is_not_there() -> None:
    named = re.findall(r"`genrelab\.(\w+)", words(GUIDE))
    assert [name for name in named if not hasattr(genrelab, name) and name != "sources"] == []


@pytest.mark.parametrize("verb", ["bin", "compare", "predict", "train"])
def test_every_option_is_in_the_guide(verb: str) -> None:
    root: Any = typer.main.get_command(cli.app())
    options = [p.opts for p in root.commands[verb].params if p.param_type_name == "option"]
    assert [
        names for names in options if not any(re.search(rf"{n}(?![\w-])", words(GUIDE)) for n in names)
    ] == []


def test_the_cleaning_rules_are_those_of_the_guide() -> None:
    table = re.findall(r"^\| `(\w+)` \| (.*) \|$", section(GUIDE, "Cleaning rules"), re.MULTILINE)
    assert table == [(rule.name, rule.meaning) for rule in RULES.values()]


def test_the_findings_of_an_audit_are_in_the_guide() -> None:
    sources = "".join(words(path) for path in (ROOT / "src/genrelab/audit").glob("*.py"))
    names = set(re.findall(r'\bfound\(\s*"(\w+)"', sources))
    assert len(names) > 15
    assert sorted(name for name in names if f"`{name}`" not in section(GUIDE, "audit")) == []


def section(page: Path, opening: str) -> str:
    """Return the section whose title opens so, without its title."""
    return words(page).split(f"\n## {opening}", 1)[1].split("\n## ", 1)[0]


def test_the_rooms_are_those_of_the_import_contract() -> None:
    contract = tomllib.loads(words(ROOT / "pyproject.toml"))["tool"]["importlinter"]["contracts"][0]
    cells = re.findall(r"^\| (`.*?) \|", section(CONTRIBUTING, "Rooms"), re.MULTILINE)
    rooms = [re.findall(r"`(\w+)`", cell) for cell in cells]
    assert rooms == [layer.split(" | ") for layer in contract["layers"]]


def test_the_page_of_columns_is_the_contract() -> None:
    made: str = runpy.run_path(str(ROOT / "docs/make_columns.py"))["page"]()
    assert words(ROOT / "docs/columns.md") == made, "run: python docs/make_columns.py"
    for column in genrelab.CONTRACT.values():
        assert f"| `{column.name}` |" in made
        assert all(f"`{alias}`" in made for alias in column.aliases)


@every_page
def test_every_command_line_parses(page: Path) -> None:
    root: Any = typer.main.get_command(cli.app())
    for _, block in blocks(page):
        for line in command_lines(block):
            _, verb, *arguments = shlex.split(line)
            with root.commands[verb].make_context(verb, arguments, ignore_unknown_options=False) as context:
                assert not context.args or hasattr(context.command, "commands"), line
            check_names(line)


@every_page
def test_every_command_in_a_sentence_exists(page: Path) -> None:
    root: Any = typer.main.get_command(cli.app())
    for span in spans(page):
        first, *rest = span.split()[1:]
        if first in new_verbs() or first == "--help":
            continue
        parsed = [root.commands[first], *(getattr(root.commands[first], "commands", {}).values())]
        options = {option for command in parsed for p in command.params for option in p.opts} | {"--help"}
        assert {word for word in rest if word.startswith("-")} <= options, span
        check_names(span)


def check_names(line: str) -> None:
    """Check that what a line names in a drawer is there."""
    for option, value in pairwise(shlex.split(line)):
        if option in {"--model", "--models", "--taxonomy", "--skip-rules", "fetch"} and "/" not in value:
            strange = {v for v in value.split(",") if not v.endswith(".toml") and not v.isupper()}
            assert strange - {"lightgbn"} <= known(option), line


def test_the_guide_runs_from_top_to_bottom(quick: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [line for _, block in blocks(GUIDE) for line in command_lines(block)]
    assert set(NOT_RUN) <= set(lines)
    assert run(GUIDE, capsys) == len(lines) - len(NOT_RUN)
    assert {"model", "labels.csv", "labels.parquet", "binned.csv", "models.html"} <= {
        path.name for path in quick.iterdir()
    }


def test_the_python_of_the_readme_runs(quick: Path, capsys: pytest.CaptureFixture[str]) -> None:
    catalogue = genrelab.SOURCES["demo"](rows=400, seed=0).tracks
    catalogue.write_csv("songs.csv")
    catalogue.drop("genre").write_csv("new_songs.csv")
    examples = [block for language, block in blocks(README) if language == "python"]
    assert examples
    for block in examples:
        exec(compile(block, README.name, "exec"), {})
    assert "Score(value=" in capsys.readouterr().out


def test_json_has_the_keys_that_the_guide_tells(quick: Path, capsys: pytest.CaptureFixture[str]) -> None:
    exec(next(block for language, block in blocks(GUIDE) if language == "python"), {})
    lines = {
        "audit": "songs.csv --label genre",
        "audit --suspects": "songs.csv --label genre --model logistic",
        "bin": "tagged.csv --taxonomy capstone12 -o b.csv",
        "train": "songs.csv --label genre --model majority -o m",
        "predict": "m new_songs.csv -o p.csv",
        "evaluate": "m labelled.csv --label genre",
        "evaluate --draft-map": "map.toml m labelled.csv --label genre",
        "compare": "songs.csv --label genre --models majority",
        "demo": "--synthetic --rows 300 --model majority -o d",
        "list models": "",
        "list shipped": "",
        "data list": "",
    }
    table = re.findall(r"^\| `([\w -]+)` \| (`.*`) \|$", section(GUIDE, "For scripts"), re.MULTILINE)
    told = {verb: re.findall(r"`(\w+)`", keys) for verb, keys in table}
    assert told.keys() == lines.keys()
    for verb, arguments in lines.items():
        assert called(f"genrelab {verb} {arguments} --json") == 0
        assert sorted(json.loads(capsys.readouterr().out)) == sorted(told[verb]), verb


OPENED = """
import json, sys
import genrelab
from genrelab import cli, schema
songs = genrelab.dataset.make(schema.sample(60, seed=0), columns=["energy", "tempo"])
trained = genrelab.train(songs, "linear_discriminant", folds=5)
loaded = genrelab.load(genrelab.save(trained, "model"))
print(json.dumps({
    "home": genrelab.__file__, "cli": list(cli.VERBS), "models": list(genrelab.MODELS),
    "sources": list(genrelab.SOURCES), "taxonomies": list(genrelab.TAXONOMIES),
    "studies": list(genrelab.STUDIES),
    "study": genrelab.STUDIES["rock_by_tree"].meaning,
    "labelled": loaded.predict(songs.tracks).height,
    "titles": genrelab.SOURCES["m3u"]("list.m3u").tracks["title"].to_list(),
    "genres": genrelab.TAXONOMIES["rock_or_not"].match("art rock"),
}))
cli.main(["columns"])
"""


def test_a_recipe_of_each_drawer_works_by_its_file_alone(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    for path, text in recipes().items():
        assert not (tmp_path / path).exists()
        (tmp_path / path).write_text(text, encoding="utf-8")
    (tmp_path / "list.m3u").write_text("#EXTM3U\n#EXTINF:203,Air - Sexy Boy\nsexy.mp3\n", encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "src")}
    done = subprocess.run(
        [sys.executable, "-c", OPENED],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    first, *columns = done.stdout.splitlines()
    found = json.loads(first)
    assert Path(found["home"]).is_relative_to(tmp_path)
    drawers = {Path(path).parent.name: Path(path).stem for path in recipes()}
    assert drawers.keys() == {"models", "sources", "taxonomies", "studies", "cli"}
    assert all(name in found[drawer] for drawer, name in drawers.items())
    assert (found["labelled"], found["titles"], found["genres"]) == (60, ["Sexy Boy"], ["rock", "other"])
    assert any(line.startswith("danceability") for line in columns)


@every_page
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for link in LINK.findall(re.sub(r"`[^`\n]*`", "", FENCE.sub("", words(page)))):
        if link.startswith(("http://", "https://")):
            continue
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def anchors(page: Path) -> set[str]:
    """Anchors that GitHub gives the titles of a page."""
    titles = re.findall(r"^#+ (.+)$", FENCE.sub("", words(page)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@every_page
def test_no_path_of_a_machine(page: Path) -> None:
    assert MACHINE.findall(words(page)) == []


def test_the_changelog_has_the_version() -> None:
    version = tomllib.loads(words(ROOT / "pyproject.toml"))["project"]["version"]
    assert f"\n## {version}" in words(ROOT / "CHANGELOG.md")
