"""Writing without leaving halves behind: aside first, renamed when complete."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from genrelab.errors import OutputError


def check_file(path: Path | str, *, overwrite: bool = False) -> None:
    """Raise OutputError at once where a file may not be written, before hours of work are lost.

    Raises
    ------
    OutputError
        When the file exists and `overwrite` is false, when it is a folder, or when it cannot be written.
    """
    target = Path(path)
    if target.is_dir():
        raise OutputError(f"{target}: is a folder: name a file in it")
    check_folder(path, overwrite=overwrite)


def check_folder(path: Path | str, *, overwrite: bool = False) -> None:
    """Raise OutputError at once where a folder may not be written.

    Raises
    ------
    OutputError
        When it exists and `overwrite` is false, or when it cannot be written.
    """
    target = Path(path)
    if target.exists() and not overwrite:
        raise OutputError(f"{target}: exists already: choose another name, or add --overwrite")
    with _aside(target):
        pass


@contextmanager
def written_aside(path: Path | str) -> Iterator[Path]:
    """Yield a path beside `path`; when the block ends well, it takes the place of `path`.

    When the block fails, what was written is removed and `path` is as it was before.

    Raises
    ------
    OutputError
        When the folder cannot be written.
    """
    target = Path(path)
    with _aside(target) as folder:
        partial = folder / target.name
        yield partial
        partial.replace(target)


@contextmanager
def folder_written_aside(path: Path | str, *, overwrite: bool = False) -> Iterator[Path]:
    """Yield an empty folder beside `path`; when the block ends well, it takes the place of `path`.

    Raises
    ------
    OutputError
        When `path` exists and `overwrite` is false, or when its parent cannot be written.
    """
    target = Path(path)
    check_folder(target, overwrite=overwrite)
    with _aside(target) as folder:
        partial = folder / target.name
        partial.mkdir()
        yield partial
        if target.exists():
            target.replace(folder / "replaced")
        partial.replace(target)


@contextmanager
def _aside(target: Path) -> Iterator[Path]:
    """Yield a private folder on the target's own file system, so that a rename is atomic."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    except OSError as error:
        raise OutputError(f"{target}: cannot be written ({error.strerror}): choose another place") from error
    try:
        yield folder
    except OSError as error:
        if isinstance(error, OutputError) or error.filename is None:
            raise
        raise OutputError(f"{target}: cannot be written ({error.strerror}): choose another place") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
