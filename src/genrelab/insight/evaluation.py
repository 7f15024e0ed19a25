"""How good a classifier is, and how surely: out-of-fold, or on a table that it never saw."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from genrelab import blending, dataset, preparation, scoring, several
from genrelab.audit import audit
from genrelab.classifier import Card, Classifier, Together
from genrelab.crosswalk import Common, Crosswalk, common
from genrelab.dataset import Codes, Dataset
from genrelab.errors import LabelError, ModelError, SettingError
from genrelab.fitting import Fitting
from genrelab.grouping import group
from genrelab.insight import confidence, crossing, evaluation_notes
from genrelab.insight.results import ConfidenceBin, GenreScore, Report, Score, SplitScore
from genrelab.preparation import Prepared
from genrelab.progress import Progress, silent
from genrelab.recipe import Recipe

Floats = NDArray[np.float64]

_SPLITS: dict[dataset.Split, str] = {
    "row": "rows at random, repeats and all: how most published figures are made",
    "track": "unique tracks at random, artists on both sides",
    "artist": "unique tracks, unheard artists: what you get on new music",
}


def announce(classifier: Classifier, *, together: bool = False) -> Report:
    """Report on a classifier that was just trained, from its out-of-fold predictions.

    Parameters
    ----------
    classifier
        As `genrelab.training.train` returns it.
    together
        Whether to report on an artist's tracks labelled together, rather than each by itself.

    Raises
    ------
    ModelError
        For a classifier that was loaded: its card keeps the scores, but not the predictions.
    SettingError
        When `together` is asked for, and the classifier has not learned it.

    Examples
    --------
    >>> from genrelab import schema, training
    >>> songs = dataset.make(schema.sample(120, seed=0))
    >>> announce(training.train(songs, "majority")).origin
    'out-of-fold over 8 folds, no artist in two of them'
    """
    heard, card = classifier.out_of_fold, classifier.card
    if heard is None:
        raise ModelError(
            "announce: a loaded model keeps no predictions: see its card, or evaluate it on a table"
        )
    told = promised(classifier, together=together)
    probabilities = heard.probabilities if heard.together is None or not together else heard.together
    return Report(
        model=card.model,
        origin=f"out-of-fold over {card.folds} folds, no {card.grouped_by} in two of them",
        split=card.split if card.split != "artist" else card.grouped_by,
        rows=card.rows,
        artists=card.artists if card.grouped_by == "artist" else 0,
        genres=card.genres,
        scores=dict(told.scores),
        floors=dict(card.origin.floors),
        artist_coverage=card.origin.artist_coverage,
        ceiling=card.origin.ceiling,
        per_genre=_per_genre(probabilities, heard.truth, card.genres),
        confusion=_confusion(probabilities, heard.truth),
        calibration=_calibration(probabilities, heard.truth),
        coverage=told.coverage,
        importance=dict(card.importance),
        curves=dict(card.curves),
        notes=evaluation_notes.learned(classifier, together=together),
        synthetic=card.origin.synthetic,
        confidence=confidence.announce(classifier, together=together),
        several=told.several,
    )


def promised(classifier: Classifier, *, together: bool = False) -> Card | Together:
    """Return what a classifier announces: scores and coverage, of single tracks or of an artist's together.

    Raises
    ------
    SettingError
        When `together` is asked for, and the classifier has not learned it.
    """
    return classifier.together if together else classifier.card


def expected(classifier: Classifier, columns: Iterable[str], *, together: bool = False) -> Score | None:
    """Return the accuracy to expect on a table with such columns; None where nothing was announced of it.

    Without some columns, accuracy was measured of tracks labelled alone, never of an artist's together.

    Raises
    ------
    SettingError
        When `together` is asked for, and the classifier has not learned it.

    Examples
    --------
    >>> from genrelab import schema, training
    >>> songs = dataset.make(schema.sample(120, seed=0))
    >>> classifier = training.train(songs, "majority")
    >>> expected(classifier, songs.tracks.columns) == classifier.card.scores["accuracy"]
    True
    """
    told = promised(classifier, together=together)
    absent, without = classifier.lacking(columns)
    if absent:
        return None if together else without
    return told.scores["accuracy"]


def evaluate(
    classifier: Classifier,
    tracks: pl.DataFrame,
    label: str = "genre",
    *,
    together: bool = False,
    seed: int = 0,
    crosswalk: Crosswalk | None = None,
) -> Report:
    """Report on a classifier from a labelled table that it did not learn from.

    Tracks without a genre, or of a genre that the classifier does not know, cannot be scored; the notes say
    how many there were. They say too how many tracks are by artists that it learned from, and what it scores
    on the others. With `together`, an artist's tracks are labelled in the light of each other. With a
    `crosswalk`, the table may have other names for genres than the classifier: the report is then a
    `genrelab.insight.crossing.Crossed`, in the genres that both share.

    A classifier that learned several genres a track is scored with all of them: copies of a track are merged,
    and the genre column may hold lists. With a crosswalk, it is scored as if it had learned one.

    Raises
    ------
    LabelError
        When the genre column is absent, or none of its genres is known to the classifier or the crosswalk.
    ReadError
        When the crosswalk names a genre that the classifier does not know, or leaves fewer than two.
    SchemaError
        When the table lacks a column that the classifier reads.
    SettingError
        When `together` is asked for, and the classifier or the table does not know artists.
    """
    rows, seen = tracks.height, None
    if classifier.card.several is not None and crosswalk is None:
        tracks, seen = preparation.merge(tracks, label, classifier.genres)
    dataset.check_label(tracks, label)
    space = common(classifier.genres, crosswalk)
    known = tracks[label].is_in(space.theirs)
    scored, seen = tracks.filter(known), None if seen is None else seen[known.fill_null(value=False)]
    _check_any(tracks, label, classifier, crosswalk, space)
    truth = space.codes(scored[label])
    probabilities = space.pool(classifier.predict_proba(scored, together=together))
    groups, grouped_by = group(scored, "artist")
    found = audit(space.named(scored, label), label, seed)
    met = evaluation_notes.met(classifier, scored)
    split = "artist" if met is not None and not met.null_count() and not met.any() else "table"
    # Genres elsewhere are none of the table's: labels with them are wrong, and no mean is over them.
    scored_genres = space.genres[: len(space.groups)]
    scores = scoring.score(probabilities, truth, groups, seed=seed, seen=seen, named=len(scored_genres))
    report = Report(
        model=classifier.card.model,
        origin=f"held-out table, resampled by {grouped_by}",
        split=split,
        rows=scored.height,
        artists=len(np.unique(groups)) if grouped_by == "artist" else 0,
        genres=space.genres,
        scores=scores,
        floors=found.floors,
        artist_coverage=found.artist_coverage,
        ceiling=found.ceiling,
        per_genre=_per_genre(probabilities, truth, scored_genres),
        confusion=_confusion(probabilities, truth),
        calibration=_calibration(probabilities, truth),
        coverage=tuple(
            scoring.measure_coverage(probabilities, truth, c)
            for c in promised(classifier, together=together).coverage
        ),
        importance=dict(classifier.card.importance),
        notes=(
            *evaluation_notes.merged(rows - tracks.height),
            *(evaluation_notes.unscored(tracks, scored, label) if crosswalk is None else ()),
            *evaluation_notes.met_before(met, probabilities, truth, groups),
            *evaluation_notes.absent(classifier, tracks.columns),
            *evaluation_notes.learned(
                classifier, together=together, whole=not classifier.lacking(tracks.columns)[0]
            ),
        ),
        synthetic=classifier.card.origin.synthetic,
        several=None
        if seen is None
        else several.measure(classifier.several(together=together), probabilities, seen, groups, seed=seed),
    )
    if crosswalk is None and classifier.lacking(tracks.columns)[0]:
        return report
    if crosswalk is None:
        kept = confidence.measure(
            classifier,
            probabilities,
            truth,
            groups,
            scores,
            unheard=split == "artist",
            together=together,
            seed=seed,
            several=report.several,
        )
        return replace(report, confidence=kept)
    within = crossing.scores_within(space, probabilities, truth, groups, seed)
    return crossing.cross(report, crosswalk, space, tracks, label, within)


def _check_any(
    tracks: pl.DataFrame, label: str, classifier: Classifier, crosswalk: Crosswalk | None, space: Common
) -> None:
    """Raise LabelError where no track has a genre that can be scored."""
    if tracks[label].is_in(space.theirs).any():
        return
    if crosswalk is not None:
        raise crossing.unfit(tracks, label, crosswalk)
    raise LabelError(
        f"label {label!r}: none of its genres is known to the model ({', '.join(classifier.genres)}):"
        " name another column, bin the table first, or draft a crosswalk (--draft-map)"
    )


def promise_kept(announced: Score | None, found: Report) -> bool | None:
    """Tell whether a score found on unheard artists keeps what was announced; None where it cannot be told.

    A promise is broken where the interval found lies wholly below the one announced. It speaks of the
    model's own genres: where a crosswalk brings several together, or leaves some out, nothing can be told.

    Examples
    --------
    >>> from genrelab import schema, training
    >>> songs = schema.sample(120, seed=0)
    >>> classifier = training.train(dataset.make(songs), "majority")
    >>> promise_kept(classifier.card.scores["accuracy"], evaluate(classifier, songs)) is None
    True
    """
    if announced is None:
        return None
    got = found.scores["accuracy"]
    bounds = (announced.low, announced.high, got.low, got.high)
    if found.split != "artist" or _other_genres(found) or not np.isfinite(bounds).all():
        return None
    return got.high >= announced.low


def tell_promise(announced: Score | None, found: Report) -> str:
    """Say whether a promise was kept: as `promise_kept`, and whether more was found than announced."""
    kept = promise_kept(announced, found)
    if announced is None:
        return "cannot be told: it speaks of tables with every column that the model reads"
    if kept is None and _other_genres(found):
        return "cannot be told: it speaks of the model's own genres, and not of those that a crosswalk makes"
    if kept is None:
        return "cannot be told: it speaks of artists that the model has not heard"
    if not kept:
        return "not kept"
    better = found.scores["accuracy"].low > announced.high
    return "kept: better than announced" if better else "kept"


def _other_genres(found: Report) -> bool:
    """Tell whether a report is in other genres than the model's, beyond their names."""
    return isinstance(found, crossing.Crossed) and not found.renames


