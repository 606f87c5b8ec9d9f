"""`andon quarantine show`: rejected rows of one table."""

from __future__ import annotations

import click

from andon.cli.selecting import complete_asset
from andon.cli.session import Session, global_options
from andon.cli.text import number, plural


@click.command("show")
@click.argument("name", metavar="TABLE", shell_complete=complete_asset)
@click.option(
    "--limit", type=click.IntRange(min=1), default=20, show_default=True, help="Most rows."
)
@global_options
@click.pass_obj
def command(session: Session, name: str, limit: int) -> int:
    """Show rejected rows of a table: where each came from, why it was rejected, and what it is.

    `andon query "from TABLE__rejected"` reads them with SQL. Deliveries that were rejected as a whole
    are listed by `andon quarantine`.
    """
    with session.open() as project:
        found = project.rejected(name, limit)
        wholes = [one for one in project.quarantine(name) if one.what == "delivery"]
    if session.is_machine:
        from andon.cli.json import rejection_record

        body = {
            "asset": found.asset,
            "total": found.total,
            "columns": found.columns,
            "rows": found.rows,
            "deliveries": [rejection_record(one) for one in wholes],
        }
        session.document("quarantine show", body)
        return 0
    from andon.cli.tables import WIDEST, table

    if found.rows:
        widest = None if session.verbose else WIDEST
        session.data(table(found.columns, found.rows, widest=widest))
    session.data([f"{one.origin}: {one.reason}" for one in wholes])
    if found.total > len(found.rows):
        session.say(f"first {number(len(found.rows))} of {plural(found.total, 'row')}")
    if found.total:
        session.next_step(f"andon quarantine export {name} rejected.csv", "to repair and replay")
    elif not wholes:
        session.say(f"nothing of {name} is rejected")
    return 0
