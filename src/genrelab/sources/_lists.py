"""Lists that were written as text, such as ``['rock', "children's music"]``, read without running them."""

from __future__ import annotations

import re

import polars as pl

from genrelab.schema import TEXTS

_WORD = r"""[^\s,'"\[\]]++"""
_ITEM = rf"""'(?:[^'\\]|\\.)*+'|"(?:[^"\\]|\\.)*+"|{_WORD}(?:\s++{_WORD})*+"""
# What was matched is never given back (++, *+, (?>...)), so that a broken list is refused in linear time.
_LIST = re.compile(rf"\s*+\[\s*+(?>(?:{_ITEM})(?:\s*+,\s*+|\s++|(?=\])))*+\]\s*+", re.DOTALL)
_ITEMS = re.compile(_ITEM, re.DOTALL)
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", re.DOTALL)
_CONTROL = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_ABSENT = frozenset({"None", "nan", "null"})

LIST_OF_TEXT = r"""^\s*\[\s*(?:['"][\s\S]*['"]\s*)?\]\s*$"""
"""A list that is empty or whose items are quoted; the name of a band, ``[spunge]``, is none."""


def parse(text: str) -> list[str] | None:
    r"""Return the items of a list that Python or JSON wrote as text; None when it is no such list.

    Escapes are those of Python's ``repr`` of a string and of JSON. Items without quotes (numbers, words)
    are taken as text; ``None``, ``null`` and ``nan`` are no items.

    Examples
    --------
    >>> parse('[\'rock\', "children\'s music", 21]')
    ['rock', "children's music", '21']
    >>> parse("['rock', 'pop") is None
    True
    """
    if not _LIST.fullmatch(text):
        return None
    found = [item.strip() for item in _ITEMS.findall(text)]
    return [_plain(item) for item in found if item not in _ABSENT]


def _plain(item: str) -> str:
    """Take off the quotes and undo the escapes."""
    if item[0] not in "'\"":
        return item
    if "\\" not in item:
        return item[1:-1]
    # JSON escapes a rare character as two surrogates, which only together are text.
    plain = _ESCAPE.sub(_unescaped, item[1:-1])
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _unescaped(match: re.Match[str]) -> str:
    code = match[1]
    return chr(int(code[1:], 16)) if len(code) > 1 else _CONTROL.get(code, code)


def looks_listed(values: pl.Series) -> bool:
    """Whether most values are lists, or are lists of quoted text written as text."""
    if isinstance(values.dtype, pl.List | pl.Array):
        return True
    if values.dtype != pl.String or values.null_count() == values.len():
        return False
    return bool((values.drop_nulls().str.contains(LIST_OF_TEXT)).mean() > 0.5)  # type: ignore[operator]  # polars types the mean of booleans too widely


def to_lists(values: pl.Series) -> pl.Series:
    """Return lists of text; a value that opens a list but is none becomes null.

    Text that is no list is one item, or several where ``;`` or ``|`` stands between them. Each distinct
    text is parsed once.
    """
    if isinstance(values.dtype, pl.List | pl.Array):
        return values.cast(TEXTS).list.drop_nulls()
    texts = values.cast(pl.String)
    distinct = texts.drop_nulls().unique()
    parsed = pl.Series([_items(text) for text in distinct], dtype=TEXTS)
    return _looked_up(texts, distinct, parsed)


def to_joined(values: pl.Series) -> pl.Series:
    """Return the items of each list as one text, ``a, b``; text that is no list stays as it is."""
    if isinstance(values.dtype, pl.List | pl.Array):
        return values.cast(TEXTS).list.drop_nulls().list.join(", ")
    opened = values.str.starts_with("[").fill_null(value=False)
    if not opened.any():
        return values
    distinct = values.filter(opened).unique()
    joined = pl.Series([_joined(text) for text in distinct], dtype=pl.String)
    return _looked_up(values, distinct, joined).zip_with(opened, values)


def _joined(text: str) -> str:
    items = parse(text) if re.match(LIST_OF_TEXT, text) else None
    return text if items is None else ", ".join(items)


def _items(text: str) -> list[str] | None:
    if text.lstrip().startswith("["):
        return parse(text)
    return [item for part in re.split(r"[;|]", text) if (item := part.strip())]


def _looked_up(values: pl.Series, keys: pl.Series, results: pl.Series) -> pl.Series:
    """Replace every value by the result that stands beside the same key."""
    table = pl.DataFrame({"key": keys, "result": results})
    return values.to_frame("key").join(table, on="key", how="left", maintain_order="left")["result"]
