"""What a search for settings found, in words: on the terminal, as JSON, as a page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
from rich.console import Console
from rich.text import Text

from genrelab.insight import document, tuning_plots
from genrelab.insight.document import Card, Section
from genrelab.insight.report import plain
from genrelab.insight.tables import ABSENT, HEARD, SCORE_NAMES, Table, figure, interval, percent
from genrelab.insight.terminal import clean, marked, show
from genrelab.recipe import Recipe
from genrelab.tuning import Tuned
from genrelab.tuning.space import as_written

BEST = "best of the search"
ANNOUNCED = "announced"


def headline(tuned: Tuned) -> str:
    """Say in one line what the best trial had, and what is announced."""
    best = f"{SCORE_NAMES[tuned.metric]}: {BEST} {figure(tuned.best_score)}"
    if tuned.announced is None:
        return f"{best}, optimistic; nothing is announced"
    score = tuned.announced[tuned.metric]
    heard = HEARD.get(tuned.grouped_by, f"split by {tuned.grouped_by}")
    return f"{best}, {ANNOUNCED} {figure(score.value)}, 95 % interval {interval(score)}, {heard}"


def tabulate_scores(tuned: Tuned) -> Table:
    """Tabulate the best score of the search beside every announced score."""
    announced = tuned.announced or {}
    rows = tuple(
        (
            SCORE_NAMES[name],
            figure(tuned.best_score) if name == tuned.metric else "",
            figure(announced[name].value if name in announced else None),
            interval(announced.get(name)),
        )
        for name in (list(announced) or [tuned.metric])
    )
    tells = (
        "Announced: of tracks that no search has seen. The best of many trials is always a little too good."
        if announced
        else "The best of many trials on the same tracks is optimistic: nothing is announced."
    )
    return Table("What the settings are worth", tells, ("score", BEST, ANNOUNCED, "95 % interval"), rows)


def tabulate_settings(tuned: Tuned) -> Table:
    """Tabulate the settings found on all tracks, and inside each outer fold."""
    folds = [f"outer fold {place}" for place in range(1, len(tuned.outer) + 1)]
    rows = [
        (name, as_written(value), *(as_written(fold.settings[name]) for fold in tuned.outer))
        for name, value in tuned.settings.items()
    ]
    if folds:
        inside = [figure(fold.best_score) for fold in tuned.outer]
        rows.append((BEST, figure(tuned.best_score), *inside))
        rows.append(("on the tracks outside", ABSENT, *(figure(fold.score) for fold in tuned.outer)))
    tells = "Settings that differ much from fold to fold matter little, or cannot be told from these tracks."
    if not folds:
        tells = "The settings of the best trial."
    return Table("Settings found", tells, ("setting", "all tracks", *folds), tuple(rows))


def tabulate_importance(tuned: Tuned) -> Table:
    """Tabulate the share of each setting in what parted the best trials from the others."""
    rows = tuple((name, percent(share)) for name, share in tuned.importance.items())
    tells = "How far each setting parts the best trials from all others. From few trials it is a hint only."
    return Table("Which settings matter", tells, ("setting", "share"), rows)


def tabulate_history(tuned: Tuned, top: int | None = None) -> Table:
    """Tabulate the trials in their order, or the `top` best of them."""
    trials = tuned.history
    if top is not None:
        complete = trials.filter(pl.col("state") == "complete")
        trials = complete.sort("score", descending=tuned.metric != "log_loss", maintain_order=True).head(top)
    rows = tuple(
        (
            str(row["trial"]),
            row["state"] + (f": {row['reason']}" if row["reason"] else ""),
            *(_cell(row[name]) for name in tuned.space),
            figure(row["seconds"], 1),
            figure(row["score"]),
        )
        for row in trials.iter_rows(named=True)
    )
    counts = ", ".join(f"{count} {state}" for state, count in _states(tuned).items())
    return Table(
        "Every trial" if top is None else "The best trials",
        f"{tuned.history.height} trials: {counts}. A pruned one was given up after some folds.",
        ("trial", "state", *tuned.space, "seconds", tuning_plots.score_name(tuned)),
        rows,
        names=2,
    )


def _cell(value: Any) -> str:
    return ABSENT if value is None else str(value)


def _states(tuned: Tuned) -> dict[str, int]:
    return dict(tuned.history["state"].value_counts(sort=True).rows())


def tabulate_slice(tuned: Tuned, setting: str) -> Table:
    """Tabulate the score of each complete trial beside one setting."""
    complete = tuned.history.filter(pl.col("state") == "complete").sort(setting, maintain_order=True)
    rows = tuple((_cell(v), figure(s)) for v, s in complete.select(setting, "score").rows())
    tells = "Each mark is a trial of all folds; the ring is the best. Other settings change with it."
    return Table(setting, tells, (setting, tuning_plots.score_name(tuned)), rows)


def sections(tuned: Tuned) -> tuple[Section, ...]:
    """Return the page's tabs: what was found, and the score against each setting."""
    cards = [
        Card(tabulate_scores(tuned), tuning_plots.draw_scores(tuned), opened=True),
        Card(tabulate_settings(tuned)),
        Card(tabulate_history(tuned), tuning_plots.draw_history(tuned), wide=True),
    ]
    if tuned.importance:
        cards.append(Card(tabulate_importance(tuned), tuning_plots.draw_importance(tuned), wide=True))
    slices = tuple(Card(tabulate_slice(tuned, n), tuning_plots.draw_slice(tuned, n)) for n in tuned.space)
    return Section("The search", tuple(cards), tuned.notes), Section("Setting by setting", slices)


