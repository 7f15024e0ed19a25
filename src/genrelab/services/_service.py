"""What a web service is: which questions it answers, how they are put, and how its answers are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    import httpx2
    import polars as pl

    from genrelab.collection import Answer, Wanted

What: TypeAlias = Literal["artists", "tracks"]
"""What the rows of the user's file are."""


@dataclass(frozen=True, slots=True)
class Request:
    """A GET request: a path below the service's address, and parameters."""

    path: str
    parameters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of question.

    Attributes
    ----------
    name
        What it is called in a collection, such as ``"track"``.
    meaning
        What a person calls it, in the plural: "audio features".
    batch
        How many keys one request may carry.
    request
        Makes the request for some keys, at most `batch`.
    read
        Given the keys asked and the answer as JSON, returns an `Answer` for each key that was answered, and
        for what came beside. An answer is told by what it says of itself, never by its place: a key of which
        nothing is said gets none, and counts as failed.
    probe
        Whether one request tells if the service refuses this kind altogether; such kinds are tried first.
    refused
        What to say, and to do instead, where it refuses.
    """

    name: str
    meaning: str
    batch: int
    request: Callable[[Sequence[str]], Request]
    read: Callable[[Sequence[str], Any], Iterable[Answer]]
    probe: Request | None = None
    refused: str = ""


class Trouble(Exception):
    """A service said in its answer's body that something is wrong (`Service.judge` raises its leaves)."""


class Busy(Trouble):
    """Ask again, after so many seconds where it says so."""

    def __init__(self, why: str, after: float | None = None) -> None:
        super().__init__(why)
        self.after = after


class Denied(Trouble):
    """It does not let us in, or no longer: every further question would end the same way."""


class NotKnown(Trouble):
    """It has nothing under this key."""


@dataclass(frozen=True, slots=True)
class Service:
    """A web service that knows tracks.

    Attributes
    ----------
    name, meaning
        What it is called, and what it gives, in one line.
    address
        Where it is; a user may give another.
    pace
        Requests a second that it allows.
    terms
        What every table drawn from it must say of it; empty where there is nothing to say.
    kinds
        Its kinds of questions, in the order in which they are asked, given how many tracks of each artist
        are wanted.
    wanted
        Reads the rows of the user's file. Raises SchemaError where it has neither ids nor names to ask by.
    authorise
        Given the environment and the service's address, returns what signs requests. Raises SettingError
        naming the variables that are missing.
    judge
        Raises Trouble where the body of an answer says that something is wrong.
    """

    name: str
    meaning: str
    address: str
    pace: float
    terms: str
    kinds: Callable[[int], tuple[Kind, ...]]
    wanted: Callable[[pl.DataFrame, What], list[Wanted]]
    authorise: Callable[[Mapping[str, str], str], httpx2.Auth | None]
    judge: Callable[[Any], None]