def honesty(
    prepared: Prepared,
    model: str | Recipe,
    *,
    seed: int = 0,
    threads: int = 2,
    progress: Progress = silent,
) -> tuple[SplitScore, ...]:
    """Score the same model on hold-outs of 20 % by row, by unique track and by artist: the honesty table.

    Members of a blend weigh the same here, so that nothing is chosen on the test part. By row, the table is
    taken as it was read, repeats and all. A split that cannot be made, such as by artist where all tracks
    have the same one, is left out.
    """
    rows: list[SplitScore] = []
    used = prepared.dataset
    recipe = model if isinstance(model, Recipe) else Recipe(model)
    for done, (split, meaning) in enumerate(_SPLITS.items()):
        progress(f"honesty table: by {split}", done / len(_SPLITS))
        table = used.tracks
        if split == "row":
            table = prepared.raw.filter(pl.col(used.label).is_in(used.genres))
        whole = dataset.make(
            table,
            used.label,
            columns=used.columns,
            split=split,
            origin=used.origin,
            finer=used.origin.finer,
        )
        proxy = whole.split == "artist" and whole.grouped_by != "artist"
        told = f"unique tracks, unheard {whole.grouped_by}" if proxy else meaning
        rows += _hold_out(whole, recipe, told, seed, threads)
    progress("honesty table", 1.0)
    return tuple(rows)


