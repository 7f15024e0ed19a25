"""A file that keeps what a service was asked, what it answered, and what is still missing."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from genrelab.collection._file import File, recognised
from genrelab.collection._records import Answer, Count, Question, State, Unanswered, Unasked, Wanted
from genrelab.errors import ReadError

__all__ = [
    "Answer", "Collection", "Count", "Question", "State", "Unanswered", "Unasked", "Wanted", "recognised",
    "services",
]  # fmt: skip

T = TypeVar("T")

CHUNK = 500
"""Keys looked up in one statement; SQLite takes at least 999 parameters."""


class Collection(File):
    """Questions to one service and its answers, in an SQLite file that survives being killed at any moment.

    Every change is one transaction, synced to the disk before the method returns. One process at a time may
    write. A file may hold questions to several services; an object sees those to one.

    Parameters
    ----------
    path
        The file.
    service
        Whose questions; a reader may leave it out where the file holds only one service's.
    writing
        Whether it may be changed; then it is made where it is not there.

    Raises
    ------
    MissingFile
        When there is nothing to read.
    ReadError
        When the file is no collection, is damaged or of a later format, holds nothing of the service, or
        holds several services and none is named.
    OutputError
        When it cannot be written, or another process is writing it.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "collection.db")
    >>> tan = Question("track", "tan")
    >>> with Collection(path, "spotify", writing=True) as collection:
    ...     _ = collection.want([Wanted(tan, title="Tan"), Wanted(Question("track", "red"))])
    ...     collection.keep([Answer(tan, {"tempo": 90})])
    >>> with Collection(path) as collection:
    ...     collection.counts(), collection.bodies("track", ["tan", "red"])
    ((Count(kind='track', answered=1, absent=0, failed=0, open=1),), {'tan': '{"tempo":90}'})
    """

    def __init__(self, path: Path | str, service: str | None = None, *, writing: bool = False) -> None:
        super().__init__(path, writing=writing)
        try:
            self.service = service if writing and service else self._held(service)
        except BaseException:
            self.close()
            raise

    def _held(self, service: str | None) -> str:
        """Return the service of that name, or the only one, where the file holds questions to it."""
        names = self.services()
        if not names:
            raise ReadError(f"{self.path}: holds nothing yet: collect something into it")
        if service is None and len(names) == 1:
            return names[0]
        if service is None:
            raise ReadError(
                f"{self.path}: holds answers of {' and '.join(names)}: write one service's with 'genrelab"
                f" collect export {shlex.quote(str(self.path))} --service {names[0]} -o tracks.parquet'"
                " (in Python, service= names it)"
            )
        if service not in names:
            raise ReadError(
                f"{self.path}: holds nothing of {service!r}, but of {' and '.join(names)}: name one of these"
            )
        return service

    # Writing ------------------------------------------------------------------------------------------

    def want(self, rows: Iterable[Wanted], unasked: Iterable[Unasked] = ()) -> int:
        """Add rows that are not wanted yet, with their questions; return how many were new.

        Rows that cannot be asked are kept beside them.
        """
        new = 0
        with self._transaction():
            self._connection.executemany(_CANNOT_ASK, (self._told_of(row) for row in unasked))
            for part in _parts(rows, 100 * CHUNK):
                self._add(question for row in part for question in (row.question, *row.also))
                before = self._connection.total_changes
                self._connection.executemany(_WANT, (self._wish(row) for row in part))
                new += self._connection.total_changes - before
        return new

    def _wish(self, row: Wanted) -> tuple[str, ...]:
        said = (row.track_id, row.title, row.artist, self.service, row.question.kind, row.question.key)
        return tuple(map(_text, said))

    def _told_of(self, row: Unasked) -> tuple[str | int, ...]:
        return self.service, row.row, *map(_text, (row.track_id, row.title, row.artist, row.reason))

    def ask(self, questions: Iterable[Question]) -> None:
        """Add questions that do not stand in the file yet."""
        with self._transaction():
            self._add(questions)

    def _add(self, questions: Iterable[Question]) -> None:
        self._connection.executemany(_ASK, ((self.service, q.kind, _text(q.key)) for q in questions))

    def keep(self, answers: Iterable[Answer], leads_to: Iterable[Question] = ()) -> None:
        """Keep answers, and the questions that they lead to, in one transaction.

        An answer that stands in the file stays as it is. Where the service had nothing, or failed, an answer
        takes its place.
        """
        with self._transaction():
            for answer in answers:
                self._keep(answer)
            self._add(leads_to)

    def _keep(self, answer: Answer) -> None:
        asked = (self.service, answer.question.kind, _text(answer.question.key))
        state: State = "absent" if answer.body is None else "answered"
        self._connection.execute(_SETTLE, (*asked, state, _text(answer.reason)))
        if answer.body is not None:
            body = json.dumps(answer.body, separators=(",", ":"), allow_nan=False)
            self._connection.execute(_KEEP, (body, *asked))

    def fail(self, kind: str, keys: Iterable[str], reason: str) -> None:
        """Note that questions got no answer, so that they are asked again the next time."""
        with self._transaction():
            self._connection.executemany(
                _FAIL, ((_text(reason), self.service, kind, _text(key)) for key in keys)
            )

    def reopen(self) -> None:
        """Make questions that failed open again; they come after those that never failed."""
        with self._transaction():
            self._connection.execute(
                "UPDATE question SET state = 'open' WHERE service = ? AND state = 'failed'", (self.service,)
            )

    def note(self, name: str, value: str) -> None:
        """Note something about the questions to this service."""
        with self._transaction():
            self._connection.execute("REPLACE INTO about VALUES (?, ?, ?)", (self.service, name, value))

    def call(self, kinds: Mapping[str, str]) -> None:
        """Note what a person calls each kind of question."""
        self.note(_MEANINGS, json.dumps(dict(kinds)))

    def remark(self, notes: Sequence[str]) -> None:
        """Note what the service refuses, in the place of what was noted of it before."""
        self.note(_NOTES, json.dumps(list(notes)))

    # Reading ------------------------------------------------------------------------------------------

    def meaning(self, kind: str) -> str:
        """Return what a person calls a kind of question; its name where that was never noted."""
        return str(json.loads(self.setting(_MEANINGS) or "{}").get(kind, kind))

    def notes(self) -> tuple[str, ...]:
        """Return what was noted of what the service refuses."""
        return tuple(json.loads(self.setting(_NOTES) or "[]"))

    def setting(self, name: str) -> str | None:
        """Return what was noted under a name, such as how many tracks of each artist were asked for."""
        with self._told():
            value = self._one("SELECT value FROM about WHERE service = ? AND name = ?", self.service, name)
        return None if value is None else str(value)

    def waiting(self, kind: str, most: int) -> list[str]:
        """Return keys of open questions of a kind, in the order in which they came, failed ones last."""
        with self._told():
            return [key for (key,) in self._connection.execute(_WAITING, (self.service, kind, most))]

    def counts(self) -> tuple[Count, ...]:
        """Count questions by kind and state, kinds in the order in which they came."""
        with self._told():
            found = self._connection.execute(_COUNTS, (self.service,)).fetchall()
        kinds = dict.fromkeys(kind for _, kind, _, _ in sorted(found, key=lambda row: row[3]))
        return tuple(
            _count(kind, {state: many for state, of, many, _ in found if of == kind}) for kind in kinds
        )

    def count_wanted(self) -> Count:
        """Count the rows that were wanted, by the state of their questions; the kind is ``"wanted"``."""
        with self._told():
            found = dict(self._connection.execute(_COUNT_WANTED, (self.service,)).fetchall())
        return _count("wanted", found)

    def count_unasked(self) -> dict[str, int]:
        """Count the rows of the user's file that could not be asked, by the reason."""
        with self._told():
            return dict(self._connection.execute(_COUNT_UNASKED, (self.service,)).fetchall())

    def unanswered(self, most: int) -> tuple[Unanswered, ...]:
        """Return the commonest reasons why questions have no answer, those that failed first."""
        with self._told():
            found = self._connection.execute(_UNANSWERED, (self.service, most)).fetchall()
        return tuple(Unanswered(*row) for row in found)

    def bodies(self, kind: str, keys: Sequence[str]) -> dict[str, str]:
        """Return what was kept, as JSON text, of those keys that have an answer."""
        found: dict[str, str] = {}
        with self._transaction("DEFERRED"):
            for part in _parts(keys, CHUNK):
                asked = _BODIES.format(", ".join("?" * len(part)))
                found |= dict(self._connection.execute(asked, (self.service, kind, *map(_text, part))))
        return found

    def each_answer(self, kind: str, rows: int) -> Iterator[list[tuple[str, str]]]:
        """Yield the answers of a kind as key and JSON text, at most `rows` at once, in the order asked."""
        for page in self._pages(_EACH_ANSWER, (self.service, kind), rows):
            yield [(key, body) for _, key, body in page]

    def each_wanted(self, rows: int) -> Iterator[list[tuple[Wanted, State, str]]]:
        """Yield rows that were wanted, in their order, with the state and reason of their questions."""
        for page in self._pages(_EACH_WANTED, (self.service,), rows):
            yield [
                (Wanted(Question(kind, key), track_id, title, artist), state, reason)
                for _, kind, key, track_id, title, artist, state, reason in page
            ]

    def each_unasked(self, rows: int) -> Iterator[list[Unasked]]:
        """Yield rows that could not be asked, in the order in which they came."""
        for page in self._pages(_EACH_UNASKED, (self.service,), rows):
            yield [Unasked(row, reason, *named) for _, row, reason, *named in page]

    def _pages(self, statement: str, values: tuple[str, ...], rows: int) -> Iterator[list[tuple[Any, ...]]]:
        """Yield rows by pages, each a transaction, so that the file can be changed meanwhile."""
        last = 0
        while True:
            with self._told():
                page = self._connection.execute(statement, (*values, last, rows)).fetchall()
            if not page:
                return
            last = page[-1][0]
            yield page


