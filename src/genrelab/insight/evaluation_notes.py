"""What a reader must know beside the scores, in sentences."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import polars as pl
from numpy.typing import NDArray

from genrelab import scoring
from genrelab.classifier import Card, Classifier
from genrelab.dataset import Codes
from genrelab.identity import already_met, credited
from genrelab.insight.results import Score

Floats = NDArray[np.float64]

FEWEST_SCORED = 30
"""Tracks by unheard artists under which their accuracy is chance."""


def learned(classifier: Classifier, *, together: bool, whole: bool = True) -> tuple[str, ...]:
    """Say what a classifier learned from, and how; `whole` where a table has all columns that it reads."""
    origin = classifier.card.origin
    dropped = ", ".join(f"{count:,} by {rule}" for rule, count in origin.dropped.items())
    recipe = classifier.card.recipe.said()
    said = {
        f"the recipe: {recipe}": recipe,
        f"before training, cleaning dropped {dropped}": dropped,
        f"left out, since they give the genre away: {', '.join(origin.left_out)}": origin.left_out,
        _kinds_learned(classifier): origin.finer,
        _several_learned(classifier.card): True,
        _other_way(classifier.card, together=together): whole,
    }
    return (*origin.notes, *(note for note, told in said.items() if note and told))


def _kinds_learned(classifier: Classifier) -> str:
    """Say what finer words told: nothing where they are too rare, or the blend went without their models."""
    words = ", ".join(classifier.card.origin.finer)
    if any(member.tells_kinds for member in classifier.parts.members):
        return f"kinds of each genre were learned from {words}, which new songs need not have"
    return (
        f"{words}: told no kinds of genres, since too few tracks share a word, or the models that learn kinds"
        " brought nothing"
    )


def _several_learned(card: Card) -> str:
    """Say how tracks of several genres were learned, and what the scores of a single genre count."""
    if card.several is None:
        return ""
    return (
        f"{card.several.share:.1%} of the tracks learned from were seen under several genres, and were"
        " learned as each; accuracy and the other scores of one genre count the first"
    )


def _other_way(card: Card, *, together: bool) -> str:
    """Say what was announced of the other way of labelling."""
    if card.together is None:
        return ""
    alone, beside = card.scores["accuracy"], card.together.scores["accuracy"]
    if together:
        return f"an artist's tracks were labelled together; each by itself, {_announced(alone)}"
    if beside.value <= alone.value:
        return ""
    return (
        f"where an artist's tracks are labelled together (predict --together), {_announced(beside)}:"
        f" {card.together.share:.0%} of the tracks learned from have others by their artist beside them"
    )


def _announced(score: Score) -> str:
    return f"the accuracy to expect is {score.value:.3f} ({score.low:.3f}-{score.high:.3f})"


def merged(copies: int) -> list[str]:
    """Say how many copies of tracks were merged."""
    return [f"{copies:,} rows repeat a track: their genres were counted as that track's"] if copies else []


def unscored(tracks: pl.DataFrame, scored: pl.DataFrame, label: str) -> list[str]:
    """Say how many tracks could not be scored, and why."""
    left = tracks.height - scored.height
    if not left:
        return []
    others = sorted(set(tracks[label].drop_nulls().unique()) - set(scored[label].unique()))
    if not others:
        return [f"{left:,} tracks could not be scored: without a genre"]
    return [
        f"{left:,} tracks could not be scored: without a genre, or of genres that the model does not know"
        f" ({', '.join(others[:5])}); a crosswalk tells what such genres mean (--draft-map)"
    ]


def absent(classifier: Classifier, columns: Iterable[str]) -> list[str]:
    """Say which columns a table lacks that the classifier does without."""
    lacked, _ = classifier.lacking(columns)
    return [f"the table lacks {', '.join(lacked)}, which the model reads as missing"] if lacked else []


def met(classifier: Classifier, tracks: pl.DataFrame) -> pl.Series | None:
    """Mark the tracks by artists learned from, null where no artist is named; None where none can be told."""
    untold = any(len(base.artists) == 0 for base in classifier.bases.values())
    if "artist" not in tracks.columns or len(classifier.artists) == 0 or untold:
        return None
    named = tracks.select(credited("artist").list.len().fill_null(0) > 0).to_series()
    met = pl.Series("met", already_met(tracks, classifier.artists))
    return pl.DataFrame({"met": met, "named": named}).select(pl.when("named").then("met")).to_series()


def met_before(met: pl.Series | None, probabilities: Floats, truth: Codes, groups: Codes) -> list[str]:
    """Say how many tracks are by artists learned from, and what the classifier scores on the others."""
    if met is None:
        return ["whether it learned from these artists cannot be told: their names are not known"]
    nameless = met.null_count() / len(met)
    unnamed = f"{nameless:.1%} of the tracks name no artist: whether it learned from theirs cannot be told"
    notes = [unnamed] if nameless else []
    if not met.any():
        return notes
    message = f"{met.sum() / len(met):.1%} of the tracks are by artists that the model learned from"
    unheard = met.eq(False).fill_null(value=False).to_numpy()
    if not unheard.any():
        return [*notes, f"{message}: these scores say nothing about unheard ones"]
    left = int(unheard.sum())
    named = " that are named" if nameless else ""
    whom = f"the others{named} ({left:,} {'track' if left == 1 else 'tracks'})"
    if left < FEWEST_SCORED:
        return [*notes, f"{message}; {whom} are too few to score"]
    other = scoring.score(probabilities[unheard], truth[unheard], groups[unheard])["accuracy"]
    told = f"{other.value:.3f} ({other.low:.3f}-{other.high:.3f})"
    return [*notes, f"{message}; on {whom} its accuracy is {told}"]
