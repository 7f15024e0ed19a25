"""The tables on which accuracy is measured: which rows, which genre, which columns, and what is kept apart.

Each is made as a user would make it, by `genrelab.preparation.prepare`: unique tracks, columns that give the
genre away left out, artists on one side where they are known. ``spotify_30k`` is the exception: its rows and
its split are those of a benchmark that peers were measured on before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from sklearn.model_selection import StratifiedGroupKFold

from genrelab import dataset, preparation
from genrelab.audit import Audit, audit
from genrelab.dataset import Codes, Dataset
from genrelab.grouping import group
from genrelab.memberships import Marks
from genrelab.published import data_folder, find
from genrelab.schema import DESCRIPTORS, TEXT_COLUMNS
from genrelab.sources import fma, table

AUDIO = ("duration", *(name for name in DESCRIPTORS if name != "time_signature"))
FOLDS = 5
FIRST_SEED = 7
"""Seed of the benchmark split of ``spotify_30k``, and of the first of three splits elsewhere."""
EIGHT = (
    "acousticness", "danceability", "energy", "instrumentalness", "liveness", "speechiness", "tempo",
    "valence",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """A table ready to be parted.

    Attributes
    ----------
    data
        All tracks, with the columns that may be read.
    audit
        What was found in the rows as they were read.
    apart
        What the split keeps on one side, shape (rows,); None where the split is given.
    given
        (train rows, test rows), where somebody else published the split.
    named
        All genres that the tags of each track name, shape (rows, genres), where a genre was made of tags: the
        label is that whose rule stands first in the taxonomy.
    """

    data: Dataset
    audit: Audit
    apart: Codes | None = None
    given: tuple[Codes, Codes] | None = None
    named: Marks | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the benchmark.

    Attributes
    ----------
    meaning
        What it is, and what may be read of it.
    make
        ``make(folder)`` reads it from the data folder.
    fixed
        Whether its split is always the same, so that a seed is a seed of the models alone.
    study
        Name of the published system that was made for it, if any.
    words
        Whether those of its models are meant that count words, or those that read numbers.
    artists
        Whether artists are known and have several tracks each: elsewhere, folds by artist are any folds.
    finer
        Columns of finer words, which `best` may read while learning; peers have no use for them.
    tagged
        Whether its genres were made of tags, which may name several of a track.
    """

    meaning: str
    make: Callable[[Path], Made]
    fixed: bool = False
    study: str = ""
    words: bool = False
    artists: bool = False
    finer: tuple[str, ...] = ()
    tagged: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A table parted for one measurement.

    Attributes
    ----------
    train
        What may be learned from; its groups are known from its own rows alone.
    test
        The rows to be labelled, with their genres.
    truth, groups
        Codes of the test rows' genres and artists; an artist has the same code in every split of a table.
    seed
        Of the models.
    rows
        Names the rows and columns of both: equal where they are equal.
    """

    train: Dataset
    test: pl.DataFrame
    truth: Codes
    groups: Codes
    seed: int
    rows: str

    @property
    def numbers(self) -> tuple[str, ...]:
        """Columns of numbers."""
        return tuple(name for name in self.train.columns if name not in TEXT_COLUMNS)

    @property
    def texts(self) -> tuple[str, ...]:
        """Columns of text."""
        return tuple(name for name in self.train.columns if name in TEXT_COLUMNS)


@lru_cache(maxsize=4)
def part(name: str, seed: int, fold: int = 0, share: float = 1.0) -> Part:
    """Part a table by a seed (0, 1, 2); `share` keeps so many of the train part's artists, drawn at random.

    Raises
    ------
    FileNotFoundError
        When the table is not in the data folder.
    """
    made, fixed = _made(name), TABLES[name].fixed
    train, test = _split(name, seed, fold)
    train = thinned(train, made.data.groups, share, seed)
    data = made.data.take(train)
    data = replace(data, groups=group(data.tracks, data.split)[0])
    told = hashlib.sha256(made.data.fingerprint().encode() + train.tobytes() + test.tobytes()).hexdigest()
    tested = made.data.take(test)
    return Part(data, tested.tracks, tested.truth, tested.groups, seed if fixed else 0, told[:10])


def thinned(rows: Codes, groups: Codes, share: float, seed: int) -> Codes:
    """Keep the rows of a share of the groups; a larger share holds all that a smaller one does.

    Examples
    --------
    >>> thinned(np.arange(6), np.array([0, 0, 1, 1, 2, 2]), 1 / 3, seed=0).shape
    (2,)
    """
    if share >= 1:
        return rows
    names = np.random.default_rng(seed).permutation(np.unique(groups[rows]))
    return rows[np.isin(groups[rows], names[: round(share * len(names))])]


def facts(name: str) -> dict[str, object]:
    """Say what a table holds, and what its labels leave possible."""
    made = _made(name)
    return {
        "meaning": TABLES[name].meaning,
        "tracks": len(made.data),
        "genres": len(made.data.genres),
        "apart": "the published split" if made.given else made.data.grouped_by,
        "groups": len(np.unique(made.data.groups)),
        "columns": list(made.data.columns),
        "majority": made.audit.floors["majority"],
        "ceiling": made.audit.ceiling,
        "artist_majority": made.audit.floors.get("artist_majority"),
        "artist_coverage": made.audit.artist_coverage,
    }


def named(cell: Mapping[str, Any]) -> Marks | None:
    """Mark all genres that the tags of a cell's test rows name, shape (rows, genres).

    None where labels were not made of tags, or the cell was measured on other rows than the table has now.
    """
    marks = _made(str(cell["table"])).named if TABLES[cell["table"]].tagged else None
    if marks is None or part(cell["table"], cell["seed"], cell["fold"], cell["share"]).rows != cell["rows"]:
        return None
    return marks[_split(cell["table"], cell["seed"], cell["fold"])[1]]


@cache
def _split(name: str, seed: int, fold: int) -> tuple[Codes, Codes]:
    """Part a table's rows; where nearly every row is an artist of its own, this takes half a minute."""
    made = _made(name)
    if made.given is not None:
        return made.given
    assert made.apart is not None  # a table has the one or the other
    shuffle = FIRST_SEED if TABLES[name].fixed else FIRST_SEED + seed
    splitter = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=shuffle)
    parted: list[tuple[Codes, Codes]] = list(splitter.split(made.apart, made.data.truth, made.apart))
    return parted[fold]


