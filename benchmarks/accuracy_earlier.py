"""What stood in the results before: kept as it was written until its cells are there anew.

Rows of earlier results whose cells are gone, or were measured by other code, cannot be compared again. They
stay, marked, and give way once every split that they speak of has a cell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]


def with_earlier(figures: Mapping[str, Any], earlier: Mapping[str, Any]) -> dict[str, Any]:
    """Return figures with what earlier ones say beyond them, which is marked ``"earlier": True``."""
    tables = {**figures["tables"]}
    for name, before in earlier["tables"].items():
        tables[name] = _table(tables[name], before) if name in tables else _marked_table(before)
    order = [name for name in (*earlier["tables"], *tables) if name in tables]
    told = {
        **figures,
        "tables": {name: tables[name] for name in dict.fromkeys(order)},
        "machines": sorted({*figures["machines"], *earlier["machines"]}),
    }
    for kind, of in (("promises", ("table", "fold")), ("curves", ("table", "model", "share"))):
        told[kind] = _rows(figures[kind], earlier[kind], of)
    seen = {
        (name, one["model"]): one["seeds"]
        for name, table in told["tables"].items()
        for one in table["models"]
    }
    return {**told, "missing": _still_missing(figures["missing"], seen)}


def _table(now: Row, before: Row) -> dict[str, Any]:
    """Put together what is known of a table: rows that speak of more splits, the lead over more peers."""
    rows = {one["model"]: one for one in now["models"]}
    for one in before["models"]:
        if not {*one["seeds"]} <= {*rows.get(one["model"], {"seeds": ()})["seeds"]}:
            rows[one["model"]] = _marked(one)
    lead, lenient = now["lead"], now["lenient"]
    if before["lead"] and (lead is None or _reach(lead) < _reach(before["lead"])):
        lead = _marked(before["lead"])
    if before["lenient"] and (lenient is None or len(lenient["models"]) < len(before["lenient"]["models"])):
        lenient = _marked(before["lenient"])
    models = sorted(rows.values(), key=lambda one: -one["accuracy"])
    return {**now, "models": models, "lead": lead, "lenient": lenient}


def _reach(lead: Row) -> tuple[int, int]:
    return lead["of_peers"], len(lead["seeds"])


def _marked(row: Row) -> dict[str, Any]:
    return {**row, "earlier": True}


def _marked_table(before: Row) -> dict[str, Any]:
    parts = {name: before[name] and _marked(before[name]) for name in ("lead", "lenient")}
    return {**before, **parts, "models": [_marked(one) for one in before["models"]]}


def _rows(now: Sequence[Row], before: Sequence[Row], of: Sequence[str]) -> list[Row]:
    """Add earlier rows that are not there now, in the order of what they are of."""

    def key(row: Row) -> tuple[Any, ...]:
        return tuple(row[name] for name in of)

    there = {key(row) for row in now}
    kept = [_marked(row) for row in before if key(row) not in there]
    return sorted((*now, *kept), key=key)


def _still_missing(
    gaps: Mapping[str, Mapping[str, Sequence[int]]], seen: Mapping[tuple[str, str], Sequence[int]]
) -> dict[str, dict[str, list[int]]]:
    """Leave out the splits that earlier rows speak of."""
    left = {
        model: {
            table: [seed for seed in seeds if seed not in seen.get((table, model), ())]
            for table, seeds in tables.items()
        }
        for model, tables in gaps.items()
    }
    return {
        model: kept
        for model, tables in left.items()
        if (kept := {t: seeds for t, seeds in tables.items() if seeds})
    }
