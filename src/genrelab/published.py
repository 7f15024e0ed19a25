"""Tables that others have published: where they lie on this machine, and how to fetch them."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pooch
import requests

from genrelab.errors import FetchError, UnknownName
from genrelab.progress import Progress, silent

CHUNK = 1 << 14  # what may be lost when a connection breaks
ATTEMPTS = 3
TIMEOUT = (10, 60)  # seconds to connect, and between two pieces


@dataclass(frozen=True, slots=True)
class File:
    """One file of a published table: its name, address, size in bytes and checksum (``algorithm:hex``)."""

    name: str
    address: str
    size: int
    checksum: str


@dataclass(frozen=True, slots=True)
class Published:
    """A table that may be fetched.

    Attributes
    ----------
    name
        What genrelab calls it.
    what
        What it holds, in one line.
    files
        Its files; the first is the table.
    licence, citation
        As its authors state them.
    """

    name: str
    what: str
    files: tuple[File, ...]
    licence: str
    citation: str

    @property
    def size(self) -> int:
        """Size of all files in bytes."""
        return sum(file.size for file in self.files)


def _published() -> Mapping[str, Published]:
    """Read the list that lies beside this module."""
    text = files("genrelab").joinpath("published.toml").read_text(encoding="utf-8")
    return MappingProxyType({name: _entry(name, entry) for name, entry in tomllib.loads(text).items()})


def _entry(name: str, entry: dict[str, Any]) -> Published:
    return Published(name, **(entry | {"files": tuple(File(**file) for file in entry["files"])}))


PUBLISHED: Mapping[str, Published] = _published()
"""The tables whose public addresses are known, by name."""


def data_folder() -> Path | None:
    """Return the folder of tables that are already there: ``GENRELAB_DATA``, else ``../shared/data``.

    The latter is looked for beside the current directory and beside the checkout of genrelab. None when
    there is no such folder.
    """
    named = os.environ.get("GENRELAB_DATA")
    beside = (Path.cwd(), Path(__file__).parents[2])
    candidates = [Path(named)] if named else [root.parent / "shared" / "data" for root in beside]
    return next((folder for folder in candidates if folder.is_dir()), None)


def cache_folder() -> Path:
    """Return the folder that fetched tables are kept in, in the user's own cache."""
    return Path(pooch.os_cache("genrelab"))


def find(name: str) -> Path | None:
    """Return the path of a published table in the data folder or the cache; None where it is in neither.

    Raises
    ------
    UnknownName
        When no such table is known.
    """
    table = _known(name)
    roots = [root for root in (data_folder(), cache_folder()) if root is not None]
    places = [root / table.name / table.files[0].name for root in roots]
    return next((place for place in places if place.is_file()), None)


def fetch(table: str | Published, folder: Path | str | None = None, progress: Progress = silent) -> Path:
    """Fetch a published table, whole and checked, and return its path.

    A download that breaks off leaves a ``.part`` beside its place, and the next one goes on from there.
    Nothing takes the file's place before its checksum is right. A file that is there and right is not
    fetched again.

    Parameters
    ----------
    table
        Name of a table in `PUBLISHED`, or one of your own.
    folder
        Where to put the table's own folder; the user's cache unless given.
    progress
        Called with the file's name as the bytes come in.

    Raises
    ------
    UnknownName
        When no such table is known.
    FetchError
        When the address cannot be reached, does not answer well, or gives other bytes than it should.
    """
    wanted = _known(table) if isinstance(table, str) else table
    home = Path(folder or cache_folder()) / wanted.name
    paths = [_fetched(file, home, progress) for file in wanted.files]
    return paths[0]


def _known(name: str) -> Published:
    if name not in PUBLISHED:
        raise UnknownName("table", name, PUBLISHED)
    return PUBLISHED[name]


def _fetched(file: File, home: Path, progress: Progress) -> Path:
    """Fetch one file into a folder."""
    place = home / file.name

    def download(address: str, target: str, _: object) -> None:
        part = place.with_name(f"{place.name}.part")
        _resumed(address, part, file, progress)
        part.replace(target)

    pooch.get_logger().setLevel("WARNING")  # it would talk into the progress bar
    by_hand = f"try again, or put the file at {place} by hand"
    try:
        pooch.retrieve(file.address, file.checksum, file.name, home, downloader=download)
    except requests.HTTPError as error:
        raise FetchError(f"{file.address}: {_answer(error.response)}: {by_hand}") from error
    except requests.RequestException as error:
        reason = type(error).__name__
        raise FetchError(f"{file.address}: cannot be reached ({reason}): {by_hand}") from error
    except ValueError as error:  # how pooch says that a checksum is wrong
        raise FetchError(f"{file.address}: its bytes have another checksum: {by_hand}") from error
    except OSError as error:
        raise FetchError(f"{place}: cannot be written ({error}): name another folder") from error
    progress(file.name, 1.0)
    return place


def _answer(response: requests.Response | None) -> str:
    return f"answered {response.status_code} {response.reason}" if response is not None else "no answer"


def _resumed(address: str, part: Path, file: File, progress: Progress) -> None:
    """Bring `part` to its full size, going on where it stands; a broken connection is tried again."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            _append(address, part, file, progress)
        except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError, requests.Timeout):
            if attempt == ATTEMPTS:
                raise
        else:
            return


def _append(address: str, part: Path, file: File, progress: Progress) -> None:
    """Ask for the bytes that are missing, and write them to the end of `part`."""
    there = part.stat().st_size if part.exists() else 0
    if there > file.size:  # not a part of this file
        part.unlink()
        there = 0
    if there == file.size:
        return
    # Compressed answers cannot be resumed by byte.
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={there}-"} if there else {})
    with requests.get(address, headers=headers, stream=True, timeout=TIMEOUT) as answer:
        if there and answer.status_code == requests.codes.requested_range_not_satisfiable:
            part.unlink()
            _append(address, part, file, progress)
            return
        answer.raise_for_status()
        resumed = answer.status_code == requests.codes.partial_content
        with part.open("ab" if resumed else "wb") as target:
            for piece in answer.iter_content(CHUNK):
                target.write(piece)
                progress(file.name, min(1.0, target.tell() / file.size))
