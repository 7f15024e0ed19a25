"""The label space that a model and a collection share: which genres are one, and which are elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from genrelab.errors import ReadError, UnknownName

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

ELSEWHERE = "(elsewhere)"
"""The genres of a model that no genre of the collection means."""


@dataclass(frozen=True, slots=True)
class Group:
    """One genre of the common label space.

    Attributes
    ----------
    name
        The genres of the collection, with a plus between them.
    theirs, ours
        Genres of the collection, and genres of the model, that it holds.
    """

    name: str
    theirs: tuple[str, ...]
    ours: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Common:
    """The label space that a model and a collection share.

    Attributes
    ----------
    ours
        Genres of the model, in the order of its probabilities.
    groups
        Genres that both have, in the order of the model's genres.
    elsewhere
        Genres of the model that are in no group.
    """

    ours: tuple[str, ...]
    groups: tuple[Group, ...]
    elsewhere: tuple[str, ...]

    @property
    def genres(self) -> tuple[str, ...]:
        """Names of the groups, and `ELSEWHERE` where the model knows genres that are in none."""
        return (*(group.name for group in self.groups), *((ELSEWHERE,) if self.elsewhere else ()))

    @property
    def theirs(self) -> tuple[str, ...]:
        """Genres of the collection that are in a group."""
        return tuple(genre for group in self.groups for genre in group.theirs)

    @property
    def renames(self) -> bool:
        """Whether every group holds one genre of the model, and all of these are in groups."""
        return not self.elsewhere and all(len(group.ours) == 1 for group in self.groups)

    def codes(self, genres: pl.Series) -> Codes:
        """Code genres of the collection, all of them in `theirs`, by their group: shape (tracks,)."""
        places = {genre: place for place, group in enumerate(self.groups) for genre in group.theirs}
        return genres.replace_strict(places, return_dtype=pl.Int64).to_numpy()

    def named(self, tracks: pl.DataFrame, label: str) -> pl.DataFrame:
        """Put the name of the group in place of a collection's genre."""
        names = {genre: group.name for group in self.groups for genre in group.theirs}
        return tracks.with_columns(pl.col(label).replace_strict(names, return_dtype=pl.String))

    def pool(self, probabilities: Floats) -> Floats:
        """Bring a model's probabilities, shape (tracks, ours), to the common genres, (tracks, genres).

        Those of a group are added up. Of the genres elsewhere, the likeliest stands for all.
        """
        place = {genre: i for i, genre in enumerate(self.ours)}
        columns = [probabilities[:, [place[g] for g in group.ours]].sum(axis=1) for group in self.groups]
        if self.elsewhere:
            columns.append(probabilities[:, [place[g] for g in self.elsewhere]].max(axis=1))
        return np.column_stack(columns)

    def within(self, pooled: Floats) -> Floats:
        """Take the genres elsewhere off what `pool` gives: rows sum to 1 again, over the groups alone."""
        kept = pooled[:, : len(self.groups)]
        shares: Floats = kept / np.maximum(kept.sum(axis=1, keepdims=True), np.finfo(float).tiny)
        return shares


@dataclass(frozen=True, slots=True)
class Crosswalk:
    """Which genres of a model mean which genre of a collection.

    Attributes
    ----------
    genres
        For each genre of the collection, the genres of the model that mean it; none for one that is left out.
    origin
        Where it is from, such as its file.
    """

    genres: Mapping[str, tuple[str, ...]]
    origin: str = "crosswalk"


def common(ours: Sequence[str], crosswalk: Crosswalk | None = None) -> Common:
    """Bring the genres of a model and of a collection together.

    Parameters
    ----------
    ours
        Genres of the model.
    crosswalk
        What they mean in the collection; None where the names mean the same in both.

    Raises
    ------
    ReadError
        When the crosswalk names a genre that the model does not know, or leaves fewer than two genres.

    Examples
    --------
    >>> techno = Crosswalk({"techno": ("edm",), "trance": ("edm",), "rock": ("rock",)})
    >>> space = common(["edm", "latin", "rock"], techno)
    >>> space.genres
    ('techno + trance', 'rock', '(elsewhere)')
    >>> space.pool(np.array([[0.2, 0.5, 0.3]]))
    array([[0.2, 0.3, 0.5]])
    """
    if crosswalk is None:
        return Common(tuple(ours), tuple(Group(genre, (genre,), (genre,)) for genre in ours), ())
    _check(crosswalk, ours)
    place = {genre: i for i, genre in enumerate(ours)}
    groups = [
        Group(" + ".join(sorted(theirs)), tuple(sorted(theirs)), tuple(sorted(known, key=place.__getitem__)))
        for theirs, known in joined(crosswalk.genres)
    ]
    if len(groups) < 2:
        raise ReadError(
            f"{crosswalk.origin}: leaves one genre, {groups[0].name!r}: give lines to two genres at least"
            " that share no genre of the model"
        )
    groups.sort(key=lambda group: place[group.ours[0]])
    used = {genre for group in groups for genre in group.ours}
    return Common(tuple(ours), tuple(groups), tuple(genre for genre in ours if genre not in used))


def _check(crosswalk: Crosswalk, ours: Sequence[str]) -> None:
    for genre, partners in crosswalk.genres.items():
        for one in partners:
            if one not in ours:
                unknown = UnknownName("genre of the model", one, ours)
                raise ReadError(f"{crosswalk.origin}: {genre!r}: {unknown}")
    if not any(crosswalk.genres.values()):
        raise ReadError(f"{crosswalk.origin}: names no genre of the model: give it lines")


def joined(lines: Mapping[str, Iterable[str]]) -> list[tuple[set[str], set[str]]]:
    """Join the lines that share a genre of the model: connected parts of the graph of both label spaces."""
    groups: list[tuple[set[str], set[str]]] = []
    for genre, partners in lines.items():
        theirs, ours = {genre}, set(partners)
        for group in [one for one in groups if one[1] & ours]:
            groups.remove(group)
            theirs, ours = theirs | group[0], ours | group[1]
        if ours:
            groups.append((theirs, ours))
    return groups
