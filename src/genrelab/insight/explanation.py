"""Why a model says what it says: what it reads most, and what speaks for and against each genre."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from genrelab import dataset
from genrelab.classifier import Classifier
from genrelab.errors import LabelError, MissingExtra, SchemaError, SettingError
from genrelab.identity import already_met, credited
from genrelab.insight import explanation_contributions as contributions
from genrelab.insight import explanation_permutation as permutation
from genrelab.insight import explanation_summary as summary
from genrelab.insight import explanation_tree as trees
from genrelab.insight.explanation_contributions import Contributions
from genrelab.insight.explanation_tree import Tree
from genrelab.progress import Progress, silent

Codes = NDArray[np.int64]

SHAP_ROWS = 500
"""Tracks for which SHAP values are computed: their means hardly change beyond."""
FEWEST_UNHEARD = 100
"""Tracks by unheard artists from which on no others are used."""


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """Why a model says what it says. A table without rows could not be made; `notes` say why.

    Attributes
    ----------
    model, genres
        Name of the model and its genres.
    rows
        Tracks that were used.
    notes
        Which tracks they were, what genres were compared with, and what is missing.
    importance
        ``feature, share``: of the gain of boosters or forests while learning.
    permutation
        ``column, accuracy_drop, accuracy_spread, log_loss_rise, log_loss_spread``: what is lost when a
        column is shuffled, mean and standard deviation over the repeats.
    coefficients
        ``member, feature, genre, coefficient``: weights of linear models, of features as they stand after
        the model's own steps.
    standardised
        Whether those features have mean 0 and standard deviation 1, so that weights can be compared.
    shap
        ``feature, mean_abs``: mean absolute SHAP value over tracks and genres.
    shap_per_genre
        ``genre, feature, mean_abs, direction``: direction is the rank correlation of the feature's value
        with its SHAP value; above 0, large values speak for the genre. NaN where there are no ranks.
    points
        ``genre, feature, rank, shap``: one row for each track, genre and feature; rank of the feature's value
        from 0, the least, to 1; null where it is missing.
    shap_rows
        Tracks for which SHAP values were computed.
    scale
        What SHAP values add up to: "log-probability", "probability" or "score"; "" where there are none.
    densities
        ``of, group, low, high, tracks``: histograms of the "confidence" of "right" and "wrong" labels, and of
        each genre's probability for tracks "of the genre" and "of others"; without genres, of "all".
    tree
        The decision tree, where the model is one.
    synthetic
        Whether the model learned from tracks that a generator drew.
    """

    model: str
    genres: tuple[str, ...]
    rows: int
    notes: tuple[str, ...]
    importance: pl.DataFrame
    permutation: pl.DataFrame
    coefficients: pl.DataFrame
    standardised: bool
    shap: pl.DataFrame
    shap_per_genre: pl.DataFrame
    points: pl.DataFrame
    shap_rows: int
    scale: str
    densities: pl.DataFrame
    tree: Tree | None = None
    synthetic: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """Tracks to explain a model on, codes of their genres, and sentences on both.

    `labelled` tells whether the genres are the table's, not the model's own.
    """

    tracks: pl.DataFrame
    truth: Codes
    labelled: bool
    notes: tuple[str, ...]


def explain(
    classifier: Classifier,
    tracks: pl.DataFrame,
    *,
    label: str | None = None,
    repeats: int = 5,
    most: int = 2000,
    seed: int = 0,
    progress: Progress = silent,
) -> Explanation:
    """Explain a classifier on a table of tracks.

    Parameters
    ----------
    classifier
        The model, just trained or loaded.
    tracks
        A table that keeps the schema. Where it holds at least `FEWEST_UNHEARD` tracks by artists that the
        model has not heard, only those are used.
    label
        Its genre column; by default the one that the model learned, if the table has it. Without genres,
        shuffling is measured against what the model itself says.
    repeats
        Times that each column is shuffled.
    most
        Tracks that are used at most, drawn at random.
    seed
        The same seed gives the same explanation.
    progress
        Called with the stage and the share done.

    Raises
    ------
    LabelError
        When a label is named that is absent, or holds no genre that the model knows.
    SchemaError
        When the table is empty, or lacks a column that the model reads.
    SettingError
        When `repeats` or `most` is below 1.

    Examples
    --------
    >>> from genrelab import schema, training
    >>> songs = schema.sample(120, seed=0)
    >>> model = training.train(dataset.make(songs), "lightgbm", folds=2, threads=1)
    >>> found = explain(model, songs, repeats=1)
    >>> found.shap.columns, found.scale
    (['feature', 'mean_abs'], 'log-probability')
    """
    if min(repeats, most) < 1:
        raise SettingError(f"explain: repeats {repeats} and most {most} must be 1 or more")
    chosen = choose(classifier, tracks, label, most=most, seed=seed)
    lost, scarce = _permuted(classifier, chosen, repeats, seed, progress)
    progress("contributions of features", 0.7)
    parted, missing = explained(classifier, chosen.tracks)
    progress("summing up", 0.95)
    weights, standardised = summary.coefficients(classifier, chosen.tracks)
    card, genres = classifier.card, classifier.genres
    told = classifier.predict_proba(chosen.tracks)
    made = Explanation(
        model=card.model,
        genres=genres,
        rows=chosen.tracks.height,
        notes=(*card.origin.notes, *chosen.notes, *scarce, *missing),
        importance=pl.DataFrame(list(card.importance.items()), summary.IMPORTANCE, orient="row"),
        permutation=lost,
        coefficients=weights,
        standardised=standardised,
        shap=summary.mean_abs(parted),
        shap_per_genre=summary.per_genre(parted, genres),
        points=summary.points(parted, genres),
        shap_rows=0 if parted is None else len(parted.values),
        scale="" if parted is None else parted.scale,
        densities=summary.densities(told, chosen.truth, genres, labelled=chosen.labelled),
        tree=_tree(classifier, chosen.tracks),
        synthetic=card.origin.synthetic,
    )
    progress("done", 1.0)
    return made


def choose(
    classifier: Classifier, tracks: pl.DataFrame, label: str | None, *, most: int, seed: int
) -> Chosen:
    """Choose the tracks to explain a classifier on: labelled, by unheard artists, drawn at random.

    Raises
    ------
    LabelError, SchemaError
        As `explain`.
    """
    if tracks.height == 0:
        raise SchemaError("table: holds no tracks: give one that does")
    label, why = _label(classifier, tracks, label)
    usable = tracks if label is None else tracks.filter(pl.col(label).is_in(classifier.genres))
    used, whose = _unheard(classifier, usable)
    order = np.random.default_rng(seed).permutation(used.height)[:most]
    drawn = used[order]
    notes = [f"{drawn.height:,} of {tracks.height:,} tracks were used, {whose}", why]
    if label is not None and usable.height < tracks.height:
        left = tracks.height - usable.height
        notes.append(f"{left:,} tracks have no genre that the model knows, and were left out")
    if label is None:
        return Chosen(
            drawn, classifier.predict_proba(drawn).argmax(axis=1), labelled=False, notes=tuple(notes)
        )
    genres = classifier.genres
    codes = drawn[label].replace_strict(genres, range(len(genres)), return_dtype=pl.Int64).to_numpy()
    return Chosen(drawn, codes, labelled=True, notes=tuple(notes))


def _label(classifier: Classifier, tracks: pl.DataFrame, label: str | None) -> tuple[str | None, str]:
    """Find the genre column, None where there is none, and say what genres are compared with."""
    own = classifier.card.label
    if label is None and own in tracks.columns and tracks.schema[own] == pl.String:
        label = own if tracks[own].is_in(classifier.genres).any() else None
    if label is None:
        return None, "no genres were given: what is lost is measured against what the model itself says"
    dataset.check_label(tracks, label)
    if not tracks[label].is_in(classifier.genres).any():
        raise LabelError(
            f"label {label!r}: none of its genres is known to the model ({', '.join(classifier.genres)}):"
            " name another column, or leave --label out"
        )
    return label, f"what the model says is compared with the column {label!r}"


def _unheard(classifier: Classifier, tracks: pl.DataFrame) -> tuple[pl.DataFrame, str]:
    """Keep the tracks by artists that the model has not heard, if they are enough; and say whose are kept."""
    if "artist" not in tracks.columns or len(classifier.artists) == 0:
        return tracks, "by artists of whom it cannot be told whether the model has heard them"
    met = pl.Series(already_met(tracks, classifier.artists))
    named = tracks.select(credited("artist").list.len().fill_null(0) > 0).to_series()
    unheard = tracks.filter(named & ~met)
    if unheard.height >= FEWEST_UNHEARD:
        return unheard, "all by artists that the model has not heard"
    share = f"{met.sum() / max(1, tracks.height):.0%}".replace("%", " %")
    return tracks, (
        f"{share} of them by artists that the model learned from: what it loses may be more than on others"
    )


def _permuted(
    classifier: Classifier, chosen: Chosen, repeats: int, seed: int, progress: Progress
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Shuffle columns, where there are tracks enough to tell."""
    if chosen.tracks.height < permutation.FEWEST:
        few = f"no column was shuffled: {permutation.FEWEST} tracks or more are needed"
        return pl.DataFrame(schema=permutation.EMPTY), (few,)

    def show(stage: str, share: float) -> None:
        progress(stage, 0.7 * share)

    lost = permutation.permute(
        classifier, chosen.tracks, chosen.truth, repeats=repeats, seed=seed, progress=show
    )
    return lost, ()


def explained(classifier: Classifier, tracks: pl.DataFrame) -> tuple[Contributions | None, tuple[str, ...]]:
    """Give the contributions to the first tracks, `SHAP_ROWS` at most, or None with the reason."""
    rows = contributions.affordable(classifier, SHAP_ROWS)
    features = classifier.card.recipe.read(tracks.head(rows), classifier.card.columns)
    try:
        return contributions.of_classifier(classifier, features)
    except MissingExtra as error:
        return None, (f"no SHAP values: {error}",)


def _tree(classifier: Classifier, tracks: pl.DataFrame) -> Tree | None:
    features = classifier.card.recipe.read(tracks.head(1), classifier.card.columns)
    given = contributions.read(classifier, features)
    return None if given is None else trees.grow(classifier, *given)
