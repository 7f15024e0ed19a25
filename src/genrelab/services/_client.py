"""Asking a web service: no faster than it allows, and again where that may help."""

from __future__ import annotations

import json
import logging
import re
import time
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from importlib.metadata import version
from types import TracebackType
from typing import Any, NoReturn
from urllib.parse import quote, quote_plus

from genrelab.errors import FetchError, MissingExtra, SettingError
from genrelab.services._service import Busy, Denied, Refused, Rejected, Request, Service, Trouble

try:
    import httpx2
    import stamina

    from genrelab.services import _transport
except ImportError as error:
    raise MissingExtra(error.name or "httpx2", "collect") from error

SECONDS = 60.0
"""What one request may take at most, its answer's body included."""
FIRST_WAIT = 0.5
"""Seconds before the second try, and up to as many more by chance; each further wait is twice as long."""
REDIRECTS = 3
UNSENDABLE = (httpx2.LocalProtocolError, httpx2.UnsupportedProtocol, httpx2.InvalidURL)
ONE_QUESTION = (400, 404, 405, 406, 409, 410, 413, 414, 415, 422, 431)
"""Statuses by which a service finds fault with one question; with all of them where the address is wrong."""
FARTHEST = 10 * 365 * 86_400.0
"""Seconds of the longest wait that is told; a clock has no times that are much further."""
WORDS = 200
"""Characters of a service's own message that are told."""


def _unheard(words: str) -> None:
    """Tell nobody."""


logging.getLogger("stamina").addHandler(logging.NullHandler())  # else each retry would be a line on stderr


class Client:
    """A connection to a service.

    Parameters
    ----------
    service
        The service.
    auth
        What signs requests.
    address
        Where it is, if not where the service says.
    longest_wait
        Seconds that it waits at most when the service asks to wait.
    tries
        How often a request is sent before it is given up.
    told
        Called with a few words when there is trouble that may pass.
    seconds
        What one request may take.

    Raises
    ------
    SettingError
        When `address` is no web address.
    """

    def __init__(
        self,
        service: Service,
        auth: httpx2.Auth | None,
        address: str | None = None,
        longest_wait: float = 60.0,
        tries: int = 5,
        told: Callable[[str], None] = _unheard,
        seconds: float = SECONDS,
    ) -> None:
        self.requests = 0
        self._service, self._longest_wait, self._tries, self._told = service, longest_wait, tries, told
        self._seconds = seconds
        self._address = _checked(address or service.address)
        self._next = 0.0
        self._transport = _transport.Bounded(self._address, seconds)
        self._client = httpx2.Client(
            auth=auth,
            transport=self._transport,
            timeout=httpx2.Timeout(min(20.0, seconds), connect=min(10.0, seconds)),
            headers={"User-Agent": f"genrelab/{version('genrelab')}", "Accept": "application/json"},
        )

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def get(self, request: Request) -> Any:
        """Ask, and return the answer, read.

        Raises
        ------
        Busy
            When no try brought an answer.
        Denied, NotKnown, Refused, Rejected
            When the service says so.
        FetchError
            When it asks to wait longer than `longest_wait`.
        """
        tries = stamina.retry_context(
            self._again,
            attempts=self._tries,
            timeout=None,
            wait_initial=min(FIRST_WAIT, self._longest_wait),
            wait_max=self._longest_wait,
            wait_jitter=min(FIRST_WAIT, self._longest_wait),
        )
        for attempt in tries:
            with attempt:
                return self._asked(request)
        raise AssertionError("stamina raises what the last attempt raised")

    def _again(self, error: Exception) -> bool | float:
        """Whether to try again, or after how many seconds."""
        if not isinstance(error, Busy):
            return False
        if error.after is None:
            self._told(str(error))
            return True
        self._told(f"asked to wait {duration(error.after)}")
        return error.after

    def _asked(self, request: Request) -> Any:
        self._keep_pace()
        self.requests += 1
        try:
            return self._answer(self._sent(request))
        except Busy as busy:
            after = busy.after or 0.0
            if after > self._longest_wait:
                raise FetchError(self._too_long(after)) from None
            self._next = max(self._next, time.monotonic() + after)  # also for the next question
            busy.args = (self._clean(str(busy)),)
            raise
        except Trouble as trouble:
            trouble.args = (self._clean(str(trouble)),)
            raise

    def _keep_pace(self) -> None:
        now = time.monotonic()
        time.sleep(max(0.0, self._next - now))
        self._next = max(now, self._next) + 1 / self._service.pace

    def _sent(self, request: Request) -> httpx2.Response:
        """Send a request and read the answer; where the service moves within its host, follow."""
        url = f"{self._address}/{request.path.lstrip('/')}"
        try:
            response = self._client.get(url, params=dict(request.parameters))
            for _ in range(REDIRECTS):
                if not response.has_redirect_location:
                    return response
                response = self._client.send(self._moved(response))
        except (*UNSENDABLE, UnicodeError) as error:
            # Its own words may hold a credential that cannot stand in a header.
            raise Denied(f"a request to it cannot be sent ({type(error).__name__})") from None
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            raise Busy(self._broken(error)) from None
        raise Denied("it redirects in a circle")

    def _moved(self, response: httpx2.Response) -> httpx2.Request:
        to = response.next_request
        if to is None or (to.url.host, to.url.scheme) not in _within(response.url):
            place = to.url.host if to is not None else "no address"
            raise Denied(f"it redirects to {place}, which is not followed")
        return _transport.without_credentials(to)

    def _broken(self, error: httpx2.RequestError) -> str:
        if isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.ProxyError):
            return "no connection"
        if isinstance(error, httpx2.TimeoutException):
            return f"no whole answer within {duration(self._seconds)}"
        if isinstance(error, httpx2.DecodingError):
            return "its answer cannot be unpacked"
        return "the connection broke"

    def _answer(self, response: httpx2.Response) -> Any:
        """Return what an answer says, or raise it."""
        try:
            body = (self._service.parse or _parsed)(response.content)
            readable = True
        except (ValueError, RecursionError):
            body, readable = None, False
        try:
            if readable:
                self._service.judge(body)
            if response.status_code >= HTTPStatus.BAD_REQUEST:
                raise _trouble(response.status_code, message(body, response.status_code))
            if not readable:
                raise Busy("its answer cannot be read")
        except Busy as busy:
            if busy.after is None:
                busy.after = retry_after(response.headers.get("Retry-After"), response.headers.get("Date"))
            raise
        return body

    def _too_long(self, seconds: float) -> str:
        until = f"{datetime.now() + timedelta(seconds=seconds):%Y-%m-%d %H:%M}"
        asked, allowed = duration(seconds), duration(self._longest_wait)
        return (
            f"{self._service.name}: asks to wait {asked}, until {until}, and at most {allowed} may be waited:"
            " everything so far is kept: give the same command again then, and it goes on from here"
        )

    def _clean(self, words: str) -> str:
        """Take credentials, control characters and length from a message."""
        forms = {form for secret in self._transport.secrets for form in _written(secret)}
        for form in sorted(forms, key=len, reverse=True):
            words = re.sub(re.escape(form), "***", words, flags=re.IGNORECASE)
        plain = "".join(" " if unicodedata.category(c)[0] == "C" else c for c in words)
        return " ".join(plain.split())[:WORDS]


