"""The client: tries again where that may help, waits as asked, and keeps credentials to itself."""

from __future__ import annotations

import gzip
import logging
import sys
import time
from collections.abc import Callable, Generator
from datetime import datetime, timedelta
from email.utils import formatdate
from importlib import import_module
from typing import Any
from urllib.parse import quote, quote_plus

import httpx2
import pytest
from tests.services.misbehaving import (
    Answered,
    Asked,
    Moody,
    Play,
    Reply,
    Server,
    Tokens,
    broken,
    busy,
    cut,
    dripping,
    dropped,
    invalid,
    refused,
    slow,
    truncated,
)

from genrelab.errors import FetchError, MissingExtra, SettingError
from genrelab.services import _transport
from genrelab.services._client import FARTHEST, Client, duration, message, retry_after
from genrelab.services._service import (
    CREDENTIALS,
    Busy,
    Denied,
    NotKnown,
    Refused,
    Rejected,
    Request,
    Service,
    Trouble,
)
from genrelab.services._signing import ClientCredentials, KeyInQuery

KEY = "s3cr3t-key-of-the-user"
SONG = Request("songs/1", {"market": "DE"})
FOUND = {"id": "1", "title": "Blue"}


def service(address: str = "", pace: float = 1000.0, **changed: Any) -> Service:
    """A service that reads what it is told."""

    def nothing(*_: Any) -> Any:
        return ()

    given: dict[str, Any] = {"judge": nothing, **changed}
    return Service("radio", "songs", address, pace, "", nothing, nothing, nothing, **given)


class Bearer(httpx2.Auth):
    """Asks for a token, and once more where it has expired."""

    requires_response_body = True

    def __init__(self, address: str) -> None:
        self._address, self._token = address, ""

    def auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        for _ in range(2):
            if not self._token:
                given = yield httpx2.Request("POST", f"{self._address}/token")
                if given.status_code != 200:
                    raise Denied(f"no token: {given.json()['error_description']}")
                self._token = given.json()["access_token"]
            request.headers["Authorization"] = f"Bearer {self._token}"
            answer = yield request
            if answer.status_code != 401:
                return
            self._token = ""


class Key(httpx2.Auth):
    """Puts a key into the query, out of sight."""

    def auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        request.extensions[CREDENTIALS] = {"api_key": KEY}
        yield request


def ask(
    server: Server,
    auth: httpx2.Auth | None = None,
    *,
    longest_wait: float = 0.2,
    tries: int = 3,
    seconds: float = 5.0,
    told: Callable[[str], None] = lambda words: None,
    **changed: Any,
) -> Any:
    """Ask for a song."""
    asked = service(server.address, **changed)
    with Client(asked, auth, None, longest_wait, tries, told, seconds) as client:
        return client.get(SONG)


def test_an_answer_comes_back_as_json() -> None:
    with Server(lambda asked: {**FOUND, "asked": asked.path, "in": asked.parameters}) as server:
        assert ask(server) == {**FOUND, "asked": "/songs/1", "in": {"market": "DE"}}
    assert server.asked[0].headers["user-agent"].startswith("genrelab/")


FAULTS: dict[str, Callable[[], Answered]] = {
    **{f"{status}": lambda status=status: broken(status) for status in (500, 502, 503, 504)},  # type: ignore[misc]
    "503 in JSON": lambda: Reply({"error": "later"}, 503),
    "dropped": dropped,
    "cut": lambda: cut(FOUND),
    "truncated": lambda: truncated(FOUND),
    "a page": invalid,
    "nothing": lambda: Reply(""),
    "NaN": lambda: Reply('{"tempo": NaN}'),
    "no text": lambda: Reply(b"\xff\xfe\x00"),
    "too deep": lambda: Reply("[" * 100_000),
    "no gzip": lambda: Reply(b"no gzip", headers={"Content-Encoding": "gzip"}),
    "429": busy,
    "429 now": lambda: busy(after=0),
    "429 soon": lambda: busy(after=0.01),
    "429 in words": lambda: busy(after="soon"),
    "429 before": lambda: busy(after=-5),
    "429 in the past": lambda: busy(date=-100),
    "503 now": lambda: busy(after=0, status=503),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_trouble_that_passes_is_passed(fault: str) -> None:
    told: list[str] = []
    wrong = FAULTS[fault]()
    with Server([wrong, wrong, FOUND]) as server:
        assert ask(server, told=told.append, longest_wait=0.05) == FOUND
    assert server.count() == 3
    assert len(told) == 2
    assert all(told)


@pytest.mark.parametrize("fault", ["503", "dropped", "a page", "429"])
def test_trouble_that_stays_ends_after_so_many_tries(fault: str) -> None:
    with Server([FAULTS[fault]()]) as server, pytest.raises(Busy):
        ask(server, tries=4, longest_wait=0.02)
    assert server.count() == 4


def test_who_does_not_answer_is_not_waited_for() -> None:
    with Server([slow(FOUND, 3.0)]) as server:
        begun = time.monotonic()
        with pytest.raises(Busy, match=r"no whole answer within 0.3 s"):
            ask(server, tries=2, seconds=0.3, longest_wait=0.02)
        assert time.monotonic() - begun < 2


def test_a_body_that_drips_ends_although_it_never_stops() -> None:
    with Server([dripping("x" * 16 * 400, 0.05)]) as server:
        begun = time.monotonic()
        with pytest.raises(Busy, match="no whole answer within"):
            ask(server, tries=1, seconds=0.4)
        assert 0.3 < time.monotonic() - begun < 2


def test_an_answer_that_is_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_transport, "LARGEST", 50_000)
    with Server(["x" * 60_000]) as server, pytest.raises(Busy, match="cannot be unpacked"):
        ask(server, tries=1)


