"""Relations between descriptors that a tree finds only in many steps. Nothing here is fitted.

They were chosen together, by the out-of-fold log loss of a booster on the training part of ``spotify_30k``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from genrelab.features.numbers import Named

_SLOW = 95.0  # BPM below which a tempo is read in double time: detectors often halve it
_QUIET = 20.0  # dB between the loudness that full and no energy lead to expect


def _real(name: str) -> pl.Expr:
    """Return a column as real numbers: it may have no type, and whole ones may overflow."""
    return pl.col(name).cast(pl.Float64)


_energy, _danceability, _valence = _real("energy"), _real("danceability"), _real("valence")
_tempo = pl.when(_real("tempo") > 0).then(_real("tempo"))
_dance = pl.when(_danceability.is_finite()).then(_danceability)  # a share of infinity is no relation

DERIVED: Mapping[str, tuple[tuple[str, ...], pl.Expr]] = {
    "energy_over_acousticness": (("energy", "acousticness"), _energy - _real("acousticness")),
    "dance_mood": (("danceability", "valence"), _danceability * _valence),
    "dance_energy": (("danceability", "energy"), _danceability * _energy),
    "loudness_for_energy": (("loudness", "energy"), _real("loudness") + _QUIET * (1 - _energy)),
    "speech_for_dance": (("speechiness", "danceability"), _real("speechiness") / (_dance + 0.1)),
    "tempo_folded": (("tempo",), pl.when(_tempo < _SLOW).then(2 * _tempo).otherwise(_tempo)),
    "tempo_off_grid": (("tempo",), _tempo.round() - _tempo),  # machines keep whole beats a minute
    "popularity_for_age": (("popularity", "release_year"), _real("popularity") - _real("release_year")),
}
"""Name of each feature, the columns that it needs, and how it is made of them."""


def expressions(columns: Sequence[str]) -> Iterator[Named]:
    """Name and read every relation whose columns are all among those given; null where one of them is.

    Examples
    --------
    >>> from genrelab.features import numbers
    >>> read = list(expressions(["energy", "tempo"]))
    >>> [name for name, _ in read]
    ['tempo_folded', 'tempo_off_grid']
    >>> numbers.matrix(pl.DataFrame({"tempo": [80.25, 0.0]}), read).tolist()
    [[160.5, -0.25], [nan, nan]]
    """
    for name, (needed, made) in DERIVED.items():
        if set(needed) <= set(columns):
            yield name, made
