"""Values out of other people's JSON: what they should be, or None; nothing else gets further."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from genrelab.schema import CONTRACT

WIDEST = 2**63
_YEAR = re.compile(r"\s*(\d{4})(?!\d)")


def text(value: Any) -> str | None:
    """Return text, also of a number; None where there is none.

    Examples
    --------
    >>> text(" 1979 "), text(1979), text(""), text(["a"])
    ('1979', '1979', None, None)
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        return None
    # JSON can hold half of a character, which no file and no database takes.
    return value.encode("utf-8", "replace").decode("utf-8").strip() or None


def number(value: Any) -> float | None:
    """Return a finite number, also of text that is one.

    Examples
    --------
    >>> number("100"), number(0.5), number(True), number("fast"), number(float("nan"))
    (100.0, 0.5, None, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        real = float(value)
    except (ValueError, OverflowError):
        return None
    return real if math.isfinite(real) else None


def whole(value: Any) -> int | None:
    """Return a whole number, also of text that is one.

    Examples
    --------
    >>> whole("100"), whole(4.0), whole(4.5), whole(1e300)
    (100, 4, None, None)
    """
    real = number(value)
    return int(real) if real is not None and real.is_integer() and abs(real) < WIDEST else None


def year(value: Any) -> int | None:
    """Return the year that a date begins with, where the contract allows it.

    Examples
    --------
    >>> year("1990-06-06"), year("2004"), year("0000"), year("06/06/1990")
    (1990, 2004, None, None)
    """
    found = _YEAR.match(text(value) or "")
    column = CONTRACT["release_year"]
    if found is None or column.low is None or column.high is None:
        return None
    return int(found[1]) if column.low <= int(found[1]) <= column.high else None


def at(value: Any, *path: str) -> Any:
    """Return what stands at the end of a path through mappings; None where it breaks off.

    Examples
    --------
    >>> at({"rhythm": {"bpm": 120}}, "rhythm", "bpm"), at({"rhythm": None}, "rhythm", "bpm") is None
    (120, True)
    """
    for name in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def items(value: Any) -> list[Any]:
    """Return a list, of one where it is no list, and empty where there is nothing.

    Examples
    --------
    >>> items([1, 2]), items("a"), items(None), items("")
    ([1, 2], ['a'], [], [])
    """
    if isinstance(value, list):
        return value
    return [] if value is None or value == "" else [value]
