"""Answers of Last.fm, in JSON or in XML: whom they are about, and which tags with what counts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET

from genrelab.sources._names import tidy
from genrelab.sources._saved import parsed as parsed_json
from genrelab.sources._values import at, items, text, whole

_CASSETTE = re.compile(rb"<lfm\b.*?</lfm>", re.DOTALL)
_DEEPEST = 50


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag, and how often it was given, from 0 to 100 for the most frequent; None where that is not said."""

    name: str
    count: int | None


@dataclass(frozen=True, slots=True)
class Tagged:
    """What an answer is about, with its tags in the order of the answer; without title it is an artist."""

    artist: str | None
    title: str | None
    album: str | None
    tags: tuple[Tag, ...]


def parsed(content: bytes) -> Any:
    """Return an answer in JSON or XML as JSON would say it.

    Raises
    ------
    ValueError
        When it is neither; the message says why.

    Examples
    --------
    >>> parsed(b'<lfm status="ok"><toptags artist="Air"><tag><name>pop</name></tag></toptags></lfm>')
    {'toptags': {'@attr': {'artist': 'Air'}, 'tag': {'name': 'pop'}}}
    >>> parsed(b'<lfm status="failed"><error code="6">Track not found</error></lfm>')
    {'error': 6, 'message': 'Track not found'}
    """
    if not content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return parsed_json(content)
    root = _root(content)
    if root.tag != "lfm":
        raise ValueError(f"it is no answer of Last.fm (but <{root.tag[:40]}>)")
    error = root.find("error")
    if error is not None:
        return {"error": whole(error.get("code")), "message": tidy(error.text)}
    root.attrib.clear()
    return _value(root, 0) or {}


def in_cassette(content: bytes) -> list[bytes]:
    r"""Return the answers in XML that a recording of requests and answers holds.

    Examples
    --------
    >>> in_cassette(b"string: '<lfm>It''s</lfm>'")
    [b"<lfm>It's</lfm>"]
    """
    return [found.replace(b"''", b"'") for found in _CASSETTE.findall(content)]


def _root(content: bytes) -> ET.Element:
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content or b"\0" in content:
        raise ValueError("it is no answer of Last.fm (it declares a type of document)")
    try:
        return ET.fromstring(content)  # noqa: S314 - without declarations there is nothing to expand
    except ET.ParseError as error:
        raise ValueError(f"it is no XML ({error})") from error


def _value(element: ET.Element, depth: int) -> Any:
    """Say an element as Last.fm's own JSON would: several of a name are a list, one is itself."""
    if depth > _DEEPEST:
        raise ValueError("it is nested too deep")
    inner: dict[str, Any] = {"@attr": dict(element.attrib)} if element.attrib else {}
    for child in element:
        value = _value(child, depth + 1)
        if child.tag not in inner:
            inner[child.tag] = value
        elif isinstance(inner[child.tag], list):
            inner[child.tag].append(value)
        else:
            inner[child.tag] = [inner[child.tag], value]
    return inner or tidy(element.text)


def tagged(answer: Any) -> Tagged | None:
    r"""Return whom an answer is about and its tags; None where it names no artist or lists no tags.

    An only tag may be an object instead of a list, counts may be text, and an answer without tags may hold
    nothing but spaces and the names.

    Examples
    --------
    >>> tagged({"toptags": {"tag": {"name": "pop", "count": "100"}, "@attr": {"artist": "Air"}}})
    Tagged(artist='Air', title=None, album=None, tags=(Tag(name='pop', count=100),))
    >>> tagged({"toptags": {"#text": "\n", "artist": "Jamie Ryan"}}).tags
    ()
    """
    for about in ("track", "album", "artist"):
        if isinstance(at(answer, about), Mapping):
            return _described(answer[about], about)
    listed = at(answer, "toptags") if at(answer, "toptags") is not None else at(answer, "tags")
    if not isinstance(listed, Mapping):
        return None
    names = listed.get("@attr") if isinstance(listed.get("@attr"), Mapping) else listed
    artist, title, album = (text(at(names, name)) for name in ("artist", "track", "album"))
    return Tagged(artist, title, album, tuple(_tags(listed.get("tag")))) if artist else None


def _described(one: Mapping[str, Any], about: str) -> Tagged | None:
    """Return the tags in the description of a track, an album or an artist (``getInfo``)."""
    listed = one.get("toptags", one.get("tags"))
    name, by = text(one.get("name")), one.get("artist")
    artist = name if about == "artist" else text(by) or text(at(by, "name"))
    if not artist or not name or listed is None:
        return None
    tags = tuple(_tags(at(listed, "tag")))
    return Tagged(artist, name if about == "track" else None, name if about == "album" else None, tags)


def _tags(listed: Any) -> Iterator[Tag]:
    for one in items(listed):
        name = text(at(one, "name")) if isinstance(one, Mapping) else text(one)
        if name:
            yield Tag(tidy(name), whole(at(one, "count")))
