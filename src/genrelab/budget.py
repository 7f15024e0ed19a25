"""How long a fit may take: so many seconds, or so many models tried."""

from __future__ import annotations

import re
from dataclasses import dataclass

from genrelab.errors import SettingError

_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True, slots=True)
class Budget:
    """A bound on fitting; without either, everything is tried.

    Attributes
    ----------
    seconds
        Of the whole fit. What is tried then depends on how fast the machine is.
    trials
        Members of a blend that are tried, in its order: the same number gives the same model.

    Raises
    ------
    SettingError
        When a bound is not above 0.
    """

    seconds: float | None = None
    trials: int | None = None

    def __post_init__(self) -> None:
        for bound in (self.seconds, self.trials):
            if bound is not None and not 0 < bound < float("inf"):
                raise SettingError(f"budget: {bound} is not above 0: give a time such as 300s, or trials")


def parse(written: str) -> Budget:
    """Read a budget: a number with s, m or h is a time, one alone counts trials.

    Raises
    ------
    SettingError
        When it is written otherwise.

    Examples
    --------
    >>> parse("5m"), parse("2")
    (Budget(seconds=300.0, trials=None), Budget(seconds=None, trials=2))
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smh]?)\s*", written)
    if found is None or (not found[2] and "." in found[1]):
        raise SettingError(
            f"budget {written!r}: is no time and no number of trials: write 300s, 5m or 1h, or 2"
        )
    if found[2]:
        return Budget(seconds=float(found[1]) * _SECONDS[found[2]])
    return Budget(trials=int(found[1]))
