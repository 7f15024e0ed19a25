"""Binning: every track's tags to one genre, and what the taxonomy could not decide."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from genrelab.errors import SchemaError
from genrelab.schema import made_free
from genrelab.taxonomy.reading import load
from genrelab.taxonomy.space import Pick, Taxonomy, fold, matcher

_SEPARATOR = "\x1f"  # ASCII's unit separator: stands in no tag


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
    taken
        How many ``rows`` a ``genre`` took from each ``other`` genre that they match too, most first; empty
        under ``pick = "only"``.
    coverage
        Share of rows that got a genre.
    order_dependence
        Share of rows whose genre reversing the taxonomy's order changes: those that match several genres;
        under ``pick = "first_tag"`` those whose first tag that matches does; none under ``pick = "only"``.
    """

    tracks: pl.DataFrame
    unbinned: pl.DataFrame
    conflicts: pl.DataFrame
    counts: dict[str, int]
    unmatched: pl.DataFrame
    taken: pl.DataFrame
    coverage: float
    order_dependence: float


def bin(tracks: pl.DataFrame, taxonomy: Taxonomy | str, column: str = "tags") -> Binned:  # noqa: A001 - the field's verb
    """Give every track the genre that `taxonomy` finds in its tags.

    Parameters
    ----------
    tracks
        A track table.
    taxonomy
        A taxonomy, or the name or path of one.
    column
        Where the tags are: a list of tags, or one tag as text or number. When it is ``genre`` itself, what
        it held is kept as ``original_genre``.

    Raises
    ------
    SchemaError
        When there is no such column.

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
    texts = _texts(tracks, column)
    found, unmatched = _verdicts(texts, chosen)
    whole = tracks.rename({"genre": "original_genre"}) if column == "genre" else tracks
    labelled = whole.with_columns(found["genre"])
    has_genre = found["genre"].is_not_null()
    several = found["matched"].list.len() > 1
    conflicts = found.with_row_index("row").filter(several).select("row", "genre", "matched")
    binned = labelled.filter(has_genre)
    return Binned(
        binned,
        made_free(tracks, ("row",)).with_row_index("row").filter(~has_genre),
        conflicts,
        _counts(binned["genre"]),
        unmatched,
        _taken(conflicts),
        binned.height / max(1, tracks.height),
        int(found["by_order"].sum()) / max(1, tracks.height),
    )


def _counts(genres: pl.Series) -> dict[str, int]:
    return dict(genres.value_counts().sort("count", "genre", descending=[True, False]).iter_rows())


def _texts(tracks: pl.DataFrame, column: str) -> pl.Series:
    """Each row's tags as one text, so that equal lists are looked at once; null where there are none."""
    if column not in tracks.columns:
        raise SchemaError(f"column {column!r}: is not there: name the column that holds the tags")
    values = tracks[column].alias("text")
    if isinstance(values.dtype, pl.List | pl.Array):
        return values.cast(pl.List(pl.String)).list.drop_nulls().list.join(_SEPARATOR)
    return values.cast(pl.String)


def _verdicts(texts: pl.Series, taxonomy: Taxonomy) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return ``genre``, ``matched`` and ``by_order`` of each row; and the unmatched tags with their rows."""
    lists = texts.drop_nulls().value_counts(name="rows").with_row_index("list")
    split = lists.select("list", "rows", pl.col("text").str.split(_SEPARATOR).alias("tag"))
    tags = split.explode("tag").filter(pl.col("tag") != "")
    matches = _matches(tags["tag"].unique(), taxonomy)
    # Sorted by list and by place of the tag in it, and of the genre in the taxonomy.
    met = tags.select("list", "tag").join(matches, on="tag", maintain_order="left").select("list", "places")
    sure = met.explode("places", empty_as_null=False).rename({"places": "place"})
    genres = sure.unique().sort("list", "place").group_by("list", maintain_order=True).agg("place")
    picked = sure.group_by("list", maintain_order=True).agg(_picked(taxonomy.pick))
    by_order = met.filter(pl.col("places").list.len() > 0).group_by("list", maintain_order=True)
    genres = genres.with_columns(by_order.agg(_decided_by_order(taxonomy.pick))["by_order"])
    verdict = genres.with_columns(_name(picked["place"], taxonomy), _names("place", taxonomy))
    named = verdict.join(lists, on="list").select("text", "genre", "matched", "by_order")
    missed = _unmatched(tags, matches, taxonomy)
    return texts.to_frame().join(named, on="text", how="left", maintain_order="left"), missed


def _picked(pick: Pick) -> pl.Expr:
    place = pl.col("place")
    if pick == "only":
        return pl.when(place.min() == place.max()).then(place.min())
    return place.min() if pick == "first_genre" else place.first()


def _decided_by_order(pick: Pick) -> pl.Expr:
    """Whether the order of the genres decides, given the ``places`` that each tag of a list matches."""
    if pick == "only":
        return pl.lit(value=False).alias("by_order")
    places = pl.col("places").first() if pick == "first_tag" else pl.col("places").explode()
    several = places.list.len() > 1 if pick == "first_tag" else places.n_unique() > 1
    return several.alias("by_order")


def _name(places: pl.Series, taxonomy: Taxonomy) -> pl.Series:
    return pl.Series("genre", taxonomy.names).gather(places)


def _names(column: str, taxonomy: Taxonomy) -> pl.Expr:
    names = pl.lit(pl.Series(taxonomy.names).implode())
    return names.list.gather(pl.col(column)).alias("matched")


def _matches(tags: pl.Series, taxonomy: Taxonomy) -> pl.DataFrame:
    """Look at every distinct tag once: ``tag`` and the ``places`` of the genres that it matches."""
    match = matcher(taxonomy)
    places = pl.Series([match(tag) for tag in tags], dtype=pl.List(pl.UInt32))
    return pl.DataFrame({"tag": tags, "places": places})


def _unmatched(tags: pl.DataFrame, matches: pl.DataFrame, taxonomy: Taxonomy) -> pl.DataFrame:
    ignored = {fold(tag) for tag in taxonomy.ignore}
    nowhere = matches.filter(pl.col("places").list.len() == 0)["tag"]
    missed = pl.Series("tag", [tag for tag in nowhere if fold(tag) not in ignored], dtype=pl.String)
    once = tags.join(missed.to_frame(), on="tag").unique(["list", "tag"])
    return once.group_by("tag").agg(pl.col("rows").sum()).sort("rows", "tag", descending=[True, False])


def _taken(conflicts: pl.DataFrame) -> pl.DataFrame:
    pairs = conflicts.filter(pl.col("genre").is_not_null()).explode("matched", empty_as_null=False)
    others = pairs.filter(pl.col("matched") != pl.col("genre")).rename({"matched": "other"})
    counted = others.group_by("genre", "other").agg(pl.len().alias("rows"))
    return counted.sort("rows", "genre", "other", descending=[True, False, False])
