"""The rows of a user's file, as far as a service is asked by them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

import polars as pl

from genrelab.errors import SettingError
from genrelab.schema import fold
from genrelab.sources._names import tidy


def texts(tracks: pl.DataFrame, name: str) -> list[str]:
    """Return a column as text without spare spaces, empty where there is none; all empty without the column.

    Examples
    --------
    >>> texts(pl.DataFrame({"artist": [" The  Cure", None]}), "artist")
    ['The Cure', '']
    """
    if name not in tracks.columns or tracks[name].dtype.is_nested() or tracks[name].dtype == pl.Binary:
        return [""] * tracks.height
    return [tidy(value) for value in tracks[name].cast(pl.String)]


def identified(
    tracks: pl.DataFrame, headers: Collection[str], identifier: Callable[[str], str | None]
) -> list[str | None]:
    """Return what `identifier` finds in each row, in the first of the columns of these names that has it.

    Examples
    --------
    >>> tracks = pl.DataFrame({"Artist-ID": ["x", None], "uri": ["y", "z"]})
    >>> identified(tracks, ("artist_id", "uri"), lambda text: text or None)
    ['x', 'z']
    """
    folded = {fold(name): name for name in reversed(tracks.columns)}
    columns = [texts(tracks, folded[header]) for header in headers if header in folded]
    if not columns:
        return [None] * tracks.height
    return [
        next((found for text in row if (found := identifier(text))), None)
        for row in zip(*columns, strict=True)
    ]


def credential(environment: Mapping[str, str], names: Collection[str], where: str) -> str:
    """Return the first of these variables that is set.

    Raises
    ------
    SettingError
        When none is.

    Examples
    --------
    >>> credential({"KEY": " abc "}, ("A_KEY", "KEY"), "https://example.org")
    'abc'
    """
    for name in names:
        if value := environment.get(name, "").strip():
            return value
    raise SettingError(f"{next(iter(names))}: not set in the environment: get one at {where}")
