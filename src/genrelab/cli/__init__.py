"""The command line: a drawer with one module per verb. Each parses, calls the public API, and prints."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pkgutil import iter_modules

# OpenMP's idle threads must sleep: where another program has a core, spinning ones slow training tenfold.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import typer
from typer.exceptions import TyperException

from genrelab.errors import GenrelabError

VERBS = tuple(sorted(m.name.rstrip("_") for m in iter_modules(__path__) if not m.name.startswith("_")))


def app() -> typer.Typer:
    """Build the application from the modules in this folder."""
    main_app = typer.Typer(
        help="Give songs their genre. The accuracy it announces is the accuracy you get on unheard artists.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    for module in sorted(m.name for m in iter_modules(__path__) if not m.name.startswith("_")):
        verb = import_module(f"{__name__}.{module}")
        if isinstance(verb.command, typer.Typer):
            main_app.add_typer(verb.command, name=module.rstrip("_"))
        else:
            main_app.command(module.rstrip("_"))(verb.command)
    return main_app


def main(arguments: list[str] | None = None) -> None:
    """Run one command: exit 0 on success, 2 on a user's error with one line on stderr."""
    try:
        code = app()(args=arguments, prog_name="genrelab", standalone_mode=False)
    except GenrelabError as error:
        _fail(str(error))
    except TyperException as error:
        _fail(f"{getattr(error, 'format_message', error.__str__)()}: see 'genrelab --help'")
    except (KeyboardInterrupt, typer.Abort):
        sys.stderr.write("interrupted: nothing was left half-written\n")
        sys.exit(130)
    sys.exit(code if isinstance(code, int) else 0)


def _fail(message: str) -> None:
    line = " ".join(message.split())
    sys.stderr.write(f"error: {line}\n")
    sys.exit(2)
