"""`andon rollback`: take back what was published, or allow it again."""

from __future__ import annotations

import click

from andon.cli.person import by_option
from andon.cli.selecting import complete_asset
from andon.cli.session import Session, global_options
from andon.cli.text import listed, plural
from andon.errors import Problem, UsageError


@click.command()
@click.argument("names", metavar="[NAME...]", nargs=-1, shell_complete=complete_asset)
@click.option("--to", type=click.IntRange(min=0), metavar="N", help="Publication to go back to.")
@click.option(
    "--asset",
    metavar="NAME",
    shell_complete=complete_asset,
    help="Take back one asset, with all that must go with it.",
)
@click.option(
    "--release",
    is_flag=True,
    help="Allow withdrawn builds of the NAMEs (all, if none is given) to be published again.",
)
@by_option
@global_options
@click.pass_obj
def command(
    session: Session,
    names: tuple[str, ...],
    to: int | None,
    asset: str | None,
    release: bool,
    by: str | None,
) -> int:
    """Take back the newest publication, or go back to publication N, or take back one asset.

    What is taken back is not published again until its code or inputs change, or until
    somebody allows it with --release.
    """
    _refuse_contradiction(names, to, asset, release=release)
    if release:
        return _release(session, names, by)
    with session.open() as project:
        publication = project.rollback(to=to, asset=asset, by=by)
    if session.is_machine:
        from andon.cli.json import publication_record

        session.document("rollback", {"publication": publication_record(publication)})
        return 0
    moved = [change.asset for change in publication.changes]
    session.data(
        f"publication {publication.number}: {plural(len(moved), 'asset')} taken back "
        f"({listed(moved, len(moved) if session.verbose else 5)})"
    )
    session.next_step("andon rollback --release", "allows the withdrawn builds again")
    return 0


def _refuse_contradiction(
    names: tuple[str, ...], to: int | None, asset: str | None, *, release: bool
) -> None:
    if release and (to is not None or asset is not None):
        what = "`--release` goes with neither `--to` nor `--asset`"
        fix = "write `andon rollback --release [NAME...]`"
    elif to is not None and asset is not None:
        what = "`--to` and `--asset` exclude each other"
        fix = "give one of them"
    elif names and not release:
        what = f"it is not said what to do with `{names[0]}`"
        fix = f"write `andon rollback --asset {names[0]}`, or `--release {names[0]}`"
    else:
        return
    raise UsageError(
        Problem(
            code="CLI007",
            what=what,
            why="a rollback takes back one thing at a time, so that its effect is plain",
            fix=fix,
        )
    )


def _release(session: Session, names: tuple[str, ...], by: str | None) -> int:
    with session.open() as project:
        count = project.release(names, by)
    if session.is_machine:
        session.document("rollback", {"released": count, "assets": list(names)})
        return 0
    session.data(f"released {plural(count, 'withdrawn build')}")
    if count:
        session.next_step("andon run", "publishes them if they still fit")
    return 0
