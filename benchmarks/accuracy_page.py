"""The page of results: one table of who leads, one a table of songs, promises, ceilings, curves, gaps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

OPENING = """\
Same rows, same columns, same threads for all. A seed is a split: `StratifiedGroupKFold(5, shuffle=True,
random_state=7 + seed)`, of which the first fold is the test part; where a split is fixed, a seed is the
models' own. Nobody sees a genre of the test part. Ours and the published systems announce what they score
out-of-fold by artist; a peer announces what it tells its user. Intervals are of 95 %, over 1,000 draws of the
test artists, the same draws for all models of a table. "best, finer words" is told subgenres or tags of the
tracks that it learns from (`train --finer`), and nothing of those that it labels; peers do not take them.
Calibration errors by chance are those that true confidence would have on as many tracks. What is marked †
stands as it was written before: its cells are not at hand, so that it is not compared anew."""
EARLIER = " †"


def lines(figures: Mapping[str, Any]) -> Iterator[str]:
    """Yield the page, line by line."""
    yield "# Accuracy on every table, ours, published systems and peers"
    yield ""
    yield f"{OPENING} Peers, marked *, may fit for {figures['limit']:g} s. Threads: {figures['threads']}."
    yield ""
    yield from _leads(figures["tables"])
    for name, table in figures["tables"].items():
        yield from _table(name, table)
    yield from _promises(figures["promises"])
    yield from _kept(figures["kept"])
    yield from _ceilings(figures["tables"])
    yield from _curves(figures["curves"])
    yield from _missing(figures["missing"], figures["failed"])


def _leads(tables: Mapping[str, Any]) -> Iterator[str]:
    yield "## best beside the best peer"
    yield ""
    yield (
        "The difference of accuracies on the same rows, and its interval: a peer is ahead where the whole"
        " interval lies below nought."
    )
    rows = []
    for name, lead in ((name, lead) for name, table in tables.items() for lead in table["leads"]):
        rows.append(
            (
                f"{name}{_mark(lead)}",
                f"{lead['best']:.4f}",
                f"{lead['peer']}, {lead['accuracy']:.4f}",
                f"{lead['difference']:+.4f} ({lead['low']:+.4f} to {lead['high']:+.4f})",
                "yes" if lead["behind"] else "no",
                len(lead["seeds"]),
                len(lead["compared"]),
            )
        )
    headers = ("table", "best", "best peer", "difference", "peer ahead", "seeds", "peers")
    yield from _grid(headers, rows)


def _table(name: str, table: Mapping[str, Any]) -> Iterator[str]:
    facts = table["facts"]
    yield f"## {name}"
    yield ""
    yield (
        f"{facts['meaning'][0].upper()}{facts['meaning'][1:]}: {facts['tracks']:,} tracks,"
        f" {facts['genres']} genres, kept apart by {facts['apart'].replace('_', ' ')}"
        f" ({facts['groups']:,}); {len(facts['columns'])} columns."
    )
    rows = [
        (
            f"{one['model']}{' *' if one['kind'] == 'peer' else ''}{_mark(one)}",
            f"{one['accuracy']:.4f} ({one['low']:.3f}-{one['high']:.3f})",
            f"{one['macro_f1']:.4f}",
            _signed(one["announced_less_true"]),
            f"{one['log_loss']:.4f}",
            f"{one['calibration_error']:.4f}",
            f"{one['calibration_by_chance']:.4f}",
            f"{one['fit_seconds']:,.1f}",
            f"{one['rows_a_second']:,.0f}",
            f"{one['megabytes']:,.1f}",
            ", ".join(map(str, one["seeds"])),
            ", ".join(one["commits"]),
        )
        for one in table["models"]
    ]
    headers = (
        "model", "accuracy", "macro-F1", "announced - true", "log loss", "calibration error", "by chance",
        "fit s", "rows/s", "MB", "seeds", "at",
    )  # fmt: skip
    yield from _grid(headers, rows)
    notes = [f"- {one['model']}: {note}." for one in table["models"] for note in one["notes"][:1]]
    if notes:
        yield from (*notes, "")


def _promises(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if not rows:
        return
    yield "## What was announced, and what came true, on spotify_30k"
    yield ""
    yield (
        "28,356 unique ids, `StratifiedGroupKFold(5, shuffle=True, random_state=7)` by lower-cased artist,"
        " model seed 0."
    )
    cells = [
        (
            row["fold"],
            f"{row['model']}{_mark(row)}",
            "audio" if row["table"].endswith("_audio") else "all",
            f"{row['announced']:.4f} ({row['low']:.4f}-{row['high']:.4f})",
            f"{row['true']:.4f}",
            "yes" if row["inside"] else "no",
            "" if row["together"] is None else f"{row['together']:.4f}",
            f"{row['calibration_error']:.4f}",
            f"{row['fit_seconds']:.1f}",
            f"{row['megabytes']:.2f}",
        )
        for row in rows
    ]
    headers = (
        "fold", "model", "columns", "announced", "true", "inside", "true, an artist's tracks together",
        "calibration error", "fit s", "MB",
    )  # fmt: skip
    yield from _grid(headers, cells)
    every = [row for row in rows if not row["table"].endswith("_audio")]
    if every:
        gap = np.mean([row["announced"] - row["true"] for row in every])
        yield (
            f"Mean of (announced - true) over {len(every)} folds of `best`"
            f"{EARLIER if any(map(_mark, every)) else ''}: {gap:+.4f};"
            f" {sum(row['inside'] for row in every)} of {len(every)} true scores lie inside the announced"
            f" 95 % interval. Mean accuracy {np.mean([row['true'] for row in every]):.4f}."
        )
        yield ""


def _kept(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Say how often promises by confidence were kept."""
    if not rows:
        return
    yield "## Whether confidence kept its word"
    yield ""
    yield (
        "What `best` promises of `--precision` 0.7, 0.8, 0.9 and 0.95, where any confidence keeps it, and of"
        " `--coverage` 0.8, 0.9 and 0.95, on the test artists of every split: how many of the figures found"
        " lie inside the 95 % interval announced, how many of all are worse than that, and how many"
        " precisions and coverages are what was asked for or more."
    )
    cells = [
        (
            f"{row['table']}{_mark(row)}",
            len(row["splits"]),
            *(_of(row["kinds"].get(kind), "inside") for kind in ("precision", "coverage")),
            _of(row["kinds"].get("precision"), "reached"),
            *(_of(row["kinds"].get(kind), "inside") for kind in ("set_coverage", "set_size")),
            _of(row["kinds"].get("set_coverage"), "reached"),
            *(sum(kind[what] for kind in row["kinds"].values()) for what in ("promises", "inside", "worse")),
        )
        for row in rows
    ]
    headers = (
        "table", "splits", "precision inside", "share labelled inside", "precision reached",
        "coverage of sets inside", "size of sets inside", "coverage of sets reached", "all", "inside",
        "worse",
    )  # fmt: skip
    yield from _grid(headers, cells)


