"""How a command shows its help: plain, within the terminal, with an example."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from typer.core import TyperArgument, TyperCommand, TyperGroup

from genrelab.errors import SettingError

_ADDRESS = re.compile(r"([A-Za-z][\w+.-]+):/")


class WithExamples:
    """Help that ends with examples."""

    epilog: str | None

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write the examples as they are: a wrapped command cannot be copied."""
        if not self.epilog:
            return
        lines = self.epilog.strip().splitlines()
        with formatter.section("Example" if len(lines) == 1 else "Examples"):
            formatter.write("".join(f"  {line}\n" for line in lines))


class Verb(WithExamples, TyperCommand):
    """A command whose usage names what it needs."""

    def invoke(self, ctx: Any) -> Any:
        """Run it; but an address given for a path would end up as a name on disk, password and all."""
        for value in ctx.params.values():
            if isinstance(value, Path) and (address := _ADDRESS.match(str(value))):
                raise SettingError(
                    f"{address[1]}://...: an address, where a file or folder is asked for: name one"
                )
        return super().invoke(ctx)

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


class Verbs(WithExamples, TyperGroup):
    """Commands in alphabetical order; alone, it shows its help."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Name the commands."""
        return sorted(self.commands)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the command that is named; where none is, ask for help."""
        return super().parse_args(ctx, args or ["--help"])


def _parted(command: TyperCommand) -> tuple[list[Any], list[Any]]:
    """Part a command's parameters into arguments and options."""
    arguments = [p for p in command.params if isinstance(p, TyperArgument)]
    return arguments, [p for p in command.params if p not in arguments]
