"""What a report says, in sentences and tables of words: the terminal and the page both show these."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from genrelab.insight.results import Coverage, Report, Score, SplitScore

ABSENT = "-"
SYNTHETIC = "synthetic"
"""Stands beside every score of a model that learned from tracks that a generator drew."""
UNREAL = "The model learned from tracks that a generator drew: its scores say nothing about real music."

SCORE_NAMES: Mapping[str, str] = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "macro_f1": "macro-F1",
    "log_loss": "log loss",
    "calibration_error": "calibration error",
    "top_2_accuracy": "top-2 accuracy",
    "label_ranking_average_precision": "label-ranking average precision",
    "micro_f1": "micro-F1, several genres",
}
FLOOR_NAMES: Mapping[str, str] = {
    "majority": "always the most frequent genre",
    "artist_majority": "genre of the artist's other tracks",
}
CEILING_NAME = "ceiling of the table as read: its labels contradict each other"
CURVE_NAMES: Mapping[str, str] = {
    "train_loss": "loss, learned from",
    "validation_loss": "loss, held out",
    "train_accuracy": "accuracy, learned from",
    "validation_accuracy": "accuracy, held out",
    "learning_rate": "learning rate",
}
HEARD: Mapping[str, str] = {
    "artist": "on artists it has not heard",
    "track": "on tracks it has not heard, by artists that it may have heard",
    "row": "on rows it has not seen, of tracks that it may have heard",
    "table": "on artists that it may have heard",
}


@dataclass(frozen=True, slots=True)
class Table:
    """A title, one sentence on what it tells, headers, and rows of words.

    The first `names` columns hold words, the others figures.
    """

    title: str
    tells: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    names: int = 1


@dataclass(frozen=True, slots=True)
class Limit:
    """One bar of "what could be had": a name, an accuracy with its interval, and what it stands for."""

    name: str
    accuracy: Score
    role: str


def figure(value: float | None, digits: int = 3) -> str:
    """Return a figure with a fixed number of decimals, or a hyphen where there is none.

    Examples
    --------
    >>> figure(0.57234), figure(float("nan"))
    ('0.572', '-')
    """
    return ABSENT if value is None or not math.isfinite(value) else f"{value:.{digits}f}"


def percent(share: float | None, digits: int = 0) -> str:
    """Return a share as a percentage.

    Examples
    --------
    >>> percent(0.631), percent(None)
    ('63 %', '-')
    """
    return ABSENT if share is None or not math.isfinite(share) else f"{share:.{digits}%}".replace("%", " %")


def interval(score: Score | None) -> str:
    """Return the 95 % interval of a score.

    Examples
    --------
    >>> interval(Score(0.572, 0.556, 0.588))
    '0.556-0.588'
    """
    if score is None or not (math.isfinite(score.low) and math.isfinite(score.high)):
        return ABSENT
    return f"{figure(score.low)}-{figure(score.high)}"


def heard(report: Report) -> str:
    """Say what the model had not heard when it was scored."""
    return HEARD.get(report.split, f"split by {report.split}")


def headline(report: Report) -> str:
    """Say in one line how good the model is, and how surely.

    Examples
    --------
    >>> score = {"accuracy": Score(0.572, 0.556, 0.588)}
    >>> headline(Report("best", "out-of-fold", "artist", 9, 3, (), score, {}, None, (), (), (), ()))
    'accuracy 0.572, 95 % interval 0.556-0.588, on artists it has not heard'
    """
    accuracy = report.scores.get("accuracy")
    value = figure(accuracy.value if accuracy else None)
    return f"accuracy {value}, 95 % interval {interval(accuracy)}, {heard(report)}"


def source(report: Report) -> str:
    """Say which model was scored on what."""
    artists = f" of {report.artists:,} artists" if report.artists else ""
    return f"{report.origin}, {report.rows:,} tracks{artists}, {len(report.per_genre)} genres"


def limits(report: Report) -> tuple[Limit, ...]:
    """List floors, the model's accuracy and the ceiling, for one picture."""
    found = [Limit(_floor_name(report, n), Score(v, v, v), "floor") for n, v in report.floors.items()]
    if "accuracy" in report.scores:
        found.append(Limit(f"this model ({report.model})", report.scores["accuracy"], "model"))
    if report.ceiling is not None and report.ceiling < 1:
        top = report.ceiling
        found.append(Limit(CEILING_NAME, Score(top, top, top), "ceiling"))
    return tuple(found)


def _floor_name(report: Report, floor: str) -> str:
    """Name a floor; the artist's majority is known for some tracks only."""
    name = FLOOR_NAMES.get(floor, floor)
    if floor == "artist_majority" and report.artist_coverage is not None:
        return f"{name} ({percent(report.artist_coverage)} have any)"
    return name


