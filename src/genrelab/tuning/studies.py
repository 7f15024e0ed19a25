"""Optuna's studies: kept in memory or in a file, quiet, and never mixed up."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from genrelab.errors import MissingExtra, OutputError, ReadError, SettingError
from genrelab.files import check_file

if TYPE_CHECKING:
    from optuna import Study
    from optuna.storages import RDBStorage

PREFIX = "genrelab: "
"""Begins the names of our studies in a file."""
ASKED = "genrelab"
"""Attribute of a study that holds what was asked for."""
STARTUP = 5  # complete trials before any is pruned


@dataclass(frozen=True, slots=True, eq=False)
class Studies:
    """Where studies are kept.

    Attributes
    ----------
    file
        The file, or None where they are forgotten.
    storage
        Optuna's view of it.
    """

    file: Path | None = None
    storage: RDBStorage | None = None

    def get(self, name: str, asked: Mapping[str, str], *, maximise: bool) -> Study:
        """Return the study of a name: the one begun earlier, or a new one.

        A trial that was running when an earlier process ended is marked as failed, without a reason.

        Raises
        ------
        SettingError
            When the one begun earlier was asked for something else.
        """
        import optuna  # noqa: PLC0415 - an extra

        study = optuna.create_study(
            storage=self.storage,
            study_name=f"{PREFIX}{name}",
            direction="maximize" if maximise else "minimize",
            pruner=optuna.pruners.MedianPruner(n_startup_trials=STARTUP, n_warmup_steps=1),
            load_if_exists=True,
        )
        self._check(study, asked)
        for trial in study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.RUNNING,)):
            study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
        return study

    @contextmanager
    def blamed(self) -> Iterator[None]:
        """Raise an error that can be mended where a study cannot be gone on with.

        Raises
        ------
        SettingError
            When another process goes on with it.
        OutputError
            When its file cannot be written.
        """
        from optuna import exceptions  # noqa: PLC0415 - an extra

        try:
            yield
        except exceptions.UpdateFinishedTrialError as error:
            raise SettingError(
                f"study {self.file}: another process goes on with it: wait, or name another file"
            ) from error
        except exceptions.StorageInternalError as error:
            raise OutputError(
                f"study {self.file}: cannot be written ({error.__cause__}): make room, or name another file"
            ) from error

    def _check(self, study: Study, asked: Mapping[str, str]) -> None:
        before = study.user_attrs.get(ASKED)
        if before is None:
            study.set_user_attr(ASKED, dict(asked))
            return
        for what, value in asked.items():
            if before.get(what) != value:
                raise SettingError(
                    f"study {self.file}: was begun with another {what}: name another file,"
                    " or ask for the same"
                )


@contextmanager
def kept_in(file: Path | str | None) -> Iterator[Studies]:
    """Yield where studies are kept, while Optuna is quiet.

    Raises
    ------
    MissingExtra
        When Optuna is not installed.
    OutputError
        When the file cannot be written.
    ReadError
        When it exists, but holds other things.
    """
    check(file)
    import optuna  # noqa: PLC0415 - an extra

    loudness = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        if file is None:
            yield Studies()
        else:
            with _opened(Path(file)) as storage:
                yield Studies(Path(file), storage)
    finally:
        optuna.logging.set_verbosity(loudness)


@contextmanager
def _opened(file: Path) -> Iterator[Any]:
    from optuna.storages import RDBStorage  # noqa: PLC0415 - an extra
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 - comes with Optuna

    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        storage = RDBStorage(f"sqlite:///{file.resolve()}")
    except (SQLAlchemyError, RuntimeError) as error:  # of another Optuna's making
        raise ReadError(f"{file}: cannot be opened as a study: name another file") from error
    try:
        yield storage
    finally:
        storage.remove_session()
        storage.engine.dispose()


def check(file: Path | str | None) -> None:
    """Raise at once where a file may not keep studies, or none can be made, before hours of work are lost.

    Raises
    ------
    MissingExtra
        When Optuna is not installed.
    OutputError
        When it cannot be written.
    ReadError
        When it exists, but holds other things.
    """
    try:
        import optuna  # noqa: F401, PLC0415 - an extra
    except ImportError as error:
        raise MissingExtra("optuna", "tuning") from error
    if file is None:
        return
    place = Path(file)
    check_file(place, overwrite=True)
    if set(str(place.resolve())) & set("{}?#%"):
        raise OutputError(f"{place}: holds one of {{ }} ? # % in its path: choose another name")
    if not place.exists() or not place.stat().st_size:
        return
    try:
        connection = sqlite3.connect(f"file:{quote(str(place.resolve()))}?mode=rw", uri=True)
        try:
            names = [name for (name,) in connection.execute("SELECT study_name FROM studies")]
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise ReadError(f"{place}: is no study that genrelab began: name another file") from error
    if not all(name.startswith(PREFIX) for name in names):
        raise ReadError(f"{place}: holds studies that genrelab did not begin: name another file")
