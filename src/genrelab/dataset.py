"""A labelled table ready to learn from, and the splits that keep its artists apart."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from genrelab import kinds
from genrelab.errors import LabelError, SchemaError, SettingError
from genrelab.grouping import deal, group, sides
from genrelab.memberships import Marks, mark
from genrelab.schema import CONTRACT, DESCRIPTORS, TEXT_COLUMNS
from genrelab.sources._reading import listed

Codes = NDArray[np.int64]
Split = Literal["artist", "track", "row"]
SPLITS: tuple[Split, ...] = get_args(Split)


@dataclass(frozen=True, slots=True)
class Origin:
    """What is known of where a dataset came from; it goes into the card of every model made of it.

    Attributes
    ----------
    name, licence
        Of the table.
    taxonomy, taxonomy_hash
        The label space by which tags became genres, if one did.
    dropped
        Rows that cleaning dropped, by rule.
    left_out
        Columns that give the genre away, with the reason.
    finer
        Columns of finer words, read while learning only.
    floors
        What may be had without listening: "majority", and "artist_majority" where artists are known.
    artist_coverage
        Share of unique tracks on which the floor "artist_majority" is defined.
    ceiling
        Accuracy that contradictory labels leave possible, or None where that is unknown.
    notes
        Sentences that a reader of any score must know.
    synthetic
        Whether its tracks were drawn by a generator: every score then says so.
    """

    name: str = ""
    licence: str = ""
    taxonomy: str | None = None
    taxonomy_hash: str | None = None
    dropped: Mapping[str, int] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)
    finer: tuple[str, ...] = ()
    floors: Mapping[str, float] = field(default_factory=dict)
    artist_coverage: float | None = None
    ceiling: float | None = None
    notes: tuple[str, ...] = ()
    synthetic: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Tracks with a genre, the columns a model may read, and what keeps train and test apart.

    Attributes
    ----------
    tracks
        The rows; they keep the schema.
    label
        Column that holds the genre.
    columns
        Columns that a model may read: descriptors, other numbers, text.
    split
        What was asked to be kept on one side: "artist", "track" or "row".
    grouped_by
        What really keeps rows together, such as "artist", or "descriptors" where there is no name at all.
    genres
        Names of the genres in alphabetical order.
    truth
        Code of each row's genre, shape (rows,).
    groups
        Code of each row's group, shape (rows,).
    origin
        Where it came from.
    seen_under
        All genres under which each track was seen, shape (rows, genres), where that is asked for: `truth` is
        then the first of them.
    finer
        Finer words that each track has, such as subgenres, shape (rows, words), where such are told: models
        that can learn kinds of each genre from them. See `genrelab.kinds`.
    """

    tracks: pl.DataFrame
    label: str
    columns: tuple[str, ...]
    split: Split
    grouped_by: str
    genres: tuple[str, ...]
    truth: Codes
    groups: Codes
    origin: Origin = Origin()
    seen_under: Marks | None = None
    finer: csr_matrix | None = None

    def __len__(self) -> int:
        return self.tracks.height

    def take(self, rows: Codes) -> Dataset:
        """Keep some rows, by position; the genres stay the same even where one is no longer there."""
        seen = None if self.seen_under is None else self.seen_under[rows]
        finer = None if self.finer is None else self.finer[rows]
        tracks, truth, groups = self.tracks[rows], self.truth[rows], self.groups[rows]
        return replace(self, tracks=tracks, truth=truth, groups=groups, seen_under=seen, finer=finer)

    @property
    def most_folds(self) -> int:
        """Largest number of folds: each takes a group, and a track of the commonest genre."""
        return min(len(np.unique(self.groups)), int(np.bincount(self.truth).max(initial=0)))

    def folds(self, count: int = 5, *, seed: int = 0) -> Iterator[tuple[Codes, Codes]]:
        """Yield (train rows, test rows), stratified by genre, each group on one side.

        A few groups of very different sizes may leave a fold without tracks; it is not among them.

        Raises
        ------
        SettingError
            When there are fewer groups, or fewer tracks of the commonest genre, than folds.

        Examples
        --------
        >>> from genrelab import schema
        >>> songs = make(schema.sample(60, seed=0))
        >>> for train, test in songs.folds(3):
        ...     assert not set(songs.groups[train]) & set(songs.groups[test])
        """
        self._check_folds(count)
        # A genre of fewer tracks than folds is missing in some of them: estimators are fitted without it.
        yield from sides(deal(self.truth, self.groups, count, seed=seed))

    def _check_folds(self, count: int) -> None:
        groups = len(np.unique(self.groups))
        if groups < 2:
            raise SettingError(
                f"folds: every track has the same {self.grouped_by}: add others, or split by row"
            )
        if not 2 <= count <= self.most_folds:
            raise SettingError(
                f"folds: {count} asked for, but {self.grouped_by!r} makes {groups} groups, and the commonest"
                f" genre has {np.bincount(self.truth).max()} tracks: choose from 2 to {self.most_folds},"
                " or add tracks"
            )

    def hold_out(self, share: float = 0.2, *, seed: int = 0) -> tuple[Dataset, Dataset]:
        """Part the tracks into (train, test); the test part is about `share` of them.

        Examples
        --------
        >>> from genrelab import schema
        >>> train, test = make(schema.sample(90, seed=0)).hold_out(1 / 3)
        >>> len(train) + len(test)
        90
        """
        if not 0 < share <= 0.5:
            raise SettingError(f"hold_out: share {share} is not above 0 and at most 0.5")
        count = min(round(1 / share), len(np.unique(self.groups)))
        train, test = next(self.folds(count, seed=seed))
        return self.take(train), self.take(test)

    def fingerprint(self) -> str:
        """Hash label and columns, rows in order: the same tracks give the same fingerprint."""
        used = self.tracks.select(*self.columns, self.label)
        sequences = [column for column in used if channels(column.dtype)]
        told = hashlib.sha256(used.drop(column.name for column in sequences).write_csv().encode())
        for column in sequences:
            lengths = column.list.len().fill_null(0)
            frames = column.filter(lengths > 0).explode().to_numpy()
            told.update(lengths.to_numpy().tobytes() + np.ascontiguousarray(frames).tobytes())
        if self.seen_under is not None:
            told.update(self.seen_under.tobytes())
        if self.finer is not None:
            told.update(self.finer.indptr.tobytes() + self.finer.indices.tobytes())
        return told.hexdigest()


