"""`andon history`: publications, newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from andon.cli.selecting import complete_asset
from andon.cli.session import Session, global_options
from andon.cli.tables import table
from andon.cli.text import listed, number, stamp

if TYPE_CHECKING:
    from andon.catalog.records import Publication

_HEADER = ("publication", "at", "kind", "changed", "held", "assets", "note")
_RIGHT = (0, 3, 4)


@click.command()
@click.argument("name", required=False, shell_complete=complete_asset)
@click.option(
    "--limit", type=click.IntRange(min=1), default=20, show_default=True, help="Most to list."
)
@global_options
@click.pass_obj
def command(session: Session, name: str | None, limit: int) -> int:
    """List publications of the environment, or those that moved one asset, newest first."""
    with session.open() as project:
        publications = project.history(name, limit)
    if session.is_machine:
        from andon.cli.json import publication_record

        session.document(
            "history",
            {"asset": name, "publications": [publication_record(p) for p in publications]},
        )
        return 0
    if not publications:
        what = f"{name} was never published" if name else "nothing was published yet"
        session.say(what)
        session.next_step("andon run")
        return 0
    session.data(
        table(_HEADER, [_row(p, whole=session.verbose) for p in publications], right=_RIGHT)
    )
    if publications[0].kind == "rollback":
        session.next_step("andon rollback --release", "allows what was withdrawn again")
    elif len(publications) > 1 and name is None:
        session.next_step(
            f"andon rollback --to {publications[1].number}", "goes back to the one before"
        )
    return 0


def _row(publication: Publication, *, whole: bool) -> tuple[str, ...]:
    names = [
        change.asset if change.after else f"{change.asset} (removed)"
        for change in publication.changes
    ]
    return (
        str(publication.number),
        stamp(publication.at),
        publication.kind,
        number(len(names)),
        number(len(publication.held)) if publication.held else "",
        listed(names, len(names) if whole else 3),
        publication.note,
    )
