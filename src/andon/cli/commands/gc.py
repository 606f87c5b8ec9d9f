"""`andon gc`: delete what nothing needs any more."""

from __future__ import annotations

import click

from andon.cli.session import Session, global_options
from andon.cli.text import number, plural, size


@click.command()
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@global_options
@click.pass_obj
def command(session: Session, dry_run: bool) -> int:
    """Delete snapshots that no publication within the retention and no reader needs.

    Files go in two steps: marked first, deleted by a later call once the grace period is over.
    """
    with session.open() as project:
        done = project.gc(dry_run=dry_run)
    if session.is_machine:
        session.document(
            "gc",
            {
                "dry_run": dry_run,
                "marked": done.marked,
                "removed": done.removed,
                "bytes": done.bytes,
                "kept": done.kept,
                "horizon": done.horizon,
            },
        )
        return 0
    would = "would be " if dry_run else ""
    session.data(
        f"{plural(done.removed, 'snapshot')} {would}deleted ({size(done.bytes)}), "
        f"{number(done.marked)} {would}marked, {number(done.kept)} kept"
    )
    if done.horizon > 1:
        session.data(f"earliest publication that can be read: {done.horizon}")
    if dry_run and (done.removed or done.marked):
        session.next_step("andon gc")
    elif done.marked:
        session.next_step("andon gc", "after the grace period, deletes what is marked now")
    return 0