@cache
def _made(name: str) -> Made:
    folder = data_folder()
    if folder is None:
        raise FileNotFoundError("there is no data folder: set GENRELAB_DATA")
    return TABLES[name].make(folder)


def _prepared(
    tracks: pl.DataFrame,
    label: str = "genre",
    *,
    taxonomy: str | None = None,
    columns: tuple[str, ...] | None = None,
    min_tracks: int = 2,
) -> Made:
    made = preparation.prepare(
        tracks, label, taxonomy=taxonomy, columns=columns, min_tracks=min_tracks, multi=taxonomy is not None
    )
    data = replace(made.dataset, seen_under=None)  # to learn several genres is another task
    return Made(data, made.audit, data.groups, named=made.dataset.seen_under)


def _spotify_30k(columns: tuple[str, ...] | None) -> Callable[[Path], Made]:
    def make(_: Path) -> Made:
        path = find("spotify_30k")
        if path is None:
            raise FileNotFoundError("spotify_30k: run 'genrelab data fetch spotify_30k'")
        raw = table.read(path).tracks
        tracks = raw.unique("track_id", keep="first", maintain_order=True)
        artists = tracks["artist"].str.to_lowercase().fill_null("").to_numpy()
        apart = np.unique(artists, return_inverse=True)[1]
        return Made(dataset.make(tracks, columns=columns), audit(raw, "genre"), apart)

    return make


def _capstone12(columns: tuple[str, ...] | None) -> Callable[[Path], Made]:
    return lambda folder: _prepared(
        table.read(folder / "capstone12").tracks, "tags", taxonomy="capstone12", columns=columns
    )


def _genres_v2(folder: Path) -> Made:
    return _prepared(table.read(folder / "genres_v2" / "genres_v2.csv").tracks)


