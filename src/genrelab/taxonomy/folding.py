"""Spellings of one tag made one, so that ``Hip-Hop`` meets ``hip hop``."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Literal

Folding = Literal["case", "spelling"]

_ABBREVIATION = re.compile(r"\b(?:\w\.){2,}")
_AND = re.compile(r"[&+]|'?\bn\b'?")
_APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u00b4`\u02bc", "'"))
_PUNCTUATION = re.compile(r"[^a-z0-9]+")


def fold(tag: str, folding: Folding = "case") -> str:
    r"""Return a tag as it is compared.

    ``"case"`` takes off case and outer spaces. ``"spelling"`` also takes off accents and compatibility forms
    (Unicode NFKC), reads ``&``, ``+`` and ``'n'`` as *and*, leaves apostrophes out, and puts one space for
    any other punctuation, so that words alone are left. What holds for single words only (plurals, British
    and American spelling, ``rnb``) is left to a taxonomy's aliases: to cut every final *s* would make
    ``blues`` one with ``blue``, and ``beats`` with ``beat``.

    Examples
    --------
    >>> [fold(tag, "spelling") for tag in ("Hip-Hop", "R&B", "Drum 'n' Bass", "Forró", "80's", "J.Pop")]
    ['hip hop', 'r and b', 'drum and bass', 'forro', '80s', 'j pop']
    >>> fold(" Hip-Hop ")
    'hip-hop'
    """
    return tag.strip().lower() if folding == "case" else _spelt(tag)


def squeezed(tag: str, folding: Folding = "case") -> str:
    """Return a tag as whole tags are compared: where spelling is folded, without its spaces too.

    Examples
    --------
    >>> squeezed("Post-Rock", "spelling"), squeezed("Post Rock")
    ('postrock', 'post rock')
    """
    text = fold(tag, folding)
    return text if folding == "case" else text.replace(" ", "")


def named(artist: str) -> str:
    """Return the name of an artist as tags are compared with it; an article in front does not count.

    Examples
    --------
    >>> named("The Beatles") == named("beatles"), named("Sigur Rós")
    (True, 'sigurros')
    """
    text = _spelt(artist)
    return text.removeprefix("the ").replace(" ", "")


@cache
def _mark(character: str) -> str:
    """Return what a character beyond ASCII becomes: itself where it belongs to a word, else a space."""
    return character if unicodedata.category(character)[0] in "LMN" else " "


def _spelt(tag: str) -> str:
    text = unicodedata.normalize("NFKC", tag.translate(_APOSTROPHES)).casefold()
    if not text.isascii():
        text = _without_accents(text)
    text = _ABBREVIATION.sub(lambda found: found[0].replace(".", ""), text)
    text = _AND.sub(" and ", text.replace("_", " ")).replace("'", "")
    words = _PUNCTUATION.sub(" ", text) if text.isascii() else "".join(map(_word_or_space, text))
    return " ".join(words.split())


def _word_or_space(character: str) -> str:
    if character.isascii():
        return character if character.isalnum() else " "
    return _mark(character)


def _without_accents(text: str) -> str:
    """Take accents off Latin, Greek and Cyrillic letters; the marks of other scripts tell letters apart."""
    parted = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", "".join(c for c in parted if not "\u0300" <= c <= "\u036f"))
