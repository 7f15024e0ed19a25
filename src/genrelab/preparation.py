"""From a table as it was read to a dataset fit to learn from: audited, cleaned, its leaks left out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

import polars as pl

from genrelab import dataset
from genrelab.audit import Audit, audit
from genrelab.cleaning import DEFAULT, REPEATS, RULES, Cleaned, Rule, clean
from genrelab.dataset import Dataset, Origin, Split
from genrelab.errors import LabelError
from genrelab.memberships import Marks, mark, seen_under
from genrelab.sources import terms
from genrelab.taxonomy import Binned, Taxonomy, bin, load  # noqa: A004 - the field's verb

_MENDED = {
    "missing_genre": "fill the column of genres, or name another (--label)",
    "missing_descriptors": "join a table that has descriptors (--join)",
    "out_of_range": "correct the numbers or their units",
    "not_a_song": "correct tempo, time_signature and duration",
    "rare_genre": "lower --min-tracks",
}
"""What to do where a rule of cleaning takes a whole table."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A dataset and how it came to be.

    Attributes
    ----------
    dataset
        Fit to learn from.
    raw
        The table as it was read.
    audit
        What the audit found in it.
    cleaned
        What cleaning kept and dropped.
    """

    dataset: Dataset
    raw: pl.DataFrame
    audit: Audit
    cleaned: Cleaned


def prepare(
    tracks: pl.DataFrame,
    label: str = "genre",
    *,
    taxonomy: Taxonomy | str | None = None,
    columns: Sequence[str] | None = None,
    split: Split = "artist",
    rules: Iterable[str | Rule] = DEFAULT,
    min_tracks: int = 0,
    multi: bool = False,
    finer: Sequence[str] = (),
    seed: int = 0,
    name: str = "",
    licence: str = "",
    notes: Sequence[str] = (),
    synthetic: bool = False,
) -> Prepared:
    """Audit a table, clean it, leave out the columns that give the genre away, and make a dataset.

    Parameters
    ----------
    tracks
        A table that keeps the schema.
    label
        The genre column; with a taxonomy, the column of tags.
    taxonomy
        The label space that makes genres of tags first; tracks without a genre in it are left out.
    columns
        Columns that a model may read; by default all that the contract knows to describe a track.
    split
        What to keep on one side: "artist", "track" or "row".
    rules
        Cleaning rules.
    min_tracks
        Genres with fewer tracks after cleaning are left out, each row with the rule ``rare_genre``.
    multi
        Whether a track may have several genres: those under which its copies stood, those of a list in the
        column, or all that a taxonomy finds. The first is the one that it would have had otherwise.
    finer
        Columns of finer words, such as subgenres, playlists or tags, from which models may learn kinds of
        each genre: see `genrelab.dataset.make`.
    seed
        Of the audit's random test part.
    name, licence, notes, synthetic
        Of the table, for the card: see `genrelab.dataset.Origin`. The terms of a service from which the
        tracks were drawn are noted without being asked for.

    Raises
    ------
    LabelError, SchemaError, SettingError, UnknownName
        As `genrelab.dataset.make`, `genrelab.cleaning.clean`.

    Examples
    --------
    >>> from genrelab import schema
    >>> songs = schema.sample(90, seed=0).with_columns(station=pl.col("genre") + " fm")
    >>> prepared = prepare(songs)
    >>> "station" in prepared.audit.leaking, "station" in prepared.dataset.columns
    (True, False)
    """
    space = load(taxonomy) if isinstance(taxonomy, str) else taxonomy
    unbinned, made_of, lists = 0, {}, None
    if space is not None:
        binned = bin(tracks, space, label)
        if binned.tracks.is_empty():
            raise LabelError(
                f"label {label!r}: no track has a genre by the taxonomy {space.name!r}: name another column"
                " or taxonomy, or see its tags with 'genrelab bin --report'"
            )
        tags = "original_genre" if label == "genre" else label
        made_of = {tags: "the genre was made of it"}
        finer = [tags if name == label else name for name in finer]
        lists = _matched(binned, tracks.height) if multi else None
        tracks, label, unbinned = binned.tracks, "genre", binned.unbinned.height
    elif multi:
        tracks, lists = parted(tracks, label)
    _check_label(tracks, label)
    found = _without_alarms(audit(tracks, label, seed), made_of)
    cleaned = clean(tracks, [*rules, rare_genre(min_tracks)], label)
    if cleaned.tracks.is_empty():
        raise LabelError(_nothing_left(cleaned))
    origin = Origin(
        name=name,
        licence=licence,
        taxonomy=None if space is None else space.name,
        taxonomy_hash=None if space is None else space.sha256,
        dropped={rule: n for rule, n in {"no_genre_in_taxonomy": unbinned, **cleaned.counts}.items() if n},
        left_out={**found.leaking, **made_of},
        floors=found.floors,
        artist_coverage=found.artist_coverage,
        ceiling=found.ceiling,
        notes=(*notes, *terms(tracks)),
        synthetic=synthetic,
    )
    seen = None if lists is None else _frequent(seen_under(lists, cleaned), min_tracks)
    try:
        made = dataset.make(
            cleaned.tracks,
            label,
            columns=columns,
            split=split,
            origin=origin,
            seen_under=seen,
            finer=finer,
        )
    except LabelError as error:
        raise LabelError(f"{error}{_told(cleaned)}") from error
    return Prepared(made, tracks, found, cleaned)


def parted(tracks: pl.DataFrame, label: str) -> tuple[pl.DataFrame, pl.Series]:
    """Part lists of genres into the first, which stays in the column, and all.

    Examples
    --------
    >>> songs, lists = parted(pl.DataFrame({"genre": [["pop", "", "rock"], []]}), "genre")
    >>> songs["genre"].to_list(), lists.to_list()
    (['pop', None], [['pop', 'rock'], []])
    """
    if label not in tracks.columns or tracks.schema[label] != pl.List(pl.String):
        dataset.check_label(tracks, label)
        return tracks, tracks[label].reshape((-1, 1)).arr.to_list().list.drop_nulls()
    filled = pl.element().filter(pl.element().str.strip_chars() != "")
    lists = tracks.select(pl.col(label).list.eval(filled).list.unique(maintain_order=True)).to_series()
    return tracks.with_columns(lists.list.first()), lists


def merge(tracks: pl.DataFrame, label: str, genres: Sequence[str]) -> tuple[pl.DataFrame, Marks]:
    """Merge the copies of each track, and mark all of `genres` under which it stands.

    Returns
    -------
    One row a track, with the first of `genres` that it has in the column, or what stood there; and marks of
    shape (rows, genres).
    """
    tracks, lists = parted(tracks, label)
    cleaned = clean(tracks, REPEATS, label)
    seen = seen_under(lists, cleaned).alias("seen")
    known = pl.col("seen").list.eval(pl.element().filter(pl.element().is_in(list(genres)))).list.first()
    first = pl.DataFrame([seen, cleaned.tracks[label].alias("own")]).select(pl.coalesce(known, "own"))
    return cleaned.tracks.with_columns(first.to_series().alias(label)), mark(seen, genres)


def _matched(binned: Binned, rows: int) -> pl.Series:
    """List all genres that a taxonomy found in the tags of each track that got one."""
    unbinned = set(binned.unbinned["row"].to_list())
    matched = dict(binned.conflicts.select("row", "matched").rows())
    kept = (row for row in range(rows) if row not in unbinned)
    own = zip(kept, binned.tracks["genre"], strict=True)
    lists = [list(dict.fromkeys([genre, *matched.get(row, ())])) for row, genre in own]
    return pl.Series(lists, dtype=pl.List(pl.String))


def _frequent(lists: pl.Series, min_tracks: int) -> pl.Series:
    """Leave rare genres out of lists of them."""
    counts = lists.explode().value_counts(name="tracks")
    frequent = counts.filter(pl.col("tracks") >= min_tracks)[lists.name].to_list()
    return lists.list.eval(pl.element().filter(pl.element().is_in(frequent)))


def _check_label(tracks: pl.DataFrame, label: str) -> None:
    try:
        dataset.check_label(tracks, label)
    except LabelError as error:
        lists = label in tracks.columns and isinstance(tracks.schema[label], pl.List)
        if lists:
            raise LabelError(f"{error}, or with --taxonomy broad, or learn them all with --multi") from error
        raise


def _without_alarms(found: Audit, made_of: Collection[str]) -> Audit:
    """Take out the findings that a column gives the genre away of which the genre was made."""
    alarms = [one for one in found.findings if one.severity == "leak" and set(one.columns[:1]) & set(made_of)]
    return replace(found, findings=tuple(one for one in found.findings if one not in alarms))


def _nothing_left(cleaned: Cleaned) -> str:
    """Say which rule took most of a table of which cleaning left nothing, and how to mend that."""
    rule, most = max(cleaned.counts.items(), key=lambda item: item[1])
    rows = cleaned.dropped.height
    taken = f"{most:,}" if most == rows else f"{most:,} of {rows:,}"
    mend = _MENDED.get(rule, "correct the table")
    skip = f", or skip the rule (--skip-rules {rule})" if rule in RULES and rule != "missing_genre" else ""
    return f"no track is left after cleaning: {taken} by {rule}: {mend}{skip}"


def _told(cleaned: Cleaned) -> str:
    """Say what cleaning dropped, which may be why too little is left."""
    left, rows = cleaned.tracks.height, cleaned.tracks.height + cleaned.dropped.height
    counts = ", ".join(f"{count:,} by {rule}" for rule, count in cleaned.counts.items() if count)
    return f" (cleaning left {left:,} of {rows:,} rows: {counts})" if counts else ""


def rare_genre(min_tracks: int) -> Rule:
    """Return the cleaning rule that drops genres with too few tracks to be learned.

    Examples
    --------
    >>> table = pl.DataFrame({"genre": ["pop", "pop", "polka"]})
    >>> clean(table, [rare_genre(2)]).tracks["genre"].to_list()
    ['pop', 'pop']
    """

    def drops(tracks: pl.DataFrame, label: str) -> pl.Series:
        return tracks.select((pl.len().over(label) < min_tracks).alias("fault")).to_series()

    return Rule("rare_genre", f"the genre has fewer than {min_tracks} tracks", drops)
