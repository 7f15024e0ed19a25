"""Songs of the Million Song Dataset: HDF5 files, the tables made of them, and genres in .cls files."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import polars as pl

from genrelab.errors import MissingFile, ReadError, SettingError
from genrelab.progress import Progress, silent
from genrelab.schema import CONTRACT
from genrelab.sources import _formats, _msd_labels, _msd_table
from genrelab.sources._msd_song import FIELDS, LISTS, SEGMENTS, Damaged, Songs, columns
from genrelab.sources._reading import Fault, Reading, rejected_table
from genrelab.sources.table import Paths

Kind: TypeAlias = Literal["songs", "labels", "tables"]

CHUNK = 1_000
"""Songs that become a table together, so that their Python values can go."""
_SONGS = frozenset({".h5", ".hdf5"})
_LABELS = frozenset({".cls"})


@dataclass(frozen=True, slots=True)
class _Given:
    """A file to read, and what to call it: its name, with the folders below the one that was given."""

    path: Path
    name: str


def read(
    paths: Paths,
    *,
    segments: bool = False,
    first: int | None = None,
    strict: bool = False,
    progress: Progress = silent,
) -> Reading:
    r"""Read songs from HDF5 files, or labels or tables of the same dataset.

    Parameters
    ----------
    paths
        Per-song HDF5 files (``.h5``) or folders of them, however deep; or ``.cls`` files of genres; or tables
        made of the dataset, such as ``SongCSV.csv`` and the CORGIS ``music.csv``. One kind at a time.
    segments
        Keep the timbre and the pitches of every segment: columns ``timbre`` and ``pitches``, each a list with
        one item a segment, of twelve 32-bit floats.
    first
        Keep only so many segments of each song.
    strict
        Raise at the first file or row that cannot be read, where otherwise it goes to ``rejected``.
    progress
        Called now and then.

    Returns
    -------
    Reading
        Songs in the order of their files' names. The artist's terms are the ``tags``, the most frequent
        first. A year of 0 is null, and so are ``danceability`` and ``energy`` where they are 0, which in this
        dataset means that they were not analysed. Confidences, hotttnesss, familiarity, places and
        MusicBrainz tags are kept beside the contract's columns. Labels have ``track_id``, ``genre`` and
        ``second_genre``. A table that names songs and not tracks has ``song_id`` in place of ``track_id``.

    Raises
    ------
    MissingExtra
        When songs are asked for and h5py is not installed.
    MissingFile
        When a file or folder is not there.
    ReadError
        When nothing can be read, or the kinds are mixed.
    SettingError
        When `first` is below 1, or is given without `segments`.

    References
    ----------
    Bertin-Mahieux, Ellis, Whitman, Lamere: The Million Song Dataset, ISMIR 2011. Schreiber: Improving genre
    annotations for the Million Song Dataset, ISMIR 2015.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "labels.cls"
    >>> _ = file.write_text("# genres\nTRAAAAW128F429D538\tRap\nTRAAAED128E0783FAB\tJazz\tVocal\n")
    >>> read(file).tracks.rows()
    [('TRAAAAW128F429D538', 'Rap', None), ('TRAAAED128E0783FAB', 'Jazz', 'Vocal')]
    """
    if first is not None and (first < 1 or not segments):
        raise SettingError(f"first: {first}: give 1 or more, together with segments=True")
    given, notes = _files(paths)
    kind, files = _kind(given), [one.path for one in given]
    if kind == "labels":
        return _msd_labels.read(files, strict=strict)
    if kind == "tables":
        return _msd_table.read(files, strict=strict, progress=progress)
    songs = Songs(first if segments else 0)
    tracks, faults = _tracks(given, songs, segments=segments, strict=strict, progress=progress)
    return _msd_table.measured(_reading(tracks, faults, notes))


def recognised(paths: Paths) -> bool:
    """Tell whether `read` is for these paths: song files, labels, or a folder that holds song files.

    A folder with tables in it and songs only deeper down is a folder of tables, as it is without this source.

    Examples
    --------
    >>> recognised("songs.csv"), recognised(["labels.cls"]), recognised("TRAAAAW128F429D538.h5")
    (False, True, True)
    """
    given = [paths] if isinstance(paths, str | Path) else paths
    return any(_is_ours(Path(path)) for path in given)


def holds_segments(columns: Collection[str]) -> bool:
    """Tell whether sequences are among the columns, which are read on request only.

    Examples
    --------
    >>> holds_segments(["tempo", "timbre"]), holds_segments(["tempo"])
    (True, False)
    """
    return not {"timbre", "pitches"}.isdisjoint(columns)


def _is_ours(path: Path) -> bool:
    if not path.is_dir():
        return path.suffix.lower() in _SONGS | _LABELS
    inside = list(path.iterdir())
    if any(_is_song(file.name) for file in inside if file.is_file()):
        return True
    return not any(map(_formats.is_table, inside)) and any(
        _is_song(file.name) for file in _formats.walked(path)
    )


def _is_song(name: str) -> bool:
    return Path(name).suffix.lower() in _SONGS and not name.startswith(".")


def _files(paths: Paths) -> tuple[list[_Given], list[str]]:
    """Return the files meant, and a note on those in a folder that are no songs."""
    given = [paths] if isinstance(paths, str | Path) else list(paths)
    files: list[_Given] = []
    notes: list[str] = []
    for path in map(Path, given):
        if not path.exists():
            raise MissingFile(f"{path}: no such file or folder: check the path")
        if not path.is_dir():
            files.append(_given(path, path.parent))
            continue
        inside = list(_formats.walked(path))
        songs = [file for file in inside if _is_song(file.name)]
        if not songs:
            raise ReadError(f"{path}: no .h5 file in this folder or below it: name the folder of the songs")
        files += [_given(file, path) for file in songs]
        if len(songs) < len(inside):
            notes.append(f"{path.name}: {len(inside) - len(songs):,} files are no .h5 files, skipped")
    if not files:
        raise ReadError("no files were given: name at least one song")
    return files, notes


def _given(file: Path, folder: Path) -> _Given:
    """Name a file as seen from a folder; a name that is no text, as best it can be shown."""
    return _Given(file, os.fsencode(file.relative_to(folder)).decode("utf-8", "replace"))


def _kind(given: Sequence[_Given]) -> Kind:
    kinds = {one.path.suffix.lower(): one.path for one in given}
    songs, labels = kinds.keys() & _SONGS, kinds.keys() & _LABELS
    tables = kinds.keys() - _SONGS - _LABELS
    if sum(map(bool, (songs, labels, tables))) > 1:
        named = ", ".join(sorted(path.name for path in kinds.values()))
        raise ReadError(
            f"{named}: songs, labels and tables are read one kind at a time: join them afterwards"
        )
    return "songs" if songs else "labels" if labels else "tables"


def _tracks(
    given: Sequence[_Given], songs: Songs, *, segments: bool, strict: bool, progress: Progress
) -> tuple[pl.DataFrame, list[tuple[str, Fault]]]:
    """Read every song, and account for the files that are none."""
    schema = columns(segments=segments)
    tables, faults, rows = [pl.DataFrame(schema=schema)], [], []
    for done, one in enumerate(given, start=1):
        try:
            rows.append(songs.read(one.path))
        except Damaged as error:
            if strict:
                raise ReadError(f"{one.path}: {error}: copy it anew") from error
            faults.append((one.name, Fault(1, str(error))))
        if done % CHUNK == 0 or done == len(given):
            tables.append(_table(rows, schema))
            rows.clear()
        if done % 100 == 0 or done == len(given):
            progress("reading songs", done / len(given))
    if len(faults) == len(given):
        name, fault = faults[0]
        raise ReadError(f"{name}: {fault.reason}, and no other file is a song: give per-song HDF5 files")
    return pl.concat(tables), faults


def _table(rows: Sequence[Sequence[Any]], schema: dict[str, pl.DataType]) -> pl.DataFrame:
    """Make a table of rows."""
    if not rows:
        return pl.DataFrame(schema=schema)
    columns = zip(schema.items(), zip(*rows, strict=True), strict=True)
    return pl.DataFrame([_column(name, dtype, values) for (name, dtype), values in columns])


def _column(name: str, dtype: pl.DataType, values: Sequence[Any]) -> pl.Series:
    if dtype == SEGMENTS:  # polars would take a list of series number by number
        joined: pl.Series = pl.concat([one.implode() for one in values], rechunk=True)
        return joined.alias(name)
    return pl.Series(name, values, dtype=dtype)


def _reading(tracks: pl.DataFrame, faults: list[tuple[str, Fault]], notes: Sequence[str]) -> Reading:
    """Bring what stands in the files to the contract: absent numbers, empty text and the year 0 are null."""
    real = [pl.col(name).fill_nan(None) for name, dtype in tracks.schema.items() if dtype.is_float()]
    texts = [name for name, dtype in tracks.schema.items() if dtype == pl.String]
    known = tracks.with_columns(
        *real,
        *(pl.when(pl.col(name) != "").then(name).alias(name) for name in texts),
        pl.col("release_year").replace(0, None),
    )
    ours = [name for name in CONTRACT if name in known.columns]
    others = [name for name in known.columns if name not in CONTRACT]
    mapped = {field.theirs: field.ours for field in FIELDS if field.ours in CONTRACT}
    mapped |= {LISTS["tags"][0].split("/")[1]: "tags"}
    return Reading(
        known.select(*ours, *others), mapped, tuple(others), {}, rejected_table(faults), tuple(notes)
    )
