"""Generated tables from reading to predicting: every step keeps its promise, or says what to mend."""

from __future__ import annotations

import csv
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

import genrelab
from genrelab import schema
from genrelab.errors import GenrelabError

MODELS = ("decision_tree", "logistic", "naive_bayes", "artist_majority", "majority")
WORDS = (
    "Björk",
    "björk ",
    "!!!",
    "Ｆｕｌｌ",
    "ಕನ್ನಡ",
    "a,b",
    'say "hi"',
    "two\nlines",
    "R&B",
    "NaN",
    "null",
    "-",
    "0",
    "🎸",
    "\u200bhid",
)
EXTRAS = {
    "mood": "text",
    "My Score": "number",
    "flag": "bool",
    "Unnamed: 0": "number",
    "playlist": "leak",
    "": "number",
}


@dataclass(frozen=True)
class Recipe:
    """What a generated table is made of; the cells are drawn from the seed."""

    seed: int
    rows: int
    columns: tuple[str, ...]
    headers: tuple[int, ...]
    extras: tuple[str, ...]
    genres: tuple[str, ...]
    artists: int
    nulls: float
    faults: float
    repeats: int

    def table(self) -> pl.DataFrame:
        """Draw the table, with other people's headers."""
        rng = np.random.default_rng(self.seed)
        columns = {}
        for name, spelling in zip(self.columns, self.headers, strict=True):
            columns[_header(name, spelling)] = _blank(self._cells(name, rng), rng, self.nulls)
        for name in self.extras:
            columns.setdefault(name, _blank(self._extra(EXTRAS[name], rng), rng, self.nulls))
        drawn = pl.DataFrame(columns)
        again = rng.integers(0, self.rows, size=self.repeats).tolist()
        both: pl.DataFrame = pl.concat([drawn, drawn[again]])
        return both

    def _genres(self) -> list[str]:
        # The same seed, so that every column tells of the same genres.
        return list(np.random.default_rng(self.seed).choice(self.genres, size=self.rows).tolist())

    def _cells(self, name: str, rng: np.random.Generator) -> list[object]:
        column, n = schema.CONTRACT[name], self.rows
        if name == "genre":
            return list(self._genres())
        if name == "artist":
            return [
                f"{WORDS[i % len(WORDS)]}{i // len(WORDS)}" for i in rng.integers(0, self.artists, size=n)
            ]
        if name == "tags":
            return [f"['{genre}', 'live']" for genre in self._genres()]
        if column.low is None or column.high is None:
            return [f"{WORDS[i % len(WORDS)]} {i}" for i in rng.integers(0, 2 * n, size=n)]
        lean = np.array([hash_of(genre) for genre in self._genres()])
        numbers = column.low + (column.high - column.low) * (0.7 * rng.random(n) + 0.3 * lean)
        odd = rng.random(n) < self.faults
        numbers[odd] = rng.choice([np.inf, -np.inf, np.nan, 1e9, -1e9], size=odd.sum())
        whole = column.dtype.is_integer()
        return [int(x) if whole and np.isfinite(x) else float(x) for x in numbers]

    def _extra(self, kind: str, rng: np.random.Generator) -> list[object]:
        if kind == "number":
            return list(range(self.rows))
        if kind == "bool":
            return [bool(x) for x in rng.random(self.rows) < 0.5]
        if kind == "leak":
            return [f"best of {genre}" for genre in self._genres()]
        return [WORDS[i] for i in rng.integers(0, len(WORDS), size=self.rows)]


def hash_of(genre: str) -> float:
    """Place a genre between 0 and 1, the same in every run."""
    return sum(map(ord, genre)) % 97 / 97


