"""Evaluation: figures against scikit-learn, notes that a reader must see, and the honesty table."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    confusion_matrix,
    f1_score,
    log_loss,
    precision_recall_fscore_support,
)
from sklearn.tree import DecisionTreeClassifier

from genrelab import dataset, schema, scoring, shipped, store
from genrelab.audit import audit
from genrelab.classifier import Classifier
from genrelab.dataset import Origin
from genrelab.errors import LabelError, ModelError, SchemaError, SettingError
from genrelab.grouping import group
from genrelab.insight.evaluation import announce, evaluate, honesty, promise_kept, tell_promise
from genrelab.insight.results import Report, Score
from genrelab.preparation import prepare
from genrelab.recipe import Recipe
from genrelab.sources import demo
from genrelab.training import train

GENRES = ("jazz", "pop", "rock")


def planted(n: int = 240, seed: int = 0, artists: str = "artist") -> pl.DataFrame:
    """Tracks of which energy tells the genre more or less."""
    tracks = schema.sample(n, seed)
    code = pl.col("genre").replace_strict(GENRES, range(3), return_dtype=pl.Int64)
    return tracks.with_columns(
        energy=(code + pl.col("energy") * 2) / 4, artist=pl.col("artist").str.replace("artist", artists)
    )


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    origin = Origin(
        name="planted", floors={"majority": 0.4}, artist_coverage=0.5, ceiling=0.9,
        dropped={"repeated_id": 1200, "not_a_song": 1}, left_out={"mood": "why"}, notes=("a note",),
    )  # fmt: skip
    return train(dataset.make(planted(), origin=origin), "logistic", folds=3, threads=1)


def check_figures(report: Report, truth: list[str], labels: pl.DataFrame) -> None:
    """Compare every figure with scikit-learn's, and the calibration with a loop."""
    said, genres = labels["genre"].to_list(), list(report.genres)
    p = labels.select(f"p_{genre}" for genre in genres).to_numpy()
    values = {name: score.value for name, score in report.scores.items()}
    assert values["accuracy"] == pytest.approx(accuracy_score(truth, said))
    assert values["balanced_accuracy"] == pytest.approx(balanced_accuracy_score(truth, said))
    assert values["macro_f1"] == pytest.approx(f1_score(truth, said, average="macro"))
    assert values["log_loss"] == pytest.approx(log_loss(truth, p, labels=genres))
    np.testing.assert_array_equal(report.confusion, confusion_matrix(truth, said, labels=genres))
    expected = precision_recall_fscore_support(truth, said, labels=genres, zero_division=0)
    found = [(g.precision, g.recall, g.f1, g.support) for g in report.per_genre]
    np.testing.assert_allclose(np.transpose(found), expected)
    assert [g.genre for g in report.per_genre] == genres
    assert sum(part.tracks for part in report.calibration) == report.rows == len(truth)
    error = sum(part.tracks * abs(part.confidence - part.accuracy) for part in report.calibration) / len(
        truth
    )
    assert values["calibration_error"] == pytest.approx(error)


# --- announcing ---------------------------------------------------------------------------------------------


def test_what_is_announced_is_what_was_heard_out_of_fold(classifier: Classifier) -> None:
    heard, report = classifier.out_of_fold, announce(classifier)
    assert heard is not None
    labels = pl.DataFrame(heard.probabilities, schema=[f"p_{g}" for g in GENRES])
    said = pl.Series("genre", [GENRES[i] for i in heard.probabilities.argmax(axis=1)])
    check_figures(report, [GENRES[i] for i in heard.truth], labels.with_columns(said))
    assert report.scores == classifier.card.scores
    assert report.coverage == classifier.card.coverage


