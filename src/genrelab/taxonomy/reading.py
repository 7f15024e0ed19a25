"""Taxonomies from TOML files, with a clear error for whatever is wrong in one."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from functools import cache, partial
from pathlib import Path
from typing import Any, get_args

from genrelab.errors import MissingFile, ReadError, UnknownName
from genrelab.taxonomy.folding import Folding, squeezed
from genrelab.taxonomy.space import Genre, Pick, Taxonomy, pattern

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
    words = {"meaning": "", "origin": Path(where).name} | _checked(content, Taxonomy, where)
    for name, choices in {"pick": get_args(Pick), "folding": get_args(Folding)}.items():
        if words.get(name, choices[0]) not in choices:
            raise ReadError(f"{where}: {name} = {words[name]!r}: choose one of {', '.join(choices)}")
    folding: Folding = words.get("folding", "case")
    genres = tuple(_genre(block, folding, f"{where}: genre {i}") for i, block in enumerate(blocks, 1))
    _check_patterns(words.get("ignore_patterns", ()), folding, where)
    taxonomy = Taxonomy(**(words | {"genres": genres}))
    _check_unambiguous(taxonomy, where)
    return taxonomy


def _genre(block: Any, folding: Folding, where: str) -> Genre:
    if not isinstance(block, dict):
        raise ReadError(f"{where}: is not a [[genres]] block: give it a name, aliases and patterns")
    genre = Genre(**_checked(block, Genre, where))
    if not genre.aliases and not genre.patterns:
        raise ReadError(f"{where}: {genre.name!r} can match nothing: give it aliases or patterns")
    _check_patterns(genre.patterns, folding, where)
    return genre


def _check_patterns(patterns: Iterable[str], folding: Folding, where: str) -> None:
    for written in patterns:
        try:
            re.compile(pattern(written, folding))
        except re.error as error:
            raise ReadError(f"{where}: pattern {written!r}: {error}: correct it") from error


def _checked(block: dict[str, Any], kind: type[Taxonomy] | type[Genre], where: str) -> dict[str, Any]:
    """Return the block with its lists as tuples, or raise at a key that is unknown, absent or mistyped."""
    known = [field.name for field in fields(kind)]
    for name in sorted(block.keys() - known):
        raise ReadError(f"{where}: unknown key {name!r}: the keys are {', '.join(known)}")
    words = {name: value for name, value in block.items() if name != "genres"}
    if not words.get("name"):
        raise ReadError(f"{where}: has no 'name': add it")
    for name, value in words.items():
        wanted, fits = _KINDS.get(name, _TEXT)
        if not fits(value):
            raise ReadError(f"{where}: {name} = {value!r}: write {wanted}")
    return {name: _frozen(value) for name, value in words.items()}


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) and item for item in value)


_TEXT: tuple[str, Callable[[Any], bool]] = ("a text", lambda value: isinstance(value, str))
_TEXTS: tuple[str, Callable[[Any], bool]] = ("a list of texts", _is_texts)
_KINDS: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "aliases": _TEXTS,
    "patterns": _TEXTS,
    "ignore": _TEXTS,
    "ignore_patterns": _TEXTS,
    "ignore_artist_name": ("true or false", lambda value: isinstance(value, bool)),
    "artist_ignore": (
        "a table of artists, each with a list of tags",
        lambda value: isinstance(value, dict) and all(map(_is_texts, value.values())),
    ),
}
"""What each key holds; the others hold a text."""


def _frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: tuple(items) for name, items in value.items()}
    return tuple(value) if isinstance(value, list) else value


def _check_unambiguous(taxonomy: Taxonomy, where: str) -> None:
    """Raise when a genre stands twice, or one tag is the alias of two genres."""
    whole = partial(squeezed, folding=taxonomy.folding)
    owner: dict[str, str] = {whole(tag): "the ignored tags" for tag in taxonomy.ignore}
    seen: set[str] = set()
    for genre in taxonomy.genres:
        if genre.name in seen:
            raise ReadError(f"{where}: genre {genre.name!r} stands twice: join the two blocks")
        seen.add(genre.name)
        for tag in genre.aliases:
            if owner.setdefault(whole(tag), genre.name) != genre.name:
                raise ReadError(
                    f"{where}: alias {tag!r} is in {owner[whole(tag)]} and {genre.name}: keep one"
                )


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
