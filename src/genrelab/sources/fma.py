"""The Free Music Archive's dataset: tracks, genre tree, features, and what the Echo Nest heard in them."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from genrelab.errors import ReadError
from genrelab.progress import Progress, silent
from genrelab.schema import TEXTS
from genrelab.sources import _fma_files, _fma_tables, _fma_tree, _lists
from genrelab.sources._assemble import aligned, shared_types
from genrelab.sources._fma_tables import ALL, OWN, ROW, Piece
from genrelab.sources._fma_tree import Tree
from genrelab.sources._reading import Reading, rejected_table
from genrelab.sources.table import Paths

_BY, _BOTH = "track_id", "\x1f"


def read(paths: Paths, *, strict: bool = False, progress: Progress = silent) -> Reading:
    r"""Read tables of the dataset, joined by track id.

    Parameters
    ----------
    paths
        Any of ``tracks.csv``, ``features.csv``, ``echonest.csv`` and ``genres.csv`` as they are published, in
        several header rows; tables with one header row that were made of them, with ``track_id`` and
        descriptors, ``genre_top`` or numbers of genres; folders of them; or ``fma_metadata.zip``. Files are
        told by their headers.
    strict
        Raise at the first row that cannot be read, where otherwise it goes to ``rejected``.
    progress
        Called after each file.

    Returns
    -------
    Reading
        One row a track. Where any of the tables describes sound, only tracks that one of these holds; by
        default all. ``genre`` is the top genre, ``genre_top`` in the files or else by the tree, and null for
        tracks with several top genres or none, which training leaves out. ``tags`` are the titles of the
        track's genres, each followed by those above it in the tree. ``release_year`` is the album's, and
        ``duration`` is in seconds. Kept beside the contract's columns: the licence of each track
        (``license``), ``subset``, the 518 features as 32-bit floats under names such as ``mfcc_mean_01``,
        what is told of albums and artists as ``album_listens`` and so on, and the Echo Nest's other figures
        as ``echonest_...``.

        ``official_split`` (training, validation or test) is a column like any other: what trains and
        scores here splits by artist on its own, and no model reads it. To score as the dataset's authors
        do, filter by it: train on the tracks of ``"training"``, and evaluate the model on those of
        ``"test"``. Their split also keeps artists apart, so both scores are honest, but of other tracks.

    Raises
    ------
    MissingFile
        When a file or folder is not there.
    ReadError
        When nothing can be read, or genres are given by number only and there is no ``genres.csv``.

    References
    ----------
    Defferrard, Benzi, Vandergheynst, Bresson: FMA: A Dataset For Music Analysis, ISMIR 2017.

    Examples
    --------
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "genres.csv").write_text("genre_id,parent,title\n12,0,Rock\n25,12,Punk\n17,0,Folk\n")
    >>> _ = (folder / "songs.csv").write_text('track_id,genres\n2,[25]\n3,"[17, 25]"\n')
    >>> read(folder).tracks.select("track_id", "genre", "tags").rows()
    [('2', 'Rock', ['Punk', 'Rock']), ('3', None, ['Folk', 'Punk', 'Rock'])]
    """
    given = [Path(path) for path in ([paths] if isinstance(paths, str | Path) else paths)]
    if not given:
        raise ReadError("no files were given: name the folder of the FMA's tables")
    with tempfile.TemporaryDirectory(prefix="genrelab-") as scratch:
        progress("finding tables", 0.0)
        found, notes = _fma_files.files(given, Path(scratch))
        trees = [_fma_tree.read(one.path) for one in found if one.kind == "genres"]
        tables = [one for one in found if one.kind != "genres"]
        pieces = []
        for done, one in enumerate(tables, start=1):
            pieces.append(_titled(_fma_tables.read(one, Path(scratch)), trees[0] if trees else None))
            progress(f"reading {one.path.name}", done / len(tables))
    if not pieces:
        raise ReadError(f"{given[0]}: holds the tree of genres only: give tables of tracks as well")
    for piece in pieces:
        if strict and piece.faults:
            fault = min(piece.faults, key=lambda one: one.row)
            raise ReadError(f"{piece.name}: line {fault.row}: {fault.reason}: mend this line")
    return _reading(pieces, notes)


def recognised(paths: Paths) -> bool:
    """Tell whether `read` is for these paths: some have the dataset's header rows, or its genre tree.

    A table of tracks with one header row is read without this source, unless ``genres.csv`` is beside it.

    Examples
    --------
    >>> recognised("songs.csv"), recognised("postgresql://localhost/music")
    (False, False)
    """
    given = [paths] if isinstance(paths, str | Path) else paths
    return _fma_files.recognised(map(Path, given))


def _titled(piece: Piece, tree: Tree | None) -> Piece:
    """Give the genres of a table their titles, and every track its top genre."""
    numbers = [name for name in (OWN, ALL) if name in piece.tracks.columns]
    if not numbers:
        return replace(piece, tracks=piece.tracks.drop(ROW))
    mapped = {header: name for header, name in piece.mapped.items() if name not in numbers}
    if tree is None:
        if "genre" not in piece.tracks.columns:
            raise ReadError(f"{piece.name}: names genres by number: give genres.csv of the dataset as well")
        why = "numbers of genres, and genres.csv is not among the files"
        left_out = piece.left_out | {header: why for header, name in piece.mapped.items() if name in numbers}
        return replace(piece, tracks=piece.tracks.drop(ROW, *numbers), mapped=mapped, left_out=left_out)
    tracks, reasons = _told(piece.tracks, numbers, tree)
    faults = (*piece.faults, *_fma_tables.located(reasons, piece.lines))
    mapped |= {header: "tags" for header, name in piece.mapped.items() if name == numbers[-1]}
    return replace(piece, tracks=tracks.drop(ROW, *numbers), faults=faults, mapped=mapped)


def _told(tracks: pl.DataFrame, numbers: Sequence[str], tree: Tree) -> tuple[pl.DataFrame, dict[int, str]]:
    """Add ``tags`` and ``genre``; beside it, by row, why the genres of those that are lost cannot be told."""
    texts = [_as_text(tracks[name]) for name in numbers]
    ids = pl.select(pl.concat_str(texts, separator=_BOTH, ignore_nulls=True).alias("ids")).to_series()
    rows = [(text, *_meant(text, tree)) for text in ids.unique()]
    schema = {"ids": pl.String(), "tags": TEXTS, "top": pl.String(), "fault": pl.String()}
    meant = pl.DataFrame(rows, schema=schema, orient="row")
    joined = tracks.with_columns(ids).join(meant, on="ids", how="left", maintain_order="left")
    given = ["genre"] if "genre" in tracks.columns else []
    lost = dict(joined.filter(pl.col("fault").is_not_null()).select(ROW, "fault").iter_rows())
    sound = joined.filter(pl.col("fault").is_null())
    told = sound.with_columns(pl.coalesce(*given, "top").alias("genre")).drop("ids", "top", "fault")
    if told.is_empty():
        raise ReadError(
            f"genres.csv: {next(iter(lost.values()))}, and so in every row: give that of the dataset"
        )
    return told, lost


def _as_text(values: pl.Series) -> pl.Series:
    if isinstance(values.dtype, pl.List | pl.Array):
        return values.cast(TEXTS).list.join(",")
    return values.cast(pl.String)


def _meant(text: str, tree: Tree) -> tuple[list[str], str | None, str | None]:
    """Return the titles of genres and of all above them, their one top genre, or what is wrong with them."""
    parts = [
        _lists.parse(part if part.lstrip().startswith("[") else f"[{part}]") for part in text.split(_BOTH)
    ]
    if None in parts:
        return [], None, f"genres: not a list: {text.split(_BOTH)[parts.index(None)]!r}"
    items = [item for part in parts for item in part or ()]
    unknown = next((item for item in items if not item.isdecimal() or int(item) not in tree.titles), None)
    if unknown is not None:
        return [], None, f"genres: {unknown!r} is not in genres.csv"
    genres = [int(item) for item in items]
    tops = tree.tops(genres)
    return [tree.titles[g] for g in tree.with_ancestors(genres)], tops[0] if len(tops) == 1 else None, None


def _reading(pieces: Sequence[Piece], notes: Sequence[str]) -> Reading:
    """Join tables, with the account of what was done."""
    tracks, joining = _joined(pieces)
    said = [*notes, *(note for piece in pieces for note in piece.notes), *joining, *_genres(tracks)]
    mapped = {header: name for piece in reversed(pieces) for header, name in piece.mapped.items()}
    kept = {name for piece in pieces for name in piece.kept}
    left_out = {header: why for piece in pieces for header, why in piece.left_out.items()}
    faults = ((p.name, fault) for p in pieces for fault in sorted(p.faults, key=lambda one: one.row))
    rejected = rejected_table(faults)
    known = tuple(name for name in tracks.columns if name in kept)
    return Reading(tracks, mapped, known, left_out, rejected, tuple(dict.fromkeys(said)))


def _joined(pieces: Sequence[Piece]) -> tuple[pl.DataFrame, list[str]]:
    """Put all that is told of a track into one row; beside it, notes on the tracks that are left out."""
    labels = [piece.tracks for piece in pieces if piece.labels]
    sounds = [piece.tracks for piece in pieces if piece.describes and not piece.labels]
    both = [piece.tracks for piece in pieces if piece.describes and piece.labels]
    others = [piece.tracks for piece in pieces if not piece.describes and not piece.labels]
    told = _merged([*labels, *others])
    described = _merged([*sounds, *(table.select(_BY) for table in both)])
    if told is None or described is None:
        whole = described if told is None else told
        if whole is None:
            raise ReadError("no table tells anything of a track: give tracks.csv or features.csv")
        return whole.select(_fma_tables.ordered(whole.columns)), []
    whole = _together(told, described, how="inner")
    if whole.is_empty():
        raise ReadError("the tables have no track in common: give tables of one dataset")
    counts = f"{told.height:,} tracks and descriptors of {described.height:,}"
    said = f"{counts} joined by track id: {whole.height:,} left"
    return whole.select(_fma_tables.ordered(whole.columns)), [said]


def _merged(tables: Sequence[pl.DataFrame]) -> pl.DataFrame | None:
    """Put tables together that may each know other tracks; the first one's values win."""
    whole: pl.DataFrame | None = None
    for one in tables:
        whole = one if whole is None else _together(whole, one, how="full")
    return whole


