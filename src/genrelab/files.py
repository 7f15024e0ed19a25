"""Writing without leaving halves behind: aside first, renamed when complete."""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from genrelab.errors import GenrelabError, OutputError

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""What the system says when a disk, or a share of it, is full; it names no file then."""


def check_file(path: Path | str, *, overwrite: bool = False) -> None:
    """Raise OutputError at once where a file may not be written, before hours of work are lost.

    Raises
    ------
    OutputError
        When the file exists and `overwrite` is false, when it is a folder, or when it cannot be written.
    """
    target = Path(path)
    with _told(target):
        if target.is_dir():
            raise OutputError(f"{target}: is a folder: name a file in it")
        _check_free(target, overwrite=overwrite)


def check_folder(
    path: Path | str, *, overwrite: bool = False, ours: Callable[[Path], bool] = Path.exists
) -> None:
    """Raise OutputError at once where a folder may not be written.

    Parameters
    ----------
    path
        The folder.
    overwrite
        Whether it may take the place of one that exists.
    ours
        Tells of a folder that exists whether it may be lost; an empty one always may.

    Raises
    ------
    OutputError
        When it exists and `overwrite` is false, when it is a file, when it is not `ours`, or when it cannot
        be written.
    """
    target = Path(path)
    with _told(target):
        if target.exists() and not target.is_dir():
            raise OutputError(f"{target}: is a file: name a folder")
        if overwrite and target.is_dir() and any(target.iterdir()) and not ours(target):
            raise OutputError(f"{target}: holds other things than an earlier output: choose another name")
        _check_free(target, overwrite=overwrite)


def _check_free(target: Path, *, overwrite: bool) -> None:
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
def folder_written_aside(
    path: Path | str, *, overwrite: bool = False, ours: Callable[[Path], bool] = Path.exists
) -> Iterator[Path]:
    """Yield an empty folder beside `path`; when the block ends well, it takes the place of `path`.

    Raises
    ------
    OutputError
        As `check_folder`, which has the meaning of the parameters.
    """
    target = Path(path)
    check_folder(target, overwrite=overwrite, ours=ours)
    with _aside(target) as folder:
        partial = folder / target.name
        partial.mkdir()
        yield partial
        if target.exists():
            target.replace(folder / "replaced")
        partial.replace(target)


@contextmanager
def _aside(target: Path) -> Iterator[Path]:
    """Yield a private folder on the target's own file system, so that a rename is atomic.

    Folders that had to be made for it go again where nothing came to stand in them.
    """
    with _told(target):
        made = [parent for parent in target.parents if not parent.exists()]
        file = next((parent for parent in target.parents if parent.is_file()), None)
    if file is not None:
        raise OutputError(f"{target}: cannot be written ({file} is a file): choose another place")
    try:
        with _told(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            folder = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
        try:
            with _told(target):
                yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        for parent in made:
            with suppress(OSError):  # it is not empty: the output stands in it
                parent.rmdir()


@contextmanager
def _told(target: Path) -> Iterator[None]:
    """Say which output cannot be written, and why, where the system names a file or its disk is full."""
    try:
        yield
    except GenrelabError:
        raise
    except OSError as error:
        if error.filename is None and error.errno not in FULL:
            raise
        raise OutputError(f"{target}: cannot be written ({error.strerror}): choose another place") from error
