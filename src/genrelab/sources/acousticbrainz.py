"""AcousticBrainz: analyses of recordings that were saved, dumped or collected, as tracks with descriptors."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any

import polars as pl

from genrelab.collection import Collection, Wanted
from genrelab.progress import Progress, silent
from genrelab.schema import CONTRACT
from genrelab.sources._acousticbrainz_documents import HIGH, LOW, MBID, METADATA, parts, recording
from genrelab.sources._reading import Reading
from genrelab.sources._saved import Document, Saved, first, parsed
from genrelab.sources._values import at, text
from genrelab.sources.table import Paths

ENDINGS = (".json", ".json.gz")
KEEPS_EVERY_ROW = False
"""Whether `collected` gives a row also where nothing was answered."""
CHUNK = 2_000
"""Documents that become a table together, so that their Python values can go."""
SCHEMAS = {"low": LOW, "high": HIGH}
MAPPED = {
    "metadata.tags.title": "title", "metadata.tags.artist": "artist", "metadata.tags.album": "album",
    "metadata.tags.originaldate": "release_year", "metadata.audio_properties.length": "duration",
    "metadata.tags.genre": "tags", "rhythm.bpm": "tempo", "tonal.key_key": "key", "tonal.key_scale": "mode",
    "highlevel.danceability": "danceability", "highlevel.mood_acoustic": "acousticness",
    "highlevel.voice_instrumental": "instrumentalness",
}  # fmt: skip
"""Their name of a field to ours."""

_NUMBER = re.compile(r"-(\d{1,9})\.json")
_DIGITS = re.compile("[0-9]{1,9}")


def read(paths: Paths, *, strict: bool = False, progress: Progress = silent) -> Reading:
    r"""Read low- and high-level documents of AcousticBrainz, and merge those of the same recording.

    Parameters
    ----------
    paths
        JSON documents, answers of its API, folders of them however deep, and archives, such as its dumps:
        ``.zip``, ``.tar``, ``.tar.gz``, ``.tar.bz2``, ``.tar.xz``, ``.tar.zst``. Archives are streamed.
    strict
        Raise at the first document that cannot be read, where otherwise it goes to ``rejected``.
    progress
        Called now and then.

    Returns
    -------
    Reading
        A row a recording, in the order in which they came; ``track_id`` is its MusicBrainz id, out of the
        document's name or else its metadata. Of several analyses of a recording the first submitted counts.
        ``tags`` are the genres in the metadata of the file that was analysed. ``danceability``,
        ``acousticness`` and ``instrumentalness`` are probabilities of high-level models; ``tempo``,
        ``key`` and ``mode`` are low-level. Other models, also those of genre, and means of the low-level
        analysis are kept beside the contract's columns.

    Raises
    ------
    MissingExtra
        When an archive is compressed with Zstandard and zstandard is not installed.
    MissingFile
        When a file or folder is not there.
    ReadError
        When no document can be read.

    References
    ----------
    Porter, Bogdanov, Kaye, Tsukanov, Serra: AcousticBrainz: a community platform for gathering music
    information obtained from audio, ISMIR 2015.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> file = Path(tempfile.mkdtemp()) / "0dad432b-16cc-4bf0-8961-fd31d124b01b-0.json"
    >>> _ = file.write_text('{"rhythm": {"bpm": 139.9}, "tonal": {"key_key": "D", "key_scale": "major"}}')
    >>> read(file).tracks.select("track_id", "tempo", "key", "mode").rows()
    [('0dad432b-16cc-4bf0-8961-fd31d124b01b', 139.9, 2, 1)]
    """
    saved, found = Saved(paths, ENDINGS, strict=strict, progress=progress), _Found()
    for document in saved:
        found.take(document, saved)
    low, high = found.table("low"), found.table("high")
    if low.is_empty() and high.is_empty():
        raise saved.nothing("low- or high-level documents of AcousticBrainz")
    tracks = _joined(low, high)
    more = found.count - low.height - high.height
    notes = [f"further analyses of the same recordings, left out: {more:,}"] if more else []
    for name, one, other in (("low", low, high), ("high", high, low)):
        lonely = one.join(other, on="track_id", how="anti").height
        if lonely and other.height:
            notes.append(f"recordings with a {name}-level document only: {lonely:,}")
    kept = tuple(name for name in tracks.columns if name not in CONTRACT)
    return Reading(tracks, dict(MAPPED), kept, {}, saved.rejected(), (*saved.notes, *notes))


def recognised(paths: Paths) -> bool:
    """Tell whether `read` is for these paths: by what the first document says, not by its name.

    Archives compressed with Zstandard are always taken for dumps of AcousticBrainz.

    Examples
    --------
    >>> recognised("songs.csv"), recognised(["acousticbrainz-highlevel-json-20220623-0.tar.zst"])
    (False, True)
    """
    given = [paths] if isinstance(paths, str | Path) else paths
    if any(str(path).lower().endswith(".tar.zst") for path in given):
        return True
    try:
        answer = parsed(first(paths, ENDINGS) or b"")
    except ValueError:
        return False
    told = next(_submissions("", answer), ("", 0, None))[2]
    return any(at(told, name) is not None for name in ("lowlevel", "highlevel")) and bool(
        at(told, "metadata")
    )


@dataclass
class _Found:
    """What documents told so far: rows that wait to become a table, and tables."""

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {name: [] for name in SCHEMAS})
    tables: dict[str, list[pl.DataFrame]] = field(default_factory=lambda: {name: [] for name in SCHEMAS})
    count: int = 0

    def take(self, document: Document, saved: Saved) -> None:
        """Take every analysis out of one document."""
        try:
            answer = parsed(document.content)
        except ValueError as error:
            saved.lose(document, str(error))
            return
        before = self.count
        for mbid, number, one in _submissions(document.name, answer):
            for part, kept in parts(one):
                if mbid is None:
                    saved.lose(
                        document, "it names no MusicBrainz recording, neither in its name nor in its metadata"
                    )
                    return
                self._add(part, {"track_id": mbid, "number": number, "place": self.count, **kept})
        if self.count == before:
            message = text(at(answer, "message"))
            saved.lose(document, f"an error: {message}" if message else "it holds no analysis of a recording")

    def _add(self, part: str, row: dict[str, Any]) -> None:
        self.count += 1
        self.rows[part].append(row)
        if len(self.rows[part]) >= CHUNK:
            self._close(part)

    def _close(self, part: str) -> None:
        numbers = {"track_id": pl.String(), "number": pl.Int64(), "place": pl.Int64()}
        self.tables[part].append(pl.DataFrame(self.rows[part], schema={**numbers, **SCHEMAS[part]}))
        self.rows[part] = []

    def table(self, part: str) -> pl.DataFrame:
        """Return a row a recording: the analysis that was submitted first."""
        self._close(part)
        rows = pl.concat(self.tables[part]).sort("number", maintain_order=True)
        return rows.unique("track_id", keep="first", maintain_order=True).drop("number")


def _submissions(name: str, answer: Any) -> Iterator[tuple[str | None, int, Any]]:
    """Yield the analyses in a document: of which recording, the how manieth, and the analysis."""
    if isinstance(answer, Mapping) and any(MBID.fullmatch(key) for key in answer):
        for key, numbered in answer.items():
            if MBID.fullmatch(key) and isinstance(numbered, Mapping):
                for number, one in numbered.items():
                    yield key.lower(), int(number) if _DIGITS.fullmatch(number) else 0, one
        return
    base = PurePath(name).name
    named, number = MBID.search(base), _NUMBER.search(base)
    yield named[0].lower() if named else recording(answer), int(number[1]) if number else 0, answer


def _joined(low: pl.DataFrame, high: pl.DataFrame) -> pl.DataFrame:
    """Put both analyses of each recording side by side; metadata of the low-level one win."""
    both = low.join(high, on="track_id", how="full", coalesce=True, suffix="\0high")
    shared = [pl.coalesce(name, f"{name}\0high").alias(name) for name in (*METADATA, "place")]
    named = dict.fromkeys(("track_id", *LOW, *HIGH))
    ours, others = [n for n in CONTRACT if n in named], [n for n in named if n not in CONTRACT]
    return both.with_columns(shared).sort("place").select(*ours, *others)


# What was collected ----------------------------------------------------------------------------------------


def collected(collection: Collection, *, min_count: int = 10, rows: int = 50_000) -> Iterator[pl.DataFrame]:
    """Yield the recordings that were wanted and answered, in their order, in batches of the same columns.

    ``track_id`` is the user's own, ``recording_mbid`` the MusicBrainz id; the user's title and artist fill
    what the metadata leave out. `min_count` does not matter here.
    """
    del min_count
    for page in collection.each_wanted(rows):
        told = _told(collection, [row for row, _, _ in page])
        if not told.is_empty():
            yield told


def _told(collection: Collection, wanted: list[Wanted]) -> pl.DataFrame:
    ids = list(dict.fromkeys(row.question.key for row in wanted))
    low, high = (_decoded(collection.bodies(f"{part}_level", ids), part) for part in SCHEMAS)
    known = _joined(low, high).rename({"track_id": "recording_mbid"})
    given = pl.DataFrame(
        [(row.question.key, row.track_id or row.question.key, row.title, row.artist) for row in wanted],
        schema=dict.fromkeys(("recording_mbid", "track_id", "title\0given", "artist\0given"), pl.String),
        orient="row",
    )
    told = given.join(known, on="recording_mbid", maintain_order="left")
    filled = [
        pl.coalesce(name, pl.col(f"{name}\0given").replace("", None)).alias(name)
        for name in ("title", "artist")
    ]
    columns = [name for name in known.columns if name != "recording_mbid"]
    return told.with_columns(filled).select(
        "track_id", *columns, "recording_mbid", collected_from=pl.lit("acousticbrainz")
    )


def _decoded(bodies: dict[str, str], part: str) -> pl.DataFrame:
    answered = pl.DataFrame(
        {"track_id": list(bodies), "body": list(bodies.values())},
        schema=dict.fromkeys(("track_id", "body"), pl.String),
    )
    fields = answered["body"].str.json_decode(pl.Struct(SCHEMAS[part])).struct.unnest()
    return pl.concat([answered.select("track_id").with_row_index("place"), fields], how="horizontal")