def test_an_announcement_says_where_it_comes_from(classifier: Classifier) -> None:
    report = announce(classifier)
    assert report.origin == "out-of-fold over 3 folds, no artist in two of them"
    assert (report.model, report.split, report.rows) == ("logistic", "artist", 240)
    assert report.artists == planted()["artist"].n_unique()
    assert (report.floors, report.artist_coverage, report.ceiling) == ({"majority": 0.4}, 0.5, 0.9)
    assert report.notes[0] == "a note"
    assert any("1,200 by repeated_id, 1 by not_a_song" in note for note in report.notes)
    assert any("mood" in note for note in report.notes)


@pytest.mark.parametrize(("split", "dropped", "stamp"), [("row", [], "row"), ("artist", ["artist"], "album")])
def test_another_split_is_stamped(split: dataset.Split, dropped: list[str], stamp: str) -> None:
    made = dataset.make(planted(60).drop(dropped), split=split)
    report = announce(train(made, "majority", folds=3, threads=1))
    assert report.split == stamp
    assert report.origin.endswith(f"no {stamp} in two of them")


def test_a_loaded_model_announces_what_it_did_before(classifier: Classifier, tmp_path: Path) -> None:
    loaded = store.load(store.save(classifier, tmp_path / "model"))
    assert announce(loaded).scores == announce(classifier).scores


def test_a_model_without_predictions_has_nothing_to_announce(classifier: Classifier) -> None:
    with pytest.raises(ModelError, match="keeps no predictions: see its card, or evaluate it"):
        announce(replace(classifier, out_of_fold=None))


# --- evaluating ---------------------------------------------------------------------------------------------


def test_figures_are_scikit_learns(classifier: Classifier) -> None:
    tracks = planted(150, seed=1, artists="other")
    report = evaluate(classifier, tracks)
    check_figures(report, tracks["genre"].to_list(), classifier.predict(tracks, probabilities=True))
    assert report.coverage == tuple(
        scoring.measure_coverage(
            classifier.predict_proba(tracks), np.searchsorted(GENRES, tracks["genre"].to_numpy()), announced
        )
        for announced in classifier.card.coverage
    )


def test_a_loaded_model_evaluates_the_same(classifier: Classifier, tmp_path: Path) -> None:
    loaded = store.load(store.save(classifier, tmp_path / "model"))
    tracks = planted(90, seed=1)
    assert evaluate(loaded, tracks) == evaluate(classifier, tracks)


def test_floors_and_ceiling_are_those_of_the_table(classifier: Classifier) -> None:
    tracks = planted(90, seed=1)
    report, found = evaluate(classifier, tracks, seed=4), audit(tracks, seed=4)
    assert (report.floors, report.ceiling, report.artist_coverage) == (
        found.floors, found.ceiling, found.artist_coverage,
    )  # fmt: skip


def test_intervals_are_over_artists(classifier: Classifier) -> None:
    tracks = planted(150, seed=1)
    truth = np.searchsorted(GENRES, tracks["genre"].to_numpy())
    groups, _ = group(tracks, "artist")
    report = evaluate(classifier, tracks, seed=5)
    assert report.scores == scoring.score(classifier.predict_proba(tracks), truth, groups, seed=5)
    assert report.origin == "held-out table, resampled by artist"
    assert report.artists == tracks["artist"].n_unique()
    assert evaluate(classifier, tracks.drop("artist")).origin == "held-out table, resampled by album"


def test_genres_that_it_does_not_know_are_counted(classifier: Classifier) -> None:
    row = pl.int_range(pl.len())
    tracks = planted(90, seed=1, artists="other").with_columns(
        genre=pl.when(row < 10).then(pl.lit("fado")).when(row < 15).then(None).otherwise("genre")
    )
    report = evaluate(classifier, tracks)
    assert report.rows == 75
    assert report.genres == GENRES
    expected = (
        "15 tracks could not be scored: without a genre, or of genres that the model does not know (fado);"
        " a crosswalk tells what such genres mean (--draft-map)"
    )
    assert report.notes[0] == expected
    assert report == replace(evaluate(classifier, tracks[15:]), notes=report.notes)


