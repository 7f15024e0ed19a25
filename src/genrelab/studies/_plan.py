"""What a study is: a published system, and how to do it again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from genrelab.dataset import Dataset
from genrelab.drawer import Drawer
from genrelab.insight.document import Card
from genrelab.insight.repetition import Protocol
from genrelab.preparation import Prepared
from genrelab.recipe import Recipe

LEAST = 12
"""Tracks of every genre in a sample: enough for every split of every study."""


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """A study's table, twice: as its authors used it, and as an honest study must.

    Attributes
    ----------
    rows
        Their rows, repeats and all, with the columns that they read.
    prepared
        Our preparation of the same table: unique tracks, leaking columns left out, grouped by artist.
    counts
        Rows after each of their steps, by the step's name.
    """

    rows: Dataset
    prepared: Prepared
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def honest(self) -> Dataset:
        """Our tracks and folds with their columns, but for those that give the genre away."""
        ours = self.prepared.dataset
        kept = tuple(name for name in self.rows.columns if name not in ours.origin.left_out)
        return replace(ours, columns=kept)


@dataclass(frozen=True, slots=True)
class Trial:
    """A model that was published, and how to do it again.

    Attributes
    ----------
    name
        What the authors called it, with the settings that tell it from others.
    recipe, protocol
        What was fitted, and on which rows.
    published
        Figures by the names that `genrelab.insight.repetition.repeat` gives them; NaN where none was
        published but the figure should be shown.
    tolerance
        How far a repetition may lie from what was published; None where the rows are other rows.
    honest
        What to fit for the honest figure; None where there is to be none.
    note
        A sentence that a reader must know.
    """

    name: str
    recipe: Recipe
    protocol: Protocol
    published: Mapping[str, float]
    tolerance: float | None
    honest: Recipe | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Measure:
    """A published figure that is no model's score: a count, a share, a number of components.

    Attributes
    ----------
    name
        What it is.
    published
        The figure.
    find
        Finds it again, given the material and a seed.
    tolerance
        How far it may lie off.
    """

    name: str
    published: float
    find: Callable[[Material, int], float]
    tolerance: float = 0.0


@dataclass(frozen=True, slots=True)
class Study:
    """A published system.

    Attributes
    ----------
    meaning
        One phrase that says what was classified, from what.
    data
        Folder of its table within the data folder.
    obtain
        Where the table can be had.
    read
        ``read(folder, sample, seed)`` gives the material; `sample` is a number of rows, or None for all.
    trials, measures
        What was published.
    notes
        Sentences that a reader must know, such as what is wrong with the table.
    cards
        ``cards(material, seed)`` gives tables and figures beyond the comparison.
    best
        The recipe that stands for us in the honest column.
    """

    meaning: str
    data: str
    obtain: str
    read: Callable[[Path, int | None, int], Material]
    trials: tuple[Trial, ...]
    measures: tuple[Measure, ...] = ()
    notes: tuple[str, ...] = ()
    cards: Callable[[Material, int], tuple[Card, ...]] | None = None
    best: Recipe = field(default_factory=Recipe)


def draw(tracks: pl.DataFrame, sample: int | None, seed: int, label: str = "genre") -> pl.DataFrame:
    """Draw about `sample` rows, genres in their shares but `LEAST` of each at least; all where it is None.

    Examples
    --------
    >>> table = pl.DataFrame({"genre": ["pop"] * 90 + ["polka"] * 10})
    >>> draw(table, 30, 0)["genre"].value_counts().sort("genre")["count"].to_list()
    [10, 27]
    """
    if sample is None or sample >= tracks.height:
        return tracks
    wanted = pl.max_horizontal((pl.len() * sample / tracks.height).cast(pl.Int64), LEAST)
    kept = pl.int_range(pl.len()).shuffle(seed).over(label) < wanted.over(label)
    return tracks.filter(kept)


STUDIES: Drawer[Study] = Drawer("genrelab.studies", "STUDY", "study")
