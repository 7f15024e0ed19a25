"""The label space that a model and a collection share."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genrelab.crosswalk import ELSEWHERE, Common, Crosswalk, common
from genrelab.errors import ReadError

OURS = ("edm", "hip hop", "jazz", "r&b", "rock")
Lines = Mapping[str, tuple[str, ...]]
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
some_lines = st.dictionaries(names, st.lists(st.sampled_from(OURS), max_size=3).map(tuple), max_size=6)


def space(lines: Lines) -> Common:
    return common(OURS, Crosswalk(lines))


def test_one_genre_may_be_several_of_the_models_and_the_rest_is_elsewhere() -> None:
    found = space({"Rock": ("rock",), "Urban": ("r&b", "hip hop")})
    assert found.genres == ("Urban", "Rock", ELSEWHERE)
    assert [group.ours for group in found.groups] == [("hip hop", "r&b"), ("rock",)]
    assert found.elsewhere == ("edm", "jazz")
    assert not found.renames


def test_genres_that_share_one_of_the_models_count_as_one_however_long_the_chain() -> None:
    """A and C share nothing, but both share something with B."""
    found = space({"A": ("edm",), "C": ("jazz",), "B": ("jazz", "edm"), "Rock": ("rock",)})
    assert [(g.name, g.theirs, g.ours) for g in found.groups] == [
        ("A + B + C", ("A", "B", "C"), ("edm", "jazz")),
        ("Rock", ("Rock",), ("rock",)),
    ]
    assert found.codes(pl.Series(["B", "Rock", "C"])).tolist() == [0, 1, 0]
    named = found.named(pl.DataFrame({"g": ["C", "Rock"]}), "g")
    assert named["g"].to_list() == ["A + B + C", "Rock"]


def test_a_line_with_an_empty_list_leaves_its_genre_out() -> None:
    assert space({"Rock": ("rock",), "Jazz": ("jazz",), "Talk": ()}).theirs == ("Jazz", "Rock")


def test_probabilities_of_a_group_add_up_and_the_likeliest_elsewhere_stands_for_all() -> None:
    found = space({"Urban": ("r&b", "hip hop"), "Rock": ("rock",)})
    p = np.array([[0.30, 0.20, 0.05, 0.15, 0.30], [0.25, 0.10, 0.25, 0.10, 0.30]])
    assert found.pool(p) == pytest.approx(np.array([[0.35, 0.30, 0.30], [0.20, 0.30, 0.25]]))
    # Added up, edm and jazz would have taken the second track from rock, which the model itself names.
    assert found.genres[found.pool(p)[1].argmax()] == "Rock"
    assert found.within(found.pool(p)) == pytest.approx(np.array([[35 / 65, 30 / 65], [0.4, 0.6]]))


def test_where_all_is_elsewhere_nothing_is_divided_by_nought() -> None:
    found = space({"Jazz": ("jazz",), "Rock": ("rock",)})
    assert found.within(found.pool(np.array([[1.0, 0, 0, 0, 0]]))).tolist() == [[0, 0]]


def test_one_genre_alone_cannot_be_scored() -> None:
    with pytest.raises(ReadError, match="leaves one genre, 'A \\+ B': give lines to two genres at least"):
        space({"A": ("rock",), "B": ("rock", "jazz")})


def test_a_genre_that_the_model_does_not_know() -> None:
    with pytest.raises(
        ReadError, match="crosswalk: 'Rap': no genre of the model 'hiphop': did you mean 'hip hop'"
    ):
        space({"Rock": ("rock",), "Rap": ("hiphop",)})


@settings(deadline=None)
@given(some_lines)
def test_groups_part_both_label_spaces(lines: Lines) -> None:
    try:
        found = space(lines)
    except ReadError:
        return
    ours = [genre for group in found.groups for genre in group.ours]
    assert sorted((*ours, *found.elsewhere)) == sorted(OURS)
    assert sorted(found.theirs) == sorted(genre for genre, known in lines.items() if known)
    place = {genre: i for i, group in enumerate(found.groups) for genre in group.theirs}
    for genre, known in lines.items():
        assert all(one in found.groups[place[genre]].ours for one in known)
    p = np.random.default_rng(0).dirichlet(np.ones(len(OURS)), 20)
    pooled = found.pool(p)
    rest = [OURS.index(genre) for genre in found.elsewhere]
    groups = pooled[:, : len(found.groups)]
    assert groups.sum(axis=1) + p[:, rest].sum(axis=1) == pytest.approx(np.ones(20))
    assert found.within(pooled).sum(axis=1) == pytest.approx(np.ones(20))


@settings(deadline=None)
@given(some_lines)
def test_the_order_of_lines_does_not_count(lines: Lines) -> None:
    turned = dict(sorted(lines.items(), reverse=True))
    try:
        found = space(lines)
    except ReadError:
        with pytest.raises(ReadError):
            space(turned)
        return
    assert space(turned) == found


@settings(deadline=None)
@given(st.permutations(OURS))
def test_the_same_names_bring_nothing_together(order: list[str]) -> None:
    found = space({genre: (genre,) for genre in order})
    assert found == common(OURS)
    assert found.renames
    p = np.random.default_rng(1).dirichlet(np.ones(len(OURS)), 20)
    assert (found.pool(p) == p).all()