def _written(secret: str) -> tuple[str, ...]:
    """Return how a credential may be written in an address, and as it is."""
    whole = quote(secret, safe="", errors="replace")
    return secret, whole, quote(secret, errors="replace"), quote_plus(secret, errors="replace")


def duration(seconds: float) -> str:
    """Say a time in the units in which a person would.

    Examples
    --------
    >>> duration(0.25), duration(7), duration(90), duration(20_000)
    ('0.2 s', '7 s', '1 min 30 s', '5 h 33 min')
    """
    if seconds < 1:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours:,} h {minutes} min" if minutes else f"{hours:,} h"
    if minutes:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{rest} s"


def retry_after(said: str | None, now: str | None = None) -> float | None:
    """Read the header ``Retry-After`` of RFC 9110: seconds, or a date, beside the server's own clock.

    Examples
    --------
    >>> retry_after("20"), retry_after("soon"), retry_after(None)
    (20.0, None, None)
    >>> retry_after("Wed, 21 Oct 2026 07:28:30 GMT", "Wed, 21 Oct 2026 07:28:00 GMT")
    30.0
    """
    if said is None:
        return None
    if re.fullmatch(r"\s*\d+(\.\d*)?\s*", said):
        return min(float(said), FARTHEST)
    try:
        until = _aware(parsedate_to_datetime(said))
    except (ValueError, OverflowError):
        return None
    try:
        since = _aware(parsedate_to_datetime(now or ""))
    except (ValueError, OverflowError):
        since = datetime.now(UTC)
    return min(max(0.0, (until - since).total_seconds()), FARTHEST)


def _aware(when: datetime) -> datetime:
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def message(body: Any, status: int) -> str:
    """Find what a service says of an error, in one of the shapes that are usual.

    Examples
    --------
    >>> message({"error": {"status": 400, "message": "invalid id"}}, 400), message(None, 404)
    ('invalid id', '404 Not Found')
    """
    found = body
    for name in ("error", "error_description", "message"):
        if isinstance(found, dict) and isinstance(found.get(name), str | dict):
            found = found[name]
    if isinstance(found, str) and found.strip():
        return found
    phrase = HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else ""
    return f"{status} {phrase}".strip()


def _trouble(status: int, words: str) -> Trouble:
    """Say by its status what an error is."""
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in (408, 425, 429):
        return Busy(f"{words} ({status})" if str(status) not in words else words)
    if status == HTTPStatus.FORBIDDEN:
        return Refused(words)
    return Rejected(words) if status in ONE_QUESTION else Denied(words)


def _checked(address: str) -> str:
    try:
        url = httpx2.URL(address)
        url.host.encode("idna")  # as whoever looks it up does: no part may be too long
    except (httpx2.InvalidURL, UnicodeError):
        url = httpx2.URL()
    if url.scheme not in ("http", "https") or not url.host or url.query or url.userinfo:
        raise SettingError("address of the service: not a plain web address: write it as https://host/path")
    return str(url).rstrip("/")


def _within(url: httpx2.URL) -> tuple[tuple[str, str], ...]:
    """Host and scheme to which a service may move: its own, and from http to https."""
    return (url.host, url.scheme), (url.host, "https")


def _parsed(content: bytes) -> Any:
    return json.loads(content, parse_constant=_no_number)


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
