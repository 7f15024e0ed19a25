"""The Million Song subset: genres from artist terms, by a network of five layers."""

from __future__ import annotations

from pathlib import Path

from genrelab import dataset, preparation, taxonomy
from genrelab.insight.repetition import Protocol
from genrelab.recipe import Recipe
from genrelab.sources import table
from genrelab.studies import Material, Measure, Study, Trial, draw

COLUMNS = ("duration", "loudness", "tempo", "key", "mode", "time_signature")
RANDOM_ROWS = Protocol((("test", 0.2, 0),), stratified=True)
NETWORK = Recipe("mlp_deep", {}, "plain")
FOREST = Recipe("random_forest", {"n_estimators": 300}, "plain")
UNKNOWN = {"test accuracy": float("nan"), "test macro_f1": float("nan")}


def read(folder: Path, sample: int | None, seed: int) -> Material:
    """Read the CORGIS table, and bin each artist's term to a genre."""
    raw = table.read(folder / "corgis_music.csv").tracks
    binned = taxonomy.bin(raw, "msd_terms", "tags").tracks
    counts = {"songs": raw.height, "with a genre": binned.height}
    binned = draw(binned, sample, seed)
    columns = tuple(name for name in COLUMNS if name in binned.columns)
    rows = dataset.make(binned, "genre", columns=columns, split="row")
    return Material(rows, preparation.prepare(binned, "genre", min_tracks=2, seed=seed), counts)


STUDY = Study(
    "genres of the Million Song subset from duration, loudness, tempo, key, mode and bar",
    "msd10k",
    "the CORGIS music table, drawn from the Million Song Dataset (research use)",
    read,
    (
        Trial("network of five layers", NETWORK, RANDOM_ROWS, UNKNOWN, None, NETWORK),
        Trial("random forest", FOREST, RANDOM_ROWS, UNKNOWN, None, FOREST),
    ),
    (Measure("songs of the subset", 10_000, lambda m, _: m.counts["songs"], 1.0),),
    (
        "No figure was published. Each artist has one term, so under random rows the artist gives the genre"
        " away; danceability and energy are 0 in every row, and are not read.",
        "One line of the table has its fields shifted, and is left out. The table has song ids, while"
        " Tagtraum's labels have track ids: they join the HDF5 files only, of which 16 of 77 have one.",
    ),
)
