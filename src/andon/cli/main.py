"""The command `andon`: the table of sub-commands, and the one place where errors end.

Sub-commands are imported when they are called, so that help and completion
cost little more than click itself.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn

import click

from andon.cli.session import ReaderGone, Session, global_options

COMMANDS: dict[str, str] = {
    "init": "Make a new project with a small example that runs.",
    "plan": "Say what a run would do, and why; writes nothing.",
    "run": "Build what is due, check it, publish what passed.",
    "source": "List sources and their cost; try one, write into one.",
    "check": "Judge the checks of published assets again, now.",
    "quarantine": "List what was rejected; show or export it.",
    "replay": "Let in again what was rejected, repaired.",
    "show": "Everything about one asset; --failing shows bad rows.",
    "query": "Read published data with SQL.",
    "ls": "List assets with state, rows and publication.",
    "search": "Find datasets by words, and columns by values.",
    "history": "List publications, newest first.",
    "rollback": "Take a publication back, or allow one again.",
    "gc": "Delete what no publication or reader needs any more.",
    "doctor": "Look for trouble in project, catalog and files.",
    "explain": "Explain an error code.",
    "completion": "Print the script that completes commands in your shell.",
}
"""Sub-commands with their line in the help, in the order of work."""


class Commands(click.Group):
    """A group whose members are modules, imported when needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 the same
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"andon.cli.commands.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            raise _unknown(name)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 the same
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done, 1 a check or task failed, 2 usage, 3 project invalid, 4 conflict, "
    "5 denied, 10 `plan --check` has work, 70 internal, 75 try again later, 76 outcome unknown, "
    "130 and 143 cancelled.",
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=lambda c, _p, v: _version(c, v),
    help="Print the version.",
)
@global_options
def cli() -> None:
    """Raw data to published, tested data products: nothing unproven is ever published.

    Start with `andon init`, then `andon run`.
    """


def _version(ctx: click.Context, wanted: bool) -> None:
    if not wanted or ctx.resilient_parsing:
        return
    from andon import __version__

    click.echo(f"andon {__version__}")
    ctx.exit(0)


def _unknown(name: str) -> Exception:
    from andon.errors import Problem, UsageError
    from andon.names import did_you_mean

    return UsageError(
        Problem(
            code="CLI001",
            what=f"there is no command `{name}`",
            why="the commands are " + ", ".join(COMMANDS),
            fix=did_you_mean(name, COMMANDS, "see `andon --help`"),
        )
    )


def invoke(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code; errors are told, never raised."""
    session = Session.from_arguments(arguments)
    try:
        try:
            answer: Any = cli.main(
                list(arguments), prog_name="andon", standalone_mode=False, obj=session
            )
            session.exit_code = answer if isinstance(answer, int) else 0
        except ReaderGone:
            raise
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 the boundary of the program
            from andon.cli.failure import failed

            session.exit_code = failed(error, session)
        session.flush()
    except ReaderGone:  # as in `andon query ... | head`: no error
        _forget_stdout()
    return session.exit_code


def _forget_stdout() -> None:
    """The reader has gone; what is still buffered must not raise again at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def main() -> NoReturn:
    """Entry point of the program `andon`."""
    import gc

    from andon.cli.signals import end_on_terminate

    # Nearly all that a command makes are records without cycles, which live to its end: looking
    # through them again and again costs a run with nothing to do a tenth of its time.
    gc.set_threshold(50_000, 20, 20)
    end_on_terminate()
    sys.exit(invoke(sys.argv[1:]))


if __name__ == "__main__":
    main()