def write_html(tuned: Tuned, path: Path | str, title: str = "A search for settings") -> None:
    """Write a search as one HTML file that needs no network.

    Raises
    ------
    MissingExtra
        When plotly is not installed.
    OutputError
        When the file cannot be written.
    """
    document.write(path, title, sections(tuned), synthetic=tuned.synthetic)


def render(tuned: Tuned, console: Console) -> None:
    """Print what a stranger must know."""
    with marked(console, synthetic=tuned.synthetic):
        console.print(Text(clean(headline(tuned)), style="bold"))
        of = f"{tuned.recipe.model}: {tuned.rows:,} tracks, {len(tuned.genres)} genres, {tuned.search} search"
        console.print(Text(clean(of), style="dim"))
        show(tabulate_scores(tuned), console)
        show(tabulate_settings(tuned), console)
        show(tabulate_importance(tuned), console)
        if tuned.notes:
            console.print()
        for note in tuned.notes:
            console.print(Text(clean(f"note: {note}"), style="yellow"))


def options(recipe: Recipe) -> list[str]:
    """Return the options of ``genrelab train`` that say a recipe.

    Examples
    --------
    >>> options(Recipe("logistic", {"C": 0.1}, steps=("standardise",)))
    ['--model', 'logistic', '--set', 'C=0.1', '--steps', 'standardise']
    """
    said = ["--model", recipe.model]
    for name, value in recipe.settings.items():
        said += ["--set", f"{name}={as_written(value)}"]
    if recipe.features != "derived":
        said += ["--features", recipe.features]
    if recipe.steps:
        said += ["--steps", ",".join(recipe.steps)]
    if recipe.sampling:
        said += ["--sampling", recipe.sampling]
    if isinstance(recipe.class_weights, str):
        said += ["--class-weights", recipe.class_weights]
    elif recipe.class_weights:
        said += ["--class-weights", ",".join(f"{g}={w}" for g, w in recipe.class_weights.items())]
    return said


def as_dict(tuned: Tuned) -> dict[str, object]:
    """Return a search as JSON takes it."""
    told = {
        "recipe": {**tuned.recipe.as_dict(), "settings": _written(tuned.recipe.settings)},
        "settings": _written(tuned.settings),
        "best_score": tuned.best_score,
        "optimistic": tuned.announced is None,
        "announced": tuned.announced,
        "importance": tuned.importance,
        "outer": [
            {"settings": _written(f.settings), "best_score": f.best_score, "score": f.score}
            for f in tuned.outer
        ],
        "trials": tuned.history.to_dicts(),
        "search": tuned.search,
        "metric": tuned.metric,
        "folds": tuned.folds,
        "seed": tuned.seed,
        "rows": tuned.rows,
        "artists": tuned.artists,
        "genres": tuned.genres,
        "grouped_by": tuned.grouped_by,
        "synthetic": tuned.synthetic,
        "notes": tuned.notes,
    }
    return {name: plain(value) for name, value in told.items()}


def _written(settings: Any) -> dict[str, Any]:
    """Return settings as JSON takes them."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in settings.items()}
