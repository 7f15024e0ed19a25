"""One run of asking: which question is next, and what to do when a service does not answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from genrelab.collecting._watch import Watch
from genrelab.collection import Answer, Collection, Question
from genrelab.errors import FetchError
from genrelab.services._service import Busy, Denied, Kind, NotKnown, Refused, Rejected, Service, Unauthorised

if TYPE_CHECKING:
    from genrelab.services._client import Client

MOST_FAILURES = 5
"""Requests that may fail in a row before the run stops."""
UNSAID = "the answer says nothing of it"
GOES_ON = "everything so far is kept, and the same command goes on from here"


class Run:
    """One run: asks what the last answers led to, as soon as it fills a batch, until nothing is open."""

    def __init__(
        self,
        service: Service,
        tracks_per_artist: int,
        collection: Collection,
        client: Client,
        watch: Watch,
        noted: Callable[[str], None],
    ) -> None:
        self.notes: list[str] = []
        self._service, self._name = service, service.name
        self._kinds = {kind.name: kind for kind in service.kinds(tracks_per_artist)}
        self._collection, self._client, self._watch, self._noted = collection, client, watch, noted
        self._refused: set[str] = set()
        self._one_by_one: set[str] = set()
        self._parted: set[str] = set()  # kinds of which the last batch was refused
        self._answering: set[str] = set()
        self._failures = 0

    def finish(self) -> None:
        """Ask until nothing is open but what the service refuses.

        Raises
        ------
        FetchError
            When the service lets us in no longer, asks to wait too long, or fails again and again.
        """
        try:
            self._watch.look(self._collection, self._refused)
            self._probe()
            while (following := self._next()) is not None:
                self._ask(*following)
                self._watch.look(self._collection, self._refused)
            self._watch.look(self._collection, self._refused, last=True)
        except Unauthorised as error:
            raise FetchError(
                f"{self._name} refuses the credentials ({error}): check"
                f" {' and '.join(self._service.variables)}: what was answered so far is kept"
            ) from None
        except Denied as error:
            raise FetchError(
                f"{self._name}: answers nothing more: {error}: see that address and credentials are right:"
                f" {GOES_ON}"
            ) from None

    def _probe(self) -> None:
        """Find out at once what the service refuses altogether, where there is anything to ask."""
        if not any(self._collection.waiting(name, 1) for name in self._kinds):
            return
        self._collection.remark(self.notes)  # what was refused before need not be any longer
        for kind in self._kinds.values():
            if kind.probe is None:
                continue
            try:
                self._client.get(kind.probe)
            except Refused as error:
                self._refuse(kind, error)
            except (Busy, NotKnown, Rejected):
                pass  # asking will tell

    def _next(self) -> tuple[Kind, list[str]] | None:
        """Return the last kind for which a whole batch waits, or else the first for which anything does.

        So tracks come long before every artist is looked up, and no batch is sent that could still grow.
        """
        found = None
        for kind in reversed(self._kinds.values()):
            if kind.name in self._refused:
                continue
            most = 1 if kind.name in self._one_by_one else kind.batch
            keys = self._collection.waiting(kind.name, most)
            if len(keys) == most:
                return kind, keys
            if keys:
                found = kind, keys
        return found

    def _ask(self, kind: Kind, keys: list[str]) -> None:
        try:
            self._keep(kind, keys, *self._answers(kind, keys))
        except (Refused, NotKnown, Rejected) as error:
            if len(keys) > 1:
                self._part(kind, keys, error)
            elif isinstance(error, Refused):
                self._refuse(kind, error)
            elif isinstance(error, NotKnown) or kind.name in self._answering:
                self._collection.keep([Answer(Question(kind.name, keys[0]), None, str(error))])
                self._failures = 0
            else:
                self._fail(kind, keys, str(error))
        except Busy as error:
            if len(keys) == 1:
                self._fail(kind, keys, str(error))
                return
            self._count_failure(kind, str(error))
            self._ask_each(kind, keys)

    def _ask_each(self, kind: Kind, keys: list[str]) -> None:
        """Ask the keys of a batch one by one: one of them may spoil it for the others."""
        for key in keys:
            if kind.name not in self._refused:
                self._ask(kind, [key])

    def _answers(self, kind: Kind, keys: list[str]) -> tuple[list[Answer], list[Question]]:
        """Return answers, and the questions that they lead to."""
        body = self._client.get(kind.request(keys))
        try:
            answers = list(kind.read(keys, body))
            return answers, [question for answer in answers for question in self._followed(answer)]
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            what = f"{type(error).__name__}: {error}"[:100]
            raise Busy(f"its answer is not of the shape that is known ({what})") from error

    def _followed(self, answer: Answer) -> Iterator[Question]:
        kind = self._kinds.get(answer.question.kind)
        if answer.body is not None and kind is not None and kind.follow is not None:
            yield from kind.follow(answer.question.key, answer.body)

    def _keep(self, kind: Kind, keys: list[str], answers: list[Answer], leads_to: list[Question]) -> None:
        """Keep answers by what they say of themselves; a key of which nothing is said has failed."""
        self._collection.keep(answers, leads_to)
        said = {answer.question.key for answer in answers if answer.question.kind == kind.name}
        unsaid = [key for key in keys if key not in said]
        if len(unsaid) == len(keys):
            self._fail(kind, keys, UNSAID)
            return
        self._failures = 0
        self._answering.add(kind.name)
        if len(keys) > 1:
            self._parted.discard(kind.name)
        if unsaid:
            self._watch.errors += 1
            self._collection.fail(kind.name, unsaid, UNSAID)

    def _fail(self, kind: Kind, keys: list[str], reason: str) -> None:
        self._collection.fail(kind.name, keys, reason)
        self._watch.errors += 1
        self._count_failure(kind, reason)

    def _count_failure(self, kind: Kind, reason: str) -> None:
        self._failures += 1
        if self._failures >= MOST_FAILURES:
            raise FetchError(
                f"{self._name}: {MOST_FAILURES} requests in a row failed, the last for {kind.meaning}"
                f" ({reason}): see that it is up: {GOES_ON}"
            )

    def _part(self, kind: Kind, keys: list[str], error: Exception) -> None:
        """Ask a refused batch one by one; and all that follows, where the one before was refused as well."""
        if kind.name in self._parted & self._answering:
            self._one_by_one.add(kind.name)
            self._note(f"{kind.meaning}: {self._name} takes no batches of them ({error}): asked one by one")
        self._parted.add(kind.name)
        self._ask_each(kind, keys)

    def _refuse(self, kind: Kind, error: Exception) -> None:
        self._refused.add(kind.name)
        self._note(f"{kind.meaning}: {self._name} refuses them ({error}): {kind.refused or 'left open'}")

    def _note(self, words: str) -> None:
        self.notes.append(words)
        self._collection.remark(self.notes)
        self._noted(words)
