"""How well a taxonomy fits a table, tag by tag: on the terminal, and as a page on which to check it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from rich.console import Console
from rich.text import Text

from genrelab.audit.repeats import MANY
from genrelab.identity import IDENTITIES, key
from genrelab.insight import document
from genrelab.insight.document import Card, Section
from genrelab.insight.drawing import END, Figure, axis, css, framed, label, names
from genrelab.insight.tables import ABSENT, Table, percent
from genrelab.insight.terminal import clean, show
from genrelab.sources import terms
from genrelab.taxonomy import Binned, Taxonomy
from genrelab.taxonomy.space import matcher
from genrelab.taxonomy.tag_texts import SEPARATOR, tag_texts

TAGS_SHOWN = 15
"""Tags of a genre that the page lists."""
LEFT_SHOWN = 100
BARS = 25
EXAMPLES = 3
LONGEST_NAME = 50
FEW = 6
"""With more genres than this, numbers in the cells of a grid overlap on a narrow screen."""


@dataclass(frozen=True, slots=True)
class Examined:
    """A binned table, and what became of each of its tags.

    Attributes
    ----------
    binned
        What binning gave.
    taxonomy
        By which rules.
    tags
        One row per distinct tag, most rows first: ``tag``; ``rows`` that have it; ``left``, those of them
        without a genre; ``genres`` that it means; ``examples``, names of tracks, of those without a genre
        where there are any.
    got
        How many ``rows`` with a ``tag`` got a ``genre``.
    untagged
        Rows without any tag.
    unique
        Unique tracks of each genre, as the surest of `genrelab.identity.IDENTITIES` that the table has knows
        them; a row that cannot be known counts as a track. Empty where there is nothing to know them by.
    notes
        Sentences that a reader must know.
    """

    binned: Binned
    taxonomy: Taxonomy
    tags: pl.DataFrame
    got: pl.DataFrame
    untagged: int
    unique: Mapping[str, int]
    notes: tuple[str, ...]

    @property
    def rows(self) -> int:
        """Rows of the table."""
        return self.binned.tracks.height + self.binned.unbinned.height


def examine(tracks: pl.DataFrame, binned: Binned, taxonomy: Taxonomy, column: str = "tags") -> Examined:
    """Look at what became of each tag.

    Parameters
    ----------
    tracks
        The table that was binned.
    binned
        What became of it.
    taxonomy
        By which rules.
    column
        Where the tags are.

    Examples
    --------
    >>> from genrelab.taxonomy import bin, load
    >>> table = pl.DataFrame({"tags": [["pop", "jazz rap"], ["mallet"], []]})
    >>> found = examine(table, bin(table, "broad"), load("broad"))
    >>> found.tags.select("tag", "rows", "left", "genres").rows()
    [('jazz rap', 1, 0, ['hip hop']), ('mallet', 1, 1, []), ('pop', 1, 0, ['pop'])]
    >>> found.untagged
    1
    """
    texts, _ = tag_texts(tracks, column, taxonomy)
    lists = texts.str.split(SEPARATOR).list.unique(maintain_order=True).alias("tag")
    each = pl.DataFrame([_genres(binned), lists]).with_row_index("row").explode("tag")
    each = each.filter(pl.col("tag").fill_null("") != "").with_columns(pl.col("tag").cast(pl.Categorical))
    lost = pl.col("genre").is_null()
    first, left = pl.col("row").head(EXAMPLES), pl.col("row").filter(lost).head(EXAMPLES)
    counted = each.group_by("tag").agg(
        pl.len().alias("rows"), lost.sum().alias("left"), first.alias("first"), left.alias("examples")
    )
    ranked = counted.with_columns(pl.col("tag").cast(pl.String)).sort("rows", "tag", descending=[True, False])
    shown = pl.when(pl.col("left") > 0).then("examples").otherwise("first").alias("examples")
    match = matcher(taxonomy)
    genres = [[taxonomy.names[place] for place in match(tag)] for tag in ranked["tag"]]
    meant = pl.Series("genres", genres, dtype=pl.List(pl.String))
    tags = ranked.select("tag", "rows", "left", meant, shown)
    got = each.filter(~lost).group_by("tag", "genre").agg(pl.len().alias("rows")).cast({"tag": pl.String})
    named = tags.with_columns(_named(tags["examples"], tracks))
    rows, known = tracks.height - each["row"].n_unique(), _known(tracks)
    notes = tuple(_notes(tracks, binned, named, known))
    return Examined(binned, taxonomy, named, got, rows, _unique(binned, known), notes)


def _known(tracks: pl.DataFrame) -> pl.Series | None:
    """Return the surest key by which rows are known as the same track, if the table has any."""
    keys = (key(tracks, name) for name in IDENTITIES)
    return next((known for known in keys if known is not None and known.null_count() < known.len()), None)


def _unique(binned: Binned, known: pl.Series | None) -> dict[str, int]:
    if known is None:
        return {}
    rows = pl.DataFrame({"genre": _genres(binned), "key": known}).drop_nulls("genre")
    different = pl.col("key").drop_nulls().n_unique() + pl.col("key").null_count()
    return dict(rows.group_by("genre").agg(different.cast(pl.Int64)).iter_rows())


def _notes(
    tracks: pl.DataFrame, binned: Binned, tags: pl.DataFrame, known: pl.Series | None
) -> Iterator[str]:
    """Yield what a reader must know before the figures."""
    yield from terms(tracks)
    yield from binned.notes
    if tracks.height and not tags["genres"].list.len().sum():
        said = "No tag means a genre of this taxonomy" if tags.height else "No track has a tag"
        yield f"{said}: see 'genrelab list taxonomies', or name another column of tags."
    counts = [] if known is None else known.drop_nulls().value_counts()["count"].to_list()
    many = [count for count in counts if count >= MANY]
    if many:
        rows = f"One track stands {max(many):,} times, and counts each time"
        more = f"; {len(many):,} stand {MANY} times or more" if len(many) > 1 else ""
        yield f"{rows}{more}: keep one row a track."


def _genres(binned: Binned) -> pl.Series:
    """Return the genre of every row of the table that was binned, null where it has none."""
    rows = pl.int_range(binned.tracks.height + binned.unbinned.height, dtype=pl.UInt32, eager=True)
    has = rows.filter(~rows.is_in(binned.unbinned["row"].cast(pl.UInt32).implode()))
    table = pl.DataFrame({"row": has, "genre": binned.tracks["genre"]})
    return rows.to_frame("row").join(table, on="row", how="left", maintain_order="left")["genre"]


def _named(rows: pl.Series, tracks: pl.DataFrame) -> pl.Series:
    """Name rows as a person would know them; of one tag, each name once."""
    known = sorted({"artist", "title"} & {*tracks.columns}) or sorted({"track_id"} & {*tracks.columns})
    wanted = rows.explode().drop_nulls().unique()
    some = tracks[wanted.to_list()].select(pl.col(name).cast(pl.String) for name in known).rows()
    texts = [": ".join(value for value in row if value is not None) for row in some]
    said = dict(zip(wanted, texts, strict=False))
    told = [list(dict.fromkeys(said.get(row) or f"row {row + 1}" for row in group)) for group in rows]
    return pl.Series("examples", told, dtype=pl.List(pl.String))


def headline(found: Examined) -> str:
    """Say in one line how many tracks got a genre."""
    binned = found.binned
    counted = f"{binned.tracks.height:,} of {found.rows:,} tracks got a genre"
    return f"{counted} of the taxonomy {found.taxonomy.name} ({percent(binned.coverage, 1)})"


def tabulate_coverage(found: Examined) -> Table:
    """Tabulate what became of the tracks, and of the tags."""
    binned, tags = found.binned, found.tags
    rows, kinds = max(1, found.rows), max(1, tags.height)
    meant = tags.filter(pl.col("genres").list.len() > 0).height
    unmatched = binned.unmatched.height
    tells = "A track without a genre has no tag that means one, or, where each must be sure, several that do."
    lines = [
        ("tracks", found.rows, None),
        ("with a genre", binned.tracks.height, binned.coverage),
        ("without a genre", binned.unbinned.height, binned.unbinned.height / rows),
        ("without any tag", found.untagged, found.untagged / rows),
        ("with tags of several genres", binned.conflicts.height, binned.conflicts.height / rows),
        ("that depend on the order of the rules", None, binned.order_dependence),
        ("tags", tags.height, None),
        ("tags that mean a genre", meant, meant / kinds),
        ("tags that are ignored", tags.height - meant - unmatched, (tags.height - meant - unmatched) / kinds),
        ("tags that are left over", unmatched, unmatched / kinds),
    ]
    shown = tuple(
        (name, ABSENT if number is None else f"{number:,}", "" if share is None else percent(share, 1))
        for name, number, share in lines
    )
    return Table("How much the taxonomy covers", tells, ("", "number", "share"), shown)


def tabulate_genres(found: Examined) -> Table:
    """Tabulate the tracks of each genre, and the unique ones where they are fewer."""
    rows, counts = max(1, found.rows), found.binned.counts
    fewer = bool(found.unique) and found.unique != counts
    shown = tuple(
        (name, f"{n:,}", *([f"{found.unique[name]:,}"] if fewer else []), percent(n / rows, 1))
        for name, n in counts.items()
    )
    none = [name for name in found.taxonomy.names if name not in counts]
    tells = _picking(found.taxonomy) + (f" {_numbered(none)}" if none else "")
    headers = ("genre", "tracks", *(["unique tracks"] if fewer else []), "share")
    return Table("Tracks of each genre", tells, headers, shown)


def _numbered(none: Sequence[str]) -> str:
    return f"{len(none)} {'genre has' if len(none) == 1 else 'genres have'} no track: {', '.join(none)}."


def _picking(taxonomy: Taxonomy) -> str:
    """Say what a track gets whose tags match several genres."""
    return {
        "first_genre": "Of several genres that tags match, a track gets the first of the taxonomy.",
        "first_tag": "Of several genres that tags match, a track gets that of its first tag.",
        "only": "A track whose tags match several genres gets none.",
        "vote": "Where tags match several genres, they vote, and the first tags count most.",
    }[taxonomy.pick]


def tabulate_taken(found: Examined) -> Table:
    """Tabulate which genre took tracks from which."""
    shown = tuple((genre, other, f"{rows:,}") for genre, other, rows in found.binned.taken.iter_rows())
    tells = (
        "Tracks whose tags match both genres. Large numbers between genres far apart call for a better rule."
    )
    return Table("Who takes from whom", tells, ("genre it got", "also matched", "tracks"), shown, names=2)


def tabulate_left(found: Examined, top: int = LEFT_SHOWN, examples: int = EXAMPLES) -> Table:
    """Tabulate the tags that mean no genre and are not ignored, those first that would win most tracks."""
    unmatched = found.tags.join(found.binned.unmatched.select("tag"), on="tag", how="semi")
    ranked = unmatched.sort("left", "rows", "tag", descending=[True, True, False]).head(top)
    shown = tuple(
        (tag, "; ".join(map(_shortened, shown[:examples])), f"{left:,}", f"{rows:,}")
        for tag, shown, left, rows in ranked.select("tag", "examples", "left", "rows").iter_rows()
    )
    more = unmatched.height - ranked.height
    tells = "Those first that stand in most tracks without a genre." + _more(more)
    return Table(
        "Tags without a genre",
        tells,
        ("tag", "for example", "tracks without a genre", "tracks"),
        shown,
        names=2,
    )


def _shortened(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}\N{HORIZONTAL ELLIPSIS}"


def tabulate_tags(found: Examined, genre: str, top: int = TAGS_SHOWN) -> Table:
    """Tabulate the most frequent tags that mean a genre."""
    tags = found.tags.filter(pl.col("genres").list.contains(genre))
    got = found.got.filter(pl.col("genre") == genre).select("tag", pl.col("rows").alias("got"))
    rows = tags.head(top).join(got, on="tag", how="left", maintain_order="left").select("tag", "rows", "got")
    shown = tuple((tag, f"{count:,}", percent((same or 0) / count)) for tag, count, same in rows.iter_rows())
    count = found.binned.counts.get(genre, 0)
    mean = "1 tag means it" if tags.height == 1 else f"{tags.height:,} tags mean it"
    tells = f"{mean}, {_tracks(count)} got it."
    return Table(genre, tells, ("tag", "tracks", "of these got it"), shown)


def _tracks(count: int) -> str:
    return "1 track" if count == 1 else f"{count:,} tracks"


def _more(tags: int) -> str:
    return f" {tags:,} more {'tag' if tags == 1 else 'tags'}." if tags > 0 else ""


def tabulate_ignored(found: Examined, top: int = LEFT_SHOWN) -> Table:
    """Tabulate the tags that were as good as absent."""
    ignored = found.binned.ignored
    shown = tuple((tag, reason, f"{rows:,}") for tag, rows, reason in ignored.head(top).iter_rows())
    more = ignored.height - len(shown)
    tells = "As good as absent." + _more(more)
    return Table("Ignored tags", tells, ("tag", "why", "tracks"), shown, names=2)


def draw_genres(found: Examined) -> Figure:
    """Draw the tracks of each genre."""
    return _bars(list(found.binned.counts), list(found.binned.counts.values()), "--accent")


def draw_left(found: Examined) -> Figure:
    """Draw how many tracks each tag without a genre would win."""
    unmatched = found.tags.join(found.binned.unmatched.select("tag"), on="tag", how="semi")
    ranked = unmatched.filter(pl.col("left") > 0).sort("left", "rows", "tag", descending=[True, True, False])
    return _bars(ranked["tag"].head(BARS).to_list(), ranked["left"].head(BARS).to_list(), "--warn")


TOP = 26
MARGIN = {"l": 8, "r": 12, "t": 8 + TOP, "b": 44}
"""Room for the camera above the first bar: on a narrow screen it would cover its number."""
SCALE: Figure = {
    "orientation": "h", "thickness": 8, "len": 0.8, "x": 0, "xanchor": "left", "y": 1, "yanchor": "bottom",
    "nticks": 5, "tickformat": ",d", "outlinewidth": 0,
}  # fmt: skip


def _bars(said: Sequence[str], counts: Sequence[int], colour: str) -> Figure:
    trace = {
        "type": "bar", "orientation": "h", "x": list(counts), "y": list(range(len(counts))), "width": 0.66,
        "marker": {"color": css(colour)}, "text": [f"{count:,}" for count in counts],
        "textposition": "outside", "cliponaxis": False, "hoverinfo": "skip",
    }  # fmt: skip
    across = axis("tracks", range=[0, 1.18 * max(counts, default=1)], nticks=5, tickformat=",d")
    down = names(said, width=30, lines=1)
    return framed([trace], 27 * len(counts) + 70 + TOP, xaxis=across, yaxis=down, margin=MARGIN)


def draw_taken(found: Examined) -> Figure:
    """Draw, for each genre (down), the tracks that it took from each other genre that they match (across)."""
    met = {*found.binned.taken["genre"], *found.binned.taken["other"]}
    genres = [name for name in found.taxonomy.names if name in met]
    few = len(genres) <= FEW
    counts = {(genre, other): rows for genre, other, rows in found.binned.taken.iter_rows()}
    grid = [[counts.get((genre, other)) for other in genres] for genre in genres]
    said = [[label(other, 60, 1) for other in genres]] * len(genres)
    trace = {
        "type": "heatmap", "z": grid, "xgap": 1, "ygap": 1, "showscale": not few, "customdata": said,
        "colorscale": [[0, css("--surface-low")], [1, css("--heat")]], "hoverongaps": False,
        "colorbar": SCALE,
        "text": [[f"{n:,}" if n else "" for n in row] for row in grid],
        "texttemplate": "%{text}" if few else None,
        "textfont": {"color": css("--text"), "size": 11},
        "hovertemplate": "%{text} tracks also match %{customdata}" + END,
    }  # fmt: skip
    across = names(genres, width=18, lines=1)
    across |= {"tickangle": -50} if few else {"tickangle": -90, "tickfont": {"size": 9}}
    across |= {"title": {"text": "also matched"}, "range": [-0.5, len(genres) - 0.5]}
    down = names(genres, width=18, lines=1) | {"title": {"text": "genre it got", "standoff": 6}}
    return framed([trace], max(340, 30 * len(genres) + 170) + TOP, xaxis=across, yaxis=down, margin=MARGIN)


def sections(found: Examined) -> tuple[Section, ...]:
    """Return the page's tabs: how much is covered, what is left, and which tags mean which genre."""
    covered = [
        Card(tabulate_coverage(found)),
    ]
    if found.binned.counts:
        covered.append(Card(tabulate_genres(found), draw_genres(found)))
    if found.binned.taken.height:
        covered.append(Card(tabulate_taken(found), draw_taken(found), wide=True))
    left = tabulate_left(found)
    rest = [Card(table, wide=True) for table in (left, tabulate_ignored(found)) if table.rows]
    if left.rows and any(row[2] != "0" for row in left.rows):
        rest[0] = Card(left, draw_left(found), opened=True, wide=True)
    genres = [tabulate_tags(found, name) for name in _ranked_names(found)]
    rules = f"Rules: {found.taxonomy.meaning or found.taxonomy.origin}. SHA-256 {found.taxonomy.sha256}."
    notes = (headline(found) + ".", *found.notes, rules)
    return (
        Section("Coverage", tuple(covered), notes),
        *([Section("What is left", tuple(rest))] if rest else []),
        Section("Genre by genre", tuple(Card(table) for table in genres if table.rows)),
    )


def _ranked_names(found: Examined) -> list[str]:
    return sorted(found.taxonomy.names, key=lambda name: -found.binned.counts.get(name, 0))


def write_html(found: Examined, path: Path | str, title: str = "Tags to genres") -> None:
    """Write the page as one HTML file that needs no network.

    Raises
    ------
    MissingExtra
        When plotly is not installed.
    OutputError
        When the file cannot be written.
    """
    document.write(path, title, [section for section in sections(found) if section.cards])


def render(found: Examined, console: Console) -> None:
    """Print what a person needs in order to judge the taxonomy."""
    binned = found.binned
    for note in found.notes:
        console.print(Text(clean(note), style="yellow"))
    console.print(Text(clean(headline(found)), style="bold"))
    show(tabulate_genres(found), console)
    console.print()
    several = f"{_tracks(binned.conflicts.height)} {'matches' if binned.conflicts.height == 1 else 'match'}"
    order = f"{percent(binned.order_dependence, 1)} of all depend on the order of the rules"
    console.print(f"{several} several genres; {order}")
    show(tabulate_left(found, 10, examples=1), console)
