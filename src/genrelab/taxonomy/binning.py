"""Binning: every track's tags to one genre, and what the taxonomy could not decide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from genrelab.schema import made_free
from genrelab.taxonomy import own_tags, verdicts
from genrelab.taxonomy.reading import load
from genrelab.taxonomy.space import Taxonomy, ignorer, matcher
from genrelab.taxonomy.tag_texts import SEPARATOR, tag_texts

NO_GENRE, OWN = "says no genre", "is the artist's name, or is listed for the artist"
TITLE = "is the track's title"
"""Why a tag is ignored."""

ORIGINAL = "original_genre"
"""Where a genre stands that the table had before."""


@dataclass(frozen=True, slots=True)
class Binned:
    """Tracks with their genre, those without, and how sure the taxonomy is of itself.

    Attributes
    ----------
    tracks
        Rows that got a genre, in their order, with the genre in column ``genre``.
    unbinned
        The other rows, with ``row`` (position in the input) in front; the table's own ``row`` is ``row_``.
    conflicts
        Rows that match several genres: ``row``, ``genre`` (the one picked; null under ``pick = "only"``) and
        ``matched`` (all of them, in the taxonomy's order). Each is also in `tracks`, or in `unbinned`.
    counts
        Tracks of each genre, the most frequent first.
    unmatched
        Tags that match no genre and are not ignored: ``tag`` and the ``rows`` that have it, most first.
    ignored
        Tags that were as good as absent: ``tag``, the ``rows`` that have it, and the ``reason``, most first.
    taken
        How many ``rows`` a ``genre`` took from each ``other`` genre that they match too, most first; empty
        under ``pick = "only"``.
    coverage
        Share of rows that got a genre.
    order_dependence
        Share of rows whose genre reversing the taxonomy's order changes: those that match several genres;
        under ``pick = "first_tag"`` those whose first tag that matches does; under ``pick = "vote"`` those
        whose votes change with tags that name two genres at once; none under ``pick = "only"``.
    notes
        Sentences on what else was done, such as tags that were parted at commas.
    """

    tracks: pl.DataFrame
    unbinned: pl.DataFrame
    conflicts: pl.DataFrame
    counts: dict[str, int]
    unmatched: pl.DataFrame
    ignored: pl.DataFrame
    taken: pl.DataFrame
    coverage: float
    order_dependence: float
    notes: tuple[str, ...] = ()


def bin(  # noqa: A001 - the field's verb
    tracks: pl.DataFrame, taxonomy: Taxonomy | str = "broad", column: str = "tags", artist: str = "artist"
) -> Binned:
    """Give every track the genre that `taxonomy` finds in its tags.

    Parameters
    ----------
    tracks
        A track table.
    taxonomy
        A taxonomy, or the name or path of one.
    column
        Where the tags are: a list of tags, or one tag as text or number; or, in most rows, one text with
        commas between tags. A column ``genre`` that the table has is kept as ``original_genre``.
    artist
        Where the artist's name is, for tags that a taxonomy ignores by artist; it need not be there.

    Raises
    ------
    SchemaError
        When there is no such column of tags.

    Examples
    --------
    >>> table = pl.DataFrame({"tags": [["art rock", "dance pop"], ["soul"], ["spoken word"], []]})
    >>> binned = bin(table, "capstone12")
    >>> binned.tracks["genre"].to_list(), binned.unbinned["row"].to_list(), binned.coverage
    (['pop', 'old school dance'], [2, 3], 0.5)
    >>> binned.taken.rows(), binned.unmatched.rows()
    ([('pop', 'rock', 1)], [('spoken word', 1)])
    """
    chosen = load(taxonomy) if isinstance(taxonomy, str) else taxonomy
    texts, parted = tag_texts(tracks, column, chosen)
    texts, own = own_tags.removed(texts, tracks, artist, chosen)
    found, nowhere = _verdicts(texts, chosen)
    titles = own_tags.titles(texts, tracks, nowhere.filter(~pl.col("ignored"))["tag"])
    labelled = _kept(tracks).with_columns(found["genre"])
    has_genre = found["genre"].is_not_null()
    several = found["matched"].list.len() > 1
    conflicts = found.with_row_index("row").filter(several).select("row", "genre", "matched")
    binned = labelled.filter(has_genre)
    return Binned(
        binned,
        made_free(tracks, ("row",)).with_row_index("row").filter(~has_genre),
        conflicts,
        _counts(binned["genre"]),
        _ranked(_without(nowhere.filter(~pl.col("ignored")).select("tag", "rows"), titles)),
        _ranked(_reasoned({NO_GENRE: nowhere.filter("ignored"), OWN: own, TITLE: titles})),
        _taken(conflicts),
        binned.height / max(1, tracks.height),
        int(found["by_order"].sum()) / max(1, tracks.height),
        tuple(_notes(tracks, column, parted=parted)),
    )


def _kept(tracks: pl.DataFrame) -> pl.DataFrame:
    """Put a genre that the table has aside."""
    if "genre" not in tracks.columns:
        return tracks
    return made_free(tracks, (ORIGINAL,)).rename({"genre": ORIGINAL})


def _notes(tracks: pl.DataFrame, column: str, *, parted: bool) -> Iterator[str]:
    if parted:
        yield f"Column {column!r} holds tags with commas between them: they were parted at the commas."
    if "genre" in tracks.columns:
        yield f"The table's own column 'genre' is kept as {ORIGINAL!r}."


def _counts(genres: pl.Series) -> dict[str, int]:
    return dict(genres.value_counts().sort("count", "genre", descending=[True, False]).iter_rows())


def _ranked(tags: pl.DataFrame) -> pl.DataFrame:
    return tags.sort("rows", "tag", descending=[True, False])


def _without(tags: pl.DataFrame, titles: pl.DataFrame) -> pl.DataFrame:
    """Take the rows in which a tag is the title off its count."""
    both = tags.join(titles.rename({"rows": "own"}), on="tag", how="left")
    left = both.select("tag", (pl.col("rows") - pl.col("own").fill_null(0)).alias("rows"))
    return left.filter(pl.col("rows") > 0)


def _reasoned(ignored: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Put ignored tags under each other, with the reason."""
    return pl.concat(
        tags.select("tag", pl.col("rows").cast(pl.UInt32), reason=pl.lit(reason))
        for reason, tags in ignored.items()
    )


def _verdicts(texts: pl.Series, taxonomy: Taxonomy) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return ``genre``, ``matched`` and ``by_order`` of each row; and the tags without a genre."""
    lists = texts.drop_nulls().value_counts(name="rows").with_row_index("list")
    split = lists.select("list", "rows", pl.col("text").str.split(SEPARATOR).alias("tag"))
    tags = split.explode("tag").filter(pl.col("tag") != "")
    matches = _matches(tags["tag"].unique(), taxonomy)
    # Sorted by list and by place of the tag in it, and of the genre in the taxonomy.
    met = tags.select("list", "tag").join(matches, on="tag", maintain_order="left")
    if taxonomy.pick == "vote":
        verdict = verdicts.voted(met, _alphabetical(met))
    else:
        verdict = verdicts.decided(met, taxonomy.pick)
    verdict = verdict.with_columns(_name("picked", taxonomy).alias("genre"), _names("place", taxonomy))
    named = verdict.join(lists, on="list").select("text", "genre", "matched", "by_order")
    nowhere = _nowhere(tags, matches, taxonomy)
    return texts.to_frame().join(named, on="text", how="left", maintain_order="left"), nowhere


def _alphabetical(met: pl.DataFrame) -> pl.Series:
    """Return the lists whose tags stand in alphabetical order, so that the first is not the weightiest."""
    same, falls = pl.col("list") == pl.col("list").shift(), pl.col("code") < pl.col("code").shift()
    falling = met.filter(same & falls)["list"].unique()
    lists = met["list"].unique()
    return lists.filter(~lists.is_in(falling.implode()))


def _name(column: str, taxonomy: Taxonomy) -> pl.Expr:
    return pl.lit(pl.Series(taxonomy.names)).gather(pl.col(column))


def _names(column: str, taxonomy: Taxonomy) -> pl.Expr:
    names = pl.lit(pl.Series(taxonomy.names).implode())
    return names.list.gather(pl.col(column)).alias("matched")


def _matches(tags: pl.Series, taxonomy: Taxonomy) -> pl.DataFrame:
    """Look at every distinct tag once: its ``code`` in alphabetical order, and ``places`` of its genres."""
    match = matcher(taxonomy)
    ordered = tags.sort()
    places = pl.Series([match(tag) for tag in ordered], dtype=pl.List(pl.UInt32))
    return pl.DataFrame({"tag": ordered, "places": places}).with_row_index("code")


def _nowhere(tags: pl.DataFrame, matches: pl.DataFrame, taxonomy: Taxonomy) -> pl.DataFrame:
    """Return the tags that match no genre, with their rows, and whether they are ignored."""
    ignores = ignorer(taxonomy)
    found = matches.filter(pl.col("places").list.len() == 0).select("tag")
    told = found.with_columns(pl.Series("ignored", [ignores(tag) for tag in found["tag"]], dtype=pl.Boolean))
    once = tags.join(told, on="tag").unique(["list", "tag"])
    return once.group_by("tag", "ignored").agg(pl.col("rows").sum())


def _taken(conflicts: pl.DataFrame) -> pl.DataFrame:
    pairs = conflicts.filter(pl.col("genre").is_not_null()).explode("matched", empty_as_null=False)
    others = pairs.filter(pl.col("matched") != pl.col("genre")).rename({"matched": "other"})
    counted = others.group_by("genre", "other").agg(pl.len().alias("rows"))
    return counted.sort("rows", "genre", "other", descending=[True, False, False])
