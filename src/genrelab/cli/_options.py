"""Arguments and options that several commands take, each said once, and how their values are read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

import typer

from genrelab.errors import SettingError, UnknownName

if TYPE_CHECKING:
    from genrelab.dataset import Split
    from genrelab.recipe import Recipe

Tables: TypeAlias = Annotated[
    list[str],
    typer.Argument(
        help="CSV, TSV, JSON or Parquet, plain or .gz; files or folders. Or a database: postgresql://..., or"
        " an SQLite or DuckDB file.",
        metavar="TABLE...",
    ),
]
Query: TypeAlias = Annotated[
    str | None,
    typer.Option("--query", help="SELECT that gives the tracks, where TABLE is a database.", metavar="SQL"),
]
TableName: TypeAlias = Annotated[
    str | None,
    typer.Option("--table", help="Table to read, where TABLE is a database of several.", metavar="NAME"),
]
ModelDir: TypeAlias = Annotated[
    Path,
    typer.Argument(
        help="Folder that 'genrelab train' wrote, or a name of 'genrelab list shipped'.", metavar="MODEL_DIR"
    ),
]
Label: TypeAlias = Annotated[
    str,
    typer.Option("--label", help="Column that holds the genre, by its header or our name.", metavar="COLUMN"),
]
Join: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--join",
        help="Another table with the rest of the columns, joined by track id, or by title and artist.",
        metavar="TABLE",
    ),
]
Columns: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--columns",
        help="Columns that the model may read, such as tempo,mfcc_*. By default all that are known to"
        " describe a track and do not leak.",
        metavar="A,B,...",
    ),
]
Model: TypeAlias = Annotated[str, typer.Option("--model", help="See 'genrelab list models'.", metavar="NAME")]
Taxonomy: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--taxonomy", help="Make genres of the label's tags first: a name or a file.", metavar="NAME"
    ),
]
SplitName: TypeAlias = Annotated[
    str,
    typer.Option(
        "--split",
        help="What never stands on both sides of a split. Only 'artist' tells about unheard artists.",
        metavar="artist|track|row",
    ),
]
Seed: TypeAlias = Annotated[
    int,
    typer.Option("--seed", help="The same seed gives the same result.", metavar="N", min=0, max=2**32 - 1),
]
Threads: TypeAlias = Annotated[
    int, typer.Option("--threads", help="Threads that a model may use.", metavar="N", min=1)
]
MinTracks: TypeAlias = Annotated[
    int, typer.Option("--min-tracks", help="Leave out genres with fewer tracks.", metavar="N", min=0)
]
SkipRules: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--skip-rules", help="Rules that cleaning shall not apply, such as not_a_song.", metavar="A,B,..."
    ),
]
Settings: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        help="A setting of the model, such as n_estimators=500; may be repeated.",
        metavar="NAME=VALUE",
    ),
]
FeaturesName: TypeAlias = Annotated[
    str,
    typer.Option(
        "--features",
        help="'derived' adds relations of columns, 'plain' adds nothing, 'words' counts words of titles.",
        metavar="derived|plain|words",
    ),
]
Steps: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--steps",
        help="Steps before the model, fitted inside every fold: standardise,anova:10,pca:0.9."
        " See 'genrelab list steps'.",
        metavar="A,B,...",
    ),
]
SamplingName: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--sampling", help="Make genres equally frequent inside every fold.", metavar="under|over|smote"
    ),
]
ClassWeights: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--class-weights",
        help="'balanced' makes every genre count the same; else a weight for each: pop=1,rock=2.5",
        metavar="WEIGHTS",
    ),
]
Together: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--together",
        help="See tracks of one artist in the light of each other: better where artists have several.",
    ),
]
Licence: TypeAlias = Annotated[
    str, typer.Option("--licence", help="Licence of the table, kept in the model's card.", metavar="TEXT")
]
Html: TypeAlias = Annotated[
    Path | None, typer.Option("--report", help="Write an HTML report with plots.", metavar="FILE")
]
Overwrite: TypeAlias = Annotated[bool, typer.Option("--overwrite", help="Replace outputs that exist.")]
Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]


def names(option: str, value: str | None) -> list[str] | None:
    """Part a list of names at its commas; None where the option was not given."""
    if value is None:
        return None
    found = [name.strip() for name in value.split(",") if name.strip()]
    if not found:
        raise SettingError(f"{option}: names nothing: part names by commas")
    return found


def rules(value: str | None) -> list[str]:
    """Name the cleaning rules that are left when some are skipped."""
    from genrelab.cleaning import RULES

    skipped = names("--skip-rules", value) or []
    for rule in skipped:
        if rule not in RULES:
            raise UnknownName("cleaning rule", rule, RULES)
    return [rule for rule in RULES if rule not in skipped]


def weights(value: str | None) -> Literal["balanced"] | Mapping[str, float] | None:
    """Read ``balanced`` or ``pop=1,rock=2.5``.

    Examples
    --------
    >>> weights("pop=1, rock=2.5")
    {'pop': 1.0, 'rock': 2.5}
    """
    if value is None:
        return None
    if value == "balanced":
        return "balanced"
    return dict(_weight(part) for part in value.split(","))


def _weight(part: str) -> tuple[str, float]:
    genre, _, number = part.rpartition("=")
    try:
        weight = float(number)
    except ValueError:
        weight = 0.0
    if not genre.strip() or not 0 < weight < float("inf"):
        raise SettingError(
            f"--class-weights: {part!r} is no weight above 0: write balanced, or pop=1,rock=2.5"
        )
    return genre.strip(), weight


def split(value: str) -> Split:
    """Check the name of a split."""
    from genrelab.dataset import SPLITS

    for known in SPLITS:
        if value == known:
            return known
    raise UnknownName("split", value, SPLITS)


def model(name: str) -> str:
    """Check the name of a model."""
    from genrelab.models import MODELS

    if name not in list(MODELS):
        raise UnknownName("model", name, MODELS)
    return name


def recipe(
    model: str,
    settings: list[str] | None = None,
    features: str = "derived",
    steps: str | None = None,
    sampling: str | None = None,
    class_weights: str | None = None,
) -> Recipe:
    """Say in one recipe what a command is to fit."""
    from genrelab.features.inputs import FEATURES
    from genrelab.recipe import Recipe, parse_settings

    for known in FEATURES:
        if features == known:
            chosen = parse_settings(settings or [])
            listed = tuple(names("--steps", steps) or ())
            return Recipe(model, chosen, known, listed, sampling, weights(class_weights))
    raise UnknownName("kind of features", features, FEATURES)
