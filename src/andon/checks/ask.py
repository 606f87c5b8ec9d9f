"""Ask: put the statements of a plan to an engine, those only that are needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from andon.checks.plan import AuditPlan

Rows = list[tuple[Any, ...]]


def ask(plan: AuditPlan, rows_of: Callable[[str], Rows]) -> list[Rows]:
    """Answers to a plan's queries, in order; what a screen clears is 0 without its query.

    To the first one there is a row for every part of the table.

    Args:
        rows_of: runs a statement and gives all its rows.
    """
    screens = dict(plan.screens)
    scans = plan.parts or plan.queries[:1]
    return [
        [row for scan in scans for row in rows_of(scan)],
        *(
            [(0,)] if at in screens and rows_of(screens[at])[0][0] == 0 else rows_of(query)
            for at, query in enumerate(plan.queries[1:], start=1)
        ),
    ]