def make(
    tracks: pl.DataFrame,
    label: str = "genre",
    *,
    columns: Sequence[str] | None = None,
    split: Split = "artist",
    origin: Origin | None = None,
    seen_under: pl.Series | None = None,
    finer: Sequence[str] = (),
) -> Dataset:
    """Make a dataset from a table that keeps the schema.

    Parameters
    ----------
    tracks
        Any table with a genre column; rows without a genre must be cleaned away before.
    label
        The genre column.
    columns
        Columns that a model may read; by default all that the contract knows to describe a track.
    split
        "artist" keeps an artist's tracks together, "track" the copies of one recording, "row" nothing.
        Where the table lacks the column, the best proxy takes its place and `Dataset.grouped_by` names it.
    origin
        Where the table came from; the columns that it says are left out are not read.
    seen_under
        Lists of all genres of each track, where one may have several: its genre in `label` is one of them.
    finer
        Columns of finer words, such as subgenres or lists of tags. They may give the genre away: they are
        read while learning only, and need not be there to predict.

    Raises
    ------
    LabelError
        When the genre column is absent, empty, numeric, or has no two genres of two tracks each.
    SchemaError
        When a column is absent, or none is left to learn from.
    SettingError
        When `split` is not one of artist, track, row, or a column of finer words is read by models as well.
    """
    if split not in SPLITS:
        raise SettingError(f"split: {split!r} is unknown: choose artist, track or row")
    check_label(tracks, label)
    if tracks[label].null_count():
        raise LabelError(
            f"label {label!r}: {tracks[label].null_count()} rows have no genre: clean the table first"
        )
    lists = tracks[label].reshape((-1, 1)).arr.to_list() if seen_under is None else seen_under
    _check_counts(lists.explode(), label)
    genres = sorted(lists.explode().unique())
    codes = tracks[label].replace_strict(genres, range(len(genres)), return_dtype=pl.Int64)
    groups, grouped_by = group(tracks, split)
    origin = origin or Origin()
    used = _columns(tracks, label, columns, tuple(origin.left_out))
    seen = None if seen_under is None else mark(seen_under, genres)
    truth = codes.to_numpy()
    made = Dataset(tracks, label, used, split, grouped_by, tuple(genres), truth, groups, origin, seen)
    return tell_finer(made, finer)


