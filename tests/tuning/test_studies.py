"""Study files: begun by us, never another's, and Optuna says nothing."""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path

import optuna
import pytest

from genrelab.errors import GenrelabError, MissingExtra, OutputError, ReadError, SettingError
from genrelab.tuning import studies


def test_optuna_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with (
        pytest.raises(MissingExtra, match=r"pip install 'genrelab\[tuning\]'"),
        studies.kept_in(None),
    ):
        pass


def test_optuna_is_quiet_and_then_as_loud_as_before(capfd: pytest.CaptureFixture[str]) -> None:
    optuna.logging.set_verbosity(optuna.logging.INFO)
    with studies.kept_in(None) as kept:
        study = kept.get("all", {}, maximise=True)
        study.tell(study.ask(), 1.0)
    assert capfd.readouterr() == ("", "")
    assert optuna.logging.get_verbosity() == optuna.logging.INFO


def test_a_study_goes_on_only_for_the_same(tmp_path: Path) -> None:
    file = tmp_path / "new" / "study.db"
    with studies.kept_in(file) as kept:
        study = kept.get("all", {"table": "1", "space": "a"}, maximise=True)
        study.tell(study.ask(), 0.5)
        study.ask()  # and nobody tells how it ended
    with studies.kept_in(file) as kept:
        study = kept.get("all", {"table": "1", "space": "a"}, maximise=True)
        assert [trial.state.name for trial in study.trials] == ["COMPLETE", "FAIL"]
        with pytest.raises(SettingError, match=r"study\.db: was begun with another space"):
            kept.get("all", {"table": "1", "space": "b"}, maximise=True)
        assert kept.get("other", {"table": "1", "space": "b"}, maximise=True).trials == []


def _text(file: Path) -> None:
    file.write_text("track_id,genre\n1,pop\n" * 20)


def _database(file: Path) -> None:
    connection = sqlite3.connect(file)
    connection.execute("CREATE TABLE songs (title)")
    connection.commit()
    connection.close()


def _someones_study(file: Path) -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    optuna.create_study(storage=f"sqlite:///{file}", study_name="mine")


@pytest.mark.parametrize("write", [_text, _database, _someones_study])
def test_what_is_not_ours_is_left_as_it_is(tmp_path: Path, write: object) -> None:
    file = tmp_path / "songs.db"
    assert callable(write)
    write(file)
    before = file.read_bytes()
    with pytest.raises(ReadError, match="name another file"), studies.kept_in(file):
        pass
    assert file.read_bytes() == before


@pytest.mark.parametrize("name", ["", "file.csv/study.db", "a{b}.db"])
def test_a_file_that_cannot_be_written_is_told_at_once(tmp_path: Path, name: str) -> None:
    (tmp_path / "file.csv").write_text("x")
    with pytest.raises(OutputError) as told:
        studies.check(tmp_path / name)
    assert isinstance(told.value, GenrelabError)
    assert str(told.value).count(": ") >= 2


def test_an_empty_file_is_a_new_study(tmp_path: Path) -> None:
    file = tmp_path / "study.db"
    file.touch()
    with studies.kept_in(file) as kept:
        kept.get("all", {}, maximise=False)
    studies.check(file)
