"""Measure how many requests collecting needs, and how fast and in how much memory a collection is exported.

    python benchmarks/collecting.py [--rows N]

Asks a made-up Spotify on loopback for 1,000 tracks, in batches and one by one, by ids and by names. Then
makes collections of N tracks and of a tenth of that, with artists and audio features, once of tracks that
were asked for and once of tracks that were found through their artists, and exports each in a process of its
own. Writes ``benchmarks/results/collecting.json`` and ``.md``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain, islice, product
from pathlib import Path
from typing import Any

import polars as pl

import record
from genrelab.collecting import collect
from genrelab.collection import Answer, Collection, Question, Wanted
from genrelab.services import SERVICES, Service

sys.path.insert(0, str(record.ROOT))  # the service that tests play
from tests.services.catalogue import Catalogue, artist_id, artist_name, features, track_id
from tests.services.misbehaving import Server, Tokens

ASKED = 1_000
ARTISTS = 100
CREDENTIALS = {"SPOTIFY_CLIENT_ID": "nobody", "SPOTIFY_CLIENT_SECRET": "nothing"}
MEASURE = """
import json, resource, sys, time
from genrelab.collecting import export
def used():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
path, out = sys.argv[1:]
before, start = used(), time.perf_counter()
rows = export(path, out).rows
seconds = time.perf_counter() - start
print(json.dumps({"rows": rows, "seconds": round(seconds, 1), "rows_per_second": round(rows / seconds),
                  "start_memory_mib": round(before), "peak_memory_mib": round(used())}))
"""


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as name:
        requests = _requests(Path(name))
        exports = {
            f"{way}, {count:,} tracks": _export(Path(name), way, count)
            for way, count in product(MADE, (rows // 10, rows))
        }
    lines = [
        f"# Collecting {ASKED:,} tracks of {ARTISTS} artists from Spotify, with genres and audio features",
        "",
        "| asked by | in batches, requests | one by one, requests |",
        "|---|---|---|",
        *(f"| {way} | {found['batches']:,} | {found['one by one']:,} |" for way, found in requests.items()),
        "",
        "# Exporting a collection to Parquet",
        "",
        "| tracks | seconds | tracks a second | memory at the start, MiB | peak, MiB | collection, MiB |",
        "|---|---|---|---|---|---|",
        *(
            f"| {what} | {f['seconds']} | {f['rows_per_second']:,} | {f['start_memory_mib']} |"
            f" {f['peak_memory_mib']} | {f['size_mib']} |"
            for what, f in exports.items()
        ),
    ]
    figures = {"requests": requests, "exports": exports}
    record.write("collecting", f"python benchmarks/collecting.py --rows {rows}", figures, lines)


# Requests --------------------------------------------------------------------------------------------------


def _requests(folder: Path) -> dict[str, dict[str, int]]:
    spotify = replace(SERVICES["spotify"], pace=1e6)
    alone = replace(spotify, kinds=lambda count: tuple(replace(k, batch=1) for k in spotify.kinds(count)))
    ids = pl.DataFrame({"track_id": [track_id(n) for n in range(ASKED)]})
    names = pl.DataFrame(
        {
            "title": [f"Song {n}" for n in range(ASKED)],
            "artist": [artist_name(n % ARTISTS) for n in range(ASKED)],
        }
    )
    return {
        way: {
            "batches": _asked(spotify, tracks, folder / f"{way}-batches.db"),
            "one by one": _asked(alone, tracks, folder / f"{way}-alone.db"),
        }
        for way, tracks in (("ids", ids), ("titles and artists", names))
    }


def _asked(service: Service, tracks: pl.DataFrame, path: Path) -> int:
    """Count the requests that reach the service, that for a token among them."""
    with Server(Tokens(Catalogue(ASKED, ARTISTS), uses=10**6, path="/api/token"), seconds=600) as server:
        collect(service, tracks, "tracks", path, address=server.address, environment=CREDENTIALS)
        return server.count()


# Exports ---------------------------------------------------------------------------------------------------


def _export(folder: Path, way: str, rows: int) -> dict[str, Any]:
    path, out = folder / "collection.db", folder / "tracks.parquet"
    begun = time.perf_counter()
    # In another process: a child's peak memory counts from its parent's.
    subprocess.run([sys.executable, __file__, "make", way, str(path), str(rows)], check=True)
    made, size = time.perf_counter() - begun, path.stat().st_size / 2**20
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(path), str(out)], check=True, capture_output=True, text=True
    )
    path.unlink()
    figures: dict[str, Any] = json.loads(done.stdout)
    assert figures["rows"] == rows
    return {**figures, "size_mib": round(size), "made_in_seconds": round(made)}


def _make_asked(collection: Collection, rows: int) -> None:
    """Keep tracks that were asked for by id."""
    collection.want(Wanted(Question("track", track_id(n)), track_id(n), f"Song {n}") for n in range(rows))
    _keep(collection, chain.from_iterable(_track(n, rows) for n in range(rows)))


def _make_found(collection: Collection, rows: int) -> None:
    """Keep tracks that were found through their artists."""
    artists = rows // 20
    collection.want(
        Wanted(Question("artist_lookup", artist_id(n)), artist=f"Artist {n}") for n in range(artists)
    )
    _keep(
        collection,
        chain.from_iterable(
            [
                Answer(Question("artist_lookup", artist_id(n)), {"id": artist_id(n), "name": f"Artist {n}"}),
                Answer(
                    Question("artist_tracks", f"{artist_id(n)} 0 0 Artist {n}"),
                    {"tracks": [track_id(m) for m in range(n, rows, artists)], "next": None},
                ),
            ]
            for n in range(artists)
        ),
    )
    _keep(collection, chain.from_iterable(_track(n, rows) for n in range(rows)))


def _track(number: int, rows: int) -> Iterator[Answer]:
    """Answer for a track, its sound, and each artist once."""
    artists = rows // 20
    by = artist_id(number % artists)
    track = {
        "id": track_id(number), "name": f"Song {number}", "album": f"Album {number % 9999}",
        "artists": [{"id": by, "name": f"Artist {number % artists}"}], "release_date": "1999-01-02",
        "duration_ms": 200_000 + number % 1000, "popularity": number % 100, "explicit": False,
    }  # fmt: skip
    yield Answer(Question("track", track_id(number)), track)
    sound = {name: value for name, value in features(number).items() if name not in ("type", "duration_ms")}
    yield Answer(Question("features", track_id(number)), sound)
    if number < artists:
        genres = [f"genre {number % 900}", "pop"]
        yield Answer(Question("artist", by), {"id": by, "name": f"Artist {number}", "genres": genres})


def _keep(collection: Collection, answers: Iterator[Answer]) -> None:
    while part := list(islice(answers, 20_000)):
        collection.keep(part)


MADE: dict[str, Callable[[Collection, int], None]] = {"asked for": _make_asked, "found": _make_found}

if __name__ == "__main__":
    if sys.argv[1:2] == ["make"]:
        with Collection(sys.argv[3], "spotify", writing=True) as made:
            MADE[sys.argv[2]](made, int(sys.argv[4]))
    else:
        main()
