"""`andon source`: list sources, try one, write documents into one, draft its contract."""

from __future__ import annotations

from collections.abc import Mapping

import click

from andon.cli.groups import SubCommands
from andon.cli.session import global_options


class SourceCommands(SubCommands):
    """Sub-commands with their line in the help; each is a module `source_NAME`."""

    members: Mapping[str, str] = {
        "ls": "List sources with what they cost, and who has use of them.",
        "push": "Keep documents from standard input or a file.",
        "test": "Connect, show ten rows and say what is wrong; nothing is kept.",
        "contract": "Draft a data contract from what is served.",
    }


@click.group("source", cls=SourceCommands)
@global_options
def command() -> None:
    """List sources, try one, write documents into one, or draft its contract."""