def test_tracks_without_a_genre_are_counted(classifier: Classifier) -> None:
    tracks = planted(90, seed=1, artists="other").with_columns(
        genre=pl.when(pl.int_range(pl.len()) >= 5).then("genre")
    )
    assert evaluate(classifier, tracks).notes[0] == "5 tracks could not be scored: without a genre"


def test_some_genres_need_not_occur(classifier: Classifier) -> None:
    tracks = planted(90, seed=1).filter(pl.col("genre") == "pop")
    report = evaluate(classifier, tracks)
    assert [g.support for g in report.per_genre] == [0, tracks.height, 0]
    assert report.scores["balanced_accuracy"].value == report.scores["accuracy"].value


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (
            {"genre": pl.lit("fado")},
            LabelError,
            r"none of its genres is known to the model \(jazz, pop, rock\)",
        ),
        ({"genre": pl.lit(None, pl.String)}, LabelError, "no row has a genre"),
        ({"genre": pl.lit(1)}, LabelError, "not names of genres"),
        ({"energy": pl.lit("x")}, SchemaError, "'energy': holds String"),
    ],
)
def test_tables_that_cannot_be_scored(
    classifier: Classifier, change: dict[str, pl.Expr], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        evaluate(classifier, planted(60, seed=1).with_columns(**change))


def test_a_table_that_lacks_columns(classifier: Classifier) -> None:
    with pytest.raises(LabelError, match="no such column"):
        evaluate(classifier, planted(60), "style")
    with pytest.raises(SchemaError, match="columns tempo: not in the table"):
        evaluate(classifier, planted(60).drop("tempo"))


def test_of_a_table_that_lacks_columns_nothing_is_told_that_holds_of_whole_ones() -> None:
    """Without artists, tracks cannot be labelled together, and so nothing is expected of it."""
    six = store.load(shipped.find("playlist_six"))
    whole = demo.read(rows=120, seed=1).tracks.with_columns(pl.lit("pop").alias("genre"))
    assert any("(predict --together)" in note for note in evaluate(six, whole).notes)
    without = whole.drop("title", "artist", "album")
    assert not any("(predict --together)" in note for note in evaluate(six, without).notes)


# --- artists met before -------------------------------------------------------------------------------------


def met_note(report: Report) -> list[str]:
    return [note for note in report.notes if "artists" in note]


def test_unheard_artists_need_no_note(classifier: Classifier) -> None:
    report = evaluate(classifier, planted(90, seed=1, artists="other"))
    assert report.split == "artist"
    assert not met_note(report)


def test_artists_that_it_learned_from_are_told_and_the_others_scored(classifier: Classifier) -> None:
    """However their names are written."""
    known = planted()[:60].with_columns(artist=pl.format("  {} ", pl.col("artist").str.to_uppercase()))
    others = planted(90, seed=2, artists="other")
    report = evaluate(classifier, pl.concat([known, others]))
    alone = evaluate(classifier, others).scores["accuracy"]
    assert report.split == "table"
    (note,) = met_note(report)
    assert note == (
        "40.0% of the tracks are by artists that the model learned from; on the others (90 tracks) its"
        f" accuracy is {alone.value:.3f} ({alone.low:.3f}-{alone.high:.3f})"
    )


@pytest.mark.parametrize(("left", "told"), [(29, "29 tracks"), (1, "1 track")])
def test_a_handful_of_others_is_not_scored(classifier: Classifier, left: int, told: str) -> None:
    others = planted(30, seed=2, artists="other")[:left]
    (note,) = met_note(evaluate(classifier, pl.concat([planted(), others])))
    assert note.endswith(f"learned from; the others ({told}) are too few to score")


def test_the_table_that_it_learned_from_says_nothing(classifier: Classifier) -> None:
    (note,) = met_note(evaluate(classifier, planted()))
    assert note.startswith("100.0% of the tracks")
    assert note.endswith("these scores say nothing about unheard ones")


def test_without_names_nothing_can_be_told(classifier: Classifier) -> None:
    nameless = evaluate(classifier, planted(60, seed=1).drop("artist"))
    assert "whether it learned from these artists cannot be told: their names are not known" in nameless.notes
    assert nameless.split == "table"
    ignorant = train(dataset.make(planted().drop("artist")), "majority", folds=3, threads=1)
    assert any("cannot be told" in note for note in evaluate(ignorant, planted(60, seed=1)).notes)


def test_whether_an_artist_without_a_name_was_met_cannot_be_told() -> None:
    blank = planted().with_columns(
        artist=pl.when(pl.int_range(pl.len()) > 5).then("artist").otherwise(pl.lit(""))
    )
    classifier = train(dataset.make(blank), "majority", folds=3, threads=1)
    nobody = planted(30, seed=1, artists="other").with_columns(
        artist=pl.when(pl.int_range(pl.len()) > 9).then("artist")
    )
    report = evaluate(classifier, nobody)
    assert report.split == "table"
    (note,) = [note for note in report.notes if "name no artist" in note]
    assert note.startswith("33.3% of the tracks")
    both = evaluate(classifier, pl.concat([nobody, planted()[10:40]]))
    assert any(note.startswith("16.7% of the tracks name no artist") for note in both.notes)
    assert any(note.startswith("50.0% of the tracks are by artists") for note in both.notes)


# --- the promise --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("low", "high", "split", "kept", "told"),
    [
        (0.40, 0.49, "artist", False, "not kept"),
        (0.40, 0.50, "artist", True, "kept"),
        (0.60, 0.70, "artist", True, "kept"),
        (0.61, 0.70, "artist", True, "kept: better than announced"),
        (0.40, 0.49, "table", None, "cannot be told: it speaks of artists that the model has not heard"),
        (
            float("nan"),
            0.49,
            "artist",
            None,
            "cannot be told: it speaks of artists that the model has not heard",
        ),
    ],
)
def test_a_promise(
    classifier: Classifier, low: float, high: float, split: str, kept: bool | None, told: str
) -> None:
    accuracy = Score((low + high) / 2, low, high)
    found = replace(announce(classifier), split=split, scores={"accuracy": accuracy})
    announced = Score(0.55, 0.5, 0.6)
    assert promise_kept(announced, found) is kept
    assert tell_promise(announced, found) == told


