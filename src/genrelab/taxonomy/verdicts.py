"""Which of the genres that a list of tags matches it gets, by each way to pick."""

from __future__ import annotations

import numpy as np
import polars as pl

from genrelab.taxonomy.space import Pick

_DIGITS = 9
"""Decimals of a count of votes; a half is then as much as a third and a sixth."""


def decided(met: pl.DataFrame, pick: Pick) -> pl.DataFrame:
    """Decide every list of tags that matches a genre.

    Parameters
    ----------
    met
        One row per tag, in the order of the lists and of the tags in them: ``list``, and the ``places`` in
        the taxonomy of the genres that the tag matches, in their order.
    pick
        See `genrelab.taxonomy`.

    Returns
    -------
    pl.DataFrame
        ``list``; ``place``, all places that it matches, in their order; ``picked``, the place of the genre it
        gets, null where it gets none; ``by_order``, whether reversing the taxonomy's order changes that.

    Examples
    --------
    >>> met = pl.DataFrame({"list": [0, 0, 0, 1], "places": [[2], [0], [0], []]})
    >>> [decided(met, pick)["picked"].to_list() for pick in ("first_genre", "first_tag", "only")]
    [[0], [2], [None]]
    """
    sure, genres = _matched(met)
    picked = sure.group_by("list", maintain_order=True).agg(_picked(pick).alias("picked"))
    by_order = met.filter(pl.col("places").list.len() > 0).group_by("list", maintain_order=True)
    return genres.with_columns(picked["picked"], by_order.agg(_decided_by_order(pick))["by_order"])


def _matched(met: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return every place that a tag of a list matches; and each list's places, in their order."""
    sure = met.select("list", pl.col("places").alias("place")).explode("place", empty_as_null=False)
    return sure, sure.unique().sort("list", "place").group_by("list", maintain_order=True).agg("place")


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


def voted(met: pl.DataFrame, even: pl.Series) -> pl.DataFrame:
    """Decide by vote every list of tags that matches a genre.

    Each tag votes for the genre that it matches. Of those that match any, the first tag counts one, the
    second a half, the third a third and so on, much as counts of tags fall; the tags of lists in `even` count
    the same. Of genres with as many votes, the one voted for first is picked.

    Parameters
    ----------
    met
        As for `decided`.
    even
        Lists whose order says nothing.

    Returns
    -------
    pl.DataFrame
        As of `decided`.

    Examples
    --------
    >>> met = pl.DataFrame({"list": [0, 0, 0], "places": [[2], [0], [0]]})
    >>> voted(met, pl.Series([], dtype=pl.Int64))["picked"][0], voted(met, pl.Series([0]))["picked"][0]
    (2, 0)
    """
    places = pl.col("places").list
    voters = met.filter(places.len() > 0)
    if voters.is_empty():
        _, nothing = _matched(voters)
        return nothing.with_columns(picked=pl.lit(None, pl.UInt32), by_order=pl.lit(value=False))
    picked, genres = _counted(voters.select("list", place=places.first()), even)
    # Only a tag that matches several genres makes the order of the genres count.
    unsure = voters.filter((places.len() > 1).any().over("list")) if _any_unsure(voters) else voters.clear()
    if unsure.is_empty():
        return genres.with_columns(picked["picked"], by_order=pl.lit(value=False))
    backward, _ = _counted(unsure.select("list", place=places.last()), even)
    both = picked.join(backward.rename({"picked": "backward"}), on="list", how="left", maintain_order="left")
    changed = (pl.col("backward") != pl.col("picked")).fill_null(value=False)
    _, genres = _matched(voters)
    return genres.join(both.select("list", "picked", by_order=changed), on="list", maintain_order="left")


def _any_unsure(voters: pl.DataFrame) -> bool:
    return bool((voters["places"].list.len() > 1).any())


def _counted(votes: pl.DataFrame, even: pl.Series) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Pick the ``place`` with most votes of each ``list``; beside it, all places of each, in their order.

    Lists stand together in `votes`, in their order.
    """
    lists, places = (votes[name].to_numpy().astype(np.int64) for name in ("list", "place"))
    first = np.flatnonzero(np.diff(lists, prepend=-1))
    sizes = np.diff(first, append=lists.size)
    rank = np.arange(lists.size) - np.repeat(first, sizes) + 1
    level = np.repeat(np.isin(lists[first], even.to_numpy()), sizes)
    weight = np.where(level, 1.0, 1 / rank)
    # Votes for one genre of one list together, the first of them in front.
    order = np.lexsort((rank, places, lists))
    starts = np.flatnonzero(np.diff(lists[order], prepend=-1) | np.diff(places[order], prepend=-1))
    sums = np.add.reduceat(weight[order], starts).round(_DIGITS)
    genre_of, place, earliest = lists[order][starts], places[order][starts], rank[order][starts]
    ranked = np.lexsort((earliest, -sums, genre_of))
    best = ranked[np.flatnonzero(np.diff(genre_of[ranked], prepend=-1))]
    typed = pl.col("list").cast(votes.schema["list"]), pl.col("place").cast(pl.UInt32)
    named = pl.DataFrame({"list": genre_of, "place": place}).select(typed)
    return named[best].rename({"place": "picked"}), named.group_by("list", maintain_order=True).agg("place")
