"""What a model reads of a table: one matrix of numbers, and counts of n-grams where it may read text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse

from genrelab.errors import SchemaError
from genrelab.features import derived, numbers, text, wording
from genrelab.identity import folded
from genrelab.schema import TEXT_COLUMNS

Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """Features of some tracks.

    Attributes
    ----------
    names
        Names of the columns of `fixed`.
    fixed
        Features that are not fitted, shape (rows, len(names)).
    counts
        n-gram counts, shape (rows, places), or None where no text is read.
    """

    names: tuple[str, ...]
    fixed: NDArray[np.float32]
    counts: sparse.csr_matrix | None

    def take(self, rows: Codes) -> Inputs:
        """Keep some rows, by position."""
        return Inputs(self.names, self.fixed[rows], None if self.counts is None else self.counts[rows])


def read(tracks: pl.DataFrame, columns: Sequence[str], *, with_text: bool) -> Inputs:
    """Read the features of a table that keeps the schema.

    Raises
    ------
    SchemaError
        When a column is absent, or holds text where numbers belong or the other way round.
    """
    texts = [c for c in columns if c in TEXT_COLUMNS]
    numeric = [c for c in columns if c not in TEXT_COLUMNS]
    if not with_text:
        texts = []
    _check(tracks, numeric, texts)
    names = (*numbers.names(numeric), *derived.names(numeric), *wording.names(texts))
    if not names:
        raise SchemaError(
            f"columns {', '.join(columns)}: hold text only, which this model cannot read: add numbers"
        )
    blocks = [numbers.matrix(tracks, numeric), derived.matrix(tracks, numeric), wording.matrix(tracks, texts)]
    fixed = np.hstack(blocks)
    return Inputs(names, fixed, text.counts(tracks, texts) if texts else None)


def artists(tracks: pl.DataFrame) -> Inputs:
    """Read nothing but who the artist is, as a number, NaN for nobody: for baselines that remember."""
    if "artist" not in tracks.columns:
        raise SchemaError("column 'artist': not in the table: this model knows artists only: add it")
    # 24 bits of a hash are whole numbers in float32.
    names = tracks.select(folded("artist"))["artist"]
    codes = [np.nan if n is None else int.from_bytes(sha256(n.encode()).digest()[:3]) for n in names]
    return Inputs(("artist",), np.array(codes, dtype=np.float32)[:, None], None)


def _check(tracks: pl.DataFrame, numeric: Sequence[str], texts: Sequence[str]) -> None:
    missing = [c for c in (*numeric, *texts) if c not in tracks.columns]
    if missing:
        raise SchemaError(f"columns {', '.join(missing)}: not in the table: the model reads them: add them")
    for name in numeric:
        found = tracks.schema[name]
        if not (found.is_numeric() or found in (pl.Boolean, pl.Null)):
            raise SchemaError(f"column {name!r}: holds {found}, not numbers: mend the table")
    for name in texts:
        if tracks.schema[name] not in (pl.String, pl.Null):
            raise SchemaError(f"column {name!r}: holds {tracks.schema[name]}, not text: mend the table")
