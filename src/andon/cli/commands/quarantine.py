"""`andon quarantine`: everything that was rejected and waits for somebody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from andon.cli.groups import SubCommands
from andon.cli.session import LIST_MOST, Session, global_options
from andon.cli.text import number, stamp

if TYPE_CHECKING:
    from andon.app.rejects.quarantine import Rejection


class QuarantineCommands(SubCommands):
    """Sub-commands with their line in the help; each is a module `quarantine_NAME`."""

    members: Mapping[str, str] = {
        "show": "Show rejected rows of one table.",
        "export": "Write rejected rows to a file, to be repaired.",
    }


@click.group("quarantine", cls=QuarantineCommands, invoke_without_command=True)
@global_options
@click.pass_context
def command(ctx: click.Context) -> int:
    """List everything that was rejected: rows and whole deliveries, with the reason and since when.

    Rows are malformed (`form`), not as declared (`schema`), or failed a check (`check`). Deliveries
    are refused, since nothing of them can be read or may be, or were set aside by a person.
    """
    if ctx.invoked_subcommand is not None:
        return 0
    session: Session = ctx.obj
    with session.open() as project:
        found = project.quarantine()
    if session.is_machine:
        from andon.cli.json import rejection_record

        session.document("quarantine", {"rejected": [rejection_record(one) for one in found]})
        return 0
    if not found:
        session.say("nothing is rejected")
        return 0
    session.data(_lines(found, whole=session.verbose))
    rows = next((one.table for one in found if one.what == "rows" and one.origin), "")
    if rows:
        session.next_step(f"andon quarantine export {rows} rejected.csv", "to repair and replay")
    return 0


def _lines(found: Sequence[Rejection], *, whole: bool) -> list[str]:
    from andon.cli.tables import WIDEST, shortened, table

    body = [
        (
            one.table,
            number(one.count) if one.what == "rows" else "delivery",
            one.by,
            one.reason,
            one.origin,
            stamp(one.since) if one.since else "",
        )
        for one in found
    ]
    shown, rest = shortened(body, LIST_MOST, whole=whole)
    heads = ["table", "what", "by", "reason", "origin", "since"]
    lines = list(table(heads, shown, widest=None if whole else WIDEST))
    return [*lines, rest] if rest else lines
