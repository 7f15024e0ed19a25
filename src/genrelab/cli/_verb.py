"""How a command shows its help: plain, within the terminal, with an example."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup


class Verb(TyperCommand):
    """A command whose usage names what it needs, and whose help ends with examples."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Name the arguments, then the options that must be given."""
        arguments, options = _parted(self)
        needed = [f"{option.opts[0]} {option.metavar}" for option in options if option.required]
        return [*(argument.metavar for argument in arguments), *needed, "[OPTIONS]"]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write arguments and options, a line or two each."""
        arguments, options = _parted(self)
        if arguments:
            with formatter.section("Arguments"):
                formatter.write_dl([(argument.metavar, argument.help) for argument in arguments])
        records = (option.get_help_record(ctx) for option in (*options, self.get_help_option(ctx)) if option)
        with formatter.section("Options"):
            formatter.write_dl([record for record in records if record])

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write the examples as they are: a wrapped command cannot be copied."""
        if not self.epilog:
            return
        lines = self.epilog.strip().splitlines()
        formatter.write_paragraph()
        with formatter.section("Example" if len(lines) == 1 else "Examples"):
            formatter.write("".join(f"  {line}\n" for line in lines))


class Verbs(TyperGroup):
    """Commands in alphabetical order."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Name the commands."""
        return sorted(self.commands)


def group(help: str) -> typer.Typer:
    """Make a command that has commands of its own; alone, it shows its help."""
    made = typer.Typer(cls=Verbs, help=help, rich_markup_mode=None)

    @made.callback(invoke_without_command=True)
    def _help(context: typer.Context) -> None:
        if context.invoked_subcommand is None:
            typer.echo(context.get_help())

    return made


def _parted(command: TyperCommand) -> tuple[list[Any], list[Any]]:
    """Part a command's parameters into arguments and options."""
    arguments = [p for p in command.params if isinstance(p, TyperArgument)]
    return arguments, [p for p in command.params if p not in arguments]
