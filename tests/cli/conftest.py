"""Commands run in this process, and small tables for them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import polars as pl
import pytest

from genrelab import cli
from genrelab.sources import demo


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one JSON object on stdout."""
        assert (self.code, self.err, self.out.count("\n")) == (0, "", 1), self
        told: dict[str, Any] = json.loads(self.out)
        return told


Run: TypeAlias = Callable[..., Ran]


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    """Run a command; what C libraries print counts too."""

    def ran(*arguments: object) -> Ran:
        with pytest.raises(SystemExit) as ended:
            cli.main([str(argument) for argument in arguments])
        captured = capfd.readouterr()
        code = ended.value.code
        assert isinstance(code, int)
        return Ran(code, captured.out, captured.err)

    return ran


@pytest.fixture(scope="session")
def songs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of songs whose genres can be heard, with tags and a column that gives the genre away."""
    path = tmp_path_factory.mktemp("cli") / "songs.csv"
    drawn = demo.read(rows=500, seed=3).tracks
    drawn.rename({"title": "track_name", "genre": "playlist_genre"}).with_columns(
        tags=pl.format("['{}', 'live']", "playlist_genre"), playlist_name=pl.col("playlist_genre") + " hits"
    ).write_csv(path)
    return path


@pytest.fixture(scope="session")
def model(songs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of the songs."""
    path = tmp_path_factory.mktemp("model") / "model"
    with pytest.raises(SystemExit) as ended:
        cli.main(["train", str(songs), "--label", "playlist_genre", "--model", "logistic", "-o", str(path)])
    assert ended.value.code == 0
    return path
