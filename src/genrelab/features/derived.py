"""Relations between descriptors that a tree finds only in many steps. Nothing here is fitted.

They were chosen together, by the out-of-fold log loss of a booster on the training part of ``spotify_30k``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from genrelab.features.numbers import Matrix, finite

_SLOW = 95.0  # BPM below which a tempo is read in double time: detectors often halve it
_QUIET = 20.0  # dB between the loudness that full and no energy lead to expect

_energy, _danceability, _valence = pl.col("energy"), pl.col("danceability"), pl.col("valence")
_tempo = pl.when(pl.col("tempo") > 0).then(pl.col("tempo"))

DERIVED: Mapping[str, tuple[tuple[str, ...], pl.Expr]] = {
    "energy_over_acousticness": (("energy", "acousticness"), _energy - pl.col("acousticness")),
    "dance_mood": (("danceability", "valence"), _danceability * _valence),
    "dance_energy": (("danceability", "energy"), _danceability * _energy),
    "loudness_for_energy": (("loudness", "energy"), pl.col("loudness") + _QUIET * (1 - _energy)),
    "speech_for_dance": (("speechiness", "danceability"), pl.col("speechiness") / (_danceability + 0.1)),
    "tempo_folded": (("tempo",), pl.when(_tempo < _SLOW).then(2 * _tempo).otherwise(_tempo)),
    "tempo_off_grid": (("tempo",), _tempo.round() - _tempo),  # machines keep whole beats a minute
    "popularity_for_age": (("popularity", "release_year"), pl.col("popularity") - pl.col("release_year")),
}
"""Name of each feature, the columns that it needs, and how it is made of them."""


def names(columns: Sequence[str]) -> tuple[str, ...]:
    """Name the columns of `matrix`: those whose parts are all among `columns`.

    Examples
    --------
    >>> names(["energy", "tempo"])
    ('tempo_folded', 'tempo_off_grid')
    """
    return tuple(name for name, (needed, _) in DERIVED.items() if set(needed) <= set(columns))


def matrix(tracks: pl.DataFrame, columns: Sequence[str]) -> Matrix:
    """Relate numeric columns to each other; null where a part is null.

    Parameters
    ----------
    tracks
        A table that keeps the schema.
    columns
        Numeric columns of it.

    Returns
    -------
    Shape (rows, len(names(columns))).

    Examples
    --------
    >>> matrix(pl.DataFrame({"tempo": [80.25, 0.0]}), ["tempo"]).tolist()
    [[160.5, -0.25], [nan, nan]]
    """
    chosen = names(columns)
    if not chosen:
        return np.zeros((tracks.height, 0), dtype=np.float32)
    needed = {column for name in chosen for column in DERIVED[name][0]}
    # A column may have no type, whole numbers may overflow, and a share of infinity is no relation.
    parts = tracks.select(pl.col(sorted(needed)).cast(pl.Float64))
    known = parts.with_columns(pl.when(pl.all().is_finite()).then(pl.all()))
    return finite(known.select(DERIVED[name][1].alias(name) for name in chosen))
