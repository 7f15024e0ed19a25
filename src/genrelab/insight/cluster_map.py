"""Points of many dimensions on a map of two."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import polars as pl
from sklearn.decomposition import PCA

from genrelab.errors import MissingExtra, SettingError, UnknownName
from genrelab.insight import cluster_partition
from genrelab.insight.cluster_points import Values

Projection = Literal["pca", "umap"]
PROJECTIONS: tuple[Projection, ...] = get_args(Projection)
MOST_POINTS = 4_000
FEWEST_FOR_UMAP = 20


@dataclass(frozen=True, slots=True, eq=False)
class Map:
    """Some tracks on a plane.

    Attributes
    ----------
    projection
        "pca" (principal components) or "umap".
    points
        ``row`` (position in the table), ``x``, ``y``, ``cluster``, and ``genre``, ``title``, ``artist`` where
        they are known.
    explained
        Shares of the variance that x and y show; None for UMAP, whose axes have no meaning.
    rows
        Tracks that the shown ones were drawn from.
    """

    projection: Projection
    points: pl.DataFrame
    explained: tuple[float, float] | None
    rows: int

    @property
    def said(self) -> str:
        """How to read it, in plain words."""
        shown = f"{self.points.height:,} of {self.rows:,} tracks, drawn at random."
        if self.points.height == self.rows:
            shown = f"All {self.rows:,} tracks."
        if self.explained is None:
            return f"UMAP: near tracks are alike; distances between groups mean little. {shown}"
        both = sum(self.explained)
        return f"The two principal components show {both:.0%} of the variance. {shown}".replace("%", " %")


def check(projection: str) -> Projection:
    """Return the projection of a name, if it can be made.

    Raises
    ------
    UnknownName
        When there is none of that name.
    MissingExtra
        When it needs a package that is not installed.
    """
    for known in PROJECTIONS:
        if projection == known:
            if known == "umap":
                _umap()
            return known
    raise UnknownName("map", projection, PROJECTIONS)


def draw(places: Values, facts: pl.DataFrame, *, projection: Projection, seed: int) -> Map:
    """Put at most 4,000 points on a plane.

    Sources: Pearson (1901) for principal components, fitted to all points; McInnes et al. (2018) for UMAP,
    fitted to the points that are shown.

    Parameters
    ----------
    places
        Shape (rows, columns).
    facts
        What is known of each row; its columns come to stand beside the points.

    Raises
    ------
    SettingError
        When there are too few points for UMAP.
    """
    rows = cluster_partition.sample(len(places), MOST_POINTS, seed=seed)
    explained = None
    if projection == "umap":
        flat = _neighbours(places[rows], seed)
    else:
        flat, explained = _components(places, rows)
    frame = pl.DataFrame(
        {"row": rows, "x": flat[:, 0].astype(np.float64), "y": flat[:, 1].astype(np.float64)}
    )
    return Map(projection, pl.concat([frame, facts[rows]], how="horizontal"), explained, len(places))


def _components(places: Values, rows: Any) -> tuple[Values, tuple[float, float]]:
    fitted = PCA(min(2, *places.shape), svd_solver="full").fit(places)
    flat = np.zeros((len(rows), 2))
    found = fitted.transform(places[rows])
    flat[:, : found.shape[1]] = found
    shares = [*map(float, fitted.explained_variance_ratio_), 0.0]
    return flat, (shares[0], shares[1])


def _neighbours(places: Values, seed: int) -> Values:
    if len(places) < FEWEST_FOR_UMAP:
        raise SettingError(f"map: {len(places)} tracks are too few for umap: choose pca")
    umap = _umap()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # UMAP's own talk of threads and of tracks without neighbours
        flat = umap.UMAP(n_components=2, random_state=seed, n_jobs=1).fit_transform(places)
    return np.nan_to_num(np.asarray(flat, dtype=np.float64))


def _umap() -> Any:
    try:
        import umap  # noqa: PLC0415 - an extra, slow to load
    except ImportError as error:
        raise MissingExtra("umap-learn", "clusters") from error
    return umap
