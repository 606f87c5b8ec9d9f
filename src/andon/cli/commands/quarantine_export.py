"""`andon quarantine export`: rejected rows as a file to be repaired."""

from __future__ import annotations

from pathlib import Path

import click

from andon.cli.selecting import complete_asset
from andon.cli.session import Session, global_options
from andon.cli.text import plural


@click.command("export")
@click.argument("name", metavar="TABLE", shell_complete=complete_asset)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@global_options
@click.pass_obj
def command(session: Session, name: str, file: Path) -> int:
    """Write the rejected rows of a table to FILE, as CSV or JSON lines.

    `_file` with `_line` or `_row` says where a record came from, `_reason` why it was rejected, and
    `_text` is the record: as it came where it is malformed, else as JSON. Repair `_text` and type
    `andon replay TABLE FILE`.
    """
    with session.open() as project:
        count = project.export_rejected(name, file)
    if session.is_machine:
        body = {"asset": name, "file": str(file), "rows": count}
        session.document("quarantine export", body)
        return 0
    session.say(f"wrote {plural(count, 'row')} to {file}")
    session.next_step(f"andon replay {name} {file}", "once `_text` is repaired")
    return 0
