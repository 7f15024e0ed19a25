"""The lock that lets one process at a time write a collection."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from genrelab.errors import OutputError


class Lock:
    """A lock that the system frees when the process ends, however it ends.

    It is on a file beside the collection: SQLite's own locks on the collection would go with any descriptor
    of it that is closed.

    Raises
    ------
    OutputError
        When another has it, the file cannot be made, or its place has no locks.
    """

    def __init__(self, path: Path) -> None:
        real = path.resolve()
        self._path, self._place = path, real.with_name(f"{real.name}-lock")
        while not self._taken():
            os.close(self._descriptor)  # who had it before has just taken the file away

    def free(self) -> None:
        """Let others have it."""
        self._place.unlink(missing_ok=True)
        os.close(self._descriptor)

    def _taken(self) -> bool:
        """Take the lock; false where its file is gone, so that others would take another."""
        try:
            self._descriptor = os.open(self._place, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            what = f"cannot be written ({error.strerror}): choose another place"
            raise OutputError(f"{self._path}: {what}") from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._descriptor)
            what = "another genrelab is collecting into it: wait for it, or stop it"
            raise OutputError(f"{self._path}: {what}") from error
        except OSError as error:  # as on some shares
            os.close(self._descriptor)
            what = f"locks are not possible here ({error.strerror}): choose a local disk"
            raise OutputError(f"{self._path}: {what}") from error
        try:
            return os.path.samestat(os.fstat(self._descriptor), self._place.stat())
        except FileNotFoundError:
            return False
