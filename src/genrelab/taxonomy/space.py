"""The label space itself: genres in order, and what finds them in a tag."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Literal

Pick = Literal["first_genre", "first_tag", "only"]


@dataclass(frozen=True, slots=True)
class Genre:
    """One genre of a taxonomy, with the tags that mean it and the patterns that find it in a tag."""

    name: str
    aliases: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """A label space and the way from tags to it.

    Attributes
    ----------
    name
        What it is called.
    meaning
        One phrase: what the label space is.
    origin
        Where the rules come from, with the licence if there is one.
    genres
        The genres, in the order in which they are tried.
    pick
        What happens when several match: ``"first_genre"``, ``"first_tag"`` or ``"only"``.
    ignore
        Tags that say nothing of the genre.
    """

    name: str
    meaning: str
    origin: str
    genres: tuple[Genre, ...]
    pick: Pick = "first_genre"
    ignore: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the genres, in their order."""
        return tuple(genre.name for genre in self.genres)

    @property
    def sha256(self) -> str:
        """Hash of all that decides how a tag is binned; the words about it do not count."""
        rules = [asdict(genre) for genre in self.genres]
        content = {"genres": rules, "pick": self.pick, "ignore": sorted(self.ignore)}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    def match(self, tag: str) -> tuple[str, ...]:
        """Return the genres that one tag matches, in the taxonomy's order.

        Examples
        --------
        >>> genres = (Genre("pop", patterns=("indie",)), Genre("jazz", patterns=("jazz",)))
        >>> Taxonomy("two", "an example", "nowhere", genres).match("Indie Jazz")
        ('pop', 'jazz')
        """
        return tuple(self.names[place] for place in matcher(self)(tag))


def matcher(taxonomy: Taxonomy) -> Callable[[str], list[int]]:
    """Return a function from a tag to the places of the genres that it matches."""
    searches = [_search(genre.patterns) for genre in taxonomy.genres]
    known = {fold(tag): [place] for place, genre in enumerate(taxonomy.genres) for tag in genre.aliases}
    known |= {fold(tag): [] for tag in taxonomy.ignore}

    def match(tag: str) -> list[int]:
        text = fold(tag)
        if text in known:
            return known[text]
        return [place for place, search in enumerate(searches) if search is not None and search.search(text)]

    return match


def _search(patterns: Iterable[str]) -> re.Pattern[str] | None:
    joined = "|".join(f"(?:{pattern})" for pattern in patterns)
    return re.compile(joined, re.IGNORECASE) if joined else None


def fold(tag: str) -> str:
    """Return the tag as it is compared: without case and outer spaces."""
    return tag.strip().lower()
