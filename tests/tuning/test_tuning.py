"""Tuning finds what is there, announces no luck, and goes on after a kill."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin

from genrelab import dataset, schema, scoring, store
from genrelab.dataset import Dataset
from genrelab.errors import SettingError, UnknownName
from genrelab.insight import evaluation
from genrelab.models import Model, Range
from genrelab.recipe import Recipe
from genrelab.training import train
from genrelab.tuning import OPTIMISTIC, Tuned, train_tuned, tune
from genrelab.tuning.objective import measure

GENRES = ("jazz", "pop", "rock")


def noise(n: int = 120, seed: int = 0) -> Dataset:
    """Tracks that nothing tells the genre of."""
    return dataset.make(schema.sample(n, seed))


def numbers(n: int, seed: int = 0) -> Dataset:
    """Tracks that nothing tells the genre of, without words or gaps."""
    return dataset.make(schema.sample(n, seed), columns=["energy", "valence"])


def planted(n: int = 150, seed: int = 0) -> Dataset:
    """Tracks of which energy tells the genre."""
    tracks = schema.sample(n, seed)
    code = pl.col("genre").replace_strict(GENRES, range(3), return_dtype=pl.Int64)
    return dataset.make(tracks.with_columns(energy=(code + pl.col("energy")) / 3))


def quickly(made: Dataset, model: str | Recipe = "decision_tree", **given: Any) -> Tuned:
    usual: dict[str, Any] = {"trials": 6, "folds": 2, "outer": 0, "threads": 1}
    return tune(made, model, **(usual | given))


def same(a: Tuned, b: Tuned) -> bool:
    """Whether two searches found the same, whatever time they took and wherever they were interrupted."""
    first, second = (
        t.history.filter(pl.col("state") != "interrupted").drop("trial", "seconds") for t in (a, b)
    )
    return (
        first.equals(second)
        and (a.recipe, a.best_score, a.announced, a.outer) == (b.recipe, b.best_score, b.announced, b.outer)
        and dict(a.importance) == dict(b.importance)
    )


# --- what is announced is no luck ---------------------------------------------------------------------------


class Lottery(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Guess by a hash of the track and the number of a ticket: some tickets are lucky on any tracks."""

    def __init__(self, ticket: int = 0) -> None:
        self.ticket = ticket

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Lottery:
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X: Any) -> Any:
        track = (np.abs(np.asarray(X, dtype=np.float64)).sum(axis=1) * 1e6).astype(np.int64)
        drawn = (track * 2_654_435_761 + self.ticket * 40_503_001) % 1_000_003 % 3
        return 0.1 + 0.7 * np.eye(3)[drawn]


def _lottery(*, seed: int, threads: int, ticket: int) -> Any:
    return Lottery(ticket)


