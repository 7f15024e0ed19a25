"""The drawer of services: every file in it opens, and says what a service must."""

from __future__ import annotations

import pytest

from genrelab.errors import UnknownName
from genrelab.services import SERVICES, Service

FOUND = ("acousticbrainz", "lastfm", "spotify")


def test_every_file_is_a_service() -> None:
    assert tuple(SERVICES) == FOUND
    for name, service in SERVICES.items():
        assert isinstance(service, Service)
        assert service.name == name
        assert service.address.startswith("https://")
        assert service.pace > 0


@pytest.mark.parametrize("name", FOUND)
def test_kinds_are_told_apart(name: str) -> None:
    kinds = SERVICES[name].kinds(5)
    assert len({kind.name for kind in kinds}) == len(kinds)
    for kind in kinds:
        assert kind.batch >= 1
        assert kind.meaning
        assert (kind.probe is None) == (not kind.refused)


def test_an_unknown_service_is_named() -> None:
    with pytest.raises(UnknownName, match="no service 'spotfy': did you mean 'spotify'"):
        SERVICES["spotfy"]
