"""Names of artists and titles: made tidy for asking, and folded for telling whether two are the same."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from genrelab.identity import CREDIT

_PLAIN = str.maketrans(
    {"‘": "'", "’": "'", "´": "'", "`": "'", "“": '"', "”": '"', "‐": "-", "–": "-", "—": "-"}
)
_CREDIT = re.compile(CREDIT, re.IGNORECASE)


def tidy(text: str | None) -> str:
    """Return text without spare spaces; empty where there is none.

    Examples
    --------
    >>> tidy("  The   Cure "), tidy(None)
    ('The Cure', '')
    """
    return " ".join((text or "").split())


def folded(text: str) -> str:
    """Fold case, spaces, and quotes and dashes of any kind: what differs in nothing else is the same name.

    Examples
    --------
    >>> folded("Guns N’ ROSES") == folded("guns n'  roses"), folded("Muse") == folded("M.U.S.E.")
    (True, False)
    """
    return tidy(unicodedata.normalize("NFKC", text).translate(_PLAIN).casefold())


def credited(artist: str) -> tuple[str, ...]:
    """List the artists that a credit names; commas and ampersands stand in the names of bands too.

    Examples
    --------
    >>> credited("Air feat. Beck"), credited("Simon & Garfunkel; Nico"), credited("Tyler, The Creator")
    (('Air', 'Beck'), ('Simon & Garfunkel', 'Nico'), ('Tyler, The Creator',))
    """
    return tuple(name for part in _CREDIT.split(artist) if (name := tidy(part)))


def is_credited(asked: str, names: list[str], same: Callable[[str], str] = folded) -> bool:
    """Tell whether a credit means one of the artists, or all of them together.

    Names are the same where `same` makes the same of them.

    Examples
    --------
    >>> is_credited("mark ronson, bruno mars", ["Mark Ronson", "Bruno Mars"])
    True
    >>> is_credited("Tyler", ["Tyler, The Creator"])
    False
    >>> is_credited("muse", ["Muse"]), is_credited("muse", ["Muse"], tidy)
    (True, False)
    """
    wanted = {same(asked), *map(same, credited(asked)[:1])}
    one_by_one = {same(name) for name in names}
    together = {same(mark.join(names)) for mark in (", ", "; ", " & ", " and ")}
    return not wanted.isdisjoint(one_by_one | together)
