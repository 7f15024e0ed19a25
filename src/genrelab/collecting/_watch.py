"""How far a run has come: what is done, how fast, and what went wrong."""

from __future__ import annotations

import time
from collections.abc import Container

from genrelab.collection import Collection
from genrelab.progress import Progress


class Watch:
    """Tells how far a run has come: the rate, the time left where it can be known, the errors so far.

    Where answers lead to new questions, the open ones do not tell how much is to come. What tells then is how
    fast the rows of the user's file are done with; until it is known, nothing is said.
    """

    INTERVAL = 0.5
    """Seconds from one look to the next."""

    def __init__(self, name: str, progress: Progress) -> None:
        self._name, self._progress = name, progress
        self._begun, self._next = time.monotonic(), 0.0
        self._first: tuple[int, int] | None = None
        self._start: tuple[float, int] | None = None  # of the run: when, and how many questions were open
        self._last: tuple[float, int] | None = None  # rows done with: when, and how many by then
        self._first_row: float | None = None  # when the first of this run were
        self._base = self._finished = 0
        self._told, self._share = f"asking {name}", 0.0
        self.errors = 0

    def trouble(self, words: str) -> None:
        """Count and tell trouble that may pass."""
        self.errors += 1
        self._progress(f"{self._told}: {words}", self._share)

    def look(self, collection: Collection, refused: Container[str], *, last: bool = False) -> None:
        """Count what is not refused: not so often that it would take long, and in any case the last time."""
        now = time.monotonic()
        if now < self._next and not last:
            return
        counts = [count for count in collection.counts() if count.kind not in refused]
        rows = collection.count_wanted()
        self._next = time.monotonic() + max(self.INTERVAL, 20 * (time.monotonic() - now))
        left = sum(count.open for count in counts)
        done = sum(count.asked for count in counts) - left
        self._first = self._first or (done, left)
        self._share = min(done / max(1, done + left), 1 - rows.open / max(1, rows.asked))
        grown = done + left > sum(self._first)
        seconds = self._seconds(now, left, rows.asked - rows.open, rows.open, grown=grown)
        self._told = self._words(now, done, left, seconds)
        self._progress(self._told, self._share)

    def _seconds(
        self, now: float, open_ones: int, settled: int, waiting: int, *, grown: bool
    ) -> float | None:
        """Return the seconds that are left, where it can be known.

        What a row leads to is asked after the row itself: when the next rows are done with, so is the work of
        those before them.
        """
        if self._start is None or self._last is None:
            self._start, self._last = (now, open_ones), (now, settled)
            self._base = settled
        if settled > self._last[1]:
            self._first_row = now if self._first_row is None else self._first_row
            self._finished, self._last = self._last[1] - self._base, (now, settled)
        if not grown:
            fewer = self._start[1] - open_ones
            return open_ones * (now - self._start[0]) / fewer if fewer > 0 else None
        if not self._finished or self._first_row is None:
            return None
        unfinished = waiting + settled - self._base - self._finished
        left = unfinished * (self._last[0] - self._first_row) / self._finished - (now - self._last[0])
        return left if left > 0 else None

    def _words(self, now: float, done: int, left: int, seconds: float | None) -> str:
        from genrelab.services._client import duration  # noqa: PLC0415 - an extra

        words = f"{self._name}: {done:,} of {done + left:,}"
        rate = (done - self._first[0]) / max(1e-9, now - self._begun) if self._first else 0.0
        if rate:
            words += f", {rate:,.1f}/s"
        if seconds is not None:
            words += f", {duration(seconds)} left"
        return words + (
            f", {self.errors:,} {'error' if self.errors == 1 else 'errors'}" if self.errors else ""
        )
