"""Training: the announced score is honest, and the card tells the truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from sklearn.tree import DecisionTreeClassifier

from genrelab import blending, dataset, promises, schema, scoring, training
from genrelab.classifier import Classifier
from genrelab.dataset import Dataset, Origin
from genrelab.errors import SettingError, UnknownName
from genrelab.fitting import Fitting
from genrelab.models import MODELS
from genrelab.preparation import prepare
from genrelab.recipe import Recipe
from genrelab.scoring import Score
from genrelab.sources import table
from genrelab.training import train

GENRES = ("jazz", "pop", "rock")


def planted(n: int = 240, seed: int = 0) -> pl.DataFrame:
    """Tracks of which energy tells the genre."""
    tracks = schema.sample(n, seed)
    code = pl.col("genre").replace_strict(GENRES, range(3), return_dtype=pl.Int64)
    return tracks.with_columns(energy=(code + pl.col("energy")) / 3)


def quick(_recipe: Recipe, _member: str, *, seed: int, threads: int) -> Any:
    return DecisionTreeClassifier(max_depth=3, random_state=seed)


# --- artists whose genre cannot be heard --------------------------------------------------------------------

ARTISTS, TRACKS = 80, 5


def memorable(seed: int = 0) -> pl.DataFrame:
    """Tracks whose genre is their artist's, and nothing else tells it: names and sounds are drawn at random.

    An artist is written in several ways, and known by a voice: two descriptors that all its tracks share.
    """
    rng = np.random.default_rng(seed)
    n = ARTISTS * TRACKS
    artist = np.repeat(np.arange(ARTISTS), TRACKS)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    words = ["".join(rng.choice(letters, 7)) for _ in range(n)]
    spellings: tuple[Callable[[str], str], ...] = (str.upper, str.title, "  {} ".format, str)
    names = [spellings[i % 4](f"{words[a]} {words[-a - 1]}") for i, a in enumerate(artist)]
    genre = rng.permutation(np.arange(ARTISTS) % 4)
    voice = rng.random((ARTISTS, 2))
    return schema.sample(n, seed).with_columns(
        artist=pl.Series(names),
        title=pl.Series(words),
        album=pl.Series([f"{words[a]} live" for a in artist]),
        genre=pl.Series([f"genre {g}" for g in genre[artist]]),
        acousticness=pl.Series(voice[artist, 0]),
        valence=pl.Series(voice[artist, 1]),
    )


def announced(split: dataset.Split, model: str, columns: list[str]) -> Score:
    made = dataset.make(memorable(), split=split, columns=columns)
    return train(made, model, threads=1).card.scores["accuracy"]


@pytest.fixture
def _few_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in MODELS["best"].members:
        model = MODELS[name]
        few = {k: 30 if k in {"rounds", "n_estimators"} else v for k, v in model.settings.items()}
        monkeypatch.setattr(import_module(f"genrelab.models.{name}"), "MODEL", replace(model, settings=few))


@pytest.mark.usefixtures("_few_trees")
@pytest.mark.parametrize(
    ("model", "columns"),
    [("best", ["energy", "artist", "title", "album"]), ("nearest_neighbours", ["acousticness", "valence"])],
    ids=["by name", "by voice"],
)
def test_knowing_the_artist_is_worth_nothing(model: str, columns: list[str]) -> None:
    """By row, memory pays; by artist, the announced score is chance. A leaking artist would be seen here."""
    by_row, by_artist = announced("row", model, columns), announced("artist", model, columns)
    assert by_row.value > 0.65
    assert by_artist.low < 0.25
    assert by_artist.value < 0.38


def test_an_honest_score_is_the_score_on_others() -> None:
    made = dataset.make(planted(900))
    for seed in range(3):
        train_part, test = made.hold_out(0.2, seed=seed)
        classifier = train(train_part, "logistic", seed=seed, threads=1)
        right = (classifier.predict(test.tracks)["genre"] == test.tracks["genre"]).to_numpy().mean()
        assert classifier.card.scores["accuracy"].holds(right)


@pytest.mark.data("spotify_30k")
def test_the_announced_accuracy_is_kept_on_unheard_artists(data: Path) -> None:
    reading = table.read(data / "spotify_30k" / "spotify_songs.csv")
    songs = prepare(reading.tracks).dataset
    half = songs.take(np.flatnonzero(songs.groups % 2 == 0))  # of the artists, to be quick
    known, unheard = half.hold_out(0.2, seed=7)
    assert not set(known.tracks["artist"].str.to_lowercase()) & set(
        unheard.tracks["artist"].str.to_lowercase()
    )
    classifier = train(known, "logistic")
    found = scoring.score(classifier.predict_proba(unheard.tracks), unheard.truth, unheard.groups)
    for name, score in classifier.card.scores.items():
        assert score.holds(found[name].value), name
    assert classifier.card.scores["accuracy"].value > max(songs.origin.floors["majority"], 0.4)


# --- columns that give the label away -----------------------------------------------------------------------


def code(tracks: pl.DataFrame) -> pl.Expr:
    return pl.col("genre").replace_strict(sorted(tracks["genre"].unique()), range(3), return_dtype=pl.Int64)


def test_a_column_that_the_audit_names_is_not_read() -> None:
    tracks = schema.sample(240, seed=0)
    leaky = tracks.with_columns(
        chart=code(tracks) * 10, title=pl.when(pl.col("genre") != "pop").then("title")
    )
    prepared = prepare(leaky, columns=["chart", "energy", "valence", "title", "artist"])
    assert {"chart", "title"} <= set(prepared.audit.leaking)
    assert prepared.dataset.columns == ("energy", "valence", "artist")
    classifier = train(prepared.dataset, "logistic", threads=1)
    assert set(classifier.card.origin.left_out) == set(prepared.audit.leaking)
    assert classifier.card.scores["accuracy"].low < 1 / 3 + 0.05
    said = classifier.predict_proba(leaky)
    changed = leaky.drop("chart").with_columns(title=pl.lit(None, pl.String))
    np.testing.assert_array_equal(classifier.predict_proba(changed), said)


@pytest.mark.usefixtures("_few_trees")
def test_where_a_title_is_missing_cannot_be_learned() -> None:
    """A text column that is left out lends its wording to no feature either."""
    tracks = schema.sample(240, seed=0)
    leaky = tracks.with_columns(title=pl.when(pl.col("genre") != "pop").then("title"))
    made = prepare(leaky, columns=["energy", "title", "artist"]).dataset
    classifier = train(made, "best", threads=1)
    assert classifier.card.scores["accuracy"].low < 1 / 3 + 0.05
    assert not [name for name in classifier.card.importance if name.startswith("title")]


# --- the pool -----------------------------------------------------------------------------------------------


def logs_of(made: Dataset, seed: int = 0) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    said = rng.dirichlet([1, 1, 1], (2, len(made))) + np.eye(3)[made.truth] * 0.3
    return blending.logarithms(said / said.sum(axis=2, keepdims=True))


@pytest.mark.parametrize("weighed", [False, True])
def test_a_folds_pool_weights_ignore_its_labels(*, weighed: bool) -> None:
    made = dataset.make(planted())
    folds = list(made.folds(5))
    recipe = Recipe("logistic", class_weights="balanced" if weighed else None)
    fitting = Fitting(made, recipe, recipe.read(made.tracks, made.columns), 0, 1)
    logs, (_, test) = logs_of(made), folds[2]
    truly = training._pooled(fitting, logs, folds)
    truth = made.truth.copy()
    truth[test] = (truth[test] + 1) % 3
    falsely = training._pooled(replace(fitting, dataset=replace(made, truth=truth)), logs, folds)
    np.testing.assert_array_equal(falsely[test], truly[test])
    for _, other in (fold for i, fold in enumerate(folds) if i != 2):
        assert not np.array_equal(falsely[other], truly[other])


def test_labels_of_a_fold_do_not_decide_how_it_is_labelled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Through the whole of training: what is shuffled moves at most confidences, by the pool."""
    made = dataset.make(planted())
    parted = list(made.folds(5))
    inner = Dataset.folds
    monkeypatch.setattr(
        Dataset, "folds", lambda d, n, seed: parted if len(d) == 240 else inner(d, n, seed=seed)
    )
    _, test = parted[0]
    truth = made.truth.copy()
    truth[test] = np.random.default_rng(0).permutation(truth[test])
    heard = [train(d, "logistic", threads=1).out_of_fold for d in (made, replace(made, truth=truth))]
    first, second = (h.probabilities.argmax(axis=1) for h in heard if h is not None)
    np.testing.assert_array_equal(first[test], second[test])


