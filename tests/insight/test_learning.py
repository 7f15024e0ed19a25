"""More examples, more accuracy; the same draws for every contender, and artists on one side."""

from __future__ import annotations

import json

import numpy as np
import pytest

from genrelab import dataset, schema
from genrelab.dataset import Dataset
from genrelab.errors import SettingError
from genrelab.insight import learning
from genrelab.insight.learning import Contender, Curve, Learned, Point, drawn, learn, mean
from genrelab.insight.report import plain
from genrelab.recipe import Recipe
from genrelab.sources import demo

LOGISTIC, MAJORITY = Contender(Recipe("logistic")), Contender(Recipe("majority"))


@pytest.fixture(scope="module")
def songs() -> Dataset:
    return dataset.make(demo.read(rows=500, seed=3).tracks)


@pytest.fixture(scope="module")
def learned(songs: Dataset) -> Learned:
    contenders = {"logistic": LOGISTIC, "majority": MAJORITY}
    return learn(songs, contenders, sizes=(3, 30, 10_000), draws=3, threads=1)


def test_more_examples_bring_more(learned: Learned) -> None:
    few, many = learned.curves[0].points
    assert [point.examples for point in learned.curves[0].points] == [3, 30]
    assert many.accuracy.value > few.accuracy.value
    assert many.accuracy.value > learned.curves[1].points[1].accuracy.value
    assert few.tracks == 3 * learned.genres


def test_the_same_seed_gives_the_same_curves(songs: Dataset, learned: Learned) -> None:
    again = learn(songs, {"logistic": LOGISTIC}, sizes=(3, 30), draws=3, threads=1)
    assert again.curves[0] == learned.curves[0]


def test_a_larger_draw_has_the_smaller_in_it() -> None:
    truth = np.repeat(np.arange(3), [50, 20, 4])
    small, large = (drawn(truth, np.arange(74), size, seed=1) for size in (5, 10))
    assert set(small) < set(large)
    assert np.bincount(truth[large]).tolist() == [10, 10, 4]


def test_the_interval_of_a_mean_is_students() -> None:
    score = mean([0.5, 0.6, 0.7])
    assert score.value == pytest.approx(0.6)
    assert score.high - score.value == pytest.approx(4.3027 * 0.1 / 3**0.5, abs=1e-4)


def test_too_few_tracks_are_told() -> None:
    songs = dataset.make(schema.sample(30, seed=0))
    with pytest.raises(SettingError, match=r"learning curve: '\w+' has \d+ tracks where others are held out"):
        learn(songs, {"logistic": LOGISTIC}, sizes=(40,), draws=2)
    assert learning.learn_few(dataset.make(schema.sample(9, seed=0)), {}, draws=2) is None
    with pytest.raises(SettingError, match="draw at least twice"):
        learn(songs, {"logistic": LOGISTIC}, draws=1)


def test_it_is_shown_in_words_and_drawn() -> None:
    point = Point(20, 40, mean([0.5, 0.6]), (0.5, 0.6))
    found = Learned((Curve("<b>mine", (point,)),), 2, 2, "title+artist")
    table = learning.tabulate(found)
    assert table.headers == ("examples a genre", "<b>mine", "95 % interval")
    assert table.rows[0][:2] == ("20", "0.550")
    figure = learning.draw(found)
    assert figure["data"][1]["name"] == "&lt;b&gt;mine"
    assert json.loads(json.dumps(plain(found)))["curves"][0]["points"][0]["each"] == [0.5, 0.6]
    assert learning.card(found).figure is not None
