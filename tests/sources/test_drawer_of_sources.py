"""The drawer of sources."""

from __future__ import annotations

import pytest

from genrelab.errors import UnknownName
from genrelab.sources import SOURCES, Reading


def test_every_source_opens_and_reads() -> None:
    assert sorted(SOURCES) == [
        "acousticbrainz",
        "collected",
        "demo",
        "fma",
        "lastfm",
        "msd",
        "spotify",
        "sql",
        "table",
    ]
    assert all(callable(SOURCES[name]) for name in SOURCES)
    assert isinstance(SOURCES["demo"](rows=20), Reading)


def test_a_wrong_name_is_met_with_a_suggestion() -> None:
    with pytest.raises(UnknownName, match="no source 'tabel': did you mean 'table'"):
        SOURCES["tabel"]
