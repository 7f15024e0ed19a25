"""``genrelab list``: what each drawer holds."""

from __future__ import annotations

from typing import Annotated

import typer

from genrelab.cli import _options as o
from genrelab.cli._console import emit, tell

EXAMPLES = """
genrelab list models
"""


def command(
    drawer: Annotated[
        str,
        typer.Argument(
            help="models, sources, services, taxonomies, rules, steps, samplings, studies.", metavar="WHAT"
        ),
    ],
    json: o.Json = False,
) -> None:
    """List the models there are, or the sources, studies and more."""
    from genrelab.errors import UnknownName

    if drawer not in _DRAWERS:
        raise UnknownName("list", drawer, _DRAWERS)
    things = _DRAWERS[drawer]()
    if json:
        emit({drawer: things})
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


_DRAWERS = {
    "models": _models,
    "sources": _sources,
    "taxonomies": _taxonomies,
    "rules": _rules,
    "steps": _steps,
    "samplings": _samplings,
    "studies": _studies,
    "services": _services,
}
