"""`andon ls`: the assets of a project."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from andon.cli.selecting import exclude_option, joined, select_argument
from andon.cli.session import LIST_MOST, Session, global_options
from andon.cli.tables import shortened, table
from andon.cli.text import short_number, stamp

if TYPE_CHECKING:
    from andon.app.showing.views import AssetLine

_HEADER = ("asset", "kind", "state", "rows", "checks", "publication", "at", "owner")
_RIGHT = (3, 4, 5)


@click.command()
@select_argument
@exclude_option
@global_options
@click.pass_obj
def command(session: Session, select: tuple[str, ...], exclude: tuple[str, ...]) -> int:
    """List assets with state, rows and the publication they are served from."""
    with session.open() as project:
        lines = project.assets(joined(select), joined(exclude))
    if session.is_machine:
        session.document("ls", {"assets": [_record(line) for line in lines]})
        return 0
    shown, rest = shortened(lines, LIST_MOST, whole=session.verbose)
    session.data(table(_HEADER, [_row(line) for line in shown], right=_RIGHT))
    if rest:
        session.data(rest)
    if lines and all(line.publication is None for line in lines):
        session.next_step("andon run", "nothing is published yet")
    return 0


def _row(line: AssetLine) -> tuple[str, ...]:
    return (
        line.name,
        line.kind,
        line.status,
        "" if line.rows is None else short_number(line.rows),
        str(line.checks),
        "" if line.publication is None else str(line.publication),
        "" if line.at is None else stamp(line.at),
        line.owner,
    )


def _record(line: AssetLine) -> dict[str, object]:
    return {
        "asset": line.name,
        "kind": line.kind,
        "status": line.status,
        "rows": line.rows,
        "checks": line.checks,
        "publication": line.publication,
        "at": stamp(line.at) if line.at else None,
        "owner": line.owner,
        "tags": list(line.tags),
    }
