"""`andon doctor`: look for trouble."""

from __future__ import annotations

import sys

import click

from andon.cli.session import Session, colour, global_options
from andon.cli.text import plural

_COLOURS = {"ok": "32", "warning": "33", "error": "31"}


@click.command()
@click.option("--deep", is_flag=True, help="Read every file and compare it with its recorded hash.")
@global_options
@click.pass_obj
def command(session: Session, deep: bool) -> int:
    """Look for trouble in project, catalog and files, and say how to end it."""
    with session.open() as project:
        findings = project.doctor(deep=deep)
    errors = [finding for finding in findings if finding.level == "error"]
    code = 1 if errors else 0
    if session.is_machine:
        found = [{"level": f.level, "what": f.what, "fix": f.fix} for f in findings]
        session.document("doctor", {"exit_code": code, "findings": found})
        return code
    for finding in findings:
        if finding.level == "ok" and session.quiet:
            continue
        level = colour(f"{finding.level:<7}", _COLOURS[finding.level], sys.stdout)
        session.data(f"{level}  {finding.what}")
        if finding.fix and finding.level != "ok":
            session.data(f"         fix: {finding.fix}")
    warnings = sum(finding.level == "warning" for finding in findings)
    if errors or warnings:
        session.say(f"{plural(len(errors), 'error')}, {plural(warnings, 'warning')}")
    elif not deep:
        session.next_step("andon doctor --deep", "reads every file as well")
    return code
