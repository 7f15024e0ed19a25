"""Several genres of a track: thresholds, scores, and what learning from all of them brings."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import f1_score, jaccard_score, label_ranking_average_precision_score

import genrelab
from genrelab import scoring, several, store
from genrelab.classifier import Classifier
from genrelab.dataset import Dataset
from genrelab.errors import LabelError, ModelError, SettingError
from genrelab.fitting import Fitting
from genrelab.insight import evaluation
from genrelab.preparation import merge, prepare
from genrelab.recipe import Recipe
from genrelab.several import Floats, Marks, find_thresholds, learn, mark, one_each
from genrelab.sources import demo, table

RNG = np.random.default_rng(5)


def drawn(rows: int = 400, genres: int = 4, seed: int = 0) -> tuple[Floats, Marks]:
    """Probabilities, and genres that are likelier the more probable they are: one or more."""
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.full(genres, 0.6), rows)
    return p, (rng.random(p.shape) < p) | one_each(p.argmax(axis=1), genres)


def test_scores_are_those_of_scikit_learn() -> None:
    p, seen = drawn()
    given = mark(p, np.array([0.2, 0.3, 0.4, 0.5]))
    found = several.score(p, seen, given, np.arange(len(p)))
    assert found["micro_f1"].value == pytest.approx(f1_score(seen, given, average="micro"))
    assert found["macro_f1"].value == pytest.approx(f1_score(seen, given, average="macro"))
    assert found["jaccard"].value == pytest.approx(jaccard_score(seen, given, average="samples"))
    assert found["exact"].value == pytest.approx((seen == given).all(axis=1).mean())
    assert found["any_accuracy"].value == pytest.approx(seen[np.arange(len(p)), p.argmax(axis=1)].mean())
    assert found["genres_given"].value == pytest.approx(given.sum(axis=1).mean())
    assert found["genres_seen"].high > 1
    assert all(score.low <= score.value <= score.high for score in found.values())


@pytest.mark.parametrize("single", [True, False])
def test_the_ranking_is_scored_as_by_scikit_learn(single: bool) -> None:
    p, seen = drawn()
    p = np.round(p, 1)  # with ties
    truth = seen.argmax(axis=1)
    told = one_each(truth, 4) if single else seen
    found = scoring.score(p, truth, np.arange(len(p)), seen=None if single else seen)
    expected = label_ranking_average_precision_score(told, p)
    assert found["label_ranking_average_precision"].value == pytest.approx(expected)


def test_with_all_genres_only_the_ranking_changes() -> None:
    p, seen = drawn()
    truth, groups = seen.argmax(axis=1), np.arange(len(p)) // 3
    one, all_of_them = scoring.score(p, truth, groups), scoring.score(p, truth, groups, seen=seen)
    assert {name for name in one if one[name] != all_of_them[name]} == {"label_ranking_average_precision"}


def test_thresholds_are_the_best_there_are() -> None:
    p, seen = drawn()
    found = find_thresholds(p, seen)
    for genre in range(4):
        tried = []
        for threshold in (*np.unique(p[:, genre]), several.NEVER):
            given = mark(p, np.where(np.arange(4) == genre, threshold, several.NEVER))[:, genre]
            tried.append(f1_score(seen[:, genre], given))
        assert f1_score(seen[:, genre], mark(p, found)[:, genre]) == pytest.approx(max(tried))


def test_a_genre_that_cannot_be_told_is_given_only_where_it_comes_first() -> None:
    p, seen = drawn(2000)
    seen = np.column_stack([RNG.random(2000) < 0.005, seen[:, 1:]])
    p[:, 0] *= RNG.permutation(2000) / 2000
    p /= p.sum(axis=1, keepdims=True)
    assert find_thresholds(p, seen)[0] == several.NEVER
    assert find_thresholds(p, seen, fbr=0.0)[0] < several.NEVER


def test_a_genre_nobody_has_and_a_single_track() -> None:
    p, seen = drawn()
    seen[:, 2] = False
    assert find_thresholds(p, seen)[2] == several.NEVER
    assert mark(p[:1], find_thresholds(p[:1], seen[:1])).sum() >= 1


def test_thresholds_never_see_the_tracks_that_they_are_scored_on() -> None:
    p, seen = drawn(600)
    rows = np.arange(600)
    folds = [(rows[rows % 3 != k], rows[rows % 3 == k]) for k in range(3)]
    lied = seen.copy()
    lied[folds[0][1]] = one_each(RNG.integers(0, 4, 200), 4)
    names = ["a", "b", "c", "d"]
    honest, other = (learn(p, told, rows, folds, names) for told in (seen, lied))
    of_fold = [find_thresholds(p[folds[0][0]], told[folds[0][0]]) for told in (seen, lied)]
    assert np.array_equal(of_fold[0], of_fold[1])
    assert (
        honest.scores["genres_given"] != other.scores["genres_given"]
    )  # the other folds learned from the lie
    assert not np.array_equal(honest.thresholds, other.thresholds)
    expected = np.zeros_like(seen)
    for train, test in folds:
        expected[test] = mark(p[test], find_thresholds(p[train], seen[train]))
    assert honest.scores["micro_f1"].value == pytest.approx(f1_score(seen, expected, average="micro"))


def test_pairs_are_counted() -> None:
    seen = np.array([[1, 1, 0], [1, 1, 0], [0, 1, 1], [1, 0, 0]], dtype=bool)
    p = np.array([[0.5, 0.5, 0.0]] * 4)
    told = several.Several(tuple(several.GenreAmong(name, 0.4, 0, 0, 0, 0) for name in "abc"), {}, 0.0, ())
    found = several.measure(told, p, seen, np.arange(4))
    assert [(pair.genre, pair.other, pair.seen, pair.given) for pair in found.pairs] == [
        ("a", "b", 2, 4),
        ("b", "c", 1, 0),
    ]
    assert found.share == 0.75


# --- a model ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def songs() -> pl.DataFrame:
    """A demo catalogue, some tracks of which stand under several genres."""
    return demo.read(rows=900, seed=3).tracks


@pytest.fixture(scope="module")
def made(songs: pl.DataFrame) -> Dataset:
    return prepare(songs, multi=True).dataset


@pytest.fixture(scope="module")
def model(made: Dataset) -> Classifier:
    return genrelab.train(made, "lightgbm", folds=3, threads=1)


def test_a_dataset_knows_all_genres(songs: pl.DataFrame, made: Dataset) -> None:
    plain = prepare(songs).dataset
    assert plain.seen_under is None
    assert made.seen_under is not None
    assert plain.tracks.equals(made.tracks)
    assert np.array_equal(plain.truth, made.truth)
    assert made.seen_under[np.arange(len(made)), made.truth].all()
    assert (made.seen_under.sum(axis=1) > 1).sum() > 10
    assert plain.fingerprint() != made.fingerprint()
    part = made.take(np.array([5, 3]))
    assert part.seen_under is not None
    assert np.array_equal(part.seen_under, made.seen_under[[5, 3]])
    ids = songs.group_by("track_id").agg(pl.col("genre").unique().sort())
    for name, marks in zip(made.tracks["track_id"], made.seen_under, strict=True):
        genres = ids.filter(track_id=name)["genre"].to_list()[0]
        assert set(genres) <= {genre for genre, one in zip(made.genres, marks, strict=True) if one}


def test_lists_are_genres(songs: pl.DataFrame) -> None:
    names = songs["genre"]
    lists = pl.Series([[one, "", "loud"] if i % 3 else [one] for i, one in enumerate(names)])
    found = prepare(songs.with_columns(genre=lists), multi=True).dataset
    assert "loud" in found.genres
    assert found.seen_under is not None
    assert found.seen_under[:, found.genres.index("loud")].sum() > 300
    assert not (found.truth == found.genres.index("loud")).any()
    rarely = songs.with_columns(
        genre=pl.Series([[one, "odd"] if i < 3 else [one] for i, one in enumerate(names)])
    )
    assert "odd" not in prepare(rarely, multi=True, min_tracks=20).dataset.genres
    with pytest.raises(LabelError, match=r"holds lists .* --multi"):
        prepare(rarely)
    with pytest.raises(LabelError, match="no such column"):
        prepare(songs, "nothing", multi=True)
    with pytest.raises(LabelError, match="not names of genres"):
        prepare(songs.with_columns(genre=1), multi=True)


def test_all_matches_of_a_taxonomy_are_genres(songs: pl.DataFrame) -> None:
    tagged = songs.with_columns(tags=pl.concat_list("genre", pl.lit("jazz")))
    found = prepare(tagged, "tags", taxonomy="broad", multi=True).dataset
    plain = prepare(tagged, "tags", taxonomy="broad").dataset
    assert found.seen_under is not None
    assert np.array_equal(found.tracks["genre"].to_numpy(), plain.tracks["genre"].to_numpy())
    assert found.seen_under[:, found.genres.index("jazz")].all()
    assert (found.seen_under.sum(axis=1) == 2).mean() > 0.9


def test_the_card_tells(model: Classifier, made: Dataset) -> None:
    told = model.several()
    heard = model.out_of_fold
    assert heard is not None
    assert made.seen_under is not None
    assert [one.genre for one in told.genres] == list(model.genres)
    assert np.array_equal(told.thresholds, find_thresholds(heard.probabilities, made.seen_under))
    assert told.share == (made.seen_under.sum(axis=1) > 1).mean()
    assert [one.tracks for one in told.genres] == made.seen_under.sum(axis=0).tolist()
    expected = label_ranking_average_precision_score(made.seen_under, heard.probabilities)
    assert model.card.scores["label_ranking_average_precision"].value == pytest.approx(expected)
    right = heard.probabilities.argmax(axis=1) == heard.truth
    assert model.card.scores["accuracy"].value == pytest.approx(right.mean())
    assert told.scores["any_accuracy"].value >= right.mean()


def test_predictions(model: Classifier, songs: pl.DataFrame) -> None:
    found = model.predict(songs, multi=True, probabilities=True)
    assert found.columns[:3] == ["genre", "confidence", "genres"]
    assert (found["genres"].list.first() == found["genre"]).all()
    p = found.select(f"p_{genre}" for genre in model.genres).to_numpy()
    assert np.array_equal(found["genres"].list.len(), mark(p, model.several().thresholds).sum(axis=1))
    assert (found["genres"].list.len() > 1).any()
    assert model.predict(songs, multi=True).drop("genres").equals(model.predict(songs))
    together = model.predict(songs, multi=True, together=True)
    expected = model.several(together=True).mark(model.predict_proba(songs, together=True))
    assert np.array_equal(together["genres"].list.len(), expected.sum(axis=1))


def test_what_was_not_learned_cannot_be_asked_for(
    model: Classifier, made: Dataset, songs: pl.DataFrame
) -> None:
    plain = genrelab.train(replace(made, seen_under=None), "majority", folds=3, threads=1)
    with pytest.raises(SettingError, match=r"^multi: the model has learned one genre a track: train it"):
        plain.predict(songs, multi=True)
    with pytest.raises(SettingError, match=r"^multi: .* leave coverage out$"):
        model.predict(songs, multi=True, coverage=0.9)


def test_it_is_the_same_after_a_round_trip(model: Classifier, songs: pl.DataFrame, tmp_path: Path) -> None:
    back = store.load(store.save(model, tmp_path / "model"))
    assert back.card.several == model.card.several
    assert back.card.together == model.card.together
    assert back.predict(songs, multi=True).equals(model.predict(songs, multi=True))


@pytest.mark.parametrize("spoiled", ['"threshold": 2.0', '"threshold": NaN', '"threshold": "x"'])
def test_a_card_with_other_thresholds_is_refused(model: Classifier, tmp_path: Path, spoiled: str) -> None:
    card = store.save(model, tmp_path / "model") / "card.json"
    card.write_text(
        re.sub(
            r'"threshold": [0-9.e-]+,\n *"precision": [0-9.e-]+,\n *"recall"',
            spoiled + ', "precision": 0.5, "recall"',
            card.read_text(),
        )
    )
    assert spoiled in card.read_text()
    with pytest.raises(ModelError):
        store.load(tmp_path / "model")


def test_evaluation_uses_all_genres(model: Classifier, songs: pl.DataFrame) -> None:
    found = evaluation.evaluate(model, songs)
    tracks, seen = merge(songs, "genre", model.genres)
    p = model.predict_proba(tracks)
    assert found.rows == tracks.height < songs.height
    assert found.several is not None
    expected = label_ranking_average_precision_score(seen, p)
    assert found.scores["label_ranking_average_precision"].value == pytest.approx(expected)
    given = model.several().mark(p)
    assert found.several.scores["micro_f1"].value == pytest.approx(f1_score(seen, given, average="micro"))
    assert any("rows repeat a track" in note for note in found.notes)
    assert found.confidence is not None
    kept = next(row for row in found.confidence.kept if row.name == "micro_f1")
    assert (kept.announced, kept.found) == (
        model.several().scores["micro_f1"],
        found.several.scores["micro_f1"],
    )
    lists = songs.with_columns(genre=pl.concat_list(pl.lit("polka"), "genre"))
    other = evaluation.evaluate(model, lists)
    assert other.several == found.several
    assert other.scores == found.scores


@pytest.mark.parametrize("chosen", [None, "balanced", "named"])
def test_a_track_of_several_genres_weighs_as_much_as_any(made: Dataset, chosen: str | None) -> None:
    weights: Any = (
        {genre: 1.0 + place for place, genre in enumerate(made.genres)} if chosen == "named" else chosen
    )
    recipe = Recipe("logistic", class_weights=weights)
    rows = np.arange(0, len(made), 2)
    lessons = Fitting(made, recipe, recipe.read(made.tracks, made.columns), 0, 1).lessons(rows)
    assert made.seen_under is not None
    assert lessons.places is not None
    assert lessons.weight is not None
    assert lessons.weight.sum() == pytest.approx(len(rows))
    assert (np.bincount(lessons.places) == made.seen_under[rows].sum(axis=1)).all()
    assert made.seen_under[rows][lessons.places, lessons.truth].all()
    if chosen is None:
        assert np.bincount(lessons.places, lessons.weight) == pytest.approx(1.0)
    totals = np.bincount(lessons.truth, lessons.weight)
    if chosen == "balanced":
        assert totals == pytest.approx(totals[0])
    if chosen == "named":
        shares = np.bincount(lessons.truth, 1 / made.seen_under[rows].sum(axis=1)[lessons.places])
        assert totals / shares == pytest.approx((totals / shares)[0] * np.arange(1, len(made.genres) + 1))


def test_invented_tracks_have_no_several_genres(made: Dataset) -> None:
    with pytest.raises(SettingError, match=r"^sampling 'smote': invents tracks"):
        genrelab.train(made, Recipe("logistic", sampling="smote"), folds=3, threads=1)
    genrelab.train(made, Recipe("logistic", sampling="under"), folds=3, threads=1)


def test_a_model_that_cannot_weigh_learns_from_each_genre_once(made: Dataset) -> None:
    part = made.take(np.arange(200))
    found = genrelab.train(part, "nearest_neighbours", folds=3, threads=1)
    assert found.several().scores["micro_f1"].value > 0.2


@pytest.mark.data("spotify_30k")
def test_learning_from_all_genres_ranks_tracks_of_several_better(data: Path) -> None:
    tracks = table.read(data / "spotify_30k" / "spotify_songs.csv").tracks
    whole = prepare(tracks, multi=True).dataset
    assert whole.seen_under is not None
    both = whole.seen_under.sum(axis=1) > 1
    assert both.sum() > 1687
    train, test = next(whole.folds(3, seed=0))
    rng = np.random.default_rng(0)
    train = np.sort(
        np.concatenate([train[both[train]], rng.choice(train[~both[train]], 1500, replace=False)])
    )
    learned, held = whole.take(train), whole.take(test[both[test]])
    assert learned.seen_under is not None
    assert held.seen_under is not None
    ranking, micro = [], []
    for part in (learned, replace(learned, seen_under=None)):
        model = genrelab.train(part, "lightgbm", folds=3, threads=1)
        p = model.predict_proba(held.tracks)
        assert model.out_of_fold is not None
        thresholds = find_thresholds(model.out_of_fold.probabilities, learned.seen_under)
        ranking.append(label_ranking_average_precision_score(held.seen_under, p))
        micro.append(f1_score(held.seen_under, mark(p, thresholds), average="micro"))
    assert ranking[0] > ranking[1]
    assert micro[0] > micro[1]