def services(path: Path | str) -> tuple[str, ...]:
    """Name the services that a collection holds questions to.

    Raises
    ------
    MissingFile, ReadError
        As `Collection`.
    """
    with File(path, writing=False) as file:
        return file.services()


_MEANINGS, _NOTES = "meanings of kinds", "notes"
_ASK = "INSERT INTO question (service, kind, key) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
_WANT = """
INSERT INTO wanted (question, track_id, title, artist)
SELECT id, ?, ?, ? FROM question WHERE service = ? AND kind = ? AND key = ?
ON CONFLICT DO NOTHING
"""
_CANNOT_ASK = """
INSERT INTO unasked (service, row, track_id, title, artist, reason) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING
"""
_COUNT_UNASKED = """
SELECT reason, count(*) FROM unasked WHERE service = ? GROUP BY reason ORDER BY min(position)
"""
_EACH_UNASKED = """
SELECT position, row, reason, track_id, title, artist FROM unasked
WHERE service = ? AND position > ? ORDER BY position LIMIT ?
"""
_SETTLE = """
INSERT INTO question (service, kind, key, state, reason) VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET state = excluded.state, reason = excluded.reason WHERE state <> 'answered'
"""
_KEEP = """
INSERT INTO answer (body, question) SELECT ?, id FROM question WHERE service = ? AND kind = ? AND key = ?
ON CONFLICT DO NOTHING
"""
_FAIL = """
UPDATE question SET state = 'failed', reason = ?, failures = failures + 1
WHERE service = ? AND kind = ? AND key = ? AND state IN ('open', 'failed')
"""
_WAITING = """
SELECT key FROM question WHERE service = ? AND kind = ? AND state = 'open' ORDER BY failures, id LIMIT ?
"""
# The index on states holds all that this needs.
_COUNTS = """
SELECT state, kind, count(*), min(id) FROM question WHERE service = ? GROUP BY state, kind
"""
_COUNT_WANTED = """
SELECT state, count(*) FROM wanted JOIN question ON id = question WHERE service = ? GROUP BY state
"""
_UNANSWERED = """
SELECT state, reason, count(*) AS many FROM question WHERE service = ? AND state IN ('absent', 'failed')
GROUP BY state, reason ORDER BY state = 'failed' DESC, many DESC, min(id) LIMIT ?
"""
_BODIES = """
SELECT key, body FROM question JOIN answer ON question = id WHERE service = ? AND kind = ? AND key IN ({})
"""
_EACH_ANSWER = """
SELECT id, key, body FROM question JOIN answer ON question = id
WHERE service = ? AND state = 'answered' AND kind = ? AND id > ? ORDER BY id LIMIT ?
"""
# Cross joins keep their order: the rows wanted come first, in theirs.
_EACH_WANTED = """
SELECT position, kind, key, track_id, title, artist, state, reason FROM wanted CROSS JOIN question
ON id = question WHERE service = ? AND position > ? ORDER BY position LIMIT ?
"""


def _count(kind: str, found: Mapping[str, int]) -> Count:
    return Count(kind, *(found.get(state, 0) for state in ("answered", "absent", "failed", "open")))


def _parts(things: Iterable[T], most: int) -> Iterator[list[T]]:
    left = iter(things)
    while part := list(islice(left, most)):
        yield part


def _text(words: str) -> str:
    """Replace halves of characters, which a service's JSON may hold and a file may not."""
    return words.encode("utf-8", "replace").decode("utf-8")
