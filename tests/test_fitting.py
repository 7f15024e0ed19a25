"""Honesty of fitting: whatever speaks of a track has never met its artist, text model and all."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import Pipeline
from sklearn.tree import DecisionTreeClassifier

from genrelab import dataset, schema, training
from genrelab.dataset import Codes, Dataset
from genrelab.errors import SettingError
from genrelab.features import text
from genrelab.features.inputs import Inputs
from genrelab.fitting import Fitting, Floats, check_groups
from genrelab.models import MODELS
from genrelab.progress import silent
from genrelab.recipe import ClassWeights, Recipe

# Naive Bayes maps fewer tracks to fewer quantiles.
pytestmark = pytest.mark.filterwarnings("ignore:n_quantiles:UserWarning")
FOLDS, SEED = 4, 3
EVERY_TRACK = "fitting on every track"


@dataclass(frozen=True)
class Event:
    """An estimator was fitted to some rows, or spoke of them."""

    stage: str
    who: Spy
    what: str
    rows: frozenset[int]


@dataclass
class Watch:
    """Writes down which rows every estimator is given, whatever else it is given with them."""

    songs: Dataset
    features: Inputs
    events: list[Event] = field(default_factory=list)
    stage: str = ""

    def __post_init__(self) -> None:
        self.place = self.features.names.index("duration")  # the number of the row
        counts = self.features.counts
        texts = [] if counts is None else [_bytes(counts[i]) for i in range(len(self.songs))]
        self.by_text = {key: i for i, key in enumerate(texts)}
        assert len(self.by_text) == len(texts)

    def rows(self, X: Any) -> frozenset[int]:
        if isinstance(X, sparse.csr_matrix):
            return frozenset(self.by_text[_bytes(X[i])] for i in range(X.shape[0]))
        return frozenset(X[:, self.place].astype(int).tolist())

    def at(self, stage: str, _share: float) -> None:
        self.stage = stage

    def write(self, who: Spy, what: str, X: Any) -> None:
        self.events.append(Event(self.stage, who, what, self.rows(X)))

    def artists(self, rows: frozenset[int] | Codes) -> set[int]:
        return set(self.songs.groups[list(rows)].tolist())


class Spy:
    """An estimator that is watched."""

    def __init__(self, inner: Any, watch: Watch, name: str) -> None:
        self.inner, self.watch, self.name = inner, watch, name

    def fit(self, X: Any, y: Any, **given: Any) -> Spy:
        self.watch.write(self, "fit", X)
        self.inner.fit(X, y, **given)
        return self

    def get_params(self) -> dict[str, Any]:
        return {}

    def set_params(self, **_: Any) -> None:
        """Take nothing."""

    def predict_proba(self, X: Any) -> Any:
        self.watch.write(self, "predict", X)
        return self.inner.predict_proba(X)


def _bytes(row: sparse.csr_matrix) -> bytes:
    return bytes(row.indices.tobytes() + b"|" + row.data.tobytes())


def songs(n: int = 120) -> Dataset:
    tracks = schema.sample(n, seed=0).with_columns(duration=pl.int_range(n).cast(pl.Float64))
    return dataset.make(tracks)


class Tree(DecisionTreeClassifier):  # type: ignore[misc]  # scikit-learn has no types
    """A tree that may be told groups, as networks are."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None) -> Any:
        return super().fit(X, y, sample_weight)


def quick(_recipe: Recipe, _member: str, *, seed: int, threads: int) -> Any:
    return Tree(max_depth=3, random_state=seed)