def tell_finer(dataset: Dataset, columns: Sequence[str]) -> Dataset:
    """Tell a dataset the finer words of its tracks, in columns such as subgenres or lists of tags.

    Raises
    ------
    SchemaError
        When a column is absent, or holds no text.
    SettingError
        When one is the label, or is read by models as well.

    Examples
    --------
    >>> from genrelab import schema
    >>> songs = make(schema.sample(60, seed=0).with_columns(mood=pl.lit("dark")))
    >>> tell_finer(songs, ["mood"]).origin.finer
    ('mood',)
    """
    columns = tuple(dict.fromkeys(columns))
    for name in columns:
        if name == dataset.label:
            raise SettingError(f"finer {name!r}: is the label: name a column of subgenres or tags")
        if name in dataset.columns:
            raise SettingError(
                f"finer {name!r}: is read of new songs as well: leave it out of the columns or finer words"
            )
    marks = kinds.words(dataset.tracks, columns) if columns else None
    return replace(dataset, finer=marks, origin=replace(dataset.origin, finer=columns))


def check_label(tracks: pl.DataFrame, label: str) -> None:
    """Raise LabelError where a column cannot be a genre: absent, empty, or not text."""
    if label not in tracks.columns:
        raise LabelError(f"label {label!r}: no such column: choose from {listed(tracks.columns)}")
    genres = tracks[label]
    if genres.null_count() == genres.len():
        raise LabelError(f"label {label!r}: no row has a genre: name another column")
    if isinstance(genres.dtype, pl.List):
        raise LabelError(f"label {label!r}: holds lists of tags: make genres of them with 'genrelab bin'")
    if genres.dtype != pl.String:
        raise LabelError(f"label {label!r}: holds {genres.dtype}, not names of genres: name a column of text")


def _check_counts(genres: pl.Series, label: str) -> None:
    counts = genres.value_counts(sort=True, name="tracks").rows()
    if len(counts) < 2:
        raise LabelError(f"label {label!r}: every row is {counts[0][0]!r}: at least two genres are needed")
    rarest, count = counts[-1]
    if count < 2:
        raise LabelError(
            f"label {label!r}: {rarest!r} has one track, too few to learn and to test: add more,"
            " or leave such genres out with --min-tracks 2"
        )


def _columns(
    tracks: pl.DataFrame, label: str, asked: Sequence[str] | None, leaving_out: Sequence[str]
) -> tuple[str, ...]:
    if asked is None:
        asked = [c for c in _readable() if c in tracks.columns and c != label]
    for name in asked:
        if name not in tracks.columns:
            raise SchemaError(f"column {name!r}: not in the table: choose from {listed(tracks.columns)}")
        if name == label:
            raise SchemaError(f"column {name!r}: is the label: leave it out of the columns")
        kind = tracks.schema[name]
        if not (kind.is_numeric() or name in TEXT_COLUMNS or channels(kind)):
            raise SchemaError(f"column {name!r}: holds {kind}, not numbers: leave it out")
    used = tuple(c for c in dict.fromkeys(asked) if c not in leaving_out and _varies(tracks[c]))
    if not used:
        raise SchemaError("columns: none is left that varies: name numeric columns with --columns")
    return used


def channels(kind: pl.DataType) -> int:
    """Return how many numbers each frame of a column of sequences holds, 0 for any other type.

    Examples
    --------
    >>> channels(pl.List(pl.Array(pl.Float32, 12))), channels(pl.Float64())
    (12, 0)
    """
    if isinstance(kind, pl.List) and isinstance(kind.inner, pl.Array):
        return kind.inner.size if pl.Series(dtype=kind.inner.inner).dtype.is_numeric() else 0
    return 0


def _varies(column: pl.Series) -> bool:
    """Tell whether a column holds two different values; of sequences, whether any has a frame."""
    if channels(column.dtype):
        return bool(column.list.len().max())
    return column.n_unique() > 1


def _readable() -> list[str]:
    """Name the contract's columns that describe a track, sound first."""
    numbers = [c.name for c in CONTRACT.values() if c.kind == "metadata" and c.dtype.is_numeric()]
    return [*DESCRIPTORS, *numbers, *TEXT_COLUMNS]
