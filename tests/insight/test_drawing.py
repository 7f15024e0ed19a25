"""What figures share: colours, axes and names, none of which can carry markup of users."""

from __future__ import annotations

import json
import math
import sys

import plotly.graph_objects as go
import pytest

from genrelab.errors import MissingExtra
from genrelab.insight import drawing


def test_colours_differ_and_begin_again() -> None:
    count = len(drawing.PALETTE)
    assert len({drawing.colour(place) for place in range(count)}) == count == len(set(drawing.PALETTE))
    assert drawing.colour(count + 3) == drawing.colour(3)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("R&B", "R&amp;B"),
        ("<b>x</b>", "&lt;b&gt;x&lt;/b&gt;"),
        ("country, folk and americana", "country, folk and<br>americana"),
        ("one two three four five six seven eight nine", "one two three four<br>five six seven…"),
        ("", ""),
    ],
)
def test_names_are_escaped_and_cut(name: str, shown: str) -> None:
    assert drawing.label(name) == shown


def test_genres_that_look_like_years_stay_names() -> None:
    axis = drawing.names(["1990", "2000"])
    assert axis["tickvals"] == [0, 1]
    assert axis["ticktext"] == ["1990", "2000"]
    assert axis["range"] == [1.5, -0.5]


def test_a_frame_is_a_figure_that_plotly_knows() -> None:
    trace = {"type": "bar", "x": [0.2, 0.4], "y": [0, 1], "orientation": "h"}
    figure = drawing.framed([trace], 200, xaxis=drawing.unit_axis("share"), yaxis=drawing.names(["a", "b"]))
    text = json.dumps(figure, allow_nan=False)
    for variable in ("--text", "--line", "--muted", "--accent", "--surface"):
        text = text.replace(json.dumps(drawing.css(variable)), '"#123456"')
    drawn = go.Figure(json.loads(text))
    assert (drawn.layout.height, drawn.layout.xaxis.title.text) == (200, "share")


@pytest.mark.parametrize(
    ("value", "shown"), [(0.5, 0.5), (math.nan, None), (math.inf, None), (-math.inf, None)]
)
def test_json_gets_no_number_that_it_does_not_know(value: float, shown: float | None) -> None:
    assert drawing.number(value) == shown


def test_without_plotly_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "plotly.offline", None)
    with pytest.raises(MissingExtra, match=r"pip install 'genrelab\[report\]'"):
        drawing.javascript()
