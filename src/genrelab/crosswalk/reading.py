"""Crosswalks from TOML files, with a clear error for whatever is wrong in one."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from genrelab.crosswalk.space import Crosswalk
from genrelab.errors import MissingFile, ReadError

_SAMPLE = '"Hip-Hop" = ["rap", "trap"]'


def load(path: Path | str) -> Crosswalk:
    r"""Read a crosswalk from a TOML file.

    Raises
    ------
    MissingFile
        When there is no such file.
    ReadError
        When it is not TOML, or not a crosswalk.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "map.toml"
    >>> _ = file.write_text('[genres]\n"Hip-Hop" = ["rap", "trap"]\nRock = "rock"\n')
    >>> load(file).genres
    {'Hip-Hop': ('rap', 'trap'), 'Rock': ('rock',)}
    """
    try:
        content = tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise MissingFile(f"{path}: no such crosswalk: check the path, or draft one (--draft-map)") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ReadError(f"{path}: is not TOML ({error}): correct the file") from error
    except OSError as error:
        raise ReadError(f"{path}: cannot be read ({error.strerror}): name a TOML file") from error
    return Crosswalk(_lines(content, str(path)), str(path))


def _lines(content: Mapping[str, Any], where: str) -> dict[str, tuple[str, ...]]:
    """Check what a file holds, and return its lines."""
    if "genres" not in content:
        raise ReadError(f"{where}: has no [genres]: put that above lines such as {_SAMPLE}")
    for key in content.keys() - {"genres"}:
        raise ReadError(f"{where}: unknown key {key!r}: write all lines under [genres]")
    lines = content["genres"]
    if not isinstance(lines, dict):
        raise ReadError(f"{where}: genres = {lines!r}: write [genres], and below it lines such as {_SAMPLE}")
    found = {genre: _partners(genre, value, where) for genre, value in lines.items()}
    if not any(found.values()):
        raise ReadError(f"{where}: names no genre of the model: add lines such as {_SAMPLE} to [genres]")
    return found


def _partners(genre: str, value: Any, where: str) -> tuple[str, ...]:
    partners = [value] if isinstance(value, str) else value
    if isinstance(value, dict):
        raise ReadError(f"{where}: {genre!r}: is a table: write a name with a dot in it in quotes")
    if not isinstance(partners, list) or not all(isinstance(one, str) and one for one in partners):
        raise ReadError(f"{where}: {genre!r} = {value!r}: write a genre of the model, or a list of them")
    return tuple(dict.fromkeys(partners))
