"""How requests go out and answers come in: bounded in time and size, with keys kept out of sight."""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Iterator
from contextlib import suppress
from urllib.request import getproxies, proxy_bypass

import httpx2

from genrelab.services._service import CREDENTIALS

LARGEST = 64 * 2**20
"""Bytes of the largest answer that is read."""
LOOPBACK = ("127.0.0.1", "::1", "localhost")
SHORTEST = 4
"""Characters of the shortest word that is taken for a secret."""


class Bounded(httpx2.BaseTransport):
    """Sends requests, bounds their answers, and adds a key that belongs into the query at the very end.

    Attributes
    ----------
    secrets
        Credentials that it has sent.
    """

    def __init__(self, address: str, seconds: float) -> None:
        self.secrets: set[str] = set()
        self._seconds = seconds
        self._inner = httpx2.HTTPTransport(proxy=_proxy(httpx2.URL(address)))

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request."""
        self.secrets |= _secrets(request)
        response = self._inner.handle_request(_with_credentials(request))
        assert isinstance(response.stream, httpx2.SyncByteStream)
        response.stream = _Stream(response.stream, time.monotonic() + self._seconds)
        return response

    def close(self) -> None:
        """Close every connection."""
        self._inner.close()


class _Stream(httpx2.SyncByteStream):
    """A body that ends in time, however slowly it comes."""

    def __init__(self, inner: httpx2.SyncByteStream, deadline: float) -> None:
        self._inner, self._deadline = inner, deadline

    def __iter__(self) -> Iterator[bytes]:
        size = 0
        for part in self._inner:
            size += len(part)
            if time.monotonic() > self._deadline:
                raise httpx2.ReadTimeout("the body takes too long")
            if size > LARGEST:
                raise httpx2.DecodingError("the body is too large")
            yield part

    def close(self) -> None:
        self._inner.close()


def without_credentials(request: httpx2.Request) -> httpx2.Request:
    """Take a key out of an address to which a service redirects: it is added when the request is sent."""
    for name in request.extensions.get(CREDENTIALS, {}):
        request.url = request.url.copy_remove_param(name)
    return request


def _with_credentials(request: httpx2.Request) -> httpx2.Request:
    keys = request.extensions.get(CREDENTIALS)
    if not keys:
        return request
    extensions = {name: given for name, given in request.extensions.items() if name != CREDENTIALS}
    return httpx2.Request(
        request.method,
        request.url.copy_merge_params(keys),
        headers=request.headers,
        stream=request.stream,
        extensions=extensions,
    )


def _secrets(request: httpx2.Request) -> set[str]:
    """Name every credential in a request, also those that are only encoded."""
    words = list(request.extensions.get(CREDENTIALS, {}).values())
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    words.append(given)
    if scheme.lower() == "basic":
        with suppress(binascii.Error):
            words += base64.b64decode(given).decode("utf-8", "replace").split(":", 1)
    return {word for word in words if len(word) >= SHORTEST}


def _proxy(url: httpx2.URL) -> str | None:
    """Name the proxy that the environment asks for."""
    if url.host in LOOPBACK or proxy_bypass(url.host):
        return None
    return getproxies().get(url.scheme)
