"""A file that keeps what a service was asked, what it answered, and what is still missing."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, TypeAlias

from genrelab.errors import MissingFile, OutputError, ReadError

State: TypeAlias = Literal["open", "answered", "absent", "failed"]

APPLICATION = 0x67656E72  # "genr", by which SQLite files tell whose they are
FORMAT = 1
CHUNK = 500
"""Keys looked up in one statement; SQLite takes at least 999 parameters."""

_TABLES = """
CREATE TABLE about (service TEXT, name TEXT, value TEXT NOT NULL, PRIMARY KEY (service, name)) WITHOUT ROWID;
CREATE TABLE question (
    id INTEGER PRIMARY KEY,
    service TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'answered', 'absent', 'failed')),
    reason TEXT NOT NULL DEFAULT '',
    UNIQUE (service, kind, key)
);
CREATE INDEX question_state ON question (service, state, kind);
CREATE TABLE answer (question INTEGER PRIMARY KEY REFERENCES question, body TEXT NOT NULL);
CREATE TABLE wanted (
    position INTEGER PRIMARY KEY,
    question INTEGER NOT NULL REFERENCES question,
    track_id TEXT NOT NULL, title TEXT NOT NULL, artist TEXT NOT NULL,
    UNIQUE (question, track_id, title, artist)
);
"""


@dataclass(frozen=True, slots=True, order=True)
class Question:
    """One thing to ask a service: a kind of question, such as ``"track"``, and what it is about."""

    kind: str
    key: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service said to one question.

    Attributes
    ----------
    question
        The question; it need not have been asked: what comes beside an answer is kept as well.
    body
        What is kept of the answer, as JSON can say it; None where the service has nothing.
    reason
        Why there is nothing.
    leads_to
        Questions that the answer raises.
    """

    question: Question
    body: Any = None
    reason: str = ""
    leads_to: tuple[Question, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """A row of the user's file: the question that it comes to, and what the row says of itself."""

    question: Question
    track_id: str = ""
    title: str = ""
    artist: str = ""


@dataclass(frozen=True, slots=True)
class Count:
    """How far the questions of one kind have come."""

    kind: str
    answered: int
    absent: int
    failed: int
    open: int

    @property
    def asked(self) -> int:
        """All questions of the kind."""
        return self.answered + self.absent + self.failed + self.open


class Collection:
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
        When the file is no collection, is of a later format, or holds several services and none is named.
    OutputError
        When it cannot be written, or another process is writing it.
    """

    def __init__(self, path: Path | str, service: str | None = None, *, writing: bool = False) -> None:
        self.path = Path(path)
        self._writing = writing
        self._connection = self._opened()
        try:
            self._prepare()
            self.service = service if service is not None else self._only_service()
        except BaseException:
            self._connection.close()
            raise

    # Writing ------------------------------------------------------------------------------------------

    def want(self, rows: Iterable[Wanted]) -> int:
        """Add rows that are not wanted yet, with their questions; return how many were new."""
        raise NotImplementedError

    def ask(self, questions: Iterable[Question]) -> None:
        """Add questions that do not stand in the file yet."""
        raise NotImplementedError

    def keep(self, answers: Iterable[Answer]) -> None:
        """Keep answers, and the questions that they lead to, in one transaction."""
        raise NotImplementedError

    def fail(self, kind: str, keys: Iterable[str], reason: str) -> None:
        """Note that questions got no answer, so that they are asked again the next time."""
        raise NotImplementedError

    def reopen(self) -> None:
        """Make questions that failed open again."""
        raise NotImplementedError

    # Reading ------------------------------------------------------------------------------------------

    def services(self) -> tuple[str, ...]:
        """Name the services that the file holds questions to."""
        raise NotImplementedError

    def waiting(self, kind: str, most: int) -> list[str]:
        """Return keys of open questions of a kind, in the order in which they came."""
        raise NotImplementedError

    def counts(self) -> tuple[Count, ...]:
        """Count questions by kind and state, kinds in the order in which they came."""
        raise NotImplementedError

    def bodies(self, kind: str, keys: Sequence[str]) -> dict[str, str]:
        """Return what was kept, as JSON text, of those keys that have an answer."""
        raise NotImplementedError

    def each_answer(self, kind: str, rows: int) -> Iterator[list[tuple[str, str]]]:
        """Yield the answers of a kind as key and JSON text, at most `rows` at once, in the order asked."""
        raise NotImplementedError

    def each_wanted(self, rows: int) -> Iterator[list[tuple[Wanted, State, str]]]:
        """Yield rows that were wanted, in their order, with the state and reason of their questions."""
        raise NotImplementedError

    def setting(self, name: str) -> str | None:
        """Return what was noted under a name, such as how many tracks of each artist were asked for."""
        raise NotImplementedError

    def note(self, name: str, value: str) -> None:
        """Note something about the questions to this service."""
        raise NotImplementedError
