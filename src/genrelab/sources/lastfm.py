"""Last.fm: answers that were saved, or collected, as artists and titles with tags."""

from __future__ import annotations

import json
from collections.abc import Iterator

import polars as pl

from genrelab.collection import Collection, Wanted
from genrelab.progress import Progress, silent
from genrelab.schema import TEXT, TEXTS, WHOLE
from genrelab.sources._lastfm_answers import Tagged, in_cassette, parsed, tagged
from genrelab.sources._names import credited, tidy
from genrelab.sources._reading import Reading
from genrelab.sources._saved import Document, Saved, first
from genrelab.sources._terms import LASTFM
from genrelab.sources._values import at, text
from genrelab.sources.table import Paths

ENDINGS = (".json", ".json.gz", ".xml", ".yaml", ".yml")
KEEPS_EVERY_ROW = True
"""Whether `collected` gives a row also where nothing was answered."""
SCHEMA = {"title": TEXT, "artist": TEXT, "album": TEXT, "tags": TEXTS, "tag_counts": pl.List(WHOLE)}
KINDS = ("track_tags", "artist_tags")
MOST_ROWS = 10_000
"""Rows whose tags are merged at once: each may have a hundred and more."""
BODY = pl.Struct({"tags": pl.List(pl.Struct({"name": TEXT, "count": WHOLE}))})
"""What of a collected answer is read."""


def read(paths: Paths, *, strict: bool = False, progress: Progress = silent) -> Reading:
    r"""Read saved answers of Last.fm.

    Parameters
    ----------
    paths
        Answers to ``getTopTags``, ``getTags`` and ``getInfo`` about tracks, artists and albums, in JSON or
        XML: files, folders however deep, ``.zip`` and ``.tar`` archives. Of recorded requests (``.yaml``),
        the answers in XML are read.
    strict
        Raise at the first answer that cannot be read, where otherwise it goes to ``rejected``.
    progress
        Called now and then.

    Returns
    -------
    Reading
        A row an answer: ``artist``, ``title`` or ``album`` where it is about one, all its ``tags`` in their
        order, and beside them ``tag_counts``, 100 for the most frequent, null where none was said. The column
        ``collected_from`` names the service.

    Raises
    ------
    MissingFile
        When a file or folder is not there.
    ReadError
        When no answer can be read.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> file = Path(tempfile.mkdtemp()) / "answer.json"
    >>> _ = file.write_text('{"toptags": {"tag": {"name": "pop", "count": "9"}, "@attr": {"artist": "Air"}}}')
    >>> read(file).tracks.select("artist", "tags", "tag_counts").rows()
    [('Air', ['pop'], [9])]
    """
    saved = Saved(paths, ENDINGS, strict=strict, progress=progress)
    found = [one for document in saved for one in _told(document, saved)]
    if not found:
        raise saved.nothing("answers of Last.fm about the tags of tracks or artists")
    rows = [
        (one.title, one.artist, one.album, [t.name for t in one.tags], [t.count for t in one.tags])
        for one in found
    ]
    tracks = pl.DataFrame(rows, schema=SCHEMA, orient="row").with_columns(collected_from=pl.lit("lastfm"))
    mapped = {"track": "title", "artist": "artist", "album": "album", "tag": "tags"}
    untitled = tracks.filter(pl.col("title").is_null() & pl.col("album").is_null()).height
    if untitled == 1:
        notes = ["1 answer is about an artist: this row has no title"]
    else:
        notes = [f"{untitled:,} answers are about artists: these rows have no title"] if untitled else []
    kept = ("tag_counts", "collected_from")
    return Reading(tracks, mapped, kept, {}, saved.rejected(), (*saved.notes, *notes, LASTFM))


def recognised(paths: Paths) -> bool:
    """Tell whether `read` is for these paths: by what the first document says, not by its name.

    Examples
    --------
    >>> recognised("songs.csv"), recognised("postgresql://localhost/songs")
    (False, False)
    """
    content = first(paths, (".json", ".json.gz", ".xml"))
    try:
        return tagged(parsed(content or b"")) is not None
    except ValueError:
        return False