def _together(left: pl.DataFrame, right: pl.DataFrame, *, how: str) -> pl.DataFrame:
    shared = [name for name in right.columns if name in left.columns and name != _BY]
    types = {name: dtype for name, dtype in shared_types([left, right]).items() if name in shared}
    left, right = (_cast(side, types) for side in (left, right))
    order = "left" if how == "inner" else "left_right"
    joined = left.join(right, on=_BY, how=how, suffix="\0right", coalesce=True, maintain_order=order)  # type: ignore[arg-type]  # polars wants literals
    filled = [pl.coalesce(name, f"{name}\0right").alias(name) for name in shared]
    return joined.with_columns(filled).drop([f"{name}\0right" for name in shared])


def _cast(table: pl.DataFrame, types: dict[str, pl.DataType]) -> pl.DataFrame:
    same = aligned(table.select(list(types)), types)
    return table.with_columns(same) if types else table


def _genres(tracks: pl.DataFrame) -> list[str]:
    """Note how many tracks have no genre, and why."""
    if "genre" not in tracks.columns:
        return ["no table tells genres"]
    without = tracks.filter(pl.col("genre").is_null())
    if without.is_empty():
        return []
    said = f"genre: null in {without.height:,} of {tracks.height:,} tracks"
    if "tags" not in tracks.columns:
        return [said]
    several = without.filter(pl.col("tags").list.len() > 0).height
    return [f"{said}: {several:,} have several top genres, {without.height - several:,} have none"]
