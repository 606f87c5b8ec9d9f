"""Ask: put the statements of a plan to an engine, those only that are needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from andon.checks.plan import AuditPlan

Rows = list[tuple[Any, ...]]


def ask(plan: AuditPlan, rows_of: Callable[[str], Rows]) -> list[Rows]:
    """Answers to a plan's queries, in order; what a screen clears is 0 without its query.

    Args:
        rows_of: runs a statement and gives all its rows.
    """
    screens = dict(plan.screens)
    return [
        [(0,)] if at in screens and rows_of(screens[at])[0][0] == 0 else rows_of(query)
        for at, query in enumerate(plan.queries)
    ]
