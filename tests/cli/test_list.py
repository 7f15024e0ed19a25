"""``list shipped`` says what a shipped model knows, how good it is, and on what terms."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from genrelab import shipped

CARD = {
    "genres": ["calm", "wild"],
    "columns": ["tempo", "title"],
    "rows": 90,
    "grouped_by": "artist",
    "absent": {"title": {"value": 0.5, "low": 0.4, "high": 0.6}},
    "scores": {"accuracy": {"value": 0.7, "low": 0.65, "high": 0.75}},
    "origin": {"licence": "CC BY 4.0", "notes": ["For research only."]},
}


@pytest.fixture(autouse=True)
def _one_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "calm_two").mkdir()
    (tmp_path / "calm_two" / "card.json").write_text(json.dumps(CARD), "utf-8")
    monkeypatch.setattr(shipped, "FOLDER", tmp_path)
    monkeypatch.setattr(shipped, "SHIPPED", ("calm_two",))


def test_shipped_models_are_told(run: Callable[..., Any]) -> None:
    said = run("list", "shipped").out
    for words in (
        "calm_two", "2 genres: calm, wild", "reads tempo, title; up to 1 of them may be absent",
        "accuracy 0.700, 95 % interval 0.650-0.750, split by artist; 0.0 MB", "licence: CC BY 4.0",
        "For research only.",
    ):  # fmt: skip
        assert words in said


def test_programs_get_the_facts(run: Callable[..., Any]) -> None:
    facts = run("list", "shipped", "--json").json["shipped"]["calm_two"]
    assert facts["accuracy"] == {"value": 0.7, "low": 0.65, "high": 0.75}
    assert facts["size"] > 100
    assert facts["notes"] == ["For research only."]
