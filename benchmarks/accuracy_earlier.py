"""What stood in the results before: kept as it was written until all that it speaks of is measured anew.

Earlier results whose cells are gone, or were measured by other code, cannot be compared again. They stay,
marked, beside what is measured now.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

Row = Mapping[str, Any]
Covers = Callable[[Row, Row], bool]
"""Whether a row of now speaks of all that an earlier one speaks of."""
LISTS = (
    ("promises", ("table", "fold"), ""),
    ("kept", ("table",), "splits"),
    ("curves", ("table", "model", "share"), "seeds"),
)
"""Lists beside the tables: what a row is of, and where it names its splits."""


def with_earlier(figures: Mapping[str, Any], earlier: Mapping[str, Any]) -> dict[str, Any]:
    """Return figures with what earlier ones say beyond them, which is marked ``"earlier": True``.

    Earlier figures of a table that has other rows or columns now are left out, and ``failed`` says so.
    """
    tables, failed = {**figures["tables"]}, {**figures["failed"]}
    for name, before in earlier["tables"].items():
        now = tables.get(name, {"facts": before["facts"], "models": [], "leads": [], "lenient": []})
        if now["facts"] != before["facts"]:
            failed[f"{name}, earlier results"] = "were of other rows or columns than the table has now"
            continue
        tables[name] = {"facts": now["facts"], **_parts(now, before)}
    said = {
        **figures,
        "tables": {name: tables[name] for name in {**earlier["tables"], **tables} if name in tables},
        "failed": failed,
    }
    for kind, of, splits in LISTS:
        rows = _joined(figures[kind], earlier[kind], _same(*of, splits=splits))
        said[kind] = sorted(rows, key=itemgetter(*of))
    return {**said, "missing": _still_missing(figures["missing"], said["tables"])}


def _parts(now: Row, before: Row) -> dict[str, Any]:
    """Put together what is known of one table."""
    models = _joined(now["models"], before["models"], _same("model", splits="seeds"))
    return {
        "models": sorted(models, key=lambda one: -one["accuracy"]),
        "leads": _joined(now["leads"], before["leads"], _leads_over_as_many),
        "lenient": _joined(now["lenient"], before["lenient"], _lenient_covers),
    }


def _joined(now: Sequence[Row], before: Sequence[Row], covers: Covers) -> list[Row]:
    return [*now, *({**old, "earlier": True} for old in before if not any(covers(new, old) for new in now))]


def _same(*equal: str, splits: str = "") -> Covers:
    """Build what asks whether rows agree in some values, and the new one is of all splits of the old one."""
    return lambda new, old: (
        all(new[name] == old[name] for name in equal) and (not splits or {*old[splits]} <= {*new[splits]})
    )


def _leads_over_as_many(new: Row, old: Row) -> bool:
    now = new["compared"]
    return all({*seeds} <= {*now.get(peer, ())} for peer, seeds in old["compared"].items())


def _lenient_covers(new: Row, old: Row) -> bool:
    now, before = ({one["model"] for one in each["models"]} for each in (new, old))
    return before <= now and {*old["seeds"]} <= {*new["seeds"]}


def _still_missing(
    gaps: Mapping[str, Mapping[str, Sequence[int]]], tables: Mapping[str, Any]
) -> dict[str, dict[str, list[int]]]:
    """Leave out the splits that earlier rows speak of."""
    seen = {
        (name, one["model"], seed)
        for name, table in tables.items()
        for one in table["models"]
        for seed in one["seeds"]
    }
    left = {
        model: {
            name: [seed for seed in seeds if (name, model, seed) not in seen] for name, seeds in of.items()
        }
        for model, of in gaps.items()
    }
    kept = {model: {name: seeds for name, seeds in of.items() if seeds} for model, of in left.items()}
    return {model: of for model, of in kept.items() if of}
