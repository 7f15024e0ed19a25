"""How requests to services are signed: a token for client credentials, a key in the query."""

from __future__ import annotations

import json
from collections.abc import Generator
from http import HTTPStatus

from genrelab.errors import MissingExtra, SettingError
from genrelab.services._service import CREDENTIALS, Busy, Unauthorised

try:
    import httpx2

    from genrelab.services._client import message, retry_after
except ImportError as error:
    raise MissingExtra(error.name or "httpx2", "collect") from error

Flow = Generator[httpx2.Request, httpx2.Response, None]


class ClientCredentials(httpx2.Auth):
    """Signs with a token that is had for a client id and its secret, and renews it where it has expired.

    The token lives in memory only.

    Parameters
    ----------
    identifier, secret
        The credentials.
    address
        Where tokens are given.

    References
    ----------
    RFC 6749, section 4.4.
    """

    requires_response_body = True

    def __init__(self, identifier: str, secret: str, address: str) -> None:
        self._basic = httpx2.BasicAuth(_text(identifier), _text(secret))
        self._address, self._token = address, ""

    def auth_flow(self, request: httpx2.Request) -> Flow:
        """Sign a request; where the service says that the token is none, with a new one."""
        fresh = not self._token
        if fresh:
            yield from self._renewed(request)
        response = yield self._signed(request)
        if response.status_code == HTTPStatus.UNAUTHORIZED and not fresh:
            yield from self._renewed(request)
            yield self._signed(request)

    def _signed(self, request: httpx2.Request) -> httpx2.Request:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request

    def _renewed(self, request: httpx2.Request) -> Flow:
        asked = httpx2.Request(
            "POST",
            self._address,
            data={"grant_type": "client_credentials"},
            headers={"User-Agent": request.headers.get("User-Agent", ""), "Accept": "application/json"},
            extensions={name: told for name, told in request.extensions.items() if name == "timeout"},
        )
        response = yield next(self._basic.auth_flow(asked))
        self._token = self._read(response)

    def _read(self, response: httpx2.Response) -> str:
        """Return the token, or raise what its absence means."""
        try:
            body = json.loads(response.content)
        except (ValueError, RecursionError):
            body = None
        words = message(body, response.status_code)
        if response.status_code in (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise Unauthorised(words)
        token = body.get("access_token") if isinstance(body, dict) else None
        if (
            response.is_success
            and isinstance(token, str)
            and token.isascii()
            and token.isprintable()
            and token
        ):
            return token
        after = retry_after(response.headers.get("Retry-After"), response.headers.get("Date"))
        raise Busy(f"it gives no token ({words})", after)


class KeyInQuery(httpx2.Auth):
    """Adds a key to the query, out of sight of logs and messages."""

    def __init__(self, name: str, key: str) -> None:
        self._keys = {name: _text(key)}

    def auth_flow(self, request: httpx2.Request) -> Flow:
        """Sign a request."""
        request.extensions[CREDENTIALS] = dict(self._keys)
        yield request


def _text(credential: str) -> str:
    """Return a credential that can be sent; raise where the environment holds bytes that are no text."""
    try:
        credential.encode()
    except UnicodeEncodeError:
        raise SettingError(
            "credentials: hold bytes that are no text: set them in the environment anew"
        ) from None
    return credential