def _told(document: Document, saved: Saved) -> list[Tagged]:
    """Return what a document tells of; several answers where it is a recording."""
    recorded = document.name.lower().endswith((".yaml", ".yml"))
    contents = in_cassette(document.content) if recorded else [document.content]
    told = []
    for content in contents:
        try:
            answer = parsed(content)
        except ValueError as error:
            saved.lose(document, str(error))
            continue
        one = tagged(answer)
        if one is None:
            message = text(at(answer, "message"))
            saved.lose(
                document, f"an error: {message}" if message else "it gives tags to no track and no artist"
            )
        else:
            told.append(one)
    if not contents:
        saved.lose(document, "it records no answer in XML")
    return told


# What was collected ----------------------------------------------------------------------------------------


def track_key(artist: str, title: str) -> str:
    """Return what a track is asked by.

    Examples
    --------
    >>> track_key("Air feat. Beck", "The  Vagabond")
    '["Air","The Vagabond"]'
    """
    return json.dumps([artist_key(artist), tidy(title)], ensure_ascii=False, separators=(",", ":"))


def artist_key(artist: str) -> str:
    """Return what an artist is asked by: of several in a credit, the first.

    Examples
    --------
    >>> artist_key("Air feat. Beck"), artist_key("Simon & Garfunkel")
    ('Air', 'Simon & Garfunkel')
    """
    return next(iter(credited(artist)), "")


def collected(collection: Collection, *, min_count: int = 10, rows: int = 50_000) -> Iterator[pl.DataFrame]:
    """Yield a row for every row that was wanted, in their order, in batches of the same columns.

    Its ``tags`` are those of the track that were counted at least `min_count` times, or not counted, the most
    frequent first, and then those of the artist that are not there already; ``tag_counts`` stands beside
    them. Null where there are none.
    """
    for page in collection.each_wanted(min(rows, MOST_ROWS)):
        wanted = [row for row, _, _ in page]
        table = pl.DataFrame(
            [(row.track_id or None, row.title or None, row.artist or None, *_keys(row)) for row in wanted],
            schema=dict.fromkeys(("track_id", "title", "artist", "track_tags", "artist_tags"), TEXT),
            orient="row",
        ).with_row_index("row")
        each = [_tags(collection, kind, table.select("row", key=kind), min_count) for kind in KINDS]
        # Those of the track come first, and of two that differ in case only the first stays.
        once = pl.concat(each).unique(["row", "folded"], keep="first", maintain_order=True)
        tags = once.group_by("row").agg(pl.col("name").alias("tags"), pl.col("count").alias("tag_counts"))
        yield table.join(tags, on="row", how="left", maintain_order="left").select(
            "track_id", "title", "artist", "tags", "tag_counts", collected_from=pl.lit("lastfm")
        )


def _keys(row: Wanted) -> tuple[str | None, str]:
    """Return what a row's track and its artist are asked by."""
    if row.question.kind == "artist_tags":
        return None, row.question.key
    return row.question.key, artist_key(row.artist)


def _tags(collection: Collection, kind: str, rows: pl.DataFrame, min_count: int) -> pl.DataFrame:
    """Return the tags under each row's key that are frequent enough, in the order in which they are kept."""
    bodies = collection.bodies(kind, rows["key"].drop_nulls().unique().to_list())
    answered = pl.DataFrame(
        {"key": list(bodies), "body": list(bodies.values())}, schema={"key": TEXT, "body": TEXT}
    )
    told = answered.select("key", pl.col("body").str.json_decode(BODY).struct.field("tags"))
    each = told.explode("tags").drop_nulls("tags").unnest("tags")
    if min_count > 0:
        each = each.filter(pl.col("count").is_null() | (pl.col("count") >= min_count))
    each = each.with_columns(pl.col("name").str.to_lowercase().alias("folded"))
    return rows.join(each, on="key", maintain_order="left_right").select("row", "name", "count", "folded")
