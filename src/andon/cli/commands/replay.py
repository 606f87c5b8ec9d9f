"""`andon replay`: let in again what was rejected, repaired or as it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from andon.cli.person import by_option
from andon.cli.selecting import complete_asset
from andon.cli.session import Session, global_options
from andon.cli.text import number, plural

if TYPE_CHECKING:
    from andon.app.rejects.replay import Replayed


@click.command()
@click.argument("name", metavar="TABLE", shell_complete=complete_asset)
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option(
    "--replaces",
    metavar="PATH",
    default="",
    help="The delivery that FILE takes the place of, where FILE does not name records.",
)
@click.option("--land-only", is_flag=True, help="Do not run what is due now.")
@by_option
@global_options
@click.pass_obj
def command(
    session: Session,
    name: str,
    file: Path | None,
    replaces: str,
    land_only: bool,
    by: str | None,
) -> int:
    """Land a repaired file, then run the table and what rests on it.

    FILE is what `andon quarantine export` wrote, with `_text` repaired: each record takes the place
    of the one it names. Any other file takes the place of a whole delivery: the refused one of its
    name, or the one that --replaces names. The path of a delivery that was set aside puts it back.
    Without FILE, deliveries that were refused are tried again.

    The originals stay landed, and who repaired what is recorded. Safe to repeat.
    """
    from andon.cli.running import carry_out, tell

    with session.open() as project:
        done = project.replay(name, file, replaces=replaces, by=by)
        if not session.is_machine:
            for line in _told(done):
                session.say(line)
        if land_only:
            report, code = None, 0
        else:
            report, code = carry_out(session, project, select=f"{name}+")
    if session.is_machine:
        from andon.cli.json import replay_record, report_record

        run = report_record(report, code) if report else None
        session.document("replay", {**replay_record(done), "run": run})
        return code
    if report is not None:
        tell(session, report)
    else:
        session.next_step(f"andon run {name}+")
    return code


def _told(done: Replayed) -> list[str]:
    lines = []
    for one in done.landed:
        what = "all of it" if one.rows is None else plural(one.rows, "record")
        state = "landed" if one.is_new else "was landed before:"
        lines.append(f"{state} {one.path}: repairs {what} of {one.repairs}")
    lines += [f"put back {path}" for path in done.restored]
    if done.tried:
        lines.append(f"tries again {number(len(done.tried))}: {', '.join(done.tried)}")
    return lines or ["nothing is refused, so there is nothing to try again"]
