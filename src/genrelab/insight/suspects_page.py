"""Likely wrong labels in tables of words, and as a page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from genrelab.audit import Audit
from genrelab.insight import document
from genrelab.insight.document import Card, Section
from genrelab.insight.drawing import END, Figure, css, framed, label, names
from genrelab.insight.suspects import Suspects
from genrelab.insight.tables import ABSENT, Table, figure, percent

ON_A_PAGE = 100
"""Suspects, and recordings that contradict themselves, that a page lists."""
LISTED = 8
"""Rows of a recording that are named."""
GLOSSARY = {
    "suspicion": "Of the probability that the given and the suggested genre have together, the share of the"
    " suggested one. Above 0.5 the suggested one is likelier.",
    "estimated wrong labels": "Tracks whose evidence for another genre is as strong as is usual for tracks"
    " that bear it (confident learning). Where genres overlap, songs between them count too.",
    "recording": "Rows whose title and artist are the same, whatever the case. Its releases differ in id,"
    " or in album where there are no ids.",
}


def tabulate_suspects(found: Suspects, top: int) -> Table:
    """Tabulate the most suspicious tracks."""
    rows = tuple(
        (
            f"{place}",
            _named(one),
            one["genre"],
            one["suggested_genre"],
            one["reason"],
            figure(one["suspicion"]),
        )
        for place, one in enumerate(found.ranked.head(top).iter_rows(named=True), 1)
    )
    shown = f"The first {len(rows):,} of {found.ranked.height:,} tracks" if rows else "No track"
    tells = f"{shown} for which another genre has more evidence than their own, the most suspicious first."
    headers = ("", "track", "genre", "suggested", "why", "suspicion")
    return Table("Likely wrong labels", tells, headers, rows, names=5)


def tabulate_noise(found: Suspects, top: int | None = None) -> Table:
    """Tabulate how many tracks bear one genre and are likely of another, the most first."""
    listed = found.noise if top is None else found.noise.head(top)
    rows = tuple(
        (one["genre"], one["suggested_genre"], f"{one['tracks']:,}", percent(one["share"], 1))
        for one in listed.iter_rows(named=True)
    )
    tells = f"In all about {found.wrong:,} of {found.rows:,} labels ({percent(found.wrong / found.rows, 1)})."
    headers = ("genre", "likely", "tracks", "of the genre")
    return Table("Estimated wrong labels", tells, headers, rows, names=2)


def tabulate_conflicts(found: Suspects, top: int) -> Table:
    """Tabulate the recordings that stand under several genres, those with most rows first."""
    recordings = found.conflicts.partition_by("recording", maintain_order=True)
    rows = tuple(_conflict(of_one) for of_one in recordings[:top])
    shown = f"The first {len(rows):,} of {len(recordings):,} recordings" if rows else "No recording"
    tells = f"{shown} whose rows, of one release or of several, stand under several genres."
    headers = ("recording", "genres", "most", "rows", "releases")
    return Table("Recordings that contradict themselves", tells, headers, rows, names=4)


def _conflict(of_one: pl.DataFrame) -> tuple[str, ...]:
    """Tell of one recording its genres, the one of most rows, where they stand, and its releases."""
    votes = of_one["genre"].value_counts().sort("count", "genre", descending=[True, False])
    first = of_one.row(0, named=True)
    told = ", ".join(f"{count:,} {genre}" for genre, count in votes.iter_rows())
    places = [str(row) for row in of_one["row"]]
    listed = ", ".join(places[:LISTED]) + (", ..." if len(places) > LISTED else "")
    releases = ABSENT if first["releases"] is None else f"{first['releases']:,}"
    return (_named(first), told, first["majority"] or ABSENT, listed, releases)


def _named(track: Mapping[str, Any]) -> str:
    """Name a track as well as the table can: title and artist, else id, else row."""
    said = [str(track[name]) for name in ("title", "artist") if track.get(name) is not None]
    return " - ".join(said) or str(track.get("track_id") or f"row {track['row']}, counted from 0")


def draw_noise(found: Suspects) -> Figure:
    """Draw the estimated share of each genre's tracks that are of each other genre."""
    place = {genre: number for number, genre in enumerate(found.genres)}
    shares: list[list[float | None]] = [[0.0] * len(place) for _ in place]
    counts = [[0] * len(place) for _ in place]
    for given, other, tracks, share in found.noise.iter_rows():
        shares[place[given]][place[other]], counts[place[given]][place[other]] = share, tracks
    for number in place.values():
        shares[number][number] = None  # what is right would drown what is wrong
    genres = [label(genre, 60, lines=1) for genre in found.genres]
    told = [
        [[a, b, f"{n:,}"] for b, n in zip(genres, row, strict=True)]
        for a, row in zip(genres, counts, strict=True)
    ]
    few = len(genres) <= 12
    words = [["" if share is None else f"{share:.0%}" for share in row] for row in shares]
    trace = {
        "type": "heatmap", "z": shares, "zmin": 0, "xgap": 1, "ygap": 1, "showscale": not few,
        "colorscale": [[0, css("--surface-low")], [1, css("--heat")]], "customdata": told,
        "text": words if few else None, "texttemplate": "%{text}" if few else None,
        "textfont": {"color": css("--text")},
        "colorbar": {"thickness": 10, "tickformat": ".0%", "outlinewidth": 0},
        "hovertemplate": "%{customdata[0]}, likely %{customdata[1]}<br>%{z:.1%}, %{customdata[2]} tracks"
        + END,
    }  # fmt: skip
    across = names(found.genres, width=14, lines=1) | {
        "tickangle": 0 if len(genres) <= 4 else -50,
        "title": {"text": "likely genre"},
        "range": [-0.5, len(genres) - 0.5],
    }
    down = names(found.genres, width=14) | {"title": {"text": "given genre", "standoff": 6}}
    return framed([trace], max(340, 32 * len(genres) + 150), xaxis=across, yaxis=down)