def test_nobody_there() -> None:
    with Server([FOUND]) as server:
        gone = service(server.address)
    with Client(gone, None, tries=2, longest_wait=0.02) as client, pytest.raises(Busy, match="no connection"):
        client.get(SONG)


def test_a_packed_answer_is_unpacked() -> None:
    packed = Reply(gzip.compress(b'{"id": "1"}'), headers={"Content-Encoding": "gzip"})
    with Server([packed]) as server:
        assert ask(server) == {"id": "1"}


# Waiting ---------------------------------------------------------------------------------------------------


ASKS: dict[str, Callable[[], Reply]] = {
    "seconds": lambda: busy(after=0.6),
    "date": lambda: busy(date=2),
    "503": lambda: busy(after=0.6, status=503),
}


@pytest.mark.parametrize("asks", ASKS)
def test_it_waits_as_it_is_asked(asks: str) -> None:
    told: list[str] = []
    with Server([ASKS[asks](), FOUND]) as server:
        begun = time.monotonic()
        assert ask(server, longest_wait=5, told=told.append) == FOUND
        assert 0.55 < time.monotonic() - begun < 3
    assert told[0].startswith("asked to wait ")


def test_the_next_question_waits_too() -> None:
    with Server([busy(after=0.4), FOUND]) as server, Client(service(server.address), None, tries=1) as client:
        begun = time.monotonic()
        with pytest.raises(Busy):
            client.get(SONG)
        assert client.get(SONG) == FOUND
        assert 0.35 < time.monotonic() - begun < 3


@pytest.mark.parametrize("way", ["after", "date"])
def test_it_does_not_wait_longer_than_is_allowed_but_says_until_when(way: Any) -> None:
    with Server([busy(**{way: 20_000})]) as server, pytest.raises(FetchError) as told:
        ask(server, longest_wait=60)
    assert server.count() == 1
    words = str(told.value)
    until = datetime.now() + timedelta(seconds=20_000)
    assert words.startswith("radio: asks to wait 5 h 33 min, until ")
    assert any(f"{until - timedelta(minutes=m):%Y-%m-%d %H:%M}" in words for m in (0, 1))
    assert "at most 1 min may be waited" in words
    assert "it goes on from here" in words


def test_a_date_is_read_by_the_clock_of_the_server() -> None:
    past = time.time() - 86_400
    assert retry_after(formatdate(past + 30, usegmt=True), formatdate(past, usegmt=True)) == 30
    assert retry_after(formatdate(past, usegmt=True)) == 0
    assert 25 < (retry_after(formatdate(time.time() + 30, usegmt=True), "no date") or 0) <= 30
    odd = ("", "never", "inf", "nan", "1e9", "-3", "Fri, 99 Foo 2026")
    assert [retry_after(said) for said in odd] == [None] * len(odd)
    far = ("9" * 10, "9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT")
    assert [retry_after(said, "Thu, 01 Jan 1970 00:00:00 GMT") for said in far] == [FARTHEST] * 3


