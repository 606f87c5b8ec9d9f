"""`andon init`: a new project that runs."""

from __future__ import annotations

from pathlib import Path
from shlex import quote

import click

from andon.cli.session import Session, global_options
from andon.cli.text import plural
from andon.errors import Problem, UsageError


@click.command()
@click.argument("folder", default=".", type=click.Path(file_okay=False))
@global_options
@click.pass_obj
def command(session: Session, folder: str) -> int:
    """Make a new project in FOLDER [here] that runs as it is.

    If the folder holds data files (csv, tsv, json, jsonl, parquet), here or in data/, these are
    declared as raw tables; otherwise a small example is written. No file is overwritten.
    """
    from andon.cli.starter import common_files, declarations_for, example_files, found_data

    root = Path(session.project) / folder
    if (root / "andon.toml").exists():
        raise UsageError(
            Problem(
                code="CLI009",
                what=f"there is a project in `{folder}` already",
                why="init overwrites nothing, and this folder holds an andon.toml",
                fix=f"go on with it: `andon plan{_at(folder)}`; or name another folder",
            )
        )
    data = found_data(root)
    wanted = common_files(root.resolve().name)
    wanted |= declarations_for(data) if data else example_files()
    written = [path for path, text in wanted.items() if _write(root / path, text)]
    if session.is_machine:
        session.document("init", {"folder": str(root), "files": written})
        return 0
    for path in written:
        session.data(f"wrote {path}")
    if data:
        session.say(f"declared {plural(len(data), 'data file')} as raw tables")
    session.next_step("andon run" if folder == "." else f"cd {quote(folder)} && andon run")
    return 0


def _at(folder: str) -> str:
    return "" if folder == "." else f" --project {quote(folder)}"


def _write(path: Path, text: str) -> bool:
    """Write a file that is not there yet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        return False
    return True
