"""What a model reads of a table: one matrix of numbers, and counts of n-grams where it may read text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256
from typing import Literal, get_args

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse

from genrelab.dataset import channels
from genrelab.errors import SchemaError, SettingError
from genrelab.features import company, derived, numbers, text, wording
from genrelab.features.company import Names
from genrelab.identity import folded
from genrelab.schema import CONTRACT, TEXT_COLUMNS

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
    mentions
        Names that the text mentions, or None where no text is read.
    """

    names: tuple[str, ...]
    fixed: NDArray[np.float32]
    counts: sparse.csr_matrix | None = None
    words: sparse.csr_matrix | None = None
    mentions: Names | None = None

    def take(self, rows: Codes) -> Inputs:
        """Keep some rows, by position."""
        counts, words = (None if block is None else block[rows] for block in (self.counts, self.words))
        mentions = None if self.mentions is None else self.mentions.take(rows)
        return Inputs(self.names, self.fixed[rows], counts, words, mentions)


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
    names, asked = _fixed(tuple(numeric), tuple(texts))
    if not names:
        raise SchemaError(
            f"columns {', '.join(columns)}: hold text only, which this model cannot read: add numbers"
        )
    return _with_texts(Inputs(names, numbers.answers(tracks, asked)), tracks, texts)


@lru_cache(maxsize=8)
def _fixed(numeric: tuple[str, ...], texts: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[pl.Expr, ...]]:
    """Name what is read of columns, and how; kept: to say it takes a third as long as to read a track."""
    read = (*numbers.expressions(numeric), *derived.expressions(numeric), *wording.expressions(texts))
    return tuple(name for name, _ in read), numbers.questions(read)


def _plain(tracks: pl.DataFrame, numeric: Sequence[str], texts: Sequence[str], features: Features) -> Inputs:
    """Take numbers as they are, with counts of words beside them where those are asked for."""
    if features == "words" and not texts:
        raise SchemaError("features 'words': no column 'title' may be read: add it, or choose others")
    if not numeric:
        raise SchemaError("columns: none holds numbers: add some, or choose features 'derived'")
    fixed = numbers.finite(tracks.select(pl.col(numeric).cast(pl.Float64)))
    if features == "words":
        return Inputs(tuple(numeric), fixed, words=text.words(tracks, texts))
    return _with_texts(Inputs(tuple(numeric), fixed), tracks, texts)


def _with_texts(found: Inputs, tracks: pl.DataFrame, texts: Sequence[str]) -> Inputs:
    """Add what is read of text columns, where there are any."""
    if not texts:
        return found
    return replace(found, counts=text.counts(tracks, texts), mentions=company.read(tracks, texts))


def artists(tracks: pl.DataFrame) -> Inputs:
    """Read nothing but who the artist is, as a number, NaN for nobody: for baselines that remember."""
    if "artist" not in tracks.columns:
        raise SchemaError("column 'artist': not in the table: this model knows artists only: add it")
    # 24 bits of a hash are whole numbers in float32.
    names = tracks.select(folded("artist"))["artist"]
    codes = [np.nan if n is None else int.from_bytes(sha256(n.encode()).digest()[:3]) for n in names]
    return Inputs(("artist",), np.array(codes, dtype=np.float32)[:, None])


def sequences(tracks: pl.DataFrame, columns: Sequence[str], frames: int) -> Inputs:
    """Read sequences, such as the timbre of a track's segments or a log-mel spectrogram.

    A sequence is a list of frames, each of as many channels: ``pl.List(pl.Array(pl.Float32, channels))``. Of
    a longer one, the `frames` in the middle are read.

    Parameters
    ----------
    tracks
        The table.
    columns
        Columns of it that may be read. Those that hold numbers or text are passed over.
    frames
        How many frames are read of a track.

    Returns
    -------
    `fixed` of shape (rows, frames * channels), a frame's channels side by side, those of several columns one
    after another. NaN is beyond the end of a sequence, and what is missing, infinite or too large within it.

    Raises
    ------
    SchemaError
        When a column is absent, or none holds sequences.
    SettingError
        When `frames` is no whole number above 0.

    Examples
    --------
    >>> kind = pl.List(pl.Array(pl.Float32, 2))
    >>> songs = pl.DataFrame({"timbre": pl.Series([[[1, 2], [3, 4]], [[5, 6]]], dtype=kind)})
    >>> read = sequences(songs, ["timbre"], frames=2)
    >>> read.names, read.fixed.tolist()
    (('timbre_0_0', 'timbre_0_1', 'timbre_1_0', 'timbre_1_1'), [[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, nan, nan]])
    """
    if not isinstance(frames, int) or frames < 1:
        raise SettingError(f"frames: {frames!r} is no whole number above 0: give another")
    missing = [c for c in columns if c not in tracks.columns and c not in CONTRACT]
    if missing:
        raise SchemaError(f"columns {', '.join(missing)}: not in the table: the model reads them: add them")
    found = {c: channels(tracks.schema[c]) for c in columns if c in tracks.columns}
    found = {name: width for name, width in found.items() if width}
    if not found:
        raise SchemaError(
            f"columns {', '.join(columns)}: none holds sequences, which is what this model reads: name one,"
            " or choose another model"
        )
    blocks = [_frames(tracks[name], frames, width) for name, width in found.items()]
    names = (
        f"{n}_{frame}_{c}" for frame in range(frames) for n, width in found.items() for c in range(width)
    )
    return Inputs(tuple(names), np.concatenate(blocks, axis=2).reshape(tracks.height, -1))


def _frames(column: pl.Series, frames: int, width: int) -> NDArray[np.float32]:
    """Return the frames in the middle of each sequence, NaN beyond its end; shape (rows, frames, width)."""
    lengths = column.list.len().fill_null(0).cast(pl.Int64)
    start = ((lengths - frames) // 2).clip(0)
    table = pl.DataFrame({"sequence": column, "start": start})
    middle = table.select(pl.col("sequence").list.slice("start", frames)).to_series()
    kept = lengths.clip(0, frames).to_numpy()
    flat = middle.filter(lengths > 0).explode()
    values = np.full((len(column), frames, width), np.nan, dtype=np.float32)
    if len(flat):
        rows = np.repeat(np.arange(len(column)), kept)
        places = np.arange(len(rows)) - np.repeat(kept.cumsum() - kept, kept)
        told = flat.explode().to_numpy().reshape(-1, width)
        values[rows, places] = numbers.finite(pl.DataFrame(told))
    return values


def _check(tracks: pl.DataFrame, numeric: Sequence[str], texts: Sequence[str]) -> None:
    types = tracks.schema  # made anew each time it is asked for
    missing = [c for c in (*numeric, *texts) if c not in types]
    if missing:
        raise SchemaError(f"columns {', '.join(missing)}: not in the table: the model reads them: add them")
    for name in numeric:
        found = types[name]
        if not (found.is_numeric() or found in (pl.Boolean, pl.Null)):
            raise SchemaError(f"column {name!r}: holds {found}, not numbers: mend the table")
    for name in texts:
        if types[name] not in (pl.String, pl.Null):
            raise SchemaError(f"column {name!r}: holds {types[name]}, not text: mend the table")
