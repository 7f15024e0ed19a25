"""What fitted classifiers say of tracks, set beside the tracks' own columns for another model to read.

A classifier that learned other genres from many tracks knows what few tracks cannot teach: which sounds and
words go together. Its log probabilities are features (Torresani et al. 2010, "Efficient Object Category
Recognition Using Classemes"): fixed ones, for nothing in them is fitted to the tracks at hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from genrelab import blending
from genrelab.errors import SchemaError, SettingError
from genrelab.identity import already_met
from genrelab.schema import CONTRACT


class Base(Protocol):
    """What is asked of a `genrelab.classifier.Classifier` that another model starts from."""

    @property
    def card(self) -> Any:
        """What it is and how good."""

    @property
    def genres(self) -> tuple[str, ...]:
        """Names of its genres."""

    @property
    def artists(self) -> NDArray[np.uint64]:
        """Sorted hashes of the artists that it learned from."""

    def predict_proba(self, tracks: pl.DataFrame) -> NDArray[np.float64]:
        """Give the probability of each genre, shape (rows, genres)."""

    def lacking(self, columns: Iterable[str]) -> tuple[tuple[str, ...], Any]:
        """Name the columns that it can do without and that are not there."""


B = TypeVar("B", bound=Base)


def beside(
    tracks: pl.DataFrame, columns: Sequence[str], bases: Mapping[str, Base]
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Add a column for each genre of each base: the logarithm of its probability, less the mean of all.

    Parameters
    ----------
    tracks
        A table that keeps the schema.
    columns
        Columns of it that may be read; a base sees no others.
    bases
        Fitted classifiers by name.

    Returns
    -------
    The table, and the columns that may be read of it now; both as they were where there is no base.

    Raises
    ------
    SchemaError
        When a base cannot do without a column that is not among `columns`, or one of these is absent.
    """
    said = [_said(tracks, columns, name, base) for name, base in bases.items()]
    whole = pl.concat([tracks, *said], how="horizontal") if said else tracks
    return whole, (*columns, *(name for table in said for name in table.columns))


def _said(tracks: pl.DataFrame, columns: Sequence[str], name: str, base: Base) -> pl.DataFrame:
    """Name what a base says as no header of a table is named."""
    logs = blending.logarithms(base.predict_proba(seen(tracks, columns, base)))
    centred = logs - logs.mean(axis=1, keepdims=True)
    return pl.DataFrame({f"{name}: {genre}": centred[:, code] for code, genre in enumerate(base.genres)})


def seen(tracks: pl.DataFrame, columns: Sequence[str], base: Base) -> pl.DataFrame:
    """Return the part of a table that a base sees; at least the number of rows is kept."""
    known = [name for name in base.card.columns if name in columns]
    if not known:
        raise SchemaError(f"columns {', '.join(columns)}: the base reads none of them: choose another base")
    missing = [name for name in columns if name not in tracks.columns]
    if missing:
        raise SchemaError(f"columns {', '.join(missing)}: not in the table: the model reads them: add them")
    return tracks.select(known)


def fitting(columns: Sequence[str], bases: Mapping[str, B]) -> dict[str, B]:
    """Keep the bases that can speak of a table in which these columns may be read.

    Raises
    ------
    SchemaError
        When none can: the message names what the nearest one lacks.
    SettingError
        When there is no base.
    """
    lacking = {name: _lacked(columns, base) for name, base in bases.items()}
    if not bases:
        raise SettingError("bases: there is none to start from: name one")
    able = {name: bases[name] for name, missing in lacking.items() if not missing}
    if not able:
        name = min(lacking, key=lambda one: len(lacking[one]))
        raise SchemaError(
            f"columns {', '.join(columns)}: no shipped model can read these: {name} needs"
            f" {', '.join(lacking[name])} as well: add them, or train without --few"
        )
    return able


def _lacked(columns: Sequence[str], base: Base) -> tuple[str, ...]:
    """Name what a base needs and has not."""
    missing = tuple(name for name in base.card.columns if name not in columns)
    return () if missing == base.lacking(columns)[0] else missing


def told(tracks: pl.DataFrame, bases: Mapping[str, Base]) -> tuple[str, ...]:
    """Say what a reader of a model's card must know of its bases, their own terms among it."""
    own = (f"{name}: {note}" for name, base in bases.items() for note in base.card.origin.notes)
    return tuple(dict.fromkeys([*(_told(tracks, name, base) for name, base in bases.items()), *own]))


def _told(tracks: pl.DataFrame, name: str, base: Base) -> str:
    learned = f"Starts from {name}, which learned {len(base.genres)} genres from {base.card.rows:,} tracks"
    if not len(base.artists) or "artist" not in tracks.columns:
        return f"{learned}; whether it has met artists of this table is not known."
    count = int(met(tracks, {name: base}).sum())
    if not count:
        return f"{learned}, none of them by an artist of this table."
    return (
        f"{learned}, and has met the artists of {count:,} of these {tracks.height:,} tracks: of artists that"
        " it has not met, it may know less than announced."
    )


def met(tracks: pl.DataFrame, bases: Mapping[str, Base]) -> NDArray[np.bool_]:
    """Mark the tracks whose artist some base has met, shape (rows,); none where artists are not named."""
    marked = np.zeros(tracks.height, dtype=np.bool_)
    if "artist" not in tracks.columns or tracks.schema["artist"] != CONTRACT["artist"].dtype:
        return marked
    for base in bases.values():
        marked |= already_met(tracks, base.artists)
    return marked