def tabulate_limits(report: Report) -> Table:
    """Tabulate accuracy beside its floors and ceiling."""
    rows = tuple((x.name, figure(x.accuracy.value), _own_interval(x)) for x in limits(report))
    tells = (
        "A model is worth having when it stands clear of the first floor. What the artist's other tracks tell"
        " needs artists whose genre is known: it is no use on unheard ones."
    )
    return Table("Accuracy between its floors and ceiling", tells, ("", "accuracy", "95 % interval"), rows)


def _own_interval(limit: Limit) -> str:
    return interval(limit.accuracy) if limit.role == "model" else ""


def tabulate_scores(report: Report) -> Table:
    """Tabulate every score with its interval."""
    rows = tuple((SCORE_NAMES.get(n, n), figure(s.value), interval(s)) for n, s in report.scores.items())
    return Table("All scores", f"Measured {heard(report)}.", ("score", "value", "95 % interval"), rows)


def tabulate_honesty(report: Report) -> Table:
    """Tabulate the same model under each kind of split."""
    rows = tuple(_honesty_row(row) for row in report.honesty)
    headers = ("split by", "meaning", "accuracy", "95 % interval", "macro-F1", "train", "test")
    return Table("Honesty: the same model under each split", promise(report.honesty), headers, rows, names=2)


def _honesty_row(row: SplitScore) -> tuple[str, ...]:
    scores = (figure(row.accuracy.value), interval(row.accuracy), figure(row.macro_f1.value))
    return (row.split, row.meaning, *scores, f"{row.train_rows:,}", f"{row.test_rows:,}")


def promise(honesty: Sequence[SplitScore]) -> str:
    """Say what others would announce, and what one gets."""
    by_split = {row.split: row.accuracy.value for row in honesty}
    if not {"row", "artist"} <= by_split.keys():
        return "Only a split by artist tells how a model does on artists it has not heard."
    announced, real = figure(by_split["row"]), figure(by_split["artist"])
    return f"A split by row would announce {announced}. On artists it has not heard, you get {real}."


def tabulate_genres(report: Report) -> Table:
    """Tabulate precision, recall and F1 of each genre, best first."""
    best = sorted(report.per_genre, key=lambda g: g.f1 if math.isfinite(g.f1) else -1.0, reverse=True)
    rows = tuple(
        (g.genre, figure(g.f1), figure(g.precision), figure(g.recall), f"{g.support:,}") for g in best
    )
    tells = "Precision: how many of the tracks given it have it. Recall: how many of its tracks are found."
    return Table("Genre by genre", tells, ("genre", "F1", "precision", "recall", "tracks"), rows)


def tabulate_confusion(report: Report) -> Table:
    """Tabulate how many tracks of each genre (rows) were given each genre (columns)."""
    rows = tuple(
        (genre, *(f"{count:,}" for count in counts))
        for genre, counts in zip(report.genres, report.confusion, strict=True)
    )
    tells = "Rows are the true genre, columns the predicted one; the diagonal is right."
    return Table("Which genres are taken for which", tells, ("true genre", *report.genres), rows)


def confusions(report: Report) -> list[tuple[float, str, str, int]]:
    """List every confusion that happened: share of the true genre, true genre, predicted genre, tracks."""
    found = [
        (count / sum(counts), genre, other, count)
        for genre, counts in zip(report.genres, report.confusion, strict=True)
        for other, count in zip(report.genres, counts, strict=True)
        if count and other != genre
    ]
    return sorted(found, key=lambda c: (-c[0], c[1], c[2]))


def tabulate_calibration(report: Report) -> Table:
    """Tabulate confidence against the share of tracks labelled rightly."""
    bins = report.calibration
    rows = tuple((figure(b.confidence), figure(b.accuracy), f"{b.tracks:,}") for b in bins)
    tells = "On the diagonal, confidence is what it says. Below it, the model is surer than it should be."
    return Table(
        "Can its confidence be trusted?", tells, ("mean confidence", "labelled rightly", "tracks"), rows
    )


def tabulate_coverage(report: Report) -> Table:
    """Tabulate the share of tracks that can be labelled at each promised precision."""
    told = report.confidence.coverage if report.confidence else report.coverage
    rows = tuple(
        (percent(c.promised), with_interval(c.share, c.coverage), figure(c.threshold), _precision(c))
        for c in told
    )
    tells = "Ask for a precision; see how many tracks get a genre. The others stay unknown."
    headers = ("promised precision", "tracks labelled", "minimum confidence", "precision kept")
    return Table("How much can be labelled at a promised precision", tells, headers, rows)