def tabulate_findings(audit: Audit) -> Table:
    """Tabulate what an audit found, the worst first."""
    rows = tuple((one.name, one.severity, one.message, f"{one.rows:,}") for one in audit.findings)
    headers = ("finding", "kind", "what it means", "rows")
    return Table("What an audit finds", "Leaks first, then warnings, then notes.", headers, rows, names=3)


def write_html(
    audit: Audit, found: Suspects | None, path: Path | str, title: str, *, synthetic: bool = False
) -> None:
    """Write an audit, and suspects where they were looked for, as one HTML file that needs no network.

    Raises
    ------
    MissingExtra
        When plotly is not installed.
    OutputError
        When the file cannot be written.
    """
    findings = Section("Findings", (Card(tabulate_findings(audit), wide=True),))
    doubts = [] if found is None else _sections(found)
    words = {} if found is None else GLOSSARY
    document.write(path, title, [*doubts, findings], glossary=words, synthetic=synthetic)


def _sections(found: Suspects) -> list[Section]:
    noise = Card(tabulate_noise(found), draw_noise(found), wide=True)
    listed = Card(tabulate_suspects(found, ON_A_PAGE), wide=True)
    sections = [Section("Wrong labels", (noise, listed), found.notes)]
    if found.conflicts.height:
        recordings = Card(tabulate_conflicts(found, ON_A_PAGE), wide=True)
        sections.append(Section("Contradictions", (recordings,)))
    return sections


def as_dict(found: Suspects, top: int) -> dict[str, Any]:
    """Return what was found as plain values: the first suspects and conflicts, and every estimate."""
    recordings = found.conflicts["recording"].n_unique()
    return {
        "model": found.model,
        "rows": found.rows,
        "estimated_wrong": found.wrong,
        "agreeing": found.accuracy,
        "weights": dict(found.weights),
        "notes": list(found.notes),
        "ranked": found.ranked.height,
        "suspects": found.ranked.head(top).to_dicts(),
        "noise": found.noise.to_dicts(),
        "conflicting_recordings": recordings,
        "conflicts": found.conflicts.filter(pl.col("recording") < top).to_dicts(),
    }
