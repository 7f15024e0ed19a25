"""A drawer of models, one module per kind. To add one, write a file that defines ``MODEL``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from genrelab.drawer import Drawer


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers from `low` to `high`, both included, that tuning may try; whole ones where both are whole.

    Attributes
    ----------
    low, high
        The ends.
    log
        Whether small numbers are tried as densely as large ones.
    """

    low: float
    high: float
    log: bool = False


Space: TypeAlias = Mapping[str, "Range | tuple[Any, ...]"]
"""What tuning may try, by setting: a range, or a few values."""


@dataclass(frozen=True, slots=True)
class Model:
    """A kind of model.

    Attributes
    ----------
    meaning
        One phrase that says what it is.
    build
        ``build(seed=..., threads=..., **settings)`` makes an unfitted scikit-learn classifier over a matrix
        of numbers in which NaN means missing. None for a blend, whose members are built instead.
    settings
        What `build` is given beside seed and threads; recorded in the card.
    space
        Values of the settings that are worth trying.
    members
        Names of the models that a blend is made of.
    spared
        Members that a blend does without where another is installed, which is named, unless settings name
        them: the two say much the same, and both would take longer than they are worth.
    reads_text
        Whether it may read titles, albums and artist names.
    reads_artist
        Whether it may know who the artist is. Only a baseline may.
    weighted
        Whether it can be told that some genres weigh more.
    sparse
        Whether it reads matrices that are mostly nought, such as counts of words.
    wraps
        Setting that names another model, of which this one is made and whose settings it takes too.
    grouped
        Whether its ``fit`` takes ``groups``, so that what it holds out to stop early is of other artists.
    reads_sequences
        Whether it reads columns of sequences, of as many frames as its setting ``frames`` says, and nothing
        else.
    kinds
        How many kinds of genres it learns at most where finer words are told; 0 for one that learns genres.
    baseline
        Whether it stands for comparison only.
    needs
        Package of an extra without which it cannot be built: a blend does without such a member.
    """

    meaning: str
    build: Callable[..., Any] | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    space: Space = field(default_factory=dict)
    members: tuple[str, ...] = ()
    spared: Mapping[str, str] = field(default_factory=dict)
    reads_text: bool = False
    reads_artist: bool = False
    weighted: bool = True
    sparse: bool = False
    wraps: str = ""
    grouped: bool = False
    reads_sequences: bool = False
    kinds: int = 0
    baseline: bool = False
    needs: str = ""


MODELS: Drawer[Model] = Drawer(__name__, "MODEL", "model")