def _header(name: str, spelling: int) -> str:
    known = (name, *schema.CONTRACT[name].aliases)
    chosen = known[spelling % len(known)]
    return (chosen, chosen.upper(), chosen.replace("_", " ").title())[spelling // 7 % 3]


def _blank(cells: list[object], rng: np.random.Generator, share: float) -> pl.Series:
    kept = rng.random(len(cells)) >= share
    return pl.Series([cell if keep else None for cell, keep in zip(cells, kept, strict=True)], strict=False)


@st.composite
def recipes(draw: st.DrawFn) -> Recipe:
    """Draw a recipe: mostly of tables that can be learned from, so that the walk is walked to its end."""
    sound = draw(st.sets(st.sampled_from(schema.DESCRIPTORS), min_size=draw(st.sampled_from([4, 2, 0]))))
    others = [column.name for column in schema.COLUMNS if column.kind not in {"descriptor", "label"}]
    names = draw(st.sets(st.sampled_from(others)))
    columns = ("genre", *(name for name in schema.CONTRACT if name in sound | names))
    words = st.sampled_from(["rock", "pop", "jazz", *WORDS]) | st.text(max_size=6)
    return Recipe(
        seed=draw(st.integers(0, 10_000)),
        rows=draw(st.sampled_from([150, 90, 60, 12, 3, 1])),
        columns=columns,
        headers=tuple(0 if name == "duration" else draw(st.integers(0, 20)) for name in columns),
        extras=tuple(draw(st.lists(st.sampled_from(list(EXTRAS)), unique=True, max_size=3))),
        genres=tuple(
            draw(st.lists(words, min_size=draw(st.sampled_from([3, 2, 1])), max_size=6, unique=True))
        ),
        artists=draw(st.sampled_from([30, 60, 4, 1])),
        nulls=draw(st.sampled_from([0.0, 0.0, 0.05, 0.9])),
        faults=draw(st.sampled_from([0.0, 0.0, 0.05])),
        repeats=draw(st.sampled_from([0, 1, 20])),
    )


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(recipe=recipes(), model=st.sampled_from(MODELS), split=st.sampled_from(["artist", "track", "row"]))
def test_every_table_walks_to_its_end_or_is_refused_in_words(recipe: Recipe, model: str, split: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            walk(recipe, model, split, Path(folder))
        except GenrelabError as error:
            end, parts = type(error).__name__, str(error).split(": ")
        else:
            end, parts = "the end", []
    event(end)
    assert end == "the end" or len(parts) >= 3, parts


@pytest.mark.parametrize("model", MODELS)
def test_a_good_table_walks_to_its_end(model: str, tmp_path: Path) -> None:
    """So that the test above cannot pass by refusing everything."""
    columns = tuple(name for name in schema.CONTRACT if name not in {"time_signature", "duration"})
    genres = ("rock", "R&B", 'say "hi"', "ಕನ್ನಡ")
    walk(
        Recipe(1, 150, columns, (1,) * len(columns), ("mood", "playlist"), genres, 30, 0.02, 0.0, 20),
        model,
        "artist",
        tmp_path,
    )


def walk(recipe: Recipe, model: str, split: str, folder: Path) -> None:
    """Read, clean, audit, train, save, load and predict, and look at what each step promises."""
    table, out = folder / "songs.csv", folder / "labels.csv"
    recipe.table().write_csv(table)
    given = recipe.rows + recipe.repeats
    reading = genrelab.read(table)
    assert reading.tracks.height + reading.rejected.height == given
    prepared = genrelab.prepare(reading.tracks, split=split, min_tracks=2)  # type: ignore[arg-type]  # one of three
    cleaned = prepared.cleaned
    assert cleaned.tracks.height + cleaned.dropped.height == reading.tracks.height
    assert sum(cleaned.counts.values()) == cleaned.dropped.height
    assert prepared.audit.rows == reading.tracks.height
    assert prepared.dataset.tracks.height == cleaned.tracks.height
    assert "genre" not in prepared.dataset.columns
    check_folds(prepared.dataset)
    classifier = genrelab.train(prepared.dataset, model, threads=1)
    assert set(classifier.genres) == set(cleaned.tracks["genre"])
    announced = classifier.card.scores["accuracy"]
    assert 0 <= announced.low <= announced.value <= announced.high <= 1
    loaded = genrelab.load(genrelab.save(classifier, folder / "model"))
    assert genrelab.label(loaded, table, out, probabilities=True).rows == given
    check_labels(out, given, classifier.genres)


def check_folds(songs: genrelab.Dataset) -> None:
    """No artist stands in two folds; every track is tested once."""
    tested: list[int] = []
    for train, test in songs.folds(3):
        assert not set(songs.groups[train]) & set(songs.groups[test])
        if songs.grouped_by == "artist":
            artists = songs.tracks["artist"].str.to_lowercase().str.strip_chars()
            both = set(artists[train].drop_nulls()) & set(artists[test].drop_nulls())
            assert not both - {""}
        tested += test.tolist()
    assert sorted(tested) == list(range(len(songs)))


def check_labels(out: Path, given: int, genres: tuple[str, ...]) -> None:
    """A row for each, of a known genre, as likely as its confidence says."""
    with out.open(encoding="utf-8", newline="") as file:
        labels = list(csv.DictReader(file))
    assert len(labels) == given
    assert {row["genre"] for row in labels} <= set(genres)
    chances = np.array([[float(row[f"p_{genre}"]) for genre in genres] for row in labels])
    assert ((chances >= 0) & (chances <= 1)).all()
    assert np.allclose(chances.sum(axis=1), 1)
    assert np.allclose(chances.max(axis=1), [float(row["confidence"]) for row in labels])
