"""What an audit finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Severity = Literal["leak", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""From the worst."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a reader of scores must know.

    Attributes
    ----------
    name
        What it is called, the same in every table.
    severity
        ``"leak"``: a score can be a lie because of it; ``"warning"``: it costs or misleads;
        ``"note"``: good to know.
    columns
        Columns concerned.
    rows
        Number of rows concerned.
    share
        The same as a share of the rows that were looked at, 0..1.
    message
        One sentence with the numbers and what to do.
    """

    name: str
    severity: Severity
    columns: tuple[str, ...]
    rows: int
    share: float
    message: str


def found(
    name: str, severity: Severity, columns: tuple[str, ...], rows: int, of: int, *, message: str
) -> Finding:
    """Make a finding about `rows` of the `of` rows that were looked at."""
    return Finding(name, severity, columns, rows, rows / max(1, of), message)


def amount(rows: int, of: int) -> str:
    """Write a number of rows with its share, small shares with more digits.

    Examples
    --------
    >>> amount(1345, 6567), amount(1, 32833)
    ('1,345 rows (20.5%)', '1 row (0.003%)')
    """
    share = rows / max(1, of)
    written = f"{share:.3%}" if 0 < share < 0.001 else f"{share:.1%}"
    return f"{rows:,} {'row' if rows == 1 else 'rows'} ({written})"


@dataclass(frozen=True, slots=True)
class Audit:
    """What is wrong with a table, and what scores mean on it.

    Attributes
    ----------
    rows
        Rows looked at.
    genres
        Rows of each genre, the most frequent first.
    findings
        All findings, leaks first, then warnings, then notes.
    leaking
        Columns that must not be features, each with the reason.
    ceiling
        Highest accuracy that contradictory labels of the same track leave; None where the table has nothing
        by which to know a track again.
    floors
        Accuracy that needs no listening: ``"majority"``, the most frequent genre; ``"artist_majority"``, the
        most frequent genre of the artist's other tracks, over unique tracks that have such others (absent
        where under 1 % of them have).
    artist_coverage
        Share of unique tracks on which ``artist_majority`` is defined; None without an artist column.
    """

    rows: int
    genres: dict[str, int]
    findings: tuple[Finding, ...]
    leaking: dict[str, str]
    ceiling: float | None
    floors: dict[str, float]
    artist_coverage: float | None

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the findings, in their order."""
        return tuple(finding.name for finding in self.findings)

    def find(self, name: str) -> tuple[Finding, ...]:
        """Return the findings of that name; there are several where several columns have the fault."""
        return tuple(finding for finding in self.findings if finding.name == name)
