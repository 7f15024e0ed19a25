"""Scores on collections with other genre names: figures against scikit-learn, notes, and real tables."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score

from genrelab import crosswalk, dataset, schema
from genrelab.classifier import Classifier
from genrelab.cleaning import clean
from genrelab.crosswalk import ELSEWHERE, Crosswalk
from genrelab.errors import LabelError, ReadError
from genrelab.insight import report as reports
from genrelab.insight.crossing import Crossed
from genrelab.insight.evaluation import evaluate, promise_kept, tell_promise
from genrelab.insight.results import Report, Score
from genrelab.sources import demo, fma, table
from genrelab.training import train

GENRES = ("jazz", "pop", "rock")
RENAMED = {"jazz": "Jazz & Blues", "pop": "Charts", "rock": "Guitars"}


def planted(n: int = 240, seed: int = 0, artists: str = "artist") -> pl.DataFrame:
    """Tracks of which energy tells the genre more or less."""
    tracks = schema.sample(n, seed)
    code = pl.col("genre").replace_strict(GENRES, range(3), return_dtype=pl.Int64)
    return tracks.with_columns(
        energy=(code + pl.col("energy") * 2) / 4, artist=pl.col("artist").str.replace("artist", artists)
    )


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return train(dataset.make(planted()), "logistic", folds=3, threads=1)


def crossed(classifier: Classifier, tracks: pl.DataFrame, lines: dict[str, tuple[str, ...]]) -> Crossed:
    found = evaluate(classifier, tracks, crosswalk=Crosswalk(lines, "map.toml"))
    assert isinstance(found, Crossed)
    return found


def figures(report: Report) -> dict[str, object]:
    """All that a report says, but for sentences, names of genres, and promises, which are the model's own."""
    skipped = {"notes", "genres", "per_genre", "confidence"}
    told = {field.name: getattr(report, field.name) for field in fields(Report) if field.name not in skipped}
    return told | {"per_genre": [(g.precision, g.recall, g.f1, g.support) for g in report.per_genre]}


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 1000), st.integers(30, 120), st.booleans())
def test_a_crosswalk_of_the_same_names_gives_todays_scores(
    classifier: Classifier, seed: int, rows: int, nameless: bool
) -> None:
    tracks = planted(rows, seed, artists="artist" if nameless else "other")
    tracks = tracks.drop("artist") if nameless else tracks
    plain = evaluate(classifier, tracks)
    same = crossed(classifier, tracks, {genre: (genre,) for genre in GENRES})
    assert same.genres == plain.genres
    assert figures(same) == figures(plain)
    assert promise_kept(classifier.card.scores["accuracy"], same) == promise_kept(
        classifier.card.scores["accuracy"], plain
    )


def test_other_names_give_the_same_scores(classifier: Classifier) -> None:
    tracks = planted(120, 1, artists="other")
    others = tracks.with_columns(pl.col("genre").replace_strict(RENAMED))
    found = crossed(classifier, others, {theirs: (ours,) for ours, theirs in RENAMED.items()})
    assert figures(found) == figures(evaluate(classifier, tracks))
    assert found.genres == ("Jazz & Blues", "Charts", "Guitars")
    assert found.renames
    assert "cannot be told" not in tell_promise(classifier.card.scores["accuracy"], found)


def test_figures_are_scikit_learns_where_genres_are_joined_and_some_are_elsewhere(
    classifier: Classifier,
) -> None:
    tracks = planted(200, 2, artists="other").filter(pl.col("genre") != "rock")
    found = crossed(classifier, tracks, {"jazz": ("jazz",), "pop": ("pop",)})
    said = classifier.predict(tracks)["genre"].replace("rock", ELSEWHERE).to_list()
    truth = tracks["genre"].to_list()
    assert ELSEWHERE in said
    assert found.genres == ("jazz", "pop", ELSEWHERE)
    assert found.scores["accuracy"].value == pytest.approx(accuracy_score(truth, said))
    assert found.scores["macro_f1"].value == pytest.approx(
        f1_score(truth, said, labels=["jazz", "pop"], average="macro")
    )
    assert [one.genre for one in found.per_genre] == ["jazz", "pop"]
    assert sum(row[-1] for row in found.confusion) == said.count(ELSEWHERE)
    assert found.floors["majority"] == max(truth.count(genre) for genre in GENRES) / len(truth)
    p = classifier.predict_proba(tracks)[:, :2]
    free = accuracy_score(truth, np.array(GENRES)[p.argmax(axis=1)])
    assert found.within["accuracy"].value == pytest.approx(free)
    assert free > found.scores["accuracy"].value


def test_joined_genres_are_not_told_apart(classifier: Classifier) -> None:
    tracks = planted(150, 3, artists="other")
    found = crossed(classifier, tracks, {"jazz": ("jazz",), "pop": ("pop", "rock"), "rock": ("rock",)})
    p = classifier.predict_proba(tracks)
    joined = np.where(p[:, 0] > p[:, 1] + p[:, 2], "jazz", "pop + rock")
    truth = np.where(tracks["genre"].to_numpy() == "jazz", "jazz", "pop + rock")
    assert found.genres == ("jazz", "pop + rock")
    assert found.scores["accuracy"].value == pytest.approx(accuracy_score(truth, joined))
    assert found.floors["majority"] == pytest.approx((truth == "pop + rock").mean())
    assert found.within == {}
    announced = classifier.card.scores["accuracy"]
    assert promise_kept(announced, found) is None
    assert "speaks of the model's own genres" in tell_promise(announced, found)


