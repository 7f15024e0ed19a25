"""What a web service is: which questions it answers, how they are put, and how its answers are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    import httpx2
    import polars as pl

    from genrelab.collection import Answer, Question, Unasked, Wanted

What: TypeAlias = Literal["artists", "tracks"]
"""What the rows of the user's file are."""

CREDENTIALS = "credentials"
"""Extension of a request in which `authorise` puts a key that belongs into the query.

What signs requests sets ``request.extensions[CREDENTIALS] = {"api_key": key}``. The key joins the address at
the very end, so that it stands in no log and no message."""


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
        Makes the request for some keys, at most `batch`. Where the service refuses a batch, keys are asked
        one by one: a request for one key must not go where only batches are answered.
    read
        Given the keys asked and the answer as JSON, returns an `Answer` for each key that was answered, and
        for what came beside. An answer is told by what it says of itself, never by its place: a key of which
        nothing is said gets none, and counts as failed. So do all where it raises LookupError, TypeError,
        ValueError or AttributeError, since the answer is not of the shape that was expected.
    follow
        Given a key and the body that is kept of its answer, returns the questions that it raises. It may
        depend on how many tracks of each artist are wanted, and is asked again when more are.
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
    follow: Callable[[str, Any], Iterable[Question]] | None = None
    probe: Request | None = None
    refused: str = ""


class Trouble(Exception):
    """A service does not answer as it should.

    `Service.judge` raises its leaves where an answer's body tells what is wrong; else the status decides.
    """


class Busy(Trouble):
    """Ask again, after so many seconds where it says so: it has too much to do, or the connection broke."""

    def __init__(self, why: str, after: float | None = None) -> None:
        super().__init__(why)
        self.after = after


class Denied(Trouble):
    """It does not let us in, or no longer: every further question would end the same way."""


class NotKnown(Trouble):
    """It says itself, in its answer, that it has nothing under this key."""


class Refused(Trouble):
    """It does not answer this kind of question."""


class Rejected(Trouble):
    """It finds fault with this one question."""


class Unauthorised(Denied):
    """It refuses the credentials."""


@dataclass(frozen=True, slots=True)
class Rows:
    """What the rows of the user's file come to: those that are asked, and those that cannot be."""

    wanted: list[Wanted]
    unasked: list[Unasked]


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
        Its kinds of questions, given how many tracks of each artist are wanted, in the order in which
        answers lead from one to the next: of two that wait, the later is asked first.
    wanted
        Reads the rows of the user's file; rows that come to the same question are all there. Raises
        SchemaError where it has neither ids nor names to ask by.
    authorise
        Given the environment and the service's address, returns what signs requests. Raises SettingError
        naming the variables that are missing.
    judge
        Raises Trouble where the body of an answer says that something is wrong. It sees every answer that
        can be read, whatever its status.
    parse
        Makes of an answer's bytes what `Kind.read` and `judge` see; JSON where it is None. Raises ValueError
        where it cannot.
    asked_by
        By what artists, and tracks, are asked, such as ``"titles with artists"``; only what it can be asked
        about.
    variables
        Where in the environment its credentials stand.
    moved
        What another address moves along.
    per_artist
        Whether it is told how many tracks of each artist are wanted.
    """

    name: str
    meaning: str
    address: str
    pace: float
    terms: str
    kinds: Callable[[int], tuple[Kind, ...]]
    wanted: Callable[[pl.DataFrame, What], Rows]
    authorise: Callable[[Mapping[str, str], str], httpx2.Auth | None]
    judge: Callable[[Any], None]
    parse: Callable[[bytes], Any] | None = None
    asked_by: Mapping[What, str] = field(default_factory=dict)
    variables: tuple[str, ...] = ()
    moved: str = ""
    per_artist: bool = False
