"""What a model reads of a table: one matrix of numbers, and counts of n-grams where it may read text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal, get_args

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse

from genrelab.errors import SchemaError
from genrelab.features import derived, numbers, text, wording
from genrelab.identity import folded
from genrelab.schema import TEXT_COLUMNS

Codes = NDArray[np.int64]
Features = Literal["derived", "plain", "words"]
"""What becomes of the columns: relations between them are added, nothing is, or counts of title words are."""
FEATURES: tuple[Features, ...] = get_args(Features)


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
    words
        Counts of the words of the text that stand beside `fixed`, shape (rows, places), or None.
    """

    names: tuple[str, ...]
    fixed: NDArray[np.float32]
    counts: sparse.csr_matrix | None = None
    words: sparse.csr_matrix | None = None

    def take(self, rows: Codes) -> Inputs:
        """Keep some rows, by position."""
        counts, words = (None if block is None else block[rows] for block in (self.counts, self.words))
        return Inputs(self.names, self.fixed[rows], counts, words)


def read(
    tracks: pl.DataFrame, columns: Sequence[str], *, with_text: bool, features: Features = "derived"
) -> Inputs:
    """Read the features of a table that keeps the schema.

    Parameters
    ----------
    tracks
        The table.
    columns
        Columns of it that may be read.
    with_text
        Whether text is read, as n-grams.
    features
        "derived" adds relations between the numbers, "plain" takes them as they are, "words" adds counts of
        the titles' words to the plain numbers.

    Raises
    ------
    SchemaError
        When a column is absent, or holds text where numbers belong or the other way round.
    """
    texts = [c for c in columns if c in TEXT_COLUMNS]
    numeric = [c for c in columns if c not in TEXT_COLUMNS]
    if not with_text:
        texts = [c for c in texts if c == "title"] if features == "words" else []
    _check(tracks, numeric, texts)
    if features != "derived":
        return _plain(tracks, numeric, texts, features)
    names = (*numbers.names(numeric), *derived.names(numeric), *wording.names(texts))
    if not names:
        raise SchemaError(
            f"columns {', '.join(columns)}: hold text only, which this model cannot read: add numbers"
        )
    blocks = [numbers.matrix(tracks, numeric), derived.matrix(tracks, numeric), wording.matrix(tracks, texts)]
    fixed = np.hstack(blocks)
    return Inputs(names, fixed, text.counts(tracks, texts) if texts else None)


def _plain(tracks: pl.DataFrame, numeric: Sequence[str], texts: Sequence[str], features: Features) -> Inputs:
    """Take numbers as they are, with counts of words beside them where those are asked for."""
    if features == "words" and not texts:
        raise SchemaError("features 'words': no column 'title' may be read: add it, or choose others")
    if not numeric:
        raise SchemaError("columns: none holds numbers: add some, or choose features 'derived'")
    fixed = numbers.finite(tracks.select(pl.col(numeric).cast(pl.Float64)))
    if features == "words":
        return Inputs(tuple(numeric), fixed, words=text.words(tracks, texts))
    return Inputs(tuple(numeric), fixed, text.counts(tracks, texts) if texts else None)


def artists(tracks: pl.DataFrame) -> Inputs:
    """Read nothing but who the artist is, as a number, NaN for nobody: for baselines that remember."""
    if "artist" not in tracks.columns:
        raise SchemaError("column 'artist': not in the table: this model knows artists only: add it")
    # 24 bits of a hash are whole numbers in float32.
    names = tracks.select(folded("artist"))["artist"]
    codes = [np.nan if n is None else int.from_bytes(sha256(n.encode()).digest()[:3]) for n in names]
    return Inputs(("artist",), np.array(codes, dtype=np.float32)[:, None])


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
