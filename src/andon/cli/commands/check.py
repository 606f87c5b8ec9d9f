"""`andon check`: judge the checks of published assets again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from andon.cli.person import by_option
from andon.cli.selecting import exclude_option, joined, select_argument
from andon.cli.session import Session, global_options
from andon.cli.text import plural

if TYPE_CHECKING:
    from andon.execution.outcome import Outcome


@click.command()
@select_argument
@exclude_option
@click.option(
    "--set-aside",
    metavar="FILE",
    help="Let the line go on without this delivered file; recorded and shown.",
)
@by_option
@global_options
@click.pass_obj
def command(
    session: Session,
    select: tuple[str, ...],
    exclude: tuple[str, ...],
    set_aside: str | None,
    by: str | None,
) -> int:
    """Judge the checks of published assets again, now. Publishes and withdraws nothing.

    With --set-aside the next run leaves a delivered file out.
    """
    if set_aside is not None:
        return _set_aside(session, set_aside, by)
    with session.open() as project:
        from andon.cli.progress import Screen

        with Screen(session) as screen:
            outcomes = project.check(joined(select), joined(exclude), observer=screen)
    failed = [o for o in outcomes if o.audit is not None and o.audit.verdict == "fail"]
    code = 1 if failed or any(o.word == "failed" for o in outcomes) else 0
    if session.is_machine:
        from andon.cli.json import outcome_record

        session.document(
            "check",
            {"exit_code": code, "outcomes": [outcome_record(outcome) for outcome in outcomes]},
        )
        return code
    if not session.quiet:
        session.data(["", _summary(outcomes, len(failed))])
    if failed:
        session.next_step(f"andon show {failed[0].asset} --failing", "the rows behind it")
    elif all(o.audit is None for o in outcomes):
        session.next_step("andon run")
    return code


def _summary(outcomes: Sequence[Outcome], failed: int) -> str:
    judged = [o for o in outcomes if o.audit is not None]
    checks = sum(len(o.audit.results) for o in judged if o.audit is not None)
    verdict = f"{plural(failed, 'asset')} failed" if failed else "all passed"
    if not judged:
        verdict = "nothing was judged"
    return f"{plural(checks, 'check')} of {plural(len(judged), 'asset')}: {verdict}"


def _set_aside(session: Session, file: str, by: str | None) -> int:
    with session.open() as project:
        deliveries = project.set_aside(file, by)
    if session.is_machine:
        from andon.cli.json import delivery_record

        session.document("check", {"set_aside": [delivery_record(d) for d in deliveries]})
        return 0
    for delivery in deliveries:
        session.data(f"set aside {delivery.path} of {delivery.table}")
    session.next_step("andon run", "builds without it")
    return 0
