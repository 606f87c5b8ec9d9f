"""Conditions of `expect` checks, judged when a declaration is read."""

from __future__ import annotations

from collections.abc import Iterable

from andon.project.text import Findings
from andon.spec.check import Check, Expect


def judge_conditions(checks: Iterable[Check], findings: Findings) -> None:
    """Note each condition that is not one condition on a row (PRJ019)."""
    for check in checks:
        if not isinstance(check, Expect):
            continue
        from andon.sql.condition import check_condition

        reason = check_condition(check.condition)
        if reason is not None:
            findings.add(
                "PRJ019",
                check.where,
                what=f"`{check.condition}` is no condition on a row: {reason}",
                why="it is judged for each row on its own",
                fix="write one condition such as `amount >= 0`, or a query in a `sql` check",
            )
