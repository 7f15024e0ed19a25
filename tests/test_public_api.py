"""The public API: what it names, that each name loads lazily in any order, and says what it is."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys

import pytest

import genrelab

NAMES = [
    "CONTRACT", "MODELS", "SERVICES", "SOURCES", "STUDIES", "TAXONOMIES", "Audit", "Binned", "Choice",
    "Classifier", "Cleaned", "Clusters", "Collected", "Dataset", "Explanation", "Exploration",
    "Exported", "GenrelabError", "Prepared", "Reading", "Recipe", "Report", "Song", "StudyReport",
    "Suspects", "Tuned", "announce", "audit", "bin", "choose_k", "clean", "cluster", "collect",
    "collecting", "compare", "crosswalk", "dataset", "evaluate", "explain", "explain_song", "explore",
    "honesty", "join", "label", "load", "prepare", "read", "save", "study", "suspects", "train",
    "train_few", "train_tuned", "tune", "validate", "write_html",
]  # fmt: skip
HEAVY = {
    "polars",
    "numpy",
    "scipy",
    "sklearn",
    "pandas",
    "lightgbm",
    "xgboost",
    "skops",
    "rich",
    "typer",
    "plotly",
    "torch",
    "optuna",
    "shap",
    "umap",
    "matplotlib",
    "h5py",
    "imblearn",
}


def python(code: str) -> str:
    """Run code in a fresh interpreter and return what it prints."""
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()


def test_the_names() -> None:
    assert sorted(genrelab.__all__) == sorted(NAMES)
    assert set(NAMES) <= set(dir(genrelab))


@pytest.mark.parametrize("name", NAMES)
def test_each_says_what_it_is(name: str) -> None:
    thing = getattr(genrelab, name)
    if isinstance(thing, type) or inspect.isroutine(thing) or inspect.ismodule(thing):
        assert thing.__doc__
        assert thing.__doc__.strip().split("\n")[0].endswith((".", ":")), thing.__doc__
    else:
        assert len(thing) > 0


ORDERS = {
    "as listed": "names",
    "backwards": "names[::-1]",
    "functions before the rooms they live in": "sorted(names, key=lambda name: name in {'audit', 'dataset'})",
    "rooms before functions": "sorted(names, key=lambda name: name not in {'audit', 'dataset'})",
}


@pytest.mark.parametrize("order", ORDERS)
def test_each_is_the_same_in_any_order(order: str) -> None:
    """A room that bears the name of a function must not take its place, nor the function the room's."""
    code = f"""
import genrelab, json
names = {NAMES!r}
for name in {ORDERS[order]}:
    getattr(genrelab, name)
print(json.dumps({{name: type(getattr(genrelab, name)).__name__ for name in names}}))
"""
    kinds = json.loads(python(code))
    assert kinds == {name: type(getattr(genrelab, name)).__name__ for name in NAMES}
    assert kinds["bin"] == kinds["train"] == kinds["label"] == "function"
    assert kinds["audit"] == kinds["dataset"] == "module"


def test_each_loads_alone() -> None:
    code = "import sys, genrelab; getattr(genrelab, sys.argv[1])"
    for name in ("bin", "dataset", "GenrelabError", "CONTRACT"):
        subprocess.run([sys.executable, "-c", code, name], check=True)


def test_importing_it_loads_little() -> None:
    loaded = set(python("import genrelab, sys; print(' '.join(sys.modules))").split())
    assert not HEAVY & loaded
    assert {name for name in loaded if name.startswith("genrelab.")} == set()


def test_the_command_line_loads_little_before_it_works() -> None:
    loaded = set(python("import genrelab.cli, sys; genrelab.cli.app(); print(' '.join(sys.modules))").split())
    assert not (HEAVY - {"rich", "typer"}) & loaded


def test_star_import_gives_the_names() -> None:
    given = python(
        "before = set(dir()); from genrelab import *; print(*sorted(set(dir()) - before - {'before'}))"
    )
    assert given.split() == sorted(NAMES)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError):
        genrelab.trian  # type: ignore[attr-defined]  # noqa: B018 - that is the point
