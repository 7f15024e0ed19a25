"""What an explanation says, in tables of words: the terminal and the page both show these."""

from __future__ import annotations

import math

import polars as pl

from genrelab.insight.explanation import Explanation
from genrelab.insight.explanation_song import Song
from genrelab.insight.explanation_summary import CONFIDENCE
from genrelab.insight.explanation_tree import Tree
from genrelab.insight.tables import Table, figure, percent

TOP = 20
TOP_OF_GENRE = 10
CLEAR = 0.3
"""Rank correlation from which large values are said to speak for or against a genre."""
UNITS = {
    "log-probability": "on the scale of the log-probability: 0.7 about doubles a genre's odds",
    "probability": "in probability, before calibration",
    "score": "on the scale of the model's own score",
}
SHORT_UNITS = {"log-probability": "log-probability", "probability": "probability", "score": "score"}


def tabulate_importance(found: Explanation) -> Table:
    """Tabulate the shares of the gain."""
    rows = [(name, percent(share, 1)) for name, share in found.importance.head(TOP).iter_rows()]
    tells = "Share of the gain, the purity that splits on a feature brought while the model learned."
    return Table("Gain while learning", tells, ("feature", "share"), tuple(rows))


def tabulate_permutation(found: Explanation, title: str = "Permutation importance") -> Table:
    """Tabulate what is lost when a column is shuffled."""
    rows = tuple(
        (column, _signless(drop), f"± {figure(spread)}", _signless(rise), f"± {figure(also)}")
        for column, drop, spread, rise, also in found.permutation.iter_rows()
    )
    tells = "What the model loses when a column of the table is shuffled; ± is the spread over the repeats."
    headers = ("column", "accuracy lost", "spread", "log loss gained", "spread")
    return Table(title, tells, headers, rows)


def tabulate_shap(found: Explanation) -> Table:
    """Tabulate mean absolute SHAP values."""
    rows = tuple((name, figure(mean)) for name, mean in found.shap.head(TOP).iter_rows())
    tells = f"Mean absolute SHAP value over {found.shap_rows:,} tracks and all genres, {UNITS[found.scale]}."
    return Table("SHAP values", tells, ("feature", "mean |SHAP|"), rows)


def tabulate_genre(found: Explanation, genre: str) -> Table:
    """Tabulate what speaks for and against one genre."""
    own = found.shap_per_genre.filter(pl.col("genre") == genre).head(TOP_OF_GENRE)
    rows = tuple(
        (name, _direction(toward), figure(mean))
        for name, mean, toward in own.select("feature", "mean_abs", "direction").iter_rows()
    )
    tells = "One dot for each track: to the right, the feature speaks for the genre; colour is its value."
    return Table(f"What speaks for {genre}", tells, ("feature", "large values speak", "mean |SHAP|"), rows, 2)


def tabulate_directions(found: Explanation, top: int = 3) -> Table:
    """Tabulate in words, for every genre, the features that matter most."""
    rows = []
    for genre in found.genres:
        own = found.shap_per_genre.filter(pl.col("genre") == genre).head(4 * top)
        sides = (own.filter(pl.col("direction") >= CLEAR), own.filter(pl.col("direction") <= -CLEAR))
        large, small = (", ".join(side["feature"].head(top)) for side in sides)
        rows.append((genre, large or "-", small or "-"))
    tells = "Features of which large values, and those of which small values, speak most for a genre."
    return Table("What speaks for each genre", tells, ("genre", "large", "small"), tuple(rows), 3)


def tabulate_coefficients(found: Explanation, member: str, genre: str) -> Table:
    """Tabulate the weights of a linear model for one genre, largest first."""
    rows = tuple((name, figure(weight)) for name, weight in largest_coefficients(found, member, genre))
    what = "of standardised features" if found.standardised else "of features in their own units"
    tells = f"Weights {what}: above 0, large values speak for the genre."
    several = found.coefficients["member"].n_unique() > 1
    title = f"Coefficients of {genre}, {member}" if several else f"Coefficients of {genre}"
    return Table(title, tells, ("feature", "coefficient"), rows)


def largest_coefficients(found: Explanation, member: str, genre: str) -> list[tuple[str, float]]:
    """Return the features with the largest weights, and these."""
    own = found.coefficients.filter(pl.col("member") == member, pl.col("genre") == genre)
    return list(
        own.sort(pl.col("coefficient").abs(), descending=True).head(TOP)["feature", "coefficient"].iter_rows()
    )


def tabulate_density(found: Explanation, of: str) -> Table:
    """Tabulate a histogram of confidence, or of the probability of a genre."""
    own = found.densities.filter(pl.col("of") == of)
    groups = list(own["group"].unique(maintain_order=True))
    counts = [own.filter(pl.col("group") == group)["tracks"] for group in groups]
    bounds = own.filter(pl.col("group") == groups[0]).select("low", "high").iter_rows()
    rows = tuple(
        (f"{low:.2f}-{high:.2f}", *(f"{column[place]:,}" for column in counts))
        for place, (low, high) in enumerate(bounds)
    )
    title = "Confidence" if of == CONFIDENCE else f"Probability of {of}"
    tells = f"Share of tracks at each {'confidence' if of == CONFIDENCE else 'probability'}: {_told(groups)}."
    return Table(title, tells, (of, *groups), rows)


def _told(groups: list[str]) -> str:
    return groups[0] if len(groups) == 1 else f"{groups[0]} against {groups[1]}"


def tabulate_tree(tree: Tree) -> Table:
    """Tabulate the questions of a tree."""
    rows = tuple(
        (
            f"{'· ' * node['depth']}{node['answer'] and node['answer'] + ': '}{node['question'] or 'then'}",
            node["genre"],
            percent(node["share"]),
            f"{node['tracks']:,}",
        )
        for node in tree.nodes.iter_rows(named=True)
    )
    tells = (
        f"The first questions of {tree.depth} in a row at most, {tree.leaves:,} leaves in all: the most"
        " frequent genre at each, with its share of the tracks learned from that came there."
    )
    return Table("The decision tree", tells, ("question", "genre", "share", "tracks"), rows, 2)


def tabulate_song(song: Song) -> Table:
    """Tabulate what each column adds for a song's genre."""
    rows = [("before anything is known", "", figure(song.base))]
    rows += [
        (column, " ".join(filter(None, (value, level))), f"{added:+.3f}")
        for column, value, level, added in song.contributions.iter_rows()
    ]
    rows.append(("together", "", figure(song.score)))
    tells = f"What each column adds, {UNITS.get(song.scale, '')}."
    return Table(f"Why {song.name} is {song.genre}", tells, ("column", "value", "adds"), tuple(rows), 2)


def tabulate_probabilities(song: Song) -> Table:
    """Tabulate the probability of each genre for a song."""
    rows = tuple((genre, figure(chance)) for genre, chance in song.probabilities.iter_rows())
    return Table("Its genres", "Probability of each genre.", ("genre", "probability"), rows)


def tabulate_words(song: Song) -> Table:
    """Tabulate what each word adds for a song's genre."""
    rows = tuple((word, f"{weight:+.3f}") for word, weight in song.words.iter_rows())
    tells = f"What each word adds to the text model's score for {song.genre}, against the mean of the genres."
    return Table("Its words", tells, ("word", "adds"), rows)


def _signless(value: float) -> str:
    """Write a figure, without a sign where it rounds to 0."""
    return figure(round(value, 3) + 0.0)


def _direction(toward: float) -> str:
    if not math.isfinite(toward) or abs(toward) < CLEAR:
        return "either way"
    return "for it" if toward > 0 else "against it"
