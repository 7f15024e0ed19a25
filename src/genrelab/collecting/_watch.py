"""How far a run has come: what is done, how fast, and what went wrong."""

from __future__ import annotations

import time
from collections.abc import Container

from genrelab.collection import Collection
from genrelab.progress import Progress


class Watch:
    """Tells how far a run has come: the rate, the time left, the errors so far."""

    INTERVAL = 0.5
    """Seconds from one look to the next."""

    def __init__(self, name: str, progress: Progress) -> None:
        self._name, self._progress = name, progress
        self._begun, self._next = time.monotonic(), 0.0
        self._first: int | None = None
        self._told, self._share = f"asking {name}", 0.0
        self.errors = 0

    def trouble(self, words: str) -> None:
        """Count and tell trouble that may pass."""
        self.errors += 1
        self._progress(f"{self._told}: {words}", self._share)

    def look(self, collection: Collection, refused: Container[str]) -> None:
        """Count what is not refused, though not so often that counting would take long."""
        now = time.monotonic()
        if now < self._next:
            return
        counts = [count for count in collection.counts() if count.kind not in refused]
        self._next = time.monotonic() + max(self.INTERVAL, 20 * (time.monotonic() - now))
        left = sum(count.open for count in counts)
        done = sum(count.asked for count in counts) - left
        self._first = done if self._first is None else self._first
        self._share = done / max(1, done + left)
        self._told = self._words(done, left, (done - self._first) / max(1e-9, now - self._begun))
        self._progress(self._told, self._share)

    def _words(self, done: int, left: int, rate: float) -> str:
        from genrelab.services._client import duration  # noqa: PLC0415 - an extra

        words = f"{self._name}: {done:,} of {done + left:,}"
        if rate:
            words += f", {rate:,.1f}/s, {duration(left / rate)} left"
        return words + (
            f", {self.errors:,} {'error' if self.errors == 1 else 'errors'}" if self.errors else ""
        )
