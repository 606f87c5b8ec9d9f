"""`andon run`: build, check, publish."""

from __future__ import annotations

import click

from andon.cli.person import by_option
from andon.cli.selecting import exclude_option, interval_options, joined, select_argument
from andon.cli.session import Session, global_options


@click.command()
@select_argument
@exclude_option
@interval_options
@click.option(
    "--fail-fast/--keep-going",
    default=False,
    help="Begin nothing more after the first failure, or build all that does not rest on it [keep going].",
)
@click.option(
    "--adopt",
    is_flag=True,
    help="First keep what another minor version of the engine built, instead of building it again.",
)
@by_option
@global_options
@click.pass_obj
def command(
    session: Session,
    select: tuple[str, ...],
    exclude: tuple[str, ...],
    first: str | None,
    last: str | None,
    restate: bool,
    fail_fast: bool,
    adopt: bool,
    by: str | None,
) -> int:
    """Build what is due, check it, and publish all that passed in one step.

    What fails a check with `stop` is held with everything that rests on it: readers keep the
    last good data. Ctrl-C once finishes and keeps what is running; twice stops at once.
    `andon run` again goes on.
    """
    from andon.cli.running import carry_out, tell

    with session.open() as project:
        if adopt:
            count = project.adopt(by)
            session.say(f"adopted {count:,} snapshots")
        report, code = carry_out(
            session,
            project,
            select=joined(select),
            exclude=joined(exclude),
            fail_fast=fail_fast,
            first=first,
            last=last,
            restate=restate,
        )
    if session.is_machine:
        from andon.cli.json import report_record

        session.document("run", report_record(report, code))
        return code
    tell(session, report)
    return code
