"""Real data for tests: found, or skipped by name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def data_folder() -> Path:
    """Return the folder of real tables, whether it is there or not."""
    return Path(os.environ.get("GENRELAB_DATA") or ROOT.parent / "shared" / "data")


@pytest.fixture(scope="session")
def data() -> Path:
    """Folder of real tables."""
    return data_folder()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip tests whose table is absent, naming it; but in CI, a data folder must hold every table."""
    if os.environ.get("CI") and data_folder().exists():
        return
    for item in items:
        for marker in item.iter_markers("data"):
            for name in marker.args:
                if not (data_folder() / name).exists():
                    item.add_marker(pytest.mark.skip(reason=f"real data {name!r} is not there"))
