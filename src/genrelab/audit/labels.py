"""The label: contradictions, the ceiling they leave, and the floors below which no model is worth having."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from genrelab.audit.findings import Finding, amount, found
from genrelab.audit.view import PLAIN, SHORT, View

FEWEST_ROWS = 10
"""A genre with fewer rows cannot stand in every fold."""
FEWEST_ARTISTS = 5
"""Artists with several tracks that must be there before anything is said of all."""
NEARLY_ALL = 0.99
"""Share of these artists that must have one genre; a few artists share a name."""
FEWEST_COVERED = 0.01
"""Share of tracks that must have others by the same artist before the artist makes a floor."""
LISTED = 5


@dataclass(frozen=True, slots=True)
class ArtistFloor:
    """Accuracy of the majority genre of the artist's other tracks, and the share of tracks that have any."""

    accuracy: float
    coverage: float


def findings(view: View, floor: ArtistFloor | None) -> Iterator[Finding]:
    """Yield every finding about the label."""
    yield _missing(view)
    for name in view.identities:
        yield _contradictory(view, name)
    yield from _few(view)
    if floor is not None and floor.coverage >= FEWEST_COVERED:
        yield _artist_tells(view, floor)
    if view.has_artist:
        yield from _one_genre_per_artist(view)


def counts(view: View) -> dict[str, int]:
    """Rows of each genre, the most frequent first."""
    counted = view.keys["genre"].drop_nulls().value_counts()
    return dict(counted.sort("count", "genre", descending=[True, False]).iter_rows())


def ceiling(view: View) -> float | None:
    """Share of rows that are right when every track gets its most frequent label, by the surest identity."""
    labelled = view.keys.drop_nulls("genre")
    if not view.identities or labelled.is_empty():
        return None
    name = view.identities[0]
    known = labelled.drop_nulls(name).group_by(name, "genre").len()
    right = known.group_by(name).agg(pl.col("len").max())["len"].sum()
    return float(right + labelled[name].null_count()) / labelled.height


def floors(view: View, floor: ArtistFloor | None) -> dict[str, float]:
    """Accuracies that need no listening."""
    genres = counts(view)
    if not genres:
        return {}
    majority = {"majority": max(genres.values()) / sum(genres.values())}
    if floor is None or floor.coverage < FEWEST_COVERED:
        return majority
    return majority | {"artist_majority": floor.accuracy}


def artist_majority(view: View) -> ArtistFloor | None:
    """Measure the artist floor over unique tracks; ties go to the genre that is more frequent overall."""
    if not view.has_artist:
        return None
    unique = view.keys.filter(view.unique()).drop_nulls("genre")
    # Genres by rank, the most frequent first, so that ties are decided by comparing numbers.
    rank = {genre: place for place, genre in enumerate(counts(view))}
    known = unique.drop_nulls("artist").select(
        "artist", pl.col("genre").replace_strict(rank, return_dtype=pl.Int64)
    )
    cells = known.group_by("artist", "genre").agg(pl.len().alias("rows"))
    cells = cells.filter(pl.col("rows").sum().over("artist") > 1)
    left = cells.with_columns(pl.col("rows") - 1)  # the artist's other tracks of the same genre
    pairs = left.join(cells, on="artist", suffix="_other").filter(pl.col("genre") != pl.col("genre_other"))
    more = pl.col("rows_other") > pl.col("rows")
    tied = (pl.col("rows_other") == pl.col("rows")) & (pl.col("genre_other") < pl.col("genre"))
    beaten = pairs.filter(more | tied).select("artist", "genre").unique()
    won = cells.filter(pl.col("rows") > 1).join(beaten, on=["artist", "genre"], how="anti")
    covered = int(cells["rows"].sum())
    return ArtistFloor(int(won["rows"].sum()) / max(1, covered), covered / max(1, unique.height))


def _missing(view: View) -> Finding:
    rows, height = view.keys["genre"].null_count(), view.tracks.height
    message = f"{amount(rows, height)} have no {view.label}: they can be labelled, not learned from."
    return found("missing_genre", "warning", (view.label,), rows, height, message=message)


def _contradictory(view: View, name: str) -> Finding:
    known = view.keys.select(name, "genre").drop_nulls()
    tracks = known.group_by(name).agg(pl.n_unique("genre").alias("genres"), pl.len().alias("rows"))
    tracks = tracks.filter(pl.col("genres") > 1)
    rows = int(tracks["rows"].sum())
    limit = ceiling(view) if name == view.identities[0] else None
    right = f"; no model can be right on more than {limit:.1%} of rows" if limit else ""
    message = (
        f"{tracks.height:,} tracks, equal by {PLAIN[name]}, stand under several genres, in all "
        f"{amount(rows, view.tracks.height)}{right}: keep one row a track."
    )
    columns = (*view.columns_of(name), view.label)
    return found(
        f"contradictory_{SHORT[name]}", "warning", columns, rows, view.tracks.height, message=message
    )


def _few(view: View) -> Iterator[Finding]:
    genres = counts(view)
    height = view.tracks.height
    if len(genres) == 1:
        message = f"Every row is {next(iter(genres))!r}: a model needs two genres or more to tell apart."
        yield found("one_genre", "warning", (view.label,), sum(genres.values()), height, message=message)
    small = {name: rows for name, rows in genres.items() if rows < FEWEST_ROWS}
    listed = ", ".join(f"{name} {rows}" for name, rows in list(small.items())[:LISTED])
    more = f" and {len(small) - LISTED} more" if len(small) > LISTED else ""
    message = (
        f"Genres with fewer than {FEWEST_ROWS} rows ({listed}{more}): leave them out or join them to others."
    )
    yield found("small_genre", "warning", (view.label,), sum(small.values()), height, message=message)


def _artist_tells(view: View, floor: ArtistFloor) -> Finding:
    message = (
        f"The majority genre of the artist's other tracks is right on {floor.accuracy:.1%} of the "
        f"{floor.coverage:.1%} of unique tracks that have others: split by artist."
    )
    tracks = int((view.unique() & view.keys["genre"].is_not_null()).sum())
    rows = round(floor.coverage * tracks)
    return found("artist_tells_genre", "note", ("artist", view.label), rows, tracks, message=message)


def _one_genre_per_artist(view: View) -> Iterator[Finding]:
    known = view.keys.select("artist", "genre").drop_nulls()
    artists = known.group_by("artist").agg(pl.len().alias("rows"), pl.n_unique("genre").alias("genres"))
    several = artists.filter(pl.col("rows") > 1)
    agreeing = several.filter(pl.col("genres") == 1)
    if several.height >= FEWEST_ARTISTS and agreeing.height >= NEARLY_ALL * several.height:
        message = (
            f"{agreeing.height:,} of the {several.height:,} artists with several tracks have one genre: "
            "the label belongs to the artist, so only a split by artist means anything."
        )
        rows = int(agreeing["rows"].sum())
        yield found(
            "one_genre_per_artist", "leak", ("artist", view.label), rows, known.height, message=message
        )
