"""A web service on loopback that answers as a test says, and misbehaves on purpose.

What it answers is a function of what it was asked, or a list of answers to give one after the other::

    def play(asked: Asked) -> Answered:
        if asked.path == "/v1/search":
            return {"artists": {"items": []}}  # JSON, status 200
        return refused()

    with Server(play) as server:
        collect("spotify", artists, "artists", path, address=server.address)
    assert server.count("/v1/search") == 1
    assert server.asked[0].parameters["q"] == "Miles Davis"

    with Server([busy(after=1), broken(503), dropped(), {"id": "x"}]) as server: ...  # the last one repeats

`Moody(play, seed, share)` gives the answers of `play`, but now and then a fault that passes.
`Tokens(play, uses)` wants a bearer token, gives it at ``POST /token``, and lets it expire after so many uses.

The server listens on a free port of 127.0.0.1, writes nothing to the terminal, remembers everything that it
was asked, and stops by itself after `most` requests or `seconds`.
"""

from __future__ import annotations

import json
import random
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from types import TracebackType
from typing import Any, Literal, TypeAlias
from urllib.parse import parse_qsl, urlsplit

PIECE = 16
"""Bytes of a dripping body that are sent at once."""


@dataclass(frozen=True)
class Asked:
    """One request: its path without the query, the query, headers by their names in lower case, the body."""

    method: str
    path: str
    parameters: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Reply:
    """One answer.

    `body` is bytes, text, or anything that JSON can say. `fault` is how the connection goes wrong: it is
    "dropped" before any header, "cut" in the middle of the body, or the body "drips", a piece every `pause`
    seconds. `delay` is the time before the answer.
    """

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    fault: Literal["", "dropped", "cut", "drips"] = ""
    delay: float = 0.0
    pause: float = 0.0

    def payload(self) -> bytes:
        """Bytes of the body."""
        if isinstance(self.body, bytes):
            return self.body
        return (self.body if isinstance(self.body, str) else json.dumps(self.body)).encode()


Answered: TypeAlias = Any
"""A `Reply`, or a body that JSON can say, which is answered with status 200."""
Play: TypeAlias = Callable[[Asked], Answered]


def busy(after: float | str | None = None, *, date: float | None = None, status: int = 429) -> Reply:
    """Ask to come again: in seconds, at a date so many seconds away, or without a word."""
    when = formatdate(time.time() + date, usegmt=True) if date is not None else after
    return Reply({"error": "too many"}, status, {} if when is None else {"Retry-After": str(when)})


def broken(status: int = 500) -> Reply:
    """Fail, as servers do: with a page that is no JSON."""
    return Reply("<html><h1>It broke</h1></html>", status, {"Content-Type": "text/html"})


def refused(message: str = "Forbidden", status: int = 403) -> Reply:
    """Refuse, as Spotify words it."""
    return Reply({"error": {"status": status, "message": message}}, status)


def dropped() -> Reply:
    """Close the connection before any header."""
    return Reply(fault="dropped")


def cut(body: Any) -> Reply:
    """Promise a body and close the connection in the middle of it."""
    return Reply(body, fault="cut")


def dripping(body: Any, pause: float) -> Reply:
    """Send a body in small pieces, with pauses."""
    return Reply(body, fault="drips", pause=pause)


def slow(body: Any, seconds: float) -> Reply:
    """Answer late."""
    return Reply(body, delay=seconds)


