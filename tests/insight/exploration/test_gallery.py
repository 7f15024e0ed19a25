"""The folder of PNG files."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import polars as pl
import pytest

from genrelab.errors import MissingExtra, OutputError
from genrelab.insight.exploration import Exploration, explore, gallery, pictures
from genrelab.sources import demo

MAGIC = b"\x89PNG\r\n\x1a\n"


def test_every_plot_is_a_picture(small: Exploration, tmp_path: Path) -> None:
    folder = tmp_path / "plots"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        names = gallery.write(small, folder)
    assert sorted(path.name for path in folder.iterdir()) == sorted(names)
    assert len(names) == 13
    assert all((folder / name).read_bytes().startswith(MAGIC) for name in names)
    assert all((folder / name).stat().st_size > 5000 for name in names)
    assert all(gallery.OURS.fullmatch(name) for name in names)


@pytest.fixture(scope="module")
def bare() -> Exploration:
    """Two columns without a label."""
    return explore(demo.read(rows=300, seed=0).tracks, None, ["energy", "tempo"])


def test_without_a_label_and_twice_the_same(bare: Exploration, tmp_path: Path) -> None:
    names = gallery.write(bare, tmp_path / "a")
    assert "genres.png" not in names
    gallery.write(bare, tmp_path / "b")
    assert all((tmp_path / "a" / n).read_bytes() == (tmp_path / "b" / n).read_bytes() for n in names)


def test_only_our_own_pictures_are_replaced(bare: Exploration, tmp_path: Path) -> None:
    folder = tmp_path / "plots"
    folder.mkdir()
    (folder / "holiday.png").write_bytes(MAGIC)
    with pytest.raises(OutputError, match="exists already"):
        gallery.check(folder)
    with pytest.raises(OutputError, match="holds other things"):
        gallery.write(bare, folder, overwrite=True)
    assert (folder / "holiday.png").read_bytes() == MAGIC
    (folder / "holiday.png").rename(folder / "boxes.png")
    gallery.check(folder, overwrite=True)


def test_nothing_is_left_when_drawing_fails(
    bare: Exploration, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Exploration) -> None:
        raise RuntimeError("no ink")

    monkeypatch.setattr(pictures, "draw_boxes", fail)
    with pytest.raises(RuntimeError, match="no ink"):
        gallery.write(bare, tmp_path / "plots")
    assert list(tmp_path.iterdir()) == []


def test_missing_matplotlib_names_the_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtra, match=r"matplotlib .*genrelab\[report\]"):
        gallery.check(tmp_path / "plots")


def test_names_in_other_scripts_warn_of_nothing(tmp_path: Path) -> None:
    songs = demo.read(rows=300, seed=0).tracks.with_columns(genre="邦楽 " + pl.col("genre"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gallery.write(explore(songs, "genre", ["energy"]), tmp_path / "plots")
