"""Compute the figures that the demo catalogue is drawn from, out of the 30,000 Spotify songs.

Only figures come out: quantiles and rank correlations of each descriptor in each genre. To repeat::

    python benchmarks/demo_statistics.py path/to/spotify_songs.csv
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import polars as pl
from scipy.stats import norm, rankdata

import genrelab
from genrelab.sources import table

CONTINUOUS = (
    "danceability", "energy", "loudness", "speechiness", "acousticness", "instrumentalness", "liveness",
    "valence", "tempo", "duration", "popularity", "release_year",
)  # fmt: skip
LEVELS = (0.0, 0.02, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.98, 1.0)
TARGET = Path(genrelab.__file__).parent / "sources" / "_demo.toml"


def main(songs: str) -> None:
    """Write the statistics of each genre as TOML."""
    tracks = table.read(songs).tracks.unique("track_id", keep="first", maintain_order=True)
    lines = [
        "# Written by benchmarks/demo_statistics.py; figures only, no rows, titles or names.",
        "# Origin: the 30,000 Spotify songs (TidyTuesday 2020-01-21), unique track ids.",
        f"levels = {list(LEVELS)}",
        f"columns = {list(CONTINUOUS)}".replace("'", '"'),
        "# artist_share: of the variance of a descriptor within a genre, the part that lies between artists",
        f"artist_share = {artist_share(tracks):.2f}",
    ]
    for genre in sorted(tracks["genre"].drop_nulls().unique()):
        lines += section(genre, tracks.filter(pl.col("genre") == genre), tracks.height)
    TARGET.write_text("\n".join(lines) + "\n", encoding="utf-8")


def section(genre: str, tracks: pl.DataFrame, total: int) -> list[str]:
    """Write one genre."""
    lines = ["", f'["{genre}"]', f"share = {tracks.height / total:.3f}"]
    keys = np.bincount(tracks["key"].drop_nulls().to_numpy(), minlength=12) / tracks["key"].drop_nulls().len()
    lines += [
        f"key = {np.round(keys, 3).tolist()}",
        f"major = {tracks['mode'].cast(float).to_numpy().mean():.3f}",
    ]
    for name in CONTINUOUS:
        points = np.quantile(tracks[name].drop_nulls().to_numpy(), LEVELS)
        lines.append(f"{name} = [{', '.join(f'{point:.4g}' for point in points)}]")
    rows = ", ".join(f"[{', '.join(f'{value:.2f}' for value in row)}]" for row in correlations(tracks))
    return [*lines, f"correlations = [{rows}]"]


def correlations(tracks: pl.DataFrame) -> np.ndarray:
    """Return correlations of the normal scores of the ranks."""
    complete = tracks.select(CONTINUOUS).drop_nulls().to_numpy()
    scores = norm.ppf((rankdata(complete, axis=0) - 0.5) / len(complete))
    return np.asarray(np.corrcoef(scores, rowvar=False))


def artist_share(tracks: pl.DataFrame) -> float:
    """Return the share of the variance of normal scores that lies between artists of a genre (one-way)."""
    shares = []
    for name in CONTINUOUS:
        scored = tracks.drop_nulls(["artist", "genre", name]).with_columns(
            ((pl.col(name) - pl.col(name).mean()) / pl.col(name).std()).over("genre").alias("score")
        )
        groups = scored.group_by("genre", "artist").agg(pl.col("score").var().alias("v"), pl.len().alias("n"))
        within = groups.filter(pl.col("n") > 1).select(
            (pl.col("v") * (pl.col("n") - 1)).sum() / (pl.col("n") - 1).sum()
        )
        shares.append(1 - float(within.item()))
    return float(np.mean(shares))


if __name__ == "__main__":
    main(sys.argv[1])