@pytest.fixture
def _tickets(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Model("a lottery", _lottery, {"ticket": 0}, {"ticket": Range(0, 10_000)})
    monkeypatch.setattr(import_module("genrelab.models.decision_tree"), "MODEL", made)


@pytest.mark.usefixtures("_tickets")
def test_luck_is_found_but_not_announced() -> None:
    """Of many tickets the best looks good on the tracks that chose it; on others it is a ticket like any."""
    found = [quickly(numbers(60, seed), search="random", trials=25, outer=2, seed=seed) for seed in range(2)]
    best = np.mean([tuned.best_score for tuned in found])
    inner = np.mean([fold.best_score for tuned in found for fold in tuned.outer])
    announced = np.mean([t.announced["accuracy"].value for t in found if t.announced])
    assert min(best, inner) > 1 / 3 + 0.06
    assert announced < 1 / 3 + 0.03


def test_noise_is_announced_as_chance() -> None:
    space = {"min_samples_leaf": Range(1, 20), "max_depth": Range(2, 12)}
    tuned = quickly(numbers(150), space=space, search="random", trials=12, outer=2)
    assert tuned.announced is not None
    accuracy = tuned.announced["accuracy"]
    assert tuned.best_score > accuracy.value
    assert accuracy.low < 1 / 3 < accuracy.high


def test_no_search_sees_the_artists_that_it_is_scored_on(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[set[int]] = []
    objective = import_module("genrelab.tuning.objective").Objective
    of = objective.of

    def spying(made: Dataset, plan: Any) -> Any:
        searched.append(set(made.groups.tolist()))
        return of(made, plan)

    monkeypatch.setattr(objective, "of", staticmethod(spying))
    made = noise()
    tuned = quickly(made, trials=1, outer=3)
    whole, *inside = searched
    assert whole == set(made.groups.tolist())
    outside = [set(made.groups[test].tolist()) for _, test in made.folds(3)]
    assert len(inside) == len(tuned.outer) == 3
    assert all(not a & b and a | b == whole for a, b in zip(inside, outside, strict=True))


# --- what is there is found ---------------------------------------------------------------------------------


@pytest.mark.parametrize("search", ["bayes", "random", "grid"])
def test_a_good_setting_is_found(search: str) -> None:
    space = {"max_depth": (1, 3), "min_samples_leaf": Range(1, 70)}
    tuned = quickly(planted(), space=space, search=search, trials=12, outer=2, points=4)
    assert tuned.announced is not None
    assert tuned.best_score > 0.9
    assert tuned.announced["accuracy"].value > 0.85
    assert tuned.settings == {name: tuned.recipe.settings[name] for name in space}
    assert tuned.settings["max_depth"] == 3
    assert tuned.best_score == tuned.history.filter(pl.col("state") == "complete")["score"].max()
    assert tuned.history.height == (8 if search == "grid" else 12)
    assert not tuned.importance or sum(tuned.importance.values()) == pytest.approx(1)


def test_the_best_setting_is_scored_as_training_would() -> None:
    """A trial is worth what training announces with the same folds, but for the weight of the pool."""
    made = planted(90)
    tuned = quickly(made, "logistic", space={"C": (0.1, 1)}, trials=2, folds=3)
    announced = train(made, tuned.recipe, folds=3, threads=1).card.scores["accuracy"].value
    assert tuned.best_score == pytest.approx(announced)


def test_what_is_fixed_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = Recipe("decision_tree", {"max_depth": 2}, features="plain", class_weights="balanced")
    tuned = quickly(planted(90), recipe)
    assert list(tuned.settings) == ["min_samples_leaf"]
    assert tuned.recipe == replace(recipe, settings={**recipe.settings, **tuned.settings})


@pytest.mark.parametrize("metric", ["accuracy", "macro_f1", "balanced_accuracy", "log_loss"])
def test_metrics_are_those_of_scoring(metric: str) -> None:
    rng = np.random.default_rng(0)
    probabilities, truth = rng.dirichlet(np.ones(4), 60), rng.integers(0, 3, 60)
    expected = scoring.score(probabilities, truth, np.arange(60))[metric].value
    assert measure(metric, probabilities, truth) == pytest.approx(expected)


def test_less_log_loss_is_better() -> None:
    recipe = Recipe("decision_tree", {"min_samples_leaf": 5})
    tuned = quickly(planted(), recipe, metric="log_loss", space={"max_depth": (1, 4)}, search="grid")
    assert tuned.best_score == tuned.history["score"].min()
    assert tuned.settings["max_depth"] == 4


def test_poor_trials_are_given_up() -> None:
    space = {"min_samples_leaf": (1, 2, 3, 4, 5, 70, 71, 72, 73, 74, 75)}
    tuned = quickly(planted(), space=space, search="grid", trials=11, folds=5)
    states = dict(tuned.history.select("min_samples_leaf", "state").rows())
    assert "pruned" in states.values()
    pruned = tuned.history.filter(pl.col("state") == "pruned")["score"].to_list()
    assert max(pruned) < tuned.best_score


def test_the_same_seed_gives_the_same(tmp_path: Path) -> None:
    first, again, other = (
        quickly(noise(60), trials=13, seed=seed, storage=storage)
        for seed, storage in ((1, None), (1, tmp_path / "study.db"), (2, None))
    )
    assert same(first, again)
    assert not same(first, other)


@pytest.mark.parametrize("search", ["bayes", "random"])
@pytest.mark.parametrize(
    ("budget", "space"),
    [
        ({"trials": 40}, {"max_depth": (1, 2, 3, None), "min_samples_leaf": Range(1, 3)}),
        ({"trials": None, "seconds": 600}, {"max_depth": (2,), "min_samples_leaf": Range(1, 12)}),
    ],
)
def test_a_space_that_is_exhausted_ends_the_search(
    search: str, budget: dict[str, Any], space: dict[str, Any]
) -> None:
    tuned = quickly(numbers(60), space=space, search=search, **budget)
    assert tuned.history.select(*space).unique().height == tuned.history.height == 12
    assert "All 12 settings that there are were tried." in tuned.notes


@pytest.mark.parametrize("search", ["bayes", "random"])
def test_a_range_that_is_exhausted_ends_the_search(tmp_path: Path, search: str) -> None:
    """Between these ends there is no number of four digits."""
    given: dict[str, Any] = {"space": {"C": Range(0.1, 0.1001)}, "search": search, "trials": None}
    given |= {"seconds": 600, "storage": tmp_path / "study.db"}
    tuned = quickly(numbers(60), "logistic", **given)
    assert tuned.history["C"].unique().sort().to_list() == [0.1, 0.1001]
    assert tuned.history.height == 3
    assert "The search ended after 3 trials: 100 draws in a row had been tried before." in tuned.notes
    assert quickly(numbers(60), "logistic", **given).history.equals(tuned.history)


def test_time_ends_a_search() -> None:
    tuned = quickly(noise(60), trials=None, seconds=0.5)
    seconds = tuned.history["seconds"].to_list()
    assert sum(seconds[:-1]) < 0.5 <= sum(seconds)


def test_progress_rises_to_the_end() -> None:
    told: list[tuple[str, float]] = []
    quickly(noise(60), trials=2, outer=2, progress=lambda stage, share: told.append((stage, share)))
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert told[0][0] == "all tracks: trial 1 of 2, fold 1 of 2"
    assert any(stage.startswith("outer fold 2 of 2: trial 2 of 2, best 0.") for stage, _ in told)


# --- what cannot be ----------------------------------------------------------------------------------------


def test_settings_that_fail_are_failed_trials() -> None:
    space = {"min_samples_leaf": (-1, 5, 10)}
    tuned = quickly(noise(60), space=space, search="grid")
    states = dict(tuned.history.select("min_samples_leaf", "state").rows())
    assert states == {-1: "failed", 5: "complete", 10: "complete"}
    failed = tuned.history.filter(pl.col("state") == "failed")
    assert "min_samples_leaf" in failed["reason"][0]
    assert failed["score"][0] is None
    assert any(
        note.startswith("1 of 3 trials failed, the first: settings min_samples_leaf=-1: ")
        for note in tuned.notes
    )


class Fussy(Lottery):
    """Fail in a way of one's own for some tickets."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Lottery:
        error = dict(enumerate((RuntimeError, ZeroDivisionError, IndexError, AssertionError), 1))
        if self.ticket in error:
            raise error[self.ticket]("no such\n ticket")
        return super().fit(X, y, sample_weight)


def test_whatever_an_estimator_raises_is_a_failed_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Model("fussy", lambda *, seed, threads, ticket: Fussy(ticket), {"ticket": 0}, {})
    monkeypatch.setattr(import_module("genrelab.models.decision_tree"), "MODEL", made)
    tuned = quickly(numbers(60), space={"ticket": (0, 1, 2, 3, 4)}, search="grid")
    reasons = dict(tuned.history.select("ticket", "reason").rows())
    assert reasons.pop(0) is None
    assert set(reasons) == {1, 2, 3, 4}
    assert all(said.startswith(f"settings ticket={n}: no such ticket") for n, said in reasons.items())


def test_a_network_without_neurons_is_a_failed_trial() -> None:
    pytest.importorskip("torch")
    space = {"width": (-4, 0, 4), "epochs": (2,)}
    tuned = quickly(numbers(60), "mlp", space=space, search="grid")
    states = dict(tuned.history.select("width", "state").rows())
    assert states == {-4: "failed", 0: "failed", 4: "complete"}
    assert all("width=" in reason for reason in tuned.history["reason"].drop_nulls())


def test_when_all_fail_one_error_says_why() -> None:
    with pytest.raises(SettingError, match=r"all tracks: none of 2 trials could be fitted, the first: .*C"):
        quickly(noise(60), "logistic", space={"C": ("high", -3)}, search="grid")


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ({"search": "genetic"}, UnknownName, "no search 'genetic'"),
        ({"metric": "f1"}, UnknownName, "no metric 'f1'"),
        ({"trials": 0}, SettingError, "trials: 0 is too few"),
        ({"points": 1}, SettingError, "points: 1 is too few"),
        ({"seconds": 0}, SettingError, "seconds: 0"),
        ({"trials": None}, SettingError, "would never end"),
        ({"outer": 1}, SettingError, "outer: 1"),
        ({"folds": 1}, SettingError, "folds: 1"),
        ({"folds": 1000}, SettingError, "at least 1000 are needed"),
        ({"model": "best", "search": "grid", "points": 9}, SettingError, "search 'grid': .* points"),
        ({"model": "majority"}, SettingError, "no settings left to try"),
    ],
)
def test_what_cannot_be_asked_for(given: dict[str, Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        quickly(noise(60), **given)


def test_without_outer_folds_nothing_is_announced() -> None:
    made = noise(60)
    tuned = quickly(made, trials=1)
    assert tuned.announced is None
    assert tuned.outer == ()
    assert tuned.notes[0] == OPTIMISTIC
    with pytest.raises(SettingError, match="nothing was announced"):
        train_tuned(made, tuned)


def test_a_grid_that_is_tried_in_part_says_so() -> None:
    space = {"max_depth": Range(1, 9), "min_samples_leaf": Range(1, 9)}
    tuned = quickly(noise(60), space=space, search="grid", trials=4, points=3)
    assert "The grid has 9 points; 4 were tried, drawn at random." in tuned.notes
    whole = quickly(noise(60), space=space, search="grid", trials=None, points=3)
    assert whole.history.select("max_depth", "min_samples_leaf").unique().height == whole.history.height == 9
    assert whole.history[:4].drop("seconds").equals(tuned.history.drop("seconds"))


# --- the model that is kept ---------------------------------------------------------------------------------


def test_a_model_announces_what_outer_folds_have_shown(tmp_path: Path) -> None:
    made = noise(120)
    tuned = quickly(made, trials=8, outer=2)
    classifier = train_tuned(made, tuned, threads=1)
    assert classifier.card.recipe == tuned.recipe
    assert classifier.card.scores == tuned.announced
    assert classifier.out_of_fold is tuned.out_of_fold
    report = evaluation.announce(classifier)
    assert report.origin == "out-of-fold over 2 folds, no artist in two of them"
    assert sum(map(sum, report.confusion)) == 120
    assert any("chosen by a search of 8 trials" in note for note in report.notes)
    loaded = store.load(store.save(classifier, tmp_path / "model"))
    assert loaded.card.scores == tuned.announced
    assert loaded.card.origin.notes == classifier.card.origin.notes
    with pytest.raises(SettingError, match="searched on other tracks"):
        train_tuned(noise(120, 1), tuned)


@pytest.mark.parametrize("changed", ["split", "artists"])
def test_what_was_announced_stays_with_its_split(changed: str) -> None:
    tracks, columns = schema.sample(60, 0), ["energy", "valence"]
    searched = dataset.make(tracks, columns=columns, split="row" if changed == "split" else "artist")
    if changed == "artists":
        tracks = tracks.with_columns(artist=pl.col("artist").shuffle(seed=1))
    other = dataset.make(tracks, columns=columns)
    tuned = quickly(searched, trials=1, outer=2)
    assert other.fingerprint() == tuned.fingerprint
    with pytest.raises(SettingError, match="another split or other artists: give the same dataset") as told:
        train_tuned(other, tuned)
    assert "\n" not in str(told.value)


def test_the_model_is_weighed_as_those_that_were_scored(monkeypatch: pytest.MonkeyPatch) -> None:
    """No more folds than the weights of its pool need."""
    made = noise(90)
    tuned = quickly(made, trials=1, folds=3, outer=2)
    fitted: list[int] = []
    fitting = import_module("genrelab.fitting").Fitting
    folds = fitting.folds

    def counting(self: Any, parted: Any, *others: Any, **named: Any) -> Any:
        fitted.append(len(parted))
        return folds(self, parted, *others, **named)

    monkeypatch.setattr(fitting, "folds", counting)
    classifier = train_tuned(made, tuned, threads=1)
    assert fitted == [3]
    assert classifier.card.members == train(made, tuned.recipe, folds=3, threads=1).card.members


# --- after a kill -------------------------------------------------------------------------------------------

KILLED = """
import sys
from pathlib import Path
sys.path.insert(0, {folder!r})
from test_tuning import C, noise, quickly
quickly(noise(), "logistic", space=C, storage={file!r}, **{given!r})
"""
C = {"C": Range(0.001, 100, log=True)}


def _finished(file: Path) -> int:
    if not file.exists():
        return 0
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
            done = "SELECT COUNT(*) FROM trials WHERE state IN ('COMPLETE', 'PRUNED')"
            return int(connection.execute(done).fetchone()[0])
    except sqlite3.Error:  # its tables are being made
        return 0


@pytest.fixture
def killed(tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    """A study whose process was killed after a few trials."""
    file, given = tmp_path / "study.db", {"trials": 12, "outer": 2}
    code = KILLED.format(folder=str(Path(__file__).parent), file=str(file), given=given)
    running = subprocess.Popen([sys.executable, "-c", code], env={**os.environ, "OMP_NUM_THREADS": "1"})
    end = time.monotonic() + 300
    while _finished(file) < 14 and running.poll() is None and time.monotonic() < end:
        time.sleep(0.01)
    running.send_signal(signal.SIGKILL)
    assert running.wait() == -signal.SIGKILL, "it ended before it could be killed"
    assert _finished(file) >= 14
    return file, given


def test_a_killed_search_goes_on_as_if_nothing_had_been(killed: tuple[Path, dict[str, Any]]) -> None:
    file, given = killed
    before = _finished(file)
    assert before < 3 * 12
    resumed = quickly(noise(), "logistic", space=C, storage=file, **given)
    assert _finished(file) == 3 * 12
    assert resumed.history.filter(pl.col("state") != "interrupted").height == 12
    assert same(resumed, quickly(noise(), "logistic", space=C, **given))
    with closing(sqlite3.connect(file)) as connection:
        states = dict(connection.execute("SELECT state, COUNT(*) FROM trials GROUP BY state").fetchall())
    assert not {"RUNNING", "WAITING"} & set(states)
    more = quickly(noise(), "logistic", space=C, storage=file, **{**given, "trials": 13})
    assert _finished(file) == 3 * 13
    assert more.history[: resumed.history.height].equals(resumed.history)


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"made": noise(61)}, "table"),
        ({"made": dataset.make(schema.sample(60, 0), split="row")}, "table"),
        ({"model": "logistic", "space": None}, "model"),
        ({"space": {"max_depth": (1, 3)}}, "space"),
        ({"metric": "log_loss"}, "metric"),
        ({"seed": 5}, "seed"),
    ],
)
def test_another_search_is_not_gone_on_with(tmp_path: Path, changed: dict[str, Any], what: str) -> None:
    file = tmp_path / "study.db"
    given: dict[str, Any] = {"made": noise(60), "space": {"max_depth": (1, 2)}, "trials": 1, "storage": file}
    quickly(**given)
    before = file.read_bytes()
    with pytest.raises(SettingError, match=f"study.db: was begun with another .*{what}"):
        quickly(**(given | changed))
    assert file.read_bytes() == before


@pytest.mark.parametrize("search", ["grid", "bayes"])
def test_a_trial_that_was_interrupted_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, search: str
) -> None:
    file, objective = tmp_path / "study.db", import_module("genrelab.tuning.objective").Objective
    score, calls = objective.score, iter(range(100))

    def breaking(self: Any, *given: Any) -> float:
        if next(calls) == 2:
            raise KeyboardInterrupt
        return float(score(self, *given))

    monkeypatch.setattr(objective, "score", breaking)
    with pytest.raises(KeyboardInterrupt):
        quickly(noise(60), search=search, storage=file)
    resumed = quickly(noise(60), search=search, storage=file)
    assert resumed.history["state"].to_list()[2] == "interrupted"
    assert resumed.history["score"][2] is None
    assert same(resumed, quickly(noise(60), search=search))


def test_two_processes_do_not_share_a_study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, objective = tmp_path / "study.db", import_module("genrelab.tuning.objective").Objective
    score, calls = objective.score, iter(range(100))

    def intruded(self: Any, *given: Any) -> float:
        if next(calls) == 0:
            quickly(noise(60), trials=1, storage=file)
        return float(score(self, *given))

    monkeypatch.setattr(objective, "score", intruded)
    with pytest.raises(SettingError, match="another process goes on with it"):
        quickly(noise(60), trials=2, storage=file)
