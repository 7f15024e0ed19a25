"""What all figures share: axes, frames, colours. A figure is a plain dictionary, as plotly draws it.

A colour is ``{"css": "--accent"}``, the name of a variable of the page's style sheet, so that one figure
serves light, dark and paper. Words from users' tables are escaped here, because plotly reads tags in labels.
"""

from __future__ import annotations

import html
import math
import textwrap
from collections.abc import Sequence
from typing import Any, TypeAlias

from genrelab.errors import MissingExtra

Figure: TypeAlias = dict[str, Any]

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
LABEL_WIDTH = 18
END = "<extra></extra>"
PALETTE = (
    "#4453d6", "#d9622b", "#2c9a6b", "#b58a1b", "#a23fa8", "#1f8fb8", "#c93a5b", "#6f7b2a",
    "#7d5bd0", "#8c5a3c", "#2f6f6a", "#d07fb1", "#5b87d9", "#9a9a2e", "#b0442f", "#4f9d3f",
)  # fmt: skip
"""Colours of genres and clusters, told apart on light and on dark; from the start again beyond them."""


def colour(place: int) -> str:
    """Return the colour of the genre or cluster at a place.

    Examples
    --------
    >>> colour(0) == colour(len(PALETTE))
    True
    """
    return PALETTE[place % len(PALETTE)]


def javascript() -> str:
    """Return plotly.js itself, about 4.8 MB.

    Raises
    ------
    MissingExtra
        When plotly is not installed.
    """
    try:
        from plotly.offline import get_plotlyjs  # noqa: PLC0415 - an extra, wanted for pages only
    except ImportError as error:
        raise MissingExtra("plotly", "report") from error
    return str(get_plotlyjs())


def label(name: str, width: int = LABEL_WIDTH, lines: int = 2) -> str:
    """Return a name as plotly may show it: escaped, on so many lines at most.

    Examples
    --------
    >>> label("R&B")
    'R&amp;B'
    >>> label("always the most frequent genre")
    'always the most<br>frequent genre'
    """
    parts = textwrap.wrap(name, width, max_lines=lines, placeholder="…")
    return "<br>".join(html.escape(part, quote=False) for part in parts)


def names(given: Sequence[str], width: int = LABEL_WIDTH, lines: int = 2) -> Figure:
    """Return an axis of names, the first on top; places are numbers, so that a genre "1990" is no year."""
    ticks = {"tickvals": list(range(len(given))), "ticktext": [label(name, width, lines) for name in given]}
    quiet = axis(
        "", showgrid=False, automargin=True, ticks="outside", ticklen=5, range=[len(given) - 0.5, -0.5]
    )
    return quiet | ticks | {"tickcolor": "rgba(0,0,0,0)"}


def unit_axis(title: str, end: float = 1.02) -> Figure:
    """Return an axis of shares, with room for words where it ends beyond 1."""
    return axis(title, range=[0, end], tickvals=[0, 0.25, 0.5, 0.75, 1], automargin=True)


def axis(title: str, **settings: object) -> Figure:
    """Return an axis in the page's style."""
    quiet = {"gridcolor": css("--line"), "zerolinecolor": css("--line"), "linecolor": css("--line")}
    return {"title": {"text": title, "standoff": 8}, "fixedrange": True, "zeroline": False} | quiet | settings


def framed(traces: list[Figure], height: int, **layout: object) -> Figure:
    """Return a figure in the page's style."""
    clear = "rgba(0,0,0,0)"
    style = {
        "height": height, "margin": {"l": 8, "r": 12, "t": 8, "b": 44}, "showlegend": False,
        "font": {"family": FONT, "size": 13, "color": css("--text")}, "paper_bgcolor": clear,
        "plot_bgcolor": clear, "dragmode": False, "bargap": 0.3,
        "modebar": {"bgcolor": clear, "color": css("--muted"), "activecolor": css("--accent")},
        "hoverlabel": {
            "align": "left",
            "bgcolor": css("--surface"), "bordercolor": css("--line"), "font": {"color": css("--text")},
        },
    }  # fmt: skip
    return {"data": traces, "layout": style | layout}


def height_for(rows: int) -> int:
    """Return the height of a figure with so many rows of bars, in pixels."""
    return 46 * rows + 70


def css(variable: str) -> dict[str, str]:
    """Return the colour that a variable of the style sheet holds."""
    return {"css": variable}


def number(value: float) -> float | None:
    """Return a plain number; JSON knows no NaN."""
    return float(value) if math.isfinite(value) else None