# --- the card -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    origin = Origin(name="planted", licence="CC0", notes=("a note",))
    return train(dataset.make(planted(), origin=origin), "random_forest", seed=4, folds=3, threads=1)


def test_scores_are_those_of_the_out_of_fold_predictions(classifier: Classifier) -> None:
    heard, card = classifier.out_of_fold, classifier.card
    assert heard is not None
    expected = scoring.score(
        heard.probabilities, heard.truth, heard.groups, seed=4, new_share=scoring.NEW_SHARE
    )
    assert card.scores == expected
    assert set(card.scores) == {
        "accuracy",
        "balanced_accuracy",
        "macro_f1",
        "log_loss",
        "calibration_error",
        "top_2_accuracy",
        "label_ranking_average_precision",
    }
    assert card.coverage == promises.find_precisions(heard.probabilities, heard.truth, heard.groups, seed=4)


def test_the_card_says_what_was_done(classifier: Classifier) -> None:
    card, made = classifier.card, dataset.make(planted())
    assert (card.recipe, card.seed, card.folds) == (Recipe("random_forest"), 4, 3)
    assert card.model == "random_forest"
    assert card.settings == {"random_forest": MODELS["random_forest"].settings}
    assert list(card.members) == ["random_forest"]
    assert (card.label, card.genres, card.columns) == ("genre", GENRES, made.columns)
    assert (card.split, card.grouped_by) == ("artist", "artist")
    assert (card.rows, card.artists) == (240, planted()["artist"].n_unique())
    assert card.fingerprint == made.fingerprint()
    assert (card.origin.name, card.origin.licence, card.origin.notes) == ("planted", "CC0", ("a note",))
    assert {"python", "genrelab", "scikit-learn", "skops"} <= set(card.versions)


