"""The reference pages of the command line, made from the commands themselves.

``python -m andon.cli.reference FOLDER`` writes ``commands.md`` and ``exit-codes.md``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from andon.cli.failure import EXIT_CODES
from andon.cli.main import COMMANDS, cli

_GENERATED = "<!-- Made by `make docs` from the code; changes here are lost. -->"


def pages() -> dict[str, str]:
    """Text by file name."""
    return {"commands.md": _commands(), "exit-codes.md": _exit_codes()}


def _commands() -> str:
    context = click.Context(cli, info_name="andon")
    shared = {option.name or "" for option in _options(cli)}
    lines = [
        "# Commands",
        "",
        _GENERATED,
        "",
        "Data goes to stdout, talk to stderr. Every command prints one JSON document with `--json`",
        "([shapes](json.md)) and ends with one of the [exit codes](exit-codes.md).",
        "",
        "## Global options",
        "",
        "They may stand before or after the command.",
        "",
        *_table(_options(cli)),
    ]
    for name in COMMANDS:
        command = cli.get_command(context, name)
        if command is not None:
            lines += ["", *_section(f"## {name}", COMMANDS[name], name, command, context, shared)]
        if isinstance(command, click.Group):
            inner = click.Context(command, info_name=name, parent=context)
            for word in command.list_commands(inner):
                one = command.get_command(inner, word)
                assert one is not None
                title = f"### {name} {word}"
                about = one.get_short_help_str(200)
                lines += ["", *_section(title, about, f"{name} {word}", one, inner, shared)]
    return "\n".join(lines) + "\n"


def _section(
    title: str,
    about: str,
    name: str,
    command: click.Command,
    parent: click.Context,
    shared: set[str],
) -> Iterator[str]:
    context = click.Context(command, info_name=name, parent=parent)
    usage = " ".join(part for part in command.collect_usage_pieces(context) if part != "[OPTIONS]")
    yield from (title, "", about, "", "```")
    yield f"andon {name} [OPTIONS] {usage}".rstrip()
    yield from ("```", "")
    yield from _paragraphs(command.help or "")
    own = [option for option in _options(command) if (option.name or "") not in shared]
    if own:
        yield ""
        yield from _table(own)


def _paragraphs(text: str) -> Iterator[str]:
    blocks = text.strip().split("\n\n")
    for index, block in enumerate(blocks):
        if index:
            yield ""
        yield from (line.strip() for line in block.splitlines())


def _options(command: click.Command) -> list[click.Option]:
    return [p for p in command.params if isinstance(p, click.Option)]


def _table(options: Sequence[click.Option]) -> Iterator[str]:
    yield "| option | meaning |"
    yield "| --- | --- |"
    for option in options:
        record = option.get_help_record(click.Context(cli))
        if record is not None:
            names, meaning = (text.replace("|", "\\|") for text in record)
            yield f"| `{names}` | {meaning} |"


def _exit_codes() -> str:
    lines = [
        "# Exit codes",
        "",
        _GENERATED,
        "",
        "| code | meaning |",
        "| --- | --- |",
        *(f"| {code} | {meaning} |" for code, meaning in EXIT_CODES.items()),
    ]
    return "\n".join(lines) + "\n"


def write(folder: Path) -> None:
    """Write the pages; safe to repeat."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text, "utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