# --- the honesty table --------------------------------------------------------------------------------------


def memorable() -> pl.DataFrame:
    """Tracks repeated in several rows, whose genre is known to who has met the track or the artist."""
    rng = np.random.default_rng(0)
    tracks = schema.sample(300, seed=0).with_columns(pl.col("tempo") + 1e-6, time_signature=4, duration=200.0)
    tracks = tracks.with_columns(
        artist=pl.Series([f"artist {i // 5}" for i in range(300)]),
        genre=pl.Series(np.repeat(rng.choice(GENRES, 60), 5)),
        loudness=pl.Series(np.repeat(rng.uniform(-50, 0, 60), 5)),
    )
    return pl.concat([tracks, tracks, tracks])


@pytest.fixture
def _deep_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that remembers all that it has met."""

    class Tree(DecisionTreeClassifier):  # type: ignore[misc]  # scikit-learn has no types
        def fit(self, X: Any, y: Any, groups: Any = None, **told: Any) -> Any:
            return super().fit(X, y, **told)

    def tree(_recipe: Recipe, _member: str, *, seed: int, threads: int) -> Any:
        return Tree(random_state=seed)

    monkeypatch.setattr(Recipe, "estimator", tree)


def test_the_table_obeys_class_weights() -> None:
    """Where one genre weighs all, every track is called by it."""
    prepared = prepare(schema.sample(300, seed=0), columns=["energy", "valence"])
    heavy: dict[str, float] = {"jazz": 1e6, "pop": 1.0, "rock": 1.0}
    plain, weighed = (
        honesty(prepared, Recipe("logistic", class_weights=weights), threads=1) for weights in (None, heavy)
    )
    share = (prepared.dataset.tracks["genre"] == "jazz").mean()
    assert isinstance(share, float)
    for before, after in zip(plain, weighed, strict=True):
        assert after.macro_f1.value < before.macro_f1.value
        assert after.accuracy.value == pytest.approx(share, abs=0.08)


@pytest.mark.usefixtures("_deep_tree")
def test_memory_pays_by_row_and_by_track_but_not_by_artist() -> None:
    columns = ["energy", "loudness", "valence", "tempo"]
    prepared = prepare(memorable(), columns=columns)
    assert len(prepared.dataset) == 300
    told: list[float] = []
    rows = honesty(prepared, "logistic", threads=1, progress=lambda _, share: told.append(share))
    by_row, by_track, by_artist = (row.accuracy for row in rows)
    assert [row.split for row in rows] == ["row", "track", "artist"]
    assert by_row.value > 0.95
    assert by_track.value > 0.75
    assert by_artist.low < 1 / 3 < by_track.low
    assert by_artist.value < 0.5
    assert [row.train_rows + row.test_rows for row in rows] == [900, 300, 300]
    assert all(
        row.test_rows / (row.train_rows + row.test_rows) == pytest.approx(0.2, abs=0.04) for row in rows
    )
    assert (told[0], told[-1]) == (0, 1)
    assert all(row.meaning for row in rows)


@pytest.mark.usefixtures("_deep_tree")
def test_the_honesty_table_reads_no_leak() -> None:
    leaky = memorable().with_columns(title=pl.when(pl.col("genre") != "pop").then("title"))
    prepared = prepare(leaky, columns=["energy", "valence", "title"])
    assert prepared.dataset.columns == ("energy", "valence")
    by_artist = honesty(prepared, "best", threads=1)[-1]
    assert by_artist.accuracy.low < 1 / 3 + 0.05


@pytest.mark.usefixtures("_deep_tree")
def test_without_artists_the_table_names_what_it_splits_by() -> None:
    prepared = prepare(memorable().drop("artist"), columns=["energy", "valence"])
    rows = honesty(prepared, "logistic", threads=1)
    assert [row.split for row in rows] == ["row", "track", "album"]
    assert rows[-1].meaning == "unique tracks, unheard album"


def test_a_split_that_cannot_be_made_is_left_out() -> None:
    prepared = prepare(memorable().with_columns(artist=pl.lit("Air")), split="row")
    assert [row.split for row in honesty(prepared, "majority")] == ["row", "track"]


def test_a_report_says_its_recipe() -> None:
    songs = dataset.make(schema.sample(90, seed=0))
    recipe = Recipe("logistic", {"C": 10}, steps=("pca:2",), sampling="over")
    shaped = train(songs, recipe, folds=2, threads=1)
    assert "the recipe: settings C=10; steps pca:2; sampling over" in announce(shaped).notes
    plain = train(songs, "logistic", folds=2, threads=1)
    assert not any("recipe" in note for note in announce(plain).notes)


def test_labelled_together_is_announced_and_evaluated_beside_alone() -> None:
    known, new = dataset.make(demo.read(rows=1500, seed=0).tracks).hold_out(0.3)
    classifier = train(known, "logistic", folds=3, threads=1)
    alone, together = (announce(classifier, together=way) for way in (False, True))
    assert any("predict --together" in note for note in alone.notes)
    assert together.scores["accuracy"].value > alone.scores["accuracy"].value
    assert together.coverage != alone.coverage
    found = evaluate(classifier, new.tracks, together=True)
    labels = classifier.predict(new.tracks, together=True)["genre"].to_numpy()
    assert found.scores["accuracy"].value == pytest.approx(
        float((labels == new.tracks["genre"].to_numpy()).mean())
    )
    assert any("were labelled together" in note for note in found.notes)
    nameless = train(dataset.make(schema.sample(90, seed=0).drop("artist")), "logistic", folds=2, threads=1)
    with pytest.raises(SettingError, match="together: the model has not learned"):
        announce(nameless, together=True)
