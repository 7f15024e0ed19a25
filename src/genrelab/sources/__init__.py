"""Origins of tracks: each module has `read(...)`, which gives a track table that keeps the contract.

To add an origin, add a module with a function ``read`` to this folder; `SOURCES` then lists it by name.

Examples
--------
>>> sorted(SOURCES)
['demo', 'msd', 'table']
"""

from __future__ import annotations

from collections.abc import Callable

from genrelab.drawer import Drawer
from genrelab.sources._reading import Reading

__all__ = ["SOURCES", "Reading"]

SOURCES: Drawer[Callable[..., Reading]] = Drawer("genrelab.sources", "read", "source")
