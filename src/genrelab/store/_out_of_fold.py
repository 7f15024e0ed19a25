"""Out-of-fold predictions on disk: one array of records, a record a track."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from genrelab.errors import ModelError
from genrelab.out_of_fold import OutOfFold

NAME = "out_of_fold.npy"


def save(heard: OutOfFold, place: Path) -> None:
    """Write predictions, truth and groups; 4 bytes a number."""
    rows, genres = heard.probabilities.shape
    records = np.zeros(rows, dtype=_fields(genres, together=heard.together is not None))
    records["truth"], records["alone"] = heard.truth, heard.probabilities
    records["group"] = np.unique(heard.groups, return_inverse=True)[1]
    if heard.together is not None:
        records["together"] = heard.together
    np.save(place / NAME, records, allow_pickle=False)


def load(place: Path, genres: int) -> OutOfFold:
    """Read what `save` wrote.

    Raises
    ------
    ModelError
        When the file holds anything else than predictions for so many genres.
    """
    path = place / NAME
    try:
        records = np.load(path, allow_pickle=False)
    except (ValueError, OSError, EOFError, MemoryError, SyntaxError) as error:
        raise ModelError(f"{path}: is damaged ({error}): copy it anew, or train it again") from error
    told = isinstance(records, np.ndarray) and any(
        records.dtype == _fields(genres, together=both) for both in (False, True)
    )
    if not told or records.ndim != 1 or not _sane(records, genres):
        raise ModelError(f"{path}: holds no predictions for {genres} genres: copy it anew, or train it again")
    together = records["together"].astype(np.float64) if "together" in (records.dtype.names or ()) else None
    truth, groups = records["truth"].astype(np.int64), records["group"].astype(np.int64)
    return OutOfFold(records["alone"].astype(np.float64), truth, groups, together)


def _fields(genres: int, *, together: bool) -> np.dtype[np.void]:
    shown = ("alone", "together") if together else ("alone",)
    return np.dtype([("truth", "<i4"), ("group", "<i4"), *((name, "<f4", (genres,)) for name in shown)])


def _sane(records: NDArray[np.void], genres: int) -> bool:
    """Tell whether codes are codes, and probabilities sum to 1."""
    truth, groups = records["truth"], records["group"]
    shown = [records[name] for name in ("alone", "together") if name in (records.dtype.names or ())]
    return bool(
        len(records)
        and ((truth >= 0) & (truth < genres) & (groups >= 0)).all()
        and all((part >= 0).all() and np.allclose(part.sum(axis=1), 1, atol=1e-3) for part in shown)
    )
