"""A demo catalogue: synthetic tracks drawn from the statistics of real genres.

The figures in ``_demo.toml`` (quantiles and rank correlations of each descriptor in each genre) were computed
by ``benchmarks/demo_statistics.py``; no row, title or name of a real track is among them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import polars as pl
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.special import ndtr

from genrelab.errors import SettingError
from genrelab.schema import COLUMNS, CONTRACT
from genrelab.sources._reading import Reading, rejected_table

SYNTHETIC = "synthetic: a demo catalogue drawn from per-genre statistics; no track in it is real"
"""First note of every demo reading, so that callers can tell."""

TRACKS_PER_ARTIST = 2.65
PURE_ARTISTS, PURITY, MIXED_PURITY = 0.6, 0.97, 0.6
REPEATED, RELABELLED, RELEASED_AGAIN = 0.04, 0.03, 0.03
"""Shares of rows planted for the audit: the same row, the same id under another genre, another id."""

SYLLABLES = (
    "ba",
    "do",
    "fi",
    "gra",
    "hu",
    "ka",
    "li",
    "mo",
    "nel",
    "or",
    "pe",
    "ri",
    "sol",
    "tan",
    "vu",
    "zi",
)
WORDS = (
    "night", "blue", "home", "river", "gold", "alone", "summer", "light", "heart", "run", "stay", "rain",
    "again", "fire", "dream", "road", "tomorrow", "glass", "winter", "falling",
)  # fmt: skip
GENRE_WORDS = {
    "edm": ("remix", "extended", "pulse", "bounce", "signal"),
    "latin": ("noche", "fuego", "baila", "corazon", "mi"),
    "pop": ("crush", "forever", "sugar", "mirror", "weekend"),
    "r&b": ("slow", "honey", "silk", "closer", "late"),
    "rap": ("block", "money", "freestyle", "crown", "skit"),
    "rock": ("thunder", "highway", "stone", "live", "rebel"),
}
GENRE_WORD_SHARE = 0.18


@dataclass(frozen=True, slots=True)
class _Genre:
    """Statistics of one genre: quantiles at `levels`, one row per column, and a root of the correlations."""

    name: str
    share: float
    levels: NDArray[np.float64]
    quantiles: NDArray[np.float64]
    root: NDArray[np.float64]
    key: NDArray[np.float64]
    major: float


def read(rows: int = 6000, seed: int = 0) -> Reading:
    """Draw a demo catalogue, synthetic from end to end.

    Most artists keep to one genre, some do not, and a few have many tracks. Repeated rows, ids under two
    genres, re-releases under a new id and a track without a tempo are planted, so that an audit has
    something to find.

    Parameters
    ----------
    rows
        Number of rows, repeats included; at least 1.
    seed
        The same seed gives the same catalogue.

    Raises
    ------
    SettingError
        When `rows` is not positive.

    Examples
    --------
    >>> reading = read(rows=200, seed=1)
    >>> reading.tracks.height, reading.notes[0] == SYNTHETIC
    (200, True)
    """
    if rows < 1:
        raise SettingError(f"rows: {rows} is not positive: ask for at least 1")
    rng = np.random.default_rng(seed)
    shares = (REPEATED, RELABELLED, RELEASED_AGAIN)
    planted = [int(share * rows) for share in shares]
    unique = _catalogue(rows - sum(planted), rng)
    tracks = _with_planted(unique, planted, rng)
    return Reading(tracks, {name: name for name in tracks.columns}, (), {}, rejected_table(()), (SYNTHETIC,))


@cache
def _statistics() -> tuple[tuple[str, ...], float, tuple[_Genre, ...]]:
    """Return the columns, the share of variance that artists hold, and the genres."""
    figures = tomllib.loads(files("genrelab.sources").joinpath("_demo.toml").read_text(encoding="utf-8"))
    columns, levels, share = tuple(figures.pop("columns")), figures.pop("levels"), figures.pop("artist_share")
    genres = tuple(_genre(name, entry, columns, levels) for name, entry in figures.items())
    return columns, share, genres


def _genre(name: str, entry: dict[str, list[float]], columns: Sequence[str], levels: list[float]) -> _Genre:
    values, vectors = np.linalg.eigh(np.array(entry["correlations"]))
    root = vectors * np.sqrt(np.maximum(values, 0))
    quantiles = np.array([entry[column] for column in columns])
    keys = np.array(entry["key"]) / np.sum(entry["key"])
    return _Genre(name, _one(entry["share"]), np.array(levels), quantiles, root, keys, _one(entry["major"]))


def _catalogue(n: int, rng: Generator) -> pl.DataFrame:
    """Draw `n` tracks with unique ids."""
    columns, artist_share, genres = _statistics()
    artists = _artists(n, rng)
    labels = _labels(artists, rng)
    shared = rng.standard_normal((artists.max() + 1, len(columns)))
    own = rng.standard_normal((n, len(columns)))
    scores = np.sqrt(artist_share) * shared[artists] + np.sqrt(1 - artist_share) * own
    table = {
        "track_id": [f"demo{i:06d}" for i in range(n)],
        "genre": [genres[label].name for label in labels],
    }
    names = _artist_names(artists.max() + 1, rng)
    table["artist"] = [names[artist] for artist in artists]
    table["title"] = _titles(labels, rng)
    table["album"] = _albums(artists, rng)
    numbers = _descriptors(scores, labels, rng)
    drawn = pl.DataFrame({**table, **numbers})
    names_in_order = [column.name for column in COLUMNS if column.name in drawn.columns]
    return drawn.select(pl.col(name).cast(CONTRACT[name].dtype) for name in names_in_order)


def _artists(n: int, rng: Generator) -> NDArray[np.intp]:
    """Draw the artist of each track: few have many tracks, many have one."""
    weights = rng.lognormal(0, 1.3, size=max(2, round(n / TRACKS_PER_ARTIST * 1.5)))
    drawn = rng.choice(len(weights), size=n, p=weights / weights.sum())
    return np.unique(drawn, return_inverse=True)[1].astype(np.intp)


def _labels(artists: NDArray[np.intp], rng: Generator) -> NDArray[np.intp]:
    """Draw the genre of each track: mostly that of its artist."""
    shares = np.array([genre.share for genre in _statistics()[2]])
    shares /= shares.sum()
    count = artists.max() + 1
    homes = rng.choice(len(shares), size=count, p=shares)
    purity = np.where(rng.random(count) < PURE_ARTISTS, PURITY, MIXED_PURITY)
    strays = rng.choice(len(shares), size=len(artists), p=shares)
    return np.where(rng.random(len(artists)) < purity[artists], homes[artists], strays)


def _descriptors(
    scores: NDArray[np.float64], labels: NDArray[np.intp], rng: Generator
) -> dict[str, NDArray[np.float64]]:
    """Turn normal scores into descriptors, by each genre's correlations and quantiles."""
    columns, _, genres = _statistics()
    values = np.empty_like(scores)
    keys, modes = np.zeros(len(labels)), np.zeros(len(labels))
    for label, genre in enumerate(genres):
        rows = np.flatnonzero(labels == label)
        levels = ndtr(scores[rows] @ genre.root.T)
        for place in range(len(columns)):
            values[rows, place] = np.interp(levels[:, place], genre.levels, genre.quantiles[place])
        keys[rows] = rng.choice(12, size=len(rows), p=genre.key)
        modes[rows] = rng.random(len(rows)) < genre.major
    table = {name: values[:, place] for place, name in enumerate(columns)}
    whole = {name: np.floor(table[name]) for name in ("release_year", "popularity")}
    return {**table, **whole, "key": keys, "mode": modes}


