"""Taxonomies from TOML files, with a clear error for whatever is wrong in one."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any, get_args

from genrelab.errors import MissingFile, ReadError, UnknownName
from genrelab.taxonomy.space import Genre, Pick, Taxonomy, fold

FOLDER = Path(__file__).parents[1] / "taxonomies"


def load(name_or_path: str | Path) -> Taxonomy:
    """Read a taxonomy: one of genrelab's own by its name, or a TOML file by its path.

    Raises
    ------
    UnknownName
        When there is no taxonomy of that name.
    MissingFile
        When there is no file at that path.
    ReadError
        When the file is not a valid taxonomy.

    Examples
    --------
    >>> load("fma").names[:3]
    ('International', 'Blues', 'Jazz')
    """
    path = Path(name_or_path)
    if path.suffix != ".toml":
        return TAXONOMIES[str(name_or_path)]
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise MissingFile(f"{path}: no such taxonomy file: check the path") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ReadError(f"{path}: is not TOML ({error}): correct the file") from error
    return _taxonomy(content, str(path))


def _taxonomy(content: dict[str, Any], where: str) -> Taxonomy:
    blocks = content.get("genres")
    if not isinstance(blocks, list) or not blocks:
        raise ReadError(f"{where}: has no genres: add a [[genres]] block for each")
    texts = _checked(content, Taxonomy, where)
    genres = tuple(_genre(block, f"{where}: genre {i}") for i, block in enumerate(blocks, 1))
    if texts.get("pick", "first_genre") not in get_args(Pick):
        raise ReadError(f"{where}: pick = {texts['pick']!r}: choose one of {', '.join(get_args(Pick))}")
    taxonomy = Taxonomy(**(texts | {"genres": genres}))
    _check_unambiguous(taxonomy, where)
    return taxonomy


def _genre(block: Any, where: str) -> Genre:
    if not isinstance(block, dict):
        raise ReadError(f"{where}: is not a [[genres]] block: give it a name, aliases and patterns")
    genre = Genre(**_checked(block, Genre, where))
    if not genre.aliases and not genre.patterns:
        raise ReadError(f"{where}: {genre.name!r} can match nothing: give it aliases or patterns")
    for pattern in genre.patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ReadError(f"{where}: pattern {pattern!r}: {error}: correct it") from error
    return genre


def _checked(block: dict[str, Any], kind: type[Taxonomy] | type[Genre], where: str) -> dict[str, Any]:
    """Return the block with its lists as tuples, or raise at a key that is unknown, absent or mistyped."""
    known = [field.name for field in fields(kind)]
    for name in sorted(block.keys() - known):
        raise ReadError(f"{where}: unknown key {name!r}: the keys are {', '.join(known)}")
    words = {name: value for name, value in block.items() if name != "genres"}
    for name in ("name", *(("meaning", "origin") if kind is Taxonomy else ())):
        if not words.get(name):
            raise ReadError(f"{where}: has no {name!r}: add it")
    for name, value in words.items():
        listed = name in {"aliases", "patterns", "ignore"}
        if not (_is_texts(value) if listed else isinstance(value, str)):
            raise ReadError(f"{where}: {name} = {value!r}: write {'a list of texts' if listed else 'a text'}")
    return {name: tuple(value) if isinstance(value, list) else value for name, value in words.items()}


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) and item for item in value)


def _check_unambiguous(taxonomy: Taxonomy, where: str) -> None:
    """Raise when a genre stands twice, or one tag is the alias of two genres."""
    owner: dict[str, str] = {fold(tag): "the ignored tags" for tag in taxonomy.ignore}
    seen: set[str] = set()
    for genre in taxonomy.genres:
        if genre.name in seen:
            raise ReadError(f"{where}: genre {genre.name!r} stands twice: join the two blocks")
        seen.add(genre.name)
        for tag in map(fold, genre.aliases):
            if owner.setdefault(tag, genre.name) != genre.name:
                raise ReadError(f"{where}: alias {tag!r} is in {owner[tag]} and {genre.name}: keep one")


class _Folder(Mapping[str, Taxonomy]):
    """The folder of TOML files as a mapping from file name to taxonomy, each read when asked for."""

    def __getitem__(self, name: str) -> Taxonomy:
        if name not in set(self):
            raise UnknownName("taxonomy", name, self)
        return _own(name)

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(path.stem for path in FOLDER.glob("*.toml")))

    def __len__(self) -> int:
        return len(list(iter(self)))


@cache
def _own(name: str) -> Taxonomy:
    return load(FOLDER / f"{name}.toml")


TAXONOMIES: Mapping[str, Taxonomy] = _Folder()
"""genrelab's own taxonomies by name; to add one, add a file to the folder."""
