"""Drawers: folders as mappings."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from genrelab.drawer import Drawer
from genrelab.errors import UnknownName


@pytest.fixture
def drawer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Drawer[int]:
    folder = tmp_path / "things_for_test"
    folder.mkdir()
    files = {"__init__": "", "one": "THING = 1", "two": "THING = 2", "_hidden": "THING = 3", "bad": "1 / 0"}
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    return Drawer("things_for_test", "THING", "thing")


def test_it_is_a_mapping_of_its_modules(drawer: Drawer[int]) -> None:
    assert list(drawer) == ["bad", "one", "two"]
    assert len(drawer) == 3
    assert drawer["one"] == 1
    assert "two" in drawer
    assert drawer.get("nothing") is None


def test_a_module_is_opened_only_when_asked_for(drawer: Drawer[int]) -> None:
    assert drawer["two"] == 2
    assert "things_for_test.bad" not in sys.modules
    with pytest.raises(ZeroDivisionError):
        drawer["bad"]


@pytest.mark.parametrize("name", ["tow", "_hidden", "__init__"])
def test_a_name_that_is_not_in_it(drawer: Drawer[int], name: str) -> None:
    with pytest.raises(UnknownName, match=f"no thing '{name}'"):
        drawer[name]
