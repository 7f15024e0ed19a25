"""Web services that know tracks: each module holds a `SERVICE`, which says how it is asked.

To add a service, add a module with ``SERVICE`` to this folder; how its answers become tracks stands in the
module of the same name in `genrelab.sources`.

Examples
--------
>>> sorted(SERVICES)
['acousticbrainz', 'lastfm', 'spotify']
"""

from __future__ import annotations

from genrelab.drawer import Drawer
from genrelab.services._service import Kind, Request, Rows, Service, What

__all__ = ["SERVICES", "Kind", "Request", "Rows", "Service", "What"]

SERVICES: Drawer[Service] = Drawer("genrelab.services", "SERVICE", "service")
