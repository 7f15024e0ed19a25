"""The command line: a drawer with one module per verb. Each parses, calls the public API, and prints.

A module has ``command``, a function or a `typer.Typer` of several, and ``EXAMPLES``, lines of its help.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.metadata import version
from pkgutil import iter_modules
from typing import Annotated, NoReturn

import typer
from typer.exceptions import TyperException

from genrelab.cli import _console
from genrelab.cli._verb import Verb, Verbs
from genrelab.errors import GenrelabError
from genrelab.files import FULL

VERBS = tuple(sorted(m.name for m in iter_modules(__path__) if not m.name.startswith("_")))
INTERRUPTED = 130


def app() -> typer.Typer:
    """Build the application from the modules in this folder."""
    main_app = typer.Typer(cls=Verbs, add_completion=False, rich_markup_mode=None)
    main_app.callback()(_genrelab)
    for name in VERBS:
        verb = import_module(f"{__name__}.{name}")
        if isinstance(verb.command, typer.Typer):
            main_app.add_typer(verb.command, name=name)
        else:
            main_app.command(name, cls=Verb, epilog=verb.EXAMPLES)(verb.command)
    return main_app


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"genrelab {version('genrelab')}")
        raise typer.Exit


def _genrelab(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    """Give songs their genre. The accuracy announced is what you get on unheard artists."""


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run one command: exit 0 on success, 2 on a user's error with one line on stderr."""
    _console.open_streams()
    try:
        with _console.terminable(), _console.warnings_told():
            sys.exit(_run(sys.argv[1:] if arguments is None else arguments))
    except GenrelabError as error:
        _fail(str(error))
    except TyperException as error:
        _fail(_usage(error))
    except BrokenPipeError:  # who reads our output has seen enough, as in 'genrelab ... | head'
        _console.OUT.on_broken_pipe()
        sys.exit(1)
    except OSError as error:
        if error.errno not in FULL:
            raise
        _fail(f"disk: {error.strerror}: make room, then try again")
    except KeyboardInterrupt:
        sys.stderr.write("interrupted: nothing was left half-written\n")
        sys.exit(INTERRUPTED)


def _run(arguments: list[str]) -> int:
    command = typer.main.get_command(app())
    try:
        with command.make_context("genrelab", [*arguments]) as context:
            command.invoke(context)
    except typer.Exit as done:  # --help is one
        return done.exit_code
    return 0


def _usage(error: TyperException) -> str:
    """Say what is wrong with a command's arguments, and where its help is."""
    context = getattr(error, "ctx", None)
    where = context.command_path if context else "genrelab"
    said = error.format_message().rstrip(".").replace(". Did you mean", ": did you mean")
    what = said[:1].lower() + said[1:]
    return f"{where}: {what}{' -' if what.endswith('?') else ':'} see '{where} --help'"


def _fail(message: str) -> NoReturn:
    line = " ".join(_console.without_passwords(_console.printable(message)).split())
    sys.stderr.write(f"error: {line}\n")
    sys.exit(2)
