"""Cleaning: rows that should not be learned from, each dropped by a rule with a name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from genrelab.errors import UnknownName
from genrelab.identity import FEWEST, key
from genrelab.schema import DESCRIPTORS, made_free, validate

SHORTEST = 10.0
"""Seconds below which a track is a jingle or a spoken word, not a song."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A reason to drop rows, which can be switched on and off by its name.

    Attributes
    ----------
    name
        What it is called in `clean` and in the rows that it dropped.
    meaning
        One phrase: which rows it drops.
    drops
        Given a track table and the name of its label column, a boolean Series: true where a row goes.
    same
        For a rule that drops repeats: given the table, a Series that is equal where rows are the same track
        and null where that is unknown; None where the table cannot tell.
    """

    name: str
    meaning: str
    drops: Callable[[pl.DataFrame, str], pl.Series]
    same: Callable[[pl.DataFrame], pl.Series | None] | None = None


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What cleaning kept and what it did not.

    Attributes
    ----------
    tracks
        Rows that no rule dropped, in their order.
    dropped
        The others, by rule, with ``row`` (position in the input) and ``rule`` in front; the table's own
        columns of these names are ``row_`` and ``rule_`` here.
    counts
        Rows that each rule dropped, in the order in which the rules acted.
    repeats
        Rows that repeat a track which stood before: ``row`` and ``of``, positions in the input. The row `of`
        may have been dropped by a later rule.
    """

    tracks: pl.DataFrame
    dropped: pl.DataFrame
    counts: dict[str, int]
    repeats: pl.DataFrame


_REPEATS = {"row": pl.UInt32, "of": pl.UInt32}


def _nothing(tracks: pl.DataFrame) -> pl.Series:
    return pl.repeat(value=False, n=tracks.height, dtype=pl.Boolean, eager=True)


def _repeats(name: str, meaning: str, identity: str, vector: Sequence[str] | None = None) -> Rule:
    """Make a rule that drops every row whose track stood before; one of unknown identity repeats nobody."""

    def same(tracks: pl.DataFrame) -> pl.Series | None:
        return key(tracks, identity, vector)

    def drops(tracks: pl.DataFrame, _label: str) -> pl.Series:
        keys = same(tracks)
        return _nothing(tracks) if keys is None else keys.is_not_null() & ~keys.is_first_distinct()

    return Rule(name, meaning, drops, same)


def repeated_vector(columns: Sequence[str] | None = None) -> Rule:
    """Return the rule that drops repeats of the vector of `columns`.

    None takes the descriptors and the duration that the table has, if there are enough to name a track; see
    `genrelab.identity.vector_columns`. Columns that are named must be there.

    Examples
    --------
    >>> repeated_vector(("energy", "tempo")).name
    'repeated_vector'
    """
    meaning = f"{FEWEST} or more descriptors, all that the table has, equal an earlier row's"
    return _repeats("repeated_vector", meaning, "vector", columns)


def not_a_song(shortest: float = SHORTEST) -> Rule:
    """Return the rule that drops rows without tempo or metre, and those under `shortest` seconds.

    Examples
    --------
    >>> table = pl.DataFrame({"tempo": [0.0, 120.0], "duration": [200.0, 3.0]})
    >>> clean(table, [not_a_song(shortest=5)]).counts
    {'not_a_song': 2}
    """
    bounds = {"tempo": 0.0, "time_signature": 0.0}

    def drops(tracks: pl.DataFrame, _label: str) -> pl.Series:
        faults = [pl.col(name) == zero for name, zero in bounds.items() if name in tracks.columns]
        if "duration" in tracks.columns:
            faults.append(pl.col("duration") < shortest)
        return _any(tracks, faults)

    return Rule("not_a_song", f"tempo 0, time signature 0 or under {shortest:g} s", drops)


def _any(tracks: pl.DataFrame, faults: list[pl.Expr]) -> pl.Series:
    """Mark the rows where any of the expressions is true; null is not true."""
    if not faults:
        return _nothing(tracks)
    return tracks.select(pl.any_horizontal(faults).fill_null(value=False).alias("fault")).to_series()


def _repeated_row(tracks: pl.DataFrame, _label: str) -> pl.Series:
    lists = [name for name, dtype in tracks.schema.items() if dtype.is_nested()]
    # Nested values are compared by their hash: polars cannot look for repeats among them.
    flat = tracks.with_columns(pl.struct(pl.col(name)).hash().alias(name) for name in lists)
    return ~flat.select(pl.struct(pl.all()).is_first_distinct().alias("first")).to_series()


