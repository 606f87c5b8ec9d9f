"""Run a project and tell of it: what `run` and what ends in a run have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from andon.cli.session import Session

if TYPE_CHECKING:
    from andon.app.project import Project
    from andon.execution.outcome import RunReport


def carry_out(session: Session, project: Project, **how: Any) -> tuple[RunReport, int]:
    """Run with a live screen; the report and the exit code."""
    from andon.cli.progress import Screen
    from andon.cli.signals import stoppable

    with Screen(session) as screen, stoppable(project, screen.say) as stopping:
        report = project.run(observer=screen, stopping=stopping.event, **how)
    code = report.exit_code
    if report.status == "cancelled" and stopping.exit_code:
        code = stopping.exit_code
    session.exit_code = code
    return report, code


def tell(session: Session, report: RunReport) -> None:
    """What a person reads at the end of a run."""
    from andon.cli.failure import painted
    from andon.cli.summary import next_after, summary
    from andon.cli.text import listed

    for warning in report.warnings:
        session.say(painted(warning))
    if report.left_out:
        names = listed(report.left_out)
        session.say(f"left out, though due: {names} (select them with + in front of a name)")
    if not session.quiet:
        session.data(summary(report, whole=session.verbose))
    next_after(report, session)
