"""The label space itself: genres in order, and what finds them in a tag."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from genrelab.taxonomy.folding import Folding, fold, named, squeezed

Pick = Literal["first_genre", "first_tag", "only", "vote"]


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
        One phrase: what the label space is; it may be empty.
    origin
        Where the rules come from, with the licence if there is one; by default the file that they are in.
    genres
        The genres, in the order in which they are tried.
    pick
        What happens when several match: ``"first_genre"``, ``"first_tag"``, ``"only"`` or ``"vote"``.
    folding
        What does not count when tags are compared: ``"case"``, or all that is a matter of ``"spelling"``.
    ignore
        Tags that say nothing of the genre.
    ignore_patterns
        Regular expressions that find such tags, among those that match no genre.
    ignore_artist_name
        Whether a tag that is the name of the track's own artist says nothing.
    artist_ignore
        Tags that say nothing of the genre of one artist, by the artist's name.
    """

    name: str
    meaning: str
    origin: str
    genres: tuple[Genre, ...]
    pick: Pick = "first_genre"
    folding: Folding = "case"
    ignore: tuple[str, ...] = ()
    ignore_patterns: tuple[str, ...] = ()
    ignore_artist_name: bool = False
    artist_ignore: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the genres, in their order."""
        return tuple(genre.name for genre in self.genres)

    @property
    def sha256(self) -> str:
        """Hash of all that decides how a tag is binned; the words about it do not count."""
        rules = [asdict(genre) for genre in self.genres]
        content: dict[str, Any] = {"genres": rules, "pick": self.pick, "ignore": sorted(self.ignore)}
        # What is not used stays out: a taxonomy keeps the hash that it had before there was such a rule.
        rare = {
            "folding": "" if self.folding == "case" else self.folding,
            "ignore_patterns": sorted(self.ignore_patterns),
            "ignore_artist_name": self.ignore_artist_name,
            "artist_ignore": {artist: sorted(tags) for artist, tags in self.artist_ignore.items()},
        }
        content |= {name: value for name, value in rare.items() if value}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    def match(self, tag: str) -> tuple[str, ...]:
        """Return the genres that one tag matches, in the taxonomy's order.

        Where ``pick = "vote"``, that is the one that is named last in the tag.

        Examples
        --------
        >>> genres = (Genre("pop", patterns=("pop",)), Genre("rap", patterns=("rap",)))
        >>> Taxonomy("two", "an example", "nowhere", genres).match("Pop Rap")
        ('pop', 'rap')
        >>> Taxonomy("two", "an example", "nowhere", genres, "vote").match("Pop Rap")
        ('rap',)
        """
        return tuple(self.names[place] for place in matcher(self)(tag))

    def ignores(self, tag: str) -> bool:
        """Tell whether a tag says nothing of the genre, whoever the artist is.

        Examples
        --------
        >>> rock = (Genre("rock", patterns=("rock",)),)
        >>> one = Taxonomy("one", "", "", rock, ignore=("Seen Live",), ignore_patterns=("^my ",))
        >>> one.ignores("seen live"), one.ignores("my songs"), one.ignores("my rock songs")
        (True, True, False)
        """
        return ignorer(self)(tag)


def matcher(taxonomy: Taxonomy) -> Callable[[str], list[int]]:
    """Return a function from a tag to the places of the genres that it matches."""
    folding = taxonomy.folding
    spans = [_compiled(genre.patterns, folding) for genre in taxonomy.genres]
    searches = [_search(genre.patterns, folding) for genre in taxonomy.genres]
    known = {squeezed(tag, folding): [i] for i, genre in enumerate(taxonomy.genres) for tag in genre.aliases}
    known |= {squeezed(tag, folding): [] for tag in taxonomy.ignore}

    def match(tag: str) -> list[int]:
        text = fold(tag, folding)
        whole = known.get(text if folding == "case" else text.replace(" ", ""))
        if whole is not None:
            return whole
        places = [i for i, search in enumerate(searches) if search is not None and search.search(text)]
        return _last_named(text, places, spans) if taxonomy.pick == "vote" and len(places) > 1 else places

    return match


def ignorer(taxonomy: Taxonomy) -> Callable[[str], bool]:
    """Return a function that tells whether a tag says nothing of the genre."""
    listed = {squeezed(tag, taxonomy.folding) for tag in taxonomy.ignore}
    search, match = _search(taxonomy.ignore_patterns, taxonomy.folding), matcher(taxonomy)

    def ignores(tag: str) -> bool:
        text = fold(tag, taxonomy.folding)
        if squeezed(tag, taxonomy.folding) in listed:
            return True
        return search is not None and search.search(text) is not None and not match(tag)

    return ignores


def ignored_of(taxonomy: Taxonomy) -> Callable[[str], frozenset[str]]:
    """Return a function from an artist to the tags, as `named` writes them, that say nothing of it."""
    listed: dict[str, set[str]] = {}
    for artist, tags in taxonomy.artist_ignore.items():
        listed.setdefault(named(artist), set()).update(map(named, tags))

    def ignored(artist: str) -> frozenset[str]:
        name = named(artist)
        own = {name} if taxonomy.ignore_artist_name and name else set()
        return frozenset(listed.get(name, set()) | own)

    return ignored


def _last_named(text: str, places: Sequence[int], spans: Sequence[Sequence[re.Pattern[str]]]) -> list[int]:
    """Return the places of the genres whose match ends last in a text, and there is the longest.

    A genre's name ends with what it is: pop rap is rap, rap rock is rock.
    """
    ends = {i: max((m.end(), -m.start()) for p in spans[i] for m in p.finditer(text)) for i in places}
    last = max(ends.values())
    return [place for place in places if ends[place] == last]


def pattern(written: str, folding: Folding) -> str:
    """Return a taxonomy's pattern as it is searched for: where spelling is folded, a space may be absent.

    Examples
    --------
    >>> bool(re.search(pattern("hip hop", "spelling"), "hiphop"))
    True
    """
    return written if folding == "case" else re.sub(r" (?![?*+{])", " ?", written)


def _compiled(patterns: Iterable[str], folding: Folding) -> list[re.Pattern[str]]:
    return [re.compile(pattern(one, folding), re.IGNORECASE) for one in patterns]


def _search(patterns: Iterable[str], folding: Folding) -> re.Pattern[str] | None:
    joined = "|".join(f"(?:{pattern(one, folding)})" for one in patterns)
    return re.compile(joined, re.IGNORECASE) if joined else None