@pytest.fixture(params=["logistic", "best"])
def watched(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    """Everything that happens while a model is trained."""
    made = songs()
    watch = Watch(made, Recipe(request.param).read(made.tracks, made.columns))
    read = text.model
    monkeypatch.setattr(Recipe, "estimator", lambda *a, **k: Spy(quick(*a, **k), watch, "member"))
    monkeypatch.setattr(text, "model", lambda seed: Spy(read(seed), watch, "text"))
    monkeypatch.setattr(training, "_importance", lambda *_: {})  # asks a spy what it does not know
    side_by_side = Fitting._side_by_side

    def staged(fit: Fitting, work: Any, items: Any) -> Any:
        def noted(item: Any) -> Any:
            if isinstance(item, tuple):  # a fold to read, or one for a member to learn and be judged on
                place = next(i for i, one in enumerate(items) if one is item)
                watch.stage = f"fold {place * FOLDS // len(items) + 1} of {FOLDS}"
            return work(item)

        return side_by_side(fit, noted, items)

    monkeypatch.setattr(Fitting, "_side_by_side", staged)
    training.train(made, request.param, seed=SEED, folds=FOLDS, threads=1, progress=watch.at)
    yield watch
    assert watch.events


def fold_stages(watch: Watch) -> Iterator[tuple[Codes, list[Event]]]:
    """Each fold's test rows, and what happened in it."""
    for number, (_, test) in enumerate(watch.songs.folds(FOLDS, seed=SEED)):
        stage = f"fold {number + 1} of {FOLDS}"
        events = [event for event in watch.events if event.stage == stage]
        assert events
        yield test, events


def test_no_fit_of_a_fold_meets_an_artist_of_it(watched: Watch) -> None:
    for test, events in fold_stages(watched):
        for event in events:
            if event.what == "fit":
                assert not watched.artists(event.rows) & watched.artists(test)


def test_each_fold_is_spoken_of_by_members_that_were_fitted_in_it(watched: Watch) -> None:
    for test, events in fold_stages(watched):
        fitted = {event.who for event in events if event.what == "fit" and event.who.name == "member"}
        spoken = [e for e in events if e.what == "predict" and e.who.name == "member"]
        assert {event.who for event in spoken} == fitted
        assert all(event.rows == frozenset(test.tolist()) for event in spoken)


def test_members_learn_from_all_other_rows(watched: Watch) -> None:
    for test, events in fold_stages(watched):
        others = frozenset(range(len(watched.songs))) - frozenset(test.tolist())
        learned = [e.rows for e in events if e.what == "fit" and e.who.name == "member"]
        assert learned
        assert all(rows == others for rows in learned)


def test_nobody_ever_speaks_of_an_artist_that_it_was_fitted_to(watched: Watch) -> None:
    """Neither members nor the reader of text, whose words members learn from, on every stage."""
    fits = {event.who: event.rows for event in watched.events if event.what == "fit"}
    spoken = [event for event in watched.events if event.what == "predict"]
    for event in spoken:
        assert not watched.artists(fits[event.who]) & watched.artists(event.rows)


def test_the_last_fit_reads_every_track_and_its_text_out_of_fold(watched: Watch) -> None:
    last = [event for event in watched.events if event.stage == EVERY_TRACK]
    everything = frozenset(range(len(watched.songs)))
    assert all(e.rows == everything for e in last if e.who.name == "member")
    spoken = [event.rows for event in last if event.who.name == "text" and event.what == "predict"]
    assert bool(spoken) == (watched.features.counts is not None)
    if spoken:
        assert frozenset().union(*spoken) == everything
        assert sum(map(len, spoken)) == len(everything)


def fitting(made: Dataset, name: str, weights: ClassWeights = None) -> Fitting:
    recipe = Recipe(name, class_weights=weights)
    return Fitting(made, recipe, recipe.read(made.tracks, made.columns), SEED, 1)


def out_of_fold(fit: Fitting, parted: list[tuple[Codes, Codes]]) -> Floats:
    """Let every member speak of every track, shape (members, rows, genres)."""
    logs = np.zeros((len(fit.recipe.members), len(fit.dataset), len(fit.dataset.genres)))
    folds = fit.folds(parted, silent)
    for place, name in enumerate(fit.recipe.members):
        for _, rows, said in fit.out_of_fold((name,), folds):
            logs[place, rows] = said
    return logs


HONEST = ("logistic", "naive_bayes", "nearest_neighbours", "decision_tree", "artist_majority", "best")


@pytest.mark.parametrize("name", HONEST)
def test_lies_about_a_fold_do_not_change_what_is_said_of_it(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Labels of a test part are shuffled: its predictions stay as they were, those of other folds do not."""
    if name == "best":
        monkeypatch.setattr(Recipe, "estimator", quick)
    made = songs()
    parted = list(made.folds(FOLDS, seed=SEED))
    truly = out_of_fold(fitting(made, name), parted)
    _, poisoned = parted[1]
    truth = made.truth.copy()
    truth[poisoned] = (truth[poisoned] + 1) % len(made.genres)
    falsely = out_of_fold(fitting(replace(made, truth=truth), name), parted)
    np.testing.assert_array_equal(falsely[:, poisoned], truly[:, poisoned])
    others = np.setdiff1d(np.arange(len(made)), poisoned)
    assert not np.array_equal(falsely[:, others], truly[:, others])


@pytest.mark.parametrize("name", [name for name in HONEST if MODELS[name].weighted])
@pytest.mark.parametrize("weights", ["balanced", {"jazz": 1.0, "pop": 2.0, "rock": 5.0}])
def test_weights_do_not_know_how_frequent_genres_are_in_a_fold(
    name: str, weights: ClassWeights, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tracks of a test part all get one genre, which changes the shares: nothing said of it changes."""
    if name == "best":
        monkeypatch.setattr(Recipe, "estimator", quick)
    made = songs()
    parted = list(made.folds(FOLDS, seed=SEED))
    _, test = parted[0]
    truth = made.truth.copy()
    truth[test] = 0
    both = made, replace(made, truth=truth)
    said = [out_of_fold(fitting(one, name, weights), parted) for one in both]
    np.testing.assert_array_equal(said[0][:, test], said[1][:, test])


def test_weights_reach_the_last_step_of_a_pipeline(monkeypatch: pytest.MonkeyPatch) -> None:
    made = songs()
    seen = []

    class Noted(GaussianNB):  # type: ignore[misc]  # scikit-learn has no types
        def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
            seen.append(sample_weight)
            return super().fit(X, y, sample_weight)

    def piped(_recipe: Recipe, _member: str, **_: int) -> Pipeline:
        return Pipeline([("tree", "passthrough"), ("noted", Noted())])

    monkeypatch.setattr(Recipe, "estimator", piped)
    weights = dict(zip(made.genres, (1.0, 2.0, 5.0), strict=True))
    rows = np.array([5, 3, 99])
    fitting(made, "random_forest", weights).fit(rows)
    told = np.array([weights[made.genres[code]] for code in made.truth[rows]])
    np.testing.assert_allclose(seen[0], told / told.mean())


def test_a_genre_that_was_not_there_is_least_likely() -> None:
    made = songs()
    rows = np.flatnonzero(made.truth != 1)
    parts = fitting(made, "logistic").fit(rows)
    logs = parts.log_probabilities(fitting(made, "logistic").features)
    assert parts.members[0].seen.tolist() == [0, 2]
    np.testing.assert_allclose(logs[0, :, 1], np.log(1e-6))


def spread(artists: int, rows: int = 60) -> Dataset:
    tracks = schema.sample(rows, seed=0).with_columns(
        artist=pl.format("artist {}", pl.int_range(rows) % artists)
    )
    return dataset.make(tracks)


@pytest.mark.parametrize(("artists", "folds", "least"), [(3, 2, 4), (3, 4, 4), (7, 8, 8)])
def test_groups_must_be_enough_for_folds_inside_folds(artists: int, folds: int, least: int) -> None:
    with pytest.raises(SettingError, match=f"{artists} distinct artist, at least {least} are needed"):
        check_groups(spread(artists), folds)
    check_groups(spread(least), folds)


@pytest.mark.parametrize(("artists", "folds"), [(5, 2), (5, 5), (9, 2)])
def test_few_artists_are_enough_for_text(artists: int, folds: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Recipe, "estimator", quick)
    classifier = training.train(spread(artists), "best", folds=folds, threads=1)
    assert np.isfinite(classifier.predict_proba(schema.sample(9, seed=1))).all()


def test_artists_of_very_different_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    """One artist has nearly all the tracks, so that the others alone must do for a fold."""
    monkeypatch.setattr(Recipe, "estimator", quick)
    tracks = schema.sample(60, seed=0).with_columns(
        artist=pl.when(pl.int_range(60) < 54).then(pl.lit("one")).otherwise(pl.format("{}", pl.int_range(60)))
    )
    classifier = training.train(dataset.make(tracks), "best", folds=5, threads=1)
    assert np.isfinite(classifier.card.scores["accuracy"].value)


def test_several_genres_cannot_be_learned_from_invented_tracks() -> None:
    """No weight was asked for, and none is spoken of."""
    made = songs()
    seen = np.eye(len(made.genres), dtype=np.bool_)[made.truth]
    seen[::5, 0] = True
    recipe = Recipe("logistic", sampling="smote")
    features = recipe.read(made.tracks, made.columns)
    with pytest.raises(SettingError, match="several genres a track cannot be learned") as told:
        Fitting(replace(made, seen_under=seen), recipe, features, SEED, 1).fit(np.arange(len(made)))
    assert "weight" not in str(told.value)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("threads", [1, 2])
def test_threads_set_no_filters_of_warnings_and_nothing_is_warned_of(
    threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Splines, which are fitted beside each other, meet rare genres and penalties that are too weak."""
    catchers, caught = [], warnings.catch_warnings.__enter__

    def entered(self: warnings.catch_warnings[Any]) -> Any:
        at = sys._getframe(1).f_globals["__name__"]
        catchers.append(at) if at.startswith("genrelab") else None
        return caught(self)

    monkeypatch.setattr(warnings.catch_warnings, "__enter__", entered)
    made = songs(90)
    truth = np.where(np.arange(90) < 2, 2, made.truth % 2)
    recipe = Recipe("splines")
    fit = Fitting(replace(made, truth=truth), recipe, recipe.read(made.tracks, made.columns), SEED, threads)
    halves = np.arange(0, 90, 2), np.arange(1, 90, 2)
    list(fit.out_of_fold(("splines",), fit.folds([halves, halves[::-1]], silent)))
    with fit._calm(1):
        warnings.warn("lbfgs failed to converge after 300 iteration(s)", ConvergenceWarning, stacklevel=1)
    assert set(catchers) <= {"genrelab.fitting", "genrelab.dataset"}