def _eight_genres(folder: Path) -> Made:
    return _prepared(table.read(folder / "spotify_114k" / "eight_genres.csv").tracks)


def _fma_twelve(folder: Path) -> Made:
    files = ("fma/tracks_genres_cleaned.csv", "fma/genres.csv", "fma_rock_hiphop/echonest-metrics.json")
    return _prepared(fma.read([folder / file for file in files]).tracks, columns=EIGHT)


def _fma_two(folder: Path) -> Made:
    home = folder / "fma_rock_hiphop"
    songs = table.read(home / "fma-rock-vs-hiphop.csv").tracks
    sounds = table.read(home / "echonest-metrics.json").tracks
    return _prepared(table.join(songs, sounds))


def _msd10k(folder: Path) -> Made:
    return _prepared(table.read(folder / "msd10k" / "corgis_music.csv").tracks, "tags", taxonomy="msd_terms")


def _gtzan(folder: Path) -> Made:
    """Take the fault-filtered split, whose train and validation parts may both be learned from."""
    home = folder / "gtzan"
    tracks = table.read(home / "features_30_sec.csv").tracks
    parts = [_listed(home / f"{name}_filtered.txt") for name in ("train", "valid", "test")]
    tracks = tracks.filter(pl.col("filename").is_in(set().union(*parts)))
    # What was published as unique is not cleaned again: every clip of the split stays.
    data = dataset.make(tracks, columns=_sounds(tracks))
    tested = tracks["filename"].is_in(parts[2]).to_numpy()
    given = (np.flatnonzero(~tested), np.flatnonzero(tested))
    return Made(data, audit(tracks, "genre"), given=given)


def _ds_music(folder: Path) -> Made:
    tracks = table.read(folder / "ds_music" / "ds_music_segment30s.csv").tracks
    return _prepared(tracks, columns=_sounds(tracks))


def _listed(path: Path) -> set[str]:
    return {Path(line).name for line in path.read_text("utf-8").splitlines() if line}


def _sounds(tracks: pl.DataFrame) -> tuple[str, ...]:
    """Name librosa's features; the length of a clip is none."""
    named = tracks.select(pl.selectors.numeric()).columns
    return tuple(name for name in named if name != "length")


TABLES: Mapping[str, Table] = {
    "spotify_30k": Table(
        "unique ids, the benchmark split, everything legitimate",
        _spotify_30k(None),
        fixed=True,
        artists=True,
        finer=("playlist_subgenre",),
    ),
    "spotify_30k_audio": Table(
        "the same rows and split, 12 audio columns",
        _spotify_30k(AUDIO),
        fixed=True,
        study="playlist_six",
        artists=True,
        finer=("playlist_subgenre",),
    ),
    "capstone12": Table(
        "twelve genres of unique tracks, title and artist too",
        _capstone12(None),
        study="capstone_twelve",
        words=True,
        finer=("tags",),
        tagged=True,
    ),
    "capstone12_sound": Table(
        "the same tracks, descriptors only",
        _capstone12(DESCRIPTORS),
        study="capstone_twelve",
        finer=("tags",),
        tagged=True,
    ),
    "genres_v2": Table(
        "fifteen genres of unique vectors, titles left out: that one is there gives the genre away",
        _genres_v2,
        study="spotify_fifteen",
    ),
    "fma_twelve": Table("twelve genres from eight Echo Nest descriptors", _fma_twelve, finer=("tags",)),
    "fma_rock_hiphop": Table(
        "rock or hip-hop, descriptors, duration and title", _fma_two, study="rock_or_hiphop"
    ),
    "eight_genres": Table("eight genres of unique vectors", _eight_genres, study="spotify_eight"),
    "msd10k": Table(
        "twelve genres of artists' terms, sound and text",
        _msd10k,
        study="million_song",
        artists=True,
        finer=("tags",),
        tagged=True,
    ),
    "gtzan": Table("57 features of 30 s, the fault-filtered split by artist", _gtzan, fixed=True),
    "ds_music": Table("57 features of 30 s, thirteen genres, by artist", _ds_music, artists=True),
}
"""Every table by name."""
