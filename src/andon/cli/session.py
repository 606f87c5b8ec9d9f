"""What the global options say, and the two ways out: data to stdout, talk to stderr."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

import click

if TYPE_CHECKING:
    from andon.app.project import Project

F = TypeVar("F", bound=Callable[..., Any])

LIST_MOST = 40
"""Lines a list has before it is cut; `-v` shows all."""


class ReaderGone(Exception):
    """Whoever read stdout closed it; the rest of the output is not wanted."""


@dataclass(slots=True)
class Session:
    """The global options of one call; sub-commands and the error boundary read them.

    Attributes:
        json: one document on stdout. jsonl: one line per event, and one for the result.
        verbose: lists in full; quiet: errors and data only.
        exit_code: what the program ends with if stdout is closed before the command is done.
    """

    project: str = "."
    environment: str | None = None
    json: bool = False
    jsonl: bool = False
    debug: bool = False
    verbose: bool = False
    quiet: bool = False
    exit_code: int = 0

    @classmethod
    def from_arguments(cls, arguments: Sequence[str]) -> Session:
        """What can be told before parsing, so that a wrong call is answered in the form asked for."""
        before = list(arguments)[: arguments.index("--")] if "--" in arguments else arguments
        return cls(json="--json" in before, jsonl="--jsonl" in before, debug="--debug" in before)

    @property
    def is_machine(self) -> bool:
        """Whether stdout is read by a program."""
        return self.json or self.jsonl

    @contextmanager
    def open(self) -> Iterator[Project]:
        """The project that the options name. Ctrl-C stops what it is doing at once."""
        from andon.app.opening import open_project
        from andon.cli.signals import interruptible

        with warnings.catch_warnings(record=True) as noted:
            warnings.simplefilter("always", UserWarning)
            try:
                with (
                    open_project(self.project, self.environment) as project,
                    interruptible(project),
                ):
                    yield project
            finally:
                for one in noted:
                    self.tell(f"warning: {one.message}\n")

    def data(self, lines: str | Iterable[str]) -> None:
        """Write lines of data to stdout.

        Raises:
            ReaderGone: nobody reads it any more.
        """
        try:
            for line in [lines] if isinstance(lines, str) else lines:
                sys.stdout.write(line + "\n")
        except BrokenPipeError as error:
            raise ReaderGone from error

    def flush(self) -> None:
        """Bring the data written so far to the reader."""
        try:
            sys.stdout.flush()
        except BrokenPipeError as error:
            raise ReaderGone from error

    def tell(self, text: str) -> None:
        """Write to stderr, after the data written so far; if nobody reads it, it is dropped."""
        self.flush()
        with suppress(BrokenPipeError):
            sys.stderr.write(text)
            sys.stderr.flush()

    def say(self, line: str) -> None:
        """Write a line of talk to stderr, unless the user wants quiet or JSON."""
        if not self.quiet and not self.is_machine:
            self.tell(line + "\n")

    def next_step(self, command: str, why: str = "") -> None:
        """Tell the next command to type."""
        self.say(f"next: {command}" + (f"   # {why}" if why else ""))

    def document(self, command: str, body: dict[str, Any]) -> None:
        """Write the one JSON document of a command."""
        from andon.cli.json import VERSION, text_of

        head = {"andon": VERSION, "command": command, **body}
        self.data(text_of(head, indent=not self.jsonl))


def is_drawable(stream: TextIO) -> bool:
    """Whether lines on `stream` may be redrawn and coloured."""
    return (
        stream.isatty() and os.environ.get("TERM", "") != "dumb" and not os.environ.get("NO_COLOR")
    )


def colour(text: str, code: str, stream: TextIO) -> str:
    """`text` in a colour (an SGR code such as ``31``) if `stream` can show it."""
    return f"\x1b[{code}m{text}\x1b[0m" if is_drawable(stream) else text


def _keep(ctx: click.Context, parameter: click.Parameter, value: object) -> None:
    """Put a global option into the session; given twice, the later one counts."""
    session = ctx.find_object(Session)
    if session is not None and value not in (None, False) and parameter.name:
        setattr(session, parameter.name.removeprefix("global_"), value)


_OPTIONS: tuple[tuple[tuple[str, ...], dict[str, Any]], ...] = (
    (
        ("--project", "global_project"),
        {"metavar": "DIR", "help": "Folder of the project, or one below it [here]."},
    ),
    (
        ("--env", "global_environment"),
        {"metavar": "NAME", "help": "Environment to act on [as andon.toml says]."},
    ),
    (("--json", "global_json"), {"is_flag": True, "help": "Print one JSON document."}),
    (
        ("--jsonl", "global_jsonl"),
        {"is_flag": True, "help": "Print one JSON line per event, then the result."},
    ),
    (("--debug", "global_debug"), {"is_flag": True, "help": "Show tracebacks."}),
    (("-v", "--verbose", "global_verbose"), {"is_flag": True, "help": "Show lists in full."}),
    (("-q", "--quiet", "global_quiet"), {"is_flag": True, "help": "Print errors and data only."}),
)


def global_options(function: F) -> F:
    """Give a command the global options; they are usable before and after the sub-command."""
    for names, settings in reversed(_OPTIONS):
        function = click.option(*names, expose_value=False, callback=_keep, **settings)(function)
    return function
