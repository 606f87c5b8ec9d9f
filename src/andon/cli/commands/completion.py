"""`andon completion`: the script a shell loads to complete commands and asset names."""

from __future__ import annotations

import click
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete

from andon.cli.session import Session, global_options

_LOAD = {
    "bash": "andon completion bash >> ~/.bashrc",
    "zsh": "andon completion zsh >> ~/.zshrc",
    "fish": "andon completion fish > ~/.config/fish/completions/andon.fish",
}
_CLASSES: dict[str, type[ShellComplete]] = {
    "bash": BashComplete,
    "zsh": ZshComplete,
    "fish": FishComplete,
}


@click.command()
@click.argument("shell", type=click.Choice(sorted(_LOAD)))
@global_options
@click.pass_context
def command(ctx: click.Context, shell: str) -> int:
    """Print the script that completes commands, options and asset names in a shell."""
    session = ctx.ensure_object(Session)
    script = _CLASSES[shell](ctx.find_root().command, {}, "andon", "_ANDON_COMPLETE").source()
    if session.is_machine:
        session.document("completion", {"shell": shell, "script": script})
        return 0
    session.data(script.rstrip("\n").splitlines())
    session.next_step(_LOAD[shell], "then open a new shell")
    return 0
