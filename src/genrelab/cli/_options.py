"""Arguments and options that several commands take, each said once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from genrelab.errors import SettingError

if TYPE_CHECKING:
    from genrelab.dataset import Split

Tables: TypeAlias = Annotated[
    list[Path],
    typer.Argument(help="CSV, TSV, JSON or Parquet file, a folder of parts, or several.", metavar="TABLE..."),
]
ModelDir: TypeAlias = Annotated[
    Path, typer.Argument(help="Folder that 'genrelab train' wrote.", metavar="MODEL_DIR")
]
Label: TypeAlias = Annotated[
    str, typer.Option("--label", help="Column that holds the genre: your header or ours.")
]
Join: TypeAlias = Annotated[
    list[Path] | None, typer.Option("--join", help="A second table, joined by track id.", metavar="TABLE")
]
Columns: TypeAlias = Annotated[
    str | None,
    typer.Option("--columns", help="Columns that a model may read, parted by commas.", metavar="A,B,..."),
]
SplitName: TypeAlias = Annotated[
    str,
    typer.Option("--split", help="What stays on one side: artist, track or row.", metavar="artist|track|row"),
]
Seed: TypeAlias = Annotated[int, typer.Option("--seed", help="The same seed gives the same result.")]
Threads: TypeAlias = Annotated[int, typer.Option("--threads", min=1, help="Threads that models may use.")]
MinTracks: TypeAlias = Annotated[
    int, typer.Option("--min-tracks", min=0, help="Leave out genres with fewer tracks than this.")
]
SkipRules: TypeAlias = Annotated[
    str | None,
    typer.Option("--skip-rules", help="Cleaning rules not to apply, parted by commas.", metavar="A,B,..."),
]
ClassWeights: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--class-weights", help="balanced, or a weight for every genre: pop=1,rock=2.5", metavar="WEIGHTS"
    ),
]
Licence: TypeAlias = Annotated[str, typer.Option("--licence", help="Licence of the table, kept in the card.")]
Html: TypeAlias = Annotated[
    Path | None, typer.Option("--report", help="Write an HTML report here.", metavar="FILE")
]
Overwrite: TypeAlias = Annotated[bool, typer.Option("--overwrite", help="Replace an output that exists.")]
Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]


def names(value: str | None) -> list[str] | None:
    """Part a list of names at its commas."""
    return None if value is None else [name.strip() for name in value.split(",") if name.strip()]


def weights_by_genre(value: str | None) -> Any:
    """Read ``balanced`` or ``pop=1,rock=2.5``."""
    if value is None or "=" not in value:
        return value
    table: Mapping[str, float] = dict(_weight(part) for part in value.split(","))
    return table


def _weight(part: str) -> tuple[str, float]:
    genre, _, number = part.rpartition("=")
    try:
        return genre.strip(), float(number)
    except ValueError:
        raise SettingError(f"--class-weights: {part!r} is not GENRE=NUMBER: write pop=1,rock=2.5") from None


def known_split(value: str) -> Split:
    """Check the name of a split."""
    from genrelab.dataset import SPLITS

    for split in SPLITS:
        if value == split:
            return split
    raise SettingError(f"--split: {value!r} is unknown: choose {', '.join(SPLITS)}")
