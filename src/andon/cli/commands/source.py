"""`andon source`: try a source, draft its contract."""

from __future__ import annotations

from importlib import import_module

import click

from andon.cli.session import global_options
from andon.errors import Problem, UsageError
from andon.names import did_you_mean

SUB_COMMANDS: dict[str, str] = {
    "push": "Keep documents from standard input or a file.",
    "test": "Connect, show ten rows and say what is wrong; nothing is kept.",
    "contract": "Draft a data contract from what is served.",
}
"""Sub-commands with their line in the help; each is a module `source_NAME`."""


class SubCommands(click.Group):
    """A group whose members are modules, imported when needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 click's signature
        return list(SUB_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 the same
        if cmd_name not in SUB_COMMANDS:
            return None
        command: click.Command = import_module(f"andon.cli.commands.source_{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in SUB_COMMANDS and not name.startswith("-"):
            raise UsageError(
                Problem(
                    code="CLI001",
                    what=f"there is no command `source {name}`",
                    why="the commands are " + ", ".join(SUB_COMMANDS),
                    fix=did_you_mean(name, SUB_COMMANDS, "see `andon source --help`"),
                )
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 the same
        with formatter.section("Commands"):
            formatter.write_dl(list(SUB_COMMANDS.items()))


@click.group(cls=SubCommands)
@global_options
def command() -> None:
    """Try a source, write documents into one, or draft its contract."""
