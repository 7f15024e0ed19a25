"""Saved answers of web services: files, folders and archives of them, one document after another.

Nothing of an archive is written to the disk, so what its members are called does no harm.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import IO, Any, Protocol, cast

import polars as pl

from genrelab.errors import GenrelabError, MissingExtra, MissingFile, ReadError
from genrelab.progress import Progress, silent
from genrelab.sources._formats import is_table, walked
from genrelab.sources._reading import Fault, rejected_table
from genrelab.sources.table import Paths

LARGEST = 64 << 20
"""More bytes than this are no answer of a service."""
SMALL = 1 << 20
"""More bytes than this are not looked at to tell what a document is."""
OFTEN = 200
"""After so many documents progress is told."""

TARS = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst")
ARCHIVES = (".zip", *TARS)
END = bytes(512)
"""What ends a .tar; without it, the archive was cut short between two members."""


class Stream(Protocol):
    """What bytes can be read from."""

    def read(self, size: int, /) -> bytes:
        """Read at most so many bytes."""


class Unreadable(Exception):
    """A document cannot be had; the message says why."""


_BROKEN = (
    Unreadable,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    OSError,
    EOFError,
    ValueError,
)
_LOCKED = (RuntimeError, NotImplementedError)  # as zipfile says of passwords and of rare compression


@dataclass(frozen=True, slots=True)
class Document:
    """One document: its name as seen from what was given, and its bytes."""

    name: str
    content: bytes


class Saved:
    """Documents of files, of folders however deep, and of archives; iterating reads them in order of name.

    Parameters
    ----------
    paths
        What was given.
    endings
        Endings of the documents that are looked for in folders and archives.
    strict
        Raise at the first document that cannot be read.
    progress
        Called now and then.

    Attributes
    ----------
    faults
        Documents that could not be read, with the reason.
    notes
        What was skipped.

    Raises
    ------
    MissingExtra
        When an archive is compressed with Zstandard and nothing here can open it.
    MissingFile
        When a file or folder is not there.
    ReadError
        When a folder holds no documents; where `strict`, when one cannot be read.
    """

    def __init__(self, paths: Paths, endings: Collection[str], *, strict: bool, progress: Progress) -> None:
        self._endings, self._strict, self._progress = tuple(endings), strict, progress
        self.faults: list[tuple[str, Fault]] = []
        self.notes: list[str] = []
        self._files = self._found(paths)
        self._done = 0
        self._broken: tuple[type[Exception], ...] = _BROKEN

    def lose(self, document: Document, reason: str) -> None:
        """Note a document that says nothing; raise where that is not allowed."""
        if self._strict:
            raise ReadError(f"{document.name}: {reason}: leave it out, or save it anew")
        self.faults.append((document.name, Fault(1, reason)))

    def rejected(self) -> pl.DataFrame:
        """Table of the documents that could not be read."""
        return rejected_table(self.faults)

    def nothing(self, wanted: str) -> ReadError:
        """Return what to raise when no document says anything."""
        if not self.faults:
            return ReadError(f"{self._files[0][1]}: says nothing of that kind: give {wanted}")
        name, fault = self.faults[0]
        return ReadError(f"{name}: {fault.reason}, and no other document says more: give {wanted}")

    def __iter__(self) -> Iterator[Document]:
        for number, (path, name) in enumerate(self._files):
            try:
                for document in self._opened(path, name):
                    self._done += 1
                    if self._done % OFTEN == 0:
                        self._progress(f"{self._done:,} documents read", number / len(self._files))
                    yield document
            except GenrelabError:
                raise
            except self._broken as error:
                self.lose(Document(name, b""), _reason(error))
        self._progress(f"{self._done:,} documents read", 1.0)

    def _opened(self, path: Path, name: str) -> Iterator[Document]:
        """Yield the documents of one file."""
        if path.name.lower().endswith(".zip"):
            yield from self._in_zip(path, name)
        elif path.name.lower().endswith(TARS):
            yield from self._in_tar(path, name)
        else:
            with path.open("rb") as file:
                yield Document(name, _bounded(file))

    def _in_zip(self, path: Path, name: str) -> Iterator[Document]:
        with zipfile.ZipFile(path) as archive:
            for member in sorted(archive.infolist(), key=lambda member: member.filename):
                if member.is_dir() or not self._is_wanted(member.filename):
                    continue
                inside = f"{name}/{member.filename}"
                try:
                    with archive.open(member) as file:
                        content = _bounded(file)
                except (*_LOCKED, *_BROKEN) as error:
                    self.lose(Document(inside, b""), _reason(error))
                else:
                    yield Document(inside, content)

    def _in_tar(self, path: Path, name: str) -> Iterator[Document]:
        """Stream the members: where the archive breaks off, what came before it stays."""
        with path.open("rb") as file:
            stream = _Watched(self._plain(file, path.name.lower()))
            with tarfile.open(fileobj=cast(IO[bytes], stream), mode="r|") as archive:
                while (member := archive.next()) is not None:
                    yield from self._in_member(archive, member, name)
                    archive.members.clear()  # type: ignore[attr-defined]  # or a million of them would stay
            if stream.last != END:
                raise Unreadable("it is cut short")

    def _in_member(self, archive: tarfile.TarFile, member: tarfile.TarInfo, name: str) -> Iterator[Document]:
        if not member.isfile() or not self._is_wanted(member.name):
            return
        inside = f"{name}/{_shown(member.name)}"
        file = archive.extractfile(member)
        try:
            content = b"" if file is None else _bounded(file)
        except Unreadable as error:
            self.lose(Document(inside, b""), _reason(error))
        else:
            yield Document(inside, content)

    def _plain(self, file: IO[bytes], name: str) -> Stream:
        """Return an archive decompressed, as a stream."""
        if name.endswith((".gz", ".tgz")):
            return gzip.GzipFile(fileobj=file)
        if name.endswith((".bz2", ".tbz2")):
            return bz2.BZ2File(file)
        if name.endswith((".xz", ".txz")):
            return lzma.LZMAFile(file)
        if not name.endswith(".zst"):
            return file
        opened, error = _zstandard()
        self._broken = (*_BROKEN, error)
        return opened(file)

    def _is_wanted(self, name: str) -> bool:
        return name.lower().endswith(self._endings) and not Path(name).name.startswith(".")

    def _found(self, paths: Paths) -> list[tuple[Path, str]]:
        """Return the files meant, each with its name as seen from what was given."""
        given = [paths] if isinstance(paths, str | Path) else list(paths)
        if not given:
            raise ReadError("no files were given: name at least one")
        files: list[tuple[Path, str]] = []
        for path in map(Path, given):
            if not path.exists():
                raise MissingFile(f"{path}: no such file or folder: check the path")
            files += self._inside(path) if path.is_dir() else [(path, _shown(path.name))]
        for path, _ in files:
            if path.name.lower().endswith(".zst"):
                _zstandard()
        return files

    def _inside(self, folder: Path) -> list[tuple[Path, str]]:
        inside = list(walked(folder))
        wanted = sorted(file for file in inside if self._is_wanted(file.name) or _is_archive(file.name))
        if not wanted:
            known = ", ".join((*self._endings, *ARCHIVES))
            raise ReadError(f"{folder}: no document in this folder or below it: give files ending in {known}")
        if len(wanted) < len(inside):
            self.notes.append(f"{folder.name}: {len(inside) - len(wanted):,} other files skipped")
        return [(file, _shown(str(file.relative_to(folder)))) for file in wanted]


def first(paths: Paths, endings: Collection[str]) -> bytes | None:
    """Return the first document of what was given, to tell what it is by.

    None where it is not small or cannot be had, and for a folder with other tables in it.
    """
    try:
        path = Path(paths if isinstance(paths, str | Path) else next(iter(paths)))
        if path.is_dir() and any(is_table(file) and not _ends(file, endings) for file in path.iterdir()):
            return None
        file = path if path.is_file() else next(_wanted(path, endings))
        if file.stat().st_size > SMALL and not _is_archive(file.name):
            return None
        content = next(iter(Saved(file, endings, strict=True, progress=silent))).content
    except (GenrelabError, OSError, ValueError, StopIteration):
        return None
    return content if len(content) <= SMALL else None


def _ends(file: Path, endings: Collection[str]) -> bool:
    return file.name.lower().endswith(tuple(endings))


def _wanted(folder: Path, endings: Collection[str]) -> Iterator[Path]:
    """Yield the documents and archives in a folder and below it."""
    files = (file for file in walked(folder) if not file.name.startswith("."))
    yield from (file for file in files if _ends(file, (*endings, *ARCHIVES)))


def parsed(content: bytes) -> Any:
    r"""Return what a JSON document says; headers of HTTP before it do not matter.

    Raises
    ------
    ValueError
        When it is none; the message says why.

    Examples
    --------
    >>> parsed(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{"id": 1}')
    {'id': 1}
    """
    if content.startswith(b"HTTP/"):
        content = content.replace(b"\r\n", b"\n").partition(b"\n\n")[2]
    if not content.strip():
        raise ValueError("it is empty")
    try:
        return json.loads(content)
    except RecursionError as error:
        raise ValueError("it is no JSON (nested too deep)") from error
    except ValueError as error:
        raise ValueError(f"it is no JSON ({error})") from error


def _is_archive(name: str) -> bool:
    return name.lower().endswith(ARCHIVES) and not name.startswith(".")


class _Watched:
    """A stream that remembers how it ended."""

    def __init__(self, file: Stream) -> None:
        self._file, self.last = file, b""

    def read(self, size: int) -> bytes:
        """Read some bytes."""
        content = self._file.read(size)
        self.last = (self.last + content)[-len(END) :]
        return content


def _bounded(file: Stream) -> bytes:
    """Read a document, and take it out of gzip."""
    content = file.read(LARGEST + 1)
    if content.startswith(b"\x1f\x8b"):
        content = gzip.GzipFile(fileobj=io.BytesIO(content)).read(LARGEST + 1)
    if len(content) > LARGEST:
        raise Unreadable(f"it is larger than {LARGEST >> 20} MB")
    return content


def _zstandard() -> tuple[Callable[[IO[bytes]], Stream], type[Exception]]:
    """Return what decompresses Zstandard, and its error: Python's own from 3.14 on, else the package's."""
    for module, opener in (("compression.zstd", "ZstdFile"), ("zstandard", "open")):
        try:
            found = import_module(module)
        except ImportError:
            continue
        return getattr(found, opener), found.ZstdError
    raise MissingExtra("zstandard", "collect")


def _shown(name: str) -> str:
    """Return a name that is no text as best it can be shown."""
    return os.fsencode(name).decode("utf-8", "replace")


def _reason(error: BaseException) -> str:
    if isinstance(error, Unreadable):
        return str(error)
    told = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"damaged or cut short ({told or type(error).__name__})"
