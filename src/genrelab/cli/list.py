"""``genrelab list``: what each drawer holds."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from genrelab.cli import _options as o
from genrelab.cli._console import emit, tell

EXAMPLES = """
genrelab list models
genrelab list shipped
"""


def command(
    drawer: Annotated[
        str,
        typer.Argument(
            help="models, shipped, sources, services, taxonomies, rules, steps, samplings, studies.",
            metavar="WHAT",
        ),
    ],
    json: o.Json = False,
) -> None:
    """List the models there are, or the sources, studies and more.

    Models are what 'genrelab train' can fit; shipped models are fitted already, and label tables at once.
    """
    from genrelab.errors import UnknownName

    if drawer not in _DRAWERS:
        raise UnknownName("list", drawer, _DRAWERS)
    things = _DRAWERS[drawer]()
    if json:
        emit({drawer: _shipped_facts() if drawer == "shipped" else things})
        return
    tell(things.items(), "bold")


def _models() -> dict[str, str]:
    from genrelab.models import MODELS

    return {name: m.meaning + (" (baseline)" if m.baseline else "") for name, m in MODELS.items()}


def _sources() -> dict[str, str]:
    import sys

    from genrelab.sources import SOURCES

    modules = {name: sys.modules[read.__module__] for name, read in SOURCES.items()}
    return {name: (module.__doc__ or "").split("\n")[0].rstrip(".") for name, module in modules.items()}


def _taxonomies() -> dict[str, str]:
    from genrelab.taxonomy import TAXONOMIES

    return {name: f"{t.meaning} ({len(t.genres)} genres)" for name, t in TAXONOMIES.items()}


def _rules() -> dict[str, str]:
    from genrelab.cleaning import RULES

    return {name: rule.meaning for name, rule in RULES.items()}


def _steps() -> dict[str, str]:
    from genrelab.features.steps import STEPS

    return {
        name if step.argument is None else f"{name}:{step.argument:g}": step.meaning
        for name, step in STEPS.items()
    }


def _samplings() -> dict[str, str]:
    from genrelab.sampling import SAMPLINGS

    return {name: sampling.meaning for name, sampling in SAMPLINGS.items()}


def _studies() -> dict[str, str]:
    from genrelab.studies import STUDIES

    return {name: study.meaning for name, study in STUDIES.items()}


def _services() -> dict[str, str]:
    from genrelab.services import SERVICES

    return {name: service.meaning for name, service in SERVICES.items()}


def _shipped() -> dict[str, str]:
    return {name: _told(facts) for name, facts in _shipped_facts().items()}


def _told(facts: dict[str, Any]) -> str:
    """Say of a shipped model what it knows and reads, how good it is, and on what terms."""
    score = facts["accuracy"]
    absent = max((key.count(",") + 1 for key in facts["absent"]), default=0)
    lines = [
        f"{len(facts['genres'])} genres: {', '.join(facts['genres'])}",
        f"reads {', '.join(facts['columns'])}"
        + (f"; up to {absent} of them may be absent" if absent else ""),
        f"accuracy {score['value']:.3f}, 95 % interval {score['low']:.3f}-{score['high']:.3f},"
        f" split by {facts['grouped_by']}; {facts['size'] / 1e6:.1f} MB",
        f"licence: {facts['licence']}",
        *facts["notes"],
    ]
    return "\n".join(lines)


def _shipped_facts() -> dict[str, Any]:
    from genrelab import shipped

    facts: dict[str, Any] = {}
    for name in shipped.SHIPPED:
        card = shipped.card(name)
        facts[name] = {key: card[key] for key in ("genres", "columns", "rows", "grouped_by", "absent")}
        facts[name]["accuracy"] = card["scores"]["accuracy"]
        facts[name] |= {"licence": card["origin"]["licence"], "notes": card["origin"]["notes"]}
        facts[name]["size"] = shipped.size(name)
    return facts


_DRAWERS = {
    "models": _models,
    "shipped": _shipped,
    "sources": _sources,
    "taxonomies": _taxonomies,
    "rules": _rules,
    "steps": _steps,
    "samplings": _samplings,
    "studies": _studies,
    "services": _services,
}