def test_importance_finds_what_was_planted(classifier: Classifier) -> None:
    importance = classifier.card.importance
    assert next(iter(importance)).find("energy") >= 0
    assert sum(importance.values()) == pytest.approx(1)
    assert list(importance.values()) == sorted(importance.values(), reverse=True)


@pytest.mark.usefixtures("_few_trees")
def test_importance_of_text_is_one_figure() -> None:
    tracks = schema.sample(240, seed=0).with_columns(title=pl.format("a {} song", "genre"))
    card = train(dataset.make(tracks), "compact", threads=1).card
    assert next(iter(card.importance)) == "text"
    assert card.scores["accuracy"].value > 0.9


def test_models_without_gains_tell_no_importance() -> None:
    assert train(dataset.make(planted(60)), "logistic", threads=1).card.importance == {}


def test_progress_goes_from_nought_to_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Recipe, "estimator", quick)
    told: list[tuple[str, float]] = []
    train(dataset.make(planted(60)), "logistic", folds=3, progress=lambda *said: told.append(said))
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 1)
    assert [stage for stage, _ in told[1:4]] == [f"logistic: fold {i} of 3" for i in (1, 2, 3)]


@pytest.mark.parametrize("split", dataset.SPLITS)
def test_the_split_is_stamped_on_the_card(split: dataset.Split, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Recipe, "estimator", quick)
    card = train(dataset.make(planted(60), split=split), "logistic", threads=1).card
    assert (card.split, card.grouped_by) == (
        split,
        {"artist": "artist", "track": "track_id", "row": "row"}[split],
    )


# --- refusals -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ("balance", "'balance' is unknown: choose balanced"),
        ({"jazz": 1.0}, "needed for each of jazz, pop, rock"),
        ({"jazz": 1.0, "pop": 1.0, "rock": 1.0, "fado": 1.0}, "no others"),
        ({"jazz": 0.0, "pop": 1.0, "rock": 1.0}, "above 0"),
        ({"jazz": -1.0, "pop": 1.0, "rock": 1.0}, "above 0"),
        ({}, "needed for each"),
    ],
)
def test_class_weights_that_do_not_fit(weights: Any, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        train(dataset.make(planted(60)), Recipe("logistic", class_weights=weights))


def test_an_unknown_model() -> None:
    with pytest.raises(UnknownName, match="did you mean 'logistic'"):
        train(dataset.make(planted(60)), "logistics")


@pytest.mark.parametrize("folds", [-1, 0, 1])
def test_too_few_folds(folds: int) -> None:
    with pytest.raises(SettingError, match=f"folds: {folds} asked for"):
        train(dataset.make(planted(60)), "logistic", folds=folds)


def test_too_few_artists() -> None:
    with pytest.raises(SettingError, match=r"1 distinct artist, at least 4 are needed.*by track or row"):
        train(dataset.make(planted(60).with_columns(artist=pl.lit("Air"))), "logistic")
