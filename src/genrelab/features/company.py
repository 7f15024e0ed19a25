"""The company that a track keeps: genres of other artists' tracks that share a name with it.

A title names a guest ("feat. ..."), a remixer or an idol, a credit names several artists. Where tracks of
known genre are by such a name, or where they mention this track's artist, their genres say something of this
one: target encoding (Micci-Barreca 2001, "A Preprocessing Scheme for High-Cardinality Categorical
Attributes"), in which no track learns from its own artist, as none can of an artist who was never heard.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse

from genrelab import blending
from genrelab.features import grams
from genrelab.identity import credited, folded, possibly_credited

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

LONGEST = 5
"""Words of the longest name that is looked for in a title or an album."""
PLACES = 2**31 - 1
_LEAST = 4  # letters of a name that is looked for in running text: shorter ones are words too
_GUESTS = r"(?i)[\s(\[](?:feat\.?|ft\.?|featuring|with)\s+([^()\[\]]+)"
_REMIXERS = r"(?i)(?:\s-\s|[(\[])([^()\[\]]*?)\s+(?:remix|mix|edit|bootleg|rework|dub|version)\b"
_BETWEEN = r"(?i)\s*(?:,|&|;|/|\+|\s-\s|\band\b|\bx\b|\bwith\b|\bfeat\.?|\bft\.?|\bfeaturing\b)\s*"


@dataclass(frozen=True, slots=True, eq=False)
class Names:
    """Names in some tracks, as matrices of ones, shape (rows, PLACES): nothing is fitted.

    Attributes
    ----------
    credited
        Names of those who made it: its artist, the parts of its credit, guests and remixers in its title.
    mentioned
        Those, and every run of words of its title and album, any of which may be a name.
    """

    credited: sparse.csr_matrix
    mentioned: sparse.csr_matrix

    def take(self, rows: Codes) -> Names:
        """Keep some rows, by position."""
        return Names(self.credited[rows], self.mentioned[rows])


def read(tracks: pl.DataFrame, columns: Sequence[str]) -> Names:
    """Find names in the text columns of a table that keeps the schema.

    Examples
    --------
    >>> songs = pl.DataFrame({"title": ["Stay (feat. Rosa Vogt)"], "artist": ["Rosa Vogt"]})
    >>> names = read(songs, ["title", "artist"])
    >>> names.credited.sum(), names.mentioned.sum() > 1
    (np.float32(1.0), np.True_)
    """
    told = _told(tracks, columns)
    credit = _ones(*told, tracks.height)
    long = [tracks[name].cast(pl.String).rename("text") for name in ("title", "album") if name in columns]
    if not long:
        return Names(credit, credit)
    rows, places = grams.runs(pl.concat(long), LONGEST, least=_LEAST)
    rows, places = (np.concatenate(p) for p in zip(told, (rows % tracks.height, places), strict=True))
    return Names(credit, _ones(rows, places, tracks.height))


def _told(tracks: pl.DataFrame, columns: Sequence[str]) -> tuple[Codes, Codes]:
    """Return row and place of each name that a track credits."""
    if not {"artist", "title"} & set(columns):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    names = _credit("artist" in columns, "title" in columns)
    listed = tracks.select_seq(names.alias("names"))["names"].to_list()
    rows = np.repeat(np.arange(len(listed)), [len(each) for each in listed])
    places = grams.whole(pl.Series([name for each in listed for name in each], dtype=pl.String))
    kept = places >= 0
    return rows[kept], places[kept]


@lru_cache(maxsize=4)
def _credit(artist: bool, title: bool) -> pl.Expr:
    """List the names that a track credits; kept, since to say it takes half as long as to read a track."""
    lists = []
    if artist:
        lists += [pl.concat_list(folded("artist")), credited("artist"), possibly_credited("artist")]
    if title:
        text = pl.col("title").cast(pl.String)
        for pattern in (_GUESTS, _REMIXERS):
            lists.append(text.str.extract(pattern).str.replace_all(_BETWEEN, ";").str.split(";"))
    nobody = pl.lit([], dtype=pl.List(pl.String))
    return pl.concat_list(each.fill_null(nobody) for each in lists)


def _ones(rows: Codes, places: Codes, height: int) -> sparse.csr_matrix:
    # Sorted, then compared with the one before: NumPy's own `unique` goes by hashes, fifteen times as long.
    keys = np.sort(rows.astype(np.int64) * PLACES + places, kind="stable")
    keys = keys[np.diff(keys, prepend=-1) > 0]
    bounds = np.searchsorted(keys, np.arange(height + 1) * PLACES)
    indices = (keys % PLACES).astype(np.int32)
    return sparse.csr_matrix((np.ones(len(keys), np.float32), indices, bounds), shape=(height, PLACES))


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What tracks of known genre tell of names.

    Attributes
    ----------
    places
        Of the names, in order, shape (names,).
    weight
        How much is known of each genre of a name, shape (names, genres).
    """

    places: Codes
    weight: sparse.csr_matrix

    def of(self, asked: sparse.csr_matrix) -> Floats:
        """Sum what is known of the names of tracks, shape (rows, genres)."""
        known: Floats = (_known(asked, self.places) @ self.weight).toarray()
        return known


