"""`andon plan`: what a run would do, and why."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from andon.cli.failure import painted
from andon.cli.selecting import exclude_option, interval_options, joined, select_argument
from andon.cli.session import LIST_MOST, Session, colour, global_options
from andon.cli.tables import shortened, table
from andon.cli.text import listed, plural

if TYPE_CHECKING:
    from andon.planning.action import Action, Plan

_COLOURS = {"build": "32", "ask": "36", "maybe": "2", "blocked": "33", "remove": "31"}


@click.command()
@select_argument
@exclude_option
@interval_options
@click.option("--check", "is_check", is_flag=True, help="Exit with 10 if there is work to do.")
@global_options
@click.pass_obj
def command(
    session: Session,
    select: tuple[str, ...],
    exclude: tuple[str, ...],
    first: str | None,
    last: str | None,
    restate: bool,
    is_check: bool,
) -> int:
    """Say what a run would do to every asset, and why. Writes nothing.

    SELECT names assets: NAME, +NAME (with all it reads), NAME+ (with all that reads it),
    2+NAME+1, tag:T, path:P, owner:O, source:S; a comma means and, a space means or.
    """
    with session.open() as project:
        plan = project.plan(
            joined(select), joined(exclude), first=first, last=last, restate=restate
        )
    if session.is_machine:
        from andon.cli.json import plan_record

        session.document("plan", plan_record(plan))
    else:
        _show(plan, session)
    return 10 if is_check and plan.has_work else 0


def _show(plan: Plan, session: Session) -> None:
    for warning in plan.warnings:
        session.say(painted(warning))
    told = [action for action in plan.actions if action.verb != "nothing"]
    place = f"{plan.environment}, on publication {plan.publication}"
    if not plan.publication:
        place = f"{plan.environment}, nothing published yet"
    session.data(f"plan for {place}: {len(plan.work):,} of {plural(len(plan.actions), 'asset')}")
    shown, rest = shortened(told, LIST_MOST, whole=session.verbose)
    if shown:
        session.data("")
        session.data(_painted(shown))
    if rest:
        session.data(rest)
    idle = len(plan.actions) - len(told)
    if idle:
        session.data(["", f"nothing to do for {plural(idle, 'asset')}"])
    if plan.left_out:
        names = listed(plan.left_out)
        session.data(f"left out, though due: {names} (select them with + in front of a name)")
    if plan.has_work:
        session.next_step("andon run")


def _painted(actions: Sequence[Action]) -> list[str]:
    lines = table(["", "", ""], [_row(action) for action in actions], widest=None)
    return [
        colour(a.verb, _COLOURS[a.verb], sys.stdout) + line.removeprefix(a.verb)
        if a.verb in _COLOURS
        else line
        for a, line in zip(actions, lines, strict=True)
    ]


def _row(action: Action) -> tuple[str, str, str]:
    reasons = "; ".join(action.reasons)
    if action.renamed_from:
        reasons = f"was {action.renamed_from}" + (f"; {reasons}" if reasons else "")
    return action.verb, action.asset, reasons
