"""Origins of tracks: each module has `read(...)`, which gives a track table that keeps the contract.

To add an origin, add a module with a function ``read`` to this folder; `SOURCES` then lists it by name. With
a function ``recognised(paths)`` beside it, `read` here, and every command, finds it by itself.

Examples
--------
>>> {"demo", "msd", "sql", "table"} <= set(SOURCES)
True
"""

from __future__ import annotations

from collections.abc import Callable

from genrelab.drawer import Drawer
from genrelab.sources._reading import Reading
from genrelab.sources._terms import terms

SOURCES: Drawer[Callable[..., Reading]] = Drawer("genrelab.sources", "read", "source")

from genrelab.sources._door import batches, named, read  # noqa: E402 - it looks into the drawer

__all__ = ["SOURCES", "Reading", "batches", "named", "read", "terms"]
