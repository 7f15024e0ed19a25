"""How long work reports itself: one callable, so that no room depends on a terminal."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

Progress: TypeAlias = Callable[[str, float], None]
"""Called with the stage's name and the share of it that is done, 0 to 1."""


def silent(stage: str, share: float) -> None:
    """Report nothing."""