def _precision(row: Coverage) -> str:
    return with_interval(row.kept, row.precision)


def with_interval(share: float | None, score: Score | None) -> str:
    """Return a share in percent, with its interval where it is known.

    Examples
    --------
    >>> with_interval(0.25, Score(0.2472, 0.22, 0.27))
    '24.7 % (22.0-27.0)'
    """
    if score is None or not (math.isfinite(score.low) and math.isfinite(score.high)):
        return percent(share, 1)
    return f"{percent(score.value, 1)} ({100 * score.low:.1f}-{100 * score.high:.1f})"


def tabulate_importance(report: Report, top: int = 20) -> Table:
    """Tabulate the `top` features by the share of the model's work that they do."""
    best = sorted(report.importance.items(), key=lambda item: -item[1])[:top]
    rows = tuple((name, percent(share, 1)) for name, share in best)
    rest = len(report.importance) - len(best)
    tells = "Share of the model's work that each feature does." + (f" {rest} more do less." if rest else "")
    return Table("What the model listens to", tells, ("feature", "share"), rows)


def tabulate_curves(report: Report, member: str) -> Table:
    """Tabulate what was measured after each epoch of a member's learning."""
    curves = report.curves[member]
    parts = [[figure(v) for v in curves[name]] for name in CURVE_NAMES if name != "learning_rate"]
    rates = [f"{rate:.2g}" for rate in curves["learning_rate"]]
    epochs = [f"{place + 1}" for place in range(len(rates))]
    columns = [column or [ABSENT] * len(rates) for column in (epochs, *parts, rates)]
    of = f": {member}" if len(report.curves) > 1 else ""
    headers = ("epoch", *CURVE_NAMES.values())
    return Table(f"How the network learned{of}", _stopped(curves), headers, tuple(zip(*columns, strict=True)))


def best_epoch(curves: Mapping[str, Sequence[float]]) -> int:
    """Return the epoch, from 1, whose weights were kept: of the least loss on tracks held out, if any were.

    Examples
    --------
    >>> best_epoch({"train_loss": [1.0, 0.8, 0.6], "validation_loss": [1.0, 0.7, 0.9]})
    2
    """
    watched = curves["validation_loss"] or curves["train_loss"]
    return min(range(len(watched)), key=lambda place: watched[place]) + 1


def _stopped(curves: Mapping[str, Sequence[float]]) -> str:
    """Say which weights were kept."""
    best, epochs = best_epoch(curves), len(curves["train_loss"])
    if not curves["validation_loss"]:
        return f"Too few tracks to hold some out: the weights kept are those of epoch {best} of {epochs}."
    return (
        f"The weights kept are those of epoch {best} of {epochs}, when the loss on tracks held out was least."
        " Where only the loss on tracks learned from falls, a network learns by heart."
    )


def tabulate_comparison(reports: Sequence[Report], seconds: Mapping[str, float] | None = None) -> Table:
    """Tabulate reports beside each other, best accuracy first; `seconds` maps a model to its fitting time.

    Where all reports were scored on the same thing, it is said once instead of in every row.
    """
    origins = {report.origin for report in reports}
    same = len(origins) == 1
    headers = ("model", *(() if same else ("scored on",)), "accuracy", "95 % interval")
    headers += ("macro-F1", "log loss", "calib. error", *(("fit (s)",) if seconds else ()))
    rows = tuple(_comparison_row(report, named=not same, seconds=seconds) for report in ranked(reports))
    tells = f"Scored on: {origins.pop()}. " if same else ""
    tells += "Where intervals overlap, the difference may be chance."
    return Table("Side by side", tells, headers, rows, names=1 if same else 2)


def ranked(reports: Sequence[Report]) -> list[Report]:
    """Order reports by falling accuracy."""
    return sorted(reports, key=_rank)


def _rank(report: Report) -> float:
    """Order by falling accuracy; a report without one comes last."""
    accuracy = report.scores.get("accuracy")
    return -accuracy.value if accuracy and math.isfinite(accuracy.value) else math.inf


def _comparison_row(report: Report, *, named: bool, seconds: Mapping[str, float] | None) -> tuple[str, ...]:
    accuracy = report.scores.get("accuracy")
    row = [report.model, *([report.origin] if named else [])]
    row += [figure(accuracy.value if accuracy else None), interval(accuracy)]
    for name in ("macro_f1", "log_loss", "calibration_error"):
        score = report.scores.get(name)
        row.append(figure(score.value if score else None))
    return (*row, *([figure(seconds.get(report.model), 1)] if seconds else []))
