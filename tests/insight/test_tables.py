import math
from collections.abc import Callable
from dataclasses import replace

import pytest

from genrelab.insight import tables
from genrelab.insight.results import Report, Score

MakeReport = Callable[..., Report]


@pytest.mark.parametrize(
    ("split", "said"),
    [
        ("artist", "on artists it has not heard"),
        ("track", "on tracks it has not heard, by artists that it may have heard"),
        ("row", "on rows it has not seen, of tracks that it may have heard"),
        ("album", "split by album"),
    ],
)
def test_headline_says_what_was_not_heard(make_report: MakeReport, split: str, said: str) -> None:
    report = make_report(split=split, scores={"accuracy": Score(0.572, 0.556, 0.588)})
    assert tables.headline(report) == f"accuracy 0.572, 95 % interval 0.556-0.588, {said}"


def test_absent_figures_are_hyphens() -> None:
    assert tables.figure(None) == tables.percent(math.inf) == tables.interval(None) == "-"
    assert tables.interval(Score(0.5, math.nan, 0.6)) == "-"


def test_honesty_says_what_others_announce(make_report: MakeReport) -> None:
    report: Report = make_report()
    row, artist = report.honesty[0].accuracy.value, report.honesty[2].accuracy.value
    told = tables.tabulate_honesty(report).tells
    assert f"announce {row:.3f}" in told
    assert f"get {artist:.3f}" in told


def test_honesty_promises_nothing_without_a_split_by_artist(make_report: MakeReport) -> None:
    report = make_report()
    assert "announce" not in tables.promise(report.honesty[:2])


def test_a_ceiling_is_of_the_table_as_read_and_stands_only_where_it_limits(make_report: MakeReport) -> None:
    names = [limit.name for limit in tables.limits(make_report(ceiling=0.9))]
    assert names[-1] == "ceiling of the table as read: its labels contradict each other"
    assert not any("ceiling" in limit.name for limit in tables.limits(make_report(ceiling=1.0)))
    assert "nothing can pass" not in tables.tabulate_limits(make_report()).tells


def test_genres_stand_best_first_and_unknown_last(make_report: MakeReport) -> None:
    report = make_report()
    nowhere = replace(report.per_genre[0], genre="nowhere", f1=math.nan)
    rows = tables.tabulate_genres(replace(report, per_genre=(nowhere, *report.per_genre))).rows
    scores = [float(row[1]) for row in rows[:-1]]
    assert scores == sorted(scores, reverse=True)
    assert rows[-1][:2] == ("nowhere", "-")


def test_confusions_are_the_wrong_cells_by_share(make_report: MakeReport) -> None:
    report = make_report(("a", "b"), confusion=((9, 1), (30, 70)))
    assert tables.confusions(report) == [(0.3, "b", "a", 30), (0.1, "a", "b", 1)]


def test_importance_says_how_many_it_leaves_out(make_report: MakeReport) -> None:
    table = tables.tabulate_importance(make_report(), top=5)
    assert len(table.rows) == 5
    assert table.tells.endswith("21 more do less.")


def test_comparison_ranks_and_says_a_shared_origin_once(make_report: MakeReport) -> None:
    poor = make_report(model="poor", scores={"accuracy": Score(0.3, 0.2, 0.4)})
    good = make_report(model="good", scores={"accuracy": Score(0.6, 0.5, 0.7)})
    mute = make_report(model="mute", scores={})
    table = tables.tabulate_comparison([mute, poor, good], {"good": 12.34})
    assert [row[0] for row in table.rows] == ["good", "poor", "mute"]
    assert table.rows[0] == ("good", "0.600", "0.500-0.700", "-", "-", "-", "12.3")
    assert table.rows[1][-1] == "-"
    assert "out-of-fold, by artist" in table.tells


def test_comparison_names_origins_that_differ(make_report: MakeReport) -> None:
    table = tables.tabulate_comparison([make_report(), make_report(origin="held-out table songs.csv")])
    assert table.headers[1] == "scored on"
    assert {row[1] for row in table.rows} == {"out-of-fold, by artist", "held-out table songs.csv"}
    assert all(len(row) == len(table.headers) for row in table.rows)