@pytest.mark.parametrize("after", ["9" * 9, "9" * 12, "9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_a_wait_without_end_is_told(after: str) -> None:
    with Server([Reply("", 429, {"Retry-After": after})]) as server:
        with pytest.raises(FetchError, match="asks to wait 87,600 h"):
            ask(server)
        assert server.count() == 1


def test_the_pace_is_kept() -> None:
    with Server([FOUND]) as server, Client(service(server.address, pace=20), None) as client:
        begun = time.monotonic()
        for _ in range(7):
            client.get(SONG)
        assert time.monotonic() - begun >= 6 / 20
        assert client.requests == server.count() == 7


# What the service says -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "raised"),
    [
        (400, Rejected),
        (401, Denied),
        (402, Denied),
        (403, Refused),
        (404, Rejected),
        (405, Rejected),
        (414, Rejected),
        (422, Rejected),
        (451, Denied),
    ],
)
def test_a_refusal_is_told_in_the_words_of_the_service(status: int, raised: type[Trouble]) -> None:
    with Server([refused("no such \x1b[31mluck\n", status)]) as server, pytest.raises(raised) as told:
        ask(server)
    assert str(told.value) == "no such [31mluck"
    assert server.count() == 1


def test_a_page_for_people_is_not_taken_for_not_known() -> None:
    with Server([Reply("<h1>Not found</h1>", 404)]) as server, pytest.raises(Rejected, match="404 Not Found"):
        ask(server)


@pytest.mark.parametrize("status", [200, 403, 404, 500])
def test_a_service_may_say_it_in_the_body_whatever_the_status(status: int) -> None:
    def judge(body: Any) -> None:
        if body.get("error") == 6:
            raise NotKnown("the artist is not known")
        if body.get("error") == 29:
            raise Busy("rate limit")

    with Server([Reply({"error": 29}, status), Reply({"error": 6}, status)]) as server:
        with pytest.raises(NotKnown, match="the artist is not known"):
            ask(server, judge=judge)
        assert server.count() == 2
    late = Reply({"error": 29}, status, {"Retry-After": "999"})
    with Server([late]) as server, pytest.raises(FetchError, match="asks to wait 16 min 39 s"):
        ask(server, judge=judge)


def test_a_service_may_read_its_answers_itself() -> None:
    def parse(content: bytes) -> Any:
        return {"parsed": int(content)}

    with Server([Reply("x"), Reply("7")]) as server:
        assert ask(server, parse=parse) == {"parsed": 7}


def test_the_message_is_found_wherever_it_stands() -> None:
    shapes: list[Any] = [
        {"error": {"message": "gone"}},
        {"error": "gone"},
        {"message": "gone", "error": 6},
        {"error_description": "gone"},
        "gone",
    ]
    assert [message(body, 400) for body in shapes] == ["gone"] * 5
    odd: list[Any] = [None, [], {}, " ", 3]
    assert [message(body, 599) for body in odd] == ["599"] * 5


# Credentials -----------------------------------------------------------------------------------------------


def test_a_token_that_expires_is_renewed_once() -> None:
    tokens = Tokens(lambda asked: FOUND, uses=3)
    with Server(tokens) as server, Client(service(server.address), Bearer(server.address)) as client:
        assert [client.get(SONG) for _ in range(8)] == [FOUND] * 8
    assert tokens.given == 3


def test_who_is_not_let_in_is_told_at_once() -> None:
    with Server(Tokens(lambda asked: FOUND, uses=0)) as server, pytest.raises(Denied, match="token expired"):
        ask(server, Bearer(server.address))
    assert server.count("/songs/1") == 2
    refusing = Tokens(lambda asked: FOUND, refuse=True)
    with Server(refusing) as server, pytest.raises(Denied, match="no token: Invalid client"):
        ask(server, Bearer(server.address))


def test_a_token_survives_bad_moods() -> None:
    moody = Moody(Tokens(lambda asked: FOUND, uses=4), seed=5, share=0.4)
    moody.faults = (dropped, invalid, broken)

    class Patient(Bearer):
        def auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
            try:
                yield from super().auth_flow(request)
            except (ValueError, KeyError):
                raise Busy("no token") from None

    with (
        Server(moody) as server,
        Client(service(server.address), Patient(server.address), None, 0.01, 15) as client,
    ):
        assert [client.get(SONG) for _ in range(20)] == [FOUND] * 20


def _echo(asked: Asked) -> Answered:
    return Reply({"message": f"what is {asked.parameters['api_key']}? {asked.headers}"}, 400)


def test_a_key_reaches_the_service_and_nobody_else(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with Server([busy(after=0), FOUND]) as server:
        assert ask(server, Key()) == FOUND
    assert [asked.parameters["api_key"] for asked in server.asked] == [KEY, KEY]
    with Server(_echo) as server, pytest.raises(Rejected) as told:
        ask(server, Key())
    with Server([dropped()]) as server, pytest.raises(Busy) as broke:
        ask(server, Key(), tries=1)
    assert "***" in str(told.value)
    assert "songs/1" in caplog.text, "nothing was logged"
    for words in (caplog.text, repr(told.value), repr(broke.value), str(broke.value.__cause__)):
        assert KEY not in words


@pytest.mark.parametrize("auth", [httpx2.BasicAuth("the-client-id", KEY), Bearer])
def test_a_service_that_repeats_a_credential_is_not_quoted(auth: Any) -> None:
    def play(asked: Asked) -> Answered:
        if asked.path == "/token":
            return {"access_token": KEY}
        return Reply({"message": f"bad: {asked.headers['authorization']} {KEY}"}, 400)

    with Server(play) as server, pytest.raises(Rejected) as told:
        ask(server, auth(server.address) if auth is Bearer else auth)
    assert str(told.value) in ("bad: Basic *** ***", "bad: Bearer *** ***")


def test_a_credential_in_an_address_is_not_quoted_either() -> None:
    key = "s3cr3t/key +of=me"
    forms = [quote(key), quote(key, safe=""), quote_plus(key), quote_plus(key).replace("%2F", "%2f")]

    def play(asked: Asked) -> Answered:
        return Reply({"message": f"bad: {' '.join(forms)}"}, 400)

    with Server(play) as server, pytest.raises(Rejected) as told:
        ask(server, KeyInQuery("api_key", key))
    assert str(told.value) == "bad: *** *** *** ***"


def test_a_credential_that_is_no_text_is_not_told() -> None:
    for made in (
        lambda: KeyInQuery("k", f"{KEY}\udcff"),
        lambda: ClientCredentials("me", f"{KEY}\udcff", ""),
    ):
        with pytest.raises(SettingError, match="credentials: hold bytes that are no text") as told:
            made()
        assert KEY not in str(told.value)


def test_a_credential_that_cannot_be_sent_is_not_told() -> None:
    def play(asked: Asked) -> Answered:
        return {"access_token": f"{KEY}\nX-Evil: yes"}

    with Server(play) as server, pytest.raises(Denied, match="cannot be sent") as told:
        ask(server, Bearer(server.address))
    assert KEY not in str(told.value)
    assert told.value.__suppress_context__


# Redirects -------------------------------------------------------------------------------------------------


def _moving(to: str, times: int = 1) -> Play:
    left = [to] * times

    def play(asked: Asked) -> Answered:
        return Reply("", 301, {"Location": left.pop()}) if left else FOUND

    return play


def test_it_follows_within_the_host_only() -> None:
    with Server(_moving(f"/moved?api_key={KEY}")) as server:
        assert ask(server, Key()) == FOUND
    assert server.asked[1].path == "/moved"
    with Server([FOUND]) as other:
        elsewhere = other.address.replace("127.0.0.1", "localhost")
        moving = _moving(f"{elsewhere}/songs/1")
        with Server(moving) as server, pytest.raises(Denied, match="redirects to localhost, which is not"):
            ask(server, Key())
        assert other.count() == 0
    with Server(_moving("/songs/1", 50)) as server, pytest.raises(Denied, match="redirects in a circle"):
        ask(server)
    with Server(_moving("http://x:port/")) as server, pytest.raises(Denied, match="no address"):
        ask(server)


@pytest.mark.parametrize(
    "address",
    [
        f"http://{'x' * 300}/",
        "http://a..b/",
        "http://\udcff/",
        "radio.example",
        "ftp://radio.example",
        "http://",
        f"https://me:{KEY}@radio.example",
    ],
)
def test_an_address_that_is_none(address: str) -> None:
    with pytest.raises(SettingError, match="write it as https://host/path") as told:
        Client(service(), None, address)
    assert KEY not in str(told.value)


def test_the_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with Server([FOUND]) as proxy:
        monkeypatch.setenv("http_proxy", proxy.address)
        monkeypatch.setenv("no_proxy", "")
        with Client(service("http://radio.example"), None, tries=1) as client:
            assert client.get(SONG) == FOUND
    assert proxy.asked[0].headers["host"] == "radio.example"


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "genrelab.services._client")
    monkeypatch.setitem(sys.modules, "httpx2", None)
    with pytest.raises(MissingExtra, match=r"httpx2 is not installed: pip install 'genrelab\[collect\]'"):
        import_module("genrelab.services._client")


def test_times_are_told_as_people_do() -> None:
    told = [duration(s) for s in (0, 59.6, 3600, 86_399, 3e6)]
    assert told == ["0.0 s", "1 min", "1 h", "23 h 59 min", "833 h 20 min"]
