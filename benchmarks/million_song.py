"""How many songs of the Million Song Dataset are read in a second, and which of them have a genre.

The real files are copied many times into a temporary folder, as deep as the dataset has them. Compared with
opening a file once for each of its fields, and with opening it once and getting field after field. Files are
in the system's cache in every run. Writes ``benchmarks/results/million_song.json`` and ``.md``::

    python benchmarks/million_song.py FOLDER [COPIES]

FOLDER holds ``h5/``, ``corgis_music.csv`` and ``msd_tagtraum_cd1.cls``.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import h5py

import genrelab
import record
from genrelab.sources import msd, table
from genrelab.sources._msd_song import FIELDS, LISTS

SHARE = 10
"""The slow ways read one file in so many."""


def main(folder: Path, copies: int) -> None:
    """Copy, measure and write down."""
    with tempfile.TemporaryDirectory() as place:
        files = list(copied(sorted((folder / "h5").glob("*.h5")), Path(place), copies))
        rates = measured(Path(place), files)
    counts = counted(folder)
    ratio = rates["genrelab"] / rates["opened for each field"]
    figures = {"files": len(files), "fields": len(FIELDS) + 2 * len(LISTS), "ratio": round(ratio, 1)}
    save(
        {**figures, "files_per_second": rates, "counts": counts},
        f"python benchmarks/million_song.py {folder.name}",
    )


def copied(songs: Sequence[Path], place: Path, copies: int) -> Iterator[Path]:
    """Copy the songs, each time into a folder of its own."""
    for number in range(copies):
        folder = place / chr(65 + number % 26) / str(number)
        folder.mkdir(parents=True)
        for song in songs:
            yield Path(shutil.copy(song, folder / song.name))


def measured(place: Path, files: list[Path]) -> dict[str, float]:
    """Time every way on files that were read before; the best of three turns each."""
    some = files[::SHARE]
    ways: dict[str, tuple[int, Callable[[], object]]] = {
        "genrelab": (len(files), lambda: msd.read(place)),
        "genrelab with all segments": (len(files), lambda: msd.read(place, segments=True)),
        "opened once, field by field": (len(some), lambda: [by_getters(file) for file in some]),
        "opened for each field": (len(some), lambda: [by_opening(file) for file in some]),
    }
    for file in files:
        file.read_bytes()
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(3):  # turn by turn, so that a busy moment of the machine meets every way
        for name, (count, way) in ways.items():
            start = time.perf_counter()
            way()
            rates[name].append(count / (time.perf_counter() - start))
    return {name: round(max(found)) for name, found in rates.items()}


def places() -> list[tuple[str, str | None]]:
    """Where everything is that is read: a table and its field, or a list."""
    lists = [(place, None) for pair in LISTS.values() for place in pair]
    return [*((f"{field.table}/songs", field.theirs) for field in FIELDS), *lists]


def got(opened: h5py.File, place: str, field: str | None) -> object:
    """Get one value, as the dataset's own getters do."""
    return opened[place][:] if field is None else opened[place][field][0]


def by_getters(file: Path) -> list[object]:
    """Open a file once, and get field after field."""
    with h5py.File(file) as opened:
        return [got(opened, *place) for place in places()]


def by_opening(file: Path) -> list[object]:
    """Open a file for every field."""
    values = []
    for place in places():
        with h5py.File(file) as opened:
            values.append(got(opened, *place))
    return values


def counted(folder: Path) -> dict[str, object]:
    """Count the tracks that have a genre, by terms and by label."""
    songs, labels = msd.read(folder / "h5").tracks, msd.read(folder / "msd_tagtraum_cd1.cls").tracks
    corgis = msd.read(folder / "corgis_music.csv").tracks
    binned = genrelab.bin(corgis, "msd_terms")
    both = table.join(corgis, songs.drop("tags"), on="song_id")
    return {
        "songs": songs.height,
        "songs with a Tagtraum label": table.join(songs, labels).height,
        "songs in the CORGIS table": both.height,
        "CORGIS tracks": corgis.height,
        "CORGIS tracks whose track id is known": both.height,
        "CORGIS tracks with a Tagtraum label by it": table.join(both, labels).height,
        "CORGIS tracks with a genre by msd_terms": binned.tracks.height,
        **{f"of them {genre}": count for genre, count in binned.counts.items()},
    }


def save(figures: dict[str, object], command: str) -> None:
    """Write the figures as JSON and as a page."""
    rates, counts = figures["files_per_second"], figures["counts"]
    assert isinstance(rates, dict)
    assert isinstance(counts, dict)
    lines = [
        "# The Million Song Dataset",
        "",
        f"{figures['files']:,} files, {figures['fields']} fields of each, one thread, the best of 3 turns.",
        f"genrelab reads {figures['ratio']} times as many files a second as opening one for each field.",
        "",
        "| way | files a second |",
        "|---|---|",
        *(f"| {name} | {rate:,} |" for name, rate in rates.items()),
        "",
        "| what | count |",
        "|---|---|",
        *(f"| {name} | {count:,} |" for name, count in counts.items()),
    ]
    record.write("million_song", command, figures, lines)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 13)
