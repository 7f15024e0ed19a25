"""Budgets: what may be written, and that they bound a fit."""

from __future__ import annotations

import pytest

from genrelab.budget import Budget, parse
from genrelab.errors import SettingError


@pytest.mark.parametrize(
    ("written", "budget"),
    [
        ("300s", Budget(seconds=300)),
        ("5m", Budget(seconds=300)),
        (" 1.5 h", Budget(seconds=5400)),
        ("7", Budget(trials=7)),
    ],
)
def test_times_and_trials_are_read(written: str, budget: Budget) -> None:
    assert parse(written) == budget


@pytest.mark.parametrize("written", ["", "0", "0s", "-3", "2.5", "5 minutes", "s", "1d", "inf", "nans"])
def test_anything_else_is_refused_in_one_line(written: str) -> None:
    with pytest.raises(SettingError, match=r"^budget") as told:
        parse(written)
    assert "\n" not in str(told.value)
