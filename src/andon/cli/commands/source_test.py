"""`andon source test`: connect to a source and show what it gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from andon.cli.session import Session, global_options
from andon.cli.text import plural

if TYPE_CHECKING:
    from andon.app.sourcing.trial import Trial


@click.command("test")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@global_options
@click.pass_obj
def command(session: Session, names: tuple[str, ...]) -> int:
    """Connect to sources, show ten rows of each table and say what is wrong; nothing is kept.

    Each NAME is a source (`shop`) or one table of it (`shop.orders`); without any, all sources are
    tried. They are read as a run would read them, from their beginning, into a folder that is deleted
    again. One table that cannot be read hides no other; the exit code is then 1.
    """
    trials: list[Trial] = []
    with session.open() as project:
        for trial in project.sources.test(*names):
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
        chosen = (name if "." in name else f"source:{name}" for name in names)
        session.next_step(" ".join(("andon run", *chosen)))
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
