"""One song, in a sentence."""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl
import pytest

from genrelab import dataset, schema
from genrelab.classifier import Classifier
from genrelab.errors import SettingError
from genrelab.features import text
from genrelab.insight.explanation_song import Song, columns_of, explain_song
from genrelab.insight.explanation_words import _per_gram, words
from genrelab.models import MODELS
from genrelab.recipe import Recipe
from genrelab.training import train

SENTENCE = (
    "Blue by Air is electronic (0.72): low acousticness (0.03) and high instrumentalness (0.85) speak for it,"
    " tempo 92 speaks against it"
)


def song(**given: object) -> Song:
    added = pl.DataFrame(
        {
            "column": ["acousticness", "instrumentalness", "tempo", "key"],
            "value": ["0.03", "0.85", "92", "7"],
            "level": ["low", "high", "", ""],
            "contribution": [0.9, 0.8, -0.4, 0.01],
        }
    )
    told: dict[str, object] = {
        "name": "Blue by Air", "genre": "electronic", "confidence": 0.72, "contributions": added,
        "base": -0.2, "score": 1.11, "scale": "log-probability", "probabilities": pl.DataFrame(),
        "words": pl.DataFrame({"word": ["remix", "ballad"], "weight": [0.5, -0.2]}),
    }  # fmt: skip
    return Song(**(told | given))  # type: ignore[arg-type]


def test_the_sentence() -> None:
    assert song().sentence == SENTENCE


def test_words_are_named_on_their_side() -> None:
    row = {"column": "text", "value": "", "level": ""}
    pro = song(contributions=pl.DataFrame([row | {"contribution": 1.0}]))
    assert pro.sentence.endswith("its words (“remix”) speak for it")
    con = song(contributions=pl.DataFrame([row | {"contribution": -1.0}]))
    assert con.sentence.endswith("its words (“ballad”) speak against it")
    wording = song(contributions=pl.DataFrame([row | {"column": "title", "contribution": 1.0}]))
    assert wording.sentence.endswith("how its title is written speaks for it")


def test_where_nothing_is_known_nothing_is_said() -> None:
    empty = song().contributions.head(0)
    assert song(contributions=empty).sentence == "Blue by Air is electronic (0.72)"


@pytest.fixture(autouse=True)
def _boosters_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the network out of the blend: no exact contributions are known of one."""
    members = {name: MODELS[name].members or (name,) for name in MODELS}
    boosters = {name: tuple(one for one in own if one != "mlp") or own for name, own in members.items()}
    monkeypatch.setattr(Recipe, "present", property(lambda recipe: boosters[recipe.model]))


@cache
def songs() -> pl.DataFrame:
    drawn = schema.sample(240, seed=2)
    rock = pl.col("energy") > 0.5
    named = pl.when(rock).then(pl.lit("rock")).otherwise(pl.lit("jazz"))
    title = pl.when(rock).then(pl.lit("(Loud) guitar ")).otherwise(pl.lit("Quiet swing "))
    return drawn.with_columns(named.alias("genre"), (title + pl.col("track_id")).alias("title"))


@cache
def fitted(name: str) -> Classifier:
    small = {
        "best": {
            "lightgbm.rounds": 8,
            "random_boosting.rounds": 8,
            "xgboost.n_estimators": 8,
            "catboost.iterations": 8,
        }
    }
    columns = ["energy", "valence", "tempo", "key", "title"]
    return train(
        dataset.make(songs(), columns=columns), Recipe(name, small.get(name, {})), folds=2, threads=1
    )


@pytest.mark.parametrize("name", ["logistic", "lightgbm", "decision_tree", "best"])
def test_columns_sum_to_the_score(name: str) -> None:
    if name == "lightgbm":
        pytest.importorskip("lightgbm")
    found = explain_song(fitted(name), songs(), 11)
    assert found.score == pytest.approx(
        found.base + float(np.sum(found.contributions["contribution"].to_numpy()))
    )
    assert set(found.contributions["column"]) >= {"energy", "valence", "tempo", "key"}
    assert not set(found.contributions["column"]) & {"key_sin", "tempo_folded", "title_length"}
    assert found.genre == songs()["genre"][11]
    assert found.probabilities["probability"].sum() == pytest.approx(1)
    assert found.contributions["column"][0] in {"energy", "text"}


def test_a_table_of_one_track_will_do() -> None:
    alone = explain_song(fitted("logistic"), songs()[11:12], 0)
    whole = explain_song(fitted("logistic"), songs(), 11)
    assert alone.score == pytest.approx(whole.score)
    assert alone.name == whole.name


def test_gaps_are_named() -> None:
    gap = songs().with_columns(energy=pl.lit(None, dtype=pl.Float64), artist=pl.lit(None, dtype=pl.String))
    found = explain_song(fitted("lightgbm"), gap, 0)
    value = found.contributions.filter(pl.col("column") == "energy")["value"]
    assert value.to_list() == ["missing"]
    assert " by " not in found.name
    assert (
        explain_song(fitted("lightgbm"), gap.drop("title").with_columns(title=pl.lit("")), 4).name
        == "Track 5"
    )


@pytest.mark.parametrize("row", [-1, 240])
def test_a_row_that_is_not_there(row: int) -> None:
    with pytest.raises(SettingError, match=f"row {row}: the table has 240 tracks"):
        explain_song(fitted("logistic"), songs(), row)


def test_columns_of_features() -> None:
    table = songs().columns
    assert columns_of("key_cos", table) == ("key",)
    assert columns_of("title_is_album", table) == ("title", "album")
    assert columns_of("pca0", table) == ()


# Words -----------------------------------------------------------------------------------------------------


def test_words_that_were_planted_speak_for_their_genre() -> None:
    rows = {genre: songs()["genre"].to_list().index(genre) for genre in ("jazz", "rock")}
    best = fitted("best")
    loud = words(best, songs()[rows["rock"] : rows["rock"] + 1], 1)
    assert set(loud["word"][:2]) == {"loud", "guitar"}
    quiet = words(best, songs()[rows["jazz"] : rows["jazz"] + 1], 1)
    assert set(quiet["word"][-2:]) == {"quiet", "swing"}
    assert quiet["weight"].min() < 0  # type: ignore[operator]


def test_words_sum_to_what_the_text_model_says() -> None:
    track = songs()[0:1].with_columns(title=pl.lit("(Loud) guitar, don't stop: guitar"))
    best = fitted("best")
    per_gram = _per_gram(best, track, 1)
    assert per_gram is not None
    whole = float((text.counts(track, ["title"]).astype(np.float64) @ per_gram)[0])
    assert words(best, track, 1)["weight"].sum() == pytest.approx(whole)
    assert whole != 0


def test_without_text_there_are_no_words() -> None:
    assert words(fitted("logistic"), songs()[0:1], 1).is_empty()
    assert words(fitted("best"), songs()[0:1].with_columns(title=pl.lit(None, dtype=pl.String)), 1).is_empty()
