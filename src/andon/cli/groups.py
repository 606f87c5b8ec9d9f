"""Commands that are groups of others, each a module that is imported when it is needed."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

import click

from andon.errors import Problem, UsageError
from andon.names import did_you_mean


class SubCommands(click.Group):
    """A group whose members are the modules `GROUP_MEMBER`.

    Attributes:
        members: sub-commands with their line in the help.
    """

    members: Mapping[str, str] = {}

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 click's signature
        return list(self.members)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 the same
        if cmd_name not in self.members:
            return None
        module = import_module(f"andon.cli.commands.{self.name}_{cmd_name}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in self.members and not name.startswith("-"):
            raise UsageError(
                Problem(
                    code="CLI001",
                    what=f"there is no command `{self.name} {name}`",
                    why="the commands are " + ", ".join(self.members),
                    fix=did_you_mean(name, self.members, f"see `andon {self.name} --help`"),
                )
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 the same
        with formatter.section("Commands"):
            formatter.write_dl(list(self.members.items()))
