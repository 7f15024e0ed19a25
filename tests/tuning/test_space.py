"""What to try: read from words, taken from the drawer, checked, drawn and spread over a grid."""

from __future__ import annotations

import numpy as np
import pytest

from genrelab.errors import SettingError, UnknownName
from genrelab.models import MODELS, Range
from genrelab.recipe import Recipe
from genrelab.tuning import space


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("C=0.1,1,10", (0.1, 1, 10)),
        ("C=1", (1,)),
        ("weights=uniform, distance", ("uniform", "distance")),
        ("max_depth=null,4", (None, 4)),
        ("layers=[64],[64,32]", ([64], [64, 32])),
        ("max_depth=3..9", Range(3, 9)),
        ("C=0.001..100:log", Range(0.001, 100, log=True)),
        ("C=1e-3..1e2", Range(1e-3, 1e2)),
        ("shift=-2..-1", Range(-2, -1)),
    ],
)
def test_what_to_try_is_read(written: str, meant: object) -> None:
    assert space.parse([written]) == {written.partition("=")[0]: meant}


@pytest.mark.parametrize(
    "written", ["C", "=1", "C=", "C=1..", "C=..5", "C=a..b", "C=1..2..3", "C=1,2:log", "C=1..2:ln"]
)
def test_what_cannot_be_read_says_how_to_write_it(written: str) -> None:
    with pytest.raises(SettingError, match="cannot be read: write NAME=A,B,C"):
        space.parse([written])


def test_a_setting_stands_once() -> None:
    with pytest.raises(SettingError, match="try 'C': stands twice"):
        space.parse(["C=1", "C=2"])


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ((), "no values"),
        (Range(5, 2), "is no range"),
        (Range(1, 1), "is no range"),
        (Range(0.0, float("nan")), "is no range"),
        (Range(0.0, 1.0, log=True), "start above 0"),
    ],
)
def test_what_cannot_be_tried_is_refused(choice: object, said: str) -> None:
    with pytest.raises(SettingError, match=f"try 'C': .*{said}"):
        space.checked({"C": choice}, Recipe("logistic"))


def test_a_space_fits_its_model() -> None:
    with pytest.raises(UnknownName, match="no setting of 'logistic' 'depth'"):
        space.checked({"depth": (1, 2)}, Recipe("logistic"))
    with pytest.raises(SettingError, match="'C': is fixed at 3: leave one of the two out"):
        space.checked({"C": (1, 2)}, Recipe("logistic", {"C": 3}))
    with pytest.raises(SettingError, match="names nothing to try"):
        space.checked({}, Recipe("logistic"))
    with pytest.raises(SettingError, match="'majority': has no settings left to try"):
        space.of(Recipe("majority"))
    assert space.checked({"C": [1, 1, 1.0]}, Recipe("logistic")) == {"C": (1, 1.0)}
    assert space.checked({"C": np.array([0.5])}, Recipe("logistic")) == {"C": (0.5,)}


@pytest.mark.parametrize("name", sorted(name for name, model in MODELS.items() if model.space))
def test_every_space_of_the_drawer_can_be_tried(name: str) -> None:
    recipe = Recipe(name)
    found = space.of(recipe)
    assert space.checked(found, recipe) == found


def test_a_blend_is_tried_by_member() -> None:
    found = space.of(Recipe("best", {"lightgbm.rounds": 100}))
    assert "random_boosting.rounds" in found
    assert "lightgbm.rounds" not in found
    assert {name.partition(".")[0] for name in found} == set(MODELS["best"].members)


def test_what_is_not_fitted_is_not_tried() -> None:
    tried = {name.partition(".")[0] for name in space.of(Recipe("best"))}
    assert tried == set(Recipe("best").present)
    assert "lightgbm" not in tried


def test_a_grid_takes_points_of_ranges_and_every_value() -> None:
    assert space.points(Range(0.01, 100.0, log=True), 5) == (0.01, 0.1, 1.0, 10.0, 100.0)
    assert space.points(Range(1, 9), 3) == (1, 5, 9)
    assert space.points(Range(1, 4, log=True), 9) == (1, 2, 3, 4)
    assert space.points((None, "sqrt", 0.5), 2) == ("null", "sqrt", "0.5")


def test_a_number_that_is_tried_is_short_and_in_its_range() -> None:
    assert space.value_of(Range(0.0, 1.0), 0.123456) == 0.1235
    assert space.value_of(Range(0.0, 0.99999), 0.99999) == 0.99999
    assert space.value_of(Range(1, 9), 4) == 4
    assert space.value_of((None, "null", 3), "null") is None
    assert space.value_of((None, "null", 3), '"null"') == "null"
