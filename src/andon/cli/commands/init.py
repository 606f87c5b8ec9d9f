"""`andon init`: a new project that runs."""

from __future__ import annotations

from pathlib import Path
from shlex import quote

import click

from andon.cli.session import Session, global_options


@click.command()
@click.argument("folder", default=".", type=click.Path(file_okay=False))
@global_options
@click.pass_obj
def command(session: Session, folder: str) -> int:
    """Make a new project in FOLDER [here] that runs as it is.

    If the folder holds data files (csv, tsv, json, jsonl, parquet), here or in data/, these are
    declared as raw tables; otherwise a small example is written. No file is overwritten.
    """
    from andon.app.init import initialise

    root = Path(session.project) / folder
    written = initialise(root)
    if session.is_machine:
        session.document("init", {"folder": str(root), "files": list(written)})
        return 0
    for path in written:
        session.data(f"wrote {path}")
    session.next_step("andon run" if folder == "." else f"cd {quote(folder)} && andon run")
    return 0