def truncated(body: Any) -> Reply:
    """Answer with the first half of a JSON text, as if it were all."""
    text = json.dumps(body)
    return Reply(text[: max(1, len(text) // 2)])


def invalid() -> Reply:
    """Answer with what is no JSON."""
    return Reply("<p>Welcome!</p>")


class Server:
    """A server on 127.0.0.1, for a ``with`` block.

    Attributes
    ----------
    address
        Its URL, without a slash at the end.
    asked
        Every request, in order.
    """

    def __init__(self, play: Play | Sequence[Answered], *, most: int = 100_000, seconds: float = 120) -> None:
        self.asked: list[Asked] = []
        self._play = play if callable(play) else _script(play)
        self._most, self._lock = most, threading.Lock()
        self._server = _Listening(("127.0.0.1", 0), _handler(self))
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._end = threading.Timer(seconds, self._server.shutdown)
        self._end.daemon = True

    def count(self, path: str = "") -> int:
        """Count the requests to a path; of all, where none is named."""
        with self._lock:
            return sum(asked.path == path or not path for asked in self.asked)

    def reply(self, asked: Asked) -> Reply:
        """Remember a request and answer it."""
        with self._lock:
            self.asked.append(asked)
            if len(self.asked) >= self._most:
                threading.Thread(target=self._server.shutdown, daemon=True).start()
            answered = self._play(asked)
        return answered if isinstance(answered, Reply) else Reply(answered)

    def __enter__(self) -> Server:
        self._thread.start()
        self._end.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.cancel()
        self._server.shutdown()
        self._server.server_close()


@dataclass
class Moody:
    """Answers of another, but a share of them go wrong in a way that passes: the next try may be well.

    The same seed gives the same moods, request by request.
    """

    play: Play
    seed: int
    share: float = 0.3
    faults: Sequence[Callable[[], Answered]] = (
        dropped,
        invalid,
        broken,
        lambda: broken(503),
        lambda: busy(after=0),
        lambda: cut({"half": "of it"}),
    )

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def __call__(self, asked: Asked) -> Answered:
        """Answer well, or not."""
        if self._random.random() < self.share:
            return self._random.choice(self.faults)()
        return self.play(asked)


@dataclass
class Tokens:
    """Wants a bearer token, gives one at ``POST`` to `path`, and lets it expire after so many uses.

    Attributes
    ----------
    given
        How many tokens were given.
    refuse
        Whether it gives none: 401 for ever.
    """

    play: Play
    uses: int = 10
    path: str = "/token"
    refuse: bool = False
    given: int = 0

    def __post_init__(self) -> None:
        self._numbers, self._token, self._left = count(1), "", 0

    def __call__(self, asked: Asked) -> Answered:
        """Give a token, or answer who has one."""
        if asked.path == self.path and asked.method == "POST":
            if self.refuse:
                return Reply({"error": "invalid_client", "error_description": "Invalid client"}, 400)
            self.given += 1
            self._token, self._left = f"token-{next(self._numbers)}", self.uses
            return {"access_token": self._token, "token_type": "Bearer", "expires_in": 3600}
        if asked.headers.get("authorization") != f"Bearer {self._token}" or self._left <= 0:
            return refused("The access token expired", 401)
        self._left -= 1
        return self.play(asked)


def _script(answers: Sequence[Answered]) -> Play:
    """Give answers one after the other, and the last for ever."""
    left = list(answers)
    return lambda asked: left.pop(0) if len(left) > 1 else left[0]


class _Listening(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: who asked was killed, or had waited long enough."""


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    """Make the class that reads requests and sends what the server replies."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        timeout = 30

        def do_GET(self) -> None:
            address = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(
                self.command,
                address.path,
                dict(parse_qsl(address.query, keep_blank_values=True)),
                headers,
                body,
            )
            self._send(server.reply(asked))

        do_POST = do_GET  # noqa: N815

        def _send(self, reply: Reply) -> None:
            time.sleep(reply.delay)
            if reply.fault == "dropped":
                self._hang_up()
                return
            payload = reply.payload()
            head = self._head(reply, len(payload))
            if reply.fault == "cut":
                self.wfile.write(head + payload[: len(payload) // 2])
                self._hang_up()
            elif reply.fault == "drips":
                self.wfile.write(head)
                for start in range(0, len(payload), PIECE):
                    self.wfile.write(payload[start : start + PIECE])
                    time.sleep(reply.pause)
            else:
                self.wfile.write(head + payload)  # at once, or the pieces would wait for each other

        def _head(self, reply: Reply, length: int) -> bytes:
            given = {"Content-Type": "application/json", **reply.headers, "Content-Length": str(length)}
            lines = [
                f"HTTP/1.1 {reply.status} As asked",
                *(f"{name}: {said}" for name, said in given.items()),
            ]
            return "\r\n".join([*lines, "", ""]).encode("latin-1")

        def _hang_up(self) -> None:
            """Reset the connection, so that nothing more can be read from it."""
            self.close_connection = True
            with suppress(OSError):
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.shutdown(socket.SHUT_RDWR)

        def log_message(self, *_: Any) -> None:
            pass

    return Handler
