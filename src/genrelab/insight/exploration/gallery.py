"""An exploration's plots as a folder of PNG files."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from genrelab import files
from genrelab.insight.exploration import pictures
from genrelab.insight.exploration.faults import IN_COLUMNS
from genrelab.insight.exploration.findings import Exploration
from genrelab.insight.exploration.tables import of
from genrelab.progress import Progress, silent

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI = 110
ROW = 8
"""Most columns that stand beside each other in one picture of small histograms."""
OURS = re.compile(
    r"(genres|averages|histograms_overlaid|histograms_by_genre_\d+|densities|boxes|correlations|pairs"
    r"|features|components|loadings|missing|impossible_values)\.png"
)


def check(folder: Path | str, *, overwrite: bool = False) -> None:
    """Raise at once where the pictures could not be drawn or written.

    Raises
    ------
    MissingExtra
        When matplotlib is not installed.
    OutputError
        When the folder exists and `overwrite` is false, or holds other things than pictures.
    """
    pictures.blank(1, 1)
    files.check_folder(folder, overwrite=overwrite, ours=_only_ours)


def write(
    found: Exploration, folder: Path | str, *, overwrite: bool = False, progress: Progress = silent
) -> tuple[str, ...]:
    """Write every plot of an exploration as a PNG file, and return the files' names.

    Raises
    ------
    MissingExtra, OutputError
        As `check`.
    """
    pictures.blank(1, 1)
    written = []
    with (
        files.folder_written_aside(folder, overwrite=overwrite, ours=_only_ours) as partial,
        warnings.catch_warnings(),
    ):
        # A name in a script that the font lacks is drawn as boxes; that is no reason to warn of each letter.
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        for name, figure in _pictures(found):
            progress("drawing pictures", 0.8)
            figure.savefig(partial / name, dpi=DPI)
            written.append(name)
    return tuple(written)


def _only_ours(folder: Path) -> bool:
    """Tell whether a folder holds nothing but what an earlier exploration drew."""
    return all(entry.is_file() and OURS.fullmatch(entry.name) for entry in folder.iterdir())


def _pictures(found: Exploration) -> Iterator[tuple[str, Figure]]:
    """Yield the name of each file, and what is drawn in it."""
    if found.genres:
        yield "genres.png", pictures.draw_shares(found)
        yield "averages.png", pictures.draw_means(found)
    yield "histograms_overlaid.png", pictures.draw_overlaid(found)
    for number, first in enumerate(range(0, len(found.columns), ROW), start=1):
        columns = found.columns[first : first + ROW]
        yield f"histograms_by_genre_{number}.png", pictures.draw_small_multiples(found, columns)
    yield "densities.png", pictures.draw_densities(found)
    yield "boxes.png", pictures.draw_boxes(found)
    yield "correlations.png", pictures.draw_correlations(found)
    if found.pairs:
        yield "pairs.png", pictures.draw_pairs(found)
    if found.scores.height:
        yield "features.png", pictures.draw_scores(found)
    if found.components is not None:
        yield "components.png", pictures.draw_components(found)
        yield "loadings.png", pictures.draw_loadings(found)
    if of(found.missing, None)["missing"].sum():
        yield "missing.png", pictures.draw_missing(found)
    if found.fault_genres["fault"].is_in(IN_COLUMNS).any():
        yield "impossible_values.png", pictures.draw_impossible(found)
