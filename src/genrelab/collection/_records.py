"""What a collection holds: questions, answers, the rows of the user's file, and counts of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

State: TypeAlias = Literal["open", "answered", "absent", "failed"]


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
    """

    question: Question
    body: Any = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A row of the user's file: the question that it comes to, and what the row says of itself.

    What is `also` to be asked for it is not kept with the row.
    """

    question: Question
    track_id: str = ""
    title: str = ""
    artist: str = ""
    also: tuple[Question, ...] = ()


@dataclass(frozen=True, slots=True)
class Unasked:
    """A row of the user's file by which nothing can be asked: its position from 1, and why."""

    row: int
    reason: str
    track_id: str = ""
    title: str = ""
    artist: str = ""


@dataclass(frozen=True, slots=True)
class Count:
    """How far questions have come: those of one kind, or those behind the rows of the user's file."""

    kind: str
    answered: int
    absent: int
    failed: int
    open: int

    @property
    def asked(self) -> int:
        """All of them, whatever came of them."""
        return self.answered + self.absent + self.failed + self.open


@dataclass(frozen=True, slots=True)
class Unanswered:
    """How many questions have no answer for the same reason, and whether they are absent or failed."""

    state: State
    reason: str
    count: int
