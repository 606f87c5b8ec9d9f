"""Proved: which checks of rows that were just built need not be asked of them."""

from __future__ import annotations

from collections.abc import Mapping

from andon.checks.plan import SMALL_ROWS
from andon.checks.proved import proved
from andon.execution.building.build import Built
from andon.execution.building.job import Job
from andon.execution.line import Line
from andon.spec.asset import SqlBody
from andon.spec.check import NotNull, Unique
from andon.spec.source import SourceTable
from andon.sql.proofs import proofs_of


def proved_by(line: Line, job: Job, built: Built) -> Mapping[str, str]:
    """Checks of rows that the asset's query has just given, proved by that query.

    Of few rows it is cheaper to ask them. A macro may be anything, whatever the parser takes it
    for, so a query that calls one proves nothing.
    """
    asset = job.asset
    if isinstance(asset, SourceTable) or not isinstance(asset.body, SqlBody):
        return {}
    is_small = built.rows is not None and built.rows <= SMALL_ROWS
    calls_macro = any(macro.name in asset.body.functions for macro in line.spec.macros)
    if is_small or calls_macro or not any(isinstance(c, NotNull | Unique) for c in asset.checks):
        return {}
    return proved(asset.checks, proofs_of(asset.body), columns=asset.columns, schema=built.schema)