def _missing_genre(tracks: pl.DataFrame, label: str) -> pl.Series:
    if label not in tracks.columns:
        return _nothing(tracks)
    genres = tracks[label]
    missing = genres.is_null()
    return missing | genres.str.strip_chars().eq_missing("") if genres.dtype == pl.String else missing


def _missing_descriptors(tracks: pl.DataFrame, _label: str) -> pl.Series:
    present = [name for name in DESCRIPTORS if name in tracks.columns]
    if not present:
        return _nothing(tracks)
    return tracks.select(pl.all_horizontal(pl.col(present).is_null()).alias("fault")).to_series()


def _out_of_range(tracks: pl.DataFrame, _label: str) -> pl.Series:
    rejected = validate(tracks).rejected["row"]
    return pl.int_range(tracks.height, dtype=pl.UInt32, eager=True).is_in(rejected.implode())


_ALL = (
    Rule("repeated_row", "every column equals an earlier row's", _repeated_row),
    Rule("missing_genre", "the label is null or blank", _missing_genre),
    Rule("missing_descriptors", "every descriptor is null", _missing_descriptors),
    Rule("out_of_range", "a number lies outside its range in the contract, or is not finite", _out_of_range),
    not_a_song(),
    _repeats("repeated_id", "the track id stood before", "track_id"),
    _repeats(
        "repeated_title_artist", "title and artist stood before, but for case and spaces", "title_artist"
    ),
    repeated_vector(),
)

RULES: Mapping[str, Rule] = {rule.name: rule for rule in _ALL}
"""Every rule by name. Faults come before repeats, so that a bad row never displaces a good one."""

DEFAULT: tuple[str, ...] = tuple(RULES)

REPEATS: tuple[str, ...] = tuple(name for name, rule in RULES.items() if rule.same is not None)
"""Rules that leave one copy of a track, whatever the genres under which it stands."""


def clean(tracks: pl.DataFrame, rules: Iterable[str | Rule] = DEFAULT, label: str = "genre") -> Cleaned:
    """Drop the rows that `rules` name, and say which rule dropped each.

    Rules act in the order given, each on what the former left; of rows that repeat, the first stays. A rule
    whose columns the table lacks drops nothing.

    Parameters
    ----------
    tracks
        A track table.
    rules
        Names out of `RULES`, or rules made by `repeated_vector`, `not_a_song` or yourself.
    label
        Column that ``missing_genre`` looks at.

    Raises
    ------
    UnknownName
        When there is no rule of that name.
    SchemaError
        When a column has a type that the contract does not allow.

    Examples
    --------
    >>> table = pl.DataFrame({"track_id": ["a", "a", "b"], "genre": ["pop", "rock", None]})
    >>> cleaned = clean(table, ["missing_genre", "repeated_id"])
    >>> cleaned.tracks.rows(), cleaned.counts
    ([('a', 'pop')], {'missing_genre': 1, 'repeated_id': 1})
    """
    left, rows = tracks, pl.int_range(tracks.height, dtype=pl.UInt32, eager=True).alias("row")
    dropped = [pl.DataFrame(schema={"row": pl.UInt32, "rule": pl.String})]
    repeats = [pl.DataFrame(schema=_REPEATS)]
    counts: dict[str, int] = {}
    for rule in map(_named, rules):
        goes = rule.drops(left, label)
        repeats.append(_repeated(left, rows, rule, goes))
        dropped.append(rows.filter(goes).to_frame().with_columns(pl.lit(rule.name).alias("rule")))
        left, rows = left.filter(~goes), rows.filter(~goes)
        counts[rule.name] = counts.get(rule.name, 0) + dropped[-1].height
    named = pl.concat(dropped)
    others = made_free(tracks, named.columns)[named["row"]]
    return Cleaned(left, pl.concat([named, others], how="horizontal"), counts, pl.concat(repeats))


def _repeated(tracks: pl.DataFrame, rows: pl.Series, rule: Rule, goes: pl.Series) -> pl.DataFrame:
    """Say which row each of those that a rule drops repeats; nothing for a rule that drops no repeats."""
    keys = None if rule.same is None or not goes.any() else rule.same(tracks)
    if keys is None:
        return pl.DataFrame(schema=_REPEATS)
    table = pl.DataFrame({"row": rows, "key": keys, "goes": goes})
    return table.with_columns(pl.col("row").first().over("key").alias("of")).filter("goes").select(*_REPEATS)


def _named(rule: str | Rule) -> Rule:
    if isinstance(rule, Rule):
        return rule
    if rule not in RULES:
        raise UnknownName("cleaning rule", rule, RULES)
    return RULES[rule]
