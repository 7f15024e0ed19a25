"""The genre tree of the Free Music Archive: titles of genres, and the top genre above each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from genrelab.errors import ReadError


@dataclass(frozen=True, slots=True)
class Tree:
    """Genres by their number.

    Attributes
    ----------
    titles
        What each is called.
    parents
        The genre above each; 0 above a top genre.
    """

    titles: Mapping[int, str]
    parents: Mapping[int, int]

    def with_ancestors(self, genres: Iterable[int]) -> list[int]:
        """Return genres, each followed by all above it, and each once.

        Examples
        --------
        >>> tree = Tree({12: "Rock", 25: "Punk", 89: "Post-Punk"}, {12: 0, 25: 12, 89: 25})
        >>> tree.with_ancestors([89, 12])
        [89, 25, 12]
        """
        found: dict[int, None] = {}
        for genre in genres:
            above = genre
            while above:
                found[above] = None
                above = self.parents[above]
        return list(found)

    def tops(self, genres: Iterable[int]) -> list[str]:
        """Return the titles of the top genres above some genres, each once.

        Examples
        --------
        >>> Tree({12: "Rock", 25: "Punk"}, {12: 0, 25: 12}).tops([25, 12])
        ['Rock']
        """
        return list(dict.fromkeys(self.titles[g] for g in self.with_ancestors(genres) if not self.parents[g]))


def read(path: Path) -> Tree:
    """Read ``genres.csv``.

    Raises
    ------
    ReadError
        When it is not a tree of genres.
    """
    try:
        table = pl.read_csv(path, columns=["genre_id", "parent", "title"], infer_schema=False)
        rows = table.with_columns(pl.col("genre_id", "parent").str.strip_chars().cast(pl.Int64))
    except pl.exceptions.PolarsError as error:
        raise ReadError(
            f"{path}: not a tree of genres ({_first(error)}): give it as it was published"
        ) from error
    known = rows.select("genre_id", "parent", "title").rows()
    tree = Tree({genre: title for genre, _, title in known}, {genre: parent for genre, parent, _ in known})
    _check(tree, path)
    return tree


def _first(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


def _check(tree: Tree, path: Path) -> None:
    """Raise where a genre has no title, or no way up that ends."""
    for genre, title in tree.titles.items():
        if genre is None or not title:
            raise ReadError(f"{path}: genre {genre}: has no number or no title: give it as it was published")
        above, steps = genre, 0
        while above:
            above, steps = tree.parents.get(above, -1), steps + 1
            if above not in tree.parents and above != 0:
                raise ReadError(f"{path}: genre {genre}: a genre above it is not there: give the whole tree")
            if steps > len(tree.titles):
                raise ReadError(f"{path}: genre {genre}: stands above itself: give it as it was published")
