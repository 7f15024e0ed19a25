"""One column of theirs made one of ours: text, numbers, years or lists; what cannot be becomes null."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import polars as pl

from genrelab.errors import SchemaError
from genrelab.schema import CONTRACT, REAL, WHOLE, Column
from genrelab.sources import _lists

NO_VALUE = ["", "na", "n/a", "nan", "null", "none", "-", "?"]
"""Text that stands for an absent number or date, folded to lower case."""

PITCH_CLASSES: Mapping[str, int] = {
    "c": 0, "b#": 0, "c#": 1, "db": 1, "d": 2, "d#": 3, "eb": 3, "e": 4, "fb": 4, "f": 5, "e#": 5,
    "f#": 6, "gb": 6, "g": 7, "g#": 8, "ab": 8, "a": 9, "a#": 10, "bb": 10, "b": 11, "cb": 11,
}  # fmt: skip
MODES: Mapping[str, int] = {"major": 1, "minor": 0, "true": 1, "false": 0}
WORDS: Mapping[str, Mapping[str, int]] = {"key": PITCH_CLASSES, "mode": MODES}

_DATE = r"^\s*(\d{4}|0)(?:\.0|[-/.]\d{1,2}(?:[-/.]\d{1,2}(?:[T ].*)?)?)?\s*$"
_DATE_WITH_YEAR_LAST = r"^\s*\d{1,2}[-/.](?:\d{1,2}[-/.])?(\d{4})\s*$"


def converted(header: str, name: str, values: pl.Series, scale: float) -> pl.Series:
    """Give a column the contract's type and unit; a value that cannot be converted becomes null.

    Raises
    ------
    SchemaError
        When no value of such a type could.
    """
    column = CONTRACT[name]
    if isinstance(values.dtype, pl.Struct | pl.Object | pl.Binary):
        raise SchemaError(f"column {header!r}: holds {values.dtype}, not {column.dtype}: flatten it first")
    if name == "tags":
        return _lists.to_lists(_text(values))
    if name == "release_year":
        return _years(values)
    if column.dtype.is_numeric():
        return _as(column, numbers(header, column, values) * scale)
    if name == "artist":
        return _lists.to_joined(_text(values))
    if _is_list(values):
        return _lists.to_joined(values)
    text = _text(values)
    return text.str.replace(r"^(\d+)\.0$", "$1") if name == "track_id" else text


def numbers(header: str, column: Column, values: pl.Series) -> pl.Series:
    """Return real numbers, null where text is none; ``Major``, ``C#`` and the like have their numbers.

    Examples
    --------
    >>> numbers("Key", CONTRACT["key"], pl.Series(["Db", " 7 ", "H", "n/a"])).to_list()
    [1.0, 7.0, None, None]
    """
    if _is_list(values) or values.dtype.is_temporal():
        raise SchemaError(f"column {header!r}: holds {values.dtype}, not numbers: flatten it first")
    if values.dtype.is_numeric() or values.dtype in (pl.Boolean(), pl.Null()):
        return without_nan(values.cast(REAL))
    words = {word: str(number) for word, number in WORDS.get(column.name, {}).items()}
    return without_nan(_folded(values).replace(words).cast(REAL, strict=False))


def without_nan(values: pl.Series) -> pl.Series:
    """Make the values that are not a number null."""
    return values.fill_nan(None) if values.dtype.is_float() else values


def present(column: Column, values: pl.Series) -> pl.Series:
    """Tell where a value is given, whether or not it can be converted."""
    if _is_list(values) or values.dtype == pl.Null():
        return values.is_not_null()
    if values.dtype.is_float():
        return values.is_not_null() & values.is_not_nan()
    if not column.dtype.is_numeric():
        return values.is_not_null() & (values.cast(pl.String) != "")
    return values.is_not_null() & ~_folded(values).is_in(NO_VALUE)


def precisions(values: pl.Series) -> Counter[str]:
    """Count the dates that are given by day, by month and by year.

    Examples
    --------
    >>> sorted(precisions(pl.Series(["2019-06-14", "2001", "1999", None])).items())
    [('day', 1), ('year', 2)]
    """
    if values.dtype != pl.String:
        return Counter()
    marks = values.drop_nulls().str.count_matches(r"[-/]\d{1,2}")
    names = marks.cast(pl.Int64).clip(0, 2).replace_strict([0, 1, 2], ["year", "month", "day"])
    return Counter(names)


def _text(values: pl.Series) -> pl.Series:
    """Return text; whole numbers lose their ``.0``, empty text becomes null; lists stay lists."""
    if _is_list(values):
        return values
    if not values.dtype.is_float():
        return values.cast(pl.String).replace("", None)
    real = without_nan(values)
    whole = real.cast(pl.Int64, strict=False)
    is_whole = (whole.cast(real.dtype) == real).fill_null(value=False)
    return whole.cast(pl.String).zip_with(is_whole, real.cast(pl.String))


def _folded(values: pl.Series) -> pl.Series:
    """Fold text that should hold a number: no spaces around it, lower case, plain sharps and flats."""
    lower = values.cast(pl.String).str.strip_chars().str.to_lowercase()
    return lower.str.replace("♯", "#", literal=True).str.replace("♭", "b", literal=True)


def _as(column: Column, values: pl.Series) -> pl.Series:
    """Give real numbers the column's type; null where a whole number is asked for and is not given."""
    if column.dtype != WHOLE:
        return values
    whole = values.cast(WHOLE, strict=False)
    nothing = pl.Series([None], dtype=WHOLE).new_from_index(0, len(whole))
    return whole.zip_with((whole.cast(REAL) == values).fill_null(value=False), nothing)


def _years(values: pl.Series) -> pl.Series:
    """Return the years of dates of any precision; 0, which means that none is known, stays."""
    if isinstance(values.dtype, pl.Date | pl.Datetime):
        return values.dt.year().cast(WHOLE)
    if values.dtype.is_numeric() or values.dtype == pl.Null():
        return _as(CONTRACT["release_year"], without_nan(values.cast(REAL)))
    texts = values.cast(pl.String)
    first, last = texts.str.extract(_DATE), texts.str.extract(_DATE_WITH_YEAR_LAST)
    return first.zip_with(first.is_not_null(), last).cast(WHOLE)


def _is_list(values: pl.Series) -> bool:
    return isinstance(values.dtype, pl.List | pl.Array)