@dataclass(frozen=True, slots=True, eq=False)
class Company:
    """What is known of names.

    Attributes
    ----------
    makers
        Through tracks that credit a name: asked for all names that a track mentions.
    mentions
        Through tracks that mention a name: asked for those that a track credits.
    prior
        Share of each genre, shape (genres,).
    """

    makers: Evidence
    mentions: Evidence
    prior: Floats

    def log_shares(self, names: Names) -> Floats:
        """Say what the names of tracks lead to expect.

        Returns
        -------
        Log shares of the genres by makers, drawn towards the prior, and how much is known; the same by
        mentions; shape (rows, 2 (genres + 1)).
        """
        return self._told(self.makers.of(names.mentioned), self.mentions.of(names.credited))

    def _told(self, *known: Floats) -> Floats:
        blocks = []
        for each in known:
            total = each.sum(axis=1, keepdims=True)
            blocks += [blending.logarithms((each + self.prior) / (total + 1)), total]
        return np.hstack(blocks)


def meet(names: Names, truth: Codes, groups: Codes, genres: int) -> tuple[Company, Floats]:
    """Learn what tracks tell of names, and what the others' tell of each track.

    An artist's tracks count together as the root of their number: the tenth adds less than the first.

    Parameters
    ----------
    names
        Of the tracks.
    truth, groups
        Codes of genres and artists, shape (rows,).
    genres
        How many there are.

    Returns
    -------
    The company, and `Company.log_shares` of the tracks, to which their own artists' tracks did not add.

    Examples
    --------
    >>> titles, artists = ["One", "Two", "Six (with Ana Lind)"], ["Ana Lind", "Bo", "Cy"]
    >>> songs = pl.DataFrame({"title": titles, "artist": artists})
    >>> names = read(songs, ["title", "artist"])
    >>> _, logs = meet(names, np.array([0, 0, 1]), np.array([0, 1, 2]), 2)
    >>> np.exp(logs[:, :2]).round(2).tolist()
    [[0.33, 0.67], [0.67, 0.33], [0.83, 0.17]]
    """
    _, artist = np.unique(groups, return_inverse=True)
    makers, by_makers = _gather(names.credited, names.mentioned, truth, artist, genres)
    mentions, by_mentions = _gather(names.mentioned, names.credited, truth, artist, genres)
    company = Company(makers, mentions, np.bincount(truth, minlength=genres) / max(len(truth), 1))
    return company, company._told(by_makers, by_mentions)


def _gather(
    telling: sparse.csr_matrix, asked: sparse.csr_matrix, truth: Codes, artist: Codes, genres: int
) -> tuple[Evidence, Floats]:
    """Gather what tracks tell of names, and sum what other artists tell of those that each track asks for."""
    rows, names = _entries(telling)
    places, columns = np.unique(names, return_inverse=True)
    artists = int(artist.max(initial=0)) + 1
    pairs, each = np.unique(columns * artists + artist[rows], return_inverse=True)
    told = sparse.csr_matrix((np.ones(len(rows)), (each, truth[rows])), shape=(len(pairs), genres))
    scale = 1 / np.sqrt(np.maximum(np.asarray(told.sum(axis=1)).ravel(), 1.0))
    told = sparse.csr_matrix(sparse.diags_array(scale) @ told)
    shape = len(places), len(pairs)
    into = sparse.csr_matrix((np.ones(len(pairs)), (pairs // artists, np.arange(len(pairs)))), shape)
    exact = Evidence(places, sparse.csr_matrix(into @ told))
    where, which = _entries(_known(asked, places))
    at, met = _found(pairs, which * artists + artist[where])
    own = sparse.csr_matrix((np.ones(int(met.sum())), (where[met], at[met])), (asked.shape[0], len(pairs)))
    others = np.maximum(exact.of(asked) - (own @ told).toarray(), 0.0)
    # Kept in the digits that a file has, so that a model says the same before and after; but not before the
    # own artist's part is taken off, since what rounding leaves of it would tell the genre.
    return Evidence(places, exact.weight.astype(np.float32).astype(np.float64)), others


def _entries(matrix: sparse.csr_matrix) -> tuple[Codes, Codes]:
    """Return rows and columns of the ones of a matrix."""
    return np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr)), matrix.indices.astype(np.int64)


def _known(names: sparse.csr_matrix, places: Codes) -> sparse.csr_matrix:
    """Keep the columns of known names, shape (rows, names)."""
    rows, wanted = _entries(names)
    at, met = _found(places, wanted)
    return sparse.csr_matrix((np.ones(int(met.sum())), (rows[met], at[met])), (names.shape[0], len(places)))


def _found(ordered: Codes, wanted: Codes) -> tuple[Codes, NDArray[np.bool_]]:
    """Return where wanted numbers would stand among ordered ones, and whether they do."""
    if not len(ordered):
        return np.zeros(len(wanted), dtype=np.int64), np.zeros(len(wanted), dtype=np.bool_)
    at = np.minimum(np.searchsorted(ordered, wanted), len(ordered) - 1)
    return at, ordered[at] == wanted
