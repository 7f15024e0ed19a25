"""A drawer: a folder of modules read as a mapping from module name to the thing inside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import Generic, TypeVar

from genrelab.errors import UnknownName

T = TypeVar("T")


class Drawer(Mapping[str, T], Generic[T]):
    """Modules of a package by name, each opened only when asked for.

    Parameters
    ----------
    package
        Dotted name of the folder.
    attribute
        What to take out of each module, such as ``MODEL``.
    kind
        What the folder holds, in the singular; used in messages.

    Raises
    ------
    UnknownName
        When a name is not in the drawer.
    """

    def __init__(self, package: str, attribute: str, kind: str) -> None:
        self._package, self._attribute, self._kind = package, attribute, kind
        self._known: tuple[str, ...] = ()

    def _names(self) -> tuple[str, ...]:
        """Look into the folder once: a name is asked for with every track that is labelled."""
        if not self._known:
            path = import_module(self._package).__path__
            self._known = tuple(sorted(m.name for m in iter_modules(path) if not m.name.startswith("_")))
        return self._known

    def __getitem__(self, name: str) -> T:
        if name not in self._names():
            raise UnknownName(self._kind, name, self._names())
        thing: T = getattr(import_module(f"{self._package}.{name}"), self._attribute)
        return thing

    def __iter__(self) -> Iterator[str]:
        return iter(self._names())

    def __len__(self) -> int:
        return len(self._names())
