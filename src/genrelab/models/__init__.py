"""A drawer of models, one module per kind. To add one, write a file that defines ``MODEL``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from genrelab.drawer import Drawer
from genrelab.features import inputs
from genrelab.features.inputs import Inputs


@dataclass(frozen=True, slots=True)
class Model:
    """A recipe: what to fit, with which settings, on which columns.

    Attributes
    ----------
    meaning
        One phrase that says what it is.
    build
        ``build(seed=..., threads=..., **settings)`` makes an unfitted scikit-learn classifier over a matrix
        of numbers in which NaN means missing. None for a blend, whose members are built instead.
    settings
        What `build` is given beside seed and threads; recorded in the card.
    members
        Names of the models that a blend is made of.
    reads_text
        Whether it may read titles, albums and artist names.
    reads_artist
        Whether it may know who the artist is. Only a baseline may.
    weighted
        Whether it can be told that some genres weigh more.
    baseline
        Whether it stands for comparison only.
    """

    meaning: str
    build: Callable[..., Any] | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    members: tuple[str, ...] = ()
    reads_text: bool = False
    reads_artist: bool = False
    weighted: bool = True
    baseline: bool = False

    def estimator(self, *, seed: int, threads: int) -> Any:
        """Build the unfitted classifier."""
        if self.build is None:
            raise TypeError("a blend has members, not an estimator")
        return self.build(seed=seed, threads=threads, **self.settings)

    def read(self, tracks: pl.DataFrame, columns: Sequence[str]) -> Inputs:
        """Read the features that this model may know."""
        if self.reads_artist:
            return inputs.artists(tracks)
        return inputs.read(tracks, columns, with_text=self.reads_text)


MODELS: Drawer[Model] = Drawer(__name__, "MODEL", "model")
