"""What an evaluation finds: plain nouns that reports, cards and commands share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from genrelab.promises import Sets
from genrelab.scoring import Coverage, Score
from genrelab.several import GenreAmong, Pair, Several

__all__ = [
    "Confidence",
    "ConfidenceBin",
    "Coverage",
    "CurvePoint",
    "GenreAmong",
    "GenreScore",
    "Kept",
    "Pair",
    "Report",
    "Score",
    "Sets",
    "Several",
    "SplitScore",
]


@dataclass(frozen=True, slots=True)
class GenreScore:
    """How well one genre is found: precision, recall and F1 in 0..1, and its number of tracks."""

    genre: str
    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True, slots=True)
class ConfidenceBin:
    """Tracks of similar confidence: their mean confidence, the share labelled rightly, their number."""

    confidence: float
    accuracy: float
    tracks: int


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """The surest tracks: their share, the share of them labelled rightly, and their least confidence."""

    coverage: float
    precision: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Kept:
    """One promise, and what was found.

    Attributes
    ----------
    name
        A score, or "precision" and "coverage" of tracks that get a genre, "set_coverage" and "set_size" of
        sets of genres.
    promised
        The precision or coverage that was asked for; None for a score.
    announced, found
        With 95 % intervals; `found` is None where no track is sure enough.
    kept
        False where the interval found lies wholly on the worse side of the one announced; None where it
        cannot be told.
    """

    name: str
    promised: float | None
    announced: Score
    found: Score | None
    kept: bool | None


@dataclass(frozen=True, slots=True)
class Confidence:
    """What a confidence is worth.

    Attributes
    ----------
    curve
        Precision against coverage, from the surest tracks to all.
    coverage
        One row per promised precision, with intervals.
    sets
        One row per promised coverage of sets of genres.
    kept
        Each promise beside what was found; empty where nothing was compared.
    """

    curve: tuple[CurvePoint, ...]
    coverage: tuple[Coverage, ...]
    sets: tuple[Sets, ...]
    kept: tuple[Kept, ...] = ()


@dataclass(frozen=True, slots=True)
class SplitScore:
    """The same model under one kind of split: a row of the honesty table."""

    split: str
    meaning: str
    accuracy: Score
    macro_f1: Score
    train_rows: int
    test_rows: int


@dataclass(frozen=True, slots=True)
class Report:
    """How good a model is, and how surely.

    Attributes
    ----------
    model
        Name of the model.
    origin
        Where the predictions came from, such as "out-of-fold, by artist" or "held-out table songs.csv".
    split
        What kept train and test apart: "artist", "track" or "row".
    rows, artists
        Number of tracks scored, and of artists among them (0 where there is no artist column).
    genres
        Names of the genres, in the order of the confusion matrix.
    scores
        "accuracy", "balanced_accuracy", "macro_f1", "log_loss", "calibration_error", "top_2_accuracy",
        "label_ranking_average_precision".
    floors
        What may be had without listening: "majority", "artist_majority" (where it is defined).
    ceiling
        The accuracy that contradictory labels leave possible, or None where none are known.
    per_genre
        One row per genre.
    confusion
        Counts, one row per true genre, one column per predicted genre.
    calibration
        Confidence against accuracy.
    coverage
        One row per promised precision.
    artist_coverage
        Share of unique tracks on which the floor "artist_majority" is defined.
    importance
        Share of the model's work that each feature does, largest first; empty where unknown.
    curves
        Of each member that learned in epochs, what was measured after each: see `genrelab.Card`.
    honesty
        The honesty table; empty where it was not asked for.
    notes
        Sentences that a reader must know, such as columns left out.
    synthetic
        Whether the model learned from tracks that a generator drew: every score shown then says so.
    confidence
        What its confidence promises, and on a held-out table whether that was kept; None where it is unknown.
    several
        How well several genres of a track are given; None where the model learned one a track.
    """

    model: str
    origin: str
    split: str
    rows: int
    artists: int
    genres: tuple[str, ...]
    scores: dict[str, Score]
    floors: dict[str, float]
    ceiling: float | None
    per_genre: tuple[GenreScore, ...]
    confusion: tuple[tuple[int, ...], ...]
    calibration: tuple[ConfidenceBin, ...]
    coverage: tuple[Coverage, ...]
    artist_coverage: float | None = None
    importance: dict[str, float] = field(default_factory=dict)
    curves: Mapping[str, Mapping[str, Sequence[float]]] = field(default_factory=dict)
    honesty: tuple[SplitScore, ...] = ()
    notes: tuple[str, ...] = ()
    synthetic: bool = False
    confidence: Confidence | None = None
    several: Several | None = None