def _artist_names(count: int, rng: Generator) -> list[str]:
    """Return that many different invented names."""
    names: dict[str, None] = {}
    while len(names) < count:
        lengths = rng.integers(2, 5, size=2)
        words = ["".join(rng.choice(SYLLABLES, size=length)).capitalize() for length in lengths]
        names[" ".join(words)] = None
    return list(names)


def _titles(labels: NDArray[np.intp], rng: Generator) -> list[str]:
    """Return titles that lean mildly towards the words of the genre."""
    own = [GENRE_WORDS.get(genre.name, WORDS) for genre in _statistics()[2]]
    common = rng.choice(WORDS, size=(len(labels), 3))
    lean = rng.random((len(labels), 3)) < GENRE_WORD_SHARE
    picks = rng.integers(0, min(map(len, own)), size=(len(labels), 3))
    lengths = rng.integers(2, 4, size=len(labels))
    return [
        " ".join(
            own[label][picks[row, i]] if lean[row, i] else str(common[row, i]) for i in range(lengths[row])
        ).capitalize()
        for row, label in enumerate(labels)
    ]


def _albums(artists: NDArray[np.intp], rng: Generator) -> list[str]:
    """Return albums; each artist has up to three."""
    names = rng.choice(WORDS, size=(artists.max() + 1, 3, 2))
    which = rng.integers(0, 3, size=len(artists))
    return [" ".join(names[artist, number]).title() for artist, number in zip(artists, which, strict=True)]


def _with_planted(unique: pl.DataFrame, planted: list[int], rng: Generator) -> pl.DataFrame:
    """Add rows that say the same track again, and shuffle."""
    repeats, relabelled, again = (unique[rng.choice(unique.height, size=count).tolist()] for count in planted)
    names = [genre.name for genre in _statistics()[2]]
    turned = {name: names[(place + 1) % len(names)] for place, name in enumerate(names)}
    relabelled = relabelled.with_columns(pl.col("genre").replace(turned))
    again = again.with_columns(pl.format("{}again", "track_id").alias("track_id"))
    together = pl.concat([unique, repeats, relabelled, again])
    silent = pl.col("track_id") == unique["track_id"][0]
    without_tempo = pl.when(silent).then(0.0).otherwise("tempo").alias("tempo")
    shuffled: pl.DataFrame = together.with_columns(without_tempo)[rng.permutation(together.height).tolist()]
    return shuffled


def _one(value: list[float] | float) -> float:
    return float(np.asarray(value))
