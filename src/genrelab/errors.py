"""Every error that genrelab raises on purpose, in one tree.

::

    GenrelabError
    ├── ReadError (ValueError)          a table or file cannot be understood
    │   └── MissingFile (FileNotFoundError)
    ├── SchemaError (ValueError)        a column is absent, or holds what it must not
    ├── LabelError (ValueError)         the genre column cannot be learned from
    ├── SettingError (ValueError)       an argument is out of its range
    ├── UnknownName (KeyError)          no such model, source, taxonomy, table...
    ├── ModelError (ValueError)         a model folder is incomplete, foreign or unsafe
    ├── OutputError (OSError)           a result cannot be written where it was asked for
    ├── FetchError (OSError)            a download failed
    └── MissingExtra (ImportError)      an optional dependency is not installed

Each leaf is also the builtin that a caller expects. A message reads ``where: what: how to mend it``; the
command line prints it on one line and exits 2. Anything else that escapes is a bug and keeps its traceback.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class GenrelabError(Exception):
    """Root of the tree: the user can mend it."""

    def __str__(self) -> str:
        # KeyError would show its message as a repr, quotes and all.
        return str(self.args[0]) if self.args else ""


class ReadError(GenrelabError, ValueError):
    """A table or file cannot be understood."""


class MissingFile(ReadError, FileNotFoundError):
    """A file or folder is not there."""


class SchemaError(GenrelabError, ValueError):
    """A column is absent, or holds what it must not."""


class LabelError(GenrelabError, ValueError):
    """The genre column cannot be learned from."""


class SettingError(GenrelabError, ValueError):
    """An argument is out of its range."""


class UnknownName(GenrelabError, KeyError):
    """No such name; the message suggests the nearest ones.

    Examples
    --------
    >>> print(UnknownName("model", "lightgbn", ["lightgbm", "logistic"]))
    no model 'lightgbn': did you mean 'lightgbm'? (known: lightgbm, logistic)
    """

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        folded = {known.casefold(): known for known in names}
        near = get_close_matches(name.casefold(), folded, n=1)
        hint = f"did you mean {folded[near[0]]!r}? " if near else ""
        super().__init__(f"no {kind} {name!r}: {hint}(known: {', '.join(names)})")


class ModelError(GenrelabError, ValueError):
    """A model folder is incomplete, foreign or unsafe."""


class OutputError(GenrelabError, OSError):
    """A result cannot be written where it was asked for."""


class FetchError(GenrelabError, OSError):
    """A download failed."""


class MissingExtra(GenrelabError, ImportError):
    """An optional dependency is not installed.

    Examples
    --------
    >>> print(MissingExtra("plotly", "report"))
    plotly is not installed: pip install 'genrelab[report]'
    """

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f"{package} is not installed: pip install 'genrelab[{extra}]'")
