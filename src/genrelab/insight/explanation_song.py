"""Why a model gives one song its genre, in a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from genrelab.classifier import Classifier
from genrelab.errors import MissingExtra, SettingError
from genrelab.features.derived import DERIVED
from genrelab.features.steps import CATEGORIES
from genrelab.insight.explanation_contributions import TEXT, Contributions, of_classifier
from genrelab.insight.explanation_words import EMPTY as NO_WORDS
from genrelab.insight.explanation_words import words
from genrelab.schema import CONTRACT, TEXT_COLUMNS

Floats = NDArray[np.float64]

BACKGROUND = 50
"""Other tracks that are read beside the song, for the average of models that keep none."""
ENOUGH = 30
"""Values of a column of which "low" and "high" are thirds; where fewer, thirds of its range are."""
_FOR, _AGAINST = 3, 2
_NOTABLE = 0.2  # share of the largest contribution below which none is worth a word
_CIRCLE = ("key_sin", "key_cos")
CONTRIBUTIONS = {"column": pl.String, "value": pl.String, "level": pl.String, "contribution": pl.Float64}


@dataclass(frozen=True, slots=True, eq=False)
class Song:
    """Why a model gives one song its genre.

    Attributes
    ----------
    name
        Title and artist, as far as they are known.
    genre, confidence
        What the model says, and the genre's probability.
    contributions
        ``column, value, level, contribution``: what each column of the table adds for the genre, the largest
        first; level is "low", "high" or "". What a relation of two columns adds is shared equally between
        them; title, artist and album as words are the one column "text". Empty where it is not known.
    base, score
        What the model says of any song, and of this one: with the contributions, base sums to score.
    scale
        Of what sums: "log-probability", "probability", "score", or "" where nothing is known.
    words
        ``word, weight``: words of the text that speak most for the genre, or against it, on the scale of the
        text model's own score.
    probabilities
        ``genre, probability``, the largest first.
    notes
        What is missing.
    synthetic
        Whether the model learned from tracks that a generator drew.
    """

    name: str
    genre: str
    confidence: float
    contributions: pl.DataFrame
    base: float
    score: float
    scale: str
    words: pl.DataFrame
    probabilities: pl.DataFrame
    notes: tuple[str, ...] = ()
    synthetic: bool = False

    @property
    def sentence(self) -> str:
        """Say what speaks for the genre, and what against."""
        said = f"{self.name} is {self.genre} ({self.confidence:.2f})"
        least = _NOTABLE * float(self.contributions["contribution"].abs().max() or 0.0)  # type: ignore[arg-type]
        rows = self.contributions.filter(pl.col("contribution").abs() >= least, pl.col("contribution") != 0)
        pro, con = (rows.filter(sign) for sign in (pl.col("contribution") > 0, pl.col("contribution") < 0))
        parts = [
            self._side(side.head(most), words)
            for side, most, words in ((pro, _FOR, "for it"), (con, _AGAINST, "against it"))
            if side.height
        ]
        return f"{said}: {', '.join(parts)}" if parts else said

    def _side(self, rows: pl.DataFrame, side: str) -> str:
        named = [
            self._named(*row) for row in rows.select("column", "value", "level", "contribution").iter_rows()
        ]
        listed = named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"
        plural = len(named) > 1 or rows["column"][0] == TEXT
        return f"{listed} {'speak' if plural else 'speaks'} {side}"

    def _named(self, column: str, value: str, level: str, contribution: float) -> str:
        if column == TEXT:
            sided = self.words.filter(pl.col("weight") * contribution > 0)
            told = [
                f"“{word}”" for word in sided.sort(pl.col("weight").abs(), descending=True)["word"].head(2)
            ]
            return f"its words ({', '.join(told)})" if told else "its words"
        if column in TEXT_COLUMNS:
            return f"how its {column} is written"
        name = column.replace("_", " ")
        return f"{level} {name} ({value})" if level else f"{name} {value}".rstrip()


def explain_song(classifier: Classifier, tracks: pl.DataFrame, row: int) -> Song:
    """Explain what a classifier says of one track of a table.

    Parameters
    ----------
    classifier
        The model.
    tracks
        A table that keeps the schema; "low" and "high" are said against its values.
    row
        Position of the track, from 0.

    Raises
    ------
    SettingError
        When there is no such row.
    SchemaError
        When the table lacks a column that the model reads.

    Examples
    --------
    >>> from genrelab import dataset, schema, training
    >>> songs = schema.sample(120, seed=0)
    >>> model = training.train(dataset.make(songs), "logistic", folds=2, threads=1)
    >>> explain_song(model, songs, 7).sentence
    'song 7 by artist ... is ...: ... speak... for it...'
    """
    if not 0 <= row < tracks.height:
        raise SettingError(f"row {row}: the table has {tracks.height:,} tracks: choose from 0 on")
    probabilities = classifier.predict_proba(tracks[row : row + 1])[0]
    code = int(probabilities.argmax())
    parted, notes = _contributions(classifier, tracks, row)
    columns, base = _by_column(parted, code, tracks, row), 0.0 if parted is None else float(parted.base[code])
    told = pl.DataFrame({"genre": list(classifier.genres), "probability": probabilities})
    read_text = parted is not None and TEXT in parted.names
    return Song(
        name=_name(tracks, row),
        genre=classifier.genres[code],
        confidence=float(probabilities[code]),
        contributions=columns,
        base=base,
        score=base + float(columns["contribution"].sum()),
        scale="" if parted is None else parted.scale,
        words=words(classifier, tracks[row : row + 1], code) if read_text else pl.DataFrame(schema=NO_WORDS),
        probabilities=told.sort("probability", descending=True),
        notes=notes,
        synthetic=classifier.card.origin.synthetic,
    )


def _contributions(
    classifier: Classifier, tracks: pl.DataFrame, row: int
) -> tuple[Contributions | None, tuple[str, ...]]:
    """Explain one row, read before some others of which linear models take the average."""
    others = np.linspace(0, tracks.height - 1, min(BACKGROUND, tracks.height)).astype(np.int64)
    features = classifier.card.recipe.read(tracks[[row, *others.tolist()]], classifier.card.columns)
    try:
        return of_classifier(classifier, features, rows=1)
    except MissingExtra as error:
        return None, (f"no SHAP values: {error}",)


def _by_column(parted: Contributions | None, code: int, tracks: pl.DataFrame, row: int) -> pl.DataFrame:
    """Add up features to the columns that they are made of."""
    if parted is None:
        return pl.DataFrame(schema=CONTRIBUTIONS)
    totals: dict[str, float] = {}
    inputs: dict[str, float] = {}
    for place, name in enumerate(parted.names):
        parents = columns_of(name, tracks.columns) or (name,)
        for column in parents:
            totals[column] = totals.get(column, 0.0) + float(parted.values[0, place, code]) / len(parents)
        inputs[name] = float(parted.inputs[0, place])
    rows = [(name, *_value(name, tracks, row, inputs), total) for name, total in totals.items()]
    table = pl.DataFrame(rows, CONTRIBUTIONS, orient="row")
    return table.sort(pl.col("contribution").abs(), descending=True, maintain_order=True)


def columns_of(feature: str, columns: Sequence[str]) -> tuple[str, ...]:
    """Name the columns of a table that a feature is made of; none where that cannot be told.

    Examples
    --------
    >>> columns_of("dance_mood", ["danceability", "valence", "tempo"])
    ('danceability', 'valence')
    >>> columns_of("title_length", ["title"]), columns_of("pca0", ["title"])
    (('title',), ())
    """
    if feature in columns:
        return (feature,)
    if feature in _CIRCLE:
        return ("key",)
    if feature in DERIVED:
        return DERIVED[feature][0]
    if feature == "title_is_album":
        return ("title", "album")
    return tuple(name for name in TEXT_COLUMNS if name in columns and feature.startswith(f"{name}_"))


def _value(column: str, tracks: pl.DataFrame, row: int, inputs: Mapping[str, float]) -> tuple[str, str]:
    """Write a column's value, and whether it is low or high."""
    if column == TEXT or column in TEXT_COLUMNS:
        return "", ""
    if column not in tracks.columns or not tracks.schema[column].is_numeric():
        return _written(inputs.get(column)), ""
    value = tracks[column][row]
    return _written(value), "" if column in CATEGORIES else level(tracks[column], value)


