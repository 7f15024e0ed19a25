"""Audit: what in a table would make a score a lie, found before anything is trained.

It looks and never changes the table: what to do about a finding is said in the finding.
"""

from __future__ import annotations

import polars as pl

from genrelab.audit import columns, labels, leaks, repeats
from genrelab.audit.conflicts import conflicts
from genrelab.audit.findings import SEVERITIES, Audit, Finding
from genrelab.audit.view import look

__all__ = ["Audit", "Finding", "audit", "conflicts"]


def audit(tracks: pl.DataFrame, label: str = "genre", seed: int = 0) -> Audit:
    """Find repeats, leaks, contradictory labels and dead columns, and measure floors and ceiling.

    Parameters
    ----------
    tracks
        A track table; only the label column is needed, but the more of the contract, the more is found.
    label
        Name of the column that holds the genre.
    seed
        Draws the random test part of 20 % by which overlaps are measured.

    Raises
    ------
    SchemaError
        When there is no such label column, or a column has a type that the contract does not allow.

    Examples
    --------
    >>> from genrelab import schema
    >>> table = schema.sample(90, seed=0).with_columns(mood=pl.col("genre") + " mood")
    >>> found = audit(table)
    >>> list(found.leaking), found.find("gives_label_away")[1].columns
    (['tags', 'mood'], ('mood',))
    """
    view = look(tracks, label, seed)
    floor = labels.artist_majority(view)
    giveaways = list(leaks.findings(view))
    everything = [*giveaways, *repeats.findings(view), *labels.findings(view, floor), *columns.findings(view)]
    found = [finding for finding in everything if finding.rows]
    return Audit(
        rows=tracks.height,
        genres=labels.counts(view),
        findings=tuple(sorted(found, key=lambda finding: SEVERITIES.index(finding.severity))),
        leaking={finding.columns[0]: finding.message for finding in giveaways},
        ceiling=labels.ceiling(view),
        floors=labels.floors(view, floor),
        artist_coverage=floor.coverage if floor else None,
    )
