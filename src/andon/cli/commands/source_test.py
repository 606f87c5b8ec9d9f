"""`andon source test`: connect to a source and show what it gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from andon.cli.session import Session, global_options
from andon.cli.text import plural

if TYPE_CHECKING:
    from andon.app.source_test import Trial


@click.command("test")
@click.argument("name")
@global_options
@click.pass_obj
def command(session: Session, name: str) -> int:
    """Connect to a source, show ten rows of each table and say what is wrong; nothing is kept.

    NAME is a source (`shop`) or one table of it (`shop.orders`). It is read as a run would read it,
    from its beginning, into a folder that is deleted again.
    """
    trials: list[Trial] = []
    with session.open() as project:
        for trial in project.sources.test(name):
            trials.append(trial)
            if not session.is_machine:
                _show(session, trial)
    failed = sum(bool(trial.problems) for trial in trials)
    if session.is_machine:
        from andon.cli.json import trial_record

        tables = [trial_record(trial) for trial in trials]
        session.document("source test", {"exit_code": min(failed, 1), "tables": tables})
    elif failed:
        session.say(f"{plural(failed, 'table')} of {len(trials):,} cannot be read")
    else:
        session.next_step(f"andon run {name if '.' in name else f'source:{name}'}")
    return min(failed, 1)


def _show(session: Session, trial: Trial) -> None:
    from andon.cli.tables import WIDEST, table
    from andon.errors import render_problem

    if trial.problems:
        session.data(f"FAIL  {trial.table}")
        for problem in trial.problems:
            session.data(render_problem(problem).splitlines())
        session.data("")
        return
    aside = f"; {plural(trial.set_aside, 'malformed record')}" if trial.set_aside else ""
    session.data(f"ok    {trial.table}: {trial.found}{aside}")
    if trial.columns:
        types = [(column.name, column.type) for column in trial.columns]
        session.data(table(["column", "type"], types, widest=None, indent="      "))
        session.data("")
        names = [column.name for column in trial.columns]
        widest = None if session.verbose else WIDEST
        session.data(table(names, trial.rows, widest=widest, indent="      "))
        session.data("")