def _written(value: float | None) -> str:
    """Write a number briefly.

    Examples
    --------
    >>> _written(0.8512), _written(91.97), _written(-7.25), _written(7), _written(None)
    ('0.85', '92', '-7.2', '7', 'missing')
    """
    if value is None or not np.isfinite(value):
        return "missing"
    if isinstance(value, int):
        return str(value)
    if abs(value) < 1:
        return f"{value:.2f}"
    return f"{value:.1f}" if abs(value) < 10 and value != int(value) else f"{value:.0f}"


def level(column: pl.Series, value: float | None) -> str:
    """Say whether a value is among the least third or the largest third of a column; "" where it is neither.

    Examples
    --------
    >>> level(pl.Series("energy", [0.5]), 0.9), level(pl.Series("tempo", range(60)), 30)
    ('high', '')
    """
    known = column.drop_nulls()
    if value is None or not np.isfinite(value):
        return ""
    if len(known) >= ENOUGH:
        share = (float((known < value).mean() or 0.0) + float((known <= value).mean() or 0.0)) / 2  # type: ignore[arg-type]
        return "low" if share < 1 / 3 else "high" if share > 2 / 3 else ""
    bounds = CONTRACT.get(column.name)
    if bounds is None or (bounds.low, bounds.high) != (0, 1):
        return ""
    return "low" if value < 1 / 3 else "high" if value > 2 / 3 else ""


def _name(tracks: pl.DataFrame, row: int) -> str:
    title, artist = (
        str(tracks[name][row] or "") if name in tracks.columns else "" for name in ("title", "artist")
    )
    title = " ".join(title.split()) or f"Track {row + 1}"
    return f"{title} by {' '.join(artist.split())}" if artist.strip() else title