def _hold_out(whole: Dataset, recipe: Recipe, meaning: str, seed: int, threads: int) -> list[SplitScore]:
    """Score one split; nothing where the tracks cannot be parted so."""
    try:
        train, test = next(whole.folds(5, seed=seed))
    except SettingError:
        return []
    features = recipe.read(whole.tracks, whole.columns)
    parts = Fitting(whole, recipe, features, seed, threads).fit(train)
    logs = parts.log_probabilities(features.take(test))
    even = np.full(len(logs), 1 / len(logs))
    # Whatever the split was, tracks of one artist are not independent, and intervals must know it.
    artists, _ = group(whole.tracks[test], "artist")
    scores = scoring.score(blending.pool(logs, even), whole.truth[test], artists, seed=seed)
    name = whole.grouped_by if whole.split == "artist" else whole.split
    return [SplitScore(name, meaning, scores["accuracy"], scores["macro_f1"], len(train), len(test))]


def _per_genre(probabilities: Floats, truth: Codes, genres: tuple[str, ...]) -> tuple[GenreScore, ...]:
    columns = precision_recall_fscore_support(
        truth, probabilities.argmax(axis=1), labels=range(len(genres)), zero_division=0.0
    )
    return tuple(
        GenreScore(genre, float(p), float(r), float(f), int(n))
        for genre, p, r, f, n in zip(genres, *columns, strict=True)
    )


def _confusion(probabilities: Floats, truth: Codes) -> tuple[tuple[int, ...], ...]:
    labels = range(probabilities.shape[1])
    counts = confusion_matrix(truth, probabilities.argmax(axis=1), labels=labels)
    return tuple(tuple(row) for row in counts.tolist())


def _calibration(probabilities: Floats, truth: Codes) -> tuple[ConfidenceBin, ...]:
    """Part the tracks by confidence into the bins of the calibration error, leaving out empty ones."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    places = scoring.confidence_bins(confidence)
    return tuple(
        ConfidenceBin(float(confidence[at].mean()), float(right[at].mean()), int(at.sum()))
        for at in (places == i for i in np.unique(places))
    )
