"""Sweep: remove what processes left that are gone, and record that their runs crashed."""

from __future__ import annotations

from andon.execution.line import Tools

_RECENT = 20
"""Runs that are looked at for a crash."""


def sweep(tools: Tools) -> None:
    """Clean up after processes that were killed. Safe to repeat and beside live ones."""
    tools.store.sweep()
    unfinished = [run for run in tools.catalog.runs(_RECENT) if run.status == "running"]
    if not unfinished:
        return
    from msgspec.structs import replace

    from andon.catalog.commit import Commit, PutRun

    # A run pins its own id too: a running record whose id nobody pins has crashed.
    alive = tools.catalog.pinned()
    for record in unfinished:
        if record.id not in alive:
            crashed = replace(record, status="crashed")
            tools.catalog.commit(Commit(updates=(PutRun(run=crashed),)), tools.clock.now())
