"""Spotify: answers of its Web API that were saved, or collected, as tracks with descriptors and genres."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import polars as pl

from genrelab.collection import Collection, Wanted
from genrelab.progress import Progress, silent
from genrelab.sources import _spotify_answers as answers
from genrelab.sources import _spotify_table as spotify_table
from genrelab.sources._reading import Reading
from genrelab.sources._saved import Document, Saved, first, parsed
from genrelab.sources._spotify_answers import ARTIST, FEATURES, TRACK, Kept
from genrelab.sources._terms import SPOTIFY
from genrelab.sources._values import at, text
from genrelab.sources.table import Paths

ENDINGS = (".json", ".json.gz", ".txt")
KEEPS_EVERY_ROW = False
"""Whether `collected` gives a row also where nothing was answered."""
TYPES = ("track", "artist", "audio_features")
"""What Spotify calls its objects."""
LOOKED_AT = 20
"""Objects of an answer by which it is known."""
PARSERS = {
    "track": (answers.track, TRACK),
    "artist": (answers.artist, ARTIST),
    "features": (answers.features, FEATURES),
}


def read(paths: Paths, *, strict: bool = False, progress: Progress = silent) -> Reading:
    r"""Read saved answers of the Spotify Web API.

    Parameters
    ----------
    paths
        JSON as the service answers it (tracks, searches, artists, audio features, items of playlists,
        albums): files, also with the headers of HTTP before them; folders, however deep; ``.zip`` and
        ``.tar`` archives.
    strict
        Raise at the first answer that cannot be read, where otherwise it goes to ``rejected``.
    progress
        Called now and then.

    Returns
    -------
    Reading
        A row a track id, in the order in which they came. The genres of its artists are its ``tags``, and the
        audio features of its id its descriptors, wherever among the answers they stood. Features of a track
        that was not told make a row of their own. Several artists of a track are parted by ``;``. The
        column ``collected_from`` names the service.

    Raises
    ------
    MissingFile
        When a file or folder is not there.
    ReadError
        When no track can be read.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> file = Path(tempfile.mkdtemp()) / "answer.json"
    >>> _ = file.write_text('{"tracks": [{"type": "track", "id": "3n3Ppam7vgaVa1iaRUc9Lp", "name": "Blue",'
    ...                     ' "artists": [{"id": "0", "name": "Tan"}], "duration_ms": 1500}, null]}')
    >>> read(file).tracks.select("track_id", "title", "artist", "duration").rows()
    [('3n3Ppam7vgaVa1iaRUc9Lp', 'Blue', 'Tan', 1.5)]
    """
    saved, found = Saved(paths, ENDINGS, strict=strict, progress=progress), _Found()
    for document in saved:
        found.take(document, saved)
    tracks, artists, features = (found.table(kind) for kind in PARSERS)
    untold = features.join(tracks, on="id", how="anti").select("id")
    tracks = pl.concat([tracks, untold], how="diagonal")
    if tracks.is_empty():
        raise saved.nothing("answers about tracks")
    used = tracks["artists"].list.eval(pl.element().struct.field("id")).explode()
    idle = artists.filter(~pl.col("id").is_in(used.implode())).height
    return Reading(
        spotify_table.table(tracks, artists, features).with_columns(collected_from=pl.lit("spotify")),
        dict(spotify_table.MAPPED),
        (*spotify_table.KEPT, "collected_from"),
        {},
        saved.rejected(),
        (*saved.notes, *found.notes(tracks.height, untold.height, idle), SPOTIFY),
    )


def recognised(paths: Paths) -> bool:
    """Tell whether `read` is for these paths: by what the first document says, not by its name.

    A table of tracks, in whatever form, is none of these.

    Examples
    --------
    >>> recognised("songs.csv"), recognised("postgresql://localhost/songs")
    (False, False)
    """
    content = first(paths, ENDINGS)
    try:
        answer = parsed(content or b"")
    except ValueError:
        return False
    told = islice(answers.objects(answer), LOOKED_AT) if isinstance(answer, Mapping) else ()
    return any(one.get("type") in TYPES for _, one in told)


@dataclass
class _Found:
    """What answers told so far."""

    kept: dict[str, list[Kept]] = field(default_factory=lambda: {kind: [] for kind in PARSERS})
    counts: Counter[str] = field(default_factory=Counter)

    def take(self, document: Document, saved: Saved) -> None:
        """Take everything out of one answer."""
        try:
            answer = parsed(document.content)
        except ValueError as error:
            saved.lose(document, str(error))
            return
        before = self.counts.total()
        for kind, one in answers.objects(answer):
            self.counts[kind] += 1
            kept = PARSERS[kind][0](one) if kind in PARSERS else None
            if kept is not None:
                self.kept[kind].append(kept)
            elif kind == "track":
                saved.lose(document, f"a track without id: {text(one.get('name')) or 'no title'}")
        if self.counts.total() == before:
            saved.lose(document, _complaint(answer))

    def table(self, kind: str) -> pl.DataFrame:
        """Return a row an id; of several that tell of it, each fills what those before left out."""
        schema = spotify_table.empty(PARSERS[kind][1]).schema
        rows = pl.DataFrame(self.kept[kind], schema=schema)
        if not rows["id"].is_duplicated().any():
            return rows
        return (
            rows.group_by("id", maintain_order=True).agg(pl.all().drop_nulls().first()).select(schema.names())
        )

    def notes(self, tracks: int, untold: int, idle: int) -> list[str]:
        """Say what was odd."""
        repeated = len(self.kept["track"]) - (tracks - untold)
        said = {
            "null entries: {:,}, where Spotify had nothing under an id": self.counts["nothing"],
            "tracks told more than once: {:,} more answers": repeated,
            "tracks with audio features and nothing else: {:,}": untold,
            "artists of none of the tracks: {:,}, whose genres are left out": idle,
            "duration_ms: milliseconds made seconds": tracks - untold,
        }
        return [note.format(count) for note, count in said.items() if count]


def _complaint(answer: Any) -> str:
    """Say why an answer tells nothing."""
    message = text(at(answer, "error", "message")) or text(at(answer, "error_description"))
    return f"an error: {message}" if message else "it tells of no track, artist or audio features"


# What was collected ----------------------------------------------------------------------------------------


def collected(collection: Collection, *, min_count: int = 10, rows: int = 50_000) -> Iterator[pl.DataFrame]:
    """Yield the tracks of a collection in batches of the same columns.

    First come the rows that were wanted as tracks and found, in their order and with the user's own
    ``track_id``; then every other track, which was found through its artist, once. ``spotify_id`` is the id
    in the answer, and the descriptors are those that were answered for it. `min_count` does not matter here.
    """
    del min_count
    ids: list[pl.Series] = []
    for page in collection.each_wanted(rows):
        wanted = _identified(collection, [row for row, state, _ in page if state == "answered"])
        if wanted.is_empty():
            continue
        ids.append(wanted["key"])
        yield _batch(collection, wanted)
    if not any(count.kind == "artist_tracks" and count.answered for count in collection.counts()):
        return
    given = pl.concat([pl.Series("key", [], pl.String), *ids]).unique()
    for answered in collection.each_answer("track", rows):
        found = pl.DataFrame(answered, schema={"key": pl.String, "body": pl.String}, orient="row")
        others = found.filter(~pl.col("key").is_in(given.implode()))
        if not others.is_empty():
            yield _batch(collection, others.with_columns(pl.lit(None, pl.String).alias("track_id")))


def _identified(collection: Collection, rows: Sequence[Wanted]) -> pl.DataFrame:
    """Return the rows that stand for a track that was answered: the user's id, the key, the answer."""
    searches = [row.question.key for row in rows if row.question.kind == "track_search"]
    hits = {
        key: text(at(parsed(body.encode()), "id"))
        for key, body in collection.bodies("track_search", searches).items()
    }
    keys = [row.question.key if row.question.kind == "track" else hits.get(row.question.key) for row in rows]
    bodies = collection.bodies("track", list(dict.fromkeys(key for key in keys if key)))
    found = [
        (row.track_id or None, key, bodies[key]) for row, key in zip(rows, keys, strict=True) if key in bodies
    ]
    return pl.DataFrame(found, schema=dict.fromkeys(("track_id", "key", "body"), pl.String), orient="row")


def _batch(collection: Collection, found: pl.DataFrame) -> pl.DataFrame:
    """Make a table of tracks of their answers, and of those about their artists and their sound."""
    tracks = spotify_table.frame(found["body"], TRACK)
    credited = tracks["artists"].list.eval(pl.element().struct.field("id")).explode()
    artists, features = (
        spotify_table.frame(_bodies(collection, name, ids), kind)
        for name, ids, kind in (("artist", credited, ARTIST), ("features", tracks["id"], FEATURES))
    )
    told = spotify_table.table(tracks, artists, features)
    return told.with_columns(
        pl.coalesce(found["track_id"], "track_id").alias("track_id"),
        spotify_id="track_id",
        collected_from=pl.lit("spotify"),
    )


def _bodies(collection: Collection, kind: str, ids: pl.Series) -> pl.Series:
    asked = ids.drop_nulls().unique(maintain_order=True).to_list()
    return pl.Series(list(collection.bodies(kind, asked).values()), dtype=pl.String)