def _of(kind: Mapping[str, int] | None, what: str) -> str:
    return "" if kind is None else f"{kind[what]} of {kind['promises']}"


def _ceilings(tables: Mapping[str, Any]) -> Iterator[str]:
    yield "## What the labels leave possible"
    yield ""
    yield (
        "Repeats of one track under several genres bound any model (ceiling, of the rows as they were"
        " read); the majority genre of the artist's other tracks says how far an artist's genre goes, to"
        " somebody who knows the artist."
    )
    rows = []
    for name, table in tables.items():
        facts = table["facts"]
        known = facts["artist_majority"]
        rows.append(
            (
                name,
                f"{facts['majority']:.3f}",
                "" if known is None else f"{known:.3f} of the {facts['artist_coverage']:.1%} that have any",
                "" if facts["ceiling"] is None else f"{facts['ceiling']:.3f}",
            )
        )
    headers = ("table", "most frequent genre", "the artist's other tracks", "ceiling of repeats")
    yield from _grid(headers, rows)
    yield from _lenient(tables)


def _lenient(tables: Mapping[str, Any]) -> Iterator[str]:
    """Say what models would score where the order of a taxonomy's rules decided nothing."""
    tagged = [(name, found) for name, table in tables.items() for found in table["lenient"]]
    if not tagged:
        return
    yield (
        "Where tags name several genres of a track, its label is that whose rule stands first in the"
        " taxonomy. No sound tells the order of rules: beside the accuracy stands what it is if any genre"
        " that the tags name counts as right."
    )
    rows = [
        (
            name,
            f"{found['several']:.1%}",
            f"{one['model']}{_mark(found)}",
            f"{one['accuracy']:.4f}",
            f"{one['any']:.4f}",
            ", ".join(map(str, found["seeds"])),
        )
        for name, found in tagged
        for one in found["models"]
    ]
    headers = ("table", "tracks of several", "model", "accuracy", "any of them right", "seeds")
    yield from _grid(headers, rows)


def _curves(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if not rows:
        return
    yield "## Learning curves"
    yield ""
    yield "A share of the artists to learn from, drawn at random; the test part is the same."
    cells = [
        (
            row["table"],
            f"{row['model']}{_mark(row)}",
            f"{row['share']:g}",
            f"{row['accuracy']:.4f} ({row['low']:.3f}-{row['high']:.3f})",
            f"{row['macro_f1']:.4f}",
            len(row["seeds"]),
        )
        for row in rows
    ]
    yield from _grid(("table", "model", "share", "accuracy", "macro-F1", "seeds"), cells)


def _missing(missing: Mapping[str, Sequence[str]], failed: Mapping[str, str]) -> Iterator[str]:
    """Name the cells that are not there: models that miss the same ones in one line, then what failed."""
    if not (missing or failed):
        return
    yield "## Not measured"
    yield ""
    alike: dict[tuple[str, ...], list[str]] = {}
    for model, where in missing.items():
        alike.setdefault(tuple(where), []).append(model)
    for where, models in alike.items():
        yield f"- {'; '.join(models)} -- {', '.join(where)}"
    yield from (f"- {what} -- {why}" for what, why in failed.items())
    yield ""


def _mark(row: Mapping[str, Any]) -> str:
    return EARLIER if row.get("earlier") else ""


def _signed(value: float | None) -> str:
    return "" if value is None else f"{value:+.4f}"


def _grid(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    yield ""
    yield f"| {' | '.join(headers)} |"
    yield f"|{'---|' * len(headers)}"
    yield from (f"| {' | '.join(str(value).replace('|', '/') for value in row)} |" for row in rows)
    yield ""
