"""Score a model of each table on every other one, by crosswalks: what accuracy is left on another collection.

    python benchmarks/crossing.py [--rows N]

Seven tables that share descriptors of the Echo Nest and Spotify: unique tracks, of which up to N are drawn
from each. The model is ``lightgbm`` on the largest set of descriptors that both tables have: eleven, eight or
four (`SETS`). What it announces on the table's own largest set stands on the diagonal. From the table scored
go the tracks that the other holds too (by id, by title and artist, or by descriptors to three decimals), and
all tracks of its artists where both name them. Genres are brought together by drafted crosswalks; where
``benchmarks/crosswalks`` has a file of the pair's name, a person has mended the draft. Writes
``benchmarks/results/crossing.md`` and ``.json``.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, reduce
from operator import or_
from pathlib import Path

import polars as pl

import genrelab
import record
from genrelab import crosswalk, dataset, taxonomy
from genrelab.classifier import Classifier
from genrelab.cleaning import clean
from genrelab.crosswalk import Crosswalk
from genrelab.errors import ReadError
from genrelab.identity import already_met, artist_hashes, folded
from genrelab.insight.crossing import Crossed, count_genres
from genrelab.schema import DESCRIPTORS
from genrelab.sources import fma, table

MAPS = Path(__file__).parent / "crosswalks"
MODEL = "lightgbm"
FEWEST_ROWS = 100
FEWEST_OF_GENRE = 5
FOLDS = 4
SEED = 0
MILLION_SONGS = ("loudness", "tempo", "key", "mode")
ECHO_NEST = (
    "acousticness", "danceability", "energy", "instrumentalness", "liveness", "speechiness", "tempo",
    "valence",
)  # fmt: skip
SETS: tuple[tuple[str, ...], ...] = (
    tuple(name for name in DESCRIPTORS if name != "time_signature"),
    ECHO_NEST,
    MILLION_SONGS,
)
"""Descriptors that the four Spotify tables share; these and the FMA; these and the Million Song subset."""


@dataclass(frozen=True, slots=True, eq=False)
class Collection:
    """A table of unique tracks with a genre, and the sets of descriptors that it has."""

    name: str
    tracks: pl.DataFrame
    sets: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """A model of one table, scored on another."""

    model: str
    table: str
    columns: tuple[str, ...]
    mended: bool
    lines: Mapping[str, tuple[str, ...]]
    shared: int
    report: Crossed

    def row(self) -> dict[str, object]:
        """Say it in plain figures."""
        scores = self.report.scores
        within = self.report.within or scores
        return {
            "model of": self.model,
            "scored on": self.table,
            "columns": list(self.columns),
            "accuracy": round(scores["accuracy"].value, 4),
            "low": round(scores["accuracy"].low, 4),
            "high": round(scores["accuracy"].high, 4),
            "macro_f1": round(scores["macro_f1"].value, 4),
            "within": round(within["accuracy"].value, 4),
            "floor": round(self.report.floors["majority"], 4),
            "genres": len(self.report.crosswalk),
            "rows": self.report.rows,
            "left out": sum(self.report.left_out.values()),
            "taken off, since the model may know them": self.shared,
            "crosswalk": "mended" if self.mended else "drafted",
            "lines": {genre: list(known) for genre, known in self.lines.items()},
            "elsewhere": list(self.report.elsewhere),
        }


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=4000, help="draw up to so many tracks from each table")
    rows = parser.parse_args().rows
    started = time.perf_counter()
    tables = [_collection(name, read(), rows) for name, read in READERS.items()]
    own = {one.name: _fitted(one, one.sets[0], FOLDS) for one in tables}
    cells = {
        (one.name, other.name): cell
        for one in tables
        for other in tables
        if one is not other and (cell := _cross(one, other)) is not None
    }
    minutes = (time.perf_counter() - started) / 60
    figures = {
        "minutes": round(minutes, 1),
        "processor minutes": round(time.process_time() / 60, 1),
        "announced": {name: _announced(classifier) for name, classifier in own.items()},
        "cells": [cell.row() for cell in cells.values()],
    }
    busy = time.process_time() / 60
    took = f"All of it took {busy:.1f} minutes of one processor's time, {minutes:.1f} by the clock."
    text = [*_text(tables, own, cells), "", took]
    record.write("crossing", f"python benchmarks/crossing.py --rows {rows}", figures, text)


def _spotify_30k() -> pl.DataFrame:
    return table.read(_found("spotify_30k") / "spotify_songs.csv").tracks


def _capstone12() -> pl.DataFrame:
    raw = table.read(_found("capstone12")).tracks
    return taxonomy.bin(raw, "capstone12").tracks


def _genres_v2() -> pl.DataFrame:
    return table.read(_found("genres_v2") / "genres_v2.csv").tracks.drop("title", "song_name")


def _eight_genres() -> pl.DataFrame:
    return table.read(_found("spotify_114k") / "eight_genres.csv").tracks


def _fma_twelve() -> pl.DataFrame:
    folder = _found("fma")
    files = ("fma/tracks_genres_cleaned.csv", "fma/genres.csv", "fma_rock_hiphop/echonest-metrics.json")
    return fma.read([folder.parent / file for file in files]).tracks


def _fma_rock_hiphop() -> pl.DataFrame:
    folder = _found("fma_rock_hiphop")
    songs = table.read(folder / "fma-rock-vs-hiphop.csv").tracks
    return table.join(songs, table.read(folder / "echonest-metrics.json").tracks)


def _msd10k() -> pl.DataFrame:
    songs = table.read(_found("msd10k") / "corgis_music.csv").tracks
    return taxonomy.bin(songs, "broad").tracks


READERS: Mapping[str, Callable[[], pl.DataFrame]] = {
    "spotify_30k": _spotify_30k,
    "capstone12": _capstone12,
    "genres_v2": _genres_v2,
    "eight_genres": _eight_genres,
    "fma_twelve": _fma_twelve,
    "fma_rock_hiphop": _fma_rock_hiphop,
    "msd10k": _msd10k,
}


def _found(name: str) -> Path:
    path = Path(os.environ.get("GENRELAB_DATA") or record.ROOT.parent / "shared" / "data") / name
    if not path.exists():
        raise SystemExit(f"{name} is not there: set GENRELAB_DATA to the folder of tables")
    return path


def _collection(name: str, raw: pl.DataFrame, rows: int) -> Collection:
    """Clean a table as training does, so that its tracks are unique."""
    cleaned = clean(raw.filter(pl.col("genre").is_not_null())).tracks
    drawn = cleaned.sample(min(rows, cleaned.height), seed=SEED)
    common = drawn.filter(pl.len().over("genre") >= FEWEST_OF_GENRE)
    told = {column.name for column in common if column.null_count() < column.len() / 2}
    return Collection(name, common, tuple(one for one in SETS if told >= set(one)))


@cache
def _fitted(one: Collection, columns: tuple[str, ...], folds: int) -> Classifier:
    """Fit once what several pairs need; two folds are enough where what is announced is not read."""
    started = time.perf_counter()
    made = dataset.make(one.tracks, columns=columns)
    classifier = genrelab.train(made, MODEL, seed=SEED, folds=folds, threads=1)
    seconds = time.perf_counter() - started
    print(f"{one.name}: {len(made):,} tracks, {len(columns)} columns, {seconds:.0f} s", flush=True)
    return classifier


def _cross(one: Collection, other: Collection) -> Cell | None:
    """Score a model of `one` on `other`; None where too little is common to both."""
    columns = next((names for names in one.sets if names in other.sets), None)
    if columns is None:
        return None
    unknown = other.tracks.filter(~_known(one.tracks, other.tracks, columns))
    lines, mended = _crosswalk(one, other)
    if not _tells_apart(unknown, lines):
        return None
    classifier = _fitted(one, columns, FOLDS if columns == one.sets[0] else 2)
    report = genrelab.evaluate(classifier, unknown, seed=SEED, crosswalk=lines)
    assert isinstance(report, Crossed)
    left = other.tracks.height - unknown.height
    return Cell(one.name, other.name, columns, mended, lines.genres, left, report)


def _tells_apart(tracks: pl.DataFrame, lines: Crosswalk) -> bool:
    """Whether enough tracks are left that have a line, of two genres at least."""
    known = sorted({genre for partners in lines.genres.values() for genre in partners})
    try:
        space = crosswalk.common(known, lines)
    except ReadError:
        return False
    scored = tracks.filter(pl.col("genre").is_in(space.theirs))
    return scored.height >= FEWEST_ROWS and space.named(scored, "genre")["genre"].n_unique() > 1


def _known(learned: pl.DataFrame, tracks: pl.DataFrame, columns: tuple[str, ...]) -> pl.Series:
    """Mark the tracks that stand in the table learned from, or are by artists that do."""
    vector = [pl.col(name).cast(pl.Float64).round(3) for name in columns]
    marks = [_met(learned, tracks, vector)]
    names = [
        identity
        for identity in (["track_id"], ["title", "artist"])
        if all(name in both.columns for name in identity for both in (learned, tracks))
    ]
    marks += [_met(learned, tracks, [folded(name) for name in identity]) for identity in names]
    if "artist" in tracks.columns:
        marks.append(pl.Series(already_met(tracks, artist_hashes(learned))))
    return reduce(or_, marks)


def _met(learned: pl.DataFrame, tracks: pl.DataFrame, key: list[pl.Expr]) -> pl.Series:
    """Mark the tracks whose key stands in the table learned from; a key with a gap in it tells nothing."""
    whole = pl.struct(key).hash(seed=SEED)
    keys = pl.when(~pl.any_horizontal(part.is_null() for part in key)).then(whole).alias("key")
    known = learned.select(keys)["key"].drop_nulls().unique()
    return tracks.select(keys)["key"].is_in(known.implode()).fill_null(value=False)


def _crosswalk(one: Collection, other: Collection) -> tuple[Crosswalk, bool]:
    """Return the crosswalk of a pair, and whether a person mended it."""
    file = MAPS / f"{one.name}_on_{other.name}.toml"
    if file.exists():
        return crosswalk.load(file), True
    ours = sorted(one.tracks["genre"].unique())
    return crosswalk.draft(count_genres(other.tracks, "genre"), ours), False


def _announced(classifier: Classifier) -> dict[str, object]:
    card = classifier.card
    accuracy = card.scores["accuracy"]
    return {
        "accuracy": round(accuracy.value, 4),
        "low": round(accuracy.low, 4),
        "high": round(accuracy.high, 4),
        "macro_f1": round(card.scores["macro_f1"].value, 4),
        "genres": len(card.genres),
        "rows": card.rows,
        "grouped_by": card.grouped_by,
        "columns": list(card.columns),
    }


def _text(
    tables: list[Collection], own: Mapping[str, Classifier], cells: Mapping[tuple[str, str], Cell]
) -> list[str]:
    names = [one.name for one in tables]
    lines = [
        "# A model of each table, scored on every other",
        "",
        f"Model `{MODEL}`, descriptors alone. Each cell: accuracy / floor (always the most frequent genre),"
        " then the common genres and the tracks scored. On the diagonal, in bold: what the model announces of"
        " its own table. A hyphen: too few descriptors, or unknown tracks, in common.",
        "",
        "| model of \\ scored on | " + " | ".join(names) + " |",
        "|" + "---|" * (len(names) + 1),
    ]
    for name in names:
        told = [_bold(own[name]) if name == other else _said(cells.get((name, other))) for other in names]
        lines.append(f"| {name} | " + " | ".join(told) + " |")
    lines += ["", "## The crosswalks", ""]
    for cell in cells.values():
        kind = "mended by hand" if cell.mended else "as drafted"
        lines.append(f"- **{cell.model} on {cell.table}** ({kind}): {_meanings(cell.report)}")
    return lines


def _bold(classifier: Classifier) -> str:
    card = classifier.card
    return f"**{card.scores['accuracy'].value:.2f}**<br>{len(card.genres)} genres, {card.rows:,}"


def _said(cell: Cell | None) -> str:
    if cell is None:
        return "-"
    value, floor = cell.report.scores["accuracy"].value, cell.report.floors["majority"]
    return f"{value:.2f} / {floor:.2f}<br>{len(cell.report.crosswalk)} genres, {cell.report.rows:,}"


def _meanings(report: Crossed) -> str:
    told = "; ".join(f"{group.name} is {', '.join(group.ours)}" for group in report.crosswalk)
    left = f". Left out: {', '.join(report.left_out)}" if report.left_out else ""
    rest = f". Elsewhere: {', '.join(report.elsewhere)}" if report.elsewhere else ""
    return f"{told}{left}{rest}"


if __name__ == "__main__":
    main()