def test_what_is_left_out_is_counted_and_told(classifier: Classifier) -> None:
    row = pl.int_range(pl.len())
    tracks = planted(90, 1, artists="other").with_columns(
        genre=pl.when(row < 10).then(pl.lit("fado")).when(row < 15).then(None).otherwise("genre")
    )
    found = crossed(classifier, tracks, {"jazz": ("jazz",), "pop": ("pop",), "rok": ("rock",)})
    rock = tracks.filter(pl.col("genre") == "rock").height
    assert found.left_out == {"rock": rock, "fado": 10}
    assert found.rows == 75 - rock
    assert found.notes[:3] == (
        "genres were brought together by map.toml: jazz is jazz; pop is pop; rok is rock",
        f"{15 + rock} tracks were left out: 5 without a genre; of genres that stand in no line: rock {rock},"
        " fado 10",
        "no track has what map.toml names: 'rok' (did you mean 'rock'?)",
    )


def test_genres_elsewhere_are_told(classifier: Classifier) -> None:
    tracks = planted(200, 2, artists="other")
    found = crossed(classifier, tracks, {"jazz": ("jazz",), "pop": ("pop",)})
    (note,) = [note for note in found.notes if "taken for genres" in note]
    missed = sum(row[-1] for row in found.confusion) / found.rows
    assert note.startswith(f"{missed:.1%} of the tracks were taken for genres of the model that stand in no")
    assert "(rock), and count as wrong; choosing among the others alone, its accuracy is 0." in note


def test_artists_learned_from_are_told_as_ever(classifier: Classifier) -> None:
    tracks = planted().with_columns(pl.col("genre").replace_strict(RENAMED))
    found = crossed(classifier, tracks, {theirs: (ours,) for ours, theirs in RENAMED.items()})
    assert found.split == "table"
    assert any(note.startswith("100.0% of the tracks are by artists") for note in found.notes)


def test_a_crossed_report_is_json_and_a_page(classifier: Classifier, tmp_path: Path) -> None:
    tracks = planted(90, 1).with_columns(pl.col("genre").replace("pop", "<b>Charts</b>"))
    found = crossed(classifier, tracks, {"<b>Charts</b>": ("pop",), "jazz": ("jazz",)})
    told = reports.as_dict(found)
    assert told["crosswalk"] == [
        {"name": "jazz", "theirs": ["jazz"], "ours": ["jazz"]},
        {"name": "<b>Charts</b>", "theirs": ["<b>Charts</b>"], "ours": ["pop"]},
    ]
    assert told["elsewhere"] == ["rock"]
    reports.write_html(found, tmp_path / "found.html")
    page = (tmp_path / "found.html").read_text()
    assert "&lt;b&gt;Charts&lt;/b&gt; is pop" in page
    assert "<b>Charts" not in page


def test_labelled_together() -> None:
    known, new = dataset.make(demo.read(rows=900, seed=0).tracks).hold_out(0.3)
    model = train(known, "logistic", folds=3, threads=1)
    lines = {genre.upper(): (genre,) for genre in model.genres}
    others = new.tracks.with_columns(pl.col("genre").str.to_uppercase())
    found = evaluate(model, others, together=True, crosswalk=Crosswalk(lines))
    assert figures(found) == figures(evaluate(model, new.tracks, together=True))


@pytest.mark.parametrize(
    ("lines", "error", "message"),
    [
        (
            {"a": ("jazz",), "b": ("pop",)},
            LabelError,
            r"none of its genres \(pop 23, rock 23, jazz 14\) stands in map.toml",
        ),
        ({"jazz": ("jaz",), "pop": ("pop",)}, ReadError, "did you mean 'jazz'"),
        ({}, ReadError, "names no genre of the model"),
        ({"jazz": ("jazz",), "pop": ("jazz",)}, ReadError, "leaves one genre"),
    ],
)
def test_crosswalks_that_do_not_fit(
    classifier: Classifier, lines: dict[str, tuple[str, ...]], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        crossed(classifier, planted(60, 1), lines)


def test_names_that_do_not_fit_lead_to_a_crosswalk(classifier: Classifier) -> None:
    others = planted(60).with_columns(pl.col("genre").replace_strict(RENAMED))
    with pytest.raises(
        LabelError, match=r"none of its genres is known .* or draft a crosswalk \(--draft-map"
    ):
        evaluate(classifier, others)


# --- real tables --------------------------------------------------------------------------------------------


@pytest.mark.data("fma", "fma_rock_hiphop", "spotify_114k")
def test_a_model_of_the_archive_scores_on_spotifys_genres(data: Path) -> None:
    """Eight descriptors and the names of genres are all that both have; it beats the floor clearly."""
    files = ("fma/tracks_genres_cleaned.csv", "fma/genres.csv", "fma_rock_hiphop/echonest-metrics.json")
    songs = clean(fma.read([data / file for file in files]).tracks).tracks.sample(2000, seed=0)
    songs = songs.filter(pl.len().over("genre") > 10)
    columns = [
        "acousticness",
        "danceability",
        "energy",
        "instrumentalness",
        "speechiness",
        "tempo",
        "valence",
    ]
    model = train(dataset.make(songs, columns=columns), "logistic", folds=2, threads=1)
    others = table.read(data / "spotify_114k" / "eight_genres.csv").tracks
    drafted = crosswalk.draft(others["genre"].unique(), model.genres)
    assert drafted.genres["hip-hop"] == ("Hip-Hop",)
    assert set(others["genre"]) - set(drafted.genres) <= {"country", "latin"}
    found = evaluate(model, others, crosswalk=drafted)
    assert isinstance(found, Crossed)
    assert found.rows + sum(found.left_out.values()) == others.height
    accuracy: Score = found.scores["accuracy"]
    assert accuracy.low > found.floors["majority"] + 0.1
    assert found.within["accuracy"].value >= accuracy.value
    assert found.elsewhere
