"""A first crosswalk by the names of genres, and the file in which a person goes on with it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from genrelab.crosswalk.space import Crosswalk, joined
from genrelab.errors import OutputError
from genrelab.files import check_file, written_aside
from genrelab.taxonomy import load as load_taxonomy
from genrelab.taxonomy.folding import squeezed
from genrelab.taxonomy.space import matcher

_PARTS = re.compile(r"[,/;|]")
_HEAD = """\
# Which genres of the model mean which genre of the collection: a first draft by their names. Look it over.
#
#     "genre of the collection" = ["genre of the model", "another"]
#
# Genres of the collection that share a genre of the model count as one genre. A genre of the collection
# without a line is left out of the score. To name a genre of the model that stands in no line is wrong.
# To score: genrelab evaluate MODEL_DIR TABLE --label COLUMN --map FILE

[genres]
"""


def draft(theirs: Iterable[str], ours: Sequence[str]) -> Crosswalk:
    """Draft a crosswalk by names: the same, the same but for spelling, or of the same broad genre.

    Broad genres are those of the taxonomy ``broad``; a name such as ``jazz/blues`` is of two. Where two names
    are spelt alike, they are partners; by their broad genre, these take only such others as have found none.

    Parameters
    ----------
    theirs, ours
        Genres of the collection, and of the model.

    Returns
    -------
    A line for each genre of the collection that has found a partner, in their order. Look it over: names are
    all that it knows.

    Examples
    --------
    >>> draft(["Hip-Hop", "techno", "trance", "Spoken"], ["edm", "hip hop", "trap"]).genres
    {'Hip-Hop': ('hip hop', 'trap'), 'techno': ('edm',), 'trance': ('edm',)}
    """
    given = list(dict.fromkeys(theirs))
    spelt = {genre: _spelt_alike(genre, ours) for genre in given}
    taken = {partner for partners in spelt.values() for partner in partners}
    broad = {genre: _broad(genre) for genre in (*given, *ours)}

    def partners(genre: str) -> tuple[str, ...]:
        alike = spelt[genre]
        free = [one for one in ours if one not in alike and not (alike and one in taken)]
        return (*alike, *(one for one in free if broad[one] & broad[genre]))

    return Crosswalk({genre: found for genre in given if (found := partners(genre))}, "the draft")


def _spelt_alike(genre: str, ours: Sequence[str]) -> tuple[str, ...]:
    if genre in ours:
        return (genre,)
    return tuple(one for one in ours if squeezed(one, "spelling") == squeezed(genre, "spelling"))


def _broad(genre: str) -> set[int]:
    """Number the broad genres of a name, and of what stands between commas and slashes in it."""
    match = _broad_places()
    return {place for part in (genre, *_PARTS.split(genre)) for place in match(part)}


@cache
def _broad_places() -> Callable[[str], list[int]]:
    """Compile the taxonomy once: it has many patterns."""
    return matcher(load_taxonomy("broad"))


def check(path: Path | str, *, overwrite: bool = False) -> None:
    """Raise OutputError at once where a crosswalk may not be written.

    Raises
    ------
    OutputError
        When the file exists and `overwrite` is false, when its name does not end in ``.toml``, so that no
        table is ever replaced by one, or when it cannot be written.
    """
    if Path(path).suffix.lower() != ".toml":
        raise OutputError(f"{path}: is no name of a crosswalk: let it end in .toml")
    check_file(path, overwrite=overwrite)


def write(
    drafted: Crosswalk,
    path: Path | str,
    theirs: Mapping[str, int],
    ours: Sequence[str],
    *,
    overwrite: bool = False,
) -> None:
    """Write a crosswalk as a file to be edited, with comments on what has no partner.

    Parameters
    ----------
    drafted
        As `draft` gives it.
    path
        Where to; the name ends in ``.toml``.
    theirs
        Genres of the collection, each with its number of tracks.
    ours
        Genres of the model.
    overwrite
        Whether a file that exists is replaced.

    Raises
    ------
    OutputError
        As `check`.
    """
    check(path, overwrite=overwrite)
    with written_aside(path) as file:
        file.write_text("\n".join(_text(drafted, theirs, ours)) + "\n", encoding="utf-8")


def _text(drafted: Crosswalk, theirs: Mapping[str, int], ours: Sequence[str]) -> Iterator[str]:
    """Yield the file: a line for each genre, those that count as one together, then what has no partner."""
    yield _HEAD.rstrip("\n")
    groups = sorted((sorted(group) for group, _ in joined(drafted.genres)), key=lambda g: (len(g) > 1, g))
    for group in groups:
        if len(group) > 1:
            yield "\n# these share genres of the model, and count as one genre"
        for genre in group:
            known = ", ".join(map(_quoted, drafted.genres[genre]))
            yield f"{_quoted(genre)} = [{known}]  # {_tracks(theirs.get(genre, 0))}"
    left = [genre for genre in theirs if not drafted.genres.get(genre)]
    if left:
        yield "\n# no partner found: left out of the score, unless they get a line"
        yield from (f"# {_quoted(genre)} = []  # {_tracks(theirs[genre])}" for genre in left)
    used = {one for partners in drafted.genres.values() for one in partners}
    rest = [genre for genre in ours if genre not in used]
    if rest:
        yield "\n# genres of the model that stand in no line"
        yield from (f"# {_quoted(genre)}" for genre in rest)


def _tracks(count: int) -> str:
    return f"{count:,} {'track' if count == 1 else 'tracks'}"


def _quoted(text: str) -> str:
    """Write a text as TOML does; its escapes are those of JSON, but for one character more."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")
